"""Which lines may match which patterns: all lines of a batch searched at once for all literals, with numpy.

The literals that a pattern cannot do without (see `literals`) become keys of up to eight bytes. A line is
worth a try of the pattern when it holds all the keys that one way to match it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .literals import END, JUNK, NARROW, WIDTH, Needs, fold, is_frequent, parsed, required

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Groups: TypeAlias = npt.NDArray[np.uint64]
"""Eight bytes each, as a number."""

BUCKETS = 18
"""Bits of the tables that say which groups of bytes may begin a key, or be one."""
PART = 1 << 16
FAR = 1 << 60
START, INSIDE = "^", "~"
_MIX, _MIX_WIDE = np.uint32(0x9E3779B1), np.uint64(0x9E3779B97F4A7C15)
_MASKS = np.array([(1 << 8 * width) - 1 for width in range(WIDTH + 1)], np.uint64)
_COMMON = " etaoinsrhldcumfpgwybvkxjqz"

Way: TypeAlias = Sequence[Sequence[str]]
"""What one way to match a pattern needs: of each of these groups of keys one.

A key is a sign and up to WIDTH bytes: behind START they stand at the start of the line, behind INSIDE anywhere.
"""


class Gate(NamedTuple):
    """What makes a line worth a try of a pattern.

    `ways` are all ways to match it, None where it is not known what one needs; `reach` is that of `reach`.
    """

    ways: Sequence[Way] | None
    reach: int


def gate(pattern: str, match: str) -> Gate:
    """The keys of a pattern, in order, from the literals that it cannot do without; `match` as in matching.Pattern."""
    found = [tuple(filter(None, map(_keys_of, way))) for way in required(pattern, match) or ()]
    return Gate(list(dict.fromkeys(found)) if found and all(found) else None, reach(pattern, match))


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
    literals = sorted(needs)
    folded = fold(pa.array([text for text, _ in literals], pa.large_string())).to_pylist()
    found = [(text, anchored) for text, (_, anchored) in zip(folded, literals, strict=True)]
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


class _Keys(NamedTuple):
    """Keys as numbers in order, and the masks of their widths; who needs `group[k]` is in `need` from `since[k]` on."""

    masks: Groups
    table: Flags
    group: Groups
    since: Ints
    need: Ints


class Searched(NamedTuple):
    """A text, the same folded, where each of its characters begins there, and where keys stand, and who needs them.

    Keys with END are not among them, since a stretch may end anywhere.
    """

    text: str
    data: Bytes
    place: Ints
    at: Ints
    need: Ints


class Index:
    """The gates of some patterns made ready.

    Needs, ways and patterns are numbered; `_way` says for which way a need is, `_pattern` for which pattern a way.
    """

    def __init__(self, gates: Sequence[Gate], longest: Ints) -> None:
        """`longest`: characters of the longest line of each pattern."""
        whole = [way for gate in gates for way in gate.ways or ()]
        ways = [[keys for keys in way if not _is_first(keys)] or way if len(way) > 1 else way for way in whole]
        needs = [keys for way in ways for keys in way]
        self._open = [number for number, gate in enumerate(gates) if gate.ways is None]
        self._way, self._needs = np.repeat(np.arange(len(ways)), _sizes(ways)), _sizes(ways)
        self._pattern = np.repeat(np.arange(len(gates)), [len(gate.ways or ()) for gate in gates])
        reach = np.array([gate.reach for gate in gates], np.int64)
        self._count, self._longest = len(gates), longest
        self._fits, self._reach = (column[self._pattern[self._way]] for column in (longest, reach))
        self._first = _first_bytes(whole, ways)
        self._anchored, self._inner = (
            _keys([[key for key in keys if key[0] == sign] for keys in needs]) for sign in (START, INSIDE)
        )
        self._begins = np.zeros(1 << BUCKETS, np.bool_)
        self._begins[_bucket(self._inner.group.astype(np.uint32))] = True

    def candidates(self, texts: Sequence[str], length: Ints) -> tuple[Ints, Ints]:
        """Pairs of line and pattern that are worth a try, sorted; `length` counts the characters of each line."""
        data, offsets = _folded(texts)
        words = _first_words(texts, data, offsets)
        held = self._held(data, offsets, words, length)
        always = [np.flatnonzero(length <= self._longest[one]) for one in self._open]
        return self._tried(held, data[offsets[:-1]], data[words], always)

    def searched(self, text: str) -> Searched:
        """A text searched for all keys that may stand inside it, to be asked for its `openings`."""
        data, _ = _folded([text])
        place = np.flatnonzero((data[:-WIDTH] & 0xC0) != 0x80)
        return Searched(text, data, place, *self._found(data))

    def openings(self, searched: Searched, begin: Ints, end: Ints, ends: Ints) -> tuple[Ints, Ints]:
        """Pairs of a beginning and a pattern that are worth a try, sorted.

        Stretches of the text begin at `begin` (sorted) and go on to `end` at the furthest; `ends` are all places where
        one ends. All are in characters, and no stretch has white space at either side. A pattern is worth a try at a
        beginning when what one of its ways needs stands before the furthest end.
        """
        data, place = searched.data, searched.place
        words = place[_first_words_from(searched, begin, end)]
        begin, end, closing = place[begin], np.maximum.accumulate(place[end]), np.zeros(len(data), np.bool_)
        closing[place[ends]] = True
        owner, anchored = self._at_begin(data, begin, words, closing)
        at, inner = map(np.concatenate, zip((searched.at, searched.need), self._at_end(data, closing), strict=True))
        low = np.concatenate([owner, np.searchsorted(end, at, "right")])
        high = np.concatenate([owner + 1, np.searchsorted(begin, at, "right")])
        needs = np.concatenate([anchored, inner])
        whole = self._all_held(needs)
        needs, starts = _ranges(needs[whole], low[whole], high[whole])
        always = [np.arange(len(begin))] * len(self._open)
        return self._tried([starts * len(self._way) + needs], data[begin], data[words], always)

    def _at_begin(self, data: Bytes, begin: Ints, words: Ints, closing: Flags) -> tuple[Ints, Ints]:
        """Which stretch has an anchored key at its beginning or first word, and who needs it; one ends at `closing`."""
        behind = np.flatnonzero(words != begin)
        owner, starts = np.append(np.arange(len(begin)), behind), np.append(begin, words[behind])
        closed, size = np.nonzero(closing[np.minimum(starts[:, None] + np.arange(WIDTH), len(data) - 1)])
        groups = _groups(data)[starts]
        owner, groups = np.append(owner, owner[closed]), np.append(groups, _closed(groups[closed], size))
        which, needs = _look_up(self._anchored, groups)
        return owner[which], needs

    def _at_end(self, data: Bytes, closing: Flags) -> tuple[Ints, Ints]:
        """Where keys begin that hold END, and who needs them; a stretch ends at each place of `closing`."""
        size = np.arange(WIDTH)
        places = (np.flatnonzero(closing)[:, None] - size).ravel()
        inside = np.flatnonzero(places >= 0)
        groups = _closed(_groups(data)[places[inside]], size[inside % WIDTH])
        which, needs = _look_up(self._inner, groups)
        return places[inside[which]], needs

    def _all_held(self, needs: Ints) -> Flags:
        """Which of some needs are those of ways of which every need is among them."""
        held = np.zeros(len(self._way), np.bool_)
        held[needs] = True
        whole = np.bincount(self._way[held], minlength=len(self._needs)) == self._needs
        return np.asarray(whole[self._way[needs]])

    def _tried(self, held: Iterable[Ints], first: Bytes, word: Bytes, always: Sequence[Ints]) -> tuple[Ints, Ints]:
        """Pairs of line and pattern that are worth a try, sorted.

        `held` are codes of which line holds what some way needs, `first` and `word` the bytes that each line and its
        first word begin with, `always` the lines for each pattern of which it is not known what it needs.
        """
        lines, needs = _decoded(held, len(self._way))
        way = self._way[needs]
        # What a way needs has adjacent numbers, so that what a line holds of it is adjacent too.
        begin = np.flatnonzero(_changes(lines) | _changes(way))
        whole = begin[np.concatenate([begin[1:], [len(way)]]) - begin == self._needs[way[begin]]]
        lines, way = lines[whole], way[whole]
        will_do = self._first[way, first[lines]] | self._first[way, word[lines]]
        pairs = [lines[will_do] * self._count + self._pattern[way[will_do]]]
        pairs += [some * self._count + one for one, some in zip(self._open, always, strict=True)]
        return _decoded(pairs, self._count)

    def _held(self, data: Bytes, offsets: Ints, words: Ints, length: Ints) -> Iterator[Ints]:
        """Codes of which line holds what some way needs."""
        behind = np.flatnonzero(words != offsets[:-1])
        owner = np.concatenate([np.arange(len(words)), behind])
        starts = _groups(data)[np.concatenate([offsets[:-1], words[behind]])]
        which, needs = _look_up(self._anchored, starts)
        lines = owner[which]
        fits = length[lines] <= self._fits[needs]
        yield lines[fits] * len(self._way) + needs[fits]
        # In characters it is at least so far to the end of the line: all that is not ASCII may stand behind a place.
        wide = offsets[1:] - 1 - (np.diff(offsets) - 1 - length)
        places, needs = self._found(data)
        lines = np.searchsorted(offsets, places, "right") - 1
        fits = (length[lines] <= self._fits[needs]) & (wide[lines] - places <= self._reach[needs])
        yield lines[fits] * len(self._way) + needs[fits]

    def _found(self, data: Bytes) -> tuple[Ints, Ints]:
        """Where a key stands that may stand anywhere, and who needs it."""
        places = _places(self._begins, data)
        which, needs = _look_up(self._inner, _groups(data)[places])
        return places[which], needs


def _groups(data: Bytes) -> Groups:
    """The eight bytes from each place on."""
    return np.ndarray((len(data) - WIDTH + 1,), "<u8", data, strides=(1,))


def _closed(groups: Groups, size: Ints) -> Groups:
    """The groups of bytes as they would be if a line ended `size` bytes on."""
    return (groups & _MASKS[size]) | (np.uint64(ord(END)) << (8 * size).astype(np.uint64))


def _decoded(codes: Iterable[Ints], count: int) -> tuple[Ints, Ints]:
    """Pairs of numbers, coded as one with the second below `count`, sorted and each once."""
    code = np.sort(np.concatenate([np.zeros(0, np.int64), *codes]))
    # np.unique builds a hash table first.
    first, second = np.divmod(code[_changes(code)], max(count, 1))
    return first, second


def _changes(values: Ints) -> Flags:
    """Where a value is another than the one before, the first included."""
    changes = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def _is_first(keys: Sequence[str]) -> bool:
    """Whether so little of a line's start is asked for that a look at its first byte is enough."""
    return all(key[0] == START for key in keys) and any(len(key.encode()) == 2 for key in keys)


def _first_bytes(whole: Sequence[Way], ways: Sequence[Way]) -> Flags:
    """By way and byte, whether a line that begins with it will do for the needs that only `whole` has."""
    will_do = np.ones((len(ways), 256), np.bool_)
    for place in (place for place, way in enumerate(ways) if len(way) < len(whole[place])):
        for keys in filter(_is_first, whole[place]):
            one = np.zeros(256, np.bool_)
            one[[key.encode()[1] for key in keys]] = True
            will_do[place] &= one
    return will_do


def _sizes(lists: Sequence[Sized]) -> Ints:
    return np.fromiter(map(len, lists), np.int64, len(lists))


def _keys(needs: Sequence[Sequence[str]]) -> _Keys:
    """The keys of each need."""
    owner = np.repeat(np.arange(len(needs)), _sizes(needs))
    parts = [key[1:].encode() for keys in needs for key in keys]
    group = np.frombuffer(b"".join(part.ljust(WIDTH, b"\0") for part in parts), "<u8")
    order = np.argsort(group, kind="stable")
    groups, since = np.unique(group[order], return_index=True)
    table = np.zeros(1 << BUCKETS, np.bool_)
    table[_wide_bucket(groups)] = True
    return _Keys(_MASKS[np.unique(_sizes(parts))], table, groups, np.append(since, len(order)), owner[order])


def _look_up(keys: _Keys, groups: Groups) -> tuple[Ints, Ints]:
    """Positions in `groups` where a key stands, and who needs it."""
    own = (groups & keys.masks[:, None]).ravel()
    # Most are no key: the table spares them the search.
    maybe = np.flatnonzero(keys.table.take(_wide_bucket(own)))
    own = own[maybe]
    place = np.searchsorted(keys.group, own)
    same = np.flatnonzero(keys.group.take(place, mode="clip") == own)
    which, at = _ranges(maybe[same] % len(groups), keys.since[place[same]], keys.since[place[same] + 1])
    return which, keys.need[at]


def _ranges(which: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """All numbers from `low` to below `high`, where there are any, beside `which` they are for."""
    size = np.maximum(high - low, 0)
    return np.repeat(which, size), np.arange(size.sum()) + np.repeat(low - np.cumsum(size) + size, size)


def _places(begins: Flags, data: Bytes) -> Ints:
    """Where a key may begin."""
    firsts = np.ndarray((len(data) - WIDTH + 1,), "<u4", data, strides=(1,))
    # Parts small enough for the cache of the processor.
    parts = [
        np.flatnonzero(begins.take(_bucket(firsts[begin : begin + PART]))) + begin
        for begin in range(0, len(firsts), PART)
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _bucket(firsts: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    mixed = firsts * _MIX
    mixed >>= np.uint32(32 - BUCKETS)
    return mixed


def _wide_bucket(groups: Groups) -> Ints:
    mixed = groups * _MIX_WIDE
    mixed >>= np.uint64(64 - BUCKETS)
    return mixed.view(np.int64)


def _folded(texts: Sequence[str]) -> tuple[Bytes, Ints]:
    """The folded texts, each with END behind it, WIDTH zeros, and where each text begins."""
    # Line by line, since most are ASCII and quick, and the whole is not once one is not.
    whole = END.encode().join([*map(str.encode, texts), b""])
    folded = fold(pa.array([whole], pa.large_binary()).view(pa.large_string())).buffers()[2]
    ends = np.flatnonzero(np.frombuffer(folded, np.uint8) == ord(END))
    if len(ends) > len(texts):
        return _folded([text.replace(END, " ") for text in texts])
    return np.frombuffer(b"".join([folded, bytes(WIDTH)]), np.uint8), np.concatenate([[0], ends + 1])


_MAY_BE_JUNK = np.zeros(256, np.bool_)
"""First bytes that the signs of JUNK have, and others share."""
_MAY_BE_JUNK[[sign.encode()[0] for sign in JUNK]] = True


def _first_words(texts: Sequence[str], data: Bytes, offsets: Ints) -> Ints:
    """Where the first word of each line begins, behind JUNK."""
    words = offsets[:-1].copy()
    for line in np.flatnonzero(_MAY_BE_JUNK[data[words]]).tolist():
        words[line] += len(_junk(texts[line]).encode())
    return words


def _first_words_from(searched: Searched, begin: Ints, end: Ints) -> Ints:
    """Where the first word of each stretch begins, behind JUNK."""
    words = begin.copy()
    for at in np.flatnonzero(_MAY_BE_JUNK[searched.data[searched.place[begin]]]).tolist():
        words[at] += len(_junk(searched.text[begin[at] : end[at]]))
    return words


def _junk(text: str) -> str:
    """The signs of JUNK that a text begins with."""
    return text[: len(text) - len(text.lstrip(JUNK))]
