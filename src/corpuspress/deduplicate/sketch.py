"""Sketches: the sampled shingle hashes by which copies find one another.

The sample of a text is all its hashes below a fixed bound (a "scaled" or FracMinHash sketch, as in
sourmash: Irber et al. 2022), so the sample of a part of a text is part of the sample of the whole, and
containment can be estimated where MinHash signatures cannot. A short text, of which too few fall below
the bound, gives its lowest hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ..hashing import Hashes
from ..recipe import Deduplicate
from .hashes import Places, distinct, hash_shingles

SCALE = 8
"""One shingle in so many is sampled."""
FEWEST = 24
"""A text gives at least so many hashes, or all it has."""
BOUND = (1 << 63) // SCALE
"""Hashes are 63 bits wide; those below this are sampled from every text."""

SKETCH = [
    pa.field("fold_digest", pa.binary(16)),
    pa.field("sketch", pa.list_(pa.field("element", pa.int64()))),
]
"""Columns that `sketch` gives, one row a text: the digest of the folded text, the sampled hashes in rising order."""


def sketch(texts: Sequence[str], recipe: Deduplicate) -> pa.Table:
    """The columns SKETCH of each text."""
    hashed = hash_shingles(texts, recipe.shingle_words)
    values = hashed.values >> np.uint64(1)
    below = np.flatnonzero(values < np.uint64(BOUND))
    sample, starts = _distinct(values[below], np.searchsorted(below, hashed.starts))
    few = (np.diff(starts) < FEWEST) & (np.diff(hashed.starts) > np.diff(starts))
    if few.any():
        own = [sample[first:end] for first, end in pairwise(starts.tolist())]
        for text in np.flatnonzero(few).tolist():
            own[text] = distinct(values[hashed.starts[text] : hashed.starts[text + 1]])[:FEWEST]
        sample, starts = np.concatenate(own), np.cumsum([0, *map(len, own)])
    sketches = pa.ListArray.from_arrays(
        pa.array(starts, pa.int32()), pa.array(sample.view(np.int64)), type=SKETCH[1].type
    )
    return pa.table([pa.array(hashed.digests, pa.binary(16)), sketches], schema=pa.schema(SKETCH))


def _distinct(values: Hashes, starts: Places) -> tuple[Hashes, Places]:
    """The values of each text in rising order, without repeats, and where the texts start now."""
    for first, end in pairwise(starts.tolist()):
        values[first:end].sort()
    new = np.ones(len(values) + 1, bool)
    np.not_equal(values[1:], values[:-1], out=new[1:-1])
    new[starts] = True
    kept = np.flatnonzero(new[:-1])
    return values[kept], np.searchsorted(kept, starts)
