"""Tables of what C looks up for each code point of a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

CODES = 0x3FFFF
"""All code points from here on are tags, private or unassigned: no table has them."""
Codes = npt.NDArray[np.int64]
_PAGE = 1 << 8


class Table:
    """An entry for each code point below CODES: a whole number from 1, below 2**32.

    Made page by page, as texts ask for it: all at once would cost a quarter of a second at every start.

    """

    def __init__(self, made: Callable[[str], Sequence[int]], room: int = 0) -> None:
        """`made` gives the entries of some characters; `room` is for what `keep` keeps."""
        self._entries: npt.NDArray[np.uint32] = np.zeros(CODES + 1 + room, np.uint32)
        self._made = made
        self._end = CODES + 1
        self._lock = Lock()

    def served(self, texts: int, look: Callable[[npt.NDArray[np.uint32], int, Codes], int]) -> None:
        """Have `look` go through so many texts with the entries.

        It is told where to begin, and says where it had to stop: at the end, or at a text with a code point that has
        no entry yet, which it leaves in the array.
        """
        missing = np.zeros(1, np.int64)
        first = 0
        while (first := look(self._entries, first, missing)) < texts:
            page = int(missing[0]) // _PAGE * _PAGE
            codes = range(page, min(page + _PAGE, CODES))
            with self._lock:
                self._entries[page : codes.stop] = self._made("".join(map(chr, codes)))

    def keep(self, values: Sequence[int]) -> int:
        """Put several values where an entry can point to, and a zero behind them; their place."""
        place, self._end = self._end, self._end + len(values) + 1
        self._entries[place : self._end - 1] = values
        return place
