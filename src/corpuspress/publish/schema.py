"""The tables of a release and the files that publish reads, column by column.

This is the single place where columns are named: build writes its parts with `pressed`, `EDITS` and
`DECISIONS`; the card prints `meaning`; verify compares with `table_schema`. Types are plain on
purpose (string, int64, float64, bool, date32, list of strings), because those load alike in datasets,
DuckDB, Polars and pandas.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from ..errors import InputError

_TEXT = pa.string()
_COUNT = pa.int64()
_SHARE = pa.float64()
_TEXTS = pa.list_(pa.field("element", pa.string()))

MEANING: dict[str, dict[str, tuple[pa.DataType, str]]] = {
    "documents": {
        "id": (_TEXT, "Relative path of the source without its suffix; the key of every table."),
        "provenance": (_TEXT, "Hash in the file name, kept as found: an opaque id of origin."),
        "ordinal": (_TEXT, "Number in front of the file name, as found; not an identity."),
        "source": (_TEXT, "Relative path of the source."),
        "source_sha256": (_TEXT, "SHA-256 of the bytes of the source."),
        "source_bytes": (_COUNT, "Size of the source in bytes."),
        "encoding": (_TEXT, "Encoding the source was decoded from."),
        "line_breaks": (_TEXT, "Line breaks of the source as runs, such as `n39w1`; needed to restore it."),
        "text": (_TEXT, "The clean text; lines are parted by one line feed."),
        "title": (_TEXT, "Headline, where one was found."),
        "byline": (_TEXT, "Who wrote it, as the source says."),
        "published": (pa.date32(), "Day of publication, where the source or the sidecar names it."),
        "place": (_TEXT, "Place in the dateline, as found."),
        "agency": (_TEXT, "News agency in the dateline or credit, as found."),
        "credit": (_TEXTS, "Credits of photographs, as found."),
        "language": (_TEXT, "Language code; `und` where there is nothing to tell."),
        "language_score": (_SHARE, "Probability of that language, 0 to 1."),
        "rights": (_TEXTS, "Copyright and rights notices found in the source."),
        "text_sha256": (_TEXT, "SHA-256 of the clean text in UTF-8."),
        "chars": (_COUNT, "Characters of the clean text."),
        "words": (_COUNT, "Words of the clean text."),
        "lines": (_COUNT, "Lines of the clean text."),
        "lines_removed": (_COUNT, "Lines of the source that are not in the clean text."),
        "flags": (_TEXTS, "What a reader should know about the cleaning, such as `brake`."),
        "cluster": (_TEXT, "Id of the document that stands for all copies of this one; its own id where it does."),
        "duplicates": (_TEXTS, "Provenance hashes of the copies folded into this row, in the order of the input."),
    },
    "edits": {
        "id": (_TEXT, "Id of the document or duplicate that the edit belongs to."),
        "step": (_TEXT, "Step that proposed the edit."),
        "line": (pa.int32(), "Number of the line in the decoded source, from 1."),
        "rule": (_TEXT, "Rule that proposed the edit."),
        "before": (_TEXT, "The line before the edit."),
        "after": (_TEXT, "The line after the edit; null where it was removed."),
        "score": (pa.float32(), "Probability that the line is main text, where a model had a say."),
        "evidence": (_TEXT, "Why, in words."),
    },
    "duplicates": {
        "kept_id": (_TEXT, "Id of the document that was published in its place."),
        "kind": (_TEXT, "`exact`, `near` or `contained`."),
        "similarity": (_SHARE, "Jaccard index of the shingles of both texts, exact."),
        "containment": (_SHARE, "Share of the smaller text's shingles found in the larger, exact."),
    },
    "rejected": {
        "source": (_TEXT, "Relative path of the source."),
        "source_sha256": (_TEXT, "SHA-256 of its bytes; null where they could not be read."),
        "reason": (_TEXT, "Why it is not a document, in one word."),
        "detail": (_TEXT, "The same in a sentence."),
        "encoding": (_TEXT, "Encoding it was decoded from, where it was."),
        "text": (_TEXT, "Its decoded text, unchanged, where there is one."),
        "data": (pa.binary(), "Its bytes, where there is no text."),
    },
}
"""Table, column -> type and meaning. Only here do columns have an order."""

COPIED = (
    *("id", "provenance", "ordinal", "source", "source_sha256", "source_bytes"),
    *("encoding", "line_breaks", "text", "text_sha256"),
)
"""What `duplicates` shares with `documents`."""
MEANING["duplicates"] = {name: MEANING["documents"][name] for name in COPIED} | MEANING["duplicates"]

TABLES = ("documents", "edits", "duplicates", "rejected")
SIDECAR_MEANING = "As the sidecar gives it."
SIDECAR_TYPES = (_TEXT, _COUNT, _SHARE, pa.bool_(), pa.date32(), _TEXTS)

_LATE = ("cluster", "duplicates")
_OUTCOME = {"rejected_reason": _TEXT, "rejected_detail": _TEXT, "rejected_data": pa.binary()}

PRESSED = pa.schema(
    [(name, kind) for name, (kind, _) in MEANING["documents"].items() if name not in _LATE] + list(_OUTCOME.items())
)
"""One row a source, in input order. `rejected_reason` null means accepted; of a rejected source `text`
is the decoded text as found, or null, and `rejected_data` its bytes where there is no text."""

EDITS = pa.schema([(name, kind) for name, (kind, _) in MEANING["edits"].items()])
"""One row an edit of an accepted source, in order of application within a source."""

DECISIONS = pa.schema(
    [
        ("cluster", _TEXT),
        ("kept_id", _TEXT),
        ("kind", _TEXT),
        ("similarity", _SHARE),
        ("containment", _SHARE),
    ]
)
"""One row for each row of all parts, in input order; all null for a rejected source."""


def pressed(sidecar: Mapping[str, pa.DataType] | None = None) -> pa.Schema:
    """The schema of a part, with the columns of the sidecar last, sorted by name.

    Raises InputError when a column has a name that is taken or a type that does not load everywhere.
    """
    extra = dict(sorted((sidecar or {}).items()))
    taken = {*PRESSED.names, *DECISIONS.names, *_LATE}
    for name, kind in extra.items():
        if name in taken or kind not in SIDECAR_TYPES:
            raise InputError(
                f"sidecar column {name}",
                expected="a name that no table has yet" if name in taken else "text, number, date, yes/no or texts",
                found=f"`{name}` of type {kind}",
                cure="rename or convert the column in the sidecar",
            )
    return pa.schema([*PRESSED, *(pa.field(name, kind) for name, kind in extra.items())])


def table_schema(table: str, sidecar: Mapping[str, pa.DataType] | None = None) -> pa.Schema:
    """The schema of a published table, with the metadata that tells datasets its features.

    `documents` and `duplicates` carry the columns of the sidecar.
    """
    extra = sorted((sidecar or {}).items()) if table in ("documents", "duplicates") else []
    fields = [(name, kind) for name, (kind, _) in MEANING[table].items()] + extra
    schema = pa.schema(fields)
    info = {"info": {"features": features(schema)}}
    return schema.with_metadata({"huggingface": json.dumps(info, sort_keys=True)})


def meaning(table: str, column: str) -> str:
    """What a column means, in one sentence."""
    return MEANING[table][column][1] if column in MEANING[table] else SIDECAR_MEANING


def features(schema: pa.Schema) -> dict[str, Any]:
    """The features as datasets writes them into Parquet files.

    >>> features(pa.schema([("text", pa.string())]))
    {'text': {'_type': 'Value', 'dtype': 'string'}}
    """
    return {field.name: _feature(field.type) for field in schema}


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"_type": "List", "feature": _feature(kind.value_type)}
    return {"_type": "Value", "dtype": type_name(kind)}


def card_features(schema: pa.Schema) -> list[dict[str, Any]]:
    """The features as the header of a card lists them.

    >>> card_features(pa.schema([("rights", pa.list_(pa.string()))]))
    [{'name': 'rights', 'list': 'string'}]
    """
    return [
        {"name": field.name, "list": type_name(field.type.value_type)}
        if pa.types.is_list(field.type)
        else {"name": field.name, "dtype": type_name(field.type)}
        for field in schema
    ]


def type_name(kind: pa.DataType) -> str:
    """A type as manifest, card and features name it.

    >>> type_name(pa.float64()), type_name(pa.date32()), type_name(pa.list_(pa.string()))
    ('float64', 'date32', 'list<string>')
    """
    if pa.types.is_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    return {"double": "float64", "float": "float32", "date32[day]": "date32"}.get(str(kind), str(kind))
