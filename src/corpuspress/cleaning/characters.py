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


class Tables(NamedTuple):
    """What the features need to know of characters and words.

    `classes`: class of each code point; `fold`: lower-case code point of each letter, 0 of all else; `words`: rows of
    two numbers, as many as a power of two: the hash of a known word, in the row that its lowest bits name or the
    next one that is free, and what is known of it: in the lowest eight bits how much it speaks for main text on a
    short line, in the next eight the same for a long one, then whether it is a function word. 0 in empty rows.
    """

    classes: npt.NDArray[np.uint8]
    fold: npt.NDArray[np.uint32]
    words: npt.NDArray[np.uint64]


def word_keys(
    words: Sequence[str], classes: npt.NDArray[np.uint8], fold: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint64]:
    """The hash of each word. Raises ValueError for what is no single word.

    The sum of its letters, each times a power that tells its place; of a script without spaces that of two characters.
    """
    text = Utf8.of(words)
    keys = np.empty(len(words), np.uint64)
    if _word_keys(text.data, len(text.data), text.begin, text.length, len(words), classes, fold, keys) < len(words):
        raise ValueError("every word must hold a letter")
    return keys


_word_keys = native.function("cp_word_keys", np.uint8, int, np.int64, np.int64, int, np.uint8, np.uint32, np.uint64)
