"""A folder of text files, a single file, or a list of paths, as entries of the list.

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
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from .listing import FILE, NO_BYTES, Entry
from .names import found, is_hidden, parse_name, shown, tidy_path

CONTAINERS = (".jsonl", ".ndjson", ".parquet", ".tar", ".tgz", ".zip", ".gz", ".zst", ".xz", ".bz2")


def walk(root: Path, place: int, pattern: re.Pattern[str], passed: bytes | None = None) -> Iterator[Entry]:
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
            yield refused(shown(folder), place, "unreadable", f"the folder cannot be listed: {error.strerror}")
            continue
        prefix = folder + b"/" if folder else b""
        for item in items:
            if item.name.startswith(b"."):
                continue
            path = prefix + item.name
            if item.is_dir(follow_symlinks=False):
                if passed is None or os.path.basename(passed) != item.name or os.path.realpath(item.path) != passed:
                    folders.append(path)
            else:
                yield _file(item, path, place, pattern)


def _file(item: os.DirEntry[bytes], path: bytes, place: int, pattern: re.Pattern[str]) -> Entry:
    try:
        status = item.stat()
    except OSError as error:
        return refused(shown(path), place, "unreadable", f"{error.strerror}; a broken link, or gone")
    if stat.S_ISDIR(status.st_mode):
        return refused(
            shown(path), place, "unreadable", "a link to a folder, which is not followed; give it as an input"
        )
    if not stat.S_ISREG(status.st_mode):
        return refused(shown(path), place, "unreadable", "a device, pipe or socket, not a file")
    return named(shown(path), place, pattern, size=status.st_size)


def named(path: str, place: int, pattern: re.Pattern[str], *, offset: int = FILE, size: int = -1) -> Entry:
    """The entry of a file or member by the grammar of names; `bad-name` where it does not fit."""
    last = path.rpartition("/")[2]
    name = parse_name(last, pattern)
    if name:
        return Entry(path, place, offset, size, provenance=name.provenance, ordinal=name.ordinal)
    detail = f"the name {last!r} does not match read.pattern"
    if offset == FILE and last.endswith(CONTAINERS):
        detail += "; to read what is in it, give the file itself as an input"
    return Entry(path, place, offset, size, reason="bad-name", detail=detail)


def refused(path: str, place: int, reason: str, detail: str) -> Entry:
    """The entry of a source that cannot be read at all."""
    return Entry(path, place, NO_BYTES, reason=reason, detail=detail)


def too_large(limit: int) -> str:
    """Why a source of more than `limit` bytes is not taken."""
    return f"more than {limit:,} bytes, the most that read.max_bytes allows"


def single(path: Path, place: int, pattern: re.Pattern[str]) -> Entry:
    """One text file given as an input; its place is the folder that it lies in."""
    return named(shown(os.fsencode(path.name)), place, pattern, size=path.stat().st_size)


def listed(data: bytes, places: list[str], pattern: re.Pattern[str]) -> Iterator[Entry]:
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
            yield named(shown(path), known[folder], pattern)


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
