"""Parts of the build in, Parquet files of a release out.

A shard is a range of the input order. Where shards and row groups begin follows from the sizes of
the rows alone, so the bytes never depend on how the input was cut into parts. A file task writes one
shard and holds one row group in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import storage
from ..recipe import Publish
from .content import Content
from .schema import DECISIONS, EDITS, TABLES, table_schema
from .splits import shares, write_places
from .storage import sha256_of, sync

GROUP_BYTES = 32_000_000
"""Text bytes after which a row group ends before it has all its rows: memory stays flat."""

FEW_COPIES = 50_000
"""So many copies are held by each task; of more those of other shards are left out, which takes a look at all ids."""

MANY_RUNS = 16
"""Of rows in fewer runs slices are taken: few rows are left out of the documents of a part, and a filter copies all
texts."""

FOLDER = {"documents": "data", "edits": "edits", "duplicates": "duplicates", "rejected": "rejected"}

# Statistics copy whole values into the footer: only for short columns that people filter by.
_STATISTICS = ("id", "provenance", "source", "published", "language", "rule", "step", "kept_id", "kind", "reason")
_DICTIONARY = ("encoding", "language", "step", "rule", "evidence", "kind", "reason", "flags.list.element")
_WEIGHED = {
    "documents": ("text",),
    "edits": ("before", "after", "evidence"),
    "duplicates": ("text",),
    "rejected": ("text", "rejected_data"),
}


class Part(NamedTuple):
    """What a chunk of the input became: two Arrow files, of `schema.pressed`, with so many rows, and `schema.EDITS`."""

    pressed: str
    edits: str
    rows: int


class Piece(NamedTuple):
    """A part within the whole input; `first` is the position of its first source."""

    part: Part
    first: int


class Shard(NamedTuple):
    """The task of writing one file: rows of `table` and `split` from `pieces`, less the first `skip`.

    `groups` are the rows of each row group; `places` is the file of `write_places`, empty where there is
    one split; `copies` is the file of `_weighed`.
    """

    table: str
    split: str
    name: str
    pieces: tuple[Piece, ...]
    skip: int
    groups: tuple[int, ...]
    decisions: str
    places: str
    copies: str
    folder: str
    sidecar: dict[str, pa.DataType]
    level: int


class Written(NamedTuple):
    """One file of a release: where it is, its digests, and what was counted while it was written.

    `size` is the bytes of all values uncompressed; `sums` adds up number columns; `counts` counts
    values of a column; `columns` are names and types.
    """

    table: str
    split: str
    name: str
    rows: int
    bytes: int
    size: int
    sha256: str
    content_sha256: str
    sums: dict[str, int]
    counts: dict[str, dict[str, int]]


def read_table(path: Path | str) -> pa.Table:
    """An Arrow file, mapped into memory and not read before it is used."""
    with storage(path), pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


class Rows(NamedTuple):
    """A piece as tables: its sources, what was decided of each of them, and its edits where they are wanted."""

    pressed: pa.Table
    outcome: pa.Table
    edits: pa.Table


def opened(piece: Piece, outcome: pa.Table, tables: Sequence[str] = TABLES) -> Rows:
    """What these tables take from a piece, mapped into memory; `outcome` is that of the whole input."""
    pressed = read_table(piece.part.pressed)
    edits = read_table(piece.part.edits) if "edits" in tables else EDITS.empty_table()
    return Rows(pressed, outcome.slice(piece.first, pressed.num_rows), edits)


def decided(rows: Rows, table: str) -> pa.Array:
    """Which sources of a piece have their row in `table`."""
    rejected = pc.is_valid(rows.pressed["rejected_reason"])
    if table == "rejected":
        return rejected
    copied = pc.is_valid(rows.outcome["kept_id"])
    own = copied if table == "duplicates" else pc.invert(copied)
    return pc.and_(pc.invert(rejected), own)


def outcome_of(decisions: Path | str, places: Path | str) -> pa.Table:
    """The decisions, and beside them the split of each source where there is more than one."""
    outcome = read_table(decisions)
    return outcome.append_column("split", read_table(places)["split"]) if places else outcome


def chosen(rows: Rows, table: str, splits: Sequence[str]) -> list[pa.Array | None]:
    """For each split which rows of a piece (its sources, or for `edits` its edits) stand there in this table.

    None: all of them.
    """
    parted = "split" in rows.outcome.column_names
    if table == "edits" and not parted:
        return [None]
    if table == "edits":
        # Edits go where their source goes, so that both stream by in one order.
        source = pc.index_in(rows.edits["id"], value_set=rows.pressed["id"])
        return [pc.equal(rows.outcome["split"], split).take(source) for split in splits]
    mask = decided(rows, table)
    return [pc.and_(mask, pc.equal(rows.outcome["split"], split)) for split in splits] if parted else [mask]


class Input(NamedTuple):
    """What a release is made from.

    `parts` in input order; `decisions` an Arrow file of `schema.DECISIONS`; `run` a folder for what is
    only needed on the way; `sidecar` its columns and their types.
    """

    parts: Sequence[Part]
    decisions: Path
    run: Path
    sidecar: Mapping[str, pa.DataType] = MappingProxyType({})

    def pieces(self) -> list[Piece]:
        """The parts with the position of their first source in the whole input."""
        firsts = accumulate((part.rows for part in self.parts), initial=0)
        return [Piece(part, first) for part, first in zip(self.parts, firsts, strict=False)]


def plan(given: Input, pieces: Sequence[Piece], folder: Path, recipe: Publish) -> list[Shard]:
    """The files of a release, from sizes and decisions alone. A table or split without rows has none."""
    decisions, copies, splits = given.decisions, given.run / "copies.arrow", shares(recipe)
    several = len(splits) > 1
    places = write_places(read_table(decisions), splits, given.run / "places.arrow") if several else ""
    sizes = _weighed(pieces, outcome_of(decisions, places), list(splits), copies)
    known = str(decisions), str(places), str(copies), str(folder), dict(given.sidecar), recipe.compression_level
    return [
        Shard(table, split, name, spanned, skip, groups, *known)
        for table in TABLES
        for number, split in enumerate(splits)
        for name, spanned, skip, groups in _files(
            pieces, [own[table][number] for own in sizes], f"{FOLDER[table]}/{split}", recipe
        )
    ]


Sizes = dict[str, list[np.ndarray[Any, Any]]]


def _weighed(pieces: Sequence[Piece], outcome: pa.Table, splits: Sequence[str], copies: Path) -> list[Sizes]:
    """For each piece and table the sizes of its rows in each split; the file `copies` is written on the way.

    That file says which copies each document stands for: (kept_id, provenance) of all duplicates, in input order.
    """
    found = []
    with storage(copies), pa.OSFile(str(copies), "wb") as file, pa.ipc.new_file(file, COPIES) as writer:
        for piece in pieces:
            rows = opened(piece, outcome)
            pairs = pa.table([rows.outcome["kept_id"], rows.pressed["provenance"]], schema=COPIES)
            writer.write_table(pairs.filter(decided(rows, "duplicates")))
            found.append({table: _sizes(rows, table, splits) for table in TABLES})
    return found


def _files(
    pieces: Sequence[Piece], sizes: Sequence[np.ndarray[Any, Any]], prefix: str, recipe: Publish
) -> Iterator[tuple[str, tuple[Piece, ...], int, tuple[int, ...]]]:
    ends = np.cumsum([len(part) for part in sizes]) if sizes else np.zeros(0, dtype=np.int64)
    shards = cut(np.concatenate([*sizes, np.zeros(0, dtype=np.int64)]), recipe)
    first = 0
    for number, groups in enumerate(shards):
        name = f"{prefix}-{number:05d}-of-{len(shards):05d}.parquet"
        last = first + sum(groups)
        begin = int(np.searchsorted(ends, first, side="right"))
        end = int(np.searchsorted(ends, last, side="left")) + 1
        spanned = tuple(pieces[place] for place in range(begin, end) if len(sizes[place]))
        yield name, spanned, first - int(ends[begin] - len(sizes[begin])), groups
        first = last


def cut(sizes: np.ndarray[Any, Any], recipe: Publish) -> list[tuple[int, ...]]:
    """Rows of each row group of each shard, for rows of `sizes` bytes.

    >>> cut(np.array([1] * 5), Publish(row_group_rows=2, shard_bytes=4))
    [(2, 2), (1,)]
    """
    ends = np.concatenate([[0], np.cumsum(sizes)])
    shards: list[list[int]] = []
    first = room = 0
    while first < len(sizes):
        fitting = int(np.searchsorted(ends, ends[first] + GROUP_BYTES, side="right")) - 1 - first
        rows = max(1, min(recipe.row_group_rows, fitting, len(sizes) - first))
        weight = int(ends[first + rows] - ends[first])
        if not shards or weight > room:
            shards.append([])
            room = recipe.shard_bytes
        shards[-1].append(rows)
        room -= weight
        first += rows
    return [tuple(groups) for groups in shards]


def _sizes(rows: Rows, table: str, splits: Sequence[str]) -> list[np.ndarray[Any, Any]]:
    """For each split the text bytes of the rows that stand there in this table."""
    own = rows.edits if table == "edits" else rows.pressed
    total = np.zeros(own.num_rows, dtype=np.int64)
    for name in _WEIGHED[table]:
        # Lengths come from the offsets: the texts themselves stay on the disk.
        total += pc.binary_length(own[name]).fill_null(0).to_numpy().astype(np.int64)
    masks = chosen(rows, table, splits)
    return [total if mask is None else total[mask.to_numpy()] for mask in masks]


COPIES = pa.schema([("kept_id", pa.string()), ("provenance", pa.string())])


def write_shard(shard: Shard) -> Written:
    """Write one file of a release and wait until the disk has it. A file task: idempotent, picklable."""
    schema = table_schema(shard.table, shard.sidecar)
    path = Path(shard.folder) / shard.name
    content = Content(schema)
    sums: dict[str, int] = {}
    counts: dict[str, dict[str, int]] = {}
    with storage(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _writer(path, schema, shard.level) as writer:
            for group in _groups(shard, schema):
                writer.write_table(group, row_group_size=max(1, group.num_rows))
                content.update(group)
                tally(group, sums, counts)
                del group  # before the next one is made
    sync(path)
    return Written(
        *(shard.table, shard.split, shard.name, content.rows, path.stat().st_size, content.size),
        *(sha256_of(path), content.hexdigest(), sums, counts),
    )


def _writer(path: Path, schema: pa.Schema, level: int) -> Any:
    import pyarrow.parquet as pq  # here: where there are several workers, only they write

    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=level,
        version="2.6",
        data_page_version="1.0",
        use_dictionary=[name for name in _DICTIONARY if name.split(".")[0] in schema.names],
        write_statistics=[name for name in _STATISTICS if name in schema.names],
        write_page_index=True,
        # Without checksums, flipped bits in a zstd page can load as other rows and no error.
        write_page_checksum=True,
        **_chunking(),
    )


def _chunking() -> dict[str, bool]:
    # Stores that know chunks by content send only what changed; pyarrow before 21 cannot.
    return {"use_content_defined_chunking": True} if int(pa.__version__.split(".")[0]) >= 21 else {}


def _groups(shard: Shard, schema: pa.Schema) -> Iterator[pa.Table]:
    rows = _rows(shard, schema)
    held = next(rows).slice(shard.skip)
    for size in shard.groups:
        tables, missing = [held], size - held.num_rows
        while missing > 0:
            tables.append(next(rows))
            missing -= tables[-1].num_rows
        held = pa.concat_tables(tables)
        yield held.slice(0, size).combine_chunks()
        held = held.slice(size)


def _rows(shard: Shard, schema: pa.Schema) -> Iterator[pa.Table]:
    outcome = outcome_of(shard.decisions, shard.places)
    folded = _folded(shard) if shard.table == "documents" else {}
    for piece in shard.pieces:
        if shard.table == "edits" and not shard.places:
            yield read_table(piece.part.edits).select(schema.names).cast(schema)
            continue
        rows = opened(piece, outcome, [shard.table])
        mask = chosen(rows, shard.table, [shard.split])[0]
        if shard.table == "edits":
            yield _filtered(rows.edits.select(schema.names), mask).cast(schema)
            continue
        columns = _columns(rows, mask, shard.table)
        if shard.table == "documents":
            copies = [folded.get(name, []) for name in columns["id"].to_pylist()]
            columns["duplicates"] = pa.array(copies, schema.field("duplicates").type)
        yield pa.table([columns[name] for name in schema.names], names=schema.names).cast(schema)


def _filtered(rows: pa.Table, mask: pa.Array | None) -> pa.Table:
    if mask is None:
        return rows
    runs = np.flatnonzero(np.diff(mask.to_numpy(), prepend=False, append=False)).reshape(-1, 2)
    if len(runs) > MANY_RUNS:
        return rows.filter(mask)
    return pa.concat_tables([rows.slice(0, 0), *(rows.slice(begin, end - begin) for begin, end in runs.tolist())])


def _columns(rows: Rows, mask: pa.Array, table: str) -> dict[str, Any]:
    pressed, own = _filtered(rows.pressed, mask), _filtered(rows.outcome.select(DECISIONS.names), mask)
    columns = {name: pressed[name] for name in pressed.column_names} | {name: own[name] for name in own.column_names}
    if table == "rejected":
        columns |= {name: columns[f"rejected_{name}"] for name in ("reason", "detail", "data")}
    return columns


def _folded(shard: Shard) -> dict[str, list[str]]:
    """The provenance of the copies of each document of a shard that has some, and perhaps of others."""
    pairs = read_table(shard.copies)
    if pairs.num_rows > FEW_COPIES:
        ids = [read_table(piece.part.pressed)["id"] for piece in shard.pieces]
        wanted = pa.chunked_array([chunk for column in ids for chunk in column.chunks], pa.string())
        pairs = pairs.filter(pc.is_in(pairs["kept_id"], value_set=wanted))
    folded: dict[str, list[str]] = {}
    for kept, provenance in zip(*(column.to_pylist() for column in pairs.columns), strict=True):
        folded.setdefault(kept, []).append(provenance)
    return folded


_SUMMED = ("source_bytes", "chars", "words", "lines", "lines_removed")
_COUNTED = ("language", "encoding", "rule", "step", "kind", "reason", "flags")


def tally(rows: pa.Table, sums: dict[str, int], counts: dict[str, dict[str, int]]) -> None:
    """Add what these rows hold to sums of numbers and counts of values."""
    for name in _SUMMED:
        if name in rows.column_names:
            sums[name] = sums.get(name, 0) + (pc.sum(rows[name]).as_py() or 0)
    for name in _COUNTED:
        if name in rows.column_names:
            column = rows[name]
            merge(counts.setdefault(name, {}), _counted(pc.list_flatten(column) if name == "flags" else column))
    if "rights" in rows.column_names:
        noted = pc.sum(pc.greater(pc.list_value_length(rows["rights"]), 0)).as_py() or 0
        sums["with_rights"] = sums.get("with_rights", 0) + noted
    if "kept_id" in rows.column_names:
        sums["chars"] = sums.get("chars", 0) + (pc.sum(pc.utf8_length(rows["text"])).as_py() or 0)
    if "before" in rows.column_names:
        removed = pc.utf8_length(rows["before"].filter(pc.is_null(rows["after"])))
        sums["removed_lines"] = sums.get("removed_lines", 0) + len(removed)
        sums["removed_chars"] = sums.get("removed_chars", 0) + (pc.sum(removed).as_py() or 0)


def _counted(column: Any) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in pc.value_counts(column).to_pylist() if row["values"] is not None}


def merge(total: dict[str, int], more: dict[str, int]) -> None:
    """Add counts to counts."""
    for name, count in more.items():
        total[name] = total.get(name, 0) + count


def in_order(written: Iterable[Written], shards: Sequence[Shard]) -> list[Written]:
    """The files as manifest and card list them: by table, by split as the recipe has them, then by number."""
    order = {shard.name: number for number, shard in enumerate(shards)}
    return sorted(written, key=lambda file: order[file.name])
