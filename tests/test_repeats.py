import json
from pathlib import Path

import pytest

from corpuspress.cleaning import repeats, title
from corpuspress.model import Line, split

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


def test_equal_in_lower_case_means_equal_in_length_but_for_one_letter():
    assert [chr(code) for code in range(0x110000) if len(chr(code).lower()) != 1] == ["İ"]


def test_lines_that_differ_in_case_and_length_are_repeats():
    body = "İstanbul'da bugün yağmur yağıyor ve herkes evde oturup eski günleri konuşuyor, kimse dışarı çıkmıyor. " * 2
    texts = ["Şehir haberleri bugün", body.strip(), body.strip().replace("İ", "i\u0307"), body.strip()[::-1] + "."]
    lines = [Line(text, number) for number, text in enumerate(texts, 1)]
    assert [edit.line for edit in repeats.propose(lines, [1])] == [3]
