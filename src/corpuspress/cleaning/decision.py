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

    A line goes below `least` in any document, and below at most `most` in a dirty one. Between them the
    threshold rises by `share` thousandths for each thousandth of expected furniture above `clean`, and
    by `each` for each line that speaks of furniture, whichever gives less. Where rules vouch for furniture,
    short lines go below `short` in any case.
    """

    least: int
    most: int
    share: float
    clean: int
    each: int
    short: int


STRONG_ALLOWS, EDGE_ALLOWS = 150, 30
"""Thousandths that a line hit by a strong rule, or by an edge rule alone, lets the threshold rise."""
DOUBTED, VOUCHED = 500, 5
"""For the full rise, rules must hit VOUCHED in a hundred of the lines below DOUBTED; an edge rule counts a quarter."""

STRICTNESS = {"careful": Suspicion(10, 450, 3.0, 50, 60, 300), "thorough": Suspicion(60, 600, 3.0, 30, 120, 450)}
OVERRULES_STRONG, OVERRULES_EDGE, OVERRULES_ALONE = 985, 900, 500
"""A line at least as sure to be main text stays, though a strong or an edge rule hits it; the last where nothing
else in the document speaks of furniture: below a threshold of DIRTY."""
DIRTY = 200
RECURRING, OFTEN, RECURRING_PROSE = 900, 985, 300
"""Below this a recurring line goes: a short one, a short one of MANY sources, one that reads like a sentence."""
MANY = 10
SPEAKS = 100
"""A line counts as speaking of furniture only when the model is as sure of it as that."""
SOME, FEW = 200, 100
"""When fewer than FEW words of at least SOME would stay, the threshold is lowered until they do."""


class Looks(NamedTuple):
    """What the decision reads of each line; `document` numbers documents from 0 without gaps.

    `probability` of main text; `words`; `strong`, `edge`: a rule removes it; `cue`: it speaks of furniture;
    `recurs`: in how many sources it stands, 0 where that is nothing special; `prose`: it reads like a sentence;
    `safe`: it must stay.
    """

    document: Ints
    probability: Ints
    words: Ints
    strong: Flags
    edge: Flags
    cue: Flags
    recurs: Ints
    prose: Flags
    safe: Flags


class Verdict(NamedTuple):
    """Which lines go, and which of them a rule takes; per document the threshold and whether it was lowered."""

    removed: Flags
    by_rule: Flags
    threshold: Ints
    lowered: Flags
    overruled: Flags


def decide(looks: Looks, strictness: str, max_share: float) -> Verdict:
    """The verdict on every line of a batch; that on a document depends on its own lines alone."""
    count = int(looks.document[-1]) + 1 if len(looks.document) else 0
    threshold = thresholds(looks, STRICTNESS[strictness], count)
    short = np.maximum(threshold, STRICTNESS[strictness].short * vouching(looks, count) // 1000)
    limit = np.where(looks.prose, threshold[looks.document], short[looks.document])
    by_census = np.where(looks.prose, RECURRING_PROSE, np.where(looks.recurs >= MANY, OFTEN, RECURRING))
    limit = np.where(looks.recurs > 0, np.maximum(limit, by_census), limit)
    edge = np.where(threshold[looks.document] >= DIRTY, OVERRULES_EDGE, OVERRULES_ALONE)
    by_rule = (looks.strong & (looks.probability < OVERRULES_STRONG)) | (looks.edge & (looks.probability < edge))
    by_rule &= ~looks.safe
    doubtful = by_rule & (looks.probability >= limit)
    total = _sums(looks.words, looks.document, count)
    taken = _sums(np.where(doubtful, looks.words, 0), looks.document, count)
    overruled = (taken > max_share * total) & (taken > 0)
    by_rule &= ~(doubtful & overruled[looks.document])
    by_model = (looks.probability < limit) & ~looks.safe
    kept = _sums(np.where(by_model | by_rule, 0, looks.words), looks.document, count)
    lowered = (kept < FEW) & (total >= SOME)
    for number in np.flatnonzero(lowered):
        own = looks.document == number
        by_model[own] = _lowered(looks, own, by_model[own] & ~by_rule[own], FEW - int(kept[number]))
    return Verdict(by_model | by_rule, by_rule, threshold, lowered, overruled)


def thresholds(looks: Looks, suspicion: Suspicion, count: int) -> Ints:
    """The threshold of each document, in thousandths."""
    total = np.maximum(_sums(looks.words, looks.document, count), 1)
    furniture = _sums(looks.words * (1000 - looks.probability), looks.document, count) // total
    speaking = _sums((looks.cue & (looks.probability < SPEAKS)).astype(np.int64), looks.document, count)
    by_share = (np.maximum(furniture - suspicion.clean, 0) * int(10 * suspicion.share)) // 10
    risen = np.minimum(suspicion.most - suspicion.least, np.minimum(by_share, suspicion.each * speaking))
    return np.asarray(suspicion.least + _vouched(looks, risen, count), np.int64)


def _vouched(looks: Looks, risen: Ints, count: int) -> Ints:
    """As much of a rise as the rules vouch for."""
    strong, edge = _rule_hits(looks, count)
    return np.asarray(np.minimum(risen, STRONG_ALLOWS * strong + EDGE_ALLOWS * edge) * vouching(looks, count) // 1000)


def vouching(looks: Looks, count: int) -> Ints:
    """How far the rules bear out the model's doubts about each document, in thousandths.

    The model takes dialogues, transcripts and lists for furniture, and one mistaken line speaks for the
    next. On a page of a site some of what looks like furniture is hit by a rule; where no rule finds
    any, or one line in a hundred, the document is of another kind than the model thinks.
    """
    doubted = _sums(((looks.probability < DOUBTED) & (looks.words > 0)).astype(np.int64), looks.document, count)
    strong, edge = _rule_hits(looks, count)
    return np.asarray(np.minimum(1000, 25_000 * (4 * strong + edge) // np.maximum(VOUCHED * doubted, 1)))


def _rule_hits(looks: Looks, count: int) -> tuple[Ints, Ints]:
    """The lines of each document that a strong rule hits, and those that an edge rule alone hits."""
    strong = _sums(looks.strong.astype(np.int64), looks.document, count)
    return strong, _sums((looks.edge & ~looks.strong).astype(np.int64), looks.document, count)


def _sums(values: Ints, document: Ints, count: int) -> Ints:
    result = np.zeros(count, np.int64)
    np.add.at(result, document, values)
    return result


def _lowered(looks: Looks, own: Flags, removed: Flags, missing: int) -> Flags:
    """What still goes when the likeliest of the removed lines come back, until `missing` words are there."""
    probability, words = looks.probability[own], looks.words[own]
    order = np.argsort(-np.where(removed, probability, -1), kind="stable")
    order = order[removed[order]]
    back = order[np.concatenate([[0], np.cumsum(words[order])[:-1]]) < missing]
    # Lines as likely as the last that came back come back too: the threshold is one for the document.
    least = probability[back].min() if len(back) else 1001
    return np.asarray(removed & (probability < least))
