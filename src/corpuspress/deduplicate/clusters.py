"""Clusters: each candidate pair measured exactly, each copy given to a keeper that it is close to itself.

Rows are taken from the best to the worst. A row that is close to a keeper becomes its duplicate; any
other becomes a keeper. So a chain of weak links joins no strangers, and the outcome depends on nothing
but texts and ranks. Rows that no candidate pair connects never meet, so each connected component is
decided by itself.

A keeper may still hold two copies that are strangers to each other: a page made of two articles. It
keeps the one that it holds most completely, with those that are like it; the others are placed anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from .. import parts
from ..engine import Engine
from ..hashing import Hashes
from ..recipe import Deduplicate
from .candidates import SHARED
from .hashes import hash_shingles
from .rows import Numbers, Rows, Texts
from .shingles import Measure, measured

LOOKS = 16
"""A row is measured against so many keepers at most: those with which it shares most sampled shingles."""
FEWEST_CONTAINED = 16
"""A text with fewer shingles (20 words) is contained in nothing: a sentence and a credit would be enough."""
_EDGES = 4096  # pairs of a task at the most, about: so many texts it may have in memory
_FEW = 64  # pairs that are not worth more than one task
_BLOCK = 128  # rows whose texts are in memory at a time

COPIES = pa.schema(
    [
        ("rank", pa.int32()),
        ("keeper", pa.int32()),
        ("kind", pa.string()),
        ("similarity", pa.float64()),
        ("containment", pa.float64()),
    ]
)
"""One row a near copy, by ranks."""


class _Decide(NamedTuple):
    texts: Texts
    row_of: str
    edges: str
    first: int
    end: int
    fixed: int
    recipe: Deduplicate
    target: str


def decide(rows: Rows, edges: pa.Table, folder: Path, recipe: Deduplicate, engine: Engine) -> pa.Table:
    """The near copies among the compared rows: columns COPIES, sorted by rank."""
    better, worse = edges["better"].to_numpy(), edges["worse"].to_numpy()
    component = components(better, worse, len(rows.row_of))[worse]
    order = np.lexsort((better, worse, component))
    edges = edges.take(order)
    parts.write(folder / "edges.arrow", edges)
    np.save(folder / "rows.npy", rows.row_of)
    fixed = int(np.count_nonzero(rows.fixed[rows.row_of]))
    tasks = [
        _Decide(
            rows.texts, str(folder / "rows.npy"), str(folder / "edges.arrow"), first, end, fixed, recipe,
            str(folder / f"copies-{first}"),
        )
        for first, end in _slices(component[order], min(_EDGES, max(_FEW, len(order) // SHARED)))
    ]  # fmt: skip
    found = [parts.read(Path(path)) for path in engine.map(decide_some, tasks)]
    return pa.concat_tables([COPIES.empty_table(), *found]).sort_by("rank")


def capped(edges: pa.Table) -> int:
    """How many rows have more candidate pairs than LOOKS."""
    return int(np.count_nonzero(np.bincount(edges["worse"].to_numpy()) > LOOKS))


def components(left: Numbers, right: Numbers, size: int) -> Numbers:
    """For each node 0 to size - 1 the lowest node that edges connect it with."""
    label = np.arange(size)
    while True:
        low = np.minimum(label[left], label[right])
        changed = label.copy()
        np.minimum.at(changed, label[left], low)
        np.minimum.at(changed, label[right], low)
        while (further := changed[changed] != changed).any():
            changed[further] = changed[changed[further]]
        if (changed == label).all():
            return label
        label = changed


def _slices(component: Numbers, edges: int) -> list[tuple[int, int]]:
    """Runs of whole components with about so many edges."""
    if not len(component):
        return []
    firsts = np.flatnonzero(np.append(True, np.diff(component) != 0))
    firsts = firsts[np.unique(firsts // edges, return_index=True)[1]].tolist()
    return list(zip(firsts, [*firsts[1:], len(component)], strict=True))


def decide_some(task: _Decide) -> str:
    """Write the near copies of some components; the path of the table."""
    edges = parts.read(Path(task.edges)).slice(task.first, task.end - task.first)
    better, worse, shared = (edges[name].to_numpy() for name in ("better", "worse", "shared"))
    row_of = np.load(task.row_of, mmap_mode="r")
    order = np.lexsort((better, -shared, worse))
    options = dict(_runs(worse[order], better[order]))
    keepers: dict[int, _Keeper] = {}
    waiting = np.union1d(better, worse)
    while len(waiting):
        for rank, own in _sets(waiting, row_of, task.texts, task.recipe):
            _place(rank, own, [] if rank < task.fixed else options.get(rank, []), keepers, task.recipe)
        waiting = np.array(sorted(chain.from_iterable(map(_part, keepers.values()))), np.int64)
    copies = sorted((copy.rank, rank, *copy[1:]) for rank, keeper in keepers.items() for copy in keeper.copies())
    columns = zip(*copies, strict=True) if copies else [()] * len(COPIES)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, COPIES, strict=True)]
    parts.write(Path(task.target), pa.table(arrays, schema=COPIES))
    return task.target


class _Copy(NamedTuple):
    rank: int
    kind: str
    similarity: float
    containment: float


class _Part(NamedTuple):
    """Copies of one keeper that are no strangers to the best of them, whose shingles these are."""

    shingles: Hashes
    copies: list[_Copy]


class _Keeper(NamedTuple):
    """A row that is kept: its shingles, the parts that its copies fall into, the rows it has sent away."""

    shingles: Hashes
    parts: list[_Part]
    refused: set[int]

    def copies(self) -> list[_Copy]:
        return [copy for part in self.parts for copy in part.copies]


def _place(rank: int, own: Hashes, options: list[int], keepers: dict[int, _Keeper], recipe: Deduplicate) -> None:
    """Give a row to the keeper that it is closest to, or make it a keeper."""
    open_to = [option for option in options if option in keepers and rank not in keepers[option].refused]
    best: tuple[int, str, Measure] | None = None
    for option in open_to[:LOOKS]:
        found = compare(own, keepers[option].shingles)
        kind = kind_of(found, min(len(own), len(keepers[option].shingles)), recipe)
        if kind and (best is None or found[:2] > best[2][:2]):
            best = option, kind, found
    if best is None:
        keepers[rank] = _Keeper(own, [], set())
        return
    copy = _Copy(rank, best[1], best[2].similarity, best[2].containment)
    for part in keepers[best[0]].parts:
        if compare(own, part.shingles).containment >= recipe.containment / 2:
            part.copies.append(copy)
            return
    keepers[best[0]].parts.append(_Part(own, [copy]))


def _part(keeper: _Keeper) -> list[int]:
    """Leave a keeper the part that it holds most completely; the ranks of the others, which it refuses from now on."""
    keeper.parts.sort(key=lambda part: (-max(copy.containment for copy in part.copies), part.copies[0].rank))
    away = [copy.rank for part in keeper.parts[1:] for copy in part.copies]
    del keeper.parts[1:]
    keeper.refused.update(away)
    return away


def _runs(keys: Numbers, values: Numbers) -> Iterator[tuple[int, list[int]]]:
    """Each key of a sorted array with the list of its values."""
    firsts = np.flatnonzero(np.append(True, np.diff(keys) != 0))
    for first, end in zip(firsts.tolist(), [*firsts[1:].tolist(), len(keys)], strict=True):
        yield int(keys[first]), values[first:end].tolist()


def _sets(ranks: Numbers, row_of: Numbers, texts: Texts, recipe: Deduplicate) -> Iterator[tuple[int, Hashes]]:
    """Each rank with the distinct shingle hashes of its text, sorted."""
    for first in range(0, len(ranks), _BLOCK):
        block = ranks[first : first + _BLOCK].tolist()
        hashed = hash_shingles([texts(int(row_of[rank])) for rank in block], recipe.shingle_words, digests=False)
        for place, rank in enumerate(block):
            yield rank, _distinct(hashed.values[hashed.starts[place] : hashed.starts[place + 1]])


def _distinct(values: Hashes) -> Hashes:
    """The values in rising order, without repeats."""
    # np.unique builds a hash table first, which takes six times as long here.
    values = np.sort(values)
    new = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return values[new]


def compare(left: Hashes, right: Hashes) -> Measure:
    """The measure of two sorted sets of hashes, neither empty."""
    both = np.concatenate((left, right))
    both.sort(kind="stable")  # two sorted runs: the stable sort only merges them
    return measured(len(left), len(right), int(np.count_nonzero(both[1:] == both[:-1])))


def kind_of(found: Measure, smaller: int, recipe: Deduplicate) -> str | None:
    """`near`, `contained`, or None for texts that are no copies; `smaller` is the size of the smaller set."""
    if found.similarity >= recipe.similarity:
        return "near"
    if (
        found.containment >= recipe.containment
        and found.share >= recipe.contained_share
        and smaller >= FEWEST_CONTAINED
    ):
        return "contained"
    return None
