import json
from pathlib import Path

import pytest

from corpuspress.cleaning import repeats, title
from corpuspress.model import split

DATA = json.loads((Path(__file__).parent / "cases" / "repeats.json").read_text(encoding="utf-8"))


def found(text: str) -> dict[str, str]:
    lines, _ = split(text.replace("{prose}", DATA["prose"]))
    return {str(edit.line): edit.rule for edit in repeats.propose(lines, title.titles(lines, 1))}


@pytest.mark.parametrize("case", DATA["cases"], ids=lambda case: case["label"])
def test_case(case):
    assert found(case["text"]) == case["removed"]


def test_each_removal_says_which_line_it_repeats():
    lines, _ = split(
        f"Ferry line to close after ninety years\n\nFerry line to close after ninety years\n{DATA['prose']}"
    )
    [edit] = repeats.propose(lines, [1])
    assert (edit.step, edit.evidence, edit.after) == ("repeats", "same as line 1", None)


def test_texts_of_a_batch_do_not_repeat_one_another():
    text = f"Ferry line to close after ninety years\n{DATA['prose']}"
    lines = split(text, 0)[0] + split(text, 1)[0]
    assert not list(repeats.propose(lines, [1, 1]))
