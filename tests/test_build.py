"""The whole way: folders in, releases out."""

import errno
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from corpuspress.building import Work, build
from corpuspress.engine import Serial
from corpuspress.errors import (
    DriftError,
    GateError,
    InputError,
    RecipeError,
    StorageError,
    VersionError,
)
from corpuspress.recipe import Recipe

ROOT = Path(__file__).parents[1]
RAW = ROOT / "examples" / "raw"
WHO = ["The ferryman", "A baker", "The old judge", "My neighbour", "The choir", "A goat", "The mayor", "Her cousin"]
DID = [
    "bought",
    "painted",
    "forgot",
    "sold",
    "found",
    "carried",
    "hid",
    "praised",
    "measured",
    "washed",
    "lost",
    "drew",
]
WHAT = ["a ladder", "the red boat", "two clocks", "a letter", "the bridge", "an oven", "nine hats", "the map", "a bell"]
WHERE = ["behind the mill", "in the harbour", "near the station", "under a tree", "on the hill", "across the river"]


def name(number: int) -> str:
    return f"{number:03d}_{number * 2654435761 % 2**64:016x}.txt"


def story(number: int) -> str:
    """A text that no other number shares much with: names of its own in every sentence."""
    chance = random.Random(number)
    parts = [
        " ".join(
            f"{chance.choice(WHO)} {chance.choice(DID)} {chance.choice(WHAT)} {chance.choice(WHERE)} of Ash{number} "
            f"in {chance.randrange(1700, 2000)}."
            for _ in range(4)
        )
        for _ in range(5)
    ]
    return f"What happened in Ash{number} this week\n\n" + "\n\n".join(parts) + "\n"


def raw(folder: Path, count: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / name(number)).write_text(story(number))
    return folder


def rows(corpus: Path, version: str, table: str = "data") -> list[dict]:
    files = sorted((corpus / version / table).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".parts" not in path.parts
    }


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "corpuspress", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_seeds_come_out_clean(seeds, tmp_path):
    build([seeds], tmp_path / "corpus")
    documents = rows(tmp_path / "corpus", "1.0.0")
    assert [row["provenance"] for row in documents] == [path.stem.split("_")[1] for path in sorted(seeds.iterdir())]
    furniture = (
        *("End of Article", "FOLLOW US", "Leave a Reply", "Your email address", "READ NEXT", "READ MORE"),
        *("©", "Join the Conversation", "Real Time Analytics"),
    )
    facts = ("By ", "May 16, 2024", "TOPSHOT", "(Photo")
    for path, row in zip(sorted(seeds.iterdir()), documents, strict=True):
        source = [" ".join(line.split()) for line in path.read_text().splitlines() if line.strip()]
        kept = row["text"].split("\n")
        assert not [line for line in kept if line.startswith(furniture)]
        lost = [line for line in source if line not in kept and not line.startswith((*furniture, *facts))]
        captions = [line for line in lost if "(AFP photo)" in line or line.endswith("October 18, 2023.")]
        assert lost == captions
    assert documents[0]["text"].count(documents[0]["title"]) == 1
    assert documents[3]["byline"] == "Jace Dela Cruz"
    assert str(documents[3]["published"]) == "2024-05-16"
    assert documents[3]["rights"]


def test_samples_end_in_the_table_where_they_belong(tmp_path):
    build([RAW], tmp_path, recipe=Recipe.from_toml(ROOT / "examples" / "corpus.toml"))
    reasons = {row["source"]: row["reason"] for row in rows(tmp_path, "1.0.0", "rejected")}
    assert reasons.pop("notes on the samples.txt") == "bad-name"
    assert sorted(reasons.values()) == ["binary", "empty", "not-an-article"]
    kinds = {row["id"][:3]: row["kind"] for row in rows(tmp_path, "1.0.0", "duplicates")}
    assert kinds == {"002": "near", "003": "exact"}
    assert len(rows(tmp_path, "1.0.0")) == 13 - 1


def test_same_bytes_from_any_path_worker_count_locale_time_zone_and_hash_seed(tmp_path):
    first = raw(tmp_path / "here" / "raw", 400)
    second = tmp_path / "there" / "a longer path" / "raw"
    shutil.copytree(first, second)
    one = run("build", first, "--out", tmp_path / "one" / "c", "--workers", 1, LC_ALL="C", TZ="UTC", PYTHONHASHSEED="1")
    two = run(
        *("build", second, "--out", tmp_path / "two" / "c", "--workers", 2),
        **{"LC_ALL": "C.UTF-8", "TZ": "Asia/Kolkata", "PYTHONHASHSEED": "2"},
    )
    assert one.returncode == two.returncode == 0, one.stderr + two.stderr
    assert files(tmp_path / "one" / "c") == files(tmp_path / "two" / "c")


def test_the_same_content_again_is_a_success_that_writes_nothing(tmp_path):
    folder = raw(tmp_path / "raw")
    assert build([folder], tmp_path / "c").version == "1.0.0"
    before = files(tmp_path / "c")
    assert not build([folder], tmp_path / "c").published
    assert files(tmp_path / "c") == before


def test_versions_tell_the_size_of_a_change(tmp_path):
    folder = raw(tmp_path / "raw")
    build([folder], tmp_path / "c")
    raw(folder, 4)
    assert build([folder], tmp_path / "c").version == "1.1.0"
    (folder / name(0)).write_text(story(77))
    with pytest.raises(VersionError, match=r"2\.0\.0"):
        build([folder], tmp_path / "c", version="1.2.0")
    assert build([folder], tmp_path / "c").version == "2.0.0"
    first, second = ({row["text"] for row in rows(tmp_path / "c", version)} for version in ("1.0.0", "1.1.0"))
    assert first < second


def test_check_and_dry_run_publish_nothing(tmp_path):
    folder = raw(tmp_path / "raw")
    assert not build([folder], tmp_path / "c", dry_run=True).published
    assert not (tmp_path / "c").exists()
    build([folder], tmp_path / "c")
    before = files(tmp_path / "c")
    build([folder], tmp_path / "c", check=True)
    raw(folder, 4)
    with pytest.raises(DriftError):
        build([folder], tmp_path / "c", check=True)
    assert files(tmp_path / "c") == before


def test_a_gate_stops_a_release(tmp_path):
    folder = raw(tmp_path / "raw")
    with pytest.raises(GateError, match="min_documents"):
        build([folder], tmp_path / "c", recipe=Recipe.from_dict({"gates": {"min_documents": 10}}))
    assert not (tmp_path / "c" / "latest.json").exists()


def test_bad_calls_say_what_is_wrong(tmp_path):
    folder = raw(tmp_path / "raw")
    with pytest.raises(InputError, match="nothing there"):
        build([tmp_path / "none"], tmp_path / "c")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no files"):
        build([tmp_path / "empty"], tmp_path / "c")
    with pytest.raises(VersionError, match="MAJOR"):
        build([folder], tmp_path / "c", version="one")
    with pytest.raises(RecipeError, match="reply-form"):
        build([folder], tmp_path / "c", recipe=Recipe.from_dict({"boilerplate": {"without": ["reply-from"]}}))


def test_a_source_that_vanishes_during_the_build_is_rejected(tmp_path, monkeypatch):
    from corpuspress import read

    folder = raw(tmp_path / "raw")
    load = read.load

    def vanish(*arguments):
        (folder / name(1)).unlink(missing_ok=True)
        return load(*arguments)

    monkeypatch.setattr(read, "load", vanish)
    build([folder], tmp_path / "c", workers=1)
    assert [row["reason"] for row in rows(tmp_path / "c", "1.0.0", "rejected")] == ["unreadable"]


def test_a_full_disk_leaves_the_last_release_whole(tmp_path, monkeypatch):
    folder = raw(tmp_path / "raw")
    build([folder], tmp_path / "c")
    before = files(tmp_path / "c")
    raw(folder, 4)
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(StorageError, match=r"(?i)space"):
        build([folder], tmp_path / "c")
    monkeypatch.undo()
    assert files(tmp_path / "c") == before
    assert build([folder], tmp_path / "c").version == "1.1.0"
    assert not [path for path in (tmp_path / "c").iterdir() if path.name.startswith(".") and path.name != ".parts"]


def _full(_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_one_hash_on_two_files_with_other_bytes_is_kept_and_reported(tmp_path):
    folder = raw(tmp_path / "raw")
    digest = name(0).split("_")[1]
    (folder / f"900_{digest}").write_text(story(99))
    result = build([folder], tmp_path / "c")
    assert len(rows(tmp_path / "c", "1.0.0")) == 4
    assert digest.removesuffix(".txt") in json.dumps(result.report)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_source_is_rejected(tmp_path):
    folder = raw(tmp_path / "raw")
    (folder / name(1)).chmod(0)
    build([folder], tmp_path / "c")
    assert [row["reason"] for row in rows(tmp_path / "c", "1.0.0", "rejected")] == ["unreadable"]


def test_passages_are_reported_and_go_only_when_asked(tmp_path):
    folder = raw(tmp_path / "raw", 6)
    passage = "The river rises every spring, and every spring the same three boats are tied to the same three trees."
    for path in folder.iterdir():
        path.write_text(path.read_text() + f"\n{passage}\n\nIn {path.name[:3]} nobody was surprised by any of this.\n")
    result = build([folder], tmp_path / "kept")
    assert result.report["passages"] == [{"documents": 6, "id": name(0)[:-4], "text": passage}]
    assert all(passage in row["text"] for row in rows(tmp_path / "kept", "1.0.0"))
    build([folder], tmp_path / "gone", recipe=Recipe.from_dict({"boilerplate": {"passages": 5}}))
    assert not any(passage in row["text"] for row in rows(tmp_path / "gone", "1.0.0"))
    edits = [row for row in rows(tmp_path / "gone", "1.0.0", "edits") if row["rule"] == "passage"]
    assert [row["evidence"] for row in edits] == ["in 6 sources"] * 6


def test_languages_by_share_come_when_asked(tmp_path):
    folder = raw(tmp_path / "raw")
    build([folder], tmp_path / "c", recipe=Recipe.from_dict({"language": {"shares": True}}))
    assert {tuple(row["languages"]) for row in rows(tmp_path / "c", "1.0.0")} == {("en 1.00",)}


def test_other_languages_are_set_aside_with_their_text(tmp_path):
    folder = raw(tmp_path / "raw")
    build(
        [folder, ROOT / "examples" / "raw" / "de"],
        tmp_path / "c",
        recipe=Recipe.from_dict({"language": {"keep": ["en"]}}),
    )
    rejected = rows(tmp_path / "c", "1.0.0", "rejected")
    assert [row["reason"] for row in rejected] == ["language"]
    assert rejected[0]["text"].endswith("Kommentar schreiben\n")


def test_a_second_build_does_only_what_is_new(tmp_path, monkeypatch):
    from corpuspress import press

    folder = raw(tmp_path / "raw", 700)
    build([folder], tmp_path / "c", workers=1)
    (folder / name(5)).write_text(story(4711))
    done = []
    work = press._press
    monkeypatch.setattr(press, "_press", lambda *arguments: done.append(1) or work(*arguments))
    build([folder], tmp_path / "c", workers=1)
    assert len(done) == 1


def test_the_largest_tasks_are_begun_first_and_all_end_in_their_order():
    begun = []
    found = Work(Serial(), progress=False).map(
        "trying", lambda task: begun.append(task) or task * 2, "abcd", [2, 9, 1, 9]
    )
    assert begun == ["b", "d", "a", "c"]
    assert found == ["aa", "bb", "cc", "dd"]


def test_the_corpus_is_no_source_of_itself(tmp_path):
    folder = raw(tmp_path / "raw")
    assert build([folder], folder / "corpus").version == "1.0.0"
    assert not build([folder], folder / "corpus").published
    assert rows(folder / "corpus", "1.0.0", "rejected") == []
    with pytest.raises(InputError, match="outside the corpus"):
        build([folder], folder)
    with pytest.raises(InputError, match="empty name"):
        build([""], tmp_path / "c")


def test_an_input_given_twice_counts_once(tmp_path):
    folder = raw(tmp_path / "raw")
    build([folder, f"{folder}/"], tmp_path / "c")
    assert len(rows(tmp_path / "c", "1.0.0")) == 3
    assert rows(tmp_path / "c", "1.0.0", "rejected") == []


def test_a_build_that_cannot_begin_leaves_nothing_behind(tmp_path):
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "none", tmp_path / "empty"):
        with pytest.raises(InputError):
            build([wrong], tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_what_could_not_be_read_has_no_digest(tmp_path):
    folder = raw(tmp_path / "raw")
    (folder / "008_00000000deadbeef.txt").symlink_to(tmp_path / "nowhere")
    build([folder], tmp_path / "c")
    row = rows(tmp_path / "c", "1.0.0", "rejected")[0]
    assert (row["reason"], row["source_sha256"]) == ("unreadable", None)
    assert "deadbeef" not in (tmp_path / "c" / "1.0.0" / "inputs.sha256").read_text()


def test_a_site_that_is_no_text_is_no_site(tmp_path):
    folder = raw(tmp_path / "raw")
    (tmp_path / "s.jsonl").write_text(json.dumps({"provenance": name(0).split("_")[1][:-4], "site": 5}) + "\n")
    build([folder], tmp_path / "c", sources=tmp_path / "s.jsonl")
    assert rows(tmp_path / "c", "1.0.0")[0]["site"] == 5


def test_a_published_document_stays_the_keeper_unless_the_recipe_says_otherwise(tmp_path):
    folder = raw(tmp_path / "raw")
    build([folder], tmp_path / "c")
    (folder / name(900)).write_text(story(1) + "\nAnd a longer ending, which nobody had printed before this week.\n")
    build([folder], tmp_path / "c")
    assert [row["kept_id"] for row in rows(tmp_path / "c", "1.1.0", "duplicates")] == [name(1)[:-4]]
    build([folder], tmp_path / "c", recipe=Recipe.from_dict({"deduplicate": {"keep_published": False}}))
    assert [row["kept_id"] for row in rows(tmp_path / "c", "2.0.0", "duplicates")] == [name(900)[:-4]]


def test_a_line_of_fifty_megabytes_is_set_aside_unread(tmp_path):
    folder = raw(tmp_path / "raw")
    with (folder / name(901)).open("wb") as file:
        for _ in range(50):
            file.write(b"word " * 200_000)
    build([folder], tmp_path / "c")
    row = rows(tmp_path / "c", "1.0.0", "rejected")[0]
    assert (row["reason"], row["text"], row["data"]) == ("too-large", None, None)
    assert "read.max_bytes" in row["detail"]
