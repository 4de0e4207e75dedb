"""Which texts `tidy` might change: one pattern for all of it, which Arrow searches for in many texts at once.

Hardly any line needs a repair, and most texts have none that does; so ask of whole texts first, and then
of the lines of those that are left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..recipe import Recipe
from . import layout, repair
from .batch import positions


def suspects(texts: pa.Array, recipe: Recipe) -> npt.NDArray[np.int64]:
    """Positions of the texts with a line that repair or layout might change, in order; never one too few."""
    pattern = "|".join(filter(None, (repair.pattern(recipe.repair), layout.pattern(recipe.layout))))
    if recipe.layout.join_wrapped:  # which looks at whole documents
        return np.arange(len(texts))
    if not pattern:
        return np.zeros(0, np.int64)
    try:
        return positions(pc.match_substring_regex(texts, f"(?m:{pattern})"))
    except pa.ArrowInvalid:  # a pattern of a new ftfy that RE2 does not know
        return np.arange(len(texts))
