"""Splits without leaks: a cluster stands in one split, whatever is added to the corpus later."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from ..errors import RecipeError, storage
from ..recipe import Publish

ONLY = "train"
"""The split of everything where the recipe names none."""

PLACES = pa.schema([("split", pa.string())])

# datasets takes letters, digits and `_`; a hyphen parts the name of a file from its number.
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_TAKEN = ("all",)  # means the splits together, in datasets
_BATCH = 10_000


def shares(recipe: Publish) -> dict[str, float]:
    """The splits of a release with their shares, in the recipe's order; `train` alone where it names none.

    Raises RecipeError, naming every fault.

    >>> shares(Publish(splits=("train 0.9", "test 0.1")))
    {'train': 0.9, 'test': 0.1}
    """
    pairs = [_pair(text) for text in recipe.splits]
    names = Counter(name for name, _, _ in pairs)
    faults = [fault for _, _, fault in pairs if fault]
    faults += [f"`{name}` stands {count} times" for name, count in names.items() if name and count > 1]
    if faults:
        raise RecipeError(
            "publish.splits",
            expected="names with shares above 0, such as `train 0.9`",
            found="; ".join(faults),
            cure="write a name of small letters, digits and `_`, a space, and a number",
        )
    return {name: share for name, share, _ in pairs} or {ONLY: 1.0}


def _pair(text: str) -> tuple[str, float, str]:
    """Name, share, and what is wrong with them."""
    name, _, number = text.strip().partition(" ")
    if not _NAME.fullmatch(name) or name in _TAKEN:
        return name, 0, f"`{text}` has no name that a split can have"
    try:
        share = float(number)
    except ValueError:
        return name, 0, f"`{text}` has no share"
    if not 0 < share < math.inf:
        return name, 0, f"`{text}` has a share that is not above 0"
    return name, share, ""


def split_of(cluster: str, shares: Mapping[str, float]) -> str:
    """The split of a cluster, by a hash of its id; `shares` are the splits with their shares, in their order.

    All documents of a cluster share its id, so no copy stands on both sides. Shares count relative to
    their sum; the last split takes what rounding leaves.

    >>> split_of("001_3f2a9c01", {"train": 0.9, "validation": 0.05, "test": 0.05})
    'train'
    """
    place = int.from_bytes(hashlib.blake2b(cluster.encode(), digest_size=8, person=b"split").digest(), "big") / 2**64
    place *= sum(shares.values())
    for name, share in shares.items():
        if place < share:
            return name
        place -= share
    return next(reversed(list(shares)))


def write_places(decisions: pa.Table, shares: Mapping[str, float], path: Path) -> Path:
    """Write the split of each source, by the cluster it was decided to be in: PLACES, row by row as `decisions`.

    A rejected source has no cluster and stands in the first split.
    """
    with storage(path), pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, PLACES) as writer:
        for first in range(0, decisions.num_rows, _BATCH):
            clusters = decisions["cluster"].slice(first, _BATCH).to_pylist()
            writer.write_table(pa.table([_placed(clusters, shares)], schema=PLACES))
    return path


def _placed(clusters: Sequence[str | None], shares: Mapping[str, float]) -> pa.Array:
    first = next(iter(shares))
    return pa.array([first if cluster is None else split_of(cluster, shares) for cluster in clusters], pa.string())
