"""A folder of text files, a single file, or a list of paths, for the list.

A link to a file is followed; a link to a folder is not, so that no loop can form, and is told in
`rejected`. Names that begin with a dot are passed over.
"""

# pathlib has no paths of bytes, and as text a path depends on the locale.
# ruff: noqa: PTH100, PTH109, PTH118, PTH119, PTH120

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from ..errors import InputError
from .listing import FILE, NO_BYTES, SCHEMA, Entry, batch, batched
from .names import found, is_hidden, parse_name, parse_names, shown, tidy_path

CONTAINERS = (".jsonl", ".ndjson", ".parquet", ".tar", ".tgz", ".zip", ".gz", ".zst", ".xz", ".bz2")


File: TypeAlias = tuple[bytes, int, int, str]
"""The path below its place, the place, the size (-1: not known), and why it cannot be read (empty: it can)."""


def walk(root: Path, place: int, passed: bytes | None = None) -> Iterator[File]:
    """Each file below `root`, but for the folder `passed` (a real path), in no particular order.

    Raises InputError when `root` cannot be listed.
    """
    base = os.fsencode(root)
    folders = [b""]
    while folders:
        folder = folders.pop()
        try:
            items = list(os.scandir(os.path.join(base, folder) if folder else base))
        except OSError as error:
            if not folder:
                raise InputError(
                    root,
                    expected="a folder that can be listed",
                    found=str(error.strerror),
                    cure="check the permissions",
                ) from error
            yield folder, place, -1, f"the folder cannot be listed: {error.strerror}"
            continue
        prefix = folder + b"/" if folder else b""
        while items:
            item = items.pop()  # as long as it lives it keeps what was asked of it
            if item.name.startswith(b"."):
                continue
            path = prefix + item.name
            if item.is_dir(follow_symlinks=False):
                if passed is None or os.path.basename(passed) != item.name or os.path.realpath(item.path) != passed:
                    folders.append(path)
            else:
                yield _file(item, path, place)


def _file(item: os.DirEntry[bytes], path: bytes, place: int) -> File:
    try:
        status = item.stat()
    except OSError as error:
        return path, place, -1, f"{error.strerror}; a broken link, or gone"
    if stat.S_ISREG(status.st_mode):
        return path, place, status.st_size, ""
    if stat.S_ISDIR(status.st_mode):
        return path, place, -1, "a link to a folder, which is not followed; give it as an input"
    return path, place, -1, "a device, pipe or socket, not a file"


def table_of(files: Iterable[File], pattern: re.Pattern[str]) -> pa.Table:
    """The list of files; `bad-name` is one whose name does not fit the grammar."""
    batches = []
    for some in batched(files):
        found, places, sizes, faults = zip(*some, strict=True)
        # No path holds a NUL.
        paths = shown(b"\0".join(found)).split("\0")
        names = ["" if fault else path.rpartition("/")[2] for path, fault in zip(paths, faults, strict=True)]
        ordinals, hashes = parse_names(names, pattern)
        rows = list(zip(faults, hashes, names, strict=True))
        columns = {
            "path": paths,
            "place": places,
            "offset": [NO_BYTES if fault else FILE for fault in faults],
            "size": sizes,
            "provenance": hashes,
            "ordinal": ordinals,
            "reason": ["unreadable" if fault else "" if provenance else "bad-name" for fault, provenance, _ in rows],
            "detail": [fault or ("" if provenance else _misfit(name)) for fault, provenance, name in rows],
        }
        batches.append(batch(columns))
    return pa.Table.from_batches(batches, SCHEMA)


def _misfit(name: str) -> str:
    detail = f"the name {name!r} does not match read.pattern"
    if name.endswith(CONTAINERS):
        detail += "; to read what is in it, give the file itself as an input"
    return detail


def named(path: str, place: int, pattern: re.Pattern[str]) -> Entry:
    """The entry of a member by the grammar of names, as `table_of` has it."""
    last = path.rpartition("/")[2]
    name = parse_name(last, pattern)
    if name:
        return Entry(path, place, provenance=name.provenance, ordinal=name.ordinal)
    return Entry(path, place, reason="bad-name", detail=_misfit(last))


def too_large(limit: int) -> str:
    """Why a source of more than `limit` bytes is not taken."""
    return f"more than {limit:,} bytes, the most that read.max_bytes allows"


def single(path: Path, place: int) -> File:
    """One text file given as an input; its place is the folder that it lies in."""
    return os.fsencode(path.name), place, path.stat().st_size, ""


def listed(data: bytes, places: list[str]) -> Iterator[File]:
    """The files of a list of paths, parted by line feeds or, where there is one, by NULs.

    A relative path is taken from the working folder and kept as listed; of another, the file name is
    kept. Adds to `places`.
    """
    parts = data.split(b"\0" if b"\0" in data else b"\n")
    known = {place: number for number, place in enumerate(places)}
    for part in filter(None, parts):
        path = tidy_path(part)
        folder = os.fsdecode(os.getcwdb() if path else os.path.dirname(os.path.abspath(part)))
        if folder not in known:
            known[folder] = len(places)
            places.append(folder)
        path = path or os.path.basename(part)
        if not is_hidden(path):
            yield path, known[folder], -1, ""


def read(place: bytes, path: str, limit: int, size: int = -1) -> bytes | None:
    """The bytes of a file; None when there are more than `limit`. Never waits on a pipe or a device.

    `size` is that of the file when it was listed, where it is known. Raises OSError when it cannot be read.
    """
    number = _open(b"%b/%b" % (place, found(path)))
    try:
        data = os.read(number, size + 1) if 0 < size <= limit else b""
        if data and len(data) == size:  # as it was listed: a file, and this is its end
            return data
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "no longer a file")
        if status.st_size > limit:
            return None
        step = max(status.st_size + 1, 1 << 16)
        while len(data) <= limit and (more := os.read(number, min(step, limit + 1 - len(data)))):
            data += more
        return data if len(data) <= limit else None
    finally:
        os.close(number)


def read_part(place: bytes, offset: int, size: int) -> bytes:
    """Bytes from the middle of a file. Raises OSError when they cannot be read."""
    number = _open(place)
    try:
        os.lseek(number, offset, os.SEEK_SET)
        data = b""
        while len(data) < size and (more := os.read(number, size - len(data))):
            data += more
        return data
    finally:
        os.close(number)


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _open(path: bytes) -> int:
    return os.open(path, _FLAGS)
