"""Which texts hold certain characters, or two of them side by side: one look at each character, in C.

Hardly any line needs a repair or another layout; a gate tells which, from what such a line must hold. Gates are made
from patterns, such as those of ftfy: a gate may let pass more than its pattern would match, never less.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import native
from ..hashing import Bytes, Int64, encoded
from .literals import parsed

ANY = "[^\n]"
"""What stands for a pattern that is not understood: any character."""

_LAST = 0x10000  # stands for all code points from there on


class Condition(NamedTuple):
    """A text gets the mark (bits) where a character of the class `here` stands, directly behind one of `before` if set.

    Classes are those of regular expressions, or single characters. The edges of a text count as line feeds.
    """

    mark: int
    here: str
    before: str | None = None


class Gate(NamedTuple):
    """Conditions as tables.

    `kinds` (65,537) is the kind of each code point, the last entry that of all beyond; `pairs` (kinds, kinds) has the
    marks of a character of one kind (row) directly before one of another (column); `ascii` (256, 256) has those of a
    character of ASCII (column) directly before another (row), which are most.
    """

    kinds: npt.NDArray[np.uint16]
    pairs: Bytes
    ascii: Bytes


@lru_cache(maxsize=16)
def gate(conditions: tuple[Condition, ...]) -> Gate:
    """The tables of these conditions."""
    classes = {name: place for place, name in enumerate(dict.fromkeys(_classes(conditions)))}
    edges = _edges(classes)
    inside = np.zeros((len(edges), len(classes)), bool)
    for name, place in classes.items():
        inside[:, place] = _inside(name, edges)
    last = edges.index(_LAST)
    inside[last] = inside[last:].any(axis=0)
    # Characters that are in the same classes are of one kind.
    rows = list(map(bytes, inside[: last + 1]))
    known = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    kinds, kind = np.array([[*row] for row in known], bool), np.array([known[row] for row in rows], np.uint16)
    pairs = np.zeros((len(kinds), len(kinds)), np.uint8)
    for mark, here, before in conditions:
        those = kinds[:, classes[before]] if before else np.ones(len(kinds), bool)
        pairs[np.ix_(those, kinds[:, classes[here]])] |= mark
    of_code = np.repeat(kind, np.diff(edges[: last + 1], append=_LAST + 1))
    low = of_code[:256]
    return Gate(of_code, pairs, pairs.T[np.ix_(low, low)])


def _classes(conditions: Iterable[Condition]) -> Iterable[str]:
    for _, here, before in conditions:
        yield here
        if before:
            yield before


def _edges(classes: Iterable[str]) -> list[int]:
    """Code points in rising order: between one and the next, no class has some characters and not others."""
    bounds = {bound for name in classes for low, high in _parsed(name).ranges for bound in (low, high + 1)}
    return sorted({*range(0x101), _LAST, *bounds} - {0x110000})


class _Class(NamedTuple):
    """The first and last code points of its ranges; where it is `negated`, all others are in the class."""

    ranges: Sequence[tuple[int, int]]
    negated: bool


@lru_cache(maxsize=256)
def _parsed(name: str) -> _Class:
    """A class as Python parses it: to compile it takes ten times as long."""
    ((kind, value),) = parsed(name)
    parts = [(str(part), bounds) for part, bounds in (value if str(kind) == "IN" else [(kind, value)])]
    ranges = [bounds if part == "RANGE" else (bounds, bounds) for part, bounds in parts if part != "NEGATE"]
    return _Class(ranges, parts[0][0] in ("NEGATE", "NOT_LITERAL"))


def _inside(name: str, codes: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Which code points, in rising order, are in a class."""
    ranges, negated = _parsed(name)
    flags = np.full(len(codes), negated)
    for low, high in ranges:
        flags[bisect_left(codes, low) : bisect_right(codes, high)] = not negated
    return flags


def marks(data: Bytes, starts: Int64, gate: Gate) -> Bytes:
    """The marks of each text, given as UTF-8 and where each starts, the end last."""
    found = np.empty(len(starts) - 1, np.uint8)
    _marks(data, starts, len(found), *gate, len(gate.pairs), found)
    return found


_marks = native.function("cp_marks", np.uint8, np.int64, int, np.uint16, np.uint8, np.uint8, int, np.uint8)


def marks_of(texts: Sequence[str], gate: Gate) -> Bytes:
    """The marks of each text."""
    return marks(*encoded(texts), gate)


_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[^}]*\}|.", re.DOTALL)
_ATOM = re.compile(r"\[(?:[^\\]|\\(?:x[0-9A-Fa-f]{2}|\W))*\]|\\\W|[^\\.^$*+?{}()|\[]", re.DOTALL)
_OTHER = ("^", "$", ".", "\\s", "\\w")
_AT_LEAST_ONE = re.compile(r"\+|\{[1-9].*\}")

_Way = tuple[str | None, ...]
"""Characters one after another, by class; None stands for what may be missing, or be anything."""


def conditions(pattern: str, mark: int) -> list[Condition]:
    """What a text must hold, one of these, to match a regular expression: a rare pair of characters, or one character.

    >>> [condition[1:] for condition in conditions("&#?[a-z]+;|[a-z]é[ab]", 1)]
    [('[a-z]', '&'), ('#', '&'), ('[ab]', 'é')]
    """
    found: list[_Way] = []
    ways: list[_Way] = [()]
    for token in [*_TOKEN.findall(pattern), "|"]:
        if token == "|":
            found, ways = found + ways, [()]
        elif token == "?":
            ways = [way[:-1] for way in ways] + ways
        elif _AT_LEAST_ONE.fullmatch(token) or token in _OTHER:
            ways = [(*way, None) for way in ways]
        elif _ATOM.fullmatch(token):
            ways = [(*way, token) for way in ways]
        else:
            return [Condition(mark, ANY)]
    return list(dict.fromkeys(_needed(way, mark) for way in found))


def _needed(way: _Way, mark: int) -> Condition:
    """The first pair that begins with one character or beyond ASCII; else the first character."""
    for before, here in pairwise(way):
        if before and here and (len(before) == 1 or not _inside(before, range(0x80)).any()):
            return Condition(mark, here, before)
    return Condition(mark, next(filter(None, way), ANY))
