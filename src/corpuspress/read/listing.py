"""The list of all inputs: one row a source, sorted by path, cut into chunks, kept as one Arrow file.

The list is written once by `plan` and memory-mapped by every worker, so that a chunk is a handful of
values, however many sources there are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from . import facts
from .names import id_of

One = TypeVar("One")

MIN_SOURCES = 64
MAX_SOURCES = 1024
MAX_BYTES = 64_000_000
"""A chunk is closed before it holds more bytes than this, so that memory does not follow the largest files."""

_CUT = 448  # one path in 448 may end a chunk: with the smallest chunk before it, 450 sources on average
_BATCH = 8192
_FACT = "fact:"

FILE, NO_BYTES = -1, -2


class Entry(NamedTuple):
    """One source before it is read.

    `place` is the position in the list of places, `offset` the position in a spooled container or one
    of FILE and NO_BYTES, `size` in bytes (-1: not known), `hint` the encoding where the bytes are our
    own, `reason` why it cannot be taken (empty: it can), `facts` the other columns of a row as a JSON
    object.
    """

    path: str
    place: int
    offset: int = FILE
    size: int = -1
    hint: str | None = None
    provenance: str | None = None
    ordinal: str | None = None
    reason: str = ""
    detail: str = ""
    facts: bytes | None = None


# Large types: the offsets of the small ones end at 2 GB, which paths of some 20 million sources reach.
SCHEMA = pa.schema(
    [
        ("path", pa.large_string()),
        ("place", pa.int32()),
        ("offset", pa.int64()),
        ("size", pa.int64()),
        ("hint", pa.large_string()),
        ("provenance", pa.large_string()),
        ("ordinal", pa.large_string()),
        ("reason", pa.large_string()),
        ("detail", pa.large_string()),
        ("facts", pa.large_binary()),
    ]
)


def table_of(entries: Iterable[Entry]) -> pa.Table:
    """The entries as a table in the order given."""
    batches = (batch(dict(zip(Entry._fields, zip(*rows, strict=True), strict=True))) for rows in batched(entries))
    return pa.Table.from_batches(batches, SCHEMA)


def batched(rows: Iterable[One]) -> Iterator[list[One]]:
    """The rows, so many at a time that their values in Python take little memory."""
    rows = iter(rows)
    while some := list(islice(rows, _BATCH)):
        yield some


def batch(columns: Mapping[str, Sequence[Any]]) -> pa.RecordBatch:
    """Entries by column; one that is not given is as Entry has it."""
    count = len(columns["path"])
    arrays = [
        pa.array(columns[name], kind)
        if name in columns
        else pa.repeat(pa.scalar(Entry._field_defaults[name], kind), count)
        for name, kind in zip(SCHEMA.names, SCHEMA.types, strict=True)
    ]
    return pa.record_batch(arrays, schema=SCHEMA)


def in_order(table: pa.Table) -> pa.Table:
    """Sorted by path, by code point; a second source with the id of an earlier one is marked `id-taken`.

    Equal paths stay in the order of the inputs. Sources refused for another reason take no id.
    """
    # UTF-8 bytes, which Arrow compares, sort as code points do.
    table = table.take(pc.sort_indices(table, sort_keys=[("path", "ascending")])).combine_chunks()
    paths = table["path"].to_pylist()
    ids = list(map(id_of, paths))
    if len(set(ids)) == len(ids):
        return table
    reasons, details, taken = table["reason"].to_pylist(), table["detail"].to_pylist(), dict[str, str]()
    for row, path in enumerate(paths):
        if not reasons[row]:
            first = taken.setdefault(ids[row], path)
            if first is not path:
                reasons[row] = "id-taken"
                details[row] = f"the id is that of an earlier source, {first}; rename one of the two"
    for name, values in ("reason", reasons), ("detail", details):
        table = table.set_column(SCHEMA.get_field_index(name), name, pa.array(values, pa.large_string()))
    return table


def cuts(table: pa.Table) -> list[int]:
    """Where chunks begin, and the end: row numbers, ascending.

    Whether a chunk may end after a source is told by a hash of its path, so that new sources move the
    borders next to them and no others.
    """
    rows = table.num_rows
    held = np.concatenate([[0], np.maximum(table["size"].to_numpy(), 0).cumsum()])  # bytes before each row
    ends = np.concatenate([[0], *map(_ends, _paths(table))]).nonzero()[0]
    borders = [0]
    while borders[-1] < rows:
        begin = borders[-1]
        full = int(held.searchsorted(held[begin] + MAX_BYTES, "right")) - 1
        stop = min(max(full, begin + 1), begin + MAX_SOURCES, rows)
        borders.append(min([stop, *ends[ends.searchsorted(begin + MIN_SOURCES) :][:1].tolist()]))
    return borders


def _paths(table: pa.Table) -> Iterator[list[str]]:
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield batch.column("path").to_pylist()


def _ends(paths: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Whether a chunk may end after each of the paths."""
    digests = []
    for path in paths:
        digest = _EMPTY.copy()  # half as dear as to begin one
        digest.update(path.encode())
        digests.append(digest.digest())
    return np.asarray(np.frombuffer(b"".join(digests), ">u4") % _CUT == 0)


_EMPTY = hashlib.blake2b(digest_size=4)


def key(table: pa.Table, start: int, stop: int) -> str:
    """A name for a chunk that depends on the paths in it and on nothing else; 16 hexadecimal digits."""
    paths = table["path"].slice(start, stop - start).to_pylist()
    return hashlib.blake2b("\0".join(paths).encode(), digest_size=8).hexdigest()


def repeated(table: pa.Table) -> list[str]:
    """The provenance hashes that stand on more than one source, sorted."""
    hashes = table["provenance"].combine_chunks().drop_null()
    values, counts = pc.value_counts(hashes.filter(pc.not_equal(hashes, ""))).flatten()
    return sorted(values.filter(pc.greater(counts, 1)).to_pylist())


def write(path: Path, table: pa.Table, columns: pa.Schema, places: Sequence[str]) -> None:
    """The list as an Arrow file, with the places in its metadata; written aside, then renamed.

    The facts become columns of their own, of the types of `columns`, behind the others.
    """
    plain = SCHEMA.remove(SCHEMA.get_field_index("facts"))
    columns = pa.schema([field.with_name(_FACT + field.name) for field in columns])
    schema = pa.schema([*plain, *columns]).with_metadata({"places": json.dumps(list(places))})
    aside = path.with_suffix(".part")
    with pa.OSFile(str(aside), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for start in range(0, table.num_rows, _BATCH):
            rows = table.slice(start, _BATCH).combine_chunks()
            arrays = rows.drop_columns(["facts"]).columns
            if columns.names:
                values = facts.unpacked(rows["facts"].to_pylist(), columns, _FACT)
                arrays += pa.Table.from_pylist(values, columns).columns
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    aside.replace(path)


class Row(NamedTuple):
    """An entry as the list has it: `facts` are the columns beside its own that say something of this source."""

    path: str
    place: int
    offset: int
    size: int
    hint: str | None
    provenance: str | None
    ordinal: str | None
    reason: str
    detail: str
    facts: dict[str, Any]


def rows(path: str, start: int, stop: int) -> tuple[list[Row], list[str]]:
    """Rows `start` to `stop` of the list, and the places."""
    with pa.memory_map(path) as source, pa.ipc.open_file(source) as reader:
        places = json.loads(reader.schema.metadata[b"places"])
        # All batches but the last have the same number of rows.
        wanted = range(start // _BATCH, -(-stop // _BATCH))
        table = pa.Table.from_batches([reader.get_batch(number) for number in wanted], reader.schema)
        found = table.slice(start - wanted.start * _BATCH, stop - start)
        own = [found[name].to_pylist() for name in Row._fields[:-1]]
        facts = _facts(found.drop_columns(list(Row._fields[:-1])))
    return list(map(Row._make, zip(*own, facts, strict=True))), places


def _facts(table: pa.Table) -> list[dict[str, Any]]:
    names = [name.removeprefix(_FACT) for name in table.column_names]
    if not names:
        return [{} for _ in range(table.num_rows)]
    values = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return [{name: value for name, value in zip(names, row, strict=True) if value is not None} for row in values]


def count_taken(table: pa.Table) -> int:
    """How many sources can be read as far as the list knows."""
    return int(np.count_nonzero(pc.equal(table["reason"], "").to_numpy()))
