"""Classes of characters and hashes of words: what the line model knows of a language.

native/lines.c reads characters and words in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import native
from ..utf8 import Utf8

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LOWER, UPPER, CASELESS, DENSE, DIGIT, SPACE, BREAK = 1, 2, 3, 4, 5, 6, 7
TERMINAL, COMMA, QUOTE, SEPARATOR, BRACKET, CURRENCY, POINT, SYMBOL, COLON = 8, 9, 10, 11, 12, 13, 14, 15, 16
CLASSES = 17

_MOVES = 100
"""Where keys that stand in each other's way take more of them, there have to be more rows."""


class Tables(NamedTuple):
    """What the features need to know of characters and words.

    `classes`: class of each code point; `fold`: lower-case code point of each letter, 0 of all else; `words`: rows of
    the hash of a known word and what is known of it, see `laid_out`: in the lowest eight bits how much it speaks for
    main text on a short line, in the next eight the same for a long one, then whether it is a function word.
    """

    classes: npt.NDArray[np.uint8]
    fold: npt.NDArray[np.uint32]
    words: npt.NDArray[np.uint64]


def word_keys(
    words: Sequence[str], classes: npt.NDArray[np.uint8], fold: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint64]:
    """The hash of each word. Raises ValueError for what is no single word.

    The sum of its letters, each times a number that tells its place; of a script without spaces that of two characters.
    """
    text = Utf8.of(words)
    keys = np.empty(len(words), np.uint64)
    if _word_keys(text.data, len(text.data), text.begin, text.length, len(words), classes, fold, keys) < len(words):
        raise ValueError("every word must hold a letter")
    return keys


_word_keys = native.function("cp_word_keys", np.uint8, int, np.int64, np.int64, int, np.uint8, np.uint32, np.uint64)


def laid_out(keys: npt.NDArray[np.uint64], values: Sequence[int]) -> npt.NDArray[np.uint64]:
    """Rows of a key and its value, as many as a power of two: each in one of the two that `rows_of` names, 0 elsewhere.

    So a search takes no turns (cuckoo hashing: Pagh, Rodler 2004).
    """
    entries = dict(zip(keys.tolist(), values, strict=True))
    keys = np.fromiter(entries, np.uint64, len(entries))
    bits = len(entries).bit_length() + 1
    while (rows := _settled(keys, bits)) is None:
        bits += 1
    table = np.zeros((1 << bits, 2), np.uint64)
    table[rows, 0], table[rows, 1] = keys, np.fromiter(entries.values(), np.uint64, len(entries))
    return table


def _settled(keys: npt.NDArray[np.uint64], bits: int) -> Ints | None:
    """A row of each key, where who stands in the way moves to its other row; None where they hardly fit."""
    row, other = rows_of(keys, bits)
    number = np.arange(len(keys))
    owner, moving = np.zeros(1 << bits, np.int64), number
    for _ in range(_MOVES):
        owner[row[moving]] = moving
        moving = np.flatnonzero(owner[row] != number)
        if not len(moving):
            return row
        row[moving], other[moving] = other[moving], row[moving]
    return None


def rows_of(keys: npt.NDArray[np.uint64], bits: int) -> tuple[Ints, Ints]:
    """The two rows, of 2**bits, in one of which each key stands."""
    mixed = keys * np.uint64(0x9E3779B97F4A7C15)
    first, second = mixed >> np.uint64(64 - bits), mixed >> np.uint64(64 - 2 * bits) & np.uint64((1 << bits) - 1)
    return first.astype(np.int64), second.astype(np.int64)
