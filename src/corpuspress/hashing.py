"""Hashes of 64 bits, of many values at once: the same on every machine, and no two in a corpus likely to be one.

They are no digests: whoever chooses the texts can make two share a hash.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from . import native

Bytes = npt.NDArray[np.uint8]
Int64 = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Addresses = npt.NDArray[np.uintp]


def strings(texts: Sequence[str]) -> pa.Array:
    """The texts as an Arrow array. Raises UnicodeEncodeError on a lone surrogate, which Arrow cannot hold."""
    builder = pa.lib.StringBuilder()
    builder.append_values(texts)
    return builder.finish()


def buffers(texts: pa.Array) -> tuple[Bytes, Int64]:
    """The bytes of all texts, and where each starts, the end last."""
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int32)[texts.offset :][: len(texts) + 1].astype(np.int64)
    whole = np.frombuffer(data or b"", np.uint8)
    return whole[starts[0] : starts[-1]], starts - starts[0]


def encoded(texts: Sequence[str] | pa.Array) -> tuple[Bytes, Int64]:
    """As `buffers`; other texts than those of Arrow may hold half of a surrogate pair."""
    if isinstance(texts, pa.Array):
        return buffers(texts)
    # One by one: a text that has been in UTF-8 before is only copied.
    return joined([text.encode("utf-8", "surrogatepass") for text in texts])


def joined(texts: Sequence[bytes | memoryview]) -> tuple[Bytes, Int64]:
    """As `buffers`, of texts one by one."""
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([*map(len, texts)], out=starts[1:])
    return np.frombuffer(b"".join(texts), np.uint8), starts


def addresses(texts: Sequence[bytes | None]) -> tuple[Addresses, Int64]:
    """Where the bytes of each text are as long as it lives, and how many they are; -1 for None."""
    places = memoryview((ctypes.c_char_p * len(texts))(*texts))
    return np.frombuffer(places, np.uintp), np.array([-1 if text is None else len(text) for text in texts], np.int64)


def hashed(data: Bytes, starts: Int64) -> Hashes:
    """A hash of each of the texts that `buffers` gives.

    The sum of its runs of eight bytes, each mixed with its place; mixed with the size.
    """
    hashes = np.empty(len(starts) - 1, np.uint64)
    _hashed(data, starts, len(hashes), hashes)
    return hashes


_hashed = native.function("cp_hashed", np.uint8, np.int64, int, np.uint64)


def chained(hashes: Int64) -> npt.NDArray[np.uint32]:
    """For each hash the place of the same one before it, from 1 on, 0 for the first.

    The highest bit marks one that another follows, so that 0 says that a hash stands there once.
    """
    before = np.empty(len(hashes), np.uint32)
    slots = np.zeros(1 << (2 * len(hashes)).bit_length(), np.uint32)
    _chained(hashes, len(hashes), slots, len(slots), before)
    return before


_chained = native.function("cp_chained", np.int64, int, np.uint32, int, np.uint32)


def repeated(hashes: Int64) -> npt.NDArray[np.bool_]:
    """Which of the hashes stand there twice or more."""
    return np.asarray(chained(hashes) != 0)


def mixed(values: Hashes) -> Hashes:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014), in place."""
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
