"""Classes of characters and hashes of words: what the line model knows of a language.

native/lines.c reads characters and words in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import native

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LOWER, UPPER, CASELESS, DENSE, DIGIT, SPACE, BREAK = 1, 2, 3, 4, 5, 6, 7
TERMINAL, COMMA, QUOTE, SEPARATOR, BRACKET, CURRENCY, POINT, SYMBOL, COLON = 8, 9, 10, 11, 12, 13, 14, 15, 16
CLASSES = 17
SHELF = np.uint64(0xFFFF)
"""The low bits of a word's hash, by which it is looked up."""


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
    weights: npt.NDArray[np.int8]
    tones: npt.NDArray[np.int8]
    stops: Flags


def joined(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint8], Ints]:
    """The texts for C: their bytes in UTF-8, each but the last with a line feed, and their lengths in characters."""
    whole = "\n".join(texts).encode("utf-8", "surrogatepass")
    return np.frombuffer(whole, np.uint8), np.fromiter(map(len, texts), np.int64, len(texts))


def word_keys(
    words: Sequence[str], classes: npt.NDArray[np.uint8], fold: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint64]:
    """The hash of each word. Raises ValueError for what is no single word.

    The sum of its letters, each times a power that tells its place; of a script without spaces that of two characters.
    """
    text, lengths = joined(words)
    keys = np.empty(len(words), np.uint64)
    if _word_keys(text, len(text), lengths, len(words), classes, fold, keys) < len(words):
        raise ValueError("every word must hold a letter")
    return keys


_word_keys = native.function("cp_word_keys", np.uint8, int, np.int64, int, np.uint8, np.uint32, np.uint64)
