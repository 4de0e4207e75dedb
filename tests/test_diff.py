"""What changed between two releases is told with its cause."""

import json

import pytest
from releases import Raw, key, mixed, release, tale

from corpuspress.errors import VersionError
from corpuspress.publish.diff import diff
from corpuspress.recipe import Publish, Recipe


def two(tmp_path, raws, **options):
    release(mixed(), tmp_path / "c", tmp_path / "run")
    new = release(raws, tmp_path / "c", tmp_path / "run", **options).version
    return diff(tmp_path / "c", "1.0.0", new)


def test_additions(tmp_path):
    found = two(tmp_path, [*mixed(8), Raw("061_00000000000000ab.txt", "?", reason="no-letters")])
    assert found.size == "MINOR"
    assert found.tables["documents"]["added"] == [key(tale(number).source) for number in (6, 7)]
    assert found.tables["rejected"]["added"] == ["061_00000000000000ab.txt"]
    assert not found.tables["documents"]["changed"]


def test_changes_name_the_rule_or_the_source(tmp_path):
    raws = mixed()
    raws[1] = raws[1]._replace(removed=(2, 3, 5))
    raws[2] = raws[2]._replace(text=raws[2].text.replace("late", "early"))
    found = two(tmp_path, raws)
    changed = found.tables["documents"]["changed"]
    assert changed[key(raws[1].source)]["causes"] == ["rule follow-us: 2 -> 3 edits"]
    assert changed[key(raws[2].source)]["causes"] == ["the source was changed"]
    assert [one["line"] for one in changed[key(raws[1].source)]["lines"]] == [2]
    assert "line 2 removed (follow-us): It left 1 minutes late." in found.to_text()
    assert changed[key(raws[2].source)]["lines"] == []
    assert found.rules == {"follow-us": [16, 17]}
    assert f"~ {key(raws[1].source)}: rule follow-us: 2 -> 3 edits" in found.to_text()


def test_a_line_that_was_put_back_is_told(tmp_path):
    raws = mixed()
    raws[1] = raws[1]._replace(removed=(5,))
    raws[0] = raws[0]._replace(removed=())
    text = two(tmp_path, raws).to_text()
    assert "line 5 no longer removed (follow-us): Follow us" in text


def test_removals_say_where_the_row_went(tmp_path):
    raws = mixed()
    raws[1] = raws[1]._replace(kept_id=key(raws[0].source), kind="near")
    raws[2] = raws[2]._replace(reason="not-an-article")
    del raws[3]
    found = two(tmp_path, raws)
    assert found.tables["documents"]["removed"] == {
        key(tale(1).source): f"now a copy (near) of {key(tale(0).source)}",
        key(tale(2).source): "now rejected: not-an-article",
        key(tale(3).source): "gone: no such source any more",
    }
    assert found.size == "MAJOR"


def test_a_recipe_that_changed_is_told(tmp_path):
    found = two(tmp_path, mixed(), recipe=Recipe(publish=Publish(row_group_rows=5)))
    assert found.size == "PATCH"
    assert found.recipe == {"publish.row_group_rows": [10_000, 5]}
    assert "recipe publish.row_group_rows: 10000 -> 5" in found.to_text()


def test_long_lists_are_cut_for_people_and_whole_in_json(tmp_path):
    found = two(tmp_path, mixed(40))
    assert "and 14 more" in found.to_text()
    assert len(json.loads(json.dumps(found.to_dict()))["tables"]["documents"]["added"]) == 34


def test_an_unknown_version_is_told(tmp_path):
    release(mixed(), tmp_path / "c", tmp_path / "run")
    with pytest.raises(VersionError, match=r"1\.0\.0"):
        diff(tmp_path / "c", "1.0.0", "9.0.0")
