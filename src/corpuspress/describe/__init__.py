"""Facts about clean texts: language, title, byline, date, rights, counts, digests.

`languages` tells the language of each text, `shares` those of its lines, `describe` the rest. Everything depends
on the one document alone, never on others of the batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import pyarrow as pa

from ..hashing import encoded
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
    texts: Sequence[str] | pa.Array,
    titles: Sequence[str | None],
    facts: Sequence[Facts],
    sidecars: Sequence[Mapping[str, object]] | None = None,
    languages: Sequence[str] | None = None,
) -> pa.Table:
    """One row a text, with the columns of SCHEMA.

    `facts` are the removed lines that tell something, by column; `sidecars` what the sidecar says of
    the source (a date there wins); `languages` decide dates such as 03/04/2024. `chars`, `words` and `lines` are
    as in words.py. The digest is of the text in UTF-8, in hexadecimal.
    """
    count = len(texts)
    data, starts = encoded(texts)
    counted = words.count(texts)
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
        "text_sha256": [hashlib.sha256(data[first:end].data).hexdigest() for first, end in pairwise(starts.tolist())],
        "chars": counted.characters,
        "words": counted.words,
        "lines": counted.lines,
    }
    return pa.table(columns, SCHEMA)


def _read(facts: Sequence[Facts], name: str, read: Callable[[Sequence[str]], T]) -> list[T]:
    nothing = read(())
    return [read(fact[name]) if name in fact else nothing for fact in facts]
