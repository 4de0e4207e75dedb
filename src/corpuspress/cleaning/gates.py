"""Which lines may match which patterns: all lines of a batch searched at once for all literals.

The literals that a pattern cannot do without (see `literals`) become keys of up to eight bytes. A line is
worth a try of the pattern when it holds all the keys that one way to match it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import native
from ..utf8 import Utf8
from .literals import FOLDED, JUNK, NARROW, WIDTH, Needs, fold, folds, is_frequent, parsed, required

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]

BUCKETS = 16
"""Bits of the table that says which groups of bytes may begin a key; as in gates.c."""
LIMITS = np.array([200, 500], np.int64)
"""Characters from which a line is too long for many patterns: most of a text stands in such lines."""
FAR = 1 << 60
PATTERN, WAY, NEED, START, INSIDE = "P", "W", "N", "S", "I"
"""What stands in front of what in gates that are spelt: capitals, since no folded text holds one."""
_COMMON = " etaoinsrhldcum'’fpgwybvkxjqz"

Way: TypeAlias = Sequence[Sequence[str]]
"""What one way to match a pattern needs: of each of these groups of keys one.

A key is a sign and up to WIDTH bytes, folded: behind START they stand at the start of the line, behind INSIDE anywhere.
"""


class Gate(NamedTuple):
    """What makes a line worth a try of a pattern: `ways` are all to match it, `spelt`; `reach` is that of `reach`."""

    ways: str
    reach: int


def spelt(ways: Iterable[Way]) -> str:
    """Ways as one text, quick to read: WAY stands in front of each, NEED in front of each of its groups of keys.

    >>> spelt([[["Sby ", "Sfrom "]], [["Ssent"], ["I from "]]])
    'WNSby Sfrom WNSsentNI from '
    """
    return "".join(WAY + "".join(NEED + "".join(keys) for keys in way) for way in ways)


def gate(pattern: str, match: str) -> Gate:
    """The keys of a pattern, in order, from the literals that it cannot do without; `match` as in matching.Pattern."""
    found = [tuple(filter(None, map(_keys_of, way))) for way in required(pattern, match) or ()]
    # Where it is not known what one way needs, any start will do.
    ways: Iterable[Way] = dict.fromkeys(found) if found and all(found) else [[[START]]]
    return Gate(spelt(ways), reach(pattern, match))


def reach(pattern: str, match: str) -> int:
    """How far from the end of a line the literals of a match may begin, in characters.

    A pattern for the end of a line begins there; of one that takes any text first, the rest does.

    >>> reach(" ?ends?", "end"), reach(".{2,90} ?ends?", "line"), reach("a+ ?ends?", "line") == FAR
    (5, 5, True)
    """
    items = parsed(pattern)
    if match == "line" and _is_any(items[0]):
        items = items[1:]
    elif match != "end":
        return FAR
    return min(int(items.getwidth()[1]), FAR)


def _is_any(item: tuple[Any, Any]) -> bool:
    """Whether a parsed item takes any text."""
    return str(item[0]) == "MAX_REPEAT" and str(item[1][2][0][0]) == "ANY"


def _keys_of(needs: Needs) -> tuple[str, ...]:
    found = [(fold(text), anchored) for text, anchored in sorted(needs)]
    if any(len(text.encode()) < NARROW for text, anchored in found if not anchored):
        return ()
    return tuple(sorted({START + _begin(text) if anchored else INSIDE + _rarest(text) for text, anchored in found}))


def _begin(text: str) -> str:
    """As much of the beginning as WIDTH bytes hold."""
    return text.encode()[:WIDTH].decode(errors="ignore")


def _rarest(text: str) -> str:
    """As much of a text as WIDTH bytes hold, where its letters are rarest, above all the first ones."""
    least = max(min(len(text.encode()), WIDTH) - 3, NARROW)
    parts = (_begin(text[begin:]) for begin in range(len(text)))
    return max((part for part in parts if len(part.encode()) >= least), key=_rarity)


def _rarity(text: str) -> tuple[bool, int]:
    worth = [_COMMON.find(letter) if letter in _COMMON else len(_COMMON) for letter in text]
    return not is_frequent(text[:NARROW]), 2 * sum(worth[:NARROW]) + sum(worth[NARROW:])


class Folded(NamedTuple):
    """A text, the same folded and in UTF-8, and where each of its characters begins there, its end last."""

    text: str
    data: Bytes
    place: Ints

    @staticmethod
    def of(text: str) -> Folded:
        """A text made ready."""
        data = _folded(text.encode("utf-8", "surrogatepass"))
        return Folded(text, data, np.flatnonzero((data & 0xC0) != 0x80))


class Index:
    """The gates of some patterns made ready: patterns, their ways and the needs of these are numbered in order."""

    def __init__(self, gates: Sequence[Gate], longest: Ints) -> None:
        """`longest`: characters of the longest line of each pattern."""
        text = "".join(PATTERN + gate.ways for gate in gates).encode()
        data = np.frombuffer(text + bytes(WIDTH), np.uint8)
        places = np.flatnonzero((data >= ord("A")) & (data <= ord("Z")))
        signs, begin, end = data[places], places + 1, np.append(places, len(text))[1:]
        pattern, way, need = (np.cumsum(signs == ord(sign)) - 1 for sign in (PATTERN, WAY, NEED))
        start, inner = (
            _keys(_first_bytes(data, begin[own], end[own]), end[own] - begin[own], need[own], sign)
            for sign in (START, INSIDE)
            for own in [signs == ord(sign)]
        )
        is_need, reach = signs == ord(NEED), np.array([gate.reach for gate in gates], np.int64)
        pattern, way = pattern[is_need], way[is_need]
        first, until = (np.searchsorted(way, way, side) for side in ("left", "right"))
        columns = first, until, pattern, longest[pattern], reach[pattern]
        begins = _begins(inner.keys, longest[pattern[inner.owners]])
        self._tables = (*start, *inner, np.column_stack(columns), begins, LIMITS, len(LIMITS))
        self._sizes = len(pattern), len(gates), len(gates)

    def candidates(self, texts: Utf8) -> tuple[Ints, Ints]:
        """Pairs of line and pattern that are worth a try, sorted; nothing is worth one on an empty line."""
        begin, end = np.empty_like(texts.begin), np.empty_like(texts.end)
        data = np.empty(2 * int((texts.end - texts.begin).sum()) + len(begin) + WIDTH, np.uint8)
        _fold_lines(texts.data, texts.begin, texts.end, len(begin), folds(), FOLDED, data, begin, end)
        return self._found(data, begin, end, texts.length, _NOWHERE)

    def openings(self, folded: Folded, begin: Ints, end: Ints, ends: Ints) -> tuple[Ints, Ints]:
        """Pairs of a beginning and a pattern that are worth a try, sorted.

        Stretches of the text begin at `begin` (sorted) and go on to `end` at the furthest; `ends` are all places where
        one ends. All are in characters, and no stretch has white space at either side. A pattern is worth a try at a
        beginning when what one of its ways needs stands before the furthest end.
        """
        unknown, is_end = np.zeros(len(begin), np.int64), np.zeros(len(folded.data), np.bool_)
        is_end[folded.place[ends]] = True
        return self._found(folded.data, folded.place[begin], folded.place[end], unknown, np.flatnonzero(is_end))

    def _found(self, data: Bytes, begin: Ints, end: Ints, length: Ints, ends: Ints) -> tuple[Ints, Ints]:
        """Pairs of a stretch of folded text and a pattern that is worth a try there, sorted."""
        room = 2 * len(begin)
        while True:
            pairs, scratch = np.empty((room, 2), np.int64), [np.zeros(size, np.int64) for size in self._sizes]
            stretches = (data, begin, end, length, len(begin), ends, len(ends))
            count = _candidates(*self._tables, _SIGNS, len(_SIGNS), *stretches, *scratch, pairs, room)
            if count <= room:
                return pairs[:count, 0], pairs[:count, 1]
            room = count


_MASKS = np.array([(1 << 64) - (1 << 64 - 8 * size) for size in range(WIDTH + 1)], np.uint64)
_NOWHERE = np.zeros(0, np.int64)
_SIGNS = np.frombuffer(JUNK.encode(), np.uint8)
_fold = native.function("cp_folded", np.uint8, int, np.uint32, int, np.uint8)
_fold_lines = native.function(
    "cp_folded_lines", np.uint8, np.int64, np.int64, int, np.uint32, int, np.uint8, np.int64, np.int64
)
_parents = native.function("cp_parents", np.uint64, int)
_candidates = native.function(
    "cp_candidates",
    *(np.uint64, np.int32, np.int64, np.uint64, np.int32, np.int64, np.int64, np.uint8, np.int64, int),
    *(np.uint8, int, np.uint8, np.int64, np.int64, np.int64, int, np.int64, int),
    *(np.int64, np.int64, np.int64, np.int64, int),
)


def _folded(text: bytes) -> Bytes:
    """A text in UTF-8 folded, and WIDTH zeros."""
    data = np.empty(2 * len(text) + WIDTH, np.uint8)
    size = _fold(np.frombuffer(text, np.uint8), len(text), folds(), FOLDED, data)
    data[size : size + WIDTH] = 0
    return data[: size + WIDTH]


class _Keys(NamedTuple):
    """Keys with one sign and the needs that they meet, as gates.c has them."""

    keys: npt.NDArray[np.uint64]
    first: npt.NDArray[np.int32]
    owners: Ints


def _first_bytes(data: Bytes, begin: Ints, end: Ints) -> npt.NDArray[np.uint64]:
    """What stands from each beginning up to its end, at most WIDTH bytes, as a number, the first one highest."""
    windows = np.lib.stride_tricks.sliding_window_view(data, WIDTH)
    found: npt.NDArray[np.uint64] = windows[begin].view(">u8").reshape(-1).astype(np.uint64)
    found &= _MASKS[end - begin]
    return found


def _keys(value: npt.NDArray[np.uint64], size: Ints, owners: Ints, sign: str) -> _Keys:
    """The keys behind one sign, as numbers with their sizes."""
    group = value >> np.uint64(48) if sign == START else _buckets(value)
    order = np.lexsort((size, value, group))
    size, value, group, owners = size[order], value[order], group[order], owners[order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (value[1:] != value[:-1]) | (size[1:] != size[:-1])
    since = np.flatnonzero(is_new)
    keys = np.zeros((len(since), 5), np.uint64)
    keys[:, 0], keys[:, 1] = value[since], _MASKS[size[since]]
    keys[:, 3], keys[:, 4] = since, np.append(since, len(order))[1:]
    _parents(keys, len(keys))
    counts = np.bincount(group[since].astype(np.int64), minlength=1 << BUCKETS)
    return _Keys(keys, np.append(0, np.cumsum(counts)).astype(np.int32), owners)


def _buckets(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32]:
    """The bucket of the first four of eight bytes."""
    return (values >> np.uint64(32)).astype(np.uint32) * np.uint32(0x9E3779B1) >> np.uint32(32 - BUCKETS)


def _begins(keys: npt.NDArray[np.uint64], longest: Ints) -> Bytes:
    """By each of LIMITS, and for longer lines, the bits of the keys that are wanted; `longest` by their owners."""
    heads = _buckets(keys[:, 0])
    begins = np.zeros((len(LIMITS) + 1, 1 << BUCKETS), np.bool_)
    if len(keys):
        most = np.maximum.reduceat(longest, keys[:, 3].astype(np.int64))
        for row, limit in zip(begins, [-1, *LIMITS.tolist()], strict=True):
            row[heads[most > limit]] = True
    return np.packbits(begins, axis=1, bitorder="little")
