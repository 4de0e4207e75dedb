"""JSON lines, CSV and Parquet as rows, in their own order, with memory flat."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from .streams import FAULTS, damaged, open_guarded

_BATCH = 128  # rows of Parquet held at once: each may be as large as read.max_bytes


class Row(NamedTuple):
    """One row; `number` counts from 1: lines of a file, rows of a table.

    `values` is None where the row could not be read; then `fault` says why and `raw` holds its bytes,
    None where there are too many.
    """

    number: int
    values: dict[str, Any] | None
    fault: str = ""
    raw: bytes | None = None


def format_of(path: Path) -> str:
    """The suffix that tells the format, without that of a compression: `.jsonl` for `a.jsonl.zst`.

    >>> format_of(Path("a.jsonl.zst"))
    '.jsonl'
    """
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in (".gz", ".zst", ".xz", ".bz2") else suffix


def rows(path: Path, limit: int) -> Iterator[Row]:
    """The rows of a file by its suffix; a line longer than `limit` bytes is a fault.

    Raises InputError when the file is damaged.
    """
    kind = format_of(path)
    reader = parquet(path) if kind == ".parquet" else delimited(path) if kind == ".csv" else json_lines(path, limit)
    try:
        yield from reader
    except (*FAULTS, UnicodeDecodeError, csv.Error) as error:
        raise damaged(path, error) from error


def json_lines(path: Path, limit: int) -> Iterator[Row]:
    """The objects of a JSON lines file; blank lines are passed over, but counted."""
    with io.BufferedReader(open_guarded(path), 1 << 20) as stream:
        number = 0
        while line := stream.readline(limit + 1):
            number += 1
            if len(line) > limit:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(limit)
                yield Row(number, None, f"the line is longer than {limit:,} bytes")
            elif not line.isspace():
                yield _parsed(number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)


def _parsed(number: int, line: bytes) -> Row:
    try:
        values = _DECODER.decode(line.decode(json.detect_encoding(line), "surrogatepass"))
    except (ValueError, RecursionError) as error:
        return Row(number, None, f"not JSON: {error}", line)
    if not isinstance(values, dict):
        return Row(number, None, "not a JSON object", line)
    return Row(number, values)


def _no_number(name: str) -> None:
    """NaN and Infinity, which are no JSON, say that there is no value."""


# json.loads with an option makes a decoder for each row, which takes as long as the row.
_DECODER = json.JSONDecoder(parse_constant=_no_number)


def delimited(path: Path) -> Iterator[Row]:
    """The rows of a CSV file with a header; empty cells are no values. UTF-8, commas."""
    with io.TextIOWrapper(io.BufferedReader(open_guarded(path)), "utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream, strict=True), 2):
            values = {key: value or None for key, value in row.items()}
            if None in row or not all(isinstance(key, str) for key in row):
                yield Row(number, None, "more cells than the header has names", repr(row).encode())
            else:
                yield Row(number, values)


def parquet(path: Path) -> Iterator[Row]:
    """The rows of a Parquet file; times, dates and decimals as text."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        number = 0
        for batch in file.iter_batches(_BATCH):
            for values in _plain(batch).to_pylist():
                number += 1
                yield Row(number, values)


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    is_text = pa.types.is_temporal, pa.types.is_decimal
    columns = [
        column.cast(pa.string()) if any(test(column.type) for test in is_text) else column for column in batch.columns
    ]
    return pa.record_batch(columns, names=batch.schema.names)
