"""Lines of many documents by column: documents adjacent and in ascending order.

Most cleaners touch few lines of a batch; only of these a `Line` is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from ..census.hashes import fold
from ..model import Edit, Line, apply, lines_from
from ..utf8 import Utf8

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[Any]
"""Objects of `str`."""

_BITS = 32
"""Room for the number of a line beside that of its document."""


class Columns(NamedTuple):
    """Texts of lines, their numbers and documents, and what is known of each.

    `length`: characters of the text without white space around it, 0 for a blank line; `origins`: where it stood in
    the batch that the cleaning began with, -1 since its text was changed; `hashes`: what `fold` gives, where known.
    """

    texts: Texts
    numbers: Ints
    documents: Ints
    length: Ints
    origins: Ints
    hashes: Ints | None = None


class Lines(Sequence[Line]):
    """A sequence of Line that is held by column.

    >>> lines = Lines.of([Line("a", 1, 0), Line(" ", 2, 0), Line("c", 1, 2)])
    >>> lines.length.tolist(), lines.starts.tolist(), lines[2]
    ([1, 0, 1], [0, 2], Line(text='c', number=1, document=2))
    """

    def __init__(self, columns: Columns, begun: Utf8, at: Ints | None = None) -> None:
        """The lines at some places of `columns`, in order, or all of them.

        `begun`: the texts, without white space around them, of the batch that the cleaning began with.
        """
        self._columns, self._begun, self._at = columns, begun, at

    @staticmethod
    def of(lines: Sequence[Line]) -> Lines:
        """Lines of any kind by column."""
        if isinstance(lines, Lines):
            return lines
        numbers, documents = (np.fromiter(map(itemgetter(at), lines), np.int64, len(lines)) for at in (1, 2))
        return Lines.from_columns(list(map(itemgetter(0), lines)), numbers, documents)

    @staticmethod
    def from_columns(texts: list[str], numbers: Ints, documents: Ints) -> Lines:
        """Lines from the columns of Line."""
        trimmed = Utf8.trimmed(texts)
        origins = np.arange(len(texts))
        return Lines(Columns(np.array(texts, object), numbers, documents, trimmed.length, origins), trimmed)

    def begun(self) -> Lines:
        """The same lines as a batch with which a cleaning begins."""
        return Lines(self._whole()._replace(origins=np.arange(len(self))), self.trimmed)

    def _whole(self) -> Columns:
        """The columns of these lines alone."""
        hashes = None if self._columns.hashes is None else self.hashes
        return Columns(self.texts, self.numbers, self.documents, self.length, self.origins, hashes)

    def _own(self, column: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return column if self._at is None else column.take(self._at)

    # Each is taken when it is asked for: of most lines that a step looks at it wants one or two.
    @cached_property
    def texts(self) -> Texts:  # noqa: D102
        return self._own(self._columns.texts)

    @cached_property
    def numbers(self) -> Ints:  # noqa: D102
        return self._own(self._columns.numbers)

    @cached_property
    def documents(self) -> Ints:  # noqa: D102
        return self._own(self._columns.documents)

    @cached_property
    def length(self) -> Ints:  # noqa: D102
        return self._own(self._columns.length)

    @cached_property
    def origins(self) -> Ints:  # noqa: D102
        return self._own(self._columns.origins)

    @cached_property
    def trimmed(self) -> Utf8:
        """The texts without white space around them; only those that were changed are encoded."""
        changed = np.flatnonzero(self.origins < 0)
        anew = Utf8.trimmed(self.texts[changed].tolist())
        return anew if len(changed) == len(self) else self._begun.take(self.origins).put(changed, anew)

    @cached_property
    def hashes(self) -> Ints:  # noqa: D102
        known = self._columns.hashes
        return fold(self.texts.tolist()) if known is None else self._own(known)

    @cached_property
    def _edges(self) -> Ints:
        return edges(self.documents)

    @cached_property
    def _codes(self) -> Ints:
        """Document and number of each line as one number, in rising order."""
        return np.asarray((self.documents << _BITS) + self.numbers)

    @property
    def starts(self) -> Ints:
        """The first line of each document that has lines."""
        return self._edges[:-1]

    @cached_property
    def sizes(self) -> Ints:
        """The number of lines of each document that has lines."""
        return np.asarray(self._edges[1:] - self._edges[:-1])

    def sums(self, values: Ints | Flags) -> Ints:
        """The sum over the lines of each document."""
        return np.add.reduceat(values, self.starts, dtype=np.int64)

    def titled(self, titles: Sequence[int | None]) -> Flags:
        """Which lines are titles; `titles[d]` is the number of the title line of document d."""
        wanted = np.array([-1 if number is None else number for number in titles], np.int64)
        return np.asarray(wanted[self.documents] == self.numbers)

    def slices(self) -> Iterator[tuple[int, slice]]:
        """Position of each document that has lines, and where they stand."""
        edges = self._edges.tolist()
        return zip(self.documents[self.starts].tolist(), map(slice, edges, edges[1:]), strict=False)

    def joined(self, documents: int) -> list[str]:
        """The texts of documents 0 to `documents` - 1, in lines; that of a document without lines is empty.

        >>> Lines.of([Line("a", 1, 0), Line("b", 2, 0), Line("c", 1, 2)]).joined(3)
        ['a\\nb', '', 'c']
        """
        texts = [""] * documents
        for document, own in self.slices():
            texts[document] = "\n".join(self.texts[own])
        return texts

    def __len__(self) -> int:
        return len(self._columns.texts if self._at is None else self._at)

    def __iter__(self) -> Iterator[Line]:
        return iter(self[:])

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> list[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | list[Line]:
        if isinstance(at, slice):
            return lines_from(self.texts[at].tolist(), self.numbers[at].tolist(), self.documents[at].tolist())
        return Line(self.texts[at], int(self.numbers[at]), int(self.documents[at]))

    def where(self, which: Flags | Ints) -> Lines:
        """The lines for which a mask holds, or at these places."""
        at = np.asarray(np.flatnonzero(which) if which.dtype == np.bool_ else which, np.int64)
        return Lines(self._columns, self._begun, at if self._at is None else self._at.take(at))

    def parted(self, documents: Set[int]) -> tuple[Lines, Lines]:
        """The lines of these documents, and the others."""
        inside = np.isin(self.documents, np.fromiter(documents, np.int64, len(documents)))
        return self.where(inside), self.where(~inside)

    @staticmethod
    def together(parts: Sequence[Lines]) -> Lines:
        """The inverse of `parted`."""
        columns = [part._whole() for part in parts]
        known = all(own.hashes is not None for own in columns)
        whole = Columns(*map(np.concatenate, zip(*(own if known else own[:-1] for own in columns), strict=True)))
        return Lines(whole, parts[0]._begun, np.argsort(whole.documents, kind="stable"))

    def positions(self, places: Ints) -> Ints:
        """Where in their documents the lines at these places stand."""
        return places - np.searchsorted(self.documents, self.documents[places])

    def places(self, numbers: Sequence[int], documents: Sequence[int]) -> Ints:
        """Where the lines with these numbers stand, as far as they are there."""
        wanted = (np.array(documents, np.int64) << _BITS) + np.array(numbers, np.int64)
        found = np.searchsorted(self._codes, wanted)
        return np.asarray(found[np.append(self._codes, -1)[found] == wanted])

    def named(self, edits: Sequence[Edit]) -> Flags:
        """Which lines are named by edits."""
        result = np.zeros(len(self), np.bool_)
        result[self.places([edit.line for edit in edits], [edit.document for edit in edits])] = True
        return result


def edges(documents: Ints) -> Ints:
    """Where the lines of each document begin, and their number last."""
    # np.diff takes ten times as long for a few lines.
    changes = np.flatnonzero(documents[1:] != documents[:-1]) + 1
    return np.concatenate([np.zeros(min(1, len(documents)), np.int64), changes, [len(documents)]])


def carried_out(lines: Lines, proposed: Iterable[Edit], record: list[Edit]) -> Lines:
    """`apply` to the lines that are named, with the edits put on record. Raises what it raises."""
    edits = list(proposed)
    if not edits:
        return lines
    record += edits
    named = lines.named(edits)
    left = apply(lines.where(named)[:], edits)
    stays = ~named
    if not left:
        return lines.where(stays)
    places = lines.places([line.number for line in left], [line.document for line in left])
    changed = [line.text for line in left]
    whole = lines._whole()
    known = None if whole.hashes is None else _put(whole.hashes, places, fold(changed))
    length = np.fromiter(map(len, map(str.strip, changed)), np.int64, len(left))
    columns = Columns(
        _put(whole.texts, places, changed),
        whole.numbers,
        whole.documents,
        _put(whole.length, places, length),
        _put(whole.origins, places, -1),
        known,
    )
    stays[places] = True
    return Lines(columns, lines._begun).where(stays)


def _put(column: npt.NDArray[Any], places: Ints, values: Any) -> npt.NDArray[Any]:
    column = column.copy()
    column[places] = values
    return column
