"""Sketches: the sampled shingle hashes by which copies find one another.

The sample of a text is all its hashes below a fixed bound (a "scaled" or FracMinHash sketch, as in
sourmash: Irber et al. 2022), so the sample of a part of a text is part of the sample of the whole, and
containment can be estimated where MinHash signatures cannot. A short text, of which too few fall below
the bound, gives its lowest hashes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..recipe import Deduplicate
from .hashes import Places, hash_shingles

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
    values = (hashed.values >> np.uint64(1)).view(np.int64)
    below = np.flatnonzero(values < BOUND)
    row = np.searchsorted(hashed.starts, below, side="right") - 1
    row, sample = _distinct(row, values[below])
    counts = np.bincount(row, minlength=len(texts))
    short = np.flatnonzero((counts < FEWEST) & (np.diff(hashed.starts) > counts))
    if len(short):
        lowest = [np.unique(values[hashed.starts[text] : hashed.starts[text + 1]])[:FEWEST] for text in short.tolist()]
        others = ~np.isin(row, short)
        row = np.concatenate((row[others], np.repeat(short, [len(some) for some in lowest])))
        row, sample = _distinct(row, np.concatenate((sample[others], *lowest)))
        counts = np.bincount(row, minlength=len(texts))
    offsets = pa.array(np.concatenate(([0], np.cumsum(counts))), pa.int32())
    sketches = pa.ListArray.from_arrays(offsets, pa.array(sample), type=SKETCH[1].type)
    return pa.table([pa.array(hashed.digests, pa.binary(16)), sketches], schema=pa.schema(SKETCH))


def _distinct(row: Places, sample: npt.NDArray[np.int64]) -> tuple[Places, npt.NDArray[np.int64]]:
    """Sorted by row, then value; repeats dropped."""
    order = np.lexsort((sample, row))
    row, sample = row[order], sample[order]
    new = np.append(True, (np.diff(row) != 0) | (np.diff(sample) != 0))[: len(row)]
    return row[new], sample[new]
