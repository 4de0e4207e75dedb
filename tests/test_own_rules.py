"""Rule tables of the user's own, named in a recipe."""

import json
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_build import files, raw, rows, story
from test_clean import FURNITURE, PROSE
from test_cli import call

from corpuspress import clean, clean_batch
from corpuspress.building import build, verify
from corpuspress.cleaning import boilerplate, rules
from corpuspress.errors import RecipeError
from corpuspress.model import replay, restore, split
from corpuspress.recipe import Boilerplate, Layout, Recipe, Repair, RuleTable
from corpuspress.suggesting import suggest

TABLE = r"""
[[rule]]
name = "harbour-bell"
family = "navigation"
reason = "The line under every story of the Harbour Post."
pattern = '(?i)ring the harbour bell(?: \d+ times)?'
removes = ["Ring the harbour bell", "Ring the harbour bell 12 times"]
keeps = ["Ring the harbour bell, the note said, and run."]

[[rule]]
name = "harbour-hand"
family = "byline"
reason = "Who wrote down a story of the Harbour Post."
match = "end"
fact = "byline"
pattern = '\(taken down by (?P<fact>[^()]+)\)'
removes = ["(taken down by A. Heron)"]
keeps = ["The words were taken down by a heron."]
"""
BELL = "Ring the harbour bell 3 times"
SECOND = PROSE[2] + " (taken down by A. Heron)"
TEXT = "\n".join([PROSE[0], SECOND, PROSE[3], BELL])
OWN = Recipe(boilerplate=Boilerplate(rules=(RuleTable(TABLE),)))


@pytest.fixture
def recipe(tmp_path):
    """The path of a recipe that names a table beside it."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "post.toml").write_text(TABLE)
    (tmp_path / "corpus.toml").write_text('[boilerplate]\nrules = ["own/post.toml"]\n')
    return tmp_path / "corpus.toml"


def faults(table: str) -> str:
    with pytest.raises(RecipeError) as caught:
        rules.of((RuleTable(table, "own/post.toml"),))
    return str(caught.value)


def test_a_rule_of_ones_own_acts_as_any_other():
    assert clean(TEXT).text == TEXT
    found = clean(TEXT, OWN)
    assert found.text.split("\n") == [PROSE[0], PROSE[2], PROSE[3]]
    assert {edit.rule for edit in found.edits} == {"harbour-bell", "harbour-hand"}
    assert "The line under every story of the Harbour Post." in {edit.evidence for edit in found.edits}
    assert found.facts["byline"] == ("A. Heron",)
    source, _ = split(TEXT)
    assert replay(source, found.edits) == found.text
    assert restore(found.text, found.edits) == source
    assert clean_batch({"text": [TEXT, None]}, OWN)["text"] == [found.text, None]
    assert clean(found.text, OWN).text == found.text


def test_it_can_be_switched_off_and_its_lines_stay():
    off = Recipe(boilerplate=Boilerplate(rules=(RuleTable(TABLE),), without=("harbour-bell", "harbour-hand")))
    assert clean(TEXT, off).text == TEXT
    kept = "Ring the harbour bell, the note said, and run."
    assert kept in clean(f"{PROSE[0]}\n{kept}\n{PROSE[2]}", OWN).text


@settings(max_examples=40)
@given(st.lists(st.sampled_from([*PROSE, *FURNITURE]), max_size=20))
def test_a_rule_that_hits_nothing_changes_nothing(lines):
    assert clean("\n".join(lines), OWN) == clean("\n".join(lines))


def test_paths_start_at_the_recipe_or_where_one_stands(recipe, tmp_path, monkeypatch):
    found = Recipe.from_toml(recipe)
    assert found == OWN
    monkeypatch.chdir(tmp_path / "own")
    assert Recipe.from_toml(recipe) == found
    assert Recipe.from_dict({"boilerplate": {"rules": ["post.toml"]}}) == found


def test_what_a_recipe_holds_is_the_text_and_not_the_path():
    assert OWN.to_dict()["boilerplate"]["rules"] == [TABLE]
    named = RuleTable(TABLE, "somewhere/else.toml")
    assert Recipe.from_dict(json.loads(json.dumps(OWN.to_dict()))) == OWN
    assert Recipe(boilerplate=Boilerplate(rules=(named,))) == pickle.loads(pickle.dumps(OWN))


def test_a_table_that_cannot_be_read_is_named_with_all_other_faults(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(RecipeError) as caught:
        Recipe.from_dict({"boilerplate": {"rules": ["none.toml", "latin.toml"], "modell": True}}, folder=tmp_path)
    assert all(part in str(caught.value) for part in ("none.toml", "latin.toml", "`modell`"))
    for value in ("post.toml", [1]):
        with pytest.raises(RecipeError, match="must be a list of paths"):
            Recipe.from_dict({"boilerplate": {"rules": value}})


def test_a_path_with_a_backslash_read_as_a_line_break_is_no_table(tmp_path):
    (tmp_path / "corpus.toml").write_text('[boilerplate]\nrules = ["own\\new.toml"]\n')
    with pytest.raises(RecipeError) as caught:
        Recipe.from_toml(tmp_path / "corpus.toml")
    assert r"'own\new.toml' (TOML reads a backslash only in single quotes as one)" in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing yet", "rule = []", "\n\n[[ rule ]]\n", TABLE])
def test_what_a_table_says_stands_for_its_path(tmp_path, text):
    (tmp_path / "post.toml").write_text(text)
    found = Recipe.from_dict({"boilerplate": {"rules": ["post.toml"]}}, folder=tmp_path)
    assert Recipe.from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("family =", "famly =", "unknown key `famly` (did you mean `family`?)"),
        ('removes = ["(taken down by A. Heron)"]', "", "`removes` must be a list of at least one line"),
        ("removes = [", "removes = 3 # [", "`removes` must be a list of at least one line"),
        ("bell, the note said, and run.", "bell", "does not keep 'Ring the harbour bell'"),
        ("12 times", "twelve times", "does not remove 'Ring the harbour bell twelve times'"),
        ("harbour-bell", "reply-form", "choose another, and name the package's under `boilerplate.without`"),
        ("harbour-bell", "harbour-hand", "rule `harbour-hand` stands there twice"),
        ("(?i)ring", "(?<=a)ring", "RE2 cannot read the pattern"),
        ("(?i)ring", "(ring", "Python cannot read the pattern"),
        ("bell(?:", "bell{99999999999}(?:", "Python cannot read the pattern"),
        ("[[rule]]", "[rule]", "post.toml"),
        ("[[rule]]", "rule = 3 #", "post.toml"),
        ("[[rule]]", "[[rules]]", "unknown table `rules`"),
    ],
)
def test_an_unsound_table_is_refused_by_name(old, new, told):
    found = faults(TABLE.replace(old, new, 1))
    assert "own/post.toml" in found
    assert told in found


def test_a_table_that_holds_no_list_of_rules_is_refused():
    assert "each rule must begin with [[rule]]" in faults("rule = 3\n")
    assert "each rule must begin with [[rule]]" in faults('[rule]\nname = "a"\n')


def test_all_faults_are_told_together():
    found = faults(TABLE.replace("reason", "raison", 1).replace("(taken down by A. Heron)", "(by A. Heron)"))
    assert all(part in found for part in ("`raison`", "`reason` is missing", "does not remove '(by A. Heron)'"))


def test_unknown_names_are_compared_with_ones_own_too(tmp_path):
    recipe = Recipe(boilerplate=Boilerplate(rules=(RuleTable(TABLE),), without=("harbour-bel",)))
    with pytest.raises(RecipeError, match="did you mean `harbour-bell`"):
        build([raw(tmp_path / "raw", 1)], tmp_path / "c", recipe=recipe)


def test_a_build_with_an_unsound_table_does_nothing(tmp_path):
    recipe = Recipe(boilerplate=Boilerplate(rules=(RuleTable(TABLE.replace("reason", "raison")),)))
    for run in (build, suggest):
        with pytest.raises(RecipeError, match="raison"):
            run([raw(tmp_path / "raw", 1)], *([tmp_path / "c"] if run is build else []), recipe=recipe)
    assert not (tmp_path / "c").exists()


def with_bells(folder, count):
    raw(folder, count)
    for path in folder.iterdir():
        path.write_text(path.read_text() + BELL + "\n")
    return folder


def test_a_release_can_be_built_again_from_its_manifest_alone(recipe, tmp_path):
    folder = with_bells(tmp_path / "raw", 3)
    build([folder], tmp_path / "one", recipe=Recipe.from_toml(recipe))
    manifest = json.loads((tmp_path / "one" / "1.0.0" / "manifest.json").read_text())
    assert manifest["recipe"]["boilerplate"]["rules"] == [TABLE]
    assert "post.toml" not in json.dumps(manifest)
    (tmp_path / "own" / "post.toml").unlink()
    build([folder], tmp_path / "two", recipe=Recipe.from_dict(manifest["recipe"]))
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert not [row for row in rows(tmp_path / "one", "1.0.0") if BELL in row["text"]]
    assert not verify(tmp_path / "one", deep=True).faults
    shown = call("explain", tmp_path / "one", rows(tmp_path / "one", "1.0.0")[0]["id"]).output
    assert f"- {BELL}" in shown
    assert "harbour-bell" in shown


def test_other_content_gives_another_release_and_another_name_does_not(recipe, tmp_path):
    folder = with_bells(tmp_path / "raw", 2)
    out = tmp_path / "corpus"
    build([folder], out, recipe=Recipe.from_toml(recipe))
    parts = {path.name for path in out.glob(".parts/??/*.arrow")}
    named = Recipe(boilerplate=Boilerplate(rules=(RuleTable(TABLE, "elsewhere/other.toml"),)))
    assert build([folder], out, recipe=named).version == "1.0.0"
    assert {path.name for path in out.glob(".parts/??/*.arrow")} == parts
    (tmp_path / "own" / "post.toml").write_text(TABLE.replace("bell(", "gong(").replace("harbour bell", "harbour gong"))
    assert build([folder], out, recipe=Recipe.from_toml(recipe)).version == "2.0.0"
    assert not {path.name for path in out.glob(".parts/??/*.arrow")} & parts
    assert all(BELL in row["text"] for row in rows(out, "2.0.0"))


def test_a_release_without_tables_says_nothing_of_them(tmp_path):
    build([raw(tmp_path / "raw", 1)], tmp_path / "c")
    manifest = json.loads((tmp_path / "c" / "1.0.0" / "manifest.json").read_text())
    assert "rules" not in manifest["recipe"]["boilerplate"]
    assert Recipe.from_dict(manifest["recipe"]) == Recipe()


def test_workers_know_the_tables(recipe, tmp_path):
    folder = with_bells(tmp_path / "raw", 400)
    build([folder], tmp_path / "one", recipe=Recipe.from_toml(recipe), workers=2)
    build([folder], tmp_path / "two", recipe=OWN, workers=1)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert {row["rule"] for row in rows(tmp_path / "one", "1.0.0", "edits")} >= {"harbour-bell"}


def test_the_command_line_knows_them(recipe, tmp_path):
    done = call("clean", "--recipe", recipe, input=TEXT)
    assert done.output.rstrip().endswith(PROSE[3])
    done = call("clean", "--recipe", recipe, "--jsonl", input=json.dumps({"id": 1, "text": TEXT}) + "\n")
    assert "harbour-bell" in {edit["rule"] for edit in json.loads(done.output)["edits"]}
    assert "harbour-bell" in call("rules", "--recipe", recipe).output
    assert "harbour-bell" not in call("rules").output
    (tmp_path / "own" / "post.toml").write_text(TABLE.replace("reason", "raison"))
    for command in (["clean", "--recipe", recipe], ["rules", "--recipe", recipe]):
        done = call(*command, input=TEXT)
        assert done.exit_code == 2
        assert "own/post.toml" in done.stderr
        assert "raison" in done.stderr


def test_suggestions_can_be_saved_and_named_and_are_known_then(tmp_path):
    folder = raw(tmp_path / "raw", 5)
    lines = ["Our other boats", "Our other boats!", "Leave reply form", "আরও ৫টি নৌকা", "And so on, " * 25]
    for number, path in enumerate(sorted(folder.iterdir())):
        path.write_text("\n".join([story(number), *lines, ""]))
    done = call("suggest", folder, "--workers", 1)
    assert done.output.startswith("#")
    assert 'rules = ["own.toml"]' in done.output
    (tmp_path / "own.toml").write_text(done.output)
    (tmp_path / "corpus.toml").write_text('[boilerplate]\nrules = ["own.toml"]\n')
    recipe = Recipe.from_toml(tmp_path / "corpus.toml")
    own = rules.of(recipe.boilerplate.rules).rules[len(rules.load()) :]
    assert {text for rule in own for text in rule.removes} >= {"Our other boats", "আরও ৫টি নৌকা"}
    assert call("suggest", folder, "--workers", 1, "--recipe", tmp_path / "corpus.toml").output.startswith("# No line")


def test_proposals_name_the_rule():
    lines = split(TEXT)[0]
    assert "harbour-bell" in {edit.rule for edit in boilerplate.propose(lines, 1, OWN.boilerplate).edits}


@pytest.mark.parametrize("name", ["line-model", "inside-line", "recurring-line", "title-repeat", "spaces", "normalize"])
def test_names_of_the_engine_itself_are_taken(name):
    assert f"own/post.toml: `{name}`: edits that no rule made" in faults(TABLE.replace("harbour-bell", name))


def test_every_name_that_the_source_gives_an_edit_is_known():
    names = set()
    for path in Path(rules.__file__).parents[1].rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "Edit(" in text and path.name not in ("explain.py", "rules.py"):
            names |= set(re.findall(r'Edit\("\w+", "([\w-]+)"', text))
            names |= set(re.findall(r'"([a-z]+-(?:repeat|model|line|byte|character|encoding|text))"', text))
    assert {"spaces", "line-model", "title-repeat", "stray-byte", "blank-line", "inside-line"} <= names
    assert names <= rules.ENGINE
    spoilt = "\x1b[1mâ€œOldâ€\x9d  ﬁsh &amp; chips\x1b[0m\x01\n\n\n\n caf\xc3\xa9 \u200b\x85 e\u0301 a"
    recipe = Recipe(repair=Repair(fix_character_width=True, uncurl_quotes=True), layout=Layout(join_wrapped=True))
    for part in (spoilt, *spoilt.split(" "), "ＡＢＣ", "“a”", "\ud83d\ude00", "a\x85b"):
        assert {edit.rule for edit in clean(part, recipe).edits} <= rules.ENGINE


def test_a_table_is_named_as_it_was_written():
    table = RuleTable(TABLE, "x/own.txt")
    with pytest.raises(RecipeError) as caught:
        rules.of((table, RuleTable(TABLE + "\n")))
    assert "table 2: rule `harbour-bell` stands there twice" in str(caught.value)
    with pytest.raises(RecipeError) as caught:
        rules.of((RuleTable(TABLE + "\n\n"), table))
    assert "x/own.txt: rule `harbour-bell` stands there twice" in str(caught.value)
