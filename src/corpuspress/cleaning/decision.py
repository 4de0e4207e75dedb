"""How suspicious a line must look to go: thresholds from the evidence that its document gives.

All numbers are whole thousandths, so that a decision is the same on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Suspicion(NamedTuple):
    """One strictness.

    A line goes below `most`; in a document that looks dirty, though no rule bears that out, below `least`.
    For all of `most`, rules must hit `vouched` in a hundred of the lines below DOUBTED, an edge rule counting
    a quarter.
    """

    least: int
    most: int
    vouched: int


STRICTNESS = {"careful": Suspicion(0, 420, 7), "thorough": Suspicion(10, 550, 4)}
DOUBTED = 500
NEAT, DIRTY = 30, 100
"""Thousandths of the words that the model takes for furniture: up to NEAT no rule need vouch for it, from DIRTY on
rules must do so."""
OVERRULES_STRONG, OVERRULES_EDGE, OVERRULES_PROSE = 950, 700, 500
"""A line at least as sure to be main text stays, though a strong or an edge rule hits it; the last for any rule and
a line that reads like a sentence: an article may stand in one line with a notice."""
RECURRING, OFTEN, RECURRING_PROSE = 900, 985, 300
"""Below this a recurring line goes: a short one, a short one of MANY sources, one that reads like a sentence."""
MANY = 10
NEAR = 5
"""A title stays in the text when a line of the article stands among so many lines below it."""
FEW = 100
"""When fewer words would stay, and less than half of all, the threshold is lowered until as many do."""


class Looks(NamedTuple):
    """What the decision reads of each line; `document` numbers documents from 0 without gaps, in order.

    `probability` of main text; `words`; `strong`, `edge`: a rule removes it; `recurs`: in how many sources it
    stands, 0 where that is nothing special; `prose`: it reads like a sentence; `safe`: it must stay; `title`: it is
    the title.
    """

    document: Ints
    probability: Ints
    words: Ints
    strong: Flags
    edge: Flags
    recurs: Ints
    prose: Flags
    safe: Flags
    title: Flags


class Verdict(NamedTuple):
    """Which lines go, and which of them a rule takes; per document the threshold and whether it was lowered."""

    removed: Flags
    by_rule: Flags
    threshold: Ints
    lowered: Flags
    overruled: Flags


def decide(looks: Looks, strictness: str, max_share: float) -> Verdict:
    """The verdict on every line of a batch; that on a document depends on its own lines alone."""
    starts = np.flatnonzero(np.diff(looks.document, prepend=-1))
    threshold = thresholds(looks, STRICTNESS[strictness], starts)
    by_census = np.where(looks.prose, RECURRING_PROSE, np.where(looks.recurs >= MANY, OFTEN, RECURRING))
    limit = threshold[looks.document]
    limit = np.where(looks.recurs > 0, np.maximum(limit, by_census), limit)
    by_rule = looks.strong & (looks.probability < np.where(looks.prose, OVERRULES_PROSE, OVERRULES_STRONG))
    edge = looks.edge & ~looks.title
    by_rule |= edge & (looks.probability < np.where(looks.prose, OVERRULES_PROSE, OVERRULES_EDGE))
    by_rule &= ~looks.safe
    doubtful = by_rule & (looks.probability >= limit)
    total = _sums(looks.words, starts)
    taken = _sums(np.where(doubtful, looks.words, 0), starts)
    overruled = (taken > max_share * total) & (taken > 0)
    by_rule &= ~(doubtful & overruled[looks.document])
    by_model = (looks.probability < limit) & ~looks.safe
    by_model &= ~looks.title | _apart(looks, ~by_model & ~by_rule & ~looks.title & (looks.words > 0), starts)
    kept = _sums(np.where(by_model | by_rule, 0, looks.words), starts)
    needed = np.minimum(FEW, total // 2)
    lowered = kept < needed
    for number in np.flatnonzero(lowered & (_sums(by_model & ~by_rule, starts) > 0)):
        own = slice(starts[number], int(np.searchsorted(looks.document, number, "right")))
        by_model[own] = _lowered(looks, own, by_model[own] & ~by_rule[own], int((needed - kept)[number]))
    return Verdict(by_model | by_rule, by_rule, threshold, lowered, overruled)


def _apart(looks: Looks, kept: Flags, starts: Ints) -> Flags:
    """Where a title would stand apart from the article: there are kept lines, but none near below it."""
    filled = np.flatnonzero(looks.words > 0)
    document = looks.document[filled]
    near = np.zeros(len(filled), np.bool_)
    for distance in range(1, NEAR + 1):
        same = document[distance:] == document[:-distance]
        near[:-distance] |= same & kept[filled[distance:]]
    result = (_sums(kept, starts) > 0)[looks.document]
    result[filled] &= ~near
    return np.asarray(result)


def thresholds(looks: Looks, suspicion: Suspicion, starts: Ints) -> Ints:
    """The threshold of each document, in thousandths; `starts` are the first lines of the documents.

    The model takes dialogues, transcripts and lists for furniture, and one mistaken line speaks for the
    next. On a page of a site some of what looks like furniture is hit by a rule; where a text looks dirty
    and rules find next to nothing, it is of another kind than the model thinks.
    """
    total = np.maximum(_sums(looks.words, starts), 1)
    furniture = _sums(looks.words * (1000 - looks.probability), starts) // total
    dirty = np.clip((furniture - NEAT) * 1000 // (DIRTY - NEAT), 0, 1000)
    unvouched = dirty * (1000 - _vouching(looks, suspicion, starts)) // 1000
    return np.asarray(suspicion.most - (suspicion.most - suspicion.least) * unvouched // 1000, np.int64)


def _vouching(looks: Looks, suspicion: Suspicion, starts: Ints) -> Ints:
    """How far rules bear out the model's doubts about each document, in thousandths."""
    doubted = _sums((looks.probability < DOUBTED) & (looks.words > 0), starts)
    strong = _sums(looks.strong, starts)
    edge = _sums(looks.edge & ~looks.strong, starts)
    return np.asarray(np.minimum(1000, 25_000 * (4 * strong + edge) // np.maximum(suspicion.vouched * doubted, 1)))


def _sums(values: Ints | Flags, starts: Ints) -> Ints:
    """The sum over each document; `starts` are their first lines."""
    return np.add.reduceat(values, starts, dtype=np.int64)


def _lowered(looks: Looks, own: slice, removed: Flags, missing: int) -> Flags:
    """What still goes when the likeliest of the removed lines come back, until `missing` words are there."""
    probability, words = looks.probability[own], looks.words[own]
    order = np.argsort(-np.where(removed, probability, -1), kind="stable")
    order = order[removed[order]]
    back = order[np.concatenate([[0], np.cumsum(words[order])[:-1]]) < missing]
    # Lines as likely as the last that came back come back too: the threshold is one for the document.
    least = probability[back].min() if len(back) else 1001
    return np.asarray(removed & (probability < least))
