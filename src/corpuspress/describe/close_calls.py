"""Close calls settled as langdetect settles everything: by its seven walks, with seed 0.

A walk draws n-grams of the text at random and multiplies their probabilities until one language has
all but 1 in 100,000 of the chance; every fifth draw is looked at. Where the exact sums of two languages
are as good as equal, neither is more often right, and one may as well agree with langdetect.
"""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt

from .language_model import FLOOR, SCALE, Model, Numbers, Scores, rows_in_order

CLOSE = 0.2
"""A call is close when so many natural logarithms, times the root of the number of n-grams, part the two best."""

LEAST = 20
"""Known n-grams of the shortest text that is settled so: in shorter ones the exact sums are right more often."""

# langdetect's own: walks, mean and deviation of its alpha, base frequency, what ends a walk.
WALKS, ALPHA, ALPHA_WIDTH, BASE, ENOUGH, MOST_DRAWS = 7, 0.5, 0.05, 10_000, 0.99999, 1001
_LOOK = 5  # draws from one look to the next
_WORDS = 256  # random numbers taken at once
_PART = 16  # languages

Floats = npt.NDArray[np.float64]


def close(scores: Scores) -> Numbers:
    """The texts whose two best languages are as good as equal; of capitals langdetect's walks see too little."""
    best = np.partition(scores.weights, -2, axis=1)[:, -2:]
    limit = CLOSE * SCALE * np.sqrt(scores.found)
    enough = (scores.found >= LEAST) & (scores.capitals == 0)
    return np.flatnonzero(enough & (best[:, 1] - best[:, 0] < limit))


def settled(text: str, model: Model) -> Floats:
    """The chance of each language of a prepared text with known n-grams, mean of seven walks.

    Only the languages that fit best take part: the others have no chance worth a look.
    """
    kinds, order, counts = np.unique(rows_in_order(text, model), return_inverse=True, return_counts=True)
    weights = model.weights[kinds, : len(model.languages)]
    part = np.argsort(-(counts @ weights.astype(np.int64)), kind="stable")[:_PART]
    chances = FLOOR * np.expm1(weights[:, part] / SCALE)
    source = random.Random(0)
    sums = np.zeros(len(model.languages))
    for _ in range(WALKS):
        alpha = ALPHA + source.gauss(0.0, 1.0) * ALPHA_WIDTH
        sums[part] += _walk(np.log(chances + alpha / BASE), order, source)
    return sums / WALKS


def _walk(logarithms: Floats, order: Numbers, source: random.Random) -> Floats:
    before, start, drawn, taken = source.getstate(), np.zeros(logarithms.shape[1]), 0, 0
    while True:
        places, at = _places(len(order), source)
        places = places[: MOST_DRAWS - drawn]
        looks = np.arange(-drawn % _LOOK, len(places), _LOOK)
        # Products of hundreds of chances would come to nothing.
        sums = start + np.add.accumulate(logarithms[order[places]])
        steps = sums[looks]
        steps = np.exp(steps - steps.max(axis=1, keepdims=True))
        steps /= steps.sum(axis=1, keepdims=True)
        ends = np.flatnonzero(steps.max(axis=1) > ENOUGH)
        drawn += len(places)
        if len(ends) or drawn == MOST_DRAWS:
            last = int(ends[0]) if len(ends) else -1
            # What is drawn next comes behind the last draw that counted.
            source.setstate(before)
            source.getrandbits(32 * (taken + int(at[looks[last]]) + 1))
            return np.asarray(steps[last])
        taken += _WORDS
        start = sums[-1] - sums[-1].max()


def _places(count: int, source: random.Random) -> tuple[Numbers, Numbers]:
    """Places below `count` as `random.choice` draws them, and which random numbers of 32 bits they come from."""
    words = np.frombuffer(source.getrandbits(32 * _WORDS).to_bytes(4 * _WORDS, "little"), "<u4")
    places = (words >> np.uint32(32 - count.bit_length())).astype(np.int64)
    at = np.flatnonzero(places < count)
    return places[at], at
