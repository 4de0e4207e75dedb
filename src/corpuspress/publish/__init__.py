"""Publish: parts of a build in, the next immutable release of a corpus out."""

from .release import Outcome, publish
from .shards import Part

__all__ = ["Outcome", "Part", "publish"]
