"""One hash a line, the same whatever the case, the numbers and the spaces in it: by it the census counts lines.

All lines of a chunk are worked on at once, as the bytes of one Arrow array.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..hashing import Bytes, Int64, buffers, hashed
from .batch import number_array, positions, strings

LONGEST = 500
"""Longer lines, in characters, are not counted: furniture is short, and they are most of the text."""

NOWHERE = 0
"""The hash of a line that is not counted (blank, without a letter, too long), and of no site."""

_GONE = 0xFF  # a byte that UTF-8 never holds


def fold(texts: Sequence[str] | pa.Array) -> Int64:
    """One hash of 64 bits a text, NOWHERE if it is not counted.

    The same on every machine, and no two lines of a corpus are likely to share one.

    >>> a, b, c = fold(["Read  all 12 comments", "READ ALL 7 COMMENTS", "* * *"]).tolist()
    >>> a == b, c
    (True, 0)
    """
    texts = texts if isinstance(texts, pa.Array) else _array(texts)
    counted = _counted(texts)
    kept = pc.utf8_trim_whitespace(pc.utf8_lower(texts.take(number_array(counted))))
    data, starts = buffers(kept)
    hashes = np.zeros(len(texts), np.int64)
    hashes[counted] = hashed(*_plain(data.copy(), starts)).view(np.int64)
    return hashes


def _array(texts: Sequence[str]) -> pa.Array:
    try:
        return strings(texts)
    except UnicodeEncodeError:  # a lone surrogate, which Arrow cannot hold
        return strings([text.encode("utf-8", "replace").decode("utf-8") for text in texts])


def _counted(texts: pa.Array) -> Int64:
    """The places of the texts that are neither too long nor without a letter."""
    lengths = np.frombuffer(pc.utf8_length(texts).buffers()[1], np.int32)
    some = np.flatnonzero((lengths > 0) & (lengths <= LONGEST))
    latin = positions(pc.match_substring_regex(texts.take(number_array(some)), "[A-Za-z]"))
    rest = np.delete(some, latin)
    # RE2 would take a millisecond to learn what a letter is.
    letter = [any(map(str.isalpha, text)) for text in texts.take(number_array(rest)).to_pylist()]
    return np.sort(np.concatenate([some[latin], rest[np.array(letter, bool)]]))


def _plain(data: Bytes, starts: Int64) -> tuple[Bytes, Int64]:
    """Less each space after a space, and with 0 for each number: a digit with all digits and signs `.,:` behind it."""
    again = data == ord(" ")
    again[1:] &= again[:-1]
    again[:1] = False
    data[again] = _GONE
    # All signs from the comma to the colon, less two that are no part of numbers.
    at = np.flatnonzero(data - np.uint8(ord(",")) <= ord(":") - ord(","))
    at = at[(data[at] != ord("-")) & (data[at] != ord("/"))]
    digit = (data[at] >= ord("0")) & (data[at] <= ord("9"))
    heads = np.zeros(len(data) + 1, bool)
    heads[starts] = True
    runs = np.flatnonzero(heads[at] | (np.diff(at, prepend=-2) != 1))
    before = np.cumsum(digit) - digit  # the digits before each sign, less those before its run
    before -= np.repeat(before[runs], np.diff(runs, append=len(at)))
    data[at[before > 0]] = _GONE
    data[at[digit & (before == 0)]] = ord("0")
    gone = np.flatnonzero(data == _GONE)
    left = np.frombuffer(data.tobytes().translate(None, bytes([_GONE])), np.uint8)
    return left, starts - np.searchsorted(gone, starts)
