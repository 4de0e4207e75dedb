"""What is judged as one: a line, or the lines of a paragraph that was wrapped at a fixed width.

A break is a wrap when the next word would not have fitted into the line; a document is taken as wrapped
only when that holds for most of its breaks. Nothing is joined in the text: a segment is a view.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..model import Line
from ..utf8 import Utf8
from .batch import Lines

Ints = npt.NDArray[np.int64]
WIDTHS = range(50, 101)
"""Longest lines, in characters, of a text that may be wrapped."""
MOST = 60
"""Percent of the breaks that must be wraps."""
INDENT = 4
"""Characters by which the first line of a paragraph may be shorter."""


class Segments(NamedTuple):
    """`texts` and `documents` of the segments; `of_line` is the segment of each line, -1 for blank lines."""

    texts: Utf8
    documents: Ints
    of_line: Ints


def segments(lines: Sequence[Line]) -> Segments:
    """The segments of a batch, in order."""
    lines = Lines.of(lines)
    filled, joined = lines.length > 0, _wraps(lines)
    begins = filled & ~joined
    of_line, first = np.where(filled, np.cumsum(begins) - 1, -1), np.flatnonzero(begins)
    longer = np.unique(of_line[joined])
    sizes = np.bincount(of_line[filled], minlength=len(first))[longer]
    places = zip(first[longer].tolist(), sizes.tolist(), strict=True)
    whole = [" ".join(map(str.strip, lines.texts[at : at + size])) for at, size in places]
    return Segments(lines.trimmed.take(first).put(longer, Utf8.of(whole)), lines.documents[first], of_line)


def _wraps(lines: Lines) -> npt.NDArray[np.bool_]:
    """Which lines go on a paragraph that the line above began; none is blank, nor is the line above."""
    joined = np.zeros(len(lines), np.bool_)
    if not len(lines):
        return joined
    begin, size = lines.starts, lines.sizes
    longest = np.maximum.reduceat(lines.length, begin)
    for which in np.flatnonzero((longest >= WIDTHS[0]) & (longest <= WIDTHS[-1]) & (size >= 5)):
        first, last = int(begin[which]), int(begin[which] + size[which])
        joined[first + 1 : last] = _wrapped(list(map(str.strip, lines.texts[first:last])), int(longest[which]))
    return joined


def _wrapped(texts: Sequence[str], width: int) -> list[bool]:
    """Whether each line but the first goes on the line above; all False where the text is not wrapped."""
    # Ragged commodity tables and verse fail here: their lines end well before the next word forces them to.
    wraps: list[bool] = []
    opens = True
    for above, below in pairwise(texts):
        # The first line of a paragraph may have lost its indent.
        room = width - (INDENT if opens else 0)
        wraps.append(bool(above and below) and len(above) + 1 + len(below.split(None, 1)[0]) > room)
        opens = not wraps[-1]
    breaks = sum(1 for above, below in pairwise(texts) if above and below)
    return wraps if breaks and 100 * sum(wraps) >= MOST * breaks else [False] * len(wraps)
