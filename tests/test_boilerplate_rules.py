"""What the rules do by themselves, without the line model's say."""

import json
from pathlib import Path

import pytest

from corpuspress.cleaning import boilerplate, title
from corpuspress.model import apply, split, text_of
from corpuspress.recipe import Boilerplate

DATA = json.loads((Path(__file__).parent / "cases" / "boilerplate.json").read_text(encoding="utf-8"))
SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
ALONE = Boilerplate(model=False)


def written(text: str) -> str:
    return text.format(**{name: DATA[name] for name in ("title", "p", "q", "s")})


def proposed(text: str, recipe: Boilerplate = ALONE) -> boilerplate.Proposal:
    lines = split(text)[0]
    return boilerplate.propose(lines, 1, recipe, None, title.titles(lines, 1))


def removed(text: str) -> dict[str, str]:
    return {str(edit.line): edit.rule for edit in proposed(written(text)).edits if edit.after is None}


@pytest.mark.parametrize("case", DATA["wild"], ids=lambda case: case["label"])
def test_in_the_wild(case):
    assert removed(case["text"]) == case["removed"]


@pytest.mark.parametrize("case", [case for case in DATA["wild"] if "facts" in case], ids=lambda case: case["label"])
def test_facts_of_removed_lines_are_kept(case):
    [facts] = proposed(written(case["text"])).facts
    assert {name: values[0] for name, values in facts.items()}.items() >= case["facts"].items()


@pytest.mark.parametrize("case", DATA["cuts"], ids=lambda case: case["label"])
def test_cut_inside_a_line(case):
    text = written("{title}\n" + case["text"] + "\n{q}\n{s}")
    result = text_of(apply(split(text)[0], proposed(text).edits))
    assert result == written("{title}\n" + case["after"] + "\n{q}\n{s}")


@pytest.mark.parametrize("line", DATA["negative"])
def test_lines_that_stay(line):
    for text in (
        f"{{title}}\n{line}\n{{p}}\n{{q}}",
        f"{{title}}\n{{p}}\n{line}\n{{q}}",
        f"{{title}}\n{{p}}\n{{q}}\n{line}",
    ):
        assert not proposed(written(text)).edits, line


@pytest.mark.parametrize("case", DATA["known_failures"], ids=lambda case: case["label"])
@pytest.mark.xfail(strict=True, reason="known failure of the rules alone")
def test_known_failures(case):
    assert removed(case["text"]).keys() == case["removed"].keys()


def test_a_rule_that_the_recipe_leaves_out_does_not_act():
    text = written("{title}\n{p}\n{q}\nLeave a Reply")
    assert proposed(text).edits
    assert not proposed(text, Boilerplate(model=False, without=("reply-form",))).edits


def test_the_title_stays_when_no_strong_rule_names_it():
    assert not proposed(written("WATCH: A ferry leaves the harbour at dawn\n{p}\n{q}\n{s}")).edits


def test_what_a_strong_rule_names_is_no_title():
    gone = proposed(written("Related Articles\n{p}\n{q}\n{s}")).edits
    assert [edit.before for edit in gone] == ["Related Articles"]


def test_rules_never_add_a_word():
    for case in (*DATA["wild"], *DATA["cuts"]):
        for edit in proposed(written(case["text"])).edits:
            assert edit.after is None or edit.after in edit.before
            assert edit.evidence


CERTAIN = {
    0: ["End of Article", "FOLLOW US ON SOCIAL MEDIA"],
    1: ["Leave a Reply", "Your email address"],
    3: ["READ NEXT", "READ MORE", "©", "Join the Conversation", "Real Time Analytics"],
}
"""How the nine certain lines of the seeds begin, by the number of the file."""


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the five seeds are not here")
@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.stem[:3])
def test_seeds(path):
    text = path.read_text(encoding="utf-8")
    edits = proposed(text).edits
    gone = [edit.before for edit in edits if edit.after is None]
    certain = [line for line in gone if line.startswith(tuple(CERTAIN.get(int(path.name[:3]), ["\0"])))]
    assert len(certain) == len(CERTAIN.get(int(path.name[:3]), []))
    assert all(len(line) < 150 for line in gone)
    assert len(gone) - len(certain) <= 4
