"""Every error this package raises on purpose.

The tree::

    CorpuspressError               exit code 1
    |-- UsageError                 2   the call cannot be carried out as given
    |   |-- RecipeError            2   an option is unknown or has a bad value
    |   |-- InputError             2   the input is missing or holds nothing to read
    |   `-- VersionError           2   a version is malformed, unknown or too small
    |-- SourceError                -   one source cannot be taken; it goes to `rejected`
    |-- AuditError                 1   an edit does not fit the line that it names
    |-- StorageError               1   the disk refused a read or a write
    |-- GateError                  3   a quality gate of the recipe failed
    |-- DriftError                 4   `--check` found other bytes than the last release holds
    |-- VersionExistsError         5   the version exists with other content
    `-- VerificationError          6   a release does not hold what its manifest says

Each carries four facts: where it happened (`path`), what was `expected`, what was `found`, and the
`cure`, so that a program can read them and a person gets one sentence with all four.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CorpuspressError(Exception):
    """Base of all errors of this package; `exit_code` is what the command line returns for it."""

    exit_code = 1

    def __init__(self, path: object, *, expected: str, found: str, cure: str) -> None:
        self.path = str(path)
        self.expected = expected
        self.found = found
        self.cure = cure
        super().__init__(f"{self.path}: expected {expected}, found {found}; {cure}")

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders pickled; the default would replay `args` positionally.
        return _rebuild, (type(self), self.path, self.expected, self.found, self.cure)


def _rebuild(kind: type[CorpuspressError], path: str, expected: str, found: str, cure: str) -> CorpuspressError:
    return kind(path, expected=expected, found=found, cure=cure)


class UsageError(CorpuspressError):
    """The call cannot be carried out as given."""

    exit_code = 2


class RecipeError(UsageError):
    """An option of the recipe is unknown or has a bad value; `path` names file and key."""


class InputError(UsageError):
    """The input is missing, or holds nothing that can be read."""


class VersionError(UsageError):
    """A version number is malformed, unknown, or smaller than the change demands."""


class SourceError(CorpuspressError):
    """One source cannot be taken. `reason` is the kebab-case word of the table `rejected`."""

    def __init__(self, path: object, *, reason: str, expected: str, found: str, cure: str) -> None:
        self.reason = reason
        super().__init__(path, expected=expected, found=found, cure=cure)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_source, (self.path, self.reason, self.expected, self.found, self.cure)


def _rebuild_source(path: str, reason: str, expected: str, found: str, cure: str) -> SourceError:
    return SourceError(path, reason=reason, expected=expected, found=found, cure=cure)


class AuditError(CorpuspressError):
    """An edit does not fit the line that it names: the audit and the text have parted."""


class StorageError(CorpuspressError):
    """The disk or the file system refused a read or a write (full, no permission, gone)."""


_CURES = {
    errno.ENOSPC: "free some space, then run the same command again",
    errno.EDQUOT: "free some space, then run the same command again",
    errno.EACCES: "give yourself permission to write there, or choose another folder",
    errno.EPERM: "give yourself permission to write there, or choose another folder",
    errno.EROFS: "choose a folder on a disk that can be written",
    errno.ENOENT: "check that the folder still exists, then run the same command again",
    errno.ENOTDIR: "choose a folder, not a file",
    errno.EEXIST: "choose a folder, not a file",
    errno.EISDIR: "choose another folder",
}


@contextmanager
def storage(path: Path | str, expected: str = "a disk that takes and gives files") -> Iterator[None]:
    """Turn what the operating system says about `path` into a StorageError with a cure."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            error.filename or path,
            expected=expected,
            found=error.strerror or str(error),
            cure=_CURES.get(error.errno or 0, "check the disk, then run the same command again"),
        ) from error


class GateError(CorpuspressError):
    """A quality gate of the recipe failed; nothing was published."""

    exit_code = 3


class DriftError(CorpuspressError):
    """Under `--check`: the build gives other content than the last release holds."""

    exit_code = 4


class VersionExistsError(CorpuspressError):
    """The version exists with other content; a published version never changes."""

    exit_code = 5


class VerificationError(CorpuspressError):
    """A release does not hold what its manifest says."""

    exit_code = 6
