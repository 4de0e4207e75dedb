"""Look into a release: which one is meant, its rows with their edits, one document by name.

Rows come split by split in the order of the input, a few at a time; edits stand in the same order and are
joined to them as they stream by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import AuditError, InputError
from ..model import Edit, Line, join, restore
from . import manifest
from .versions import Files, batches, chosen

COLUMNS = ("id", "source", "source_sha256", "encoding", "line_breaks", "text", "text_sha256")
"""What it takes to restore a source."""

_SLICE = 500
_EDIT = ("step", "rule", "line", "before", "after", "score", "evidence")


def opened(corpus: str | Path, version: str | None = None) -> Files:
    """A release by its corpus and version, as `CORPUS@VERSION`, or by its own folder; else the newest.

    Raises VersionError when there is no such release.
    """
    path = Path(corpus)
    if version is None and "@" in path.name and not path.exists():
        name, _, version = path.name.rpartition("@")
        path = path.with_name(name) if name else path.parent
    if version is None and (path / manifest.NAME).is_file():
        return Files(path, manifest.load(path))
    folder = path / str(chosen(path, version))
    return Files(folder, manifest.load(folder))


def rows(files: Files, table: str, columns: Sequence[str], split: str | None = None) -> Iterator[dict[str, Any]]:
    """Some columns of a table, or of one of its splits, row by row."""
    for batch in batches(files, table, columns, split):
        for first in range(0, batch.num_rows, _SLICE):
            yield from batch.slice(first, _SLICE).to_pylist()


def with_edits(
    files: Files, table: str, columns: Sequence[str] = COLUMNS
) -> Iterator[tuple[dict[str, Any], list[Edit]]]:
    """Each row of documents or duplicates with its edits, in order of application.

    Raises InputError when edits are left that belong to no row.
    """
    copies = {_key(row["id"]) for row in rows(files, "duplicates", ["id"])}
    groups = (
        (name, list(group))
        for name, group in groupby(rows(files, "edits", ["id", *_EDIT]), key=lambda row: row["id"])
        if (_key(name) in copies) == (table == "duplicates")
    )
    name, edits = next(groups, (None, []))
    for row in rows(files, table, columns):
        own = []
        if row["id"] == name:
            own = [Edit(**{field: edit[field] for field in _EDIT}) for edit in edits]
            name, edits = next(groups, (None, []))
        yield row, own
    if name is not None:
        raise InputError(
            files.folder, expected="edits of rows that are there", found=f"edits of {name}", cure="build it again"
        )


def _key(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


def decoded(row: dict[str, Any], edits: Sequence[Edit]) -> str:
    """The decoded text of a source again. Raises AuditError when the edits do not fit."""
    lines = restore(row["text"], edits)
    try:
        return join(lines, row["line_breaks"])
    except ValueError as error:
        raise AuditError(
            row["source"],
            expected=f"lines for the breaks {row['line_breaks']}",
            found=f"{len(lines)} lines",
            cure="the release is damaged: take another copy of it",
        ) from error


class Found(NamedTuple):
    """One document or duplicate: its facts, the lines of its source, its edits."""

    facts: dict[str, Any]
    source: list[Line]
    edits: list[Edit]


def document(corpus: str | Path, identity: str) -> Found:
    """The document or duplicate with this id, source, or provenance hash.

    Raises InputError when there is none, or when a hash stands on several.
    """
    files = opened(corpus)
    names = [
        (table, row["id"])
        for table in ("documents", "duplicates")
        for row in rows(files, table, ["id", "source", "provenance"])
        if identity in (row["id"], row["source"], row["provenance"])
    ]
    if len(names) != 1:
        raise InputError(
            files.folder,
            expected=f"one document `{identity}`",
            found=", ".join(name for _, name in names) or _rejected(files, identity),
            cure="give an id as it stands in the column `id`",
        )
    table, name = names[0]
    columns = list(files.columns(table))
    row, edits = next(pair for pair in with_edits(files, table, columns) if pair[0]["id"] == name)
    told = {key: row[key] for key in columns if key not in ("text", "line_breaks") and row[key] not in (None, [])}
    return Found({"table": table, **told}, restore(row["text"], edits), edits)


def _rejected(files: Files, identity: str) -> str:
    for row in rows(files, "rejected", ["source", "reason", "detail"]):
        if identity in (row["source"], row["source"].rpartition(".")[0]):
            return f"a rejected source ({row['reason']}: {row['detail']})"
    return "none"
