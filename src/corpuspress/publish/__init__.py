"""Publish: parts of a build in, the next immutable release of a corpus out."""

from .release import Outcome, Wish, publish
from .shards import Input, Part

__all__ = ["Input", "Outcome", "Part", "Wish", "publish"]
