"""Language: agreement with langdetect, `und`, and time, as a Markdown table.

    python scripts/bench_language.py DOCUMENTS.jsonl [--limit 2000] [--sentences 10000] [--news FOLDER]

DOCUMENTS.jsonl holds one JSON object a line with `text` and `lang`; FOLDER some articles for the time.
Both detectors judge the same texts in one process, in turns; times are processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

# So that one core does the work of one: processor time of both is then comparable.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from corpuspress.describe import language, language_model, languages, shares
from corpuspress.recipe import Language

LIBRARY = Language(detector="langdetect")
SEEDED = 2000  # texts of a set that langdetect judges with another seed
SENTENCE = re.compile(r"(?<=[.!?।。！？])\s*(?=\S)|\n+")
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--news", type=Path)
    parser.add_argument("--limit", type=int, default=2000, help="documents and articles at most")
    parser.add_argument("--sentences", type=int, default=10_000, help="sentences at most")
    options = parser.parse_args()
    print(table(options.documents, options.news, options.limit, options.sentences))


def table(documents: Path, news: Path | None, limit: int, most_sentences: int) -> str:
    """The whole table; `limit` bounds documents and articles each."""
    rows = [json.loads(line) for line in documents.read_text(encoding="utf-8").splitlines()]
    sets = {"documents": [(row["text"], row["lang"]) for row in thinned(rows, limit)]}
    sentences = [(part.strip(), row["lang"]) for row in rows for part in SENTENCE.split(row["text"])]
    sets["sentences"] = thinned([pair for pair in sentences if len(pair[0]) >= 10], most_sentences)
    if news:
        paths = thinned(sorted(news.rglob("*.txt")), min(limit, 300))
        sets["news articles"] = [(path.read_text(encoding="utf-8", errors="replace"), "en") for path in paths]
    lines = [
        "| texts | number | agree with langdetect (seed 0) | langdetect's seed 1 agrees | where it is certain "
        "| certain, mixed case | right: exact | right: langdetect | wrong `und` | unknown languages called `und` "
        "| ms exact | ms langdetect | faster |",
        f"|{'---|' * 13}",
        *(row_of(name, pairs) for name, pairs in sets.items()),
    ]
    texts = [text for text, _ in sets["documents"]][:500]
    lines += ["", f"Shares by line: {timed(lambda: shares(texts))[1] / len(texts) * 1000:.2f} ms a document."]
    return "\n".join(lines)


def row_of(name: str, pairs: Sequence[tuple[str, str]]) -> str:
    texts, truth = [text for text, _ in pairs], [lang for _, lang in pairs]
    languages(texts[:10])
    languages(texts[:10], LIBRARY)
    exact, ours = timed(lambda: languages(texts))
    library, theirs = timed(lambda: languages(texts, LIBRARY))
    known = {*language_model.load().languages, "zh"}
    told = [lang in known for lang in truth]
    of_known = [place for place, flag in enumerate(told) if flag]
    unknown = [exact[place][0] == "und" for place, flag in enumerate(told) if not flag]
    # `und` is compared nowhere: langdetect has no such answer.
    compared = [place for place in of_known if "und" not in {exact[place][0], library[place][0]}]
    again = thinned(compared, SEEDED)
    certain = [place for place in compared if library[place][1] >= 0.9999]
    cells = [
        name,
        f"{len(pairs):,}",
        share([exact[place][0] == library[place][0] for place in compared]),
        share([other == library[place][0] for place, other in zip(again, seeded(texts, again), strict=True)]),
        share([exact[place][0] == library[place][0] for place in certain]),
        share([exact[place][0] == library[place][0] for place in certain if not capital(texts[place])]),
        share([right(exact[place], truth[place]) for place in of_known]),
        share([right(library[place], truth[place]) for place in of_known]),
        str(sum(exact[place][0] == "und" for place in of_known)),
        share(unknown),
        f"{ours / len(pairs) * 1000:.3f}",
        f"{theirs / len(pairs) * 1000:.2f}",
        f"{theirs / ours:.0f}x",
    ]
    return f"| {' | '.join(cells)} |"


def seeded(texts: Sequence[str], places: Sequence[int]) -> list[str]:
    """What langdetect says with another seed: how far it agrees with itself."""
    factory = language._factory.__wrapped__()
    factory.set_seed(1)
    answers = []
    for place in places:
        detector = factory.create()
        detector.append(texts[place])
        answers.append(detector.detect())
    return answers


def capital(text: str) -> bool:
    return sum(map(str.isupper, text)) > sum(map(str.islower, text))


def right(answer: tuple[str, float], lang: str) -> bool:
    return answer[0].partition("-")[0] == lang


def share(flags: Sequence[bool]) -> str:
    return f"{sum(flags) / len(flags):.4f}" if flags else "-"


def timed(job: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    return job(), time.process_time() - start


def thinned(values: Sequence[T], limit: int) -> list[T]:
    """Evenly spread values, at most `limit`."""
    step = max(1, -(-len(values) // limit))
    return list(values[::step])


if __name__ == "__main__":
    main()
