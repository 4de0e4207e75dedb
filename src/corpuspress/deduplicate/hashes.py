"""Shingle hashes of many texts: fold.py and shingles.py once more, in C.

A run of values is hashed as a polynomial modulo 2**64, mixed with the finaliser of splitmix64 (Steele, Lea, Flood
2014): characters to words, then words to shingles. A hash depends on nothing but the tokens of its shingle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple
from unicodedata import is_normalized, normalize

import numpy as np
import numpy.typing as npt

from .. import native
from ..hashing import Hashes, Int64, encoded
from .fold import table

_MOST = 1 << 30
"""No text has so many words."""


class Hashed(NamedTuple):
    """The shingles of some texts.

    `values` has the hash of each shingle in the order of the text, repeats included; those of text i
    are `values[starts[i]:starts[i + 1]]`. `digests` has 16 bytes for each text: equal for two texts
    when their tokens are equal.
    """

    values: Hashes
    starts: Int64
    digests: list[bytes]


class _Tokens(NamedTuple):
    """The hash of each token of some texts, whether it is a character alone, and where the texts start."""

    hashes: Hashes
    alone: npt.NDArray[np.uint8]
    starts: Int64


def hash_shingles(texts: Sequence[str], words: int, *, digests: bool = True) -> Hashed:
    """The shingles of each text, `words` words long (see `shingles.shingles`); without `digests` that list is empty."""
    tokens = _tokens(texts)
    values, starts = np.empty_like(tokens.hashes), np.empty_like(tokens.starts)
    count = _shingles(*tokens, len(texts), min(words, _MOST), values, starts)
    return Hashed(values[:count], starts, list(_digests(tokens, texts)) if digests else [])


def _tokens(texts: Sequence[str], room: int = 0) -> _Tokens:
    data, starts = encoded(texts)
    # A word has a letter and what parts it from the next; some signs fold to more than they take.
    room = max(room, len(data) // 2 + len(texts))
    hashes, alone = np.empty(room, np.uint64), np.empty(room, np.uint8)
    found, unstable = np.empty_like(starts), np.empty(len(texts), np.uint8)
    given, taken = (data, starts, len(texts)), (room, hashes, alone, found, unstable)
    count = table().until_known(lambda entries: _hashed_tokens(*given, entries, *taken))
    if count > room:
        return _tokens(texts, count)
    changed = {at for at in np.flatnonzero(unstable).tolist() if not is_normalized("NFC", texts[at])}
    if changed:
        return _tokens([normalize("NFC", text) if at in changed else text for at, text in enumerate(texts)])
    return _Tokens(hashes[:count], alone[:count], found)


_hashed_tokens = native.function(
    "cp_tokens", np.uint8, np.int64, int, np.uint32, int, np.uint64, np.uint8, np.int64, np.uint8
)
_shingles = native.function("cp_shingles", np.uint64, np.uint8, np.int64, int, int, np.uint64, np.int64)


def _digests(tokens: _Tokens, texts: Sequence[str]) -> Iterator[bytes]:
    """The digest of each text, from the hashes of its tokens."""
    data = tokens.hashes.astype("<u8", copy=False).view(np.uint8).data
    for (first, end), text in zip(pairwise((8 * tokens.starts).tolist()), texts, strict=True):
        # Without anything to fold, texts are copies only when they are equal.
        own = data[first:end] if first < end else b"unfolded" + text.encode("utf-8", "surrogatepass")
        yield hashlib.sha256(own).digest()[:16]
