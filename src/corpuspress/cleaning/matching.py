"""Many patterns against many lines: which pattern matches which line, and where.

The answer is exactly that of running each pattern on each line with `re`; only the work is less. All lines
of a batch are searched at once, with numpy, for the first eight bytes of the literals that the patterns
cannot do without (see `literals`); a pattern runs only on lines that hold one of its literals.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .literals import END, JUNK, NARROW, WIDTH, fold, parsed, required

Ints: TypeAlias = npt.NDArray[np.int64]
Finder: TypeAlias = Callable[[str], re.Match[str] | None]
_Match: TypeAlias = tuple[int, int, int]
"""Pattern, start and end."""

BUCKETS = 18
"""Bits of the table that says which groups of bytes may begin a literal."""
PART = 1 << 14
FAR = 1 << 60
ROOM = 1 << 22
"""Characters of lines that are remembered, unless one call has more."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_COMMON = " etaoinsrhldcumfpgwybvkxjqz"


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


class Key(NamedTuple):
    """A group of `width` bytes, as a number, of a literal; `anchored`: it stands at the start of the line."""

    anchored: bool
    width: int
    group: int


Gate = Sequence[Key] | None
"""Every match of a pattern holds one of these keys; None where no key can be told."""


def gate(pattern: Pattern) -> Gate:
    """The keys of a pattern, in order, from the literals that it cannot do without."""
    choice = sorted(required(pattern.text, pattern.match) or ())
    folded = fold(pa.array([text for text, _ in choice], pa.large_string())).to_pylist()
    found = [(text.encode(), first) for text, (_, first) in zip(folded, choice, strict=True)]
    if not found or any(len(text) < NARROW for text, first in found if not first):
        return None
    return sorted({_key(text, first) for text, first in found})


def _key(text: bytes, first: bool) -> Key:
    part = text[:WIDTH] if first else _rarest(text, WIDTH if len(text) >= WIDTH else NARROW)
    return Key(first, len(part), int.from_bytes(part, "little"))


class Hits(NamedTuple):
    """Matches as columns, sorted by line, then rule; `start` and `end` are offsets in the line's text."""

    line: Ints
    rule: Ints
    start: Ints
    end: Ints


class _Keys(NamedTuple):
    """Sorted groups of `width` bytes as numbers, and for each the patterns that wait for it."""

    width: int
    keys: npt.NDArray[np.uint64]
    begin: Ints
    patterns: Ints
    table: npt.NDArray[np.bool_]


class Matcher:
    """Patterns made ready; immutable but for what it remembers: patterns once compiled, and the latest lines."""

    def __init__(self, patterns: Sequence[Pattern], known: Mapping[str, Gate] = MappingProxyType({})) -> None:
        """`known`: gates found before, by `name_of`; they only save time."""
        self.patterns = tuple(patterns)
        self._finders: list[Finder | None] = [None] * len(self.patterns)
        self._known: dict[str, Sequence[_Match]] = {}
        self._size = 0
        self._longest = np.array([pattern.longest or FAR for pattern in self.patterns], np.int64)
        gates = [known[name] if (name := name_of(pattern)) in known else gate(pattern) for pattern in self.patterns]
        self._reach = np.array(list(map(_reach, self.patterns)), np.int64)
        self._anchored, self._inner, self._open = _index(gates)

    def match(self, texts: Sequence[str]) -> Hits:
        """All matches in `texts`; white space around a line is not part of it."""
        # A text is cleaned in rounds, with its pieces between them, and most of its lines come back as they were.
        own = dict.fromkeys(texts)
        new = [text for text in own if text not in self._known]
        self._size += sum(map(len, new))
        if self._size > ROOM:
            self._known = {text: self._known[text] for text in own if text in self._known}
            self._size = sum(map(len, own))
        known = self._known
        known.update(dict.fromkeys(new, ()))
        known.update(self._matched(new))
        return _hits(texts, known)

    def match_once(self, texts: Sequence[str], among: npt.NDArray[np.bool_]) -> Hits:
        """The matches of some patterns; what is remembered of lines stays as it is."""
        return _hits(texts, self._matched(list(dict.fromkeys(texts)), among))

    def _matched(self, texts: Sequence[str], among: npt.NDArray[np.bool_] | None = None) -> dict[str, list[_Match]]:
        """The matches in each text that has some."""
        trimmed = list(map(str.strip, texts))
        lines, patterns = self._candidates(trimmed)
        if among is not None:
            lines, patterns = lines[among[patterns]], patterns[among[patterns]]
        found: dict[str, list[_Match]] = {}
        finders = self._finders
        for line, pattern in zip(lines.tolist(), patterns.tolist(), strict=True):
            match = (finders[pattern] or self._finder(pattern))(trimmed[line])
            if match is not None:
                text = texts[line]
                lead = text.index(trimmed[line])
                found.setdefault(text, []).append((pattern, lead + match.start(), lead + match.end()))
        return found

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

    def _candidates(self, texts: list[str]) -> tuple[Ints, Ints]:
        """Pairs of line and pattern that are worth a try, sorted."""
        if not texts or not self.patterns:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        length = np.fromiter(map(len, texts), np.int64, len(texts))
        pairs = list(self._pairs(texts, length))
        code = np.sort(np.concatenate([np.zeros(0, np.int64), *pairs]))
        # np.unique builds a hash table first.
        lines, patterns = np.divmod(code[np.diff(code, prepend=-1) > 0], len(self.patterns))
        fits = (length[lines] <= self._longest[patterns]) & (length[lines] > 0)
        return lines[fits], patterns[fits]

    def _pairs(self, texts: list[str], length: Ints) -> Iterator[Ints]:
        data, offsets = _folded(texts)
        groups = np.ndarray((len(data) - WIDTH + 1,), "<u8", data, strides=(1,))
        count, size = len(self.patterns), np.diff(offsets) - 1
        first, words = groups[offsets[:-1]], _first_words(texts, data, offsets)
        for keys in self._anchored:
            lines, patterns = _look_up(keys, first & _mask(keys.width))
            yield lines * count + patterns
            lines, patterns = _look_up(keys, groups[words.offset] & _mask(keys.width))
            yield words.line[lines] * count + patterns
        for keys in self._inner:
            places = _places(keys, groups)
            which, patterns = _look_up(keys, groups[places] & _mask(keys.width))
            lines = (np.searchsorted(offsets, places[which], "right") - 1).clip(0, len(texts) - 1)
            # In characters it is at least so far to the end of the line: all that is not ASCII may stand behind it.
            far = offsets[lines + 1] - 1 - places[which] - (size - length)[lines]
            near = far <= self._reach[patterns]
            yield lines[near] * count + patterns[near]
        for pattern in self._open:
            yield np.flatnonzero(length <= self._longest[pattern]) * count + pattern


def _hits(texts: Sequence[str], known: Mapping[str, Sequence[_Match]]) -> Hits:
    found = [(line, matches) for line, matches in enumerate(map(known.get, texts)) if matches]
    columns = np.array([(line, *match) for line, matches in found for match in matches], np.int64)
    return Hits(*columns.reshape(-1, 4).T)


def _folded(texts: Sequence[str]) -> tuple[bytes, Ints]:
    """The folded texts, each with END behind it, WIDTH zeros, and where each text begins."""
    # Line by line, since most are ASCII and quick, and the whole is not once one is not.
    whole = END.encode().join([*map(str.encode, texts), b""])
    if whole.count(END.encode()) > len(texts):
        whole = END.join([*(text.replace(END, " ") for text in texts), ""]).encode()
    folded = fold(pa.array([whole], pa.large_binary()).view(pa.large_string())).buffers()[2]
    ends = np.flatnonzero(np.frombuffer(folded, np.uint8) == ord(END))
    return b"".join([folded, bytes(WIDTH)]), np.concatenate([[0], ends + 1])


def _places(keys: _Keys, groups: npt.NDArray[np.uint64]) -> Ints:
    """Where a literal may begin."""
    # Parts small enough for the cache of the processor.
    parts = [
        np.flatnonzero(keys.table.take(_bucket(_narrowed(groups[begin : begin + PART], keys.width)))) + begin
        for begin in range(0, len(groups), PART)
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts])


class _Words(NamedTuple):
    """Where the first word begins in lines that begin with JUNK; `offset` counts bytes of the batch."""

    line: Ints
    offset: Ints


_MAY_BE_JUNK = np.zeros(256, np.bool_)
"""First bytes that the signs of JUNK have, and others share."""
_MAY_BE_JUNK[[sign.encode()[0] for sign in JUNK]] = True


def _first_words(texts: Sequence[str], data: bytes, offsets: Ints) -> _Words:
    found = []
    for line in np.flatnonzero(_MAY_BE_JUNK[np.frombuffer(data, np.uint8)[offsets[:-1]]]).tolist():
        text = texts[line]
        rest = text.lstrip(JUNK)
        if len(rest) < len(text):
            found.append((line, int(offsets[line]) + len(text[: len(text) - len(rest)].encode())))
    columns = np.array(found, np.int64).reshape(-1, 2)
    return _Words(columns[:, 0], columns[:, 1])


def compiled(pattern: Pattern) -> Finder:
    """The function that finds a pattern in a trimmed line. Raises re.error where it is no pattern."""
    if pattern.match == "line":
        return re.compile(pattern.text).fullmatch
    if pattern.match == "start":
        return re.compile(pattern.text).match
    flags = re.match(r"\(\?[a-z]+\)", pattern.text)
    begin = flags.end() if flags else 0
    find, reach = re.compile(rf"{pattern.text[:begin]}(?:{pattern.text[begin:]})\Z").search, _reach(pattern)
    return lambda text: find(text, max(len(text) - reach, 0))


def _reach(pattern: Pattern) -> int:
    """How far from the end of a line a match may begin, in characters."""
    width = int(parsed(pattern.text).getwidth()[1]) if pattern.match == "end" else FAR
    return min(width, FAR)


def _index(gates: Sequence[Gate]) -> tuple[list[_Keys], list[_Keys], list[int]]:
    anchored: dict[int, dict[int, set[int]]] = {}
    inner: dict[int, dict[int, set[int]]] = {}
    for number, keys in enumerate(gates):
        for first, width, group in keys or ():
            index = anchored if first else inner
            index.setdefault(width, {}).setdefault(group, set()).add(number)
    return (
        [_keys(*item) for item in sorted(anchored.items())],
        [_keys(*item) for item in sorted(inner.items())],
        [number for number, keys in enumerate(gates) if keys is None],
    )


def _rarest(text: bytes, width: int) -> bytes:
    """The stretch of `width` bytes with the rarest letters."""
    worth = [_COMMON.find(chr(byte)) if chr(byte) in _COMMON else len(_COMMON) for byte in text]
    best = max(range(len(text) - width + 1), key=lambda start: sum(worth[start : start + width]))
    return text[best : best + width]


def _keys(width: int, waiting: dict[int, set[int]]) -> _Keys:
    keys = np.array(sorted(waiting), np.uint64)
    sizes = [len(waiting[key]) for key in sorted(waiting)]
    patterns = np.array([number for key in sorted(waiting) for number in sorted(waiting[key])], np.int64)
    table = np.zeros(1 << BUCKETS, np.bool_)
    table[_bucket(keys)] = True
    return _Keys(width, keys, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), patterns, table)


def _bucket(groups: npt.NDArray[np.uint64]) -> Ints:
    mixed = groups * _MIX
    mixed >>= np.uint64(64 - BUCKETS)
    return mixed.view(np.int64)


def _narrowed(groups: npt.NDArray[np.uint64], width: int) -> npt.NDArray[np.uint64]:
    return groups & _mask(width) if width < WIDTH else groups


def _mask(width: int) -> np.uint64:
    return np.uint64((1 << 8 * width) - 1)


def _look_up(keys: _Keys, groups: npt.NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Positions in `groups` and the patterns that wait for what stands there."""
    # Most groups are in no key: the table spares them the search.
    maybe = np.flatnonzero(keys.table.take(_bucket(groups)))
    place = np.searchsorted(keys.keys, groups[maybe])
    same = keys.keys[np.minimum(place, len(keys.keys) - 1)] == groups[maybe]
    which, place = maybe[same], place[same]
    begin, size = keys.begin[place], keys.begin[place + 1] - keys.begin[place]
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return np.repeat(which, size), keys.patterns[np.repeat(begin, size) + within]
