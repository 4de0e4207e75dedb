"""Facts about clean texts: language, title, byline, date, rights, counts, digests.

`languages` tells the language of each text, `shares` those of its lines, `describe` the rest. Everything depends
on the one document alone, never on others of the batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import pyarrow as pa

from . import words
from .dates import published
from .facts import byline, credits, distinct, first
from .language import languages, shares

__all__ = ["SCHEMA", "describe", "languages", "shares"]

Facts = Mapping[str, Sequence[str]]
T = TypeVar("T")

SCHEMA = pa.schema(
    [
        pa.field("title", pa.string()),
        pa.field("byline", pa.string()),
        pa.field("published", pa.date32()),
        pa.field("place", pa.string()),
        pa.field("agency", pa.string()),
        pa.field("credit", pa.list_(pa.string())),
        pa.field("rights", pa.list_(pa.string())),
        pa.field("text_sha256", pa.string()),
        pa.field("chars", pa.int64()),
        pa.field("words", pa.int64()),
        pa.field("lines", pa.int64()),
    ]
)


def describe(
    texts: Sequence[str],
    titles: Sequence[str | None],
    facts: Sequence[Facts],
    sidecars: Sequence[Mapping[str, object]] | None = None,
    languages: Sequence[str] | None = None,
) -> pa.Table:
    """One row a text, with the columns of SCHEMA.

    `facts` are the removed lines that tell something, by column; `sidecars` what the sidecar says of
    the source (a date there wins); `languages` decide dates such as 03/04/2024. `chars` are code
    points, `words` as in words.py, `lines` are parted by one line feed; a text without a character
    has none. The digest is of the text in UTF-8, in hexadecimal.
    """
    count = len(texts)
    told = sidecars or [{}] * count
    tongues = languages or [""] * count
    columns = {
        "title": titles,
        "byline": _read(facts, "byline", byline),
        "published": [published(*parts) for parts in zip(facts, told, tongues, strict=True)],
        "place": _read(facts, "place", first),
        "agency": _read(facts, "agency", first),
        "credit": _read(facts, "credit", credits),
        "rights": _read(facts, "rights", distinct),
        "text_sha256": [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts],
        "chars": [len(text) for text in texts],
        "words": words.count(texts),
        "lines": [text.count("\n") + 1 if text else 0 for text in texts],
    }
    return pa.table(columns, SCHEMA)


def _read(facts: Sequence[Facts], name: str, read: Callable[[Sequence[str]], T]) -> list[T]:
    nothing = read(())
    return [read(fact[name]) if name in fact else nothing for fact in facts]
