"""Tables of what C looks up for each code point of a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

CODES = 0x3FFFF
"""All code points from here on are tags, private or unassigned: no table has them."""
_PAGE = 1 << 8


class Table:
    """An entry for each code point below CODES: a whole number from 1, below 2**32.

    Made page by page, as texts ask for it: all at once would cost a quarter of a second at every start.

    >>> table = Table(lambda character: 1 + character.isalpha())
    >>> table.until_known(lambda entries: 42 if entries[ord("a")] else ~ord("a"))
    42
    """

    def __init__(self, entry: Callable[[str], int], room: int = 0) -> None:
        """`room` is for what `keep` keeps."""
        self._entries: npt.NDArray[np.uint32] = np.zeros(CODES + 1 + room, np.uint32)
        self._entry = entry
        self._end = CODES + 1
        self._lock = Lock()

    def until_known(self, look: Callable[[npt.NDArray[np.uint32]], int]) -> int:
        """What `look` finds with the entries: asked again after each ~code, which says of what there is none yet."""
        while (found := look(self._entries)) < 0:
            first = ~found // _PAGE * _PAGE
            with self._lock:
                page = [self._entry(chr(code)) for code in range(first, min(first + _PAGE, CODES))]
                self._entries[first : first + len(page)] = page
        return found

    def keep(self, values: Sequence[int]) -> int:
        """Put several values where an entry can point to, and a zero behind them; their place."""
        place, self._end = self._end, self._end + len(values) + 1
        self._entries[place : self._end - 1] = values
        return place
