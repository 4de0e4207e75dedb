"""Splits: every copy on one side, nothing moves, and all commands work on them."""

import json
from itertools import permutations
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from releases import Raw, key, mixed, release, tale

from corpuspress.building import build
from corpuspress.encoding import encode
from corpuspress.engine import Local
from corpuspress.errors import InputError, RecipeError
from corpuspress.publish import card, shards
from corpuspress.publish.diff import diff
from corpuspress.publish.read_release import document, opened, with_edits
from corpuspress.publish.restore import restore
from corpuspress.publish.splits import shares, split_of
from corpuspress.publish.verify import examine
from corpuspress.recipe import Publish, Recipe

PLACES = ("Dorn", "Ulm", "Vesper", "Karsk", "Ost", "Hall", "Lind", "Moor", "Rade", "Berg", "Tarn", "Wick")
WAITING = ("baker", "captain", "doctor", "painter", "smith")
THREE = ("train 0.6", "validation 0.2", "test 0.2")
FOLDERS = {"documents": "data", "edits": "edits", "duplicates": "duplicates", "rejected": "rejected"}


def recipe(*splits: str, **options: int) -> Recipe:
    return Recipe(publish=Publish(splits=splits, **options))


def copied(count: int) -> list[Raw]:
    """Documents, each with a copy, the copies after all documents; and rejected sources."""
    copies = [tale(n + 500, kept_id=key(tale(n).source), kind="near") for n in range(count)]
    return [tale(n) for n in range(count)] + copies + mixed()[-2:]


def tables(release: Path) -> dict[str, dict[str, list[dict]]]:
    """Table -> split -> rows."""
    found: dict[str, dict[str, list[dict]]] = {table: {} for table in FOLDERS}
    for table, folder in FOLDERS.items():
        for path in sorted((release / folder).glob("*.parquet")):
            found[table].setdefault(path.name.split("-")[0], []).extend(pq.read_table(path).to_pylist())
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def faults(corpus: Path) -> list[str]:
    return examine(corpus, encode=encode, load=False).faults


def test_splits_follow_the_shares_and_never_move():
    parts = {"train": 0.8, "validation": 0.1, "test": 0.1}
    found = [split_of(f"document {number}", parts) for number in range(2000)]
    assert 1500 < found.count("train") < 1700
    assert 150 < found.count("validation") < 250
    assert split_of("document 0", {"whole": 1.0}) == "whole"
    assert found == [split_of(f"document {number}", parts) for number in range(2000)]


@given(st.text(), st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_a_larger_share_takes_documents_in_and_sends_none_away(cluster, one, other):
    small, large = sorted((one, other))
    if split_of(cluster, {"train": small, "test": 1 - small}) == "train":
        assert split_of(cluster, {"train": large, "test": 1 - large}) == "train"


@pytest.mark.parametrize(
    "text", ["train", "train x", "train 0", "train -1", "train inf", "train nan", "Train 1", "two-words 1", "all 1", ""]
)
def test_what_is_no_split_is_refused_by_name(text):
    with pytest.raises(RecipeError) as error:
        shares(Publish(splits=("train 0.9", text, "test x")))
    assert f"`{text}`" in str(error.value)
    assert "`test x` has no share" in str(error.value)


def test_a_split_that_is_named_twice_is_refused_before_any_work(tmp_path):
    with pytest.raises(RecipeError, match="`train` stands 2 times"):
        build([tmp_path / "nowhere"], tmp_path / "c", recipe=recipe("train 1", "train 2"))
    assert not (tmp_path / "c").exists()


def test_every_cluster_stands_in_its_split_with_its_edits_and_copies(tmp_path):
    raws = copied(60)
    release(raws, tmp_path / "c", tmp_path / "run", size=7, recipe=recipe(*THREE))
    found = tables(tmp_path / "c" / "1.0.0")
    parts = shares(Publish(splits=THREE))
    assert set(found["documents"]) == set(found["edits"]) == set(found["duplicates"]) == set(parts)
    for split in parts:
        names = [row["id"] for row in found["documents"][split]]
        assert names == [key(tale(n).source) for n in range(60) if split_of(key(tale(n).source), parts) == split]
        assert [row["kept_id"] for row in found["duplicates"][split]] == names
        names += [row["id"] for row in found["duplicates"][split]]
        assert [row["id"] for row in found["edits"][split]] == [name for name in names for _ in "ab"]
    assert [row["reason"] for row in found["rejected"]["train"]] == ["no-letters", "binary"]
    assert list(found["rejected"]) == ["train"]
    assert sum(len(rows) for rows in found["documents"].values()) == 60


def test_same_bytes_from_any_chunking_and_worker(tmp_path):
    small = recipe(*THREE, row_group_rows=3, shard_bytes=500)
    raws = copied(30)
    release(raws, tmp_path / "a", tmp_path / "run1", recipe=small)
    release(raws, tmp_path / "b", tmp_path / "run2", size=7, recipe=small)
    with Local(2) as engine:
        release(raws, tmp_path / "c", tmp_path / "run3", size=1, recipe=small, engine=engine)
    assert files(tmp_path / "a") == files(tmp_path / "b") == files(tmp_path / "c")
    assert len(list((tmp_path / "a" / "1.0.0" / "data").glob("train-*"))) > 1


def test_one_split_or_none_is_the_same_table(tmp_path):
    release(copied(20), tmp_path / "none", tmp_path / "run", size=3)
    release(copied(20), tmp_path / "one", tmp_path / "run", size=3, recipe=recipe("train 1"))
    release(copied(20), tmp_path / "two", tmp_path / "run", size=3, recipe=recipe("train 1", "test 1e-300"))
    none, one, two = (files(tmp_path / name / "1.0.0") for name in ("none", "one", "two"))
    parquet = [name for name in none if name.endswith(".parquet")]
    assert [none[name] for name in parquet] == [one[name] for name in parquet] == [two[name] for name in parquet]
    assert "splits" not in json.loads(none["manifest.json"])["recipe"]["publish"]
    assert json.loads(one["manifest.json"])["recipe"]["publish"]["splits"] == ["train 1"]


def test_a_split_without_rows_has_no_file(tmp_path):
    outcome = release([tale(1)], tmp_path / "c", tmp_path / "run", recipe=recipe("test 1e-300", "train 1"))
    assert [path.name for path in (tmp_path / "c" / "1.0.0" / "data").iterdir()] == ["train-00000-of-00001.parquet"]
    assert 'split="train"' in outcome.summary()
    assert faults(tmp_path / "c") == []


def test_the_card_names_the_splits_in_the_order_of_the_recipe(tmp_path):
    release(copied(40), tmp_path / "c", tmp_path / "run", recipe=recipe(*THREE))
    page = (tmp_path / "c" / "1.0.0" / "README.md").read_text()
    header = card.read_header(page)
    assert [one["split"] for one in header["configs"][0]["data_files"]] == ["train", "validation", "test"]
    counts = {one["name"]: one["num_examples"] for one in header["dataset_info"][0]["splits"]}
    for name, count in counts.items():
        assert f"\n| {name} | {count} | {count / 40:.1%} |\n" in page
    assert sum(counts.values()) == 40
    root = card.read_header((tmp_path / "c" / "README.md").read_text())
    assert [one["path"] for one in root["configs"][0]["data_files"]] == [
        f"1.0.0/data/{name}-*.parquet" for name in counts
    ]


def test_added_sources_leave_every_document_where_it_is(tmp_path):
    release(copied(30), tmp_path / "c", tmp_path / "run", recipe=recipe(*THREE))
    more = sorted([*copied(30), *(tale(n) for n in range(100, 140))], key=lambda raw: raw.source)
    assert release(more, tmp_path / "c", tmp_path / "run", recipe=recipe(*THREE)).version == "1.1.0"
    before, after = (tables(tmp_path / "c" / version)["documents"] for version in ("1.0.0", "1.1.0"))
    for split, rows in before.items():
        assert {row["id"] for row in rows} <= {row["id"] for row in after[split]}
    assert diff(tmp_path / "c", "1.0.0", "1.1.0").tables["documents"]["changed"] == {}


def test_a_document_that_moves_to_another_split_is_a_major_change_and_told(tmp_path):
    release(copied(20), tmp_path / "c", tmp_path / "run")
    assert release(copied(20), tmp_path / "c", tmp_path / "run", recipe=recipe(*THREE)).version == "2.0.0"
    found = diff(tmp_path / "c", "1.0.0", "2.0.0")
    now = tables(tmp_path / "c" / "2.0.0")["documents"]
    moved = [row["id"] for split in ("validation", "test") for row in now[split]]
    changed = found.tables["documents"]["changed"]
    assert sorted(changed) == sorted(moved)
    assert {cause for one in changed.values() for cause in one["causes"]} == {
        "split train -> validation",
        "split train -> test",
    }
    assert found.recipe == {"publish.splits": [None, list(THREE)]}
    assert not found.tables["rejected"]["changed"]


def test_verify_restore_and_explain_work_on_splits(tmp_path):
    raws = copied(40)
    release(raws, tmp_path / "c", tmp_path / "run", size=9, recipe=recipe(*THREE, row_group_rows=4))
    found = examine(tmp_path / "c", encode=encode, measure=lambda *_: (0.5, 1.0))
    assert found.faults == []
    assert "ok   clusters stand in their splits" in found.summary()
    assert restore(tmp_path / "c", tmp_path / "out", encode=encode).exact == len(raws)
    for raw in raws:
        assert (tmp_path / "out" / raw.source).read_bytes() == (raw.data or raw.text.encode())
    for raw in raws[:-2]:
        assert len(document(tmp_path / "c", raw.source).edits) == 2
    for table in ("documents", "duplicates"):
        assert all(len(edits) == 2 for _, edits in with_edits(opened(tmp_path / "c"), table))


def test_verify_finds_a_cluster_in_the_wrong_split(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("corpuspress.publish.splits.split_of", lambda cluster, shares: list(shares)[len(cluster) % 2])
        release(copied(9), tmp_path / "c", tmp_path / "run", recipe=recipe("train 0.5", "test 0.5"))
    assert "clusters stand in their splits: " in faults(tmp_path / "c")[0]


def test_edits_in_another_split_than_their_document_are_found(tmp_path, monkeypatch):
    chosen = shards.chosen

    def swapped(rows, table, splits):
        other = {"train": "test", "test": "train"}
        return chosen(rows, table, [other[split] if table == "edits" else split for split in splits])

    with monkeypatch.context() as patch:
        patch.setattr(shards, "chosen", swapped)
        release(copied(20), tmp_path / "c", tmp_path / "run", recipe=recipe("train 0.5", "test 0.5"))
    assert any("edits of rows that are there" in fault for fault in faults(tmp_path / "c"))
    with pytest.raises(InputError):
        list(with_edits(opened(tmp_path / "c"), "documents"))


@pytest.mark.filterwarnings("ignore")
def test_datasets_loads_each_split(tmp_path):
    import datasets

    datasets.disable_progress_bars()
    release(copied(20), tmp_path / "c", tmp_path / "run")
    release(copied(40), tmp_path / "c", tmp_path / "run", recipe=recipe(*THREE))
    rows = {split: len(found) for split, found in tables(tmp_path / "c" / "2.0.0")["documents"].items()}

    def load(*arguments: object, **options: object):
        return datasets.load_dataset(*map(str, arguments), cache_dir=str(tmp_path / "cache"), **options)

    assert load(tmp_path / "c", split="validation").num_rows == rows["validation"]
    assert {name: split.num_rows for name, split in load(tmp_path / "c", "2.0.0").items()} == rows
    assert list(load(tmp_path / "c" / "2.0.0")) == ["train", "validation", "test"]
    assert load(tmp_path / "c" / "2.0.0", "edits", split="test").num_rows == 4 * rows["test"]
    assert load(tmp_path / "c", "1.0.0", split="train").num_rows == 20
    assert sum(1 for _ in load(tmp_path / "c", split="test", streaming=True)) == rows["test"]


def test_a_build_from_files_keeps_copies_together(tmp_path):
    (tmp_path / "raw").mkdir()
    for n, place in enumerate(PLACES):
        told = [f"In {place} the {one} waited for {other} until dark." for one, other in permutations(WAITING, 2)]
        for copy in range(2):
            text = "\n\n".join([f"A report from {place}", " ".join(told[:9]), " ".join(told[9 : 14 - copy])])
            (tmp_path / "raw" / f"{n + 100 * copy}_{n:08x}{copy:08x}.txt").write_text(f"{text}\n")
    build([tmp_path / "raw"], tmp_path / "c", recipe=recipe("train 0.5", "test 0.5"), workers=1)
    found = tables(tmp_path / "c" / "1.0.0")
    names = {split: {row["id"] for row in rows} for split, rows in found["documents"].items()}
    assert sum(map(len, names.values())) == 12
    assert sum(len(rows) for rows in found["duplicates"].values()) == 12
    for split, rows in found["duplicates"].items():
        assert {row["kept_id"] for row in rows} <= names[split]
    assert faults(tmp_path / "c") == []
