import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpuspress.errors import InputError
from corpuspress.read import facts, load, plan
from corpuspress.recipe import Read

ROWS = [
    {"provenance_hash": "aaaaaaaa", "file": "1_aaaaaaaa.txt", "url": "https://one.example/a", "site": "one.example"},
    {"provenance": "BBBBBBBB", "url": "https://two.example/b", "license": "CC-BY-4.0", "title": "Two"},
    {"file": "sub/3_cccccccc.txt", "date": "2024-05-01", "encoding": "koi8-r"},
    {"provenance": "dddddddd", "url": "https://nobody.example/"},
]


@pytest.fixture
def raw(tmp_path):
    for path in ("1_aaaaaaaa.txt", "2_bbbbbbbb.txt", "sub/3_cccccccc.txt", "sub/4_eeeeeeee.txt"):
        (tmp_path / "raw" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw" / path).write_text("Words.")
    return tmp_path / "raw"


def write(path, rows):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        names = sorted({name for row in rows for name in row})
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
    else:
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        path.write_bytes(pa.compress(data, codec="gzip", asbytes=True) if path.suffix == ".gz" else data)
    return path


def read(raw, sidecar, tmp_path):
    planned = plan([raw], Read(), tmp_path / "spool", sidecar)
    return planned, [source for chunk in planned.chunks for source in load(chunk, Read())]


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz", "s.csv", "s.parquet"])
def test_rows_find_their_sources(raw, tmp_path, name):
    if name == "s.parquet":
        names = {name: None for row in ROWS for name in row}
        rows = [names | row for row in ROWS]
    else:
        rows = ROWS
    planned, sources = read(raw, write(tmp_path / name, rows), tmp_path)
    assert planned.unmatched == 1
    assert planned.columns.names == ["date", "license", "site", "source_encoding", "source_title", "url"]
    one, two, three, four = sources
    assert one.facts == {"url": "https://one.example/a", "site": "one.example"}
    assert two.facts == {"url": "https://two.example/b", "license": "CC-BY-4.0", "source_title": "Two"}
    assert three.facts == {"date": "2024-05-01", "source_encoding": "koi8-r"}
    assert three.encoding_hint == "koi8-r"
    assert (four.facts, four.encoding_hint) == ({}, None)


def test_order_of_the_rows_counts_for_nothing(raw, tmp_path):
    _, first = read(raw, write(tmp_path / "a.jsonl", ROWS), tmp_path)
    _, second = read(raw, write(tmp_path / "b.jsonl", ROWS[::-1]), tmp_path)
    assert first == second


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        ([1, 2, None], "int64", 1),
        ([1, 2.5], "double", 1.0),
        ([True, False], "bool", True),
        ([1, "two"], "string", "1"),
        ([True, 1], "string", "true"),
        ([["a", 1], []], "list<element: string>", ["a", "1"]),
        ([{"b": 1, "a": 2}], "string", '{"a": 2, "b": 1}'),
        ([2**63], "string", str(2**63)),
        ([2**53 + 1, 0.5], "string", str(2**53 + 1)),
        ([2**53 + 1, 5], "int64", 2**53 + 1),
        (["2024-01-01"], "string", "2024-01-01"),
        ([["a"], "a"], "string", '["a"]'),
    ],
)
def test_types_are_those_that_fit_all_values(raw, tmp_path, values, kind, first):
    files = ["1_aaaaaaaa.txt", "2_bbbbbbbb.txt", "sub/3_cccccccc.txt"]
    rows = [{"file": file, "x": value} for file, value in zip(files, values, strict=False)]
    planned, sources = read(raw, write(tmp_path / "s.jsonl", rows), tmp_path)
    assert str(planned.columns.field("x").type) == kind
    assert sources[0].facts["x"] == first
    assert type(sources[0].facts["x"]) is type(first)


def test_faults_are_told_together(raw, tmp_path):
    path = tmp_path / "s.jsonl"
    bad = [b"{", b"[]", b'{"url": "x"}', b'{"file": 3}', b'{"file": "a", " x": 1}', b'{"file": "a", "u": "\\ud800"}']
    same = [b'{"file": "b", "u": 1}', b'{"file": "b", "u": 2}', b'{"file": "c", "u": 2}', b'{"u": 2, "file": "c"}']
    path.write_bytes(b"\n".join(bad * 2 + same))
    with pytest.raises(InputError) as caught:
        plan([raw], Read(), tmp_path / "spool", path)
    message = str(caught.value)
    for part in ("13 faults", "row 1: not JSON", "row 2: not a JSON object", "row 3: none of file", "and 3 more"):
        assert part in message
    path.write_bytes(b"\n".join(same))
    with pytest.raises(InputError, match="1 faults: row 2: says other things of b than row 1"):
        plan([raw], Read(), tmp_path / "spool", path)


def test_a_hash_on_several_rows_counts_only_where_no_file_is_named(raw, tmp_path):
    rows = [
        {"provenance": "aaaaaaaa", "file": "1_aaaaaaaa.txt", "n": 1},
        {"provenance": "aaaaaaaa", "file": "9_aaaaaaaa.txt", "n": 2},
        {"provenance": "bbbbbbbb", "file": "8_bbbbbbbb.txt", "n": 3},
    ]
    (raw / "7_aaaaaaaa.txt").write_text("Words.")
    planned, sources = read(raw, write(tmp_path / "s.jsonl", rows), tmp_path)
    assert {source.path: source.facts.get("n") for source in sources} == {
        "1_aaaaaaaa.txt": 1,
        "2_bbbbbbbb.txt": 3,
        "7_aaaaaaaa.txt": None,
        "sub/3_cccccccc.txt": None,
        "sub/4_eeeeeeee.txt": None,
    }
    assert (planned.unmatched, planned.repeated) == (1, ["aaaaaaaa"])


def test_a_sidecar_that_is_not_there_or_no_table(raw, tmp_path):
    for path in (tmp_path / "absent.jsonl", raw / "1_aaaaaaaa.txt", raw):
        with pytest.raises(InputError, match="sidecar"):
            plan([raw], Read(), tmp_path / "spool", path)


def test_a_sidecar_among_the_sources_is_none_of_them(raw, tmp_path):
    _, sources = read(raw, write(raw / "sources.jsonl", ROWS), tmp_path)
    assert "sources.jsonl" not in {source.path for source in sources}


def test_columns_that_differ_only_in_case_are_refused(raw, tmp_path):
    with pytest.raises(InputError, match="differ in more than case"):
        read(raw, write(tmp_path / "s.jsonl", [{"file": "1_aaaaaaaa.txt", "url": "a", "URL": "b"}]), tmp_path)


def test_sidecar_has_the_last_word_over_a_row(tmp_path):
    row = {"text": "Words.", "provenance": "aaaaaaaa", "site": "old.example", "rank": 1}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    side = write(tmp_path / "s.jsonl", [{"provenance": "AAAAAAAA", "site": "new.example"}])
    _, (source,) = read(tmp_path / "rows.jsonl", side, tmp_path)
    assert source.facts == {"site": "new.example", "rank": 1}


def test_no_fact_takes_the_name_of_a_column_of_the_release():
    schema = pytest.importorskip("corpuspress.publish.schema")
    taken = {*schema.PRESSED.names, *schema.DECISIONS.names, *schema.MEANING["documents"]}
    assert taken <= facts.OWN
