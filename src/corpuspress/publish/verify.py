"""Check a release: does it hold what its manifest says, and do the laws hold on every row?

All faults are found before any is told. The datasets library is asked in a process of its own, with a
fresh cache and no network: a cache of its own would hide a replaced file behind old rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import CorpuspressError, VerificationError
from ..model import apply, text_of
from ..model import restore as restored
from ..recipe import Publish
from . import card, manifest
from .content import Content
from .read_release import opened, rows, with_edits
from .restore import Encode, is_safe, rebuilt, rejected
from .schema import TABLES, table_schema
from .splits import shares, split_of
from .storage import read_sums, sha256_of
from .versions import LATEST, Files, parse_or_none, releases

Measure = Callable[[str, str], tuple[float, float]]
"""Two clean texts -> similarity and containment, exact."""

_TOLD = 20
"""Faults told of one check; the rest is counted."""


class Verified(NamedTuple):
    """What was checked: each check with its faults (none: it holds), and a few counts."""

    folder: Path
    version: str
    checks: dict[str, list[str]]
    counts: dict[str, int]

    @property
    def faults(self) -> list[str]:
        """All faults, each with the name of its check."""
        return [f"{name}: {fault}" for name, faults in self.checks.items() for fault in faults]

    def summary(self) -> str:
        """The checks in a few lines."""
        lines = [f"{'ok  ' if not faults else 'FAIL'} {name}" for name, faults in self.checks.items()]
        counts = ", ".join(f"{count:,} {name}" for name, count in self.counts.items())
        return "\n".join([f"{self.folder}: {counts}", *lines])

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"folder": str(self.folder), "version": self.version, "checks": self.checks, "counts": self.counts}


def verify(
    corpus: str | Path,
    version: str | None = None,
    *,
    encode: Encode,
    measure: Measure | None = None,
    load: bool = True,
) -> Verified:
    """Check a release; VerificationError names all faults that were found.

    With `measure` the figures of every duplicate are computed again; `load` asks the datasets library.
    """
    found = examine(corpus, version, encode=encode, measure=measure, load=load)
    if found.faults:
        raise VerificationError(
            found.folder,
            expected="a release that holds what its manifest says",
            found="; ".join(found.faults),
            cure="take another copy of it, or build it again; `corpuspress build` never repairs a version",
        )
    return found


def examine(
    corpus: str | Path, version: str | None = None, *, encode: Encode, measure: Measure | None = None, load: bool = True
) -> Verified:
    """The same, but faults are returned."""
    files = opened(corpus, version)
    counts = {table: files.manifest["tables"][table]["rows"] for table in TABLES}
    checks = {"files are as SHA256SUMS says": _told(_sums(files.folder))}
    checks["tables are as the manifest says"] = _told(_tables(files))
    if not any(checks.values()):
        checks["every source stands in one table"] = _told(_sources(files))
        inexact: list[str] = []
        checks["edits replay, and restore every source"] = _told(_rows(files, encode, inexact))
        counts["not restored byte by byte"] = len(inexact)
        checks["duplicates point at documents"] = _told(_duplicates(files))
        if splits := files.manifest["recipe"]["publish"].get("splits"):
            checks["clusters stand in their splits"] = _told(_placed(files, shares(Publish(splits=tuple(splits)))))
        if measure:
            checks["figures of duplicates are exact"] = _told(_measured(files, measure))
        if load:
            checks["the datasets library loads it"] = _told(_loads(files))
    checks["the corpus names its newest release"] = _told(_latest(files.folder))
    return Verified(files.folder, files.manifest["version"], checks, counts)


def _latest(folder: Path) -> Iterator[str]:
    """Whether `latest.json` and the root card are there and speak of the newest release; a lone release has none."""
    corpus = folder.parent
    known = releases(corpus)
    paths = [corpus / LATEST, corpus / "README.md"]
    if parse_or_none(folder.name) not in known or not any(path.exists() for path in paths):
        return
    for path in paths:
        if not path.is_file():
            yield f"{path.name} is missing beside the releases"
            return
    newest = str(known[-1])
    wanted = {"version": newest, "manifest_sha256": sha256_of(corpus / newest / manifest.NAME)}
    try:
        found = json.loads(paths[0].read_bytes())
    except ValueError as error:
        found = str(error)
    if found != wanted:
        yield f"{LATEST} says {found}, the newest release is {wanted}"
    if f'"{newest}"' not in paths[1].read_text(encoding="utf-8", errors="replace"):
        yield f"the root card does not name {newest}"


def _told(faults: Iterable[str]) -> list[str]:
    iterator = iter(faults)
    told = list(islice(iterator, _TOLD))
    more = sum(1 for _ in iterator)
    return [*told, *([f"and {more} more"] if more else [])]


def _sums(folder: Path) -> Iterator[str]:
    path = folder / manifest.SUMS
    if not path.is_file():
        yield f"{manifest.SUMS} is missing"
        return
    sums = read_sums(path.read_text(encoding="utf-8", errors="surrogateescape"))
    there = {name: file for name, file in manifest.files_of(folder) if name != manifest.SUMS}
    for name in sorted(sums.keys() - there.keys()):
        yield f"{name} is missing"
    for name in sorted(there.keys() - sums.keys()):
        yield f"{name} does not belong to the release"
    for name in sorted(there.keys() & sums.keys()):
        if sha256_of(there[name]) != sums[name]:
            yield f"{name} was changed"


def _tables(files: Files) -> Iterator[str]:
    for table, told in files.manifest["tables"].items():
        schema = table_schema(table, card.sidecar_types(table, told["columns"]))
        if told["rows"] != sum(file["rows"] for file in told["files"]):
            yield f"{table}: its files do not add up to {told['rows']} rows"
        for file in told["files"]:
            yield from _file(files.folder / file["path"], file, schema)


def _file(path: Path, told: dict[str, Any], schema: pa.Schema) -> Iterator[str]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(schema, check_metadata=True):
                yield f"{told['path']}: its columns are not those of the manifest"
                return
            content = Content(schema)
            for number in range(file.num_row_groups):
                content.update(file.read_row_group(number))
    except (OSError, pa.ArrowException) as error:
        yield f"{told['path']} cannot be read: {error}"
        return
    if content.rows != told["rows"]:
        yield f"{told['path']}: {content.rows} rows where the manifest says {told['rows']}"
    elif content.hexdigest() != told["content_sha256"]:
        yield f"{told['path']}: other content than the manifest says"
    if sha256_of(path) != told["sha256"]:
        yield f"{told['path']}: other bytes than the manifest says"


def _sources(files: Files) -> Iterator[str]:
    listed = read_sums((files.folder / manifest.INPUTS).read_text(encoding="utf-8"))
    seen: set[str] = set()
    tables = ("documents", "duplicates", "rejected")
    for table in tables:
        for row in rows(files, table, ["source", "source_sha256"]):
            if row["source"] in seen:
                yield f"{row['source']} stands twice"
            elif row["source_sha256"] != listed.get(row["source"]):
                yield f"{row['source']} is not among the inputs with this digest"
            seen.add(row["source"])
    for source in sorted(listed.keys() - seen):
        yield f"{source} is in no table"
    if len(seen) != files.manifest["inputs"]["sources"]:
        yield f"{len(seen)} sources where the manifest says {files.manifest['inputs']['sources']}"


def _rows(files: Files, encode: Encode, inexact: list[str]) -> Iterator[str]:
    ids: set[str] = set()
    for table in ("documents", "duplicates"):
        try:
            for row, edits in with_edits(files, table):
                if row["id"] in ids:
                    yield f"the id {row['id']} stands twice"
                ids.add(row["id"])
                yield from _laws(row, edits, encode, inexact)
        except CorpuspressError as error:
            yield str(error)
    for row in rows(files, "rejected", ["source", "source_sha256", "encoding", "text", "data"]):
        yield from _source(partial(rejected, row, encode), row["source"], inexact)


def _laws(row: dict[str, Any], edits: list[Any], encode: Encode, inexact: list[str]) -> Iterator[str]:
    try:
        if edits and text_of(apply(restored(row["text"], edits), edits)) != row["text"]:
            yield f"{row['source']}: its edits do not lead to its text"
    except CorpuspressError as error:
        yield f"{row['source']}: {error}"
        return
    yield from _source(partial(rebuilt, row, edits, encode), row["source"], inexact)


def _source(rebuild: Callable[[], Any], source: str, inexact: list[str]) -> Iterator[str]:
    if not is_safe(source):
        yield f"{source!r} is a name that leads out of its folder"
    try:
        if not rebuild().exact:
            inexact.append(source)
    except CorpuspressError as error:
        yield str(error)


def _duplicates(files: Files) -> Iterator[str]:
    folded: dict[str, list[str]] = {}
    for row in rows(files, "duplicates", ["kept_id", "provenance"]):
        folded.setdefault(row["kept_id"], []).append(row["provenance"])
    for row in rows(files, "documents", ["id", "cluster", "duplicates"]):
        if row["cluster"] != row["id"]:
            yield f"{row['id']}: its cluster is {row['cluster']}"
        if row["duplicates"] != folded.pop(row["id"], []):
            yield f"{row['id']}: its copies are not those of the table duplicates"
    for name in sorted(folded):
        yield f"{name} stands for copies and is no document"


def _placed(files: Files, wanted: Mapping[str, float]) -> Iterator[str]:
    for table, key in (("documents", "cluster"), ("duplicates", "kept_id")):
        for split in files.splits(table):
            for row in rows(files, table, ["id", key], split):
                right = split_of(row[key], wanted)
                if right != split:
                    yield f"{row['id']} stands in {split}, its cluster {row[key]} belongs to {right}"


def _measured(files: Files, measure: Measure) -> Iterator[str]:
    wanted = {row["kept_id"] for row in rows(files, "duplicates", ["kept_id"])}
    texts = {row["id"]: row["text"] for row in rows(files, "documents", ["id", "text"]) if row["id"] in wanted}
    for row in rows(files, "duplicates", ["id", "kept_id", "text", "similarity", "containment"]):
        found = measure(row["text"], texts[row["kept_id"]])
        told = row["similarity"], row["containment"]
        if not np.allclose(found, told, rtol=0, atol=1e-9):
            yield f"{row['id']}: similarity and containment are {found}, the table says {told}"


def _loads(files: Files) -> Iterator[str]:
    tables = {
        "default" if table == "documents" else table: told["rows"]
        for table, told in files.manifest["tables"].items()
        if told["rows"]
    }
    root, version = files.folder.parent, files.manifest["version"]
    wanted = [(str(files.folder), name, rows) for name, rows in tables.items()]
    if files.folder.name == version and (root / "README.md").is_file():
        wanted.append((str(root), version, tables["default"]))
    with tempfile.TemporaryDirectory(prefix="corpuspress-") as cache:
        found = subprocess.run(
            [sys.executable, "-c", "from corpuspress.publish.verify import load_here; load_here()", json.dumps(wanted)],
            env=_offline(cache),
            capture_output=True,
            text=True,
            check=False,
        )
    if found.returncode:
        yield found.stderr.strip().rpartition("\n")[2] or f"the process ended with {found.returncode}"
    else:
        yield from json.loads(found.stdout.strip().rpartition("\n")[2])["faults"]


def _offline(cache: str) -> dict[str, str]:
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    package = str(Path(__file__).parents[2])
    caches = {"HF_HOME": cache, "HF_DATASETS_CACHE": f"{cache}/datasets", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    return {**os.environ, **offline, **caches, "PYTHONPATH": package}


def load_here() -> None:
    """What the process of its own does: load each (path, configuration, rows) and print the faults."""
    from datasets import load_dataset

    faults = []
    for path, name, rows_told in json.loads(sys.argv[1]):
        found = load_dataset(path, name)
        total = sum(split.num_rows for split in found.values())
        version = str(next(iter(found.values())).info.version)
        if total != rows_told:
            faults.append(f"{name}: {total} rows where the manifest says {rows_told}")
        if name[0].isdigit() and version != name:
            faults.append(f"{name}: loads as version {version}")
    print(json.dumps({"faults": faults}))
