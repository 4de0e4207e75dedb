import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.cleaning import title
from corpuspress.model import Line, split

MENU = "\\n".join(f"Menu {letter}" for letter in "abcdefghijklmnopqrstuvw")
CASES = json.loads((Path(__file__).parent / "cases" / "title.json").read_text(encoding="utf-8").replace("{menu}", MENU))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_case(case):
    assert title.titles(split(case["text"])[0], 1) == [case["title"]]


def test_a_batch_gives_what_each_text_gives():
    lines = [line for document, case in enumerate(CASES) for line in split(case["text"], document)[0]]
    assert title.titles(lines, len(CASES)) == [case["title"] for case in CASES]


def test_a_title_from_elsewhere_wins():
    lines, _ = split(
        "Harbour news from the coast\nFerry Line  to Close\nThe ferry will stop at the end of the month, they say."
    )
    assert title.titles(lines, 1) == [1]
    assert title.titles(lines, 1, ["ferry line to close"]) == [2]
    assert title.titles(lines, 1, ["something else"]) == [1]
    assert title.titles(lines, 1, [None]) == [1]


def test_documents_without_lines_have_no_title():
    assert title.titles([], 3) == [None, None, None]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("one two", 2),
        ("", 0),
        ("天气预报说", 3),
        ("在 Linux 终端下看星球大战电影", 7),
        ("Привет, город", 2),
        ("naïve café", 2),
    ],
)
def test_words_in_any_script(text, count):
    assert title.words(text) == count


@given(st.text(max_size=40))
def test_words_never_fails(text):
    assert title.words(text) >= 0


def test_long_lines_are_not_remembered():
    class Text(str):
        pass

    short, long = Text("a " * (title.SHORT // 2)), Text("b " * title.SHORT)
    known = sys.getrefcount(short), sys.getrefcount(long)
    assert title.is_prose(short)
    assert title.is_prose(long)
    assert title.words(long) == title.SHORT
    assert sys.getrefcount(short) > known[0]
    assert sys.getrefcount(long) == known[1]


@pytest.mark.parametrize(
    "text",
    [
        *("HTTPS://example.org/a-day-out", "A day out on www.example.org", "Jane Example/AFP", "The harbour via getty"),
        *("The harbour Photo: ", "The harbour. PHOTO Reuters", "(Photo of it", "  by Ann Heron", "[-]"),
        *("A day out 12:30", "The ferry 2020-1"),
    ],
)
def test_what_begins_no_title_or_stands_in_none(text):
    assert title._may_be(text) == (text == "The harbour Photo: ")


@given(st.text("A -–·|｜_: \t", max_size=12))
def test_what_parts_a_title_from_the_site_is_found(text):
    assert bool(title._SITE.search(text)) == bool(title._SIGNED.search(text))


ADDRESSES = [
    "http",
    "HTTPſ",
    "://",
    "W",
    "ww.",
    "/",
    " afp",
    "reuters",
    "PHOTO",
    "v",
    "İa",
    "ia",
    "1",
    "2020",
    ":",
    "-年",
]


@given(st.lists(st.sampled_from(ADDRESSES), max_size=8).map("".join))
def test_what_stands_in_no_title_is_suspect(text):
    assert not title._NO_TITLE.search(text) or title._SUSPECT.search(text)


@pytest.mark.parametrize(
    ("text", "credited"),
    [("a view", False), ("Photo: AP", False), ("pHOTO ap", True), ("vIA  Reuters", True), ("via apt", False)],
)
def test_a_credit_names_an_agency(text, credited):
    assert bool(title._CREDIT.search(text)) == credited


TEXTS = ["", "One more day", "One more day | The Post", "of the harbour " * 9, "Home", "one more day"]


@given(
    st.lists(st.lists(st.sampled_from(TEXTS), max_size=20), min_size=1, max_size=4),
    st.lists(st.sampled_from([None, "", "home", "ONE more day"]), min_size=3, max_size=3),
)
def test_documents_that_begin_alike_have_the_same_title_again(versions, known):
    seen = {}
    for texts in versions:
        lines = [Line(text, number, document) for document in range(3) for number, text in enumerate(texts, 1)]
        assert title.titles(lines, 3, known, seen) == title.titles(lines, 3, known)
