"""The sources of a release again, as they were."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

from ..errors import InputError, VerificationError, storage
from ..model import Edit
from .read_release import decoded, opened, rows, with_edits
from .versions import Files

Encode = Callable[[str, str, Sequence[Edit]], bytes | None]
"""Decoded text, encoding and edits of a source -> its bytes; None where the encoding does not allow it."""
Name = Callable[[str], bytes]
"""A name as the release shows it -> its own bytes."""


class Restored(NamedTuple):
    """What was written: `exact` sources byte by byte, and the names of the others.

    `as_text`: the encoding does not allow the bytes; written as UTF-8. `lost`: could not be read in
    the first place, nothing to write. `unsafe`: a name that leads out of the folder or stands twice;
    not written.
    """

    out: Path
    exact: int
    as_text: tuple[str, ...]
    lost: tuple[str, ...]
    unsafe: tuple[str, ...]

    def summary(self) -> str:
        """What was written, in a few lines."""
        lines = [f"{self.out}: {self.exact:,} sources restored byte by byte"]
        for names, told in (
            (self.as_text, "written as UTF-8 text, because their bytes cannot be told from the text"),
            (self.lost, "not written: they could not be read when the release was built"),
            (self.unsafe, "not written: their names lead out of the folder, or stand twice"),
        ):
            if names:
                lines.append(f"{len(names):,} {told}: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}")
        return "\n".join(lines)


class Bytes(NamedTuple):
    """A source as far as it can be restored: `data` None where nothing was ever read."""

    source: str
    data: bytes | None
    exact: bool


def restore(
    corpus: str | Path, out: str | Path, *, encode: Encode, name: Name = str.encode, version: str | None = None
) -> Restored:
    """Write every source of a release into `out`, which must be new or empty, under its own name.

    Raises InputError when `out` holds something, VerificationError when the release is damaged,
    AuditError when its edits do not fit, StorageError.
    """
    files, out = opened(corpus, version), Path(out)
    _make(out)
    exact = 0
    found: dict[str, list[str]] = {"as_text": [], "lost": [], "unsafe": []}
    for source in sources(files, encode):
        if source.data is None:
            found["lost"].append(source.source)
        elif not is_safe(path := _path(source.source, name)) or not _write(out / path, source.data):
            found["unsafe"].append(source.source)
        elif source.exact:
            exact += 1
        else:
            found["as_text"].append(source.source)
    return Restored(out, exact, *(tuple(found[name]) for name in ("as_text", "lost", "unsafe")))


def _path(source: str, name: Name) -> str:
    """The name as this system takes it: as the release shows it where that wants UTF-8 and the name is none."""
    data = name(source)
    if sys.platform not in ("darwin", "win32"):
        return os.fsdecode(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return source


def _make(out: Path) -> None:
    with storage(out):
        out.mkdir(parents=True, exist_ok=True)
        taken = next(out.iterdir(), None)
    if taken is not None:
        found = f"`{taken.name}` in it"
        raise InputError(out, expected="a new or empty folder", found=found, cure="choose another folder")


def sources(files: Files, encode: Encode) -> Iterator[Bytes]:
    """Every source of a release, table by table. Raises VerificationError at the first that is damaged."""
    for table in ("documents", "duplicates"):
        for row, edits in with_edits(files, table):
            yield rebuilt(row, edits, encode)
    for row in rows(files, "rejected", ["source", "source_sha256", "encoding", "text", "data"]):
        yield rejected(row, encode)


def rebuilt(row: dict[str, Any], edits: Sequence[Edit], encode: Encode) -> Bytes:
    """A document or duplicate as it was found, compared with the digests of its row."""
    if digest(row["text"].encode()) != row["text_sha256"]:
        raise _damaged(row["source"], "text_sha256")
    return _checked(row, encode(text := decoded(row, edits), row["encoding"], edits), text)


def rejected(row: dict[str, Any], encode: Encode) -> Bytes:
    """A rejected source as it was found, as far as it was read."""
    if row["data"] is not None:
        if row["source_sha256"] is not None and digest(row["data"]) != row["source_sha256"]:
            raise _damaged(row["source"], "source_sha256")
        return Bytes(row["source"], row["data"], exact=row["source_sha256"] is not None)
    if row["text"] is None:
        return Bytes(row["source"], None, exact=False)
    return _checked(row, encode(row["text"], row["encoding"], ()) if row["encoding"] else None, row["text"])


def _checked(row: dict[str, Any], data: bytes | None, text: str) -> Bytes:
    if data is not None and digest(data) == row["source_sha256"]:
        return Bytes(row["source"], data, exact=True)
    if data is not None and row["encoding"] == "utf-8" and "\ufffd" not in text:
        # UTF-8 is written in one way only: other bytes mean another text.
        raise _damaged(row["source"], "source_sha256")
    return Bytes(row["source"], text.encode("utf-8", "surrogatepass"), exact=False)


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _damaged(source: str, column: str) -> VerificationError:
    return VerificationError(
        source,
        expected=f"what `{column}` says",
        found="other bytes",
        cure="the release is damaged: take another copy of it",
    )


def is_safe(source: str) -> bool:
    r"""Whether a name stays inside the folder that it is put in, on every system.

    >>> [is_safe(name) for name in ("a/b.txt", "../b.txt", "/b.txt", "c:\\b.txt", "a//b", "")]
    [True, False, False, False, True, False]
    """
    windows = PureWindowsPath(source)
    parts = {*PurePosixPath(source).parts, *windows.parts}
    return bool(parts) and not ({"..", "/", "\\"} & parts or windows.drive or windows.root or "\0" in source)


def _write(path: Path, data: bytes) -> bool:
    with storage(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(data)
        except (FileExistsError, NotADirectoryError):
            return False
    return True
