"""Lines of many documents in one list: documents adjacent and in ascending order.

Most cleaners touch few documents of a batch; what is here costs nothing for the others. Texts and
numbers go to Arrow and back by their buffers: `pyarrow.array` on a list and `to_numpy` import pandas
where there is one, which takes 0.3 seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import compress
from operator import attrgetter, itemgetter, not_

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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


def parted(lines: Sequence[Line], documents: Set[int]) -> tuple[list[Line], list[Line]]:
    """The lines of these documents, and the others.

    >>> parted([Line("a", 1, 0), Line("b", 1, 1)], {1})
    ([Line(text='b', number=1, document=1)], [Line(text='a', number=1, document=0)])
    """
    inside = list(map(documents.__contains__, map(itemgetter(2), lines)))
    return list(compress(lines, inside)), list(compress(lines, map(not_, inside)))


def strings(texts: Sequence[str]) -> pa.Array:
    """The texts as an Arrow array. Raises UnicodeEncodeError on a lone surrogate, which Arrow cannot hold."""
    builder = pa.lib.StringBuilder()
    builder.append_values(texts)
    return builder.finish()


def positions(mask: pa.Array) -> npt.NDArray[np.int64]:
    """Where a mask of truth values holds, in order."""
    found = pc.indices_nonzero(mask)
    return np.frombuffer(found.buffers()[1], np.int64)[: len(found)]


def numbers(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A column of int64 without nulls."""
    parts = [
        np.frombuffer(chunk.buffers()[1], np.int64)[chunk.offset :][: len(chunk)]
        for chunk in column.chunks
        if len(chunk)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.int64), *parts])


def number_array(values: npt.NDArray[np.int64]) -> pa.Array:
    """The inverse of `numbers`, for one array."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def carried_out(lines: list[Line], proposed: Iterable[Edit], record: list[Edit]) -> list[Line]:
    """`apply`, with the edits put on record; where they are few, to their documents alone. Raises what it raises."""
    edits = list(proposed)
    record += edits
    if 8 * len(edits) > len(lines):
        return apply(lines, edits)
    wanted: dict[int, list[Edit]] = {}
    for edit in edits:
        wanted.setdefault(edit.document, []).append(edit)
    result: list[Line] = []
    end = 0
    for document in sorted(wanted):
        start = bisect_right(lines, document - 1, end, key=_document)
        stop = bisect_right(lines, document, start, key=_document)
        result += lines[end:start]
        result += apply(lines[start:stop], wanted[document])
        end = stop
    return result + lines[end:] if wanted else lines
