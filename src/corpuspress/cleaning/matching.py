"""Many patterns against many lines: which pattern matches which line, and where.

The answer is exactly that of running each pattern on each line with `re`; only the work is less: a pattern
runs only on lines that hold the literals it cannot do without (see `gates`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .gates import FAR, Gate, Index, Ints, Searched, gate, reach

Finder: TypeAlias = Callable[[str], re.Match[str] | None]
_Inside: TypeAlias = Callable[[str, int, int], object]
"""What is true of a text between two of its offsets."""
_Match: TypeAlias = tuple[int, int, int]
"""Pattern, start and end."""

LONG = 200
"""Characters from which a line is longer than most patterns are meant for."""
ROOM = 1 << 22
"""Characters of lines that are remembered, unless one call has more."""
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
    """Patterns made ready; immutable but for what it remembers: patterns once compiled, and the latest lines."""

    def __init__(self, patterns: Sequence[Pattern], known: Mapping[str, Gate] = MappingProxyType({})) -> None:
        """`known`: gates found before, by `name_of`; they only save time."""
        self.patterns = tuple(patterns)
        self._finders: list[Finder | None] = [None] * len(self.patterns)
        self._wholes: dict[int, tuple[_Inside, _Inside]] = {}
        self._known: tuple[set[str], dict[str, list[_Match]]] = set(), {}
        self._size = 0
        longest = np.array([pattern.longest or FAR for pattern in self.patterns], np.int64)
        gates = [known[name] if (name := name_of(one)) in known else gate(one.text, one.match) for one in self.patterns]
        # Most of a text stands in long lines, which few patterns are for.
        self._own = [np.arange(len(self.patterns)), np.flatnonzero(longest > LONG)]
        self._indexes = [Index([gates[one] for one in own.tolist()], longest[own]) for own in self._own]

    def match(self, texts: Sequence[str]) -> Hits:
        """All matches in `texts`; white space around a line is not part of it."""
        # A text is cleaned in rounds, with its pieces between them, and most of its lines come back as they were.
        own, (known, found) = dict.fromkeys(texts), self._known
        new = [text for text in own if text not in known]
        self._size += sum(map(len, new))
        if self._size > ROOM:
            known, found = self._known = known & own.keys(), {text: found[text] for text in own if text in found}
            self._size = sum(map(len, own))
        # In this order: another thread takes a line that is known and not found for one that nothing matches.
        found.update(self._matched(new))
        known.update(new)
        return _hits(texts, found)

    def _matched(self, texts: Sequence[str]) -> dict[str, list[_Match]]:
        """The matches in each text that has some."""
        if not texts:
            return {}
        trimmed = list(map(str.strip, texts))
        lines, patterns = self._candidates(trimmed)
        found: dict[str, list[_Match]] = {}
        finders = self._finders
        for line, pattern in zip(lines.tolist(), patterns.tolist(), strict=True):
            match = (finders[pattern] or self._finder(pattern))(trimmed[line])
            if match is not None:
                text = texts[line]
                lead = text.index(trimmed[line])
                found.setdefault(text, []).append((pattern, lead + match.start(), lead + match.end()))
        return found

    def searched(self, text: str) -> Searched:
        """A text made ready for `match_stretches`."""
        return self._indexes[0].searched(text)

    def match_stretches(
        self, searched: Searched, begin: Ints, end: Ints, among: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[int, int]]:
        """Which stretch of a text (its position in `begin`) is matched by which of some patterns for whole lines.

        Stretches are sorted by `begin`, are not empty, have no white space at either side, and begin and end inside no
        word. The answer is that of `match` for each, but the text is searched once for all of them, and where no
        match begins no end is tried.
        """
        text, first = searched.text, np.flatnonzero(np.diff(begin, prepend=-1))
        furthest = np.maximum.reduceat(end, first) if len(first) else end
        starts, patterns = self._indexes[0].openings(searched, begin[first], furthest, end)
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
        columns = np.array(found, np.int64).reshape(-1, 4)
        return Hits(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3])

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

    def _candidates(self, texts: list[str]) -> tuple[Ints, Ints]:
        """Pairs of line and pattern that are worth a try; the patterns of a line are adjacent and in order."""
        length = np.fromiter(map(len, texts), np.int64, len(texts))
        pairs = []
        for index, own, places in zip(
            self._indexes,
            self._own,
            map(np.flatnonzero, ((length > 0) & (length <= LONG), length > LONG)),
            strict=True,
        ):
            lines, patterns = index.candidates([texts[place] for place in places.tolist()], length[places])
            pairs.append((places[lines], own[patterns]))
        lines, patterns = map(np.concatenate, zip(*pairs, strict=True))
        return lines, patterns


def _hits(texts: Sequence[str], found: Mapping[str, Sequence[_Match]]) -> Hits:
    columns = np.array(
        [(line, *match) for line, text in enumerate(texts) if text in found for match in found[text]], np.int64
    )
    return Hits(*columns.reshape(-1, 4).T)


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
