"""Hashes of 64 bits, of many values at once: the same on every machine, and no two in a corpus likely to be one.

They are no digests: whoever chooses the texts can make two share a hash.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Int64 = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_TOGETHER = 1024  # texts: longer arrays would leave the caches
_NO_HASHES = np.zeros(0, np.uint64)
_STEP = np.uint64(0x9E3779B97F4A7C15)  # of splitmix64
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)  # by the number of bytes that count


def buffers(texts: pa.Array) -> tuple[Bytes, Int64]:
    """The bytes of all texts, and where each starts, the end last."""
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int32)[texts.offset :][: len(texts) + 1].astype(np.int64)
    whole = np.frombuffer(data or b"", np.uint8)
    return whole[starts[0] : starts[-1]], starts - starts[0]


def hashed(data: Bytes, starts: Int64) -> Hashes:
    """A hash of each of the texts that `buffers` gives, none of them empty.

    The sum of its runs of eight bytes, each mixed with its place; mixed with the size.
    """
    eights = np.ndarray(len(data) + 1, "<u8", np.append(data, np.zeros(8, np.uint8)), strides=(1,))
    edges = [*range(0, len(starts) - 1, _TOGETHER), len(starts) - 1]
    return np.concatenate([_hashed(eights, starts[first : end + 1]) for first, end in pairwise(edges)] or [_NO_HASHES])


def _hashed(eights: Hashes, starts: Int64) -> Hashes:
    sizes = np.diff(starts)
    counts = -(-sizes // 8)
    ends = np.cumsum(counts)
    firsts = ends - counts
    places = np.arange(ends[-1]) - np.repeat(firsts, counts)
    runs: Hashes = eights[np.repeat(starts[:-1], counts) + 8 * places].astype(np.uint64, copy=False)
    runs[ends - 1] &= _MASKS[sizes - 8 * (counts - 1)]
    runs += _STEP * (places + 1).astype(np.uint64)
    return mixed(np.add.reduceat(mixed(runs), firsts) + _STEP * sizes.astype(np.uint64))


def mixed(values: Hashes) -> Hashes:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014), in place."""
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
