"""Passages: paragraphs that stand in many of the kept documents."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .. import native, parts
from ..engine import Engine
from ..errors import storage
from ..hashing import encoded, repeated
from .candidates import ENTRIES, RUN, groups, read_batch, write_partitions
from .resolve import Decided
from .rows import Flags, Numbers, Texts, column

SHORTEST = 60
"""Characters of the shortest paragraph that counts; shorter lines are the census's business."""


class Passage(NamedTuple):
    """A paragraph, the number of kept documents that hold it, and the first of them."""

    documents: int
    id: str
    text: str


class _Scatter(NamedTuple):
    paths: tuple[str, ...]
    decisions: str
    first: int
    partitions: int
    target: str


class _Count(NamedTuple):
    scattered: tuple[str, ...]
    partition: int
    fewest: int
    target: str


def passages(
    decided: Decided, folder: Path, engine: Engine, *, fewest: int = 5, most: int = 100
) -> Callable[[], list[Passage]]:
    """Begin to look for passages; what it returns gives them, once: workers are under way meanwhile.

    They are the `most` most frequent paragraphs that stand in at least `fewest` kept documents, the most frequent
    first; equal counts are ordered by their text. `decided` is what `resolve` gave.
    """
    work = folder / "passages"
    shutil.rmtree(work, ignore_errors=True)
    with storage(work, "room for the parts of a build"):
        work.mkdir(parents=True)
    paths, starts = decided.texts.paths, decided.texts.starts
    partitions = int(starts[-1]) * 16 // ENTRIES + 1
    tasks = [
        _Scatter(paths[first:end], str(decided.path), int(starts[first]), partitions, str(work / f"lines-{first}"))
        for first, end in groups(starts, 2 * RUN)
    ]
    scattering = engine.map(scatter_lines, tasks)

    def found() -> list[Passage]:
        list(scattering)
        scattered = tuple(task.target for task in tasks)
        counts = [_Count(scattered, number, fewest, str(work / f"counts-{number}")) for number in range(partitions)]
        tables = [parts.read(Path(path)) for path in engine.map(count_lines, counts)]
        told = _named(pa.concat_tables(tables), most, decided.texts)
        shutil.rmtree(work)
        return told

    return found


def scatter_lines(task: _Scatter) -> str:
    """Write (hash, row) of each paragraph of the kept documents of some parts, one batch a partition; the path."""
    decided = parts.read(Path(task.decisions))
    kept = pc.and_(pc.is_valid(decided["cluster"]), pc.is_null(decided["kept_id"]))
    hashes, rows, first = [], [], task.first
    for path in task.paths:
        texts = column(path, "text")
        own, places = paragraphs(texts, kept.slice(first, len(texts)).to_numpy())
        hashes.append(own)
        rows.append(places + first)
        first += len(texts)
    table = pa.table({"hash": np.concatenate(hashes), "row": np.concatenate(rows)})
    write_partitions(Path(task.target), table, task.partitions)
    return task.target


def paragraphs(texts: Sequence[str] | pa.Array, wanted: Flags) -> tuple[Numbers, Numbers]:
    """The hash of each paragraph of the texts that are wanted, and the place of its text, in order."""
    data, starts = encoded(texts)
    hashes, places = np.empty((2, len(data) // SHORTEST), np.int64)
    count = _hashed_lines(data, starts, len(texts), wanted.view(np.uint8), SHORTEST, hashes, places)
    return hashes[:count], places[:count]


_hashed_lines = native.function("cp_paragraphs", np.uint8, np.int64, int, np.uint8, int, np.int64, np.int64)


def count_lines(task: _Count) -> str:
    """Write the frequent paragraphs of one partition: hash, number of documents, first row; the path."""
    batches = [read_batch(path, task.partition) for path in task.scattered]
    hashes, rows = (np.concatenate([batch[name].to_numpy() for batch in batches]) for name in ("hash", "row"))
    if task.fewest > 1:  # most paragraphs are of one row: without them there is little to sort
        twice = repeated(hashes)
        hashes, rows = hashes[twice], rows[twice]
    order = np.argsort(hashes, kind="stable")
    hashes, rows = hashes[order], rows[order]
    new = np.append(True, (np.diff(hashes) != 0) | (np.diff(rows) != 0))[: len(hashes)]
    hashes, rows = hashes[new], rows[new]
    first = np.flatnonzero(np.append(True, np.diff(hashes) != 0)[: len(hashes)])
    counts = np.diff(np.append(first, len(hashes)))
    kept = counts >= task.fewest
    table = {"hash": hashes[first][kept], "documents": counts[kept], "row": rows[first][kept]}
    parts.write(Path(task.target), pa.table(table))
    return task.target


def _named(found: pa.Table, most: int, texts: Texts) -> list[Passage]:
    counts = np.sort(found["documents"].to_numpy())[::-1]
    bar = counts[min(most, len(counts)) - 1] if len(counts) else 0
    told = []
    for count, row, key in zip(*(found[name].to_numpy() for name in ("documents", "row", "hash")), strict=True):
        if count >= bar:
            lines = [line for line in texts(row).split("\n") if len(line) >= SHORTEST]
            found_there = paragraphs(lines, np.ones(len(lines), bool))[0]
            told.append((int(count), int(row), lines[found_there.tolist().index(key)]))
    # Of equally frequent ones the lowest digests: in the order of the texts one letter would always win.
    told.sort(key=lambda one: (-one[0], hashlib.blake2b(one[2].encode(), digest_size=8).digest()))
    named = [Passage(count, _id(row, texts), text) for count, row, text in told[:most]]
    return sorted(named, key=lambda passage: (-passage.documents, passage.text))


def _id(row: int, texts: Texts) -> str:
    part = int(np.searchsorted(texts.starts, row, side="right")) - 1
    return str(parts.read(Path(texts.paths[part]), ["id"])["id"][row - int(texts.starts[part])].as_py())
