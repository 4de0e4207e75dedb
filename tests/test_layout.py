import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.cleaning import layout
from corpuspress.model import Line, apply, split, text_of
from corpuspress.recipe import Layout

CASES = json.loads((Path(__file__).parent / "cases" / "layout.json").read_text(encoding="utf-8"))
SPACE = st.text(st.sampled_from("ab \t\xa0\u2003\u3000\u200b\xad\u200e\u05d0字ก"), max_size=12)


def laid_out(text: str) -> str:
    lines = [Line(text)]
    return text_of(apply(lines, layout.spaces(lines)))


def without_blanks(text: str, **options: int) -> str:
    lines, _ = split(text)
    return text_of(apply(lines, layout.blank(lines, Layout(**options))))


def unwrapped(text: str) -> str:
    lines, _ = split(text)
    return text_of(apply(lines, layout.wrapped(lines, Layout(join_wrapped=True))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_case(case):
    assert laid_out(case["text"]) == case["neat"]


@given(SPACE)
def test_spaces_are_idempotent(text):
    assert laid_out(laid_out(text)) == laid_out(text)


@given(SPACE)
def test_no_letter_is_lost(text):
    def letters(text: str) -> list[str]:
        return [character for character in text if character.isalpha()]

    assert letters(laid_out(text)) == letters(text)


def test_what_was_dropped_is_named():
    [invisible, spaces] = layout.spaces([Line("\u200ba\xad  b", 4, 2)])
    assert (invisible.rule, invisible.evidence) == ("invisible", "dropped U+00AD, U+200B")
    assert (spaces.rule, spaces.before, spaces.after, spaces.line, spaces.document) == ("spaces", "a  b", "a b", 4, 2)


def test_a_lone_surrogate_does_not_stop_it():
    assert laid_out(" \ud800 ") == "\ud800"


def test_switched_off():
    assert not list(layout.spaces([Line("  a ")], Layout(spaces=False)))
    assert not list(layout.wrapped([Line("a " * 20)] * 9))


@pytest.mark.parametrize(
    ("text", "kept", "expected"),
    [
        ("\n\na\n\n\n\nb\n\n", 1, "a\n\nb"),
        ("a\n\n\n\nb", 2, "a\n\n\nb"),
        ("a\n\nb", 0, "a\nb"),
        ("a\nb", 1, "a\nb"),
        ("\n \n\t\n", 1, ""),
        ("", 1, ""),
    ],
)
def test_blank_lines(text, kept, expected):
    assert without_blanks(text, blank_lines=kept) == expected


def plain_surplus(texts: list[str], kept: int) -> list[int]:
    """The definition of `layout.blank`, for one document."""
    full = [at for at, text in enumerate(texts) if text.strip()]
    inside = range(full[0], full[-1] + 1) if full else range(0)
    since = {at: at - max((place for place in full if place <= at), default=at) for at in range(len(texts))}
    return [at for at, text in enumerate(texts) if not text.strip() and (at not in inside or since[at] > kept)]


@given(st.lists(st.lists(st.sampled_from(["", " ", "\u3000", "a"]), max_size=9), max_size=4), st.integers(0, 3))
def test_blank_lines_are_those_of_the_plain_definition(documents, kept):
    lines = [Line(text, at, number) for number, texts in enumerate(documents) for at, text in enumerate(texts)]
    wanted = [(number, at) for number, texts in enumerate(documents) for at in plain_surplus(texts, kept)]
    edits = layout.blank(lines, Layout(blank_lines=kept))
    assert [(edit.document, edit.line) for edit in edits] == wanted
    assert all(edit.before == documents[edit.document][edit.line] and edit.after is None for edit in edits)


def test_blank_lines_of_each_document_are_its_own():
    lines = [Line("a", 1, 0), Line("", 2, 0), Line("", 1, 1), Line("b", 2, 1), Line("", 1, 2)]
    assert [(edit.document, edit.line) for edit in layout.blank(lines)] == [(0, 2), (1, 1), (2, 1)]


WRAPPED = """The ferry left the old harbour at seven in the morning, as it
has done on every weekday since the bridge was closed to
traffic, and took nineteen passengers, two bicycles and a
well-fed dog across the quiet water to the other side.

Nobody on board had heard of the plan to sell the boats. The
captain said that he would rather row across than read about
it in the paper."""


def test_wrapped_lines_are_joined_by_paragraph():
    joined = unwrapped(WRAPPED)
    assert joined.count("\n") == 2
    assert joined.replace("\n\n", " ") == " ".join(WRAPPED.split())


def test_a_hyphen_at_the_end_of_a_line_takes_no_space():
    text = WRAPPED.replace("well-fed", "fed").replace("two bicycles and a\n", "two bicycles and half-\n")
    assert "half-fed dog" in unwrapped(text)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"Paragraph {n} is one line that says all it has to say. " * (n % 4 + 1) for n in range(12)),
        "The lamp is low\nand the long road home\nis white with frost\nwhere the foxes roam\nand no one walks\nby the "
        "river's foam\nor hears it\nat all",
        "A short list:\nbread\nbutter\nmilk\nsalt and pepper for the winter\neggs",
    ],
)
def test_what_was_not_wrapped_is_not_joined(text):
    assert unwrapped(text) == text
