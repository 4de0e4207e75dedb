"""The content digest: what rows say, whatever codec, row groups or library version hold them.

Each column is hashed as two streams over all rows: one says how long each value is (-1 for null), the
other holds the values one after another. Both are independent of where the rows were cut into
batches, and need no Python object a row. A list is a stream of lengths and its items hashed likewise.
Numbers are little-endian, texts UTF-8.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .schema import type_name


class Content:
    """Takes the rows of a table, batch by batch, and gives their digest.

    `size` counts the bytes of all values: texts, numbers and dates, without offsets and nulls.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.rows = 0
        self.size = 0
        self._streams: dict[str, Any] = {}

    def update(self, table: pa.Table) -> None:
        """Take the next rows; their columns must be those of the schema."""
        self.rows += table.num_rows
        for field in self.schema:
            for chunk in table.column(field.name).chunks:
                self._column(field.name, chunk)

    def hexdigest(self) -> str:
        """SHA-256 over names, types, number of rows and streams of all columns, sorted by name."""
        for field in self.schema:
            self._start(field.name, field.type)
        streams = {name: stream.hexdigest() for name, stream in self._streams.items()}
        columns = {field.name: type_name(field.type) for field in self.schema}
        whole = json.dumps({"columns": columns, "rows": self.rows, "streams": streams}, sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()

    def _start(self, name: str, kind: pa.DataType) -> None:
        for part in ("shape", "values"):
            self._streams.setdefault(f"{name} {part}", hashlib.sha256())
        if pa.types.is_list(kind):
            self._start(f"{name}[]", kind.value_type)

    def _feed(self, name: str, part: str, data: Any) -> None:
        self._streams.setdefault(f"{name} {part}", hashlib.sha256()).update(data)

    def _column(self, name: str, array: pa.Array) -> None:
        if pa.types.is_list(array.type):
            self._feed(name, "shape", _lengths(pc.list_value_length(array)))
            self._column(f"{name}[]", array.flatten())
        elif pa.types.is_string(array.type) or pa.types.is_binary(array.type):
            self._feed(name, "shape", _lengths(pc.binary_length(array)))
            values = _bytes(array)
            self.size += len(values)
            self._feed(name, "values", values)
        else:
            self._feed(name, "shape", pc.is_valid(array).to_numpy(zero_copy_only=False).astype("u1").tobytes())
            numbers = _numbers(array)
            self.size += len(numbers)
            self._feed(name, "values", numbers)


def _lengths(lengths: pa.Array) -> bytes:
    return bytes(lengths.fill_null(-1).to_numpy(zero_copy_only=False).astype("<i8").tobytes())


def _bytes(array: pa.Array) -> memoryview:
    if array.null_count:
        # A null may stand over bytes that mean nothing.
        array = array.fill_null("" if pa.types.is_string(array.type) else b"")
    _, offsets, data = array.buffers()
    if data is None or not len(array):
        return memoryview(b"")
    ends = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    return memoryview(data)[int(ends[0]) : int(ends[-1])]


def _numbers(array: pa.Array) -> bytes:
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    elif pa.types.is_date32(array.type):
        array = array.cast(pa.int32())
    numbers = array.fill_null(0).to_numpy(zero_copy_only=False)
    return bytes(numbers.astype(numbers.dtype.newbyteorder("<")).tobytes())


def content_digest(table: pa.Table) -> str:
    """The content digest of rows in memory.

    >>> whole = pa.table({"text": ["a", None, "b"]})
    >>> content_digest(whole) == content_digest(pa.concat_tables([whole.slice(0, 1), whole.slice(1)]))
    True
    """
    content = Content(table.schema)
    content.update(table)
    return content.hexdigest()
