"""What stands in one text twice: the headline, the summary, whole paragraphs. The first stays.

Only texts that are mostly running prose are looked at: verse lives by repetition. Short lines (a
speaker's name, a refrain, "- section -") go only inside a longer passage that is there twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from ..model import Edit, Line
from .batch import Lines
from .census import Census, rounded
from .title import is_prose, with_site, words

TITLE_WORDS = 4
SUMMARY_WORDS = 8
PARAGRAPH_WORDS = 20
PASSAGE = 60  # characters of the shortest paragraph that counts as one
HEAD = 6  # lines, of those that are not blank
NEAR = 20  # the same
MOST = 0.4  # share of the characters: a text that says more than that twice is built that way

_QUOTES = str.maketrans("‘’‚“”„«»", '\'\'\'"""""')
_CUT_OFF = re.compile(r"\s*(?:\.\.\.|…|\[…\]|\[\.\.\.\])$")
_CODE = re.compile(r"[<>{}=|\\]|^\W*[$#]")


def propose(lines: Sequence[Line], titles: Sequence[int | None]) -> Iterator[Edit]:
    """Removals of repeats; `titles[d]` is the number of the title line of document d."""
    lines = Lines.of(lines)
    filled = lines.where(lines.texts != "")
    keys, numbered = _keys(filled), np.flatnonzero(filled.titled(titles))
    titled = dict(zip(filled.documents[numbered].tolist(), filled.positions(numbered).tolist(), strict=True))
    all_texts = filled.texts.tolist()
    for document, own in filled.slices():
        texts, title = all_texts[own], titled.get(document)
        twins, tops = _twins(keys[document], title) if document in keys else {}, _tops(texts, title)
        # Short lines alone never go: the cheap questions first, and the dearest last.
        if tops or any(len(texts[at]) > 15 or not texts[at].isascii() for at in twins):
            full = filled[own]
            found = list(_of_document(full, twins, title)) if twins else []
            found += (
                _removal(full[at], rule, said.format(full[other].number))
                for at, rule, other, said in tops
                if at not in twins and at != title
            )
            if found and _is_prose(full):
                yield from found


def _keys(lines: Lines) -> dict[int, dict[int, str]]:
    """Document -> position in it -> text in lower case, of the lines that another of the document may equal."""
    length, texts = lines.length, lines.texts.tolist()
    # The Turkish capital I with a dot alone is longer in lower case.
    if [text for text in texts if "İ" in text]:
        length = length + np.array([text.count("İ") for text in texts])
    code = (lines.documents << 40) + length
    order = np.argsort(code, kind="stable")
    same = np.diff(code[order]) == 0
    twice = np.zeros(len(lines), np.bool_)
    twice[order[1:][same]] = twice[order[:-1][same]] = True
    found: dict[int, dict[int, str]] = {}
    places = np.flatnonzero(twice)
    some = (column.tolist() for column in (lines.documents[places], lines.positions(places), lines.texts[places]))
    for document, at, text in zip(*some, strict=True):
        found.setdefault(document, {})[at] = text.lower()
    return found


def passages(lines: Sequence[Line], titles: Sequence[int | None], census: Census | None, least: int) -> Iterator[Edit]:
    """Removals of paragraphs that stand in at least `least` sources; none when that is 0 or no census is at hand.

    The census rounds its counts down to one digit, so `least` is taken like that as well.
    """
    if census is None or least < 1:
        return
    least, lines = int(rounded(np.array([least]))[0]), Lines.of(lines)
    some = np.flatnonzero(census.lookup(lines.hashes) >= least)
    for at, said in zip(some.tolist(), census.evidence(lines.hashes[some]), strict=True):
        line = lines[at]
        if len(line.text) >= PASSAGE and line.number != titles[line.document]:
            yield _removal(line, "passage", said)


def _of_document(full: Sequence[Line], twins: dict[int, int], title: int | None) -> Iterator[Edit]:
    rules: dict[int, str] = {}
    often = Counter(twins.values())
    for run in _runs(twins):
        rules.update(_of_run(run, twins, full, often))
    for position, twin in twins.items():
        if (
            twin == title
            and words(full[position].text) >= TITLE_WORDS
            and (position < HEAD or _stands_alone(position, twins, full))
        ):
            rules[position] = "title-repeat"
    if sum(len(full[at].text) for at in rules) > MOST * sum(len(line.text) for line in full):
        rules = {at: rule for at, rule in rules.items() if rule == "title-repeat"}
    for position, rule in sorted(rules.items()):
        yield _removal(full[position], rule, f"same as line {full[twins[position]].number}")


def _stands_alone(position: int, twins: dict[int, int], full: Sequence[Line]) -> bool:
    """Whether a repeated title stands between paragraphs, neither in a poem that it is taken from nor as a heading
    of a text that names its headings at the top."""
    around = [*full[position - 1 : position], *full[position + 1 : position + 2]]
    said = [twin for twin in twins.values() if twin < HEAD]
    return all(is_prose(line.text) for line in around) and len(said) == 1


def _of_run(run: range, twins: dict[int, int], full: Sequence[Line], often: Counter[int]) -> dict[int, str]:
    """The lines to remove of a passage that stands in the same order further up."""
    counts = [0 if _CODE.search(full[position].text) else words(full[position].text) for position in run]
    near = run[0] - twins[run[0]] <= NEAR or twins[run[0]] < HEAD or len(run) > 1
    long = [at for at, count in enumerate(counts) if count >= PARAGRAPH_WORDS]
    # Lists of short lines are what two sections may have in common.
    if long and min(counts) > 0 and near and sum(counts[at] for at in long) >= 0.6 * sum(counts):
        # What ends a passage may belong to what follows, as the name of the next speaker does.
        return dict.fromkeys(run[: long[-1] + 1], "paragraph-repeat")
    rules = {}
    for position, count in zip(run, counts, strict=True):
        if count >= SUMMARY_WORDS and not full[position].text.endswith((":", "?", "：", "？", "؟")):
            if twins[position] == position - 1:
                rules[position] = "paragraph-repeat"
            elif twins[position] < HEAD and often[twins[position]] == 1 and is_prose(full[position].text):
                # A heading is also in the list of contents; what stands there three times is a refrain.
                rules[position] = "summary-repeat"
    return rules


def _twins(keys: Mapping[int, str], title: int | None) -> dict[int, int]:
    """For each line that stood before, the position of its first; the title also where only quotation marks differ."""
    first: dict[str, int] = {}
    twins = {at: first[key] for at, key in keys.items() if first.setdefault(key, at) != at}
    if title is not None and title in keys:
        same, length = keys[title].translate(_QUOTES), len(keys[title])
        later = ((at, key) for at, key in keys.items() if at > title and len(key) == length)
        twins |= {at: title for at, key in later if key.translate(_QUOTES) == same}
    return dict(sorted(twins.items()))


def _runs(twins: dict[int, int]) -> Iterator[range]:
    """Stretches of positions whose twins follow one another as they do."""
    start = last = -1
    for position, twin in twins.items():
        if start >= 0 and position == last + 1 and twin == twins[last] + 1:
            last = position
            continue
        if start >= 0:
            yield range(start, last + 1)
        start = last = position
    if start >= 0:
        yield range(start, last + 1)


def _tops(texts: Sequence[str], title: int | None) -> list[tuple[int, str, int, str]]:
    """Lines at the top that another says in full, or better: position, rule, position of the other, evidence."""
    found = []
    if title and with_site(texts[0], texts[title]):
        found.append((0, "title-repeat", title, "line {} with the name of the site"))
    for position, text in enumerate(texts[:HEAD]):
        if not text.endswith(("...", "…", "]")):
            continue
        key = text.lower()
        stem = _CUT_OFF.sub("", key)
        if len(stem) < len(key) and words(stem) >= SUMMARY_WORDS:
            later = ((other, texts[other].lower()) for other in range(position + 1, len(texts)))
            whole = (other for other, said in later if said.startswith(stem) and said != key)
            found += [(position, "summary-repeat", other, "the beginning of line {}") for other in islice(whole, 1)]
    return found


def _is_prose(lines: Sequence[Line]) -> bool:
    counts = [(words(line.text), is_prose(line.text)) for line in lines]
    return sum(count for count, prose in counts if prose) >= 0.5 * sum(count for count, _ in counts)


def _removal(line: Line, rule: str, evidence: str) -> Edit:
    return Edit("repeats", rule, line.number, line.text, evidence=evidence, document=line.document)
