"""The characters and words of a batch of lines, in whole numbers.

One table of character classes, one histogram a line, one hash a word: numpy over the code points of the
whole batch. Nothing of a document depends on the other documents of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LOWER, UPPER, CASELESS, DENSE, DIGIT, SPACE, BREAK = 1, 2, 3, 4, 5, 6, 7
TERMINAL, COMMA, QUOTE, SEPARATOR, BRACKET, CURRENCY, POINT, SYMBOL, COLON = 8, 9, 10, 11, 12, 13, 14, 15, 16
CLASSES = 17
SIEVE = np.uint64(0xFFFF)
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
    joined = "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = tables.classes[codes]
    count = len(texts)
    lengths = np.fromiter(map(len, texts), np.int64, count)
    end = np.cumsum(lengths + 1) - 1
    begin = end - lengths
    line = np.repeat(np.arange(count), lengths + 1)
    histogram = np.bincount(line * CLASSES + kinds, minlength=count * CLASSES).reshape(count, CLASSES).T
    document = np.asarray(documents, np.int64)
    edge = np.flatnonzero(np.diff(document, prepend=-1))
    sizes = np.diff(np.append(edge, count))
    return Batch(
        count,
        np.repeat(np.arange(len(edge)), sizes),
        np.repeat(edge, sizes),
        np.repeat(edge + sizes - 1, sizes),
        np.ascontiguousarray(histogram),
        _words(codes, kinds, line, tables.fold),
        codes,
        kinds,
        begin,
        end,
    )


def _words(
    codes: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint8], line: Ints, fold: npt.NDArray[np.uint32]
) -> Words:
    letter = (kinds >= LOWER) & (kinds <= CASELESS)
    where = np.flatnonzero(letter)
    start = np.flatnonzero(np.diff(where, prepend=-2) != 1)
    length = np.diff(np.append(start, len(where)))
    place = np.arange(len(where)) - np.repeat(start, length)
    folded = fold[codes[where]].astype(np.uint64)
    powers = np.cumprod(np.full(32, _PRIME, np.uint64))
    mixed = folded * powers[np.minimum(place, 31)]
    key = np.add.reduceat(mixed, start) if len(start) else mixed[:0]
    big = kinds[where] == UPPER
    capitals = np.add.reduceat(big.astype(np.int64), start) if len(start) else start
    dense = np.flatnonzero(kinds[:-1] == DENSE)
    pair = np.where(kinds[dense + 1] == DENSE, codes[dense + 1], 0).astype(np.uint64)
    return Words(
        np.concatenate([line[where[start]], line[dense]]),
        np.concatenate([key, codes[dense].astype(np.uint64) * GOLD + pair * _PRIME]),
        np.concatenate([length, np.full(len(dense), 2)]),
        np.concatenate([big[start], np.zeros(len(dense), bool)]),
        np.concatenate([(capitals == length) & (length > 1), np.zeros(len(dense), bool)]),
    )


def word_keys(
    words: Sequence[str], classes: npt.NDArray[np.uint8], fold: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint64]:
    """The hash of each word, as `read` computes it. Raises ValueError for what is no single word."""
    codes = np.frombuffer(("\n".join(words) + "\n").encode("utf-32-le"), np.uint32)
    kinds = classes[codes]
    line = np.cumsum(kinds == BREAK) - (kinds == BREAK)
    found = _words(codes, kinds, line, fold)
    order = np.argsort(found.line, kind="stable")
    # Of a pair of dense characters the second begins a pair of its own: the first is meant.
    line, key = found.line[order], found.key[order]
    first = np.flatnonzero(np.diff(line, prepend=-1))
    if len(first) != len(words):
        raise ValueError("every word must hold a letter")
    return key[first]
