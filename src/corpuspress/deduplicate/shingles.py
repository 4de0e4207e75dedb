"""Shingles of a text, and how alike two texts are: the plain definition, on strings.

All that the fast path in hashes.py publishes is checked against this module, by the tests and by
`verify --deep`.
"""

from __future__ import annotations

from typing import NamedTuple

from ..recipe import Deduplicate
from .fold import kind_of, tokens


class Measure(NamedTuple):
    """How alike two texts are.

    `similarity` is the Jaccard index of their sets of shingles (0 to 1), `containment` the share of
    the smaller set found in the other (0 to 1), `share` the size of the smaller set as a share of the larger.
    """

    similarity: float
    containment: float
    share: float


def shingles(text: str, words: int) -> set[str]:
    """The shingles of a text: from each token on, the shortest run that is long enough.

    A run is long enough with `words` words, or `words + 3` characters of a script without spaces; in
    mixed text a character counts for `words / (words + 3)` of a word. A text that is too short for any
    is its own only shingle; a text without tokens has none.

    >>> sorted(shingles("One two, three four!", 3))
    ['one two three', 'two three four']
    """
    found = tokens(text)
    weights = [words if kind_of(token[0]) == "alone" else words + 3 for token in found]
    result = set()
    for first in range(len(found)):
        weight, end = 0, first
        while end < len(found) and weight < words * (words + 3):
            weight += weights[end]
            end += 1
        if weight >= words * (words + 3):
            result.add(" ".join(found[first:end]))
    return result or ({" ".join(found)} if found else set())


def measure(left: str, right: str, recipe: Deduplicate) -> Measure:
    """How alike two texts are, from the texts alone. Two texts without tokens are alike when they are equal."""
    sets = shingles(left, recipe.shingle_words), shingles(right, recipe.shingle_words)
    if not all(sets):
        return Measure(*[float(left == right)] * 3)
    return measured(len(sets[0]), len(sets[1]), len(sets[0] & sets[1]))


def measured(left: int, right: int, shared: int) -> Measure:
    """The measure of two sets of these sizes (1 or more each) that share so many shingles."""
    smaller, larger = min(left, right), max(left, right)
    return Measure(shared / (smaller + larger - shared), shared / smaller, smaller / larger)
