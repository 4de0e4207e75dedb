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
SIEVE = np.uint64(0xFFFF)
LONGEST = 32
"""Letters of a word whose places tell in its hash."""
_PRIME = np.uint64(0x100000001B3)
GOLD = np.uint64(0x9E3779B97F4A7C15)


class Tables(NamedTuple):
    """What the features need to know of characters and words.

    `classes`: class of each code point; `fold`: lower-case code point; `words`: sorted hashes of known
    words; `weights`: how much each speaks for main text on a short line, `tones` on a long one; `stops`:
    which of them are function words; `sieve`: which low bits their hashes have.
    """

    classes: npt.NDArray[np.uint8]
    fold: npt.NDArray[np.uint32]
    words: npt.NDArray[np.uint64]
    weights: Ints
    tones: Ints
    stops: Flags
    sieve: Flags


class Words(NamedTuple):
    """The words of a batch: line, hash, length and shape of each; pairs of dense characters count as words."""

    line: Ints
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
    codes: npt.NDArray[np.uint32]
    kinds: npt.NDArray[np.uint8]
    begin: Ints
    end: Ints


def read(texts: Sequence[str], documents: Sequence[int] | Ints, tables: Tables) -> Batch:
    """The character and word counts of each line; `documents` never decreases."""
    count = len(texts)
    lengths = np.fromiter(map(len, texts), np.int64, count)
    end = np.cumsum(lengths + 1) - 1
    parts = [
        _read(texts[first:last], lengths[first:last], first, tables) for first, last in pairwise([*_cuts(end), count])
    ]
    document = np.asarray(documents, np.int64)
    edge = np.flatnonzero(np.diff(document, prepend=-1))
    sizes = np.diff(np.append(edge, count))
    return Batch(
        count,
        np.repeat(np.arange(len(edge)), sizes),
        np.repeat(edge, sizes),
        np.repeat(edge + sizes - 1, sizes),
        np.ascontiguousarray(np.concatenate([part.histogram for part in parts]).T),
        _joined([*(part.words for part in parts), *(part.dense for part in parts)]),
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.kinds for part in parts]),
        end - lengths,
        end,
    )


PART = 1 << 16
"""Characters that are read at a time: few enough for the cache of a processor, and for memory."""


def _cuts(end: Ints) -> list[int]:
    """The first line of each part."""
    cuts: list[int] = np.unique(np.searchsorted(end, np.arange(0, int(end[-1]) + 1 if len(end) else 1, PART))).tolist()
    return cuts


class _Part(NamedTuple):
    """A stretch of lines: `histogram` has a row a line, `words` are in spaced scripts, `dense` in the others."""

    histogram: Ints
    words: Words
    dense: Words
    codes: npt.NDArray[np.uint32]
    kinds: npt.NDArray[np.uint8]


def _read(texts: Sequence[str], lengths: Ints, first: int, tables: Tables) -> _Part:
    joined = "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = tables.classes.take(codes)
    count = len(texts)
    # A single line may hold fifty million characters: for it, one number is told for all of them.
    line = np.repeat(np.arange(count), lengths + 1) if count > 1 else np.broadcast_to(np.int64(0), len(codes))
    histogram = _histogram(kinds, line, lengths + 1) if count > 1 else _of_one(kinds)
    line = line + first if count > 1 else np.broadcast_to(np.int64(first), len(codes))
    return _Part(histogram, _spaced(codes, kinds, line, tables.fold), _dense(codes, kinds, line), codes, kinds)


def _histogram(kinds: npt.NDArray[np.uint8], line: Ints, sizes: Ints) -> Ints:
    """The number of characters of each class in each line; `sizes` counts line breaks in."""
    # Most characters are small letters: what is left when all others are counted.
    others = np.flatnonzero(kinds != LOWER)
    counts = np.bincount(line[others] * CLASSES + kinds[others], minlength=len(sizes) * CLASSES)
    histogram = counts.reshape(len(sizes), CLASSES)
    histogram[:, LOWER] = sizes - histogram.sum(axis=1)
    return histogram


def _of_one(kinds: npt.NDArray[np.uint8]) -> Ints:
    """The same for a single line."""
    parts = [np.bincount(kinds[begin : begin + PART], minlength=CLASSES) for begin in range(0, len(kinds), PART)]
    return np.asarray(np.sum(parts, axis=0, keepdims=True, dtype=np.int64))


def _spaced(
    codes: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint8], line: Ints, fold: npt.NDArray[np.uint32]
) -> Words:
    """The runs of letters; the last character is none."""
    letter = np.zeros(len(kinds) + 1, np.bool_)
    # Below zero wraps around: only LOWER to CASELESS stay small.
    np.less(kinds - np.uint8(LOWER), CASELESS, out=letter[1:])
    edges = np.flatnonzero(letter[1:] != letter[:-1])
    start, stop = edges[::2], edges[1::2]
    length = stop - start
    big = kinds == UPPER
    own = np.bincount(np.searchsorted(start, np.flatnonzero(big), "right") - 1, minlength=len(start))
    key = _keys(codes, start, stop, fold)
    for word in np.flatnonzero(length > LONGEST).tolist():
        key[word] = _key(fold.take(codes[start[word] : stop[word]]))
    return Words(line[start], key, length, big[start], (own == length) & (length > 1))


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
    powers, inverses = _powers(1 << max(10, len(folded).bit_length()))
    sums = np.zeros(len(folded) + 1, np.uint64)
    np.multiply(folded, powers[: len(folded)], out=sums[1:])
    np.cumsum(sums, out=sums)
    return np.asarray((sums[stop] - sums[start]) * inverses[start])


def _key(word: npt.NDArray[np.uint32]) -> np.uint64:
    powers = _powers(1 << 10)[0]
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


def _dense(codes: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint8], line: Ints) -> Words:
    """The pairs of characters of scripts without spaces."""
    dense = np.flatnonzero(kinds[:-1] == DENSE)
    pair = np.where(kinds[dense + 1] == DENSE, codes[dense + 1], 0).astype(np.uint64)
    none = np.zeros(len(dense), np.bool_)
    key = codes[dense].astype(np.uint64) * GOLD + pair * _PRIME
    return Words(line[dense], key, np.full(len(dense), 2), none, none)


def _joined(parts: Sequence[Words]) -> Words:
    columns: Any = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Words(*columns)


def word_keys(
    words: Sequence[str], classes: npt.NDArray[np.uint8], fold: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint64]:
    """The hash of each word, as `read` computes it. Raises ValueError for what is no single word."""
    codes = np.frombuffer(("\n".join(words) + "\n").encode("utf-32-le"), np.uint32)
    kinds = classes[codes]
    line = np.cumsum(kinds == BREAK) - (kinds == BREAK)
    found = _joined([_spaced(codes, kinds, line, fold), _dense(codes, kinds, line)])
    order = np.argsort(found.line, kind="stable")
    # Of a pair of dense characters the second begins a pair of its own: the first is meant.
    line, key = found.line[order], found.key[order]
    first = np.flatnonzero(np.diff(line, prepend=-1))
    if len(first) != len(words):
        raise ValueError("every word must hold a letter")
    return key[first]
