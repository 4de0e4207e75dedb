"""Which texts `tidy` might change: hardly any line needs a repair, and only of those a line of Python is made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..hashing import buffers
from ..recipe import Recipe
from . import layout, pairs, repair


def suspects(texts: pa.Array, recipe: Recipe) -> npt.NDArray[np.int64]:
    """Positions of the texts with a line that repair or layout might change, in order; never one too few."""
    if recipe.layout.join_wrapped:  # which looks at whole documents
        return np.arange(len(texts))
    wanted = (*repair.conditions(recipe.repair), *layout.conditions(recipe.layout))
    return np.flatnonzero(pairs.marks(*buffers(texts), pairs.gate(wanted)))
