"""Sketches: the sampled shingle hashes by which copies find one another.

The sample of a text is all its hashes below a fixed bound (a "scaled" or FracMinHash sketch, as in
sourmash: Irber et al. 2022), so the sample of a part of a text is part of the sample of the whole, and
containment can be estimated where MinHash signatures cannot. A short text, of which too few fall below
the bound, gives its lowest hashes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from .. import native
from ..recipe import Deduplicate
from .hashes import hash_shingles

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


def sketch(texts: Sequence[str] | pa.Array, recipe: Deduplicate) -> pa.Table:
    """The columns SKETCH of each text."""
    values, starts, digests = hash_shingles(texts, recipe.shingle_words)
    sample, stops = np.empty(2 * len(values), np.int64), np.empty_like(starts)
    size = _sampled(values, starts, len(texts), BOUND, FEWEST, sample, stops)
    sketches = pa.ListArray.from_arrays(pa.array(stops, pa.int32()), pa.array(sample[:size]), type=SKETCH[1].type)
    return pa.table([digests, sketches], schema=pa.schema(SKETCH))


_sampled = native.function("cp_sampled", np.uint64, np.int64, int, int, int, np.int64, np.int64)
