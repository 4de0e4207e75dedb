"""Shingle hashes of many texts: fold.py and shingles.py once more, in C.

A run of values is hashed as a polynomial modulo 2**64, mixed with the finaliser of splitmix64 (Steele, Lea, Flood
2014): characters to words, then words to shingles. A hash depends on nothing but the tokens of its shingle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple
from unicodedata import is_normalized, normalize

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .. import native
from ..hashing import Bytes, Hashes, Int64, encoded, joined
from .fold import table

_MOST = 1 << 30
"""No text has so many words."""


class Hashed(NamedTuple):
    """The shingles of some texts.

    `values` has the hash of each shingle in the order of the text, repeats included; those of text i
    are `values[starts[i]:starts[i + 1]]`. `digests` (binary(16)) are equal for two texts when their tokens are equal.
    """

    values: Hashes
    starts: Int64
    digests: pa.Array


class _Tokens(NamedTuple):
    """The hash of each token of some texts, whether it is a character alone, and where the texts start."""

    hashes: Hashes
    alone: npt.NDArray[np.uint8]
    starts: Int64


def hash_shingles(texts: Sequence[str] | pa.Array, words: int, *, digests: bool = True) -> Hashed:
    """The shingles of each text, `words` words long (see `shingles.shingles`); without `digests` there are none."""
    data, starts = encoded(texts)
    tokens = _tokens(data, starts)
    values, firsts = np.empty_like(tokens.hashes), np.empty_like(starts)
    count = _shingles(*tokens, len(texts), min(words, _MOST), values, firsts)
    return Hashed(values[:count], firsts, _digests(tokens, data, starts) if digests else pa.nulls(0, pa.binary(16)))


def _tokens(data: Bytes, starts: Int64, room: int = 0) -> _Tokens:
    texts = len(starts) - 1
    # A word has a letter and what parts it from the next; some signs fold to more than they take.
    room = room or len(data) // 2 + texts
    hashes, alone = np.empty(room, np.uint64), np.empty(room, np.uint8)
    firsts, unstable = np.empty_like(starts), np.empty(texts, np.uint8)
    taken = room, hashes, alone, firsts, unstable
    table().served(texts, lambda *state: _hashed_tokens(data, starts, texts, *state, *taken))
    count = int(firsts[-1])
    if count > room:
        return _tokens(data, starts, count)
    changed = _in_nfc(data, starts, np.flatnonzero(unstable).tolist())
    if changed:
        own = (changed.get(at, data[first:end].data) for at, (first, end) in enumerate(pairwise(starts.tolist())))
        return _tokens(*joined(list(own)))
    return _Tokens(hashes[:count], alone[:count], firsts)


_hashed_tokens = native.function(
    "cp_tokens",
    *(np.uint8, np.int64, int, np.uint32, int, np.int64),
    *(int, np.uint64, np.uint8, np.int64, np.uint8),
)
_shingles = native.function("cp_shingles", np.uint64, np.uint8, np.int64, int, int, np.uint64, np.int64)


def _in_nfc(data: Bytes, starts: Int64, places: Sequence[int]) -> dict[int, bytes]:
    """The texts at these places that NFC changes, changed."""
    texts = {at: data[starts[at] : starts[at + 1]].tobytes().decode("utf-8", "surrogatepass") for at in places}
    return {
        at: normalize("NFC", text).encode("utf-8", "surrogatepass")
        for at, text in texts.items()
        if not is_normalized("NFC", text)
    }


def _digests(tokens: _Tokens, data: Bytes, starts: Int64) -> pa.Array:
    """The digest of each text: two hashes of the sequence of its tokens."""
    digests = np.empty((len(starts) - 1, 2), np.uint64)
    _hashed_twice(tokens.hashes, tokens.starts, len(digests), digests)
    # Without anything to fold, texts are copies only when they are equal.
    for at in np.flatnonzero(tokens.starts[1:] == tokens.starts[:-1]).tolist():
        whole = hashlib.sha256(data[starts[at] : starts[at + 1]].data).digest()
        digests[at] = np.frombuffer(whole[:16], "<u8")
    return pa.Array.from_buffers(pa.binary(16), len(digests), [None, pa.py_buffer(digests.astype("<u8", copy=False))])


_hashed_twice = native.function("cp_hashed_twice", np.uint64, np.int64, int, np.uint64)
