"""From parts to decisions: which row stands for which."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .. import parts
from ..engine import Engine
from ..errors import storage
from ..recipe import Deduplicate
from . import candidates, clusters, rows
from .rows import NONE, Rows, Texts

DECISIONS = pa.schema(
    [
        ("cluster", pa.string()),
        ("kept_id", pa.string()),
        ("kind", pa.string()),
        ("similarity", pa.float64()),
        ("containment", pa.float64()),
    ]
)
"""One row for each row of all parts, in their order. `cluster` is the id of the keeper, `kept_id` the same
for a duplicate and null for the keeper itself; all null for a rejected row."""


class Decided(NamedTuple):
    """What `resolve` found: the file of a table with the columns DECISIONS, and the texts of its rows.

    `counts` say how many rows were compared, how many pairs were candidates, and where a cap was at work: hashes so
    crowded that only the best rows were linked, rows with more candidate pairs than are looked at.
    """

    path: Path
    texts: Texts
    counts: dict[str, int]


def resolve(
    paths: Sequence[Path], folder: Path, recipe: Deduplicate, engine: Engine, published: Path | None = None
) -> Decided:
    """Decide what is a copy of what.

    `paths` are parts with the columns `id`, `source`, `text`, `published`, those of SKETCH, and where
    there are any `chars`, `site`, `accepted` (or `rejected_reason`, null for accepted). `published` is an
    Arrow file whose column `id` names the documents of the last release: they stay documents.
    The outcome depends on the accepted rows alone, not on their order, the parts or the engine.
    """
    known = rows.load(paths, recipe, published)
    # What ranked the rows is no longer wanted, and the workers that come need room.
    pa.default_memory_pool().release_unused()
    if not recipe.enabled:
        known = known._replace(leader=np.where(known.leader == NONE, NONE, np.arange(len(known.leader))))
    target = folder / "decisions.arrow"
    work = folder / "deduplicate"
    shutil.rmtree(work, ignore_errors=True)
    with storage(work, "room for the parts of a build"):
        work.mkdir(parents=True)
    copies, counted = clusters.COPIES.empty_table(), {"compared": len(known.row_of)}
    if recipe.enabled and len(known.row_of):
        edges, more = candidates.find(known, work, recipe, engine)
        counted |= more | {"capped_rows": clusters.capped(edges)}
        copies = clusters.decide(known, edges, work, recipe, engine)
    parts.write(target, _decisions(known, copies))
    shutil.rmtree(work)
    return Decided(target, known.texts, counted)


def _decisions(known: Rows, copies: pa.Table) -> pa.Table:
    """The decision on each row: that on its leader, or `exact` where the leader is kept."""
    size = len(known.leader)
    keeper = np.arange(size)
    near = known.row_of[copies["rank"].to_numpy()]
    keeper[near] = known.row_of[copies["keeper"].to_numpy()]
    place = np.full(size, NONE, np.int64)
    place[near] = np.arange(len(near))
    leader = np.where(known.leader == NONE, np.arange(size), known.leader)
    keeper, place = keeper[leader], place[leader]
    copied = (keeper != np.arange(size)) & (known.leader != NONE)
    chosen = pa.array(place, mask=~copied | (place == NONE))
    exact = pa.array(copied & (place == NONE))
    cluster = known.ids.take(pa.array(keeper, mask=known.leader == NONE))
    none = pa.scalar(None, pa.string())
    return pa.table(
        [
            cluster,
            pc.if_else(pa.array(copied), cluster, none),
            pc.if_else(exact, "exact", copies["kind"].take(chosen)),
            pc.if_else(exact, 1.0, copies["similarity"].take(chosen)),
            pc.if_else(exact, 1.0, copies["containment"].take(chosen)),
        ],
        schema=DECISIONS,
    )
