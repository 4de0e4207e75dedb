"""What the characters of a text are, and so where its sentences end, where words stand, and which pieces are none.

Python's own predicates say what a character is, once for each character that is met; C reads texts by that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import native
from .gates import Flags, Ints
from .title import STOPS, is_spaced

Kinds: TypeAlias = npt.NDArray[np.uint32]
"""Of each character of a text, what it is, in bits."""

MARKS = "|·•»›→▪●■✓©"
"""What parts links, behind white space."""
_KINDS: tuple[Callable[[str], object], ...] = (
    str.isspace,
    ".!?…".__contains__,
    "\"'”’»)]".__contains__,
    STOPS.__contains__,
    "”’」』）".__contains__,
    MARKS.__contains__,
    "\"'“‘«([".__contains__,
    str.islower,
    str.isupper,
    re.compile(r"[^\W\d_]").match,
    str.isalnum,
    lambda sign: sign.isupper() or sign.isdigit(),
    ",;:".__contains__,
    lambda sign: sign.lower() != sign.upper(),
    " (".__contains__,
    ".".__contains__,
    MARKS[:-1].__contains__,
    lambda sign: not is_spaced(sign),
)
"""What a character may be, in the order of the bits of signs.c; the last one only Python asks for."""
UNSPACED = 1 << len(_KINDS) - 1
_TABLE = np.zeros(0x110000, np.uint32)
"""The kinds of each character that was seen, with a bit more."""


def kinds_of(text: str) -> Kinds:
    """What each character is."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    kinds = _TABLE.take(codes)
    if not kinds.all():
        new = np.unique(codes[kinds == 0])
        _TABLE[new] = [1 << 31 | sum(1 << bit for bit, holds in enumerate(_KINDS) if holds(chr(code))) for code in new]
        kinds = _TABLE.take(codes)
    return kinds


def sentences_of(text: str) -> list[str]:
    """A text cut where sentences end, and at the marks that part links."""
    kinds = kinds_of(text)
    ends = np.empty(len(text), np.int64)
    count = _sentence_ends(kinds, len(kinds), ends)
    return [text[start:stop] for start, stop in pairwise([0, *ends[:count].tolist(), len(text)]) if start < stop]


class Words(NamedTuple):
    """The words of a text in order, parted by white space.

    `begin` and `end` are offsets; `capital` says which begin with a capital or a figure, signs apart, `parts` which end
    with a comma or the like. `sentence` is the number of the sentence of each, `first` and `last` are those of the
    words that begin and end it.
    """

    begin: Ints
    end: Ints
    capital: Flags
    parts: Flags
    sentence: Ints
    first: Ints
    last: Ints


def words_of(kinds: Kinds, sides: Ints) -> Words:
    """The words of a text; `sides` are where each of its sentences begins and ends, in order, white space between."""
    room = len(kinds) // 2 + 1
    begin, end = np.empty(room, np.int64), np.empty(room, np.int64)
    capital, parts = np.empty(room, np.bool_), np.empty(room, np.bool_)
    count = _find_words(kinds, len(kinds), begin, end, capital, parts)
    sentence = np.searchsorted(sides[:, 0], begin[:count], "right") - 1
    low, high = (np.searchsorted(sentence, sentence, side) for side in ("left", "right"))
    return Words(begin[:count], end[:count], capital[:count], parts[:count], sentence, low, high - 1)


def bare(kinds: Kinds, begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Pieces of a text without white space around them and marks in front of them."""
    begin, end = begin.copy(), end.copy()
    _strip(kinds, begin, end, len(begin))
    return begin, end


def no_sentences(kinds: Kinds, begin: Ints, end: Ints) -> Flags:
    """Which pieces of a text are no sentences: not ended like one, and mostly in capitals or without any case.

    Small letters are what a sentence is made of, and a piece may be a part of one.
    """
    flags = np.empty(len(begin), np.bool_)
    _judge(kinds, begin, end, len(begin), flags)
    return flags


def is_no_sentence(text: str) -> bool:
    """The same of a whole text."""
    return bool(no_sentences(kinds_of(text), np.zeros(1, np.int64), np.array([len(text)], np.int64))[0])


_sentence_ends = native.function("cp_sentence_ends", np.uint32, int, np.int64)
_find_words = native.function("cp_words", np.uint32, int, np.int64, np.int64, np.bool_, np.bool_)
_strip = native.function("cp_bare", np.uint32, np.int64, np.int64, int)
_judge = native.function("cp_no_sentences", np.uint32, np.int64, np.int64, int, np.bool_)
