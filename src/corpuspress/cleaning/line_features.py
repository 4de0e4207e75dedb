"""What a line looks like, in whole numbers: the input of the line model.

What each column is stands in native/line_columns.h. No value of a document depends on the other documents of the
batch, and every value is an integer, so that the same text gives the same numbers everywhere.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import native
from ..utf8 import Utf8
from .characters import Flags, Ints, Tables

MARKS = 16
"""What is told of the rules that hit a line, in truth values: line_model.MARKS."""


class Columns(NamedTuple):
    """`matrix` has a row a line and a column for each of `names`, in the nearest whole numbers of 16 bits.

    For later steps: which lines read like sentences (`prose`), and letters' worth and words of each.
    """

    matrix: npt.NDArray[np.int16]
    prose: Flags
    worth: Ints
    words: Ints


@cache
def names() -> tuple[str, ...]:
    """The names of the columns in their order."""
    text = np.empty(_names(np.empty(0, np.uint8), 0), np.uint8)
    _names(text, len(text))
    return tuple(text.tobytes().decode("ascii").split())


def columns(texts: Utf8, documents: Ints, marks: Flags, tables: Tables) -> Columns:
    """The columns of each line; `documents` never decreases.

    `marks` (lines by MARKS): first those of rules for comments, then for related articles, ..., last for what opens a
    zone. Raises MemoryError.
    """
    count = len(texts.length)
    if marks.shape != (count, MARKS) or documents.shape != (count,):
        raise ValueError(
            f"expected {count} documents and {count} x {MARKS} marks, found {documents.shape}, {marks.shape}"
        )
    found = Columns(
        np.empty((count, len(names())), np.int16),
        np.empty(count, np.bool_),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
    )
    known = tables.classes, tables.fold, tables.words, len(tables.words)
    if _columns(texts.data, len(texts.data), texts.begin, texts.length, documents, count, marks, *known, *found) < 0:
        raise MemoryError("the words and lines of a document are too many")
    return found


_names = native.function("cp_line_column_names", np.uint8, int)
_columns = native.function(
    "cp_line_columns",
    *(np.uint8, int, np.int64, np.int64, np.int64, int, np.bool_),
    *(np.uint8, np.uint32, np.uint64, int),
    *(np.int16, np.bool_, np.int64, np.int64),
)
