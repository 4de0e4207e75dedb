"""The characters and words of a batch of lines, in whole numbers.

One table of character classes, one histogram a line, one hash a word: numpy over the code points of the
whole batch. Nothing of a document depends on the other documents of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LOWER, UPPER, CASELESS, DENSE, DIGIT, SPACE, BREAK = 1, 2, 3, 4, 5, 6, 7
TERMINAL, COMMA, QUOTE, SEPARATOR, BRACKET, CURRENCY, POINT, SYMBOL, COLON = 8, 9, 10, 11, 12, 13, 14, 15, 16
CLASSES = 17
SHELF = np.uint64(0xFFFF)
"""The low bits of a word's hash, by which it is looked up."""
LONGEST = 32
"""Letters of a word whose places tell in its hash."""
_PRIME = np.uint64(0x100000001B3)
GOLD = np.uint64(0x9E3779B97F4A7C15)


class Tables(NamedTuple):
    """What the features need to know of characters and words.

    `classes`: class of each code point; `fold`: lower-case code point of each letter, 0 of all else; `words`:
    hashes of known words, in the order of their shelves, and last a row that says nothing; `shelves`: the row of
    the first word of each, or the last row; `depth`: the most words on one; `weights`: how much each word speaks
    for main text on a short line, `tones` on a long one; `stops`: which of them are function words.
    """

    classes: npt.NDArray[np.uint8]
    fold: npt.NDArray[np.uint32]
    words: npt.NDArray[np.uint64]
    shelves: npt.NDArray[np.int32]
    depth: int
    weights: Ints
    tones: Ints
    stops: Flags


class Words(NamedTuple):
    """The words of a batch in their order; pairs of dense characters count as words.

    `counts`: the words of each line; all others: hash, length and shape of each word.
    """

    counts: Ints
    key: npt.NDArray[np.uint64]
    length: Ints
    capital: Flags
    shouted: Flags


class Batch(NamedTuple):
    """`size` lines of adjacent documents; `first` and `last` are the line range of each line's document."""

    size: int
    document: Ints
    first: Ints
    last: Ints
    histogram: Ints
    words: Words
    kinds: npt.NDArray[np.uint8]
    begin: Ints
    end: Ints


def read(texts: Sequence[str], documents: Sequence[int] | Ints, tables: Tables) -> Batch:
    """The character and word counts of each line; `documents` never decreases."""
    count = len(texts)
    lengths = np.fromiter(map(len, texts), np.int64, count)
    end = np.cumsum(lengths + 1) - 1
    parts = [_read(texts[first:last], lengths[first:last], tables) for first, last in pairwise([*_cuts(end), count])]
    document = np.asarray(documents, np.int64)
    edge = np.flatnonzero(np.diff(document, prepend=-1))
    sizes = np.diff(np.append(edge, count))
    return Batch(
        count,
        np.repeat(np.arange(len(edge)), sizes),
        np.repeat(edge, sizes),
        np.repeat(edge + sizes - 1, sizes),
        np.ascontiguousarray(np.concatenate([part.histogram for part in parts]).T),
        Words(*(np.concatenate(column) for column in zip(*(part.words for part in parts), strict=True))),
        np.concatenate([part.kinds for part in parts]),
        end - lengths,
        end,
    )


PART = 1 << 17
"""Characters that are read at a time: few enough for memory, and nearly for the cache of a processor."""


def _cuts(end: Ints) -> list[int]:
    """The first line of each part."""
    cuts: list[int] = np.unique(np.searchsorted(end, np.arange(0, int(end[-1]) + 1 if len(end) else 1, PART))).tolist()
    return cuts


class _Part(NamedTuple):
    """A stretch of lines: `histogram` has a row a line."""

    histogram: Ints
    words: Words
    kinds: npt.NDArray[np.uint8]


def _read(texts: Sequence[str], lengths: Ints, tables: Tables) -> _Part:
    codes = np.frombuffer(("\n".join(texts) + "\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = tables.classes.take(codes)
    # A single line may hold fifty million characters: for it, no number is told for each of them.
    histogram = _of_many(kinds, lengths) if len(texts) > 1 else _of_one(kinds)
    return _Part(histogram, _words(codes, kinds, lengths, tables.fold), kinds)


def _of_many(kinds: npt.NDArray[np.uint8], lengths: Ints) -> Ints:
    """The number of characters of each class in each line."""
    # Most characters are small letters: what is left when all others are counted.
    end = np.cumsum(lengths + 1)
    place = np.flatnonzero(kinds != LOWER)
    counts = np.diff(np.searchsorted(place, end), prepend=0)
    line = np.repeat(np.arange(0, len(end) * CLASSES, CLASSES), counts)
    histogram = np.bincount(line + kinds.take(place), minlength=len(end) * CLASSES).reshape(len(end), CLASSES)
    histogram[:, LOWER] = lengths + 1 - histogram.sum(axis=1)
    return histogram


def _of_one(kinds: npt.NDArray[np.uint8]) -> Ints:
    """The same for a single line."""
    parts = [np.bincount(kinds[begin : begin + PART], minlength=CLASSES) for begin in range(0, len(kinds), PART)]
    return np.asarray(np.sum(parts, axis=0, keepdims=True, dtype=np.int64))


def _words(
    codes: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint8], lengths: Ints, fold: npt.NDArray[np.uint32]
) -> Words:
    letter = np.zeros(len(kinds) + 1, np.bool_)
    # Below zero wraps around: only LOWER to CASELESS stay small.
    np.less(kinds - np.uint8(LOWER), CASELESS, out=letter[1:])
    edges = np.flatnonzero(letter[1:] != letter[:-1])
    start, stop = np.ascontiguousarray(edges.reshape(-1, 2).T)
    dense = np.flatnonzero(kinds == DENSE)
    end = np.cumsum(lengths + 1)
    until, columns = np.searchsorted(start, end), _spaced(codes, kinds, start, stop, fold)
    if len(dense):
        until = until + np.searchsorted(dense, end)
        order = np.argsort(np.concatenate([start, dense]), kind="stable")
        both = zip(columns, _dense(codes, kinds, dense), strict=True)
        columns = tuple(np.concatenate(column).take(order) for column in both)
    return Words(np.diff(until, prepend=0), *columns)


_Columns = tuple[npt.NDArray[Any], ...]


def _spaced(
    codes: npt.NDArray[np.uint32],
    kinds: npt.NDArray[np.uint8],
    start: Ints,
    stop: Ints,
    fold: npt.NDArray[np.uint32],
) -> _Columns:
    """Hash, length and shape of the runs of letters."""
    length = stop - start
    capital = kinds.take(start) == UPPER
    shouted = capital & (kinds.take(stop - 1) == UPPER) & (length > 1)
    some = np.flatnonzero(shouted)
    if len(some):
        ends = np.stack([start.take(some), stop.take(some)], axis=1)
        shouted[some] = np.logical_and.reduceat(kinds == UPPER, ends.ravel())[::2]
    key = _keys(codes, start, stop, fold)
    for word in np.flatnonzero(length > LONGEST).tolist():
        key[word] = _key(fold.take(codes[start[word] : stop[word]]))
    return key, length, capital, shouted


def _keys(
    codes: npt.NDArray[np.uint32], start: Ints, stop: Ints, fold: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint64]:
    """A hash of each word, right for those up to LONGEST letters."""
    if len(codes) <= 2 * PART:
        return _summed(fold.take(codes), start, stop)
    # The numbers of a long line, eight bytes a character and more, are not held all at once.
    key = np.zeros(len(start), np.uint64)
    stop = np.minimum(stop, start + LONGEST)
    for first, last in pairwise([*np.searchsorted(start, np.arange(0, len(codes), PART)).tolist(), len(start)]):
        if first < last:
            begin, end = start[first], stop[last - 1]
            folded = fold.take(codes[begin:end])
            key[first:last] = _summed(folded, start[first:last] - begin, stop[first:last] - begin)
    return key


def _summed(folded: npt.NDArray[np.uint32], start: Ints, stop: Ints) -> npt.NDArray[np.uint64]:
    """A hash of each word, as `_key` has it for those up to LONGEST letters, from sums over the whole text."""
    count = len(folded)
    powers, inverses = _powers(2 * PART + LONGEST)
    parts = np.empty(count + count % 2, np.uint64)
    parts[count:] = 0
    np.multiply(folded, powers[:count], out=parts[:count])
    # Half as many sums will do: there is a 0 between any two words, so that no pair has letters of both.
    sums = np.zeros(len(parts) // 2 + 1, np.uint64)
    np.cumsum(parts[::2] + parts[1::2], out=sums[1:])
    return np.asarray((sums.take((stop + 1) >> 1) - sums.take(start >> 1)) * inverses.take(start))


def _key(word: npt.NDArray[np.uint32]) -> np.uint64:
    powers = _powers(2 * PART + LONGEST)[0]
    head, rest = word[: LONGEST - 1], word[LONGEST - 1 :]
    with np.errstate(over="ignore"):
        more = rest.sum(dtype=np.uint64) * powers[LONGEST - 1]
        return np.uint64((head * powers[: len(head)]).sum(dtype=np.uint64) + more)


@lru_cache(maxsize=4)
def _powers(count: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Powers of _PRIME from the first on, and what undoes them from the zeroth on, modulo 2 ** 64."""
    inverse = np.full(count, pow(int(_PRIME), -1, 1 << 64), np.uint64)
    inverse[0] = 1
    return np.full(count, _PRIME, np.uint64).cumprod(), inverse.cumprod()


def _dense(codes: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint8], place: Ints) -> _Columns:
    """The pairs of characters of scripts without spaces; their first characters stand at `place`."""
    pair = np.where(kinds.take(place + 1) == DENSE, codes.take(place + 1), 0).astype(np.uint64)
    none = np.zeros(len(place), np.bool_)
    return codes.take(place).astype(np.uint64) * GOLD + pair * _PRIME, np.full(len(place), 2), none, none


def word_keys(
    words: Sequence[str], classes: npt.NDArray[np.uint8], fold: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint64]:
    """The hash of each word, as `read` computes it. Raises ValueError for what is no single word."""
    codes = np.frombuffer(("\n".join(words) + "\n").encode("utf-32-le"), np.uint32)
    kinds = classes[codes]
    found = _words(codes, kinds, np.array(list(map(len, words))), fold)
    if not found.counts.all():
        raise ValueError("every word must hold a letter")
    # Of a pair of dense characters the second begins a pair of its own: the first is meant.
    return np.asarray(found.key[np.cumsum(found.counts) - found.counts])
