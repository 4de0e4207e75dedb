"""How well boilerplate goes, and what it costs: labelled pages in, a table out.

    python scripts/bench_clean.py PAGES.jsonl.zst --folds FOLDER

Pages are shown whole (every visible line), with a few leftovers (as a good extractor leaves them) and bare
(the lines of the article alone, where every removal is an error). F1 is of the characters kept, the mean
over pages, then over all characters; P and R are precision and recall of what was removed, in lines and in
characters; "halved" counts pages that lost more than half of the article, "worse" those that came out worse
than untouched. Unsure lines do not count, nor do pages without a line of main text. FOLDER is what
`train_line_model.py --folds` wrote: each page is then judged by a model that has never seen its site.
Without it the shipped model judges, which has seen every page: its figures flatter.

The others work on the same lines, each by its published rules written down again: C4 (Raffel et al. 2020),
RefinedWeb (Penedo et al. 2023, line-wise corrections), jusText (Pomikálek 2011, the library's own
classifier, no heading detection, each line a paragraph; its English word list, or none in other languages).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corpuspress import describe
from corpuspress.cleaning import clean as cleaned
from corpuspress.cleaning import line_model, strip, tidy
from corpuspress.model import Line as TextLine
from corpuspress.recipe import Recipe
from train_line_model import ARTICLES, Copy, copies, folds, pages, site

Cleaner = Callable[[Sequence[Sequence[str]]], list[list[int]]]
"""Texts of lines of several pages in; the number of characters kept of each line out."""

SHOWN = ("whole", "few", "bare")
GROUPS = ("articles en", "articles other", "other pages")


# -- cleaners ------------------------------------------------------------------------------------


def untouched(batch: Sequence[Sequence[str]]) -> list[list[int]]:
    return [[len(text) for text in lines] for lines in batch]


def ours(recipe: Recipe) -> Cleaner:
    def clean(batch: Sequence[Sequence[str]]) -> list[list[int]]:
        lines = [TextLine(text, number, document)
                 for document, texts in enumerate(batch) for number, text in enumerate(texts, 1)]  # fmt: skip
        kept = [[0] * len(texts) for texts in batch]
        for line in strip(tidy(lines, recipe).lines, recipe, documents=len(batch)).lines:
            # Repair may lengthen a line; what is kept is at most all of it.
            kept[line.document][line.number - 1] = min(len(line.text), len(batch[line.document][line.number - 1]))
        return kept

    return clean


def in_lines(recipe: Recipe, count: int) -> Cleaner:
    """Ours on each page with all its lines joined into `count`, as extractors without line breaks give them."""

    def clean(batch: Sequence[Sequence[str]]) -> list[list[int]]:
        return [one(texts) for texts in batch]

    def one(texts: Sequence[str]) -> list[int]:
        cuts = [len(texts) * part // count for part in range(count + 1)]
        joined = [" ".join(texts[start:end]) for start, end in pairwise(cuts)]
        bare = ["".join(text.split()) for text in texts]
        left = iter(stayed("".join(bare), "".join(cleaned("\n".join(joined), recipe).text.split())))
        kept = [sum(islice(left, len(part))) for part in bare]
        return [len(text) * size // max(1, len(part)) for text, part, size in zip(texts, bare, kept, strict=True)]

    return clean


def stayed(before: str, after: str) -> bytearray:
    """Which characters of `before` are those of `after`, which comes from it by cutting stretches out."""
    mask = bytearray(len(before))
    at = place = 0
    while place < len(after):
        if at < len(before) and before[at] == after[place]:
            mask[at] = 1
            at, place = at + 1, place + 1
            continue
        found = [before.find(after[place : place + size], at) for size in (24, 12, 6)]
        going_on = next((start for start in found if start >= 0), None)
        # What was repaired stands nowhere in the source.
        at, place = (at, place + 1) if going_on is None else (going_on, place)
    return mask


BAD = re.compile(r"(?i)terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies")


def c4(batch: Sequence[Sequence[str]]) -> list[list[int]]:
    """Lines must end in a terminal mark, hold five words, and not speak of javascript or policies."""
    return [[len(text) if _c4(text) else 0 for text in lines] for lines in batch]


def _c4(text: str) -> bool:
    ended = text.endswith((".", "!", "?", '"')) and not text.endswith("...")
    return ended and len(text.split()) >= 5 and "javascript" not in text.lower() and not BAD.search(text)


COUNTED = "likes?|comments?|shares?|retweets?|reposts?|quotes?|bookmarks?|upvotes?|downloads?|views?|followers?"
COUNTER = re.compile(rf"(?i)\d[\d.,]*[km]?\s+(?:{COUNTED})")
SHORT = re.compile(r"(?i)^(?:sign[- ]?in|log[- ]?in)\b|\b(?:home|items in cart|read more)\W*$")


def refinedweb(batch: Sequence[Sequence[str]]) -> list[list[int]]:
    """No lines mainly in capitals, of numbers only, counters, single words; short ones with certain words."""
    return [[len(text) if _refinedweb(text) else 0 for text in lines] for lines in batch]


def _refinedweb(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    if not letters or sum(1 for character in letters if character.isupper()) > 0.5 * len(letters):
        return False
    parts = text.split()
    return len(parts) > 1 and not COUNTER.fullmatch(text.strip()) and not (len(parts) <= 10 and SHORT.search(text))


def justext_lines(language: str) -> Cleaner:
    import justext
    from justext.core import classify_paragraphs, revise_paragraph_classification

    stops = justext.get_stoplist(language)

    def clean(batch: Sequence[Sequence[str]]) -> list[list[int]]:
        return [one(lines) for lines in batch]

    def one(lines: Sequence[str]) -> list[int]:
        paragraphs = [_Paragraph(text) for text in lines]
        words = " ".join(text for text in lines if len(text) > 100).lower().split()
        if sum(word in stops for word in words) > 0.3 * len(words):
            classify_paragraphs(paragraphs, stops)
        else:
            # What its manual says for a language without a list.
            classify_paragraphs(paragraphs, frozenset(), stopwords_low=0, stopwords_high=0)
        revise_paragraph_classification(paragraphs)
        return [len(part.text) if part.class_type == "good" else 0 for part in paragraphs]

    return clean


class _Paragraph:
    """What jusText's classifier reads of a paragraph."""

    heading = is_heading = False
    dom_path = ""
    tags_count = 0
    chars_count_in_links = 0
    cf_class = ""
    class_type = ""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words_count = len(text.split())

    def __len__(self) -> int:
        return len(self.text)

    def links_density(self) -> float:
        return 0.0

    def stopwords_density(self, stops: Any) -> float:
        words = self.text.split()
        return sum(1 for word in words if word.lower() in stops) / len(words) if words else 0.0


# -- measures ------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One page under one cleaner, in characters and lines of main text (`good`) and furniture (`bad`)."""

    good: int
    good_kept: int
    bad: int
    bad_kept: int
    good_lines: int
    good_lines_gone: int
    bad_lines: int
    bad_lines_gone: int


def measure(copy: Copy, kept: Sequence[int]) -> Row:
    size = np.array([len(text) for text, _ in copy.lines])
    label = np.array([-1 if mark is None else mark for _, mark in copy.lines])
    left = np.array(kept)
    good, bad, gone = label == 1, label == 0, left == 0
    numbers = size[good], left[good], size[bad], left[bad], good, good & gone, bad, bad & gone
    return Row(*(int(values.sum()) for values in numbers))


def f1(row: Row) -> float:
    return 2 * row.good_kept / max(1, row.good + row.good_kept + row.bad_kept)


def summary(rows: Sequence[Row], before: Sequence[Row]) -> dict[str, float]:
    total = Row(*(sum(column) for column in zip(*rows, strict=True)))
    gone = total.good_lines_gone + total.bad_lines_gone
    lost = total.good - total.good_kept + total.bad - total.bad_kept
    return {
        "pages": len(rows),
        "F1": float(np.mean([f1(row) for row in rows])),
        "F1 of all": f1(total),
        "lines P": total.bad_lines_gone / max(1, gone),
        "lines R": total.bad_lines_gone / max(1, total.bad_lines),
        "chars P": (total.bad - total.bad_kept) / max(1, lost),
        "chars R": (total.bad - total.bad_kept) / max(1, total.bad),
        "chars lost %": 100 * (1 - total.good_kept / max(1, total.good)),
        "lines lost %": 100 * total.good_lines_gone / max(1, total.good_lines),
        "halved": sum(row.good_kept < 0.5 * row.good for row in rows),
        "worse": sum(f1(row) < f1(first) - 1e-9 for row, first in zip(rows, before, strict=True)),
    }


@cache
def _language(text: str) -> str:
    return "en" if describe.languages([text])[0][0] == "en" else "other"


def language(page: dict[str, Any]) -> str:
    """ "en" or "other": the language of the article."""
    return _language("\n".join(text for text, mark in page["lines"] if mark == 1))


def sample(labelled: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Pages in an order that a hash of their ids gives; half articles in English, half the rest."""
    ordered = sorted(labelled, key=lambda page: hashlib.sha256(page["id"].encode()).hexdigest())
    ordered = [page for page in ordered if any(mark == 1 for _, mark in page["lines"])]
    if not number:
        return ordered
    groups = [[page for page in ordered if group_of(page) == name] for name in GROUPS]
    return [page for group in groups for page in group[: number // 3]]


def group_of(page: dict[str, Any]) -> str:
    return f"articles {language(page)}" if page["kind"] in ARTICLES else "other pages"


def batches(shown: Sequence[Copy]) -> Iterator[Sequence[Copy]]:
    for begin in range(0, len(shown), 128):
        yield shown[begin : begin + 128]


def fold_models(folder: Path) -> Iterator[tuple[int, line_model.LineModel]]:
    for path in sorted(folder.glob("line_model_*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        yield int(path.stem.rsplit("_", 1)[1]), line_model.model(data)


def run(cleaner: Cleaner, shown: Sequence[Copy], models: dict[int, line_model.LineModel]) -> tuple[list[Row], float]:
    """The measure of each copy, in order, and microseconds a line."""
    results: dict[int, Row] = {}
    shipped, spent = line_model.load, 0.0
    for fold in sorted({copy.fold for copy in shown}):
        if fold in models:
            line_model.load = lambda model=models[fold]: model  # type: ignore[assignment,misc]
        for batch in batches([copy for copy in shown if copy.fold == fold]):
            texts = [[text for text, _ in copy.lines] for copy in batch]
            start = time.process_time()
            kept = cleaner(texts)
            spent += time.process_time() - start
            results.update((id(copy), measure(copy, left)) for copy, left in zip(batch, kept, strict=True))
    line_model.load = shipped
    return [results[id(copy)] for copy in shown], 1e6 * spent / max(1, sum(len(copy.lines) for copy in shown))


def cleaners(lines: int) -> dict[str, Cleaner]:
    if lines:
        careful, thorough = Recipe.from_dict({}), Recipe.from_dict({"boilerplate": {"strictness": "thorough"}})
        return {
            "untouched": untouched,
            f"corpuspress careful, {lines} lines": in_lines(careful, lines),
            f"corpuspress thorough, {lines} lines": in_lines(thorough, lines),
        }
    named: dict[str, Cleaner] = {
        "untouched": untouched,
        "corpuspress careful": ours(Recipe.from_dict({})),
        "corpuspress thorough": ours(Recipe.from_dict({"boilerplate": {"strictness": "thorough"}})),
        "corpuspress, rules alone": ours(Recipe.from_dict({"boilerplate": {"model": False}})),
        "C4 line rules": c4,
        "RefinedWeb line rules": refinedweb,
    }
    try:
        named["jusText's scoring"] = justext_lines("English")
    except ImportError:
        print("justext is not installed: its rows are left out", file=sys.stderr)
    return named


COLUMNS = ("pages", "F1", "F1 of all", "lines P", "lines R", "chars P", "chars R", "chars lost %", "lines lost %",
           "halved", "worse")  # fmt: skip


def bench(path: Path, folder: Path | None, number: int, lines: int) -> list[dict[str, Any]]:
    """The rows of the table; `number` pages, 0 for all; each joined into so many `lines`, 0 for as it is."""
    labelled = pages(path)
    fold = folds(site(page) for page in labelled)
    chosen = sample(labelled, number)
    models = dict(fold_models(folder)) if folder else {}
    shown = [copy for place, page in enumerate(chosen)
             for copy in copies(place, page, fold[site(page)], random.Random(page["id"]), alphabets=False)
             if copy.kind in SHOWN]  # fmt: skip
    table = []
    before: list[Row] = []
    for name, cleaner in cleaners(lines).items():
        rows, cost = run(cleaner, shown, models)
        before = before or rows
        for kind in SHOWN:
            for group in GROUPS:
                chosen_rows = [place for place, copy in enumerate(shown)
                               if copy.kind == kind and group_of(chosen[copy.page]) == group]  # fmt: skip
                if chosen_rows:
                    sums = summary([rows[place] for place in chosen_rows], [before[place] for place in chosen_rows])
                    table.append({"shown": kind, "pages of": group, "cleaner": name, **sums, "us a line": cost})
    return table


def markdown(table: Sequence[dict[str, Any]]) -> str:
    lines = []
    for kind in SHOWN:
        for group in GROUPS:
            rows = [row for row in table if row["shown"] == kind and row["pages of"] == group]
            if not rows:
                continue
            lines += ["", f"### {kind}, {group} ({rows[0]['pages']} pages)", ""]
            lines.append("| cleaner | " + " | ".join(COLUMNS[1:]) + " | µs a line |")
            lines.append("|---" * (len(COLUMNS) + 1) + "|")
            for row in rows:
                cells = [f"{row[name]:.3f}" if isinstance(row[name], float) else str(row[name]) for name in COLUMNS[1:]]
                lines.append(f"| {row['cleaner']} | " + " | ".join(cells) + f" | {row['us a line']:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--number", type=int, default=450, help="pages to sample; 0: all")
    parser.add_argument("--lines", type=int, default=0, help="join each page into so many lines; 0: show it as it is")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    table = bench(options.pages, options.folds, options.number, options.lines)
    judged = "a model that never saw its site" if options.folds else "the shipped model, which has seen it: too good"
    print(f"Each page judged by {judged}. `python scripts/bench_clean.py --help` says what the columns are.")
    print(markdown(table))
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
