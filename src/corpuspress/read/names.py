"""The grammar of names: file name to ordinal and provenance, path to id, bytes of a name to text and back.

Names are handled as bytes until here, so that neither locale nor platform decides how they read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..recipe import Read

_DEFAULT = re.compile(Read().pattern)
_ESCAPE = re.compile(rb"\\(?:(\\)|x([0-9A-F]{2}))")


class Name(NamedTuple):
    """What a file name says of a source; `ordinal` is None where the name has none."""

    ordinal: str | None
    provenance: str


def parse_name(name: str, pattern: str | re.Pattern[str] = _DEFAULT) -> Name | None:
    """Ordinal and provenance of a file name that matches the pattern as a whole, else None.

    >>> parse_name("007_caef169ae1fb1c0a.txt")
    Name(ordinal='007', provenance='caef169ae1fb1c0a')
    >>> parse_name("007_caef169ae1fb1c0a.txt.bak") is None
    True
    """
    [ordinal], [provenance] = parse_names([name], re.compile(pattern))
    return Name(ordinal, provenance) if provenance else None


def parse_names(names: Sequence[str], pattern: re.Pattern[str]) -> tuple[list[str | None], list[str | None]]:
    """Ordinals and provenances of file names; a name that does not match has neither."""
    matches = list(map(pattern.fullmatch, names))

    def group(name: str) -> list[str | None]:
        if name not in pattern.groupindex:
            return [None] * len(matches)
        return [match and (match[name] or None) for match in matches]

    provenances = group("provenance")
    ordinals = [provenance and ordinal for ordinal, provenance in zip(group("ordinal"), provenances, strict=True)]
    return ordinals, provenances


def shown(path: bytes) -> str:
    r"""A path as text: UTF-8; a byte that is not UTF-8 becomes `\xE9`, a backslash is doubled.

    >>> shown(b"caf\xe9/1_aa.txt")
    'caf\\xE9/1_aa.txt'
    """
    if b"\\" in path:
        path = path.replace(b"\\", b"\\\\")
    try:
        return path.decode()
    except UnicodeDecodeError:
        text = path.decode("utf-8", "surrogateescape")
        return re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found[0]) - 0xDC00:02X}", text)


def found(path: str) -> bytes:
    r"""The inverse of `shown`.

    >>> found('caf\\xE9/1_aa.txt')
    b'caf\xe9/1_aa.txt'
    """
    data = path.encode()
    return _ESCAPE.sub(lambda hit: hit[1] or bytes.fromhex(hit[2].decode()), data) if b"\\" in data else data


def id_of(path: str) -> str:
    """The id of a source: its path without the suffix.

    >>> id_of("2024/007_caef169ae1fb1c0a.txt")
    '2024/007_caef169ae1fb1c0a'
    """
    stem, dot, suffix = path.rpartition(".")
    # As posixpath.splitext has it: dots that a name begins with begin no suffix.
    is_suffix = dot and "/" not in suffix and stem.rpartition("/")[2].strip(".")
    return stem if is_suffix else path


def tidy_path(path: bytes) -> bytes | None:
    """A path of an archive or a list, without `./` and doubled slashes; None where it is not safe.

    Safe is a relative path that stays below its folder: no `..`, no root, no drive, no NUL.

    >>> tidy_path(b"./raw//1_aa.txt")
    b'raw/1_aa.txt'
    >>> tidy_path(b"raw/../../etc/passwd") is None
    True
    """
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    unsafe = not parts or path.startswith(b"/") or b".." in parts or b"\0" in path
    if unsafe or re.match(rb"[A-Za-z]:|.*\\\.\.(?:\\|$)|\\", path):
        return None
    return b"/".join(parts)


def is_hidden(path: bytes) -> bool:
    """Whether a part of the path begins with a dot, as in `.git/config` or `.DS_Store`."""
    return path.startswith(b".") or b"/." in path
