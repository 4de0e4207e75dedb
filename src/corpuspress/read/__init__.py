"""Read: folders, lists, JSON lines, Parquet and archives to sources, in chunks.

`plan` looks at all inputs once and writes the sorted list of sources; `load` reads one chunk of it.
"""

# ruff: noqa: PTH -- pathlib has no paths of bytes, and as text a path depends on the locale

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ..errors import InputError
from ..model import Rejected, Source
from ..recipe import Read
from . import folder, listing
from .names import Name, found, id_of, parse_name

__all__ = ["Chunk", "Name", "Plan", "load", "parse_name", "plan"]


class Chunk(NamedTuple):
    """A range of the sorted inputs: rows `start` to `stop` of the list at `listing`.

    `key` depends on the paths in the chunk and on nothing else: 16 hexadecimal digits.
    """

    number: int
    listing: str
    start: int
    stop: int
    key: str


class Plan(NamedTuple):
    """What there is to read. `columns` are the facts that sources carry, by name, sorted.

    `repeated` are the provenance hashes that stand on more than one source; `unmatched` counts rows of
    the sidecar that describe no source.
    """

    chunks: list[Chunk]
    sources: int
    columns: pa.Schema
    repeated: list[str]
    unmatched: int


def plan(inputs: Sequence[str | Path], recipe: Read, spool: Path, sidecar: Path | None = None) -> Plan:
    """The sources of all inputs in order, cut into chunks; the list is written to the folder `spool`.

    An input is a folder, a text file, a container, or `-` for a list of paths on standard input. Raises
    InputError when an input is missing, or when nothing in them can be taken.
    """
    spool.mkdir(parents=True, exist_ok=True)
    places: list[str] = []
    table = listing.in_order(listing.table_of(_entries(inputs, places, recipe, spool)))
    if not listing.count_taken(table):
        raise _nothing(table, inputs, recipe)
    path = spool / "inputs.arrow"
    listing.write(path, table.drop_columns(["facts"]).to_batches(), listing.SCHEMA.remove(8), places)
    borders = listing.cuts(table)
    chunks = [
        Chunk(number, str(path), start, stop, listing.key(table, start, stop))
        for number, (start, stop) in enumerate(pairwise(borders))
    ]
    return Plan(chunks, table.num_rows, pa.schema([]), listing.repeated(table), 0)


def _entries(inputs: Sequence[str | Path], places: list[str], recipe: Read, spool: Path) -> Iterator[listing.Entry]:
    pattern = re.compile(recipe.pattern)
    for given in inputs:
        if str(given) == "-":
            yield from folder.listed(sys.stdin.buffer.read(), places, pattern)
            continue
        path = Path(given)
        if path.is_dir():
            places.append(os.path.abspath(path))
            yield from folder.walk(path, len(places) - 1, pattern)
        elif path.is_file():
            places.append(os.path.abspath(path.parent))
            yield folder.single(path, len(places) - 1, pattern)
        else:
            raise InputError(
                path,
                expected="a folder, a text file, a container or `-`",
                found="a device, pipe or socket" if path.exists() else "nothing there",
                cure="check the spelling",
            )


def _nothing(table: pa.Table, inputs: Sequence[str | Path], recipe: Read) -> InputError:
    seen = f"{table.num_rows} that cannot be taken" if table.num_rows else "no files"
    if table.num_rows:
        first = table.slice(0, 1).to_pylist()[0]
        seen += f", such as {first['path']!r} ({first['reason']}: {first['detail']})"
    return InputError(
        ", ".join(map(str, inputs)) or "inputs",
        expected=f"at least one source with a name like {recipe.pattern}",
        found=seen,
        cure="name the files so, or set read.pattern in the recipe",
    )


def load(chunk: Chunk, recipe: Read) -> list[Source | Rejected]:
    """The sources of one chunk, in order; one that cannot be taken is a Rejected in its place."""
    rows, places = listing.rows(chunk.listing, chunk.start, chunk.stop)
    return [_load(row, os.fsencode(places[row["place"]]), recipe.max_bytes) for row in rows]


def _load(row: dict[str, Any], place: bytes, limit: int) -> Source | Rejected:
    path = row["path"]
    try:
        data = _read(place, row, limit)
    except OSError as error:
        return Rejected(path=path, reason="unreadable", detail=row["detail"] or str(error.strerror or error))
    if row["reason"]:
        return Rejected(path=path, reason=row["reason"], detail=row["detail"], data=data)
    if data is None:
        detail = f"more than {limit:,} bytes, the most that read.max_bytes allows"
        return Rejected(path=path, reason="too-large", detail=detail)
    if not data:
        return Rejected(path=path, reason="empty", detail="no bytes", data=data)
    return Source(
        path=path,
        id=id_of(path),
        data=data,
        provenance=row["provenance"],
        ordinal=row["ordinal"],
    )


def _read(place: bytes, row: dict[str, Any], limit: int) -> bytes | None:
    if row["reason"] == "unreadable":
        return None
    return _read_file(os.path.join(place, found(row["path"])), limit)


def _read_file(path: bytes, limit: int) -> bytes | None:
    """The bytes of a file; None when there are more than `limit`. Never waits on a pipe or a device."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(number).st_size
        if size > limit:
            return None
        data = os.read(number, size + 1)
        while len(data) <= limit and (more := os.read(number, limit + 1 - len(data))):
            data += more
        return data if len(data) <= limit else None
    finally:
        os.close(number)
