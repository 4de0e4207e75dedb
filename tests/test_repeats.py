import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.cleaning import repeats, title
from corpuspress.cleaning.batch import Lines, carried_out
from corpuspress.model import Edit, Line, split

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


def test_documents_that_stand_as_they_did_are_not_searched_again():
    title = "Ferry line to close after ninety years"
    texts = [title, title, *DATA["prose"].split("\n")]
    lines = Lines.of([Line(text, at, number) for number in range(3) for at, text in enumerate(texts, 1)]).begun()
    seen = np.full(3, -1)
    edits = list(repeats.propose(lines, [1, 1, None], seen))
    assert [edit.document for edit in edits] == [0, 1]
    assert not list(repeats.propose(lines, [1, 1, None], seen))
    left = carried_out(lines, edits[:1], [])
    assert [edit.document for edit in repeats.propose(left, [1, 1, 1], seen)] == [2]
    changed = carried_out(lines, [Edit("layout", "spaces", 1, title, title.upper(), document=1)], [])
    assert [edit.document for edit in repeats.propose(changed, [1, 1, 1], seen)] == [0, 1]


def test_equal_in_lower_case_means_equal_in_length_but_for_one_letter():
    assert [chr(code) for code in range(0x110000) if len(chr(code).lower()) != 1] == ["İ"]


def test_lines_that_differ_in_case_and_length_are_repeats():
    body = "İstanbul'da bugün yağmur yağıyor ve herkes evde oturup eski günleri konuşuyor, kimse dışarı çıkmıyor. " * 2
    texts = ["Şehir haberleri bugün", body.strip(), body.strip().replace("İ", "i\u0307"), body.strip()[::-1] + "."]
    lines = [Line(text, number) for number, text in enumerate(texts, 1)]
    assert [edit.line for edit in repeats.propose(lines, [1])] == [3]


def plain_twins(texts: list[str], title: int | None) -> dict[int, int]:
    """The definition of `repeats._twins`, for one document."""
    twins = {}
    for at, key in enumerate(map(str.lower, texts)):
        first = next(place for place, text in enumerate(texts) if text.lower() == key)
        said = "" if title is None else texts[title].lower()
        if title is not None and at > title and len(key) == len(said) and repeats._is_quoted(key, said):
            first = title
        if first != at:
            twins[at] = first
    return twins


SHORT = st.text('aAİi\u0307ΣσςßẞЯя“" ', min_size=1, max_size=3)


@given(st.lists(st.tuples(st.lists(SHORT, min_size=1, max_size=12), st.integers(-12, 11)), max_size=4))
def test_twins_are_those_of_the_plain_definition(documents):
    lines = [Line(text, at, number) for number, (texts, _) in enumerate(documents) for at, text in enumerate(texts)]
    begins = np.cumsum([0, *(len(texts) for texts, _ in documents)]).tolist()
    titles = [title if 0 <= title < len(texts) else None for texts, title in documents]
    title_of = {number: begins[number] + title for number, title in enumerate(titles) if title is not None}
    wanted = {number: plain_twins(texts, titles[number]) for number, (texts, _) in enumerate(documents)}
    moved = {
        number: {at + begins[number]: twin + begins[number] for at, twin in twins.items()}
        for number, twins in wanted.items()
        if twins
    }
    assert repeats._twins(Lines.of(lines), title_of) == moved


PARTS = st.lists(
    st.sampled_from(["a day out ", "A DAY OUT ", "in May ", "| Post", "...", "[…]", "…"]), min_size=1, max_size=6
)


@given(st.lists(st.lists(PARTS.map("".join), min_size=1, max_size=9), max_size=4), st.integers(0, 8))
def test_documents_with_something_at_the_top_are_looked_at(documents, title):
    lines = Lines.of([Line(text, at, number) for number, own in enumerate(documents) for at, text in enumerate(own)])
    topped = repeats._topped(lines, np.flatnonzero(lines.numbers == title))
    assert topped >= {
        number for number, own in enumerate(documents) if repeats._tops(own, title if title < len(own) else None)
    }


@pytest.mark.parametrize("text", ["f(x) = y", "a | b", "  $ ls", "# head", "<b>", "C:\\x"])
def test_code_is_not_counted(text):
    assert repeats._is_code(text)
    assert not repeats._is_code("It costs $5, he said; #1.")


@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["", "."])), max_size=12))
def test_running_text_has_half_of_the_words(made):
    lines = [Line("a" + " ab" * (count - 1) + end) for count, end in made]
    words = [(title.words(line.text), title.is_prose(line.text)) for line in lines]
    prose = sum(count for count, running in words if running)
    assert repeats._is_prose(lines) == (2 * prose >= sum(count for count, _ in words))
