"""In how many sources, and on how many sites, each line stands.

Evidence for the decision about a line, never a verdict: a sentence of a wire story recurs as well.
Two phases: `tally` counts one chunk, `merge` adds chunks up, a range of hashes at a time, so that
memory stays flat. Counts are sums, so neither order nor size of the chunks can show.

Numbers go to Arrow and back by their buffers: `pyarrow.array` on a list and `to_numpy` import pandas where there is
one, which takes 0.3 seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..hashing import Int64, repeated
from .hashes import NOWHERE, fold

__all__ = ["NOWHERE", "Census", "fold", "load", "merge", "rounded", "table_of", "tally"]

_POWERS = 10 ** np.arange(18)
_RANGE = 500_000  # rows merged at a time, some 50 MB
_SCHEMA = pa.schema([("hash", pa.int64()), ("site", pa.int64()), ("sources", pa.int64())])


class Census(NamedTuple):
    """Recurring lines: `hashes` (sorted), and for each the number of sources and of known sites, `rounded`.

    `main` is the position in `names` of the site that has it most often, -1 where no site is known.
    """

    hashes: Int64
    sources: Int64
    sites: Int64
    main: Int64
    names: tuple[str, ...]

    def lookup(self, hashes: Int64) -> Int64:
        """The number of sources of each line, by its hash; 0 where it does not recur."""
        # Place -1 is the zero put at the end.
        return np.asarray(np.append(self.sources, 0)[self._places(hashes)])

    def evidence(self, hashes: Int64) -> list[str]:
        """What is known of each line, in words: "in 8 sources of www.example.org"; "" for nothing."""
        places, which = np.unique(self._places(hashes), return_inverse=True)
        told = list(map(self.said, places.tolist()))
        return [told[at] for at in which.reshape(-1).tolist()]

    def said(self, place: int) -> str:
        """The same of the line at a place, -1 for none."""
        if place < 0:
            return ""
        sources, sites, main = (int(column[place]) for column in (self.sources, self.sites, self.main))
        said = f"in {_about(sources)} sources"
        if main < 0:
            return said
        site = self.names[main]
        return f"{said} of {site}" if sites == 1 else f"{said} of {_about(sites)} sites, most often {site}"

    def among(self, hashes: Int64) -> Census:
        """The part of it that speaks of lines with these hashes."""
        places = self._places(hashes)
        places = np.unique(places[places >= 0])
        used, main = np.unique(self.main[places], return_inverse=True)
        names = tuple(self.names[at] for at in used if at >= 0)
        shifted = main - int(bool(used.size and used[0] < 0))
        own, sources, sites = (column[places] for column in (self.hashes, self.sources, self.sites))
        return Census(own, sources, sites, shifted.astype(np.int64).reshape(-1), names)

    def digest(self) -> str:
        """SHA-256 of all it holds, in hexadecimal."""
        whole = hashlib.sha256(json.dumps(self.names).encode())
        for column in self[:4]:
            whole.update(np.ascontiguousarray(column).astype("<i8").tobytes())
        return whole.hexdigest()

    def _places(self, hashes: Int64) -> Int64:
        places = np.full(len(hashes), -1, np.int64)
        # Most lines do not recur: only those whose lowest bits are those of one that does are searched for.
        likely = np.zeros(1 << 16, np.bool_)
        likely[self.hashes & 0xFFFF] = True
        some = np.flatnonzero(likely[hashes & 0xFFFF] & (hashes != NOWHERE))
        at = np.searchsorted(self.hashes, hashes[some])
        places[some] = np.where(np.append(self.hashes, NOWHERE)[at] == hashes[some], at, -1)
        return places


def tally(hashes: Int64, documents: Int64, sites: Sequence[str | None]) -> pa.Table:
    """How many sources of a chunk hold each line: columns `hash`, `site`, `sources`, sorted by the first two.

    `hashes` are those of the lines by `fold`, `documents` their positions in the chunk, ascending, and
    `sites[d]` the site of document d, where it is known; the table's metadata names the sites.
    """
    counted = hashes != NOWHERE
    hashes, documents = hashes[counted], documents[counted]
    # Stable: the lines of one hash stay in the order of their documents.
    order = np.argsort(hashes, kind="stable")
    hashes, documents = hashes[order], documents[order]
    first = _changes(hashes) | _changes(documents)
    hashes, documents = hashes[first], documents[first]
    names = {_site(site): site for site in sorted({site for site in sites if site})}
    of_document = np.array([_site(site) if site else NOWHERE for site in sites], np.int64)
    rows = _added(hashes, of_document[documents] if len(sites) else documents, np.ones(len(hashes), np.int64))
    schema = _SCHEMA.with_metadata({"sites": json.dumps({str(key): name for key, name in names.items()})})
    return pa.Table.from_arrays(list(map(_number_array, rows)), schema=schema)


def merge(tallies: Sequence[Path], least: int) -> Census:
    """The census of all chunks, from the Arrow files of their tallies: lines in at least `least` sources."""
    tables = [_open(path) for path in tallies]
    names: dict[int, str] = {}
    for table in tables:
        told = (table.schema.metadata or {}).get(b"sites", b"{}")
        names.update((int(key), name) for key, name in json.loads(told).items())
    several = [_recurring(*part, least) for part in _ranges(tables, least)]
    hashes, sources, sites, main = (np.concatenate([part[at] for part in several]) for at in range(4))
    keys = sorted(set(main.tolist()) - {NOWHERE}, key=lambda key: names[key])
    place = {key: at for at, key in enumerate(keys)} | {NOWHERE: -1}
    main = np.array([place[key] for key in main.tolist()], np.int64)
    return Census(hashes, sources, sites, main, tuple(names[key] for key in keys))


def _about(count: int) -> str:
    return str(count) if count < 10 else f"at least {count}"


def table_of(census: Census) -> pa.Table:
    """The census as a table, to be written as one Arrow file; `load` reads it."""
    columns = [_number_array(values) for values in census[:4]]
    metadata = {"names": json.dumps(census.names)}
    return pa.Table.from_arrays(columns, Census._fields[:4]).replace_schema_metadata(metadata)


def load(path: Path) -> Census:
    """A census from its file."""
    table = _open(path)
    hashes, sources, sites, main = (_numbers(table.column(name)) for name in Census._fields[:4])
    return Census(hashes, sources, sites, main, tuple(json.loads(table.schema.metadata[b"names"])))


def _site(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little", signed=True)


def _open(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _ranges(tables: Sequence[pa.Table], least: int) -> Iterator[tuple[Int64, Int64, Int64]]:
    """All rows, a range of hashes at a time; each table is sorted, so a range of it is a slice.

    Rows of lines that are surely in fewer than `least` sources are left out.
    """
    count = 1 + sum(table.num_rows for table in tables) // _RANGE
    columns = [[_numbers(table.column(name)) for name in _SCHEMA.names] for table in tables]
    edges = [-(2**63) + (2**64 * at) // count for at in range(1, count)]
    cuts = [np.array([0, *np.searchsorted(column[0], edges), len(column[0])]) for column in columns]
    for part in range(count):
        slices = [
            [column[cut[part] : cut[part + 1]] for column in three] for three, cut in zip(columns, cuts, strict=True)
        ]
        empty = np.zeros(0, np.int64)
        hashes, sites, sources = (np.concatenate([empty, *(three[at] for three in slices)]) for at in range(3))
        # Most lines stand in one source: without them there is little to sort.
        many = repeated(hashes) | (sources >= least)
        yield _added(hashes[many], sites[many], sources[many])


def _added(hashes: Int64, sites: Int64, sources: Int64) -> tuple[Int64, Int64, Int64]:
    """Sums of `sources` by hash and site, sorted by these."""
    # Where no site is known, which is often, a chunk has its rows in order already.
    order = np.lexsort((sites, hashes)) if (sites != sites[:1]).any() else np.argsort(hashes, kind="stable")
    hashes, sites, sources = hashes[order], sites[order], sources[order]
    starts = np.flatnonzero(_changes(hashes) | _changes(sites))
    return hashes[starts], sites[starts], _sums(sources, starts)


def _recurring(hashes: Int64, sites: Int64, sources: Int64, least: int) -> tuple[Int64, Int64, Int64, Int64]:
    """Hash, sources, sites and main site of each line in at least `least` sources."""
    starts = np.flatnonzero(_changes(hashes))
    total = _sums(sources, starts)
    rows = np.repeat(total >= least, np.diff(starts, append=len(hashes)))
    hashes, sites, sources, total = hashes[rows], sites[rows], sources[rows], total[total >= least]
    starts = np.flatnonzero(_changes(hashes))
    known = _sums((sites != NOWHERE).astype(np.int64), starts)
    # By sources within a line, sites that are not known last: the first row is then the main site.
    order = np.lexsort((sites, -sources, sites == NOWHERE, hashes))
    return hashes[starts], rounded(total), rounded(known), sites[order][starts]


def rounded(counts: Int64) -> Int64:
    """Counts rounded down to one digit that is not zero.

    A line in 378 sources is no other evidence than one in 379: a source more must not touch the edits
    of all the others (law 5), nor the parts they are kept in.

    >>> rounded(np.array([0, 7, 10, 19, 378])).tolist()
    [0, 7, 10, 10, 300]
    """
    scale = 10 ** np.maximum(np.searchsorted(_POWERS, counts, "right") - 1, 0)
    return np.asarray(counts // scale * scale, np.int64)


def _changes(values: Int64) -> npt.NDArray[np.bool_]:
    return np.concatenate([np.ones(min(1, len(values)), bool), values[1:] != values[:-1]])


def _sums(values: Int64, starts: Int64) -> Int64:
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0, np.int64)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A column of int64 without nulls."""
    parts = [
        np.frombuffer(chunk.buffers()[1], np.int64)[chunk.offset :][: len(chunk)]
        for chunk in column.chunks
        if len(chunk)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.int64), *parts])


def _number_array(values: npt.NDArray[np.int64]) -> pa.Array:
    """The inverse of `_numbers`, for one array."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])
