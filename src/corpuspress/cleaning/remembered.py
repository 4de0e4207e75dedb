"""What is known of a line as long as its text stays, and asked for in every round of a cleaning."""

from __future__ import annotations

import numpy as np

from ..recipe import RuleTable
from . import rules
from .batch import Ints, Lines
from .matching import Hits


class Remembered:
    """The hits of all rules on the lines with which a cleaning begins: found once, however many rounds there are."""

    def __init__(self, tables: tuple[RuleTable, ...]) -> None:
        """`tables`: the own rules of a recipe."""
        self._tables = tables
        self._edges = np.zeros(0, np.int64)

    def hits(self, lines: Lines) -> Hits:
        """The hits on these lines; at the first call they are all that are not blank."""
        if not len(self._edges):
            self._hits = self._fresh(lines, np.flatnonzero(lines.length))
            counts = np.bincount(lines.origins[self._hits.line], minlength=int(lines.origins.max(initial=0)) + 1)
            self._edges = np.concatenate([[0], np.cumsum(counts)])
            return self._hits
        known = np.flatnonzero(lines.origins >= 0)
        first, last = (self._edges[lines.origins[known] + after] for after in (0, 1))
        counts = last - first
        places = np.arange(counts.sum()) + np.repeat(first - np.cumsum(counts) + counts, counts)
        found = Hits(np.repeat(known, counts), *(column[places] for column in self._hits[1:]))
        changed = self._fresh(lines, np.flatnonzero((lines.origins < 0) & (lines.length > 0)))
        whole = [np.concatenate(columns) for columns in zip(found, changed, strict=True)]
        order = np.argsort(whole[0], kind="stable")
        return Hits(*(column[order] for column in whole))

    def _fresh(self, lines: Lines, places: Ints) -> Hits:
        some = lines.where(places)
        line, *rest = rules.of(self._tables).match(some.texts.tolist(), some.trimmed)
        return Hits(places[line], *rest)
