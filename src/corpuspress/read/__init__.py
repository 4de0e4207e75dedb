"""Read: folders, lists, JSON lines, Parquet and archives to sources, in chunks.

`plan` looks at all inputs once and writes the sorted list of sources; `load` reads one chunk of it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputError, storage
from ..model import Rejected, Source
from ..recipe import Read
from . import container, facts, folder, listing, sidecar
from .names import Name, id_of, parse_name

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

    @property
    def sizes(self) -> list[int]:
        """The sources in each chunk."""
        return [chunk.stop - chunk.start for chunk in self.chunks]


def check(inputs: Sequence[str | Path], corpus: Path | None = None) -> None:
    """Raise InputError when an input is missing or is (in) the folder `corpus`: before anything is written."""
    for given in inputs:
        path = Path(given)
        if not str(given):
            raise InputError("inputs", expected="a folder or file", found="an empty name", cure="check the variable")
        if str(given) == "-":
            continue
        if not (path.is_dir() or path.is_file()):
            raise _strange(given)
        if corpus and path.resolve().is_relative_to(corpus.resolve()):
            raise InputError(
                given, expected="sources outside the corpus", found=f"a part of {corpus}", cure="name another folder"
            )


def plan(
    inputs: Sequence[str | Path],
    recipe: Read,
    spool: Path,
    sources: Path | None = None,
    corpus: Path | None = None,
) -> Plan:
    """The sources of all inputs in order, cut into chunks; the list is written to the folder `spool`.

    An input is a folder, a text file, a container, or `-` for a list of paths on standard input; one that
    is given twice counts once. `sources` is a sidecar, `corpus` a folder that is passed over. Raises
    InputError when an input is missing or a container damaged, when nothing in them can be taken, or when
    the sidecar has a fault; StorageError when `spool` cannot be written.
    """
    with storage(spool, "room for the list of sources and the bytes of containers"):
        spool.mkdir(parents=True, exist_ok=True)
        return _plan(inputs, recipe, spool, sources, corpus)


def _plan(inputs: Sequence[str | Path], recipe: Read, spool: Path, sources: Path | None, corpus: Path | None) -> Plan:
    beside = sidecar.load(sources) if sources else None
    places: list[str] = []
    table = pa.concat_tables([listing.table_of([]), *_tables(inputs, places, recipe, spool, corpus)])
    if sources:
        table = _without(table, places, sources.absolute())
    table = listing.in_order(table)
    if not listing.count_taken(table):
        raise _nothing(table, inputs, recipe)
    unmatched = 0
    if beside:
        table, unmatched = _described(table, beside)
    columns = facts.schema_of(_each(table["facts"]))
    path = spool / "inputs.arrow"
    listing.write(path, table, columns, places)
    chunks = [
        Chunk(number, str(path), start, stop, listing.key(table, start, stop))
        for number, (start, stop) in enumerate(pairwise(listing.cuts(table)))
    ]
    return Plan(chunks, table.num_rows, columns, listing.repeated(table), unmatched)


def _tables(
    inputs: Sequence[str | Path], places: list[str], recipe: Read, spool: Path, corpus: Path | None
) -> Iterator[pa.Table]:
    pattern = re.compile(recipe.pattern)
    passed = os.fsencode(corpus.resolve()) if corpus else None
    paths = dict.fromkeys("-" if str(given) == "-" else str(Path(given).absolute()) for given in inputs)
    for number, given in enumerate(paths):
        path = Path(given)
        if str(given) == "-":
            yield folder.table_of(folder.listed(sys.stdin.buffer.read(), places), pattern)
        elif path.is_dir():
            places.append(str(path))
            yield folder.table_of(folder.walk(path, len(places) - 1, passed), pattern)
        elif path.is_file() and container.is_container(path):
            places.append(str(spool.absolute() / f"input-{number}.data"))
            yield listing.table_of(container.entries(path, Path(places[-1]), len(places) - 1, recipe))
        elif path.is_file():
            places.append(str(path.parent))
            yield folder.table_of([folder.single(path, len(places) - 1)], pattern)
        else:
            raise _strange(given)


def _strange(given: str | Path) -> InputError:
    return InputError(
        given,
        expected="a folder, a text file, a container or `-`",
        found="a device, pipe or socket" if Path(given).exists() else "nothing there",
        cure="check the spelling",
    )


def _without(table: pa.Table, places: Sequence[str], path: Path) -> pa.Table:
    """The list less the file at `path`: the sidecar often lies beside the texts, and is not one of them."""
    for number, place in enumerate(places):
        if path.is_relative_to(place):
            is_named = pc.equal(table["path"], path.relative_to(place).as_posix())
            is_file = pc.and_(pc.equal(table["place"], number), pc.equal(table["offset"], listing.FILE))
            table = table.filter(pc.invert(pc.and_(is_named, is_file)))
    return table


def _each(facts: pa.ChunkedArray) -> Iterator[bytes]:
    for batch in facts.drop_null().chunks:
        for start in range(0, len(batch), 8192):
            yield from batch.slice(start, 8192).to_pylist()


def _described(table: pa.Table, beside: sidecar.Sidecar) -> tuple[pa.Table, int]:
    """The list with the facts of the sidecar, and how many rows of the sidecar describe no source."""
    position = sidecar.match(beside, table["path"].combine_chunks(), table["provenance"].combine_chunks())
    told = beside.facts.take(position)
    own = table["facts"].combine_chunks()
    if own.null_count < len(own):
        told = pa.array(map(facts.merged, own.to_pylist(), told.to_pylist()), pa.large_binary())
    table = table.set_column(table.schema.get_field_index("facts"), "facts", told)
    return table, len(beside.facts) - len(pc.unique(position.drop_null()))


def _nothing(table: pa.Table, inputs: Sequence[str | Path], recipe: Read) -> InputError:
    seen = f"{table.num_rows:,} that cannot be taken" if table.num_rows else "no files"
    if table.num_rows:
        first = table.slice(0, 1).to_pylist()[0]
        seen += f", such as {first['path']!r} ({first['reason']}: {first['detail']})"
    return InputError(
        ", ".join(map(str, inputs)) or "inputs",
        expected=f"at least one source with a name like {recipe.pattern}",
        found=seen,
        cure="name the sources so, or change the section `read` of the recipe",
    )


def load(chunk: Chunk, recipe: Read) -> list[Source | Rejected]:
    """The sources of one chunk, in order; one that cannot be taken is a Rejected in its place."""
    rows, named = listing.rows(chunk.listing, chunk.start, chunk.stop)
    places = [os.fsencode(place) for place in named]
    return [_load(row, places[row.place], recipe.max_bytes) for row in rows]


def _load(row: listing.Row, place: bytes, limit: int) -> Source | Rejected:
    path, reason, detail = row.path, row.reason, row.detail
    try:
        data = _read(row, place, limit)
    except OSError as error:
        return Rejected(path=path, reason=reason or "unreadable", detail=detail or str(error.strerror or error))
    if not reason and data is None:
        reason, detail = "too-large", folder.too_large(limit)
    elif not reason and not data:
        reason, detail = "empty", "no bytes"
    if reason or data is None:
        return Rejected(path=path, reason=reason, detail=detail, data=data)
    return Source(
        path=path,
        id=id_of(path),
        data=data,
        provenance=row.provenance or "",
        ordinal=row.ordinal,
        encoding_hint=row.hint or row.facts.get(facts.HINT),
        facts=row.facts,
    )


def _read(row: listing.Row, place: bytes, limit: int) -> bytes | None:
    if row.offset == listing.NO_BYTES:
        return None
    if row.offset == listing.FILE:
        return folder.read(place, row.path, limit, row.size)
    return folder.read_part(place, row.offset, row.size)
