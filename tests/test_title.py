import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
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


@settings(deadline=None)
@given(st.text(max_size=40))
def test_words_never_fails(text):
    assert title.words(text) >= 0


def test_long_lines_are_not_remembered():
    class Text(str):
        pass

    short, long = Text("a " * (title.SHORT // 2)), Text("b " * title.SHORT)
    known = sys.getrefcount(short), sys.getrefcount(long)
    title.titles([Line(short, 1), Line(long, 2)], 1)
    assert title.words(long) == title.SHORT
    assert title.is_prose(long)
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


def test_what_parts_a_title_from_the_site_has_a_sign():
    for text in ("A day out - The Post", "A day out|The Post", "A day out_The Post", "A day out · P", "一天｜报"):
        assert title._SITE.search(text)
        assert title._SIGN.search(text)
