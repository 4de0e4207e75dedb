"""Tar and zip archives as a stream of members; nothing is ever written under a member's name.

Every member that is no plain file (a link, a device) is told, not followed. Folders are passed over.
"""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .folder import too_large
from .streams import FAULTS, Guard, bomb, damaged, open_guarded

_HEADER = 1 << 20
"""A member's headers take less than this; tarfile would hold a longer one in memory as a whole."""


class Member(NamedTuple):
    """One member; `name` as found. `data` is None where it cannot be had, then `reason` says why."""

    name: bytes
    data: bytes | None = None
    reason: str = ""
    detail: str = ""


def members(path: Path, limit: int) -> Iterator[Member]:
    """The members of an archive in its own order; one larger than `limit` bytes comes without data.

    Raises InputError when the archive is damaged, or when it unpacks to more than any text would.
    """
    try:
        yield from _zip(path, limit) if path.suffix.lower() == ".zip" else _tar(path, limit)
    except (*FAULTS, tarfile.TarError, zipfile.BadZipFile) as error:
        raise damaged(path, error) from error


def _too_large(name: bytes, limit: int) -> Member:
    return Member(name, None, "too-large", too_large(limit))


def _tar(path: Path, limit: int) -> Iterator[Member]:
    with open_guarded(path) as guard:
        stream = io.BufferedReader(guard, 1 << 16)
        # Names as bytes in the end: utf-8 here is a way to carry them, whatever the locale.
        with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape") as tar:
            size = 0
            while True:
                guard.limit = min(guard.most, guard.count + size + _HEADER)
                info = tar.next()
                guard.limit = guard.most
                if info is None:
                    return
                size = info.size
                tar.members.clear()  # type: ignore[attr-defined]  # it would keep all of them
                if not info.isdir():
                    yield _tar_member(tar, info, limit)


def _tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo, limit: int) -> Member:
    name = info.name.encode("utf-8", "surrogateescape")
    if not info.isfile():
        return Member(name, None, "unreadable", _kind(info.issym() or info.islnk()))
    if info.size > limit:
        return _too_large(name, limit)
    file = tar.extractfile(info)
    assert file is not None
    data = file.read()
    if len(data) < info.size:
        raise tarfile.ReadError(f"unexpected end of data in {info.name!r}")
    return Member(name, data)


def _kind(link: bool) -> str:
    return "a link, which is not followed" if link else "a device or pipe, not a file"


def _zip(path: Path, limit: int) -> Iterator[Member]:
    most = Guard(io.BytesIO(), path).most
    with zipfile.ZipFile(path) as archive:
        total = sum(info.file_size for info in archive.infolist())
        if total > most:
            raise bomb(path, f"{total:,} bytes, {total // max(1, path.stat().st_size):,} times its size")
        for info in archive.infolist():
            if not info.is_dir():
                yield _zip_member(archive, info, limit)


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> Member:
    name, mode = info.filename.encode("utf-8", "surrogateescape"), info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return Member(name, None, "unreadable", _kind(stat.S_ISLNK(mode)))
    if info.flag_bits & 1:
        return Member(name, None, "unreadable", "locked with a password")
    if info.file_size > limit:
        return _too_large(name, limit)
    try:
        with archive.open(info) as file:
            data = file.read(limit + 1)  # the size in the header may lie
    except (*FAULTS, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        return Member(name, None, "unreadable", f"damaged, or packed in an unknown way: {error}")
    return Member(name, data) if len(data) <= limit else _too_large(name, limit)
