"""Columns that sources bring along, from a sidecar or a container: names, types, values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa

from ..errors import InputError

OWN = frozenset(
    (
        *("id", "provenance", "ordinal", "source", "source_sha256", "source_bytes", "encoding", "line_breaks"),
        *("text", "title", "byline", "published", "place", "agency", "credit", "language", "languages"),
        *("language_score", "rights", "text_sha256", "chars", "words", "lines", "lines_removed", "flags"),
        *("cluster", "duplicates", "kept_id", "kind", "similarity", "containment"),
        *("rejected_reason", "rejected_detail", "rejected_data"),
    )
)
"""The columns that a release gives itself; a fact of such a name is called `source_` and the name."""

HINT = "source_encoding"
"""What the column `encoding` of a sidecar is called in the end: the hint for decoding."""

TEXTS = pa.list_(pa.field("element", pa.string()))

_EXACT = 1 << 53  # above this, a float is no longer every whole number
_LARGEST = 1 << 63


@lru_cache(maxsize=1024)
def column_name(name: str) -> str:
    """What a fact is called in the release; case counts for nothing, as SQL reads it.

    >>> column_name("Title"), column_name("site")
    ('source_Title', 'site')
    """
    return f"source_{name}" if name.lower() in OWN else name


@lru_cache(maxsize=1024)
def name_fault(name: str) -> str:
    """What is wrong with the name of a column; empty where nothing is."""
    if not name or name != name.strip() or not name.isprintable() or len(name) > 100:
        return f"{name[:100]!r} is no name for a column"
    return ""


def kind_of(value: object) -> str:
    """The kind of a value of JSON: null, bool, int, long (beyond what a float holds), float, string, list, other."""
    if type(value) is int:
        return "int" if abs(value) <= _EXACT else "long" if -_LARGEST <= value < _LARGEST else "other"
    return _KINDS.get(type(value), "other")


_KINDS: dict[type, str] = {type(None): "null", bool: "bool", float: "float", str: "string", list: "list"}


def type_of(kinds: set[str]) -> pa.DataType:
    """The one type for all kinds seen in a column; string where they do not agree."""
    kinds = kinds - {"null"}
    if kinds == {"bool"}:
        return pa.bool_()
    if kinds and kinds <= {"int", "long"}:
        return pa.int64()
    if kinds and kinds <= {"int", "float"}:
        return pa.float64()
    return TEXTS if kinds == {"list"} else pa.string()


def fitted(value: object, kind: pa.DataType) -> object:
    """The value as a value of the type; what is no string is written as JSON where one is wanted."""
    if value is None:
        return None
    if pa.types.is_float64(kind):
        return float(value)  # type: ignore[arg-type]
    if pa.types.is_list(kind):
        return [_text(item) for item in value if item is not None]  # type: ignore[attr-defined]
    return _text(value) if pa.types.is_string(kind) else value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def packed(values: Mapping[str, Any], without: Iterable[str]) -> bytes | None:
    """The facts of a row as one JSON object, less the columns `without`; None where there are none.

    Raises UnicodeEncodeError when a text holds half a surrogate pair.
    """
    rest = {name: value for name, value in values.items() if name not in without and value is not None}
    return _ENCODER.encode(rest).encode() if rest else None


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=_plain)


def schema_of(facts: Iterable[bytes]) -> pa.Schema:
    """Names and types of all facts, sorted by name. Raises InputError when two names differ only in case."""
    seen: dict[tuple[str, str], None] = {}
    for data in facts:
        values = json.loads(data.decode())
        seen.update(dict.fromkeys(zip(values, map(kind_of, values.values()), strict=True)))
    kinds: dict[str, set[str]] = {}
    for name, kind in seen:
        kinds.setdefault(column_name(name), set()).add(kind)
    lower: dict[str, str] = {}
    for name in kinds:
        other = lower.setdefault(name.lower(), name)
        if other != name:
            raise InputError(
                "facts of the sources",
                expected="columns whose names differ in more than case",
                found=f"`{other}` and `{name}`",
                cure="rename one of the two",
            )
    return pa.schema([(name, type_of(kinds[name])) for name in sorted(kinds)])


def unpacked(facts: Iterable[bytes | None], schema: pa.Schema, prefix: str = "") -> list[dict[str, object]]:
    """The facts again, under their names in the release behind `prefix`, each a value of its column's type."""
    types = {field.name: field.type for field in schema}
    texts = {name for name, kind in types.items() if pa.types.is_string(kind)}
    result = []
    for data in facts:
        row: dict[str, object] = {}
        for name, value in json.loads(data.decode()).items() if data else ():
            column = prefix + column_name(name)
            row[column] = value if column in texts and type(value) is str else fitted(value, types[column])
        result.append(row)
    return result


def merged(first: bytes | None, second: bytes | None) -> bytes | None:
    """The facts of a row and of the sidecar together; the sidecar's have the last word."""
    if not first or not second:
        return first or second
    return json.dumps(json.loads(first) | json.loads(second), ensure_ascii=False, sort_keys=True).encode()
