"""A folder in which a release is made, unseen, before one rename puts it in its place.

The folder is hidden and lies beside the releases, so the rename stays on one disk. A lock on it says
that somebody is at work; the lock ends with its process, however that ends, and the next publisher
clears away what has none.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import storage
from .storage import ASIDE, sync

if sys.platform != "win32":
    import fcntl


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A new, locked folder in `parent`; whatever is left of it in the end is removed."""
    with storage(parent):
        parent.mkdir(parents=True, exist_ok=True)
    clear(parent)
    folder, lock = _locked(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _unlock(lock)


def _locked(parent: Path) -> tuple[Path, int | None]:
    while True:
        with storage(parent):
            folder = Path(tempfile.mkdtemp(prefix=ASIDE, dir=parent))
            # mkdtemp makes it private; a release is as readable as any folder made here.
            folder.chmod(0o777 & ~_umask())
        lock = _lock(folder)
        if lock is not None and folder.is_dir():
            return folder, lock
        if sys.platform == "win32":
            return folder, None
        # Another publisher cleared it away between the two calls.
        _unlock(lock)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _lock(folder: Path) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(number)
        return None
    except OSError:
        # A file system without locks: nobody else can tell either, so nothing there is cleared away.
        return number
    return number


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def clear(parent: Path) -> None:
    """Remove staging folders and unfinished files whose process is gone."""
    if sys.platform == "win32":
        return
    for folder in sorted(parent.glob(f"{ASIDE}*")):
        with suppress(OSError):
            if folder.is_file():
                _clear_file(folder)
                continue
            number = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(number)


def _clear_file(path: Path) -> None:
    process = path.name.rpartition("-")[2]
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        path.unlink()


def settle(folder: Path) -> None:
    """Wait until the disk has the entries of a folder and of all folders in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            sync(path)
    sync(folder)
