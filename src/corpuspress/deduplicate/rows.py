"""The rows of all parts, as arrays of a few bytes a row: who is best, and who is the exact copy of whom."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from struct import unpack
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .. import parts
from ..recipe import Deduplicate

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NONE = -1


class Texts(NamedTuple):
    """Texts of rows, read from the files of the parts one by one.

    `starts` are the first row of each part, and the number of rows last; `places`, of shape (parts, 2), say where in
    its file the ends of its texts stand, and where the texts. They are read, not mapped: with each mapped text come
    64 KB of its neighbours, and a process soon seems to hold all parts.
    """

    paths: tuple[str, ...]
    starts: Numbers
    places: Numbers

    def __call__(self, row: int) -> str:
        """The text of a row."""
        part = int(np.searchsorted(self.starts, row, side="right")) - 1
        ends, texts = self.places[part].tolist()
        with FileIO(self.paths[part]) as file:
            first, end = unpack("<2i", os.pread(file.fileno(), 8, ends + 4 * (row - int(self.starts[part]))))
            return os.pread(file.fileno(), end - first, texts + first).decode()


class _Opened(NamedTuple):
    """A part mapped into memory, and where in its file the ends of its texts and the texts stand."""

    table: pa.Table
    texts: tuple[int, int]


def _opened(path: str | Path) -> _Opened:
    with pa.memory_map(str(path)) as source:
        begin = source.read_buffer(1).address
        table = pa.ipc.open_file(source).read_all()
    _, ends, texts = parts.array_of(table["text"]).buffers()
    return _Opened(table, (ends.address - begin, texts.address - begin))


class Rows(NamedTuple):
    """All rows, in the order of the parts.

    `hashes` are so many in all sketches. `fixed` marks rows that an earlier release published: they
    stay. `rank` orders the rows that are compared, 0 the best, NONE for the others; `row_of` is its
    inverse. `leader` is the best of the rows with the same folded text (often the row itself), NONE for
    rejected rows.
    """

    texts: Texts
    ids: pa.Array
    hashes: int
    fixed: Flags
    rank: npt.NDArray[np.int32]
    row_of: Numbers
    leader: Numbers


def load(paths: Sequence[Path], recipe: Deduplicate, published: Path | None = None) -> Rows:
    """The rows of these parts. `published` is an Arrow file whose column `id` names what must stay."""
    opened = [_opened(path) for path in paths]
    starts = np.concatenate(([0], np.cumsum([part.table.num_rows for part in opened], dtype=np.int64)))
    texts = Texts(tuple(map(str, paths)), starts, np.array([part.texts for part in opened], np.int64))
    table = _facts([part.table for part in opened])
    accepted = table["accepted"].to_numpy()
    fixed = np.zeros(len(accepted), bool)
    if published is not None:
        fixed = pc.is_in(table["id"], parts.read(published, ["id"])["id"].combine_chunks()).to_numpy()
    order = _best_first(table, fixed, recipe)
    order = order[accepted[order]]
    leader = _leaders(table["fold_digest"], order, fixed)
    compared = order[leader[order] == order]
    if published is not None:
        compared = compared[_first_of_digest(table["fold_digest"], compared)]
    rank = np.full(len(accepted), NONE, np.int32)
    rank[compared] = np.arange(len(compared))
    hashes = sum(len(parts.column(part.table, "sketch").flatten()) for part in opened)
    ids = parts.array_of(table["id"])
    return Rows(texts, ids, hashes, fixed, rank, compared, leader)


_FACTS = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("published", pa.date32()),
        ("site", pa.string()),
        ("fold_digest", pa.binary(16)),
        ("chars", pa.int64()),
        ("accepted", pa.bool_()),
    ]
)


def _facts(tables: Sequence[pa.Table]) -> pa.Table:
    """The columns _FACTS of all parts: what ranks a row, copied out of the mapped files."""
    named = [name for name in (*_FACTS.names, "rejected_reason", "text") if tables and name in tables[0].column_names]
    chosen = [table.select(named) for table in tables]
    table = pa.concat_tables(chosen, promote_options="default") if tables else _FACTS.empty_table()
    columns: dict[str, Any] = {name: table[name] for name in _FACTS.names if name in table.column_names}
    if "accepted" not in columns and "rejected_reason" in named:
        columns["accepted"] = table["rejected_reason"].is_null()
    elif "accepted" not in columns:
        columns["accepted"] = np.ones(table.num_rows, bool)
    if "chars" not in columns:
        columns["chars"] = pc.utf8_length(table["text"])
    for field in _FACTS:
        columns.setdefault(field.name, pa.nulls(table.num_rows, field.type))
    return pa.table([columns[field.name] for field in _FACTS], names=_FACTS.names).cast(_FACTS).combine_chunks()


def column(path: str | Path, name: str) -> pa.Array:
    """One column of a part, left where it is mapped."""
    return parts.column(parts.read(Path(path)), name)


def _best_first(table: pa.Table, fixed: Flags, recipe: Deduplicate) -> Numbers:
    """All rows by the rule of the keeper.

    What stands in an earlier release, then the preferred site, the longest text, the earliest day of
    publication (unknown last), the lowest source, the lowest id.
    """
    sites = {site: place for place, site in enumerate(recipe.prefer)}
    place = np.full(table.num_rows, len(sites))
    if sites:
        found = pc.index_in(table["site"], pa.array(list(sites))).combine_chunks()
        place = found.fill_null(len(sites)).to_numpy(zero_copy_only=False)
    day = table["published"].cast(pa.int32()).fill_null(np.iinfo(np.int32).max).to_numpy()
    names = np.empty(table.num_rows, np.int64)
    keys = [("source", "ascending"), ("id", "ascending")]
    names[pc.sort_indices(table, sort_keys=keys).to_numpy()] = np.arange(table.num_rows)
    return np.lexsort((names, day, -table["chars"].fill_null(0).to_numpy(), place, ~fixed))


def _leaders(digests: pa.ChunkedArray, order: Numbers, fixed: Flags) -> Numbers:
    """For each row the best row with the same digest; a fixed row leads itself; NONE outside `order`."""
    leader = np.full(len(fixed), NONE, np.int64)
    keys = _words(digests)[:, order]
    by_digest = np.lexsort((np.arange(len(order)), *keys))
    new = np.append(True, (np.diff(keys[:, by_digest]) != 0).any(axis=0))[: len(order)]
    first = order[by_digest[new]]
    leader[order[by_digest]] = np.repeat(first, np.diff(np.append(np.flatnonzero(new), len(order))))
    kept = np.flatnonzero(fixed & (leader != NONE))
    leader[kept] = kept
    return leader


def _first_of_digest(digests: pa.ChunkedArray, order: Numbers) -> Flags:
    _, first = np.unique(_words(digests)[:, order], axis=1, return_index=True)
    return np.isin(np.arange(len(order)), first)


def _words(digests: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Two numbers a digest, zero where there is none."""
    if not len(digests):
        return np.zeros((2, 0), np.uint64)
    whole = parts.array_of(digests.fill_null(bytes(16)))
    return np.frombuffer(whole.buffers()[1], np.uint64)[2 * whole.offset :][: 2 * len(whole)].reshape(-1, 2).T
