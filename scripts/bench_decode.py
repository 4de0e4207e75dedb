"""How well bytes become text: exact texts by kind of input, as a Markdown table.

    python scripts/bench_decode.py ENCODINGS NEWS

ENCODINGS is a folder with `index.jsonl` (`file`, `python_codec`) and the files, NEWS a folder of UTF-8
text files. Every measure counts texts that come out exactly, and sources whose bytes come back.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpuspress.decode import decode, encode
from corpuspress.errors import SourceError
from corpuspress.model import apply, join, split

WEB = {
    *("big5hkscs", "cp932", "euc_jp", "cp949", "gb18030", "iso2022_jp", "cp866", "koi8-r", "mac_cyrillic"),
    *("mac-cyrillic", "mac_roman", "tis_620", "iso8859_11", "cp874", "utf-8", "utf-8-sig", "utf-16", "utf-16-be"),
    *("ascii", "iso8859-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7"),
    *("iso8859-9", "iso8859-10", "iso8859-13", "iso8859-15", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254"),
    *("cp1255", "cp1256", "cp1257", "cp1258"),
}
LINES = 20


class Case(NamedTuple):
    """Bytes, the text that is right, and whether the bytes are no UTF-8 at all."""

    data: bytes
    truth: str
    legacy: bool = False


class Score(NamedTuple):
    """What `measure` counts; `taken` are texts in other encodings taken for UTF-8."""

    cases: int
    exact: int
    back: int
    taken: int
    seconds: float


def measure(cases: Iterable[Case]) -> Score:
    count = exact = back = taken = 0
    seconds = 0.0
    for case in cases:
        count += 1
        start = time.process_time()
        try:
            decoded = decode(case.data)
        except SourceError:
            continue
        finally:
            seconds += time.process_time() - start
        lines, breaks = split(decoded.text)
        exact += join(apply(lines, decoded.edits), breaks) == case.truth.removeprefix("\ufeff")
        back += encode(decoded.text, decoded.encoding, decoded.edits) == case.data
        taken += case.legacy and decoded.encoding.startswith("utf-8")
    return Score(count, exact, back, taken, seconds)


def encodings(folder: Path, *, web: bool, lines: int | None) -> Iterator[Case]:
    for row in map(json.loads, (folder / "index.jsonl").open(encoding="utf-8")):
        codec = row["python_codec"]
        if web and codec not in WEB:
            continue
        data = (folder / row["file"]).read_bytes()
        text = data.decode(codec)
        for truth in pieces(text, lines) if lines else [text]:
            try:
                piece = truth.encode(codec) if lines else data
            except UnicodeEncodeError:
                continue
            if any(map(str.isalpha, truth)):
                yield Case(piece, truth, not codec.startswith("utf") and not piece.isascii())


def pieces(text: str, lines: int) -> list[str]:
    parts = text.splitlines(keepends=True)
    return ["".join(parts[start : start + lines]) for start in range(0, min(len(parts), 10 * lines), lines)]


def news(folder: Path, most: int) -> Iterator[str]:
    for path in sorted(folder.glob("*.txt"))[:most]:
        text = path.read_bytes().decode("utf-8", "replace")
        if not text.isascii() and "\ufffd" not in text:
            yield text


def in_cp1252(texts: Iterable[str]) -> Iterator[Case]:
    for text in texts:
        try:
            yield Case(text.encode("cp1252"), text, legacy=True)
        except UnicodeEncodeError:
            continue


def damaged(texts: Iterable[str], seed: int = 1) -> Iterator[Case]:
    """UTF-8 in which one to three characters are bytes of cp1252 instead."""
    chance = random.Random(seed)
    for text in texts:
        open_to = [place for place, char in enumerate(text) if not char.isascii() and char.encode("cp1252", "ignore")]
        if len(open_to) < 2:
            continue
        chosen = set(chance.sample(open_to, min(len(open_to) - 1, chance.randint(1, 3))))
        data = b"".join(char.encode("cp1252" if place in chosen else "utf-8") for place, char in enumerate(text))
        yield Case(data, text)


def main(arguments: list[str]) -> None:
    folder, articles = Path(arguments[0]), list(news(Path(arguments[1]), 3000))
    rows = {
        "whole files, encodings of the web": encodings(folder, web=True, lines=None),
        "20 lines, encodings of the web": encodings(folder, web=True, lines=LINES),
        "whole files, all encodings": encodings(folder, web=False, lines=None),
        "20 lines, all encodings": encodings(folder, web=False, lines=LINES),
        "news in cp1252": in_cp1252(articles),
        "news in UTF-8 with one to three bytes of cp1252": damaged(articles),
        "news in UTF-8": (Case(text.encode(), text) for text in articles),
    }
    print("| input | texts | exact | bytes come back | other encodings taken for UTF-8 | ms a text |")
    print("|---|---|---|---|---|---|")
    for name, cases in rows.items():
        score = measure(cases)
        shares = f"{score.exact / score.cases:.4f} | {score.back / score.cases:.4f}"
        print(f"| {name} | {score.cases:,} | {shares} | {score.taken} | {score.seconds / score.cases * 1000:.3f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
