"""The order of the stages inside one chunk: read, decode, clean, describe, sketch.

`prepare` and `press` are the two file tasks of a build; between them the census of recurring lines is
taken over all chunks. `press_text` is the same order for a single text, without a census.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import census as recurring
from . import cleaning, decode, deduplicate, describe, native, parts, read
from .cleaning.batch import Columns, Lines
from .cleaning.suspects import suspects
from .errors import InputError, SourceError
from .hashing import buffers, strings
from .model import Edit, Line, Rejected, Source, apply, join, lines_from, restore, split
from .parts import Context
from .publish import schema
from .recipe import Recipe
from .utf8 import Utf8

PREPARED = pa.schema(
    [
        *(schema.PRESSED.field(name) for name in ("id", "provenance", "ordinal", "source", "source_sha256")),
        *(schema.PRESSED.field(name) for name in ("source_bytes", "encoding", "line_breaks", "text")),
        *(schema.PRESSED.field(name) for name in ("rejected_reason", "rejected_detail", "rejected_data")),
        ("facts", pa.string()),
        ("numbers", pa.list_(pa.int32())),
        ("lines", pa.list_(pa.string())),
        ("hashes", pa.list_(pa.int64())),
        ("edits", parts.EDITS),
    ]
)
"""One row a source: decoded, repaired, laid out by `edits`. `facts` is its row of the sidecar, as JSON;
`hashes` are those of its lines in the census."""


ROWS = 128
"""Rows cleaned at a time by `press_rows`."""


class Text(NamedTuple):
    """One text pressed: source lines, clean text, and all edits from the one to the other."""

    source: list[Line]
    text: str
    edits: tuple[Edit, ...]


def press_text(data: bytes, recipe: Recipe, name: str = "text") -> Text:
    """Decode and clean one text. Raises InputError, which says `name`, when the bytes are no text."""
    try:
        decoded = decode.decode(data, None, recipe.decode)
    except SourceError as error:
        raise InputError(name, expected=error.expected, found=error.found, cure=error.cure) from error
    source, _ = split(decoded.text)
    cleaned = cleaning.clean_lines(apply(source, decoded.edits), recipe)
    return Text(source, cleaned.text, (*decoded.edits, *cleaned.edits))


def press_rows(rows: Iterable[bytes], recipe: Recipe, name: str) -> Iterator[str]:
    """JSON rows with `id` and `text` in, JSON rows with `id`, `text` and `edits` out, in the same order.

    Raises InputError for the first row that is no such object; all rows before it are given out.
    """
    numbered = enumerate((row for row in rows if row.strip()), 1)
    while batch := [_row(row, f"{name}, row {number}") for number, row in islice(numbered, ROWS)]:
        lines = [line for document, (_, text) in enumerate(batch) for line in split(text, document)[0]]
        tidied = cleaning.tidy(lines, recipe)
        stripped = cleaning.strip(tidied.lines, recipe, documents=len(batch))
        edits: list[list[dict[str, Any]]] = [[] for _ in batch]
        for edit in (*tidied.edits, *stripped.edits):
            edits[edit.document].append({key: value for key, value in edit._asdict().items() if key != "document"})
        for (identity, _), text, own in zip(batch, stripped.lines.joined(len(batch)), edits, strict=True):
            yield _json({"id": identity, "text": text, "edits": own})


# Many readers of JSON lines break at these as well.
_BREAKS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def _json(row: dict[str, Any]) -> str:
    plain = json.dumps(row, ensure_ascii=False).translate(_BREAKS)
    try:
        plain.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can show
        return json.dumps(row)
    return plain


def _row(row: bytes, where: str) -> tuple[Any, str]:
    try:
        found = json.loads(row, parse_constant=lambda _: None)
        text = found["text"]
        if isinstance(text, str):
            return found.get("id"), text
        problem = f"a `text` of type {type(text).__name__}"
    except (ValueError, KeyError, TypeError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise InputError(
        where, expected='a JSON object such as {"id": "a", "text": "..."}', found=problem, cure="mend the row"
    )


# ---- first map: bytes to lines -------------------------------------------------------------------


def prepare(context: Context, chunk: read.Chunk) -> str:
    """Read, decode, repair and lay out one chunk; the key of its part."""
    sources = read.load(chunk, context.recipe.read)
    facts = [_facts(source) for source in sources]
    digests = [None if source.data is None else hashlib.sha256(source.data).hexdigest() for source in sources]
    key = parts.digest(context.key, *zip([source.path for source in sources], digests, facts, strict=True))
    if not context.part(key, "prepared").exists():
        _prepare(context, key, sources, digests, facts)
    return key


def _facts(source: Source | Rejected) -> str:
    facts = source.facts if isinstance(source, Source) else {}
    return _ENCODER.encode(dict(facts)) if facts else ""


# json.dumps with options makes an encoder for each source.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str)


def _prepare(
    context: Context,
    key: str,
    sources: Sequence[Source | Rejected],
    digests: Sequence[str | None],
    facts: Sequence[str],
) -> None:
    rows, texts = [], []
    edits: list[Edit] = []
    given = [(source.data, source.encoding_hint) if isinstance(source, Source) else (b"", None) for source in sources]
    for document, (source, breaks) in enumerate(zip(sources, decode.plain(given), strict=True)):
        row, text, mended = _decoded(source, document, context.recipe, breaks)
        rows.append(row)
        texts.append(text)
        edits += mended
    numbers, lines = _tidied(texts, edits, context.recipe)
    hashes = recurring.fold(lines.values)
    columns: dict[str, Any] = dict(zip(_Row._fields, zip(*rows, strict=True), strict=True))
    columns |= {"source_sha256": digests, "facts": facts, "numbers": numbers, "lines": lines}
    columns |= {"hashes": pa.ListArray.from_arrays(lines.offsets, pa.array(hashes))}
    columns |= {"edits": parts.edits_lists(edits, len(rows))}
    table = pa.table([_typed(columns[field.name], field.type) for field in PREPARED], schema=PREPARED)
    sites = [_site(source) for source in sources]
    _, documents = parts.places(lines.offsets)
    parts.write(context.part(key, "tally"), recurring.tally(hashes, documents, sites))
    parts.write(context.part(key, "prepared"), table)


def _tidied(texts: Sequence[bytes | None], edits: list[Edit], recipe: Recipe) -> tuple[pa.ListArray, pa.ListArray]:
    """Numbers and texts of the lines of each text, mended by `edits` and tidied, which adds edits.

    Only lines that may change become lines of Python; there are few of them, and fewer that do.
    """
    split_up = parts.split_lines(texts)
    numbers, documents = parts.places(split_up.offsets)
    lines = split_up.values
    at = suspects(lines, recipe)
    if edits:
        places = [split_up.offsets[edit.document].as_py() + edit.line - 1 for edit in edits]
        at = np.union1d(at, places)
    found = lines_from(lines.take(pa.array(at)).to_pylist(), numbers[at].tolist(), documents[at].tolist())
    tidied = cleaning.tidy(apply(found, edits), recipe)
    edits += tidied.edits
    if recipe.layout.join_wrapped:  # the only step that takes lines away
        return parts.lines_table(tidied.lines, len(texts))
    pairs = zip(at.tolist(), found, tidied.lines.texts, strict=True)
    changed = {place: after for place, (before, _, _), after in pairs if after != before}
    return (
        pa.ListArray.from_arrays(split_up.offsets, pa.array(numbers)),
        pa.ListArray.from_arrays(split_up.offsets, _replaced(lines, changed)),
    )


def _replaced(texts: pa.Array, changed: Mapping[int, str]) -> pa.Array:
    """The texts, with others at some places, which are in rising order."""
    if not changed:
        return texts
    new, pieces, begin = strings([*changed.values()]), [], 0
    for number, place in enumerate(changed):
        pieces += [texts[begin:place], new[number : number + 1]]
        begin = place + 1
    return pa.concat_arrays([*pieces, texts[begin:]])


def _site(source: Source | Rejected) -> str | None:
    site = source.facts.get("site") if isinstance(source, Source) else None
    # Sites are compared as text; a sidecar that numbers them names none.
    return site if isinstance(site, str) else None


class _Row(NamedTuple):
    """What PREPARED says of a source before its lines are tidied."""

    source: str
    source_bytes: int | None
    id: str | None = None
    provenance: str | None = None
    ordinal: str | None = None
    encoding: str | None = None
    line_breaks: str | None = None
    text: str | None = None
    rejected_reason: str | None = None
    rejected_detail: str | None = None
    rejected_data: bytes | None = None


def _decoded(
    source: Source | Rejected, document: int, recipe: Recipe, breaks: int | None
) -> tuple[_Row, bytes | None, Sequence[Edit]]:
    """The row of a source, its lines parted by line feeds (None where it is rejected), and what mends them.

    `breaks` is what `decode.plain` says of it.
    """
    if isinstance(source, Rejected):
        row = _Row(source.path, None if source.data is None else len(source.data))
        return _rejected(row, source.reason, source.detail, source.text, source.data), None, ()
    data = source.data
    known = source.path, len(data), source.id, source.provenance, source.ordinal
    if breaks is not None:
        return _Row(*known, "utf-8", f"n{breaks}" if breaks else ""), data.removesuffix(b"\n"), ()
    try:
        decoded = decode.decode(data, source.encoding_hint, recipe.decode)
    except SourceError as error:
        return _rejected(_Row(*known), error.reason, f"{error.found}; {error.cure}", None, data), None, ()
    text, record = _line_feeds(decoded.text)
    edits = [edit._replace(document=document) for edit in decoded.edits]
    return _Row(*known, decoded.encoding, record), text.encode(), edits


def _line_feeds(text: str) -> tuple[str, str]:
    """The lines of a text, parted by line feeds whatever parted them, and the record of their breaks.

    >>> _line_feeds("One\\r\\nTwo\\n")
    ('One\\nTwo', 'w1n1')
    """
    if any(char in text for char in "\r\v\f\u2028\u2029"):
        lines, breaks = split(text)
        return "\n".join(line.text for line in lines), breaks
    count = text.count("\n")
    return text.removesuffix("\n"), f"n{count}" if count else ""


def _rejected(row: _Row, reason: str, detail: str, text: str | None, data: bytes | None) -> _Row:
    return row._replace(
        rejected_reason=reason, rejected_detail=detail, rejected_data=data if text is None else None, text=text
    )


# ---- second map: lines to documents --------------------------------------------------------------


def press(context: Context, prepared: str) -> tuple[str, int]:
    """Clean, describe and sketch one prepared chunk; the key of its part and the number of its rows.

    The key covers only what the census says of this chunk's own lines, so that sources added
    elsewhere leave most parts as they are.
    """
    table = parts.read(context.part(prepared, "prepared"))
    numbers, texts, hashes = (parts.column(table, name) for name in ("numbers", "lines", "hashes"))
    _, documents = parts.places(texts.offsets)
    trimmed = Utf8.trimmed(texts.values)
    lines = Lines(
        Columns(
            texts.values.to_numpy(zero_copy_only=False),
            numbers.values.to_numpy().astype(np.int64),
            documents,
            trimmed.length,
            np.arange(len(documents)),
            hashes.values.to_numpy(),
        ),
        trimmed,
    )
    census = _census(context.census).among(lines.hashes) if context.census else None
    key = parts.digest(context.key, prepared, census.digest() if census else "")
    if not context.part(key, "pressed").exists():
        _press(context, table, key, lines, census)
    return key, table.num_rows


@lru_cache(maxsize=2)
def _census(path: str) -> recurring.Census:
    return recurring.load(Path(path))


def _press(context: Context, table: pa.Table, key: str, lines: Lines, census: recurring.Census | None) -> None:
    recipe, documents = context.recipe, table.num_rows
    told = [json.loads(fact) if fact else {} for fact in table["facts"].to_pylist()]
    given = [str(fact["source_title"]) if fact.get("source_title") else None for fact in told]
    stripped = cleaning.strip(lines, recipe, census, documents=documents, given=given)
    encoded = _joined(stripped.lines, parts.column(table, "lines").values, documents)
    languages = describe.languages(encoded, recipe.language)
    tongues = [name for name, _ in languages]
    columns = {name: table.column(name) for name in table.column_names}
    columns |= _columns(describe.describe(encoded, stripped.titles, stripped.facts, told, tongues))
    columns |= {"language": tongues, "language_score": [score for _, score in languages], "flags": stripped.flags}
    # Stable: within a document the order of application stays.
    before = parts.edits_of(parts.column(table, "edits"))
    edits = sorted([*before, *stripped.edits], key=lambda edit: edit.document)
    columns["lines_removed"] = _removed(edits, documents)
    reasons = _reasons(table, encoded, stripped.flags, tongues, recipe)
    columns |= _outcome(table, encoded, edits, reasons)
    columns |= _columns(deduplicate.sketch(encoded, recipe.deduplicate))
    columns |= {name: [fact.get(name) for fact in told] for name in context.columns.names}
    columns |= {"languages": describe.shares(encoded.to_pylist())} if recipe.language.shares else {}
    types = dict(zip(context.columns.names, context.columns.types, strict=True))
    outcome = pa.schema([*schema.pressed(types), *deduplicate.SKETCH])
    parts.write(context.part(key, "edits"), _published(edits, table.column("id").to_pylist(), reasons))
    arrays = [_typed(columns[field.name], field.type) for field in outcome]
    parts.write(context.part(key, "pressed"), pa.table(arrays, schema=outcome))


def _joined(lines: Lines, before: pa.Array, documents: int) -> pa.Array:
    """As `lines.joined`; `before` are the texts of the lines that the cleaning began with, most of which stayed."""
    origins = np.ascontiguousarray(lines.origins)
    others = buffers(strings(lines.texts[origins < 0].tolist()))
    known = buffers(before)
    joined = np.empty(len(known[0]) + len(others[0]) + len(lines) + 1, np.uint8)
    ends = np.empty(documents + 1, np.int32)
    size = _put_together(*known, *others, origins, lines.documents, len(lines), documents, joined, len(joined), ends)
    if size < 0:
        raise OverflowError(f"expected at most two gigabytes of clean text, found more in {documents:,} texts")
    return pa.StringArray.from_buffers(documents, pa.py_buffer(ends), pa.py_buffer(joined[:size]))


_put_together = native.function(
    "cp_joined",
    *(np.uint8, np.int64, np.uint8, np.int64, np.int64, np.int64, int, int, np.uint8, int, np.int32),
)


def _columns(table: pa.Table) -> dict[str, Any]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _typed(values: Any, kind: pa.DataType) -> Any:
    return values if isinstance(values, pa.ChunkedArray | pa.Array) else pa.array(values, kind)


def _removed(edits: Sequence[Edit], documents: int) -> list[int]:
    counts = [0] * documents
    for edit in edits:
        counts[edit.document] += edit.after is None and bool(edit.before.strip())
    return counts


_HEAD = 100  # characters of a text, among which nearly always is a letter


def _reasons(
    table: pa.Table, texts: pa.Array, flags: Sequence[Sequence[str]], tongues: Sequence[str], recipe: Recipe
) -> list[tuple[str, str] | None]:
    """Reason and detail of each source that is rejected, here or before; None for the others."""
    reasons: list[tuple[str, str] | None] = []
    earlier = zip(table.column("rejected_reason").to_pylist(), table.column("rejected_detail").to_pylist(), strict=True)
    heads = pc.utf8_slice_codeunits(texts, 0, _HEAD).to_pylist()
    for row, (known, head, flagged, tongue) in enumerate(zip(earlier, heads, flags, tongues, strict=True)):
        if known[0] is not None:
            reasons.append(known)
        elif "not-an-article" in flagged:
            reasons.append(("not-an-article", "a page without an article: a bot wall, an error, an empty shell"))
        elif not any(map(str.isalpha, head)) and not any(map(str.isalpha, texts[row].as_py())):
            reasons.append(("no-main-text", "nothing but boilerplate: no letter is left after cleaning"))
        elif recipe.language.keep and tongue not in recipe.language.keep:
            reasons.append(
                ("language", f"its language is {tongue}; the recipe keeps {', '.join(recipe.language.keep)}")
            )
        else:
            reasons.append(None)
    return reasons


def _outcome(
    table: pa.Table, texts: pa.Array, edits: Sequence[Edit], reasons: Sequence[tuple[str, str] | None]
) -> dict[str, Any]:
    """The columns `text`, `rejected_reason` and `rejected_detail`; a rejected source keeps its decoded text."""
    own: dict[int, list[Edit]] = {row: [] for row, reason in enumerate(reasons) if reason}
    for edit in edits if own else ():
        if edit.document in own:
            own[edit.document].append(edit)
    found = [
        table["text"][row].as_py()
        if (breaks := table["line_breaks"][row].as_py()) is None
        else join(restore(texts[row].as_py(), changes), breaks)
        for row, changes in own.items()
    ]
    mask = pa.array([row in own for row in range(len(texts))])
    return {
        "text": pc.replace_with_mask(texts, mask, pa.array(found, pa.string())) if own else texts,
        "rejected_reason": [reason and reason[0] for reason in reasons],
        "rejected_detail": [reason and reason[1] for reason in reasons],
    }


def _published(edits: Sequence[Edit], ids: Sequence[str], reasons: Sequence[tuple[str, str] | None]) -> pa.Table:
    kept = [edit for edit in edits if reasons[edit.document] is None]
    names = pa.array([ids[edit.document] for edit in kept], pa.string())
    return pa.table([names, *parts.edit_columns(kept)], schema=schema.EDITS)
