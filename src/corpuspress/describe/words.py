"""How many characters, words and lines a text has, in every script.

A word is a run of letters, digits and marks; an apostrophe between two of them belongs to it. In
scripts that write no spaces between words (Han, kana, Thai, Lao, Khmer, Burmese) each letter counts
as one word.

>>> count(["Don't panic: 42 times.", "今天天气很好", ""]).words.tolist()
[4, 6, 0]
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple
from unicodedata import category

import numpy as np
import pyarrow as pa

from .. import native
from ..codes import Table
from ..hashing import Int64, encoded

_NONE, _APOSTROPHE, _ALONE, _MARK, _LETTER = range(1, 6)
_JOINERS = "\u200c\u200d"  # they stand inside words of Persian and of Indian languages
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),
    (0x3021, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9D),  # half-width kana
    (0x20000, 0x3FFFF),  # Han
)


class Counts(NamedTuple):
    """Of each text: code points, words, lines parted by one line feed (none in a text without a character)."""

    characters: Int64
    words: Int64
    lines: Int64


def count(texts: Sequence[str] | pa.Array) -> Counts:
    """What each text has."""
    data, starts = encoded(texts)
    counts = Counts(*np.empty((3, len(texts)), np.int64))
    _table().served(len(texts), lambda *state: _counted(data, starts, len(texts), *state, *counts))
    return counts


_counted = native.function(
    "cp_counted", np.uint8, np.int64, int, np.uint32, int, np.int64, np.int64, np.int64, np.int64
)


@cache
def _table() -> Table:
    return Table(lambda page: [*map(_kind, page)])


def _kind(character: str) -> int:
    code = ord(character)
    if character.isalnum() or code >= 0x20000:
        return _ALONE if any(first <= code <= last for first, last in _WITHOUT_SPACES) else _LETTER
    if category(character)[0] == "M" or character in _JOINERS:
        return _MARK
    return _APOSTROPHE if character in "'\u2019" else _NONE
