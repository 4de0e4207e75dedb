"""Train the line model: pages with labelled lines in, src/corpuspress/cleaning/line_model.json out.

    python scripts/train_line_model.py PAGES.jsonl.zst

Each line of the input is one page: {"lines": [[text, 1 | 0 | null], ...], "url", "id", "source", "kind",
"lang"}; 1 is main text. Every page is shown whole, thinned out, with a few leftovers only, and as the bare
article, so that the model learns how dirty a text is before it suspects a line; some copies are moved
into made-up alphabets, so that it learns to do without words it knows. Needs torch (training only).
Same input, rules, seed and torch version on the same kind of processor: same file. 16 minutes on two cores.

`--folds FOLDER` also writes the five models that each have never seen one fifth of the sites, with the
list of those sites: bench_clean.py measures with them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa

from corpuspress.cleaning import characters, line_model, rules
from corpuspress.cleaning import line_features as features
from corpuspress.cleaning.network import evaluate, network
from corpuspress.cleaning.segments import segments
from corpuspress.model import split
from corpuspress.utf8 import Utf8
from stop_words import STOPS

SEED = 1
FOLDS = 5
BORDERS = 8
"""Borders of a column, at most a few more."""
ENOUGH = 80
NEAT, DIRTY = 70, ("near_duplicates", "prosecutor_en")
LEXICON, RARE = 2500, 10
"""Most words in the lexicon; fewest sites on which one must stand."""
ARTICLES = frozenset({"article", "tool-expected", "human-gold", "publisher-parser-expected"})
TARGET = Path(__file__).parents[1] / "src/corpuspress/cleaning/line_model.json"

Line = tuple[str, int | None]


class Copy(NamedTuple):
    """One showing of a page: how it was changed, its weight, its lines."""

    page: int
    kind: str
    fold: int
    weight: float
    lines: list[Line]


# -- pages ---------------------------------------------------------------------------------------


def pages(path: Path) -> list[dict[str, Any]]:
    with pa.input_stream(str(path), compression="zstd" if path.suffix == ".zst" else None) as stream:
        return [json.loads(row) for row in stream.read().decode().splitlines() if row]


def site(page: dict[str, Any]) -> str:
    """What must not be split between training and test: the registered domain, or the id without its number."""
    host = urlsplit(page.get("url") or "").netloc.lower().removeprefix("www.").split(".")
    if host == [""]:
        return page["source"] + " " + re.sub(r"[-_]?\d+$", "", page["id"])
    return ".".join(host[-3:] if len(host) > 2 and len(host[-2]) <= 3 else host[-2:])


def folds(sites: Iterable[str]) -> dict[str, int]:
    return {name: int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % FOLDS for name in set(sites)}


ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنه"
OTHER = "кжвгшпозинлмердстуфхцябщюэ"
LATIN = "abcdefghijklmnopqrstuvwxyz"
ALPHABETS = {
    "": {},
    "caseless": str.maketrans(LATIN + LATIN.upper() + "?,;", ARABIC + ARABIC + "؟،؛"),
    "unknown": str.maketrans(LATIN + LATIN.upper(), OTHER + OTHER.upper()),
}


CODE = re.compile(
    r"[{};]\s*$|^\s*[$#>}{]\s|=>|\(\)|</\w|==|:=|\w\(\w*\)"
    r"|^\s*(?:def|return|import|const|let|var|public)\b.*[=;(]"
)


def copies(
    number: int, page: dict[str, Any], fold: int, pick: random.Random, *, alphabets: bool = True
) -> Iterator[Copy]:
    """The showings of one page; with `alphabets` some are in one that is made up."""
    # Listings are missing from the gold texts because their white space differs, not because they are furniture.
    lines: list[Line] = [
        (text, None if label == 0 and CODE.search(text) else label) for text, label in page["lines"] if text.strip()
    ]
    english = page["lang"] in ("", "en", "us", "uk")
    weight = (1.0 if page["kind"] in ARTICLES else 0.5) * (1.0 if english else 1.5)

    def moved(chosen: list[Line], chance: float) -> list[Line]:
        name = pick.choice(["caseless", "unknown"]) if english and pick.random() < chance else ""
        moving = bool(name) and alphabets
        return [(text.translate(ALPHABETS[name]), label) for text, label in chosen] if moving else chosen

    yield Copy(number, "whole", fold, weight, lines)
    if english and pick.random() < 0.3:
        yield Copy(number, "moved", fold, 0.6 * weight, moved(lines, 1.0))
    if any(label == 1 for _, label in lines):
        yield Copy(number, "thin", fold, 0.6 * weight, moved(thin(lines, pick.choice([0.1, 0.2, 0.35]), pick), 0.25))
        yield Copy(number, "few", fold, 0.6 * weight, moved(few(lines, pick), 0.25))
        yield Copy(number, "bare", fold, 0.6 * weight, moved([line for line in lines if line[1] == 1], 0.25))


def thin(lines: list[Line], share: float, pick: random.Random) -> list[Line]:
    """The page with about `share` of its furniture: parts of some of its blocks."""
    result: list[Line] = []
    for furniture, block in _blocks(lines):
        if not furniture:
            result += block
        elif pick.random() < 1.5 * share:
            if pick.random() < 0.5 and len(block) > 3:
                size = max(1, int(len(block) * pick.random() * share * 1.3))
                start = pick.randrange(0, len(block) - size + 1)
                result += block[start : start + size]
            else:
                result += [line for line in block if pick.random() < 0.66]
    return result


def _blocks(lines: list[Line]) -> Iterator[tuple[bool, list[Line]]]:
    block: list[Line] = []
    for line in lines:
        if block and (line[1] == 0) != (block[0][1] == 0):
            yield block[0][1] == 0, block
            block = []
        block.append(line)
    if block:
        yield block[0][1] == 0, block


def few(lines: list[Line], pick: random.Random) -> list[Line]:
    """The article with some of the furniture that stood close to it, as an extractor leaves it."""
    ones = [place for place, (_, label) in enumerate(lines) if label == 1]
    near = [place for place, (_, label) in enumerate(lines) if label == 0 and ones[0] - 6 <= place <= ones[-1] + 10]
    taken = set(pick.sample(near, min(len(near), pick.choice([1, 2, 3, 4, 6, 9]))))
    return [line for place, line in enumerate(lines) if line[1] != 0 or place in taken]


def neat(folder: Path) -> Iterator[dict[str, Any]]:
    """Texts of an extractor without labels: what no rule hits is taken for main text.

    A quarter of the files of each folder NAME/raw, up to NEAT, by a hash of their names: the rest is free
    to measure damage on.
    """
    for texts in sorted(folder.glob("*/raw")):
        if texts.parent.name not in DIRTY:
            chosen = sorted((hashlib.sha256(path.name.encode()).hexdigest(), path) for path in texts.glob("*.txt"))
            for _, path in [item for item in chosen if item[0] < "4"][:NEAT]:
                yield _neat(path, texts.parent.name)


def _neat(path: Path, name: str) -> dict[str, Any]:
    lines = [line for line in split(path.read_text(encoding="utf-8", errors="replace"))[0] if line.text.strip()]
    whole = segments(lines).texts.strings()
    hit = set(rules.match(whole).line.tolist())
    labels = [[text, None if place in hit else 1] for place, text in enumerate(whole)]
    return {"lines": labels, "id": path.stem, "source": name, "kind": "neat", "lang": name, "url": ""}


# -- tables --------------------------------------------------------------------------------------

UNSPACED = [
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3040, 0x30FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
]  # fmt: skip
SINGLE = {
    characters.TERMINAL: ".!?…。！？؟۔।॥։።．｡⋯",
    characters.COMMA: ",、，،;；؛",
    characters.COLON: ":：",
    characters.QUOTE: "\"'“”„‟«»‹›‘’‚「」『』｢｣〝〞`´",
    characters.SEPARATOR: "|•·/\\–—>→▶►●*#=_~‣▪■◆+¦<←▼▲▸▾⟩※",
    characters.POINT: "-",
    characters.CASELESS: "\u200b\u200c\u200d\u200e\u200f\ufeff\u00ad",
}
CATEGORIES = {
    "Lu": characters.UPPER, "Lt": characters.UPPER, "Ll": characters.LOWER, "Zs": characters.SPACE,
    "Pi": characters.QUOTE, "Pf": characters.QUOTE, "Ps": characters.BRACKET, "Pe": characters.BRACKET,
    "Sc": characters.CURRENCY, "Pd": characters.SEPARATOR, "Pc": characters.SEPARATOR, "Sm": characters.SEPARATOR,
    "Cf": characters.SPACE, "Cc": characters.SPACE, "Sk": characters.SPACE, "Cn": characters.SYMBOL,
    "Co": characters.SYMBOL, "Cs": characters.SYMBOL, "L": characters.CASELESS, "M": characters.CASELESS,
    "N": characters.DIGIT, "P": characters.POINT,
}  # fmt: skip


def classes() -> list[int]:
    """The class of each code point."""
    names = [unicodedata.category(chr(code)) for code in range(0x110000)]
    table = [CATEGORIES.get(name, CATEGORIES.get(name[0], characters.SYMBOL)) for name in names]
    for first, last in UNSPACED:
        for code in range(first, last + 1):
            if table[code] in (characters.CASELESS, characters.LOWER, characters.SYMBOL):
                table[code] = characters.DENSE
    for kind, written in SINGLE.items():
        for character in written:
            table[ord(character)] = kind
    table[ord("\n")] = characters.BREAK
    return table


def lengths(table: Sequence[int]) -> list[int]:
    """Run lengths: count, class, count, class, ..."""
    edges = np.flatnonzero(np.diff(np.array(table), prepend=-1))
    sizes = np.diff(np.append(edges, len(table)))
    return [int(number) for pair in zip(sizes, np.array(table)[edges], strict=True) for number in pair]


def lexicon(pages_: Sequence[dict[str, Any]], table: Sequence[int], long: bool) -> dict[str, str]:
    """Words that stand on short (or long) lines of furniture far more often than of articles, or the reverse.

    The weight is four times the natural logarithm of the ratio of pages.
    """
    seen: dict[int, Counter[str]] = {0: Counter(), 1: Counter()}
    total = {0: 0, 1: 0}
    for page in pages_:
        for label in (0, 1):
            texts = [text for text, mark in page["lines"] if mark == label and (len(text) > 120) == long]
            seen[label].update({word for text in texts for word in words(text, table)})
            total[label] += bool(texts)
    weights = {}
    for word in sorted(set(seen[0]) | set(seen[1])):
        if seen[0][word] + seen[1][word] >= RARE:
            ratio = (seen[1][word] + 1) * (total[0] + 2) / ((seen[0][word] + 1) * (total[1] + 2))
            weights[word] = int(np.clip(round(4 * float(np.log(ratio))), -12, 12))
    rank = {word: -abs(weight) * (seen[0][word] + seen[1][word]) ** 0.5 for word, weight in weights.items()}
    telling = [word for word in weights if abs(weights[word]) >= (2 if long else 3)]
    chosen = sorted(telling, key=lambda word: (rank[word], word))[: LEXICON // 2 if long else LEXICON]
    grouped: dict[int, list[str]] = {}
    for word in sorted(chosen):
        grouped.setdefault(weights[word], []).append(word)
    return {str(weight): " ".join(grouped[weight]) for weight in sorted(grouped)}


def words(text: str, table: Sequence[int]) -> list[str]:
    spaced = [word for word in re.findall(r"[^\W\d_]{2,}", text.lower()) if table[ord(word[0])] != characters.DENSE]
    kinds = [table[ord(character)] == characters.DENSE for character in text]
    return spaced + [text[at : at + 2] for at in range(len(text) - 1) if kinds[at] and kinds[at + 1]]


# -- training ------------------------------------------------------------------------------------


class Rows(NamedTuple):
    """One row a line of every copy: columns, label (-1 unsure), weight, fold; and the lines of each copy.

    `size` counts the characters of labelled lines of pages shown whole, and is 0 for all other lines;
    `first` and `last` are the range of lines of each line's copy.
    """

    names: list[str]
    values: np.ndarray
    size: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    fold: np.ndarray
    first: np.ndarray
    last: np.ndarray


def prepare(shown: Sequence[Copy], known: Sequence[characters.Tables]) -> Rows:
    """Columns of all copies, those of a fold with the words of the other folds."""
    size, label, weight, fold, parts = [], [], [], [], []
    pick = random.Random(SEED)
    for number in range(FOLDS):
        mine = [copy for copy in shown if copy.fold == number]
        for begin in range(0, len(mine), 128):
            some = mine[begin : begin + 128]
            texts = [text for copy in some for text, _ in copy.lines]
            documents = np.repeat(np.arange(len(some)), [len(copy.lines) for copy in some])
            flags = line_model.marks(rules.match(texts), len(texts), rules.of(()))
            parts.append(features.columns(Utf8.of(texts), documents, flags, known[number]).matrix.T)
            whole = [(line, copy.kind == "whole") for copy in some for line in copy.lines]
            size += [len(text) if measured and mark is not None else 0 for (text, mark), measured in whole]
            label += [-1 if mark is None else mark for copy in some for _, mark in copy.lines]
            weight += [value for copy in some for value in weights(copy, pick)]
            fold += [number] * len(texts)
    length = np.array([len(copy.lines) for number in range(FOLDS) for copy in shown if copy.fold == number])
    end = np.cumsum(length)
    values = np.concatenate(parts, axis=1)
    ranges = np.repeat(end - length, length), np.repeat(end - 1, length)
    return Rows(
        list(features.names()), values, np.array(size), np.array(label), np.array(weight), np.array(fold), *ranges
    )


def weights(copy: Copy, pick: random.Random) -> list[float]:
    """Long lines count more than short ones, a long page less for each of its lines.

    Of each kind about ENOUGH lines of a page are learnt from, with the weight of all.
    """
    roots = [(min(len(text), 600) + 20) ** 0.5 for text, _ in copy.lines]
    scale = 10 * copy.weight / max(sum(roots), 1.0) ** 0.5
    count = Counter(mark for _, mark in copy.lines)
    share = {mark: min(1.0, ENOUGH / max(1, count[mark])) for mark in (0, 1)}
    return [
        0.0 if mark is None else scale * root / share[mark] * (pick.random() < share[mark])
        for root, (_, mark) in zip(roots, copy.lines, strict=True)
    ]


def questions(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Column and border of each question: borders part the chosen rows evenly, few values one by one."""
    found = []
    for column, row in enumerate(values[:, chosen]):
        known = np.unique(row)
        even = np.quantile(row, np.linspace(0, 1, BORDERS + 2)[1:-1], method="lower")
        borders = known[:-1] if len(known) <= BORDERS + 4 else np.unique(np.append(even, 0))
        found += [(column, int(border)) for border in borders if known[0] <= border < known[-1]]
    return np.array(found)


def held_out(rows: Rows, scores: np.ndarray) -> dict[str, float]:
    """Precision, recall and F1 of the characters of whole pages, from scores by models that never saw the site."""
    kept, good = scores >= 0, rows.label == 1
    right, wrong, lost = (int(rows.size[part].sum()) for part in (kept & good, kept & ~good, ~kept & good))
    figures = {"precision": right / (right + wrong), "recall": right / (right + lost)}
    return {name: round(value, 4) for name, value in {**figures, "F1": 2 * right / (2 * right + wrong + lost)}.items()}


def train(rows: Rows, processes: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """The network of each fold, last that of all, in their plain form; and the held-out scores."""
    learnt = np.flatnonzero(rows.weight > 0)
    asked = questions(rows.values, np.random.default_rng(SEED).choice(learnt, min(len(learnt), 60_000), replace=False))
    print(f"{len(rows.names)} columns, {len(asked)} questions, {len(learnt)} lines learnt from", file=sys.stderr)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _given, (rows, asked)) as pool:
        layers = list(pool.map(_fit, range(FOLDS + 1)))
    plain = [{"columns": rows.names, "questions": asked.ravel().tolist(), "layers": some} for some in layers]
    scores = np.zeros(len(rows.label), np.int64)
    for number in range(FOLDS):
        own = np.flatnonzero(rows.fold == number)
        matrix = np.ascontiguousarray(rows.values[:, own].T)
        scores[own] = evaluate(network(plain[number]), matrix, rows.first[own] - own[0], rows.last[own] - own[0])
    return plain, held_out(rows, scores)


_shared: list[Any] = []


def _given(*shared: Any) -> None:
    _shared[:] = shared


def _fit(without: int) -> list[dict[str, Any]]:
    """The network that has not seen one fold; FOLDS is the fold of none."""
    from line_network import Examples, fit

    rows, asked = _shared
    start = np.unique(rows.first)
    examples = Examples(rows.values, rows.label, rows.weight, start, rows.last[start] + 1)
    return fit(examples, asked, np.flatnonzero(rows.fold[start] != without), SEED, f"without fold {without}")


def write(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size:,} bytes", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", type=Path)
    parser.add_argument("--neat", type=Path, help="folder of unlabelled extractor output: NAME/raw/*.txt")
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--processes", type=int, default=2, help="networks trained at a time")
    options = parser.parse_args()
    labelled = pages(options.pages)
    fold = folds(site(page) for page in labelled)
    pick = random.Random(SEED)
    shown = [copy for number, page in enumerate(labelled) for copy in copies(number, page, fold[site(page)], pick)]
    if options.neat:
        more = list(neat(options.neat))
        shown += [Copy(-1, "neat", number % FOLDS, 0.4, [tuple(line) for line in page["lines"]])
                  for number, page in enumerate(more) if page["lines"]]  # fmt: skip
    table = classes()
    common = {"classes": lengths(table), "stops": " ".join(sorted(set(STOPS.split())))}
    lexicons = []
    for number in range(FOLDS + 1):
        others = [page for page in labelled if fold[site(page)] != number]
        lexicons.append({"lexicon": lexicon(others, table, False), "tones": lexicon(others, table, True)})
    rows = prepare(shown, [line_model.tables({**common, **known}) for known in lexicons])
    print(f"{len(labelled)} pages, {len(shown)} copies, {len(rows.label)} lines", file=sys.stderr)
    record: dict[str, Any] = {
        "pages_sha256": hashlib.sha256(options.pages.read_bytes()).hexdigest(),
        "pages": len(labelled), "lines": sum(len(page["lines"]) for page in labelled), "sites": len(fold), "seed": SEED,
        "rules": len(rules.load()), "neat": bool(options.neat),
    }  # fmt: skip
    networks, record["held_out"] = train(rows, options.processes)
    for number, plain in enumerate(networks):
        data = {"record": record, **common, **lexicons[number], **plain}
        if number == FOLDS:
            write(TARGET, data)
        elif options.folds:
            options.folds.mkdir(parents=True, exist_ok=True)
            write(options.folds / f"line_model_{number}.json", data)


if __name__ == "__main__":
    main()
