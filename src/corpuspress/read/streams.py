"""Containers opened as streams: gzip, zstd, xz and bzip2 undone, bombs stopped."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from ..errors import InputError

FAULTS = (OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException)
"""What the decompressors raise when a stream is damaged or ends early."""

MAX_RATIO = 300
FREE_BYTES = 1 << 30
"""Text seldom shrinks more than thirtyfold. Up to a gigabyte any ratio passes; beyond, 300 is the limit."""


class Guard(io.RawIOBase):
    """A stream that counts what comes out of it and stops at the limit: `path` names it in the error.

    `limit` is in bytes; readers may lower it for a while.
    """

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self.stream = stream
        self.path = path
        self.count = 0
        self.most = max(FREE_BYTES, MAX_RATIO * path.stat().st_size)
        self.limit = self.most

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer. Raises InputError when more has come out than the limit allows."""
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        if self.count > self.limit:
            raise bomb(self.path, f"{self.count:,} bytes and no end")
        return len(data)

    def close(self) -> None:
        """Close the stream below."""
        self.stream.close()
        super().close()


def bomb(path: Path, found: str) -> InputError:
    """The error for a container that unpacks to more than any text would."""
    return InputError(
        path,
        expected=f"at most {MAX_RATIO} times its size when unpacked",
        found=found,
        cure="unpack it yourself and look at it, if you trust where it came from",
    )


def damaged(path: Path, error: BaseException | str) -> InputError:
    """The error for a container that cannot be read to its end."""
    return InputError(
        path,
        expected=f"a whole {path.suffix.lstrip('.')} file",
        found=str(error) or type(error).__name__,
        cure="fetch or write it again",
    )


def open_guarded(path: Path) -> Guard:
    """The unpacked bytes of a file, by its suffix. Raises OSError when it cannot be opened."""
    return Guard(_open(path), path)


def _open(path: Path) -> Any:
    suffix = path.suffix.lower()
    if suffix in (".gz", ".tgz"):
        return gzip.open(path)
    if suffix == ".xz":
        return lzma.open(path)
    if suffix == ".bz2":
        return bz2.open(path)
    if suffix == ".zst":
        return pa.input_stream(str(path), compression="zstd")
    return path.open("rb")
