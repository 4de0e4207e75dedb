"""Splits without leaks: a cluster stands in one split, whatever is added to the corpus later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def split_of(cluster: str, shares: Mapping[str, float]) -> str:
    """The split of a cluster, by a hash of its id; `shares` are the splits with their shares, in their order.

    All documents of a cluster share its id, so no copy stands on both sides. The last split takes what
    rounding leaves.

    >>> split_of("001_3f2a9c01", {"train": 0.9, "validation": 0.05, "test": 0.05})
    'train'
    """
    place = int.from_bytes(hashlib.blake2b(cluster.encode(), digest_size=8, person=b"split").digest(), "big") / 2**64
    place *= sum(shares.values())
    for name, share in shares.items():
        if place < share:
            return name
        place -= share
    return next(reversed(list(shares)))
