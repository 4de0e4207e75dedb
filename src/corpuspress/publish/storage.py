"""The file system as a release needs it: written whole, on the disk for good, or an error that says what to do."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import storage

ASIDE = ".staging-"
"""How the names of unfinished files and folders begin."""


def write(path: Path, data: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with storage(path), path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, data: bytes) -> bool:
    """Put a file in the place of another at once; False when it already holds `data`."""
    with storage(path):
        with suppress(FileNotFoundError):
            if path.read_bytes() == data:
                return False
        aside = path.with_name(f"{ASIDE}{path.name}-{os.getpid()}")
        try:
            write(aside, data)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        sync(path.parent)
    return True


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the entries of a folder."""
    with storage(path):
        try:
            number = os.open(path, os.O_RDONLY)
        except PermissionError:
            if path.is_dir() and os.name == "nt":  # Windows cannot open folders, and does without
                return
            raise
        try:
            os.fsync(number)
        finally:
            os.close(number)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    with storage(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical(value: Any) -> bytes:
    """A value as JSON in one spelling: sorted keys, two spaces, a line feed at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def sum_line(digest: str, name: str) -> str:
    r"""A line as sha256sum writes and reads it; odd names are escaped its way.

    >>> sum_line("ab12", "two\nlines")
    '\\ab12  two\\nlines'
    """
    safe = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if safe == name else chr(92)}{digest}  {safe}"


def read_sums(text: str) -> dict[str, str]:
    r"""Name -> digest of a file that sha256sum would check.

    >>> read_sums(sum_line("ab12", "two\nlines") + "\n")
    {'two\nlines': 'ab12'}
    """
    sums = {}
    for line in text.split("\n"):
        digest, gap, name = line.partition("  ")
        if gap and digest.startswith("\\"):
            digest, name = digest[1:], _unescaped(name)
        if gap:
            sums[name] = digest
    return sums


def _unescaped(name: str) -> str:
    kinds = {"n": "\n", "r": "\r", "\\": "\\"}
    parts = iter(name)
    return "".join(kinds.get(next(parts, ""), "") if part == "\\" else part for part in parts)
