"""One hash a line, the same whatever the case, the numbers and the spaces in it: by it the census counts lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .. import native
from ..codes import Table
from ..hashing import Int64, encoded, strings

LONGEST = 500
"""Longer lines, in characters, are not counted: furniture is short, and they are most of the text."""

NOWHERE = 0
"""The hash of a line that is not counted (blank, without a letter, too long), and of no site."""

_OTHER, _LETTER, _WHITE = (kind << 24 for kind in (1, 2, 3))  # what an entry of the table says beside the lower case


def fold(texts: Sequence[str] | pa.Array) -> Int64:
    """One hash of 64 bits a text, NOWHERE if it is not counted.

    The same on every machine, and no two lines of a corpus are likely to share one. It is that of the text in lower
    case, without white space around it, less each space after a space, and with 0 for each number: a digit with all
    digits and signs `.,:` behind it.

    >>> a, b, c = fold(["Read  all 12 comments", "READ ALL 7 COMMENTS", "* * *"]).tolist()
    >>> a == b, c
    (True, 0)
    """
    data, starts = encoded(texts)
    count, hashes = len(texts), np.empty(len(texts), np.int64)
    _table().served(count, lambda *state: _folded(data, starts, count, *state, hashes))
    return hashes


_folded = native.function("cp_census_hashes", np.uint8, np.int64, int, np.uint32, int, np.int64, np.int64)


@cache
def _table() -> Table:
    return Table(_entries)


def _entries(page: str) -> list[int]:
    # Half of a surrogate pair, which Arrow cannot hold, counts as a question mark.
    page = page.encode("utf-8", "replace").decode("utf-8")
    lower = pc.utf8_lower(strings([page])).to_pylist()[0]
    kinds = (_LETTER if one.isalpha() else _WHITE if one.isspace() else _OTHER for one in page)
    return [kind | ord(one) for kind, one in zip(kinds, lower, strict=True)]
