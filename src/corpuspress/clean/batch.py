"""Lines of many documents in one list: documents adjacent and in ascending order.

Most cleaners touch few documents of a batch; what is here costs nothing for the others.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from ..model import Edit, Line, apply

_document = attrgetter("document")


def documents_of(lines: Sequence[Line]) -> Iterator[tuple[int, Sequence[Line]]]:
    """Position and lines of each document that has lines, in order; as `model.by_document`, by slices.

    >>> [(document, len(own)) for document, own in documents_of([Line("a", 1, 0), Line("b", 2, 0), Line("c", 1, 2)])]
    [(0, 2), (2, 1)]
    """
    start = 0
    while start < len(lines):
        document = lines[start].document
        stop = bisect_right(lines, document, start, key=_document)
        yield document, lines[start:stop]
        start = stop


def carried_out(lines: list[Line], proposed: Iterable[Edit], record: list[Edit]) -> list[Line]:
    """`apply`, document by document, with the edits put on record. Raises what `apply` raises."""
    wanted: dict[int, list[Edit]] = {}
    for edit in proposed:
        wanted.setdefault(edit.document, []).append(edit)
        record.append(edit)
    result: list[Line] = []
    end = 0
    for document in sorted(wanted):
        start = bisect_right(lines, document - 1, end, key=_document)
        stop = bisect_right(lines, document, start, key=_document)
        result += lines[end:start]
        result += apply(lines[start:stop], wanted[document])
        end = stop
    return result + lines[end:] if wanted else lines
