import gzip
import io
import json
import os
import stat
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpuspress.errors import InputError
from corpuspress.model import Rejected, Source
from corpuspress.read import archives, load, plan, streams
from corpuspress.recipe import Read

TEXTS = {
    "1_aaaaaaaa.txt": b"The ferry leaves at nine.\n",
    "2_bbbbbbbb.txt": "Die Fähre geht um neun.\n".encode("cp1252"),
    "sub/3_cccccccc.txt": "Le bac part à neuf heures.\n".encode(),
}


def sources_of(inputs, tmp_path, recipe=Read(), sidecar=None):  # noqa: B008 -- a frozen value
    planned = plan(inputs, recipe, tmp_path / "spool", sidecar)
    return [source for chunk in planned.chunks for source in load(chunk, recipe)]


def folder_of(tmp_path):
    for path, data in TEXTS.items():
        (tmp_path / "raw" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw" / path).write_bytes(data)
    return tmp_path / "raw"


def tar_of(path, members, mode="w"):
    with tarfile.open(path, mode) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def compressed(path, data, codec):
    path.write_bytes(pa.compress(data, codec=codec, asbytes=True))
    return path


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tgz", "tar.xz", "tar.bz2", "tar.zst", "zip"])
def test_an_archive_reads_as_the_folder_does(tmp_path, kind):
    path, members = tmp_path / f"raw.{kind}", reversed(TEXTS.items())
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.mkdir("sub") if hasattr(archive, "mkdir") else None
            for name, data in members:
                archive.writestr(name, data)
    elif kind == "tar.zst":
        tar_of(tmp_path / "plain.tar", [("./" + name, data) for name, data in members])
        compressed(path, (tmp_path / "plain.tar").read_bytes(), "zstd")
    else:
        tar_of(path, members, {"tar": "w", "tgz": "w:gz"}.get(kind, f"w:{kind[4:]}"))
    assert sources_of([path], tmp_path) == sources_of([folder_of(tmp_path)], tmp_path)


def test_hostile_members_of_a_tar_are_told(tmp_path):
    path = tmp_path / "hostile.tar"
    with tarfile.open(path, "w") as tar:
        for name, kind, target in [
            ("../1_aaaaaaaa.txt", tarfile.REGTYPE, ""),
            ("/etc/2_bbbbbbbb.txt", tarfile.REGTYPE, ""),
            ("a/../../3_cccccccc.txt", tarfile.REGTYPE, ""),
            ("4_dddddddd.txt", tarfile.SYMTYPE, "/etc/passwd"),
            ("5_eeeeeeee.txt", tarfile.LNKTYPE, "good/6_ffffffff.txt"),
            ("7_aaaaaaab.txt", tarfile.CHRTYPE, ""),
            ("8_aaaaaaac.txt", tarfile.FIFOTYPE, ""),
            ("good", tarfile.DIRTYPE, ""),
            (".hidden/9_aaaaaaad.txt", tarfile.REGTYPE, ""),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            tar.addfile(info)
        info = tarfile.TarInfo("good/6_ffffffff.txt")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"words"))
    sources = sources_of([path], tmp_path)
    assert {source.path: source.reason for source in sources if isinstance(source, Rejected)} == {
        "4_dddddddd.txt": "unreadable",
        "5_eeeeeeee.txt": "unreadable",
        "7_aaaaaaab.txt": "unreadable",
        "8_aaaaaaac.txt": "unreadable",
        "hostile.tar/000000001": "bad-name",
        "hostile.tar/000000002": "bad-name",
        "hostile.tar/000000003": "bad-name",
    }
    assert [source.path for source in sources if isinstance(source, Source)] == ["good/6_ffffffff.txt"]
    assert "../1_aaaaaaaa.txt" in next(source.detail for source in sources if source.path.endswith("01"))


def test_hostile_members_of_a_zip_are_told(tmp_path):
    path = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../1_aaaaaaaa.txt", b"out")
        archive.writestr("C:\\2_bbbbbbbb.txt", b"out")
        link = zipfile.ZipInfo("3_cccccccc.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, b"/etc/passwd")
        archive.writestr("4_dddddddd.txt", b"x" * 101)
        archive.writestr("5_eeeeeeee.txt", b"words")
    sources = sources_of([path], tmp_path, Read(max_bytes=100))
    assert {source.path: source.reason for source in sources if isinstance(source, Rejected)} == {
        "3_cccccccc.txt": "unreadable",
        "4_dddddddd.txt": "too-large",
        "hostile.zip/000000001": "bad-name",
        "hostile.zip/000000002": "bad-name",
    }


def test_a_member_over_the_limit_is_told_and_the_next_is_read(tmp_path):
    path = tar_of(tmp_path / "a.tar", [("1_aaaaaaaa.txt", b"x" * 5000), ("2_bbbbbbbb.txt", b"words")])
    large, small = sources_of([path], tmp_path, Read(max_bytes=100))
    assert (large.reason, large.data) == ("too-large", None)
    assert small.data == b"words"


def test_the_same_name_twice_in_an_archive(tmp_path):
    path = tar_of(tmp_path / "a.tar", [("1_aaaaaaaa.txt", b"first"), ("1_aaaaaaaa.txt", b"second")])
    first, second = sources_of([path], tmp_path)
    assert (first.data, second.reason, second.data) == (b"first", "id-taken", b"second")


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "jsonl.gz", "jsonl.zst"])
def test_bombs_are_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(streams, "FREE_BYTES", 100_000)
    path, zeros = tmp_path / f"bomb.{kind}", bytes(20_000_000)
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("1_aaaaaaaa.txt", zeros)
    elif kind == "tar.gz":
        tar_of(path, [("1_aaaaaaaa.txt", zeros)], "w:gz")
    elif kind == "jsonl.gz":
        path.write_bytes(gzip.compress(zeros))
    else:
        compressed(path, zeros, "zstd")
    with pytest.raises(InputError, match="300 times its size"):
        plan([path], Read(), tmp_path / "spool")


def test_a_header_that_wants_all_memory_is_refused(tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 50_000_000
    path = tmp_path / "header.tar"
    path.write_bytes(info.tobuf() + bytes(50_000_000 + 1024))
    with pytest.raises(InputError):
        list(archives.members(path, 100))


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tar.zst", "tar.xz", "zip", "jsonl.gz", "jsonl.zst", "parquet"])
def test_a_damaged_container_is_an_error_of_the_input(tmp_path, kind):
    path = tmp_path / f"cut.{kind}"
    chance = os.urandom(40_000).hex().encode()
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("1_aaaaaaaa.txt", chance)
    elif kind == "parquet":
        pq.write_table(pa.table({"text": [chance.decode()]}), path)
    elif kind == "tar.zst":
        tar_of(tmp_path / "plain.tar", [("1_aaaaaaaa.txt", chance)])
        compressed(path, (tmp_path / "plain.tar").read_bytes(), "zstd")
    elif kind.startswith("tar"):
        tar_of(path, [("1_aaaaaaaa.txt", chance)], "w:" + kind[4:])
    else:
        compressed(path, json.dumps({"text": chance.decode()}).encode(), {"gz": "gzip", "zst": "zstd"}[kind[6:]])
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(InputError, match="cut"):
        plan([path], Read(), tmp_path / "spool")


ROWS = [
    {"provenance": "aaaa0001", "text": "Erste Zeile.\nZweite – Zeile.", "site": "one.example", "encoding": "cp1252"},
    {"provenance": "aaaa0002", "text": "\ufeffMore words.", "site": None, "rank": 3},
    {"provenance": "aaaa0003", "text": ""},
]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.mark.parametrize("kind", ["jsonl", "ndjson", "jsonl.gz", "jsonl.zst", "parquet"])
def test_rows_are_sources(tmp_path, kind):
    path = tmp_path / f"rows.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist([ROWS[0] | {"rank": None}, *ROWS[1:]]), path)
    elif kind.endswith(("gz", "zst")):
        compressed(path, lines(ROWS), "gzip" if kind.endswith("gz") else "zstd")
    else:
        path.write_bytes(lines(ROWS))
    first, second, third = sources_of([path], tmp_path)
    assert first.path == first.id == f"rows.{kind}/000000001"
    assert (first.provenance, first.ordinal, first.encoding_hint) == ("aaaa0001", None, "utf-8")
    assert first.data.decode() == ROWS[0]["text"]
    assert first.facts == {"site": "one.example", "source_encoding": "cp1252"}
    assert second.facts == {"rank": 3}
    assert (third.reason, third.data) == ("empty", b"")


def test_rows_with_names_and_columns_of_the_recipe(tmp_path):
    recipe = Read(text_column="body", provenance_column="hash", name_column="file")
    rows = [
        {"file": "b/2_bbbbbbbb.txt", "body": "two", "hash": "feedbeef"},
        {"file": "a/1_aaaaaaaa.txt", "body": "one"},
        {"file": "../3_cccccccc.txt", "body": "out"},
    ]
    (tmp_path / "rows.jsonl").write_bytes(lines(rows))
    one, two, out = sources_of([tmp_path / "rows.jsonl"], tmp_path, recipe)
    assert (one.path, one.provenance, one.ordinal) == ("a/1_aaaaaaaa.txt", "aaaaaaaa", "1")
    assert (two.id, two.provenance, two.ordinal) == ("b/2_bbbbbbbb", "feedbeef", "2")
    assert (out.path, out.reason) == ("rows.jsonl/000000003", "bad-row")


def test_rows_that_are_none_stop_nothing(tmp_path):
    data = b"".join(
        [
            b'{"text": "good", "provenance": "aaaa0001"}\n\n',
            b"not json\n",
            b"[1, 2]\n",
            b'{"text": 5, "provenance": "aaaa0002"}\n',
            b'{"text": "no hash"}\n',
            b'{"text": "half \\ud83d", "provenance": "aaaa0003"}\n',
            b'{"text": "\xff", "provenance": "aaaa0004"}\n',
            b'{"text": "whole \\ud83d\\ude00", "provenance": "aaaa0005", "": 1}\n',
            b'{"text": "' + b"x" * 101 + b'", "provenance": "aaaa0006"}\n',
            b"[" * 100_000 + b"\n",
            b'{"text": "' + b"y" * 3_000_000 + b'", "provenance": "aaaa0007"}\n',
            b'{"text": "whole \\ud83d\\ude00", "provenance": "aaaa0008"}',
        ]
    )
    (tmp_path / "rows.jsonl").write_bytes(data)
    sources = sources_of([tmp_path / "rows.jsonl"], tmp_path, Read(max_bytes=100))
    assert [getattr(source, "reason", "") for source in sources] == [
        "",
        *["bad-row"] * 7,
        "too-large",
        "bad-row",
        "too-large",
        "",
    ]
    assert sources[1].data == b"not json\n"
    assert sources[-1].data.decode() == "whole \U0001f600"


def test_no_row_that_can_be_taken_names_the_column(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(lines([{"text": "words", "id": "aaaa0001"}]))
    with pytest.raises(InputError, match=r"read\.provenance_column"):
        plan([tmp_path / "rows.jsonl"], Read(), tmp_path / "spool")


def test_bytes_dates_and_lists_in_parquet(tmp_path):
    table = pa.table(
        {
            "provenance": ["aaaa0001"],
            "text": pa.array(["Größe".encode("cp1252")], pa.binary()),
            "encoding": ["windows-1252"],
            "day": pa.array([0], pa.date32()),
            "at": pa.array([1_500_000_000_000_000_001], pa.timestamp("ns")),
            "tags": [["a", "b"]],
            "score": [0.5],
            "ok": [True],
        }
    )
    pq.write_table(table, tmp_path / "rows.parquet")
    planned = plan([tmp_path / "rows.parquet"], Read(), tmp_path / "spool")
    (source,) = load(planned.chunks[0], Read())
    assert source.data == "Größe".encode("cp1252")
    assert source.encoding_hint == "windows-1252"
    assert source.facts["day"] == "1970-01-01"
    assert source.facts["at"].startswith("2017-07-14 02:40:00.000000001")
    assert {name: str(kind) for name, kind in zip(planned.columns.names, planned.columns.types, strict=True)} == {
        "at": "string",
        "day": "string",
        "ok": "bool",
        "score": "double",
        "source_encoding": "string",
        "tags": "list<element: string>",
    }


def test_folder_and_container_together_in_one_order(tmp_path):
    tar = tar_of(tmp_path / "more.tar", [("sub/2_dddddddd.txt", b"between"), ("0_eeeeeeee.txt", b"first")])
    sources = sources_of([folder_of(tmp_path), tar], tmp_path)
    assert [source.path for source in sources] == sorted([*TEXTS, "sub/2_dddddddd.txt", "0_eeeeeeee.txt"])
    assert next(source.data for source in sources) == b"first"
