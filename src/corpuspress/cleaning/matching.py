"""Many patterns against many lines: which pattern matches which line, and where.

The answer is exactly that of running each pattern on each line with `re`; only the work is less: a pattern
runs only on lines that hold the literals it cannot do without (see `gates`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ..utf8 import Utf8
from .gates import FAR, Folded, Gate, Index, Ints, gate, reach

Finder: TypeAlias = Callable[[str], re.Match[str] | None]
_Inside: TypeAlias = Callable[[str, int, int], object]
"""What is true of a text between two of its offsets."""
_Match: TypeAlias = tuple[int, int, int, int]
"""A row of Hits."""

_ESCAPED = re.compile(r"\\[^ABZz]", re.DOTALL)
_LOOKS_AROUND = re.compile(r"[$\\]|\(\?[=!<>(]|[*+?}]\+|(?<!\[)\^")
"""What may make a pattern, _ESCAPED apart, match some words and not the beginning of more; it finds more than that."""


class Pattern(NamedTuple):
    """A regular expression, how it is held against a line, and the longest line that it is meant for.

    `match` is "line" (the whole line), "start" or "end"; `longest` counts characters, 0 is no limit.
    """

    text: str
    match: str = "line"
    longest: int = 0


def name_of(pattern: Pattern) -> str:
    """The name under which the gate of a pattern is stored."""
    return hashlib.sha256(f"{pattern.match} {pattern.text}".encode()).hexdigest()[:16]


class Hits(NamedTuple):
    """Matches as columns, sorted by line, then rule; `start` and `end` are offsets in the line's text."""

    line: Ints
    rule: Ints
    start: Ints
    end: Ints


class Matcher:
    """Patterns made ready; immutable but for the patterns that it has compiled."""

    def __init__(self, patterns: Sequence[Pattern], known: Mapping[str, Gate] = MappingProxyType({})) -> None:
        """`known`: gates found before, by `name_of`; they only save time."""
        self.patterns = tuple(patterns)
        self._finders: list[Finder | None] = [None] * len(self.patterns)
        self._wholes: dict[int, tuple[_Inside, _Inside]] = {}
        longest = np.array([pattern.longest or FAR for pattern in self.patterns], np.int64)
        gates = [known.get(name_of(one)) or gate(one.text, one.match) for one in self.patterns]
        self._index = Index(gates, longest)

    def match(self, texts: Sequence[str], trimmed: Utf8 | None = None) -> Hits:
        """All matches in `texts`; white space around a line is not part of it. `trimmed`: the texts without it."""
        lines, patterns = self._index.candidates(trimmed or Utf8.trimmed(texts))
        first, tried = np.flatnonzero(np.diff(lines, prepend=-1)), patterns.tolist()
        edges = [*first.tolist(), len(tried)]
        found: list[_Match] = []
        known: dict[str, list[tuple[int, int, int]]] = {}
        finders, finder = self._finders, self._finder
        for line, begin, end in zip(lines[first].tolist(), edges, edges[1:], strict=False):
            text = texts[line].strip()
            matched = known.get(text)
            # Furniture stands in many documents of a batch.
            if matched is None:
                known[text] = matched = [
                    (pattern, *match.span())
                    for pattern in tried[begin:end]
                    if (match := (finders[pattern] or finder(pattern))(text))
                ]
            if matched:
                lead = texts[line].index(text)
                found += [(line, pattern, lead + start, lead + stop) for pattern, start, stop in matched]
        return _hits(found)

    def match_stretches(
        self, folded: Folded, begin: Ints, end: Ints, among: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[int, int]]:
        """Which stretch of a text (its position in `begin`) is matched by which of some patterns for whole lines.

        Stretches are sorted by `begin`, are not empty, have no white space at either side, and begin and end inside no
        word. The answer is that of `match` for each, but where no match begins no end is tried.
        """
        text, first = folded.text, np.flatnonzero(np.diff(begin, prepend=-1))
        furthest = np.maximum.reduceat(end, first) if len(first) else end
        starts, patterns = self._index.openings(folded, begin[first], furthest, end)
        order = np.flatnonzero(among[patterns])
        order = order[np.argsort(patterns[order], kind="stable")]
        places, lasts, own = begin[first].tolist(), furthest.tolist(), [*first.tolist(), len(begin)]
        found = zip(patterns[order].tolist(), starts[order].tolist(), strict=True)
        for pattern, pairs in groupby(found, itemgetter(0)):
            begins, matches = self._wholes.get(pattern) or self._whole(pattern)
            longest = self.patterns[pattern].longest or FAR
            for start in [at for _, at in pairs if begins(text, places[at], lasts[at])]:
                since, place = own[start], places[start]
                for stretch, stop in enumerate(end[since : own[start + 1]].tolist(), since):
                    if stop - place <= longest and matches(text, place, stop):
                        yield stretch, pattern

    def match_plainly(self, texts: Sequence[str]) -> Hits:
        """The same by running every pattern on every line: what `match` is tested against."""
        found = []
        for line, text in enumerate(texts):
            trimmed = text.strip()
            for pattern, rule in enumerate(self.patterns):
                match = self._finder(pattern)(trimmed) if trimmed and len(trimmed) <= (rule.longest or FAR) else None
                if match is not None:
                    lead = text.index(trimmed)
                    found.append((line, pattern, lead + match.start(), lead + match.end()))
        return _hits(found)

    def found(self, pattern: int, text: str) -> re.Match[str] | None:
        """The match of one pattern in one text."""
        return self._finder(pattern)(text.strip())

    def _finder(self, pattern: int) -> Finder:
        finder = self._finders[pattern]
        if finder is None:
            finder = self._finders[pattern] = compiled(self.patterns[pattern])
        return finder

    def _whole(self, pattern: int) -> tuple[_Inside, _Inside]:
        """`_inside` of a pattern, remembered."""
        self._wholes[pattern] = whole = _inside(re.compile(self.patterns[pattern].text))
        return whole


def _hits(found: Sequence[_Match]) -> Hits:
    # Number by number: rows of many tuples become an array four times as slowly.
    rows = np.fromiter(chain.from_iterable(found), np.int64, 4 * len(found)).reshape(-1, 4)
    return Hits(*np.ascontiguousarray(rows.T))


def compiled(pattern: Pattern) -> Finder:
    """The function that finds a pattern in a trimmed line. Raises re.error where it is no pattern."""
    if pattern.match == "line":
        return re.compile(pattern.text).fullmatch
    if pattern.match == "start":
        return re.compile(pattern.text).match
    flags = re.match(r"\(\?[a-z]+\)", pattern.text)
    begin = flags.end() if flags else 0
    find = re.compile(rf"{pattern.text[:begin]}(?:{pattern.text[begin:]})\Z").search
    far = reach(pattern.text, pattern.match)
    return lambda text: find(text, max(len(text) - far, 0))


def _inside(compiled: re.Pattern[str]) -> tuple[_Inside, _Inside]:
    """Whether a pattern may match what begins at one offset and ends at or before another, and whether it matches that.

    Neither offset stands inside a word.
    """
    if _LOOKS_AROUND.search(_ESCAPED.sub("", compiled.pattern)):
        return lambda *_: True, lambda text, begin, end: compiled.fullmatch(text[begin:end])
    return compiled.match, compiled.fullmatch
