"""Version numbers of releases, and how large a step a change demands.

MAJOR: a row was edited, removed or moved to another table or split, or a column was removed or changed its type.
MINOR: rows or columns were only added. PATCH: the same content in other bytes.

A document whose `duplicates` only grew was added to, not edited. The `score` and `evidence` of an edit
are remarks, not content.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import VersionError, storage
from .schema import TABLES

_FORM = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
FIRST = "1.0.0"
LATEST = "latest.json"


class Step(IntEnum):
    """How large a change is."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


class Version(NamedTuple):
    """A version number; compares as numbers do."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def parse(text: str) -> Version:
    """A version from text; VersionError for anything but MAJOR.MINOR.PATCH without leading zeros.

    >>> parse("1.10.0") > parse("1.9.3")
    True
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise VersionError(
            "--version", expected="`auto` or a number such as 1.2.0", found=repr(text), cure="give MAJOR.MINOR.PATCH"
        )
    return Version(*map(int, match.groups()))


def parse_or_none(text: str) -> Version | None:
    """The same, None for anything that is no version."""
    return parse(text) if _FORM.fullmatch(text) else None


def releases(corpus: Path) -> list[Version]:
    """The versions of a corpus, oldest first; a folder without a manifest is no release."""
    with storage(corpus):
        names = (
            [path.name for path in corpus.iterdir() if (path / "manifest.json").is_file()] if corpus.is_dir() else []
        )
    return sorted(Version(*map(int, name.split("."))) for name in names if _FORM.fullmatch(name))


def chosen(corpus: Path, version: str | None) -> Version:
    """The named release of a corpus, or its newest. Raises VersionError when there is no such release."""
    found = releases(corpus)
    wanted = parse(version) if version else (found[-1] if found else None)
    if wanted is None or wanted not in found:
        names = ", ".join(map(str, found)) or "no release at all"
        raise VersionError(
            corpus,
            expected=f"release {wanted}" if wanted else "a corpus",
            found=names,
            cure="name one of these" if found else "build one first: corpuspress build RAW --out CORPUS",
        )
    return wanted


def following(last: Version, step: Step) -> Version:
    """The smallest number that tells a change of this size.

    >>> str(following(Version(1, 2, 3), Step.MINOR))
    '1.3.0'
    """
    if step is Step.MAJOR:
        return Version(last.major + 1, 0, 0)
    if step is Step.MINOR:
        return Version(last.major, last.minor + 1, 0)
    return Version(last.major, last.minor, last.patch + 1)


class Files(NamedTuple):
    """The tables of one release: where it lies and its manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    def paths(self, table: str, split: str | None = None) -> list[Path]:
        """The files of a table, or of one of its splits, in order."""
        files = self.manifest["tables"][table]["files"]
        return [self.folder / file["path"] for file in files if split in (None, file["split"])]

    def splits(self, table: str) -> list[str]:
        """The splits in which a table has rows, in order."""
        return list(dict.fromkeys(file["split"] for file in self.manifest["tables"][table]["files"]))

    def columns(self, table: str) -> dict[str, str]:
        """Names and types of the columns of a table."""
        return {column["name"]: column["type"] for column in self.manifest["tables"][table]["columns"]}


def batches(files: Files, table: str, columns: Sequence[str], split: str | None = None) -> Iterator[pa.Table]:
    """Some columns of a table, or of one of its splits, a row group at a time."""
    import pyarrow.parquet as pq

    for path in files.paths(table, split):
        with storage(path), pq.ParquetFile(path, page_checksum_verification=True) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, columns=list(columns)).select(list(columns))


def needed(old: Files, new: Files) -> Step:
    """How large the change from one release to the next is. Reads no text, some bytes a row in memory."""
    if all(old.manifest[key] == new.manifest.get(key) for key in old.manifest if key not in ("version", "previous")):
        return Step.NONE
    return max([Step.PATCH, *(_change(old, new, table) for table in TABLES)])


def _change(old: Files, new: Files, table: str) -> Step:
    before, after = old.columns(table), new.columns(table)
    if any(after.get(name) != kind for name, kind in before.items()):
        return Step.MAJOR
    step = Step.MINOR if len(after) > len(before) else Step.NONE
    if old.manifest["tables"][table]["content_sha256"] == new.manifest["tables"][table]["content_sha256"]:
        return step
    return max(step, _rows_changed(old, new, table, list(before)))


def _rows_changed(old: Files, new: Files, table: str, columns: list[str]) -> Step:
    known, present = (keyed(files, table, columns) for files in (old, new))
    found = np.isin(known[:, 0], present[:, 0])
    if table == "edits":
        # The edits of a document that went elsewhere say nothing that its own table does not say.
        known = known[found]
    elif not found.all():
        return Step.MAJOR
    folded = _folded(old, new) if table == "documents" else Step.PATCH
    if not _subset(known, present):
        return Step.MAJOR
    return max(folded, Step.MINOR if len(present) > len(known) else Step.PATCH)


def _subset(known: np.ndarray[Any, Any], present: np.ndarray[Any, Any]) -> bool:
    kind = np.dtype([("key", "<u8"), ("row", "<u8")])
    first, second = (np.ascontiguousarray(rows).view(kind).ravel() for rows in (known, present))
    return bool(np.isin(first, second).all())


def keyed(files: Files, table: str, columns: Sequence[str]) -> np.ndarray[Any, Any]:
    """Two 64-bit digests a row: of its key, and of its split and all it says but text and folded copies.

    For `edits`, one row an id: its edits in order.
    """
    left_out = {"text", "data", "duplicates", "score", "evidence"} - ({"text"} if table == "rejected" else set())
    key = "source" if table == "rejected" else "id"
    wanted = [key, *sorted(set(columns) - left_out - {key})]
    rows = (
        (name, f"{split}\x1f{line}")
        for split in files.splits(table)
        for batch in batches(files, table, wanted, split)
        for name, line in _spelled(batch)
    )
    if table == "edits":
        pairs: Iterable[tuple[int, int]] = _by_id(rows)
    else:
        pairs = ((_digest(name), _digest(line)) for name, line in rows)
    flat = np.fromiter((value for pair in pairs for value in pair), dtype=np.uint64)
    return flat.reshape(-1, 2)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _by_id(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    current, total = None, hashlib.blake2b(digest_size=8)
    for name, line in rows:
        if name != current:
            if current is not None:
                yield _digest(current), int.from_bytes(total.digest(), "little")
            current, total = name, hashlib.blake2b(digest_size=8)
        total.update(line.encode("utf-8", "surrogatepass"))
    if current is not None:
        yield _digest(current), int.from_bytes(total.digest(), "little")


def _spelled(batch: pa.Table) -> Iterator[tuple[str, str]]:
    columns = [_texts(column) for column in batch.columns[1:]]
    lines = pc.binary_join_element_wise(*columns, "\x1f") if columns else batch.column(0)
    return zip(batch.column(0).to_pylist(), lines.to_pylist(), strict=True)


def _texts(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    spelled = pc.binary_join(array, "\x1e") if pa.types.is_list(array.type) else array.cast(pa.string())
    # A null is not an empty text.
    return pc.if_else(pc.is_valid(spelled), pc.binary_join_element_wise("=", spelled, ""), "-")


def _folded(old: Files, new: Files) -> Step:
    """MAJOR when a document stands for fewer copies than before, MINOR when one stands for more."""
    before, after = (_copies(files) for files in (old, new))
    if any(not copies <= after.get(name, set()) for name, copies in before.items()):
        return Step.MAJOR
    return Step.PATCH if before == after else Step.MINOR


def _copies(files: Files) -> dict[str, set[str]]:
    found = {}
    for batch in batches(files, "documents", ["id", "duplicates"]):
        some = batch.filter(pc.greater(pc.list_value_length(batch["duplicates"]), 0))
        for name, copies in zip(some["id"].to_pylist(), some["duplicates"].to_pylist(), strict=True):
            found[name] = set(copies)
    return found
