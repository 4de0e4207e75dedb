"""Releases: what they hold, that their bytes follow from the rows alone, and how they are numbered."""

import errno
import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from releases import Raw, arrow, decision, digest, edits_of, hashed, key, mixed, parts, release, row, tale

from corpuspress.engine import Local, Serial
from corpuspress.errors import (
    DriftError,
    GateError,
    InputError,
    StorageError,
    VersionError,
    VersionExistsError,
)
from corpuspress.publish import Input, Part, card, publish, schema, shards, versions
from corpuspress.publish.content import content_digest
from corpuspress.publish.shards import cut
from corpuspress.publish.storage import read_sums, sum_line
from corpuspress.recipe import Publish, Recipe

SMALL = Recipe(publish=Publish(row_group_rows=3, shard_bytes=500))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(release: Path, folder: str) -> list[dict]:
    return [one for path in sorted((release / folder).glob("*.parquet")) for one in pq.read_table(path).to_pylist()]


def test_every_source_stands_in_one_table_with_its_facts(tmp_path):
    raws = mixed()
    assert release(raws, tmp_path / "c", tmp_path / "run").summary().startswith(f"{tmp_path / 'c'}: published 1.0.0")
    tables = {name: rows(tmp_path / "c" / "1.0.0", name) for name in ("data", "duplicates", "rejected", "edits")}
    sources = [one["source"] for name in ("data", "duplicates", "rejected") for one in tables[name]]
    assert sources == [raw.source for raw in raws]
    first = tables["data"][0]
    assert first["text"] == "The ferry of stop 0\nIt left 0 minutes late.\nNobody in town 0 minded."
    assert first["duplicates"] == [one["provenance"] for one in tables["duplicates"]]
    assert first["cluster"] == first["id"] == tables["duplicates"][0]["kept_id"]
    assert [one["kind"] for one in tables["duplicates"]] == ["exact", "near"]
    assert [one["reason"] for one in tables["rejected"]] == ["no-letters", "binary"]
    assert tables["rejected"][1]["data"] == b"\0\1"
    assert len(tables["edits"]) == 2 * 8


@given(st.lists(st.booleans(), max_size=80), st.sampled_from([0, 1, 16, 40]))
def test_rows_of_a_part_are_chosen_alike_by_slices_and_by_a_filter(mask, runs):
    table = pa.table({"number": pa.chunked_array([list(range(len(mask)))], pa.int64())})
    wanted = pa.chunked_array([mask], pa.bool_())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "MANY_RUNS", runs)
        found = shards._filtered(table, wanted)
    assert found.equals(table.filter(wanted))
    assert shards._filtered(table, None) is table


def test_features_are_those_of_datasets():
    import datasets

    sidecar = {"url": pa.string(), "ok": pa.bool_(), "score": pa.float64(), "tags": pa.list_(pa.string())}
    for table in schema.TABLES:
        own = schema.table_schema(table, sidecar)
        features = datasets.Features.from_arrow_schema(own)
        assert features.to_dict() == schema.features(own)
        assert features._to_yaml_list() == schema.card_features(own)


def test_a_sidecar_column_needs_a_free_name_and_a_plain_type():
    for name, kind in (("text", pa.string()), ("kept_id", pa.string()), ("at", pa.timestamp("us", "UTC"))):
        with pytest.raises(InputError, match=name):
            schema.pressed({name: kind})


def test_sidecar_columns_reach_documents_and_duplicates(tmp_path):
    raws = [raw._replace(facts={"url": f"https://example.org/{number}"}) for number, raw in enumerate(mixed())]
    release(raws, tmp_path / "c", tmp_path / "run", sidecar={"url": pa.string()})
    assert rows(tmp_path / "c" / "1.0.0", "data")[1]["url"] == "https://example.org/1"
    assert rows(tmp_path / "c" / "1.0.0", "duplicates")[0]["url"] == "https://example.org/6"
    assert "| `url` | string | As the sidecar gives it. |" in (tmp_path / "c" / "1.0.0" / "README.md").read_text()


def test_the_card_lists_every_column_as_the_schema_has_it(tmp_path):
    release(mixed(), tmp_path / "c", tmp_path / "run")
    page = (tmp_path / "c" / "1.0.0" / "README.md").read_text()
    for table in schema.TABLES:
        section = page.partition(f"### {table}\n")[2].partition("\n### ")[0]
        listed = [line.split(" | ") for line in section.split("\n") if line.startswith("| `")]
        expected = schema.table_schema(table)
        assert [line[0].strip("| `") for line in listed] == expected.names
        assert [line[1] for line in listed] == [schema.type_name(field.type) for field in expected]
        assert all(schema.meaning(table, name).endswith(".") for name in expected.names)


def test_same_bytes_from_any_path_chunking_and_worker(tmp_path):
    raws = mixed(40)
    release(raws, tmp_path / "a" / "c", tmp_path / "run1", size=1000, recipe=SMALL)
    release(raws, tmp_path / "b" / "elsewhere", tmp_path / "run2", size=7, recipe=SMALL)
    with Local(2) as engine:
        release(raws, tmp_path / "d", tmp_path / "run3", size=1, recipe=SMALL, engine=engine)
    assert files(tmp_path / "a" / "c") == files(tmp_path / "b" / "elsewhere") == files(tmp_path / "d")
    assert len(list((tmp_path / "d" / "1.0.0" / "data").iterdir())) > 2


def test_row_groups_are_exact_and_carry_what_protects_them(tmp_path):
    release(mixed(40), tmp_path / "c", tmp_path / "run", recipe=Recipe(publish=Publish(row_group_rows=16)))
    file = pq.ParquetFile(tmp_path / "c" / "1.0.0" / "data" / "train-00000-of-00001.parquet")
    assert [file.metadata.row_group(number).num_rows for number in range(3)] == [16, 16, 8]
    columns = {(one := file.metadata.row_group(0).column(n)).path_in_schema: one for n in range(20)}
    assert columns["id"].statistics is not None
    assert columns["text"].statistics is None
    assert columns["text"].compression == "ZSTD"
    assert columns["text"].has_offset_index


def test_many_copies_are_folded_as_few(tmp_path, monkeypatch):
    kept = [tale(number) for number in range(5)]
    copies = [tale(number + 5, kept_id=key(raw.source), kind="near") for number, raw in enumerate(kept)]
    monkeypatch.setattr(shards, "FEW_COPIES", 0)
    release([*kept, *copies], tmp_path / "c", tmp_path / "run", size=3, recipe=SMALL)
    found = rows(tmp_path / "c" / "1.0.0", "data")
    assert [one["duplicates"] for one in found] == [[hashed(raw.source)] for raw in copies]


def test_appending_leaves_earlier_shards_as_they_are(tmp_path):
    for count in (30, 33):
        release([tale(n) for n in range(count)], tmp_path / str(count), tmp_path / "run", recipe=SMALL)
    old, new = (sorted((tmp_path / str(count) / "1.0.0" / "data").iterdir()) for count in (30, 33))
    assert [path.read_bytes() for path in old[:-1]] == [path.read_bytes() for path in new[: len(old) - 1]]


@given(st.lists(st.integers(0, 50_000_000), max_size=40), st.integers(1, 9), st.integers(0, 200_000_000))
def test_every_row_is_in_one_group_and_no_group_or_shard_is_too_large(sizes, per_group, shard_bytes):
    import numpy as np

    plan = cut(np.array(sizes, dtype=np.int64), Publish(row_group_rows=per_group, shard_bytes=shard_bytes))
    assert sum(map(sum, plan)) == len(sizes)
    first = 0
    for groups in plan:
        whole = sum(sizes[first : first + sum(groups)])
        assert whole <= shard_bytes or len(groups) == 1
        for group in groups:
            assert 1 <= group <= per_group
            assert sum(sizes[first : first + group]) <= shards.GROUP_BYTES or group == 1
            first += group


VALUES = st.tuples(
    st.none() | st.text(max_size=5),
    st.none() | st.integers(-(2**60), 2**60),
    st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3),
    st.none() | st.binary(max_size=4),
    st.none() | st.dates(),
)
COLUMNS = pa.schema(
    [("a", pa.string()), ("b", pa.int64()), ("c", pa.list_(pa.string())), ("d", pa.binary()), ("e", pa.date32())]
)


def table_of(values: list) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(COLUMNS.names, one, strict=True)) for one in values], schema=COLUMNS)


@given(st.lists(VALUES, max_size=8), st.integers(0, 8), st.lists(VALUES, max_size=8))
def test_the_content_digest_tells_rows_apart_and_nothing_else(values, where, others):
    whole = table_of(values)
    pieces = pa.concat_tables([whole.slice(0, where), whole.slice(where)])
    cut_out = table_of(values + others).slice(0, len(values))
    assert content_digest(whole) == content_digest(pieces) == content_digest(cut_out)
    assert (content_digest(whole) == content_digest(table_of(others))) == (values == others)


@given(st.text(min_size=1), st.text(min_size=1))
def test_sums_of_any_names_come_back(first, second):
    text = sum_line("00", first) + "\n" + sum_line("11", second) + "\n"
    assert read_sums(text) == {first: "00"} | {second: "11"}


def test_sums_are_those_of_sha256sum(tmp_path):
    import subprocess

    raws = mixed()
    release(raws, tmp_path / "c", tmp_path / "run")
    for raw in raws:
        (tmp_path / raw.source).write_bytes(raw.data or raw.text.encode())
    if not shutil.which("sha256sum"):
        pytest.skip("this system has no sha256sum")
    for folder, name in ((tmp_path / "c" / "1.0.0", "SHA256SUMS"), (tmp_path, "c/1.0.0/inputs.sha256")):
        subprocess.run(["sha256sum", "--strict", "-c", name], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def test_versions_compare_as_numbers_and_refuse_other_forms():
    assert versions.parse("1.10.0") > versions.parse("1.9.9")
    for text in ("1.0", "01.0.0", "1.0.0-rc1", "v1.0.0", "", "1.0.0\n", "٠.1.0", "../1.0.0"):
        with pytest.raises(VersionError, match="MAJOR"):
            versions.parse(text)


def edited(raws: list[Raw], number: int, **change: object) -> list[Raw]:
    return [raw._replace(**change) if n == number else raw for n, raw in enumerate(raws)]


COPY = tale(52, kept_id=key(tale(0).source), kind="near")
CHANGES = {
    "nothing": (mixed(), {}, None),
    "other row groups": (mixed(), {"recipe": SMALL}, "1.0.1"),
    "a document more": (mixed(7), {}, "1.1.0"),
    "a copy more": ([*mixed(), COPY], {}, "1.1.0"),
    "a rejected source more": ([*mixed(), Raw("061_00000000000000ab.txt", "?", reason="no-letters")], {}, "1.1.0"),
    "a column more": (mixed(), {"sidecar": {"url": pa.string()}}, "1.1.0"),
    "a document less": (mixed(5), {}, "2.0.0"),
    "a text edited": (edited(mixed(), 2, text="Another story\nof two lines\n", removed=()), {}, "2.0.0"),
    "a line more removed": (edited(mixed(), 2, removed=(2, 3, 5)), {}, "2.0.0"),
    "a document moved to the copies": (edited(mixed(), 2, kept_id=key(tale(0).source), kind="near"), {}, "2.0.0"),
    "a copy moved to another document": (edited(mixed(), 6, kept_id=key(tale(1).source)), {}, "2.0.0"),
    "a rejected source for another reason": (edited(mixed(), 8, reason="empty"), {}, "2.0.0"),
}


@pytest.mark.parametrize(("raws", "options", "expected"), CHANGES.values(), ids=CHANGES)
def test_auto_finds_the_smallest_number_that_tells_the_truth(tmp_path, raws, options, expected):
    release(mixed(), tmp_path / "c", tmp_path / "run")
    before = files(tmp_path / "c")
    outcome = release(raws, tmp_path / "c", tmp_path / "run", **options)
    if expected is None:
        assert not outcome.published
        assert files(tmp_path / "c") == before
    else:
        assert (outcome.version, outcome.published) == (expected, True)
        assert files(tmp_path / "c" / "1.0.0") == {k[6:]: v for k, v in before.items() if k.startswith("1.0.0/")}


def test_a_column_less_is_a_major_change(tmp_path):
    release(mixed(), tmp_path / "c", tmp_path / "run", sidecar={"url": pa.string()})
    assert release(mixed(), tmp_path / "c", tmp_path / "run").version == "2.0.0"


def test_a_given_version_must_be_large_enough(tmp_path):
    assert release(mixed(), tmp_path / "c", tmp_path / "run", version="0.9.0").version == "0.9.0"
    with pytest.raises(VersionError, match=r"0\.10\.0"):
        release(mixed(7), tmp_path / "c", tmp_path / "run", version="0.9.1")
    with pytest.raises(VersionError, match=r"0\.9\.0"):
        release(mixed(7), tmp_path / "c", tmp_path / "run", version="0.8.0")
    with pytest.raises(VersionExistsError, match="MINOR"):
        release(mixed(7), tmp_path / "c", tmp_path / "run", version="0.9.0")
    assert not release(mixed(), tmp_path / "c", tmp_path / "run", version="0.9.0").published
    assert release(mixed(7), tmp_path / "c", tmp_path / "run", version="3.0.0").previous == "0.9.0"


def test_the_root_card_names_the_newest_version_by_number(tmp_path):
    for count, version in ((6, "1.2.0"), (7, "1.9.0"), (8, "1.10.0")):
        release(mixed(count), tmp_path / "c", tmp_path / "run", version=version)
    configs = card.read_header((tmp_path / "c" / "README.md").read_text())["configs"]
    assert [config["config_name"] for config in configs] == ["1.10.0", "1.9.0", "1.2.0"]
    assert [config.get("default") for config in configs] == [True, None, None]
    assert json.loads((tmp_path / "c" / "latest.json").read_bytes())["version"] == "1.10.0"


def test_check_and_dry_run_write_nothing(tmp_path):
    with pytest.raises(DriftError):
        release(mixed(), tmp_path / "c", tmp_path / "run", check=True)
    assert "would publish 1.0.0" in release(mixed(), tmp_path / "c", tmp_path / "run", dry_run=True).summary()
    assert not (tmp_path / "c").exists()
    release(mixed(), tmp_path / "c", tmp_path / "run")
    before = files(tmp_path / "c")
    assert not release(mixed(), tmp_path / "c", tmp_path / "run", check=True).published
    with pytest.raises(DriftError, match="MINOR"):
        release(mixed(7), tmp_path / "c", tmp_path / "run", check=True)
    assert release(mixed(7), tmp_path / "c", tmp_path / "run", dry_run=True).version == "1.1.0"
    assert files(tmp_path / "c") == before


def test_gates_stop_a_release_and_are_told_together(tmp_path):
    gates = {"gates": {"min_documents": 7, "max_rejected_share": 0.1, "max_removed_share": 0.01}}
    with pytest.raises(GateError, match=r"min_documents.*max_rejected_share.*max_removed_share"):
        release(mixed(), tmp_path / "c", tmp_path / "run", recipe=Recipe.from_dict(gates))
    with pytest.raises(GateError, match="min_documents"):
        release([mixed()[-1]], tmp_path / "c", tmp_path / "run")
    assert files(tmp_path / "c") == {}


def test_side_tables_without_rows_have_no_files_and_no_configuration(tmp_path):
    release([tale(1)._replace(removed=())], tmp_path / "c", tmp_path / "run")
    assert {path.name for path in (tmp_path / "c" / "1.0.0").iterdir() if path.is_dir()} == {"data"}
    manifest = json.loads((tmp_path / "c" / "1.0.0" / "manifest.json").read_bytes())
    assert {table: one["rows"] for table, one in manifest["tables"].items()} == {
        **{"documents": 1, "edits": 0},
        **{"duplicates": 0, "rejected": 0},
    }
    header = card.read_header((tmp_path / "c" / "1.0.0" / "README.md").read_text())
    assert [config["config_name"] for config in header["configs"]] == ["default"]


def test_the_report_names_one_hash_on_different_bytes(tmp_path):
    twin = tale(1)._replace(source=f"sub/{tale(1).source}", text="Quite another text\n", removed=())
    report = release([*mixed(), twin], tmp_path / "c", tmp_path / "run", size=3).report
    assert [[one["source"] for one in same["sources"]] for same in report["same_provenance"]] == [
        [tale(1).source, twin.source]
    ]


def test_provenance_speaks_of_the_manifest(tmp_path):
    release(mixed(), tmp_path / "c", tmp_path / "run")
    folder = tmp_path / "c" / "1.0.0"
    statement = json.loads((folder / "provenance.intoto.json").read_bytes())
    assert statement["subject"][0]["digest"]["sha256"] == digest((folder / "manifest.json").read_bytes())
    assert Recipe.from_dict(statement["predicate"]["buildDefinition"]["externalParameters"]["recipe"]) == Recipe()


def test_nothing_in_a_release_tells_where_it_was_built(tmp_path):
    release(mixed(), tmp_path / "c", tmp_path / "run")
    assert not [name for name, data in files(tmp_path / "c").items() if str(tmp_path).encode() in data]


def fail(number: int):
    def failing(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return failing


@pytest.mark.parametrize(
    ("target", "number", "cure"),
    [
        ("os.fsync", errno.ENOSPC, "free some space"),
        ("pathlib.Path.rename", errno.EACCES, "permission"),
        ("pyarrow.parquet.ParquetWriter.write_table", errno.ENOSPC, "free some space"),
        ("pathlib.Path.mkdir", errno.EROFS, "can be written"),
    ],
)
def test_a_disk_that_fails_leaves_the_last_release_whole(tmp_path, monkeypatch, target, number, cure):
    release(mixed(), tmp_path / "c", tmp_path / "run")
    before = files(tmp_path / "c")
    made, decisions = parts(mixed(7), tmp_path / "run2")
    with monkeypatch.context() as patch:
        patch.setattr(target, fail(number))
        with pytest.raises(StorageError, match=cure):
            publish(Input(made, decisions, tmp_path / "run2"), tmp_path / "c", Recipe(), Serial())
    assert files(tmp_path / "c") == before
    assert release(mixed(7), tmp_path / "c", tmp_path / "run").version == "1.1.0"


def test_killed_after_the_rename_the_next_run_mends_the_root(tmp_path, monkeypatch):
    release(mixed(), tmp_path / "reference", tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr("corpuspress.publish.release.refresh", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            release(mixed(), tmp_path / "c", tmp_path / "run")
    assert not (tmp_path / "c" / "latest.json").exists()
    assert not release(mixed(), tmp_path / "c", tmp_path / "run").published
    assert files(tmp_path / "c") == files(tmp_path / "reference")


def test_a_dead_staging_folder_is_cleared_and_one_in_use_is_not(tmp_path):
    from corpuspress.publish.staging import staging

    dead = tmp_path / "c" / ".staging-dead" / "data"
    dead.mkdir(parents=True)
    (tmp_path / "c" / f".staging-README.md-{2**22 + 1}").touch()  # no process has so large a number
    with staging(tmp_path / "c") as used:
        release(mixed(), tmp_path / "c", tmp_path / "run")
        assert used.is_dir()
    assert not dead.parent.exists()
    assert [path.name for path in (tmp_path / "c").iterdir() if path.name.startswith(".")] == []


def racing(tmp_path: Path, other: list[Raw], **options: object):
    """Publish `mixed()` while another publisher is faster by a hair."""
    first = iter([True])

    def overtake(_: Path) -> None:
        if next(first, False):
            release(other, tmp_path / "c", tmp_path / "run2")

    return release(mixed(), tmp_path / "c", tmp_path / "run", finish=overtake, **options)


def test_of_two_publishers_one_wins(tmp_path):
    assert not racing(tmp_path / "same", mixed()).published
    assert racing(tmp_path / "other", mixed(5)).version == "1.1.0"
    with pytest.raises(VersionExistsError):
        racing(tmp_path / "given", mixed(5), version="1.0.0")
    assert len(rows(tmp_path / "given" / "c" / "1.0.0", "data")) == 5


def test_finish_may_add_files_that_are_summed_up(tmp_path):
    release(mixed(), tmp_path / "c", tmp_path / "run", finish=lambda folder: (folder / "report.html").write_text("<p>"))
    assert "report.html" in (tmp_path / "c" / "1.0.0" / "SHA256SUMS").read_text()


def test_columns_of_a_part_that_publish_does_not_know_stay_out(tmp_path):
    made, decisions = parts(mixed(), tmp_path / "run")
    sketched = schema.pressed().append(pa.field("sketch", pa.int64()))
    part = arrow(tmp_path / "run" / "sketched", [row(raw) for raw in mixed()], sketched)
    publish(
        Input([Part(str(part), made[0].edits, len(mixed()))], decisions, tmp_path), tmp_path / "c", Recipe(), Serial()
    )
    release(mixed(), tmp_path / "d", tmp_path / "run")
    assert files(tmp_path / "c") == files(tmp_path / "d")


def test_the_helpers_keep_to_the_schemas():
    raw = tale(1)
    assert set(row(raw)) <= set(schema.PRESSED.names)
    assert set(decision(raw)) <= set(schema.DECISIONS.names)
    assert len(edits_of(raw)) == 2
