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

    >>> table = Table(lambda page: [1 + character.isalpha() for character in page])
    >>> table.until_known(lambda entries: int(entries[97]) or ~97)
    2
    """

    def __init__(self, made: Callable[[str], Sequence[int]], room: int = 0) -> None:
        """`made` gives the entries of some characters; `room` is for what `keep` keeps."""
        self._entries: npt.NDArray[np.uint32] = np.zeros(CODES + 1 + room, np.uint32)
        self._made = made
        self._end = CODES + 1
        self._lock = Lock()

    def until_known(self, look: Callable[[npt.NDArray[np.uint32]], int]) -> int:
        """What `look` finds with the entries: asked again after each ~code, which says of what there is none yet."""
        while (found := look(self._entries)) < 0:
            first = ~found // _PAGE * _PAGE
            codes = range(first, min(first + _PAGE, CODES))
            with self._lock:
                self._entries[first : codes.stop] = self._made("".join(map(chr, codes)))
        return found

    def keep(self, values: Sequence[int]) -> int:
        """Put several values where an entry can point to, and a zero behind them; their place."""
        place, self._end = self._end, self._end + len(values) + 1
        self._entries[place : self._end - 1] = values
        return place
