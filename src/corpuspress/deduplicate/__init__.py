"""Deduplicate: find near-copies, prove each pair exactly, choose the keeper.

`sketch` works on one batch of texts; `resolve` decides over all parts; `measure` says of any two texts
how alike they are, by the plain definition. `passages` counts paragraphs that many documents hold.
"""

from .passages import Passage, passages
from .resolve import DECISIONS, Decided, resolve
from .shingles import Measure, measure
from .sketch import SKETCH, sketch

__all__ = ["DECISIONS", "SKETCH", "Decided", "Measure", "Passage", "measure", "passages", "resolve", "sketch"]
