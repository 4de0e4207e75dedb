"""JSON lines, Parquet, tar and zip: streamed once into one spool file, so that chunks can be read at will."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..recipe import Read
from . import facts
from .archives import Member, members
from .folder import named, too_large
from .listing import NO_BYTES, Entry
from .names import is_hidden, parse_name, shown, tidy_path
from .rows import Row, format_of, rows

ROWS = (".jsonl", ".ndjson", ".parquet")
ARCHIVES = (".tar", ".zip")


class _Job(NamedTuple):
    """What does not change from row to row; `out` takes the bytes."""

    place: int
    recipe: Read
    pattern: re.Pattern[str]
    out: IO[bytes]


class _BadRowError(ValueError):
    """A row that is no source; the message says why."""


def is_container(path: Path) -> bool:
    """Whether a file is one of those that hold several sources, by its name."""
    return path.suffix.lower() == ".tgz" or format_of(path) in ROWS + ARCHIVES


def entries(path: Path, spool: Path, place: int, recipe: Read) -> Iterator[Entry]:
    """The sources of a container in its own order; their bytes go to the file `spool`.

    Raises InputError when the container is damaged or a bomb.
    """
    with spool.open("wb") as out:
        job = _Job(place, recipe, re.compile(recipe.pattern), out)
        if format_of(path) in ROWS:
            # A line of JSON is longer than the text in it: escapes take up to six bytes a character.
            for row in rows(path, 6 * recipe.max_bytes + (1 << 20)):
                yield _row(row, f"{path.name}/{row.number:09d}", job)
        else:
            for number, member in enumerate(members(path, recipe.max_bytes), 1):
                if not is_hidden(tidy_path(member.name) or b""):
                    yield _member(member, f"{path.name}/{number:09d}", job)


def _spooled(entry: Entry, data: bytes | None, out: IO[bytes]) -> Entry:
    if data is None:
        return entry._replace(offset=NO_BYTES)
    entry = entry._replace(offset=out.tell(), size=len(data))
    out.write(data)
    return entry


def _member(member: Member, number: str, job: _Job) -> Entry:
    path = tidy_path(member.name)
    if path is None:
        detail = f"the name {shown(member.name)!r} leads out of the archive"
        entry = Entry(number, job.place, reason="bad-name", detail=detail)
    elif member.reason:
        entry = Entry(shown(path), job.place, reason=member.reason, detail=member.detail)
    else:
        entry = named(shown(path), job.place, job.pattern)
    return _spooled(entry, member.data, job.out)


def _row(row: Row, number: str, job: _Job) -> Entry:
    if row.values is None:
        reason = "too-large" if row.raw is None else "bad-row"
        return _spooled(Entry(number, job.place, reason=reason, detail=row.fault), row.raw, job.out)
    try:
        entry, data = _told(row.values, number, job)
    except _BadRowError as error:
        raw = repr(row.values).encode("utf-8", "backslashreplace")[: job.recipe.max_bytes]
        return _spooled(Entry(number, job.place, reason="bad-row", detail=str(error)), raw, job.out)
    if len(data) > job.recipe.max_bytes:
        return entry._replace(offset=NO_BYTES, reason="too-large", detail=too_large(job.recipe.max_bytes))
    return _spooled(entry, data, job.out)


def _told(values: dict[str, Any], number: str, job: _Job) -> tuple[Entry, bytes]:
    recipe = job.recipe
    text = values.get(recipe.text_column)
    if not isinstance(text, (str, bytes)):
        raise _BadRowError(f"no text in the column `{recipe.text_column}` (read.text_column)")
    path = _path(values, recipe) or number
    name = parse_name(path.rpartition("/")[2], job.pattern)
    provenance = _provenance(values.get(recipe.provenance_column)) or (name and name.provenance)
    if not provenance:
        raise _BadRowError(f"no hash in the column `{recipe.provenance_column}` (read.provenance_column)")
    own = {recipe.text_column, recipe.provenance_column, recipe.name_column}
    for fault in filter(None, map(facts.name_fault, values)):
        raise _BadRowError(fault)
    try:
        data, rest = text if isinstance(text, bytes) else text.encode(), facts.packed(values, own)
    except UnicodeEncodeError as error:
        raise _BadRowError("half a surrogate pair") from error
    hint = "utf-8" if isinstance(text, str) else None
    return Entry(path, job.place, hint=hint, provenance=provenance, ordinal=name and name.ordinal, facts=rest), data


def _path(values: dict[str, Any], recipe: Read) -> str | None:
    name = values.get(recipe.name_column) if recipe.name_column else None
    if name is None:
        return None
    path = tidy_path(name.encode("utf-8", "replace")) if isinstance(name, str) else None
    if path is None:
        raise _BadRowError(f"`{recipe.name_column}` is {name!r}, not a relative path")
    return shown(path)


def _provenance(value: object) -> str | None:
    is_hash = isinstance(value, str) and re.fullmatch(r"[!-~]{1,128}", value)
    return str(value) if is_hash else None
