"""Parts: what one task leaves for the next, as Arrow files in the run folder.

A part is written aside and renamed, so it is whole or not there. Its name is the digest of all that
it depends on, so the same part serves a build that is resumed and one that is run again.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from . import native
from .errors import storage
from .hashing import addresses
from .model import Edit, Line, lines_from
from .recipe import Recipe

EDIT_FIELDS = [
    pa.field("step", pa.string()),
    pa.field("line", pa.int32()),
    pa.field("rule", pa.string()),
    pa.field("before", pa.string()),
    pa.field("after", pa.string()),
    pa.field("score", pa.float32()),
    pa.field("evidence", pa.string()),
]


NO_COLUMNS = pa.schema([])


class Context(NamedTuple):
    """What every task of a build shares; small and picklable.

    `key` digests code, recipe and the columns that the sources bring (`columns`); `census` is the file
    of recurring lines, once it is taken.
    """

    recipe: Recipe
    folder: Path
    key: str
    columns: pa.Schema = NO_COLUMNS
    census: str | None = None

    def part(self, key: str, kind: str) -> Path:
        """The file of a part: `prepared`, `tally`, `pressed`, `edits`."""
        # Of sixteen folders: to make one costs as much as to write a part.
        return self.folder / (2 * key[0]) / f"{key}.{kind}.arrow"


def leave_pandas_out() -> None:
    """Keep pyarrow from importing pandas, 0.3 s, when the first list becomes an array.

    pyarrow asks once whether pandas is there, to know its types; nothing here uses them. Told no, it
    asks again when somebody wants a data frame.
    """
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas)
        try:
            pa.array([0])
        finally:
            sys.meta_path.remove(_NoPandas)


class _NoPandas:
    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ImportError(name)


def digest(*parts: object) -> str:
    """SHA-256 in hexadecimal over the `repr` of plain values (str, int, bytes, tuples of these)."""
    return hashlib.sha256("\x00".join(map(repr, parts)).encode()).hexdigest()


@cache
def code_digest() -> str:
    """Digest of this package's files and of the libraries whose behaviour shapes a text."""
    from importlib.metadata import version  # workers need neither it nor what it imports

    root = Path(__file__).parent
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        # Of what is compiled the sources count.
        if path.is_file() and path.suffix not in (".pyc", ".html") and path.stem != "compiled":
            whole.update(f"{path.relative_to(root).as_posix()}\x00".encode() + path.read_bytes())
    for library in ("chardetng-py", "ftfy", "langdetect", "numpy", "pyarrow"):
        whole.update(f"{library}=={version(library)}\x00".encode())
    return whole.hexdigest()


@contextmanager
def whole_file(path: Path) -> Iterator[pa.NativeFile]:
    """A file that appears under its name only when it is complete."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with storage(path, "room for the parts of a build"):
            with _created(aside) as stream:
                yield stream
            aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _created(path: Path) -> pa.NativeFile:
    try:
        return pa.output_stream(str(path), None, _BUFFER)
    except FileNotFoundError:  # the first file of its folder
        path.parent.mkdir(parents=True, exist_ok=True)
        return pa.output_stream(str(path), None, _BUFFER)


_BUFFER = 1 << 16  # Arrow writes each column on its own, and most are short


def write(path: Path, table: pa.Table) -> None:
    """One Arrow IPC file with one batch, uncompressed, so that it can be mapped."""
    with whole_file(path) as stream, pa.ipc.new_file(stream, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The table of a part, mapped into memory."""
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    return table.select(list(columns)) if columns else table


def column(table: pa.Table, name: str) -> pa.Array:
    """A column of a part as it is mapped."""
    return array_of(table[name])


def array_of(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Values in one piece; of one chunk `combine_chunks` would make a copy."""
    if isinstance(values, pa.Array):
        return values
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()


def split_lines(texts: Sequence[bytes | None]) -> pa.ListArray:
    """The lines (list<string>) of texts in UTF-8, parted by line feeds; None has no lines.

    Raises OverflowError where there are more than two gigabytes.
    """
    places, sizes = addresses(texts)
    counts = np.empty(len(texts), np.int32)
    _count_lines(places, sizes, len(texts), counts)
    offsets = np.concatenate([[0], counts.cumsum()])
    size = int(np.maximum(sizes, 0).sum() - np.maximum(counts - 1, 0).sum())
    if max(size, offsets[-1]) > np.iinfo(np.int32).max:
        raise OverflowError(f"expected less than two gigabytes of text, found {size:,} bytes")
    lines, ends = np.empty(size, np.uint8), np.empty(offsets[-1] + 1, np.int32)
    _split_lines(places, sizes, len(texts), lines, ends)
    values = pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(lines))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)


_count_lines = native.function("cp_count_lines", np.uintp, np.int64, int, np.int32)
_split_lines = native.function("cp_split_lines", np.uintp, np.int64, int, np.uint8, np.int32)


def lines_table(lines: Sequence[Line], documents: int) -> tuple[pa.ListArray, pa.ListArray]:
    """Numbers (list<int32>) and texts (list<string>) of the lines, one row a document of the batch."""
    columns: Any = zip(*lines, strict=True) if lines else ((), (), ())
    texts, numbers, places = columns
    counts = np.bincount(np.array(places, np.int64), minlength=documents)
    starts = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    return (
        pa.ListArray.from_arrays(starts, pa.array(np.array(numbers, np.int32))),
        pa.ListArray.from_arrays(starts, pa.array(texts, pa.string())),
    )


def places(offsets: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Number within its document, from 1, and position of its document, of each line; `offsets` are those of a list."""
    starts = offsets.to_numpy()
    counts = np.diff(starts)
    numbers = np.arange(1, starts[-1] + 1, dtype=np.int32) - np.repeat(starts[:-1], counts)
    return numbers, np.repeat(np.arange(len(counts)), counts)


def lines_of(numbers: pa.ListArray, texts: pa.ListArray) -> list[Line]:
    """The inverse of `lines_table`."""
    counts = texts.value_lengths().to_numpy()
    documents = np.repeat(np.arange(len(counts)), counts).tolist()
    return lines_from(texts.flatten().to_pylist(), numbers.flatten().to_pylist(), documents)


EDITS = pa.list_(pa.struct(EDIT_FIELDS))
"""Edits by document."""


def edit_columns(edits: Sequence[Edit]) -> list[pa.Array]:
    """The columns EDIT_FIELDS of edits, in their order."""
    columns: Any = zip(*edits, strict=True) if edits else [()] * len(Edit._fields)
    values = dict(zip(Edit._fields, columns, strict=True))
    return [pa.array(values[field.name], field.type) for field in EDIT_FIELDS]


def edits_lists(edits: Iterable[Edit], documents: int) -> pa.ListArray:
    """The edits of each document of a batch, of type EDITS; those of one document stay in their order."""
    rows = sorted(edits, key=lambda edit: edit.document)
    counts = np.bincount(np.array([edit.document for edit in rows], np.int64), minlength=documents)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    values = pa.StructArray.from_arrays(edit_columns(rows), fields=EDIT_FIELDS)
    return pa.ListArray.from_arrays(pa.array(starts), values)


def edits_of(lists: pa.ListArray) -> list[Edit]:
    """The inverse of `edits_lists`."""
    _, documents = places(lists.offsets)
    columns = dict(zip((field.name for field in EDIT_FIELDS), lists.values.flatten(), strict=True))
    values = [columns[name].to_pylist() for name in Edit._fields[:-1]]
    return list(map(Edit._make, zip(*values, documents.tolist(), strict=True)))
