"""Small releases for tests: own-written sources in, parts as build writes them out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from corpuspress.engine import Serial
from corpuspress.model import Edit, apply, split, text_of
from corpuspress.publish import Input, Outcome, Part, Wish, publish
from corpuspress.publish.schema import DECISIONS, EDITS, pressed
from corpuspress.recipe import Recipe


class Raw(NamedTuple):
    """A source and what becomes of it."""

    source: str
    text: str
    removed: tuple[int, ...] = ()
    kept_id: str | None = None
    kind: str | None = None
    reason: str | None = None
    data: bytes | None = None
    facts: dict[str, Any] = {}  # noqa: RUF012


def tale(number: int, **more: Any) -> Raw:
    """A text of four lines, the last of which is boilerplate."""
    text = f"The ferry of stop {number}\nIt left {number} minutes late.\n\nNobody in town {number} minded.\nFollow us\n"
    return Raw(f"{number:03d}_{number * 2654435761 % 2**64:016x}.txt", text, (3, 5), **more)


def key(source: str) -> str:
    return source.rsplit(".", 1)[0]


def hashed(source: str) -> str:
    return key(source).rsplit("_", 1)[-1]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def edits_of(raw: Raw) -> list[Edit]:
    lines = split(raw.text)[0]
    return [Edit("boilerplate", "follow-us", n, lines[n - 1].text, None, 0.25, "no prose") for n in raw.removed]


def row(raw: Raw) -> dict[str, Any]:
    known = {"source": raw.source, "source_sha256": digest(raw.data or raw.text.encode()), **raw.facts}
    if raw.reason:
        return known | {
            "text": None if raw.data else raw.text,
            "encoding": None if raw.data else "utf-8",
            "rejected_reason": raw.reason,
            "rejected_detail": "for a reason",
            "rejected_data": raw.data,
        }
    lines, breaks = split(raw.text)
    clean = apply(lines, edits_of(raw))
    text = text_of(clean)
    facts = {"id": key(raw.source), "provenance": hashed(raw.source), "ordinal": raw.source[:3]}
    facts |= {"source_bytes": len(raw.text.encode()), "encoding": "utf-8", "line_breaks": breaks, "text": text}
    facts |= {"title": clean[0].text if clean else None, "language": "en", "language_score": 0.75, "rights": []}
    facts |= {"text_sha256": digest(text.encode()), "chars": len(text), "words": len(text.split())}
    return facts | {"lines": len(clean), "lines_removed": len(lines) - len(clean), "flags": []} | known


def arrow(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> Path:
    table = pa.Table.from_pylist(rows, schema=schema)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        writer.write_table(table)
    return path


def decision(raw: Raw) -> dict[str, Any]:
    if raw.reason:
        return {}
    if raw.kept_id:
        return {"cluster": raw.kept_id, "kept_id": raw.kept_id, "kind": raw.kind, "similarity": 0.5, "containment": 1.0}
    return {"cluster": key(raw.source)}


def parts(raws: list[Raw], folder: Path, size: int = 1000, sidecar: dict[str, pa.DataType] | None = None):
    """The parts of `raws`, `size` sources each, and the decisions."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number, first in enumerate(range(0, max(1, len(raws)), size)):
        some = raws[first : first + size]
        edits = [edit._asdict() | {"id": key(raw.source)} for raw in some if not raw.reason for edit in edits_of(raw)]
        one = arrow(folder / f"{number}.pressed", [row(raw) for raw in some], pressed(sidecar))
        made.append(Part(str(one), str(arrow(folder / f"{number}.edits", edits, EDITS)), len(some)))
    return made, arrow(folder / "decisions", [decision(raw) for raw in raws], DECISIONS)


def release(raws: list[Raw], corpus: Path, run: Path, *, size: int = 1000, **options: Any) -> Outcome:
    """Publish `raws` as the next release; options: recipe, engine, sidecar, and those of Wish."""
    sidecar = options.pop("sidecar", {})
    recipe, engine = options.pop("recipe", Recipe()), options.pop("engine", Serial())
    made, decisions = parts(raws, run, size, sidecar)
    return publish(Input(made, decisions, run, sidecar), corpus, recipe, engine, Wish(**options))


def mixed(count: int = 6) -> list[Raw]:
    """Documents, two copies of the first, and two rejected sources."""
    first = key(tale(0).source)
    copies = [tale(number, kept_id=first, kind=kind) for number, kind in ((50, "exact"), (51, "near"))]
    bad = [
        Raw("060_00000000000000aa.txt", "1 2 3\n", reason="no-letters"),
        Raw("odd\nname \\.txt", "", reason="binary", data=b"\0\1"),
    ]
    return [tale(number) for number in range(count)] + copies + bad
