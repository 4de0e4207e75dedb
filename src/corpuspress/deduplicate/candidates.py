"""Candidates: the pairs of rows that share enough sampled shingles to be worth an exact look.

An inverted index in three maps over files: `scatter` sorts the sampled hashes of some parts into
partitions by hash, `pair` counts within one partition how many hashes two rows share, `merge` adds the
counts up and keeps the pairs that may be copies. Rows are named by their rank, the best first.

A hash that very many rows share (an agency's closing line, a page met 10,000 times) gives no square of
pairs: each row is paired with the best LINKED of the rows. A keeper is the best of its copies, so it is
among them, and the cost stays linear.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .. import native, parts
from ..engine import Engine
from ..hashing import chained
from ..recipe import Deduplicate
from .rows import NONE, Numbers, Rows, column
from .sketch import BOUND

LINKED = 8
"""Of the rows that share a hash, each is paired with so many of the best."""
ENTRIES = 1 << 20
"""Hashes in a partition at the most, about; results do not depend on it."""
SHARED = 8
"""Few hashes are cut into so many tasks all the same, so that workers end together."""
RUN = 4096
"""Rows whose parts are one task, about: few enough that workers end together."""
SLACK = 0.75
"""A pair is a candidate from this share of what the recipe asks for, less three standard errors."""

EDGES = pa.schema([("better", pa.int32()), ("worse", pa.int32()), ("shared", pa.int32())])


class _Scatter(NamedTuple):
    paths: tuple[str, ...]
    ranks: str
    first: int
    partitions: int
    target: str


class _Pair(NamedTuple):
    scattered: tuple[str, ...]
    partition: int
    target: str


class _Merge(NamedTuple):
    pairs: tuple[str, ...]
    sampled: str
    bar: float
    first: int
    end: int
    target: str


def find(rows: Rows, folder: Path, recipe: Deduplicate, engine: Engine) -> tuple[pa.Table, dict[str, int]]:
    """All candidate pairs (columns EDGES, sorted by `worse`, then `better`), and what was counted on the way."""
    ranks, sampled = folder / "ranks.npy", folder / "sampled.npy"
    np.save(ranks, rows.rank)
    paths, starts = rows.texts.paths, rows.texts.starts
    partitions = tasks(rows.hashes, ENTRIES)
    scatters = [
        _Scatter(paths[first:end], str(ranks), int(starts[first]), partitions, str(folder / f"scatter-{first}"))
        for first, end in groups(starts, RUN)
    ]
    counts = np.zeros(len(rows.row_of), np.int32)
    for path in engine.map(scatter, scatters):
        found = np.load(path)
        counts[found[0]] = found[1]
    np.save(sampled, counts)
    scattered = tuple(task.target for task in scatters)
    pairs = [_Pair(scattered, number, str(folder / f"pairs-{number}")) for number in range(partitions)]
    crowded, found_pairs = (sum(column) for column in zip(*engine.map(pair, pairs), strict=True))
    targets = tuple(task.target for task in pairs)
    merges = [
        _Merge(targets, str(sampled), _bar(recipe), first, end, str(folder / f"edges-{first}"))
        for first, end in _ranges(parts.read(Path(targets[0]))["pair"].to_numpy(), tasks(found_pairs, 4 * ENTRIES))
    ]
    edges = pa.concat_tables([parts.read(Path(path)) for path in engine.map(merge, merges)])
    counted = {"sampled_hashes": rows.hashes, "crowded_hashes": crowded, "candidate_pairs": edges.num_rows}
    return edges.sort_by([("worse", "ascending"), ("better", "ascending")]), counted


def groups(starts: Numbers, rows: int) -> list[tuple[int, int]]:
    """Runs of parts with about so many rows."""
    firsts = np.unique(starts[:-1] // rows, return_index=True)[1].tolist()
    return list(zip(firsts, [*firsts[1:], len(starts) - 1], strict=True))


def tasks(entries: int, most: int) -> int:
    """How many tasks there are for so many entries, of which one takes at `most` so many.

    >>> [tasks(entries, 320) for entries in (9, 10, 70, 640, 6400)]
    [1, 2, 8, 8, 21]
    """
    # A share that is less than a thirty-second of `most` is not worth a task.
    return max(entries // most + 1, min(SHARED, 4 * SHARED * entries // most + 1))


def _ranges(keys: Numbers, number: int) -> Iterator[tuple[int, int]]:
    """Ranges of pairs that hold about as much of these sorted ones each."""
    bounds = np.unique(keys[np.arange(1, number) * len(keys) // number]).tolist() if len(keys) else []
    return pairwise([0, *bounds, np.iinfo(np.int64).max])


def _bar(recipe: Deduplicate) -> float:
    """Containment from which a pair is a candidate; a similarity s needs containment 2 s / (1 + s) or more."""
    return SLACK * min(1.0, recipe.containment, 2 * recipe.similarity / (1 + recipe.similarity))


def scatter(task: _Scatter) -> str:
    """Write the hashes of some parts, one batch a partition; the path of (rank, hashes below the bound)."""
    sketches = [column(path, "sketch") for path in task.paths]
    firsts = np.cumsum([0, *map(len, sketches)])
    ranks = np.load(task.ranks, mmap_mode="r")[task.first :][: firsts[-1]]
    rows = [
        (sketch.values.to_numpy(), sketch.offsets.to_numpy(), ranks[first:end], end - first, task.partitions)
        for sketch, (first, end) in zip(sketches, pairwise(firsts.tolist()), strict=True)
    ]
    stops = np.zeros(task.partitions + 1, np.int64)
    for own in rows:
        _count(*own, stops)
    stops = np.cumsum(stops)
    values, owners = np.empty(stops[-1], np.int64), np.empty(stops[-1], np.int32)
    to, sampled = stops.copy(), np.zeros(len(ranks), np.int32)
    for own, first in zip(rows, firsts, strict=False):
        _scatter(*own, BOUND, to, values, owners, sampled[first:])
    _write_batches(Path(task.target), pa.table({"hash": values, "rank": owners}), stops)
    path = task.target + ".npy"
    ranked = ranks != NONE
    np.save(path, np.stack((ranks[ranked], sampled[ranked])))
    return path


_count = native.function("cp_weighed", np.int64, np.int32, np.int32, int, int, np.int64)
_scatter = native.function(
    "cp_scattered", *(np.int64, np.int32, np.int32, int, int, int, np.int64, np.int64, np.int32, np.int32)
)


def write_partitions(path: Path, table: pa.Table, partitions: int) -> None:
    """Write a table as one file with a batch for each remainder of its column `hash`; in it the order stays."""
    stops = np.array([0, len(table)])
    if partitions > 1:
        # Small numbers are sorted by their digits, in a third of the time.
        where = (table["hash"].to_numpy() % partitions).astype(np.min_scalar_type(partitions))
        order = np.argsort(where, kind="stable")
        table, stops = table.take(order), np.searchsorted(where[order], np.arange(partitions + 1))
    _write_batches(path, table, stops)


def _write_batches(path: Path, table: pa.Table, stops: Numbers) -> None:
    with parts.whole_file(path) as stream, pa.ipc.new_file(stream, table.schema) as writer:
        for first, end in zip(stops[:-1].tolist(), stops[1:].tolist(), strict=True):
            columns = [column.combine_chunks() for column in table.slice(first, end - first).columns]
            writer.write_batch(pa.record_batch(columns, schema=table.schema))


def read_batch(path: str, number: int) -> pa.RecordBatch:
    """One batch of a file, mapped into memory."""
    with pa.memory_map(path) as source:
        return pa.ipc.open_file(source).get_batch(number)


def pair(task: _Pair) -> tuple[int, int]:
    """Write the pairs of rows that share a hash of one partition, with their count.

    Returns how many hashes were crowded (not every pair of their rows was linked), and how many pairs there are.
    """
    batches = [read_batch(path, task.partition) for path in task.scattered]
    hashes = np.concatenate([batch["hash"].to_numpy() for batch in batches])
    ranks = np.concatenate([batch["rank"].to_numpy() for batch in batches])
    found, crowded = linked(hashes, ranks)
    keys, counts = _counted(found)
    parts.write(Path(task.target), pa.table({"pair": keys, "shared": counts.astype(np.int32)}))
    return crowded, len(keys)


def linked(hashes: Numbers, ranks: npt.NDArray[np.int32]) -> tuple[Numbers, int]:
    """(better rank << 32) | worse rank, in any order, once for each hash that the two share and that links them.

    Entry `i` says that the row of this rank has this hash, and no entry stands there twice. Beside the pairs: how many
    hashes were crowded.
    """
    before = chained(hashes)
    pairs, crowded = np.empty(LINKED * np.count_nonzero(before), np.int64), np.empty(1, np.int64)
    count = _linked(ranks, len(ranks), LINKED, before, np.empty(LINKED, np.int32), pairs, crowded)
    return pairs[:count], int(crowded[0])


_linked = native.function("cp_linked", np.int32, int, int, np.uint32, np.int32, np.int64, np.int64)


def _counted(keys: Numbers, weights: Numbers | None = None) -> tuple[Numbers, Numbers]:
    """The distinct keys in rising order, and how often each stands there, or the sum of its weights."""
    if weights is None:
        keys = np.sort(keys)
        weights = np.ones(len(keys), np.int64)
    else:
        # The pairs of each partition are sorted already, and a stable sort takes these runs as they are.
        order = np.argsort(keys, kind="stable")
        keys, weights = keys[order], weights[order]
    first = np.flatnonzero(np.append(True, np.diff(keys) != 0)[: len(keys)])
    return keys[first], np.add.reduceat(weights, first) if len(first) else weights[:0]


def merge(task: _Merge) -> str:
    """Write the candidate pairs of one range; the path of its table."""
    keys, counts = [], []
    for path in task.pairs:
        table = parts.read(Path(path))
        key = table["pair"].to_numpy()
        own = slice(*np.searchsorted(key, (task.first, task.end)))
        keys.append(key[own])
        counts.append(table["shared"].to_numpy()[own].astype(np.int64))
    key, shared = _counted(np.concatenate(keys), np.concatenate(counts))
    better, worse = key >> 32, key & 0xFFFFFFFF
    sampled = np.load(task.sampled, mmap_mode="r")
    size = np.minimum(sampled[better], sampled[worse])
    wanted = size * task.bar - 3 * np.sqrt(size * task.bar * (1 - task.bar))
    kept = shared >= wanted
    columns = [values[kept].astype(np.int32) for values in (better, worse, shared)]
    parts.write(Path(task.target), pa.table([pa.array(column) for column in columns], schema=EDGES))
    return task.target
