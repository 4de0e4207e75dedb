"""What a release consists of: the manifest, the list of inputs, the sums, the measured numbers.

No clock, no path of this machine and no order of arrival comes in here: the same sources and recipe
give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .. import __version__
from ..errors import VerificationError, storage
from ..recipe import Recipe
from .schema import TABLES, table_schema, type_name
from .shards import Piece, Written, merge, read_table
from .storage import canonical, sha256_of, sum_line, sync

FORMAT = 1
NAME = "manifest.json"
SUMS = "SHA256SUMS"
INPUTS = "inputs.sha256"
_LIBRARIES = ("chardetng-py", "ftfy", "langdetect", "numpy", "pyarrow")


def libraries() -> dict[str, str]:
    """Versions of everything that can change a byte of the tables."""
    from importlib.metadata import version as installed

    found = {name: installed(name) for name in _LIBRARIES}
    return found | {
        "corpuspress": __version__,
        "python": platform.python_version(),
        "unicode": unicodedata.unidata_version,
    }


def manifest_of(
    written: Sequence[Written],
    recipe: Recipe,
    inputs: Mapping[str, Any],
    sidecar: Mapping[str, pa.DataType],
) -> dict[str, Any]:
    """The manifest of a release that has no number yet; `numbered` gives it one."""
    return {
        "format": FORMAT,
        "title": recipe.publish.title,
        "recipe": _options(recipe),
        "libraries": libraries(),
        "inputs": dict(inputs),
        "tables": {table: _table(table, written, sidecar) for table in TABLES},
        "counts": counts_of(written),
    }


def _options(recipe: Recipe) -> dict[str, Any]:
    options = recipe.to_dict()
    # A release without splits or rules of its own keeps the bytes that it had before there were any.
    if not recipe.publish.splits:
        del options["publish"]["splits"]
    if not recipe.boilerplate.rules:
        del options["boilerplate"]["rules"]
    return options


def numbered(manifest: Mapping[str, Any], version: str, previous: str | None) -> dict[str, Any]:
    """The manifest with its own version and the one before it."""
    return {**manifest, "version": version, "previous": previous}


def _table(table: str, written: Sequence[Written], sidecar: Mapping[str, pa.DataType]) -> dict[str, Any]:
    files = [file for file in written if file.table == table]
    whole = hashlib.sha256("".join(file.content_sha256 for file in files).encode()).hexdigest()
    return {
        "columns": [{"name": field.name, "type": type_name(field.type)} for field in table_schema(table, sidecar)],
        "rows": sum(file.rows for file in files),
        "content_sha256": whole,
        "files": [_file(file) for file in files],
    }


def _file(file: Written) -> dict[str, Any]:
    names = ("split", "rows", "bytes", "size", "sha256", "content_sha256")
    return {"path": file.name, **{name: getattr(file, name) for name in names}}


def counts_of(written: Sequence[Written]) -> dict[str, Any]:
    """Sums and counts of each table, over all its files."""
    total: dict[str, Any] = {table: {"sums": {}, "counts": {}} for table in TABLES}
    for file in written:
        merge(total[file.table]["sums"], file.sums)
        for column, counts in file.counts.items():
            merge(total[file.table]["counts"].setdefault(column, {}), counts)
    return total


def write_inputs(pieces: Sequence[Piece], path: Path) -> dict[str, Any]:
    """Write every input with its digest, in input order, as sha256sum would; return what the manifest says of it.

    A source that could not be read has no digest and no line here; it stands in `rejected`.
    """
    sources = listed = 0
    with storage(path), path.open("w", encoding="utf-8", newline="\n", errors="surrogateescape") as file:
        for piece in pieces:
            rows = read_table(piece.part.pressed)
            sources += rows.num_rows
            for source, digest in zip(rows["source"].to_pylist(), rows["source_sha256"].to_pylist(), strict=True):
                if digest is not None:
                    listed += 1
                    file.write(sum_line(digest, source) + "\n")
    sync(path)
    return {"sources": sources, "listed": listed, "path": path.name, "sha256": sha256_of(path)}


def shared_provenance(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Provenance hashes that stand on sources with different bytes, each with its sources, sorted."""
    rows = pa.concat_tables(
        [read_table(piece.part.pressed).select(["provenance", "source", "source_sha256"]) for piece in pieces]
    )
    counts = pa.Table.from_struct_array(pc.value_counts(rows["provenance"].drop_null()))
    several = counts.filter(pc.greater(counts["counts"], 1))["values"]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows.filter(pc.is_in(rows["provenance"], value_set=several)).to_pylist() if len(several) else []:
        found.setdefault(row.pop("provenance"), []).append(row)
    return [
        {"provenance": name, "sources": own}
        for name, own in sorted(found.items())
        if len({row["source_sha256"] for row in own}) > 1
    ]


def write_sums(release: Path, manifest: Mapping[str, Any]) -> None:
    """Write the digests of all files of a release, sorted by name; the manifest knows those of the tables."""
    known = {file["path"]: file["sha256"] for table in manifest["tables"].values() for file in table["files"]}
    lines = [sum_line(known.get(name) or sha256_of(path), name) for name, path in files_of(release) if name != SUMS]
    (release / SUMS).write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    sync(release / SUMS)


def files_of(release: Path) -> list[tuple[str, Path]]:
    """Every file of a release by its name in it, sorted."""
    with storage(release):
        found = [path for path in release.rglob("*") if not path.is_dir()]
    return sorted((path.relative_to(release).as_posix(), path) for path in found)


def load(release: Path) -> dict[str, Any]:
    """The manifest of a release. Raises VerificationError when it is none."""
    path = release / NAME
    try:
        with storage(path):
            manifest = json.loads(path.read_bytes())
        if manifest["format"] != FORMAT:
            raise ValueError(f"format {manifest['format']}")
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError(
            path, expected=f"a manifest of format {FORMAT}", found=str(error), cure="build the release again"
        ) from error
    return dict(manifest)


def encoded(manifest: Mapping[str, Any]) -> bytes:
    """The bytes of a manifest."""
    return canonical(manifest)
