"""The sidecar: a table beside the sources that says more about them, such as `url`, `site`, `date`.

A row names its source by `file` (the path, or the file name alone), by `provenance` (also called
`provenance_hash`), or by both. A row is looked for by path, then by file name, then by provenance.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputError
from . import facts
from .rows import Row, format_of, rows

KEYS = ("file", "provenance", "provenance_hash")
_LONGEST = 10_000_000
_FAULTS_SHOWN = 10


class Sidecar(NamedTuple):
    """The rows of a sidecar; equal positions belong together. Null where a row has no such key."""

    files: pa.Array
    hashes: pa.Array
    facts: pa.Array


def load(path: Path) -> Sidecar:
    """A sidecar from JSON lines (also .gz, .zst), CSV or Parquet.

    Raises InputError that lists the faults of all rows, the first ten of them in words.
    """
    if not path.is_file() or format_of(path) not in (".jsonl", ".ndjson", ".csv", ".parquet"):
        raise InputError(
            path,
            expected="a sidecar file named .jsonl, .csv or .parquet",
            found="another name" if path.is_file() else "no file",
            cure="check the spelling",
        )
    faults: list[str] = []
    records: list[tuple[int, str | None, str | None, bytes | None]] = []
    batches = []
    for row in rows(path, _LONGEST):
        record = _record(row, faults)
        if record:
            records.append(record)
        if len(records) == 8192:
            batches.append(_batch(records))
            records.clear()
    table = pa.Table.from_batches([*batches, _batch(records)]).combine_chunks()
    table = _clear(_clear(table, "file", faults), "provenance", faults)
    _raise(path, faults)
    return Sidecar(*(table[name].combine_chunks() for name in ("file", "provenance", "facts")))


def _batch(records: list[tuple[int, str | None, str | None, bytes | None]]) -> pa.RecordBatch:
    numbers, files, hashes, data = zip(*records, strict=True) if records else ((), (), (), ())
    kinds = pa.int64(), pa.large_string(), pa.large_string(), pa.large_binary()
    columns = [pa.array(column, kind) for column, kind in zip((numbers, files, hashes, data), kinds, strict=True)]
    return pa.record_batch(columns, names=["number", "file", "provenance", "facts"])


def _record(row: Row, faults: list[str]) -> tuple[int, str | None, str | None, bytes | None] | None:
    fault, values = row.fault, row.values or {}
    keys = [values.get(key) for key in KEYS]
    if not fault:
        fault = _fault(values, keys)
    try:
        data = facts.packed(values, KEYS)
        file, provenance = keys[0] or None, keys[1] or keys[2] or None
        for key in (file, provenance):
            (key or "").encode() if not fault else None
    except UnicodeEncodeError:
        fault = "half a surrogate pair"
    if fault:
        faults.append(f"row {row.number}: {fault}")
        return None
    return row.number, file, provenance and provenance.lower(), data


def _fault(values: dict[str, Any], keys: list[Any]) -> str:
    if not any(keys):
        return f"none of {', '.join(KEYS)}"
    for name, key in zip(KEYS, keys, strict=True):
        if key is not None and not isinstance(key, str):
            return f"`{name}` is {key!r}, not text"
    return next(filter(None, map(facts.name_fault, values)), "")


def _clear(table: pa.Table, name: str, faults: list[str]) -> pa.Table:
    """The rows with the key `name` made null where it stands on several rows with different facts.

    That is a fault, unless it is the provenance of rows that also name their file: there the file tells.
    """
    keys = table[name].combine_chunks()
    first = pc.fill_null(pc.index_in(keys, value_set=keys, skip_nulls=True), -1).to_numpy()
    again = np.flatnonzero((first >= 0) & (first != np.arange(len(keys))))
    unclear = set()
    for row, earlier in zip(again.tolist(), first[again].tolist(), strict=True):
        one, other = (table.slice(place, 1).to_pylist()[0] for place in (earlier, row))
        if one["facts"] == other["facts"]:
            continue
        if name == "provenance" and one["file"] and other["file"]:
            unclear.add(earlier)
        else:
            faults.append(f"row {other['number']}: says other things of {keys[row]} than row {one['number']}")
    kept = pc.if_else(pa.array(~np.isin(first, sorted(unclear))), keys, pa.scalar(None, keys.type))
    return table.set_column(table.schema.get_field_index(name), name, kept)


def _raise(path: Path, faults: list[str]) -> None:
    if faults:
        shown = "; ".join(islice(faults, _FAULTS_SHOWN))
        more = f"; and {len(faults) - _FAULTS_SHOWN:,} more" if len(faults) > _FAULTS_SHOWN else ""
        raise InputError(
            path,
            expected="rows that are JSON objects, each naming its source once",
            found=f"{len(faults):,} faults: {shown}{more}",
            cure="mend these rows",
        )


def match(sidecar: Sidecar, paths: pa.Array, hashes: pa.Array) -> pa.Array:
    """For each source the position of its row, null where there is none."""
    names = pc.replace_substring_regex(paths, "(?s)^.*/", "")
    by_path = pc.index_in(paths, value_set=sidecar.files, skip_nulls=True)
    by_name = pc.index_in(names, value_set=sidecar.files, skip_nulls=True)
    by_hash = pc.index_in(pc.utf8_lower(hashes), value_set=sidecar.hashes, skip_nulls=True)
    return pc.coalesce(by_path, by_name, by_hash)
