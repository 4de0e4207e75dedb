"""Texts as C reads them: where each lies in bytes that many of them share, so that none is encoded twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from . import native
from .hashing import Bytes, Int64, encoded


class Utf8(NamedTuple):
    """Text `i` is data[begin[i]:end[i]] in UTF-8, and has length[i] characters; it may hold half of a surrogate pair.

    >>> texts = Utf8.trimmed([" one", "\\u2014 two "])
    >>> texts.strings(), texts.length.tolist()
    (['one', '— two'], [3, 5])
    """

    data: Bytes
    begin: Int64
    end: Int64
    length: Int64

    @staticmethod
    def of(texts: Sequence[str]) -> Utf8:
        """The texts, encoded."""
        data, starts = encoded(texts)
        return Utf8(data, starts[:-1], starts[1:], np.fromiter(map(len, texts), np.int64, len(texts)))

    @staticmethod
    def trimmed(texts: Sequence[str] | pa.Array) -> Utf8:
        """The texts without white space around them, as `str.strip`; those of Arrow stay where they lie."""
        data, starts = encoded(texts)
        begin, end, length = (np.empty(len(texts), np.int64) for _ in range(3))
        _trim(data, starts, len(texts), begin, end, length)
        return Utf8(data, begin, end, length)

    def take(self, at: Int64) -> Utf8:
        """The texts at these places."""
        return Utf8(self.data, self.begin.take(at), self.end.take(at), self.length.take(at))

    def put(self, at: Int64, others: Utf8) -> Utf8:
        """The texts with others at these places."""
        if not len(at):
            return self
        begin, end, length = self.begin.copy(), self.end.copy(), self.length.copy()
        begin[at], end[at], length[at] = others.begin + len(self.data), others.end + len(self.data), others.length
        return Utf8(np.concatenate([self.data, others.data]), begin, end, length)

    def strings(self) -> list[str]:
        """The texts, decoded."""
        data, places = self.data.tobytes(), zip(self.begin.tolist(), self.end.tolist(), strict=True)
        return [data[begin:end].decode("utf-8", "surrogatepass") for begin, end in places]


_trim = native.function("cp_trimmed", np.uint8, np.int64, int, np.int64, np.int64, np.int64)
