import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpuspress import cleaning, decode, parts, press
from corpuspress.model import Edit, apply, split
from corpuspress.recipe import Layout, Recipe

texts = st.lists(st.sampled_from([*"ab é;&Ã©  \t\n\n\r\v\f\u2028", "&amp;"]), min_size=1, max_size=30).map("".join)


@given(texts)
def test_lines_parted_by_line_feeds_are_those_of_split(text):
    lines, breaks = split(text)
    flat, told = press._line_feeds(text)
    assert (flat.split("\n"), told) == ([line.text for line in lines], breaks)


@pytest.mark.parametrize("joined", [False, True])
@settings(deadline=None)
@given(st.lists(st.none() | texts, max_size=6))
def test_lines_in_columns_are_tidied_as_lines_are(joined, several):
    recipe = Recipe(layout=Layout(join_wrapped=joined))
    lines = [line for at, text in enumerate(several) if text is not None for line in split(text, at)[0]]
    expected = cleaning.tidy(lines, recipe)
    edits: list[Edit] = []
    flat = [None if text is None else press._line_feeds(text)[0] for text in several]
    numbers, found = press._tidied(flat, edits, recipe)
    assert (parts.lines_of(numbers, found), edits) == (list(expected.lines), expected.edits)
    assert len(found) == len(several)


def test_a_mended_line_is_tidied_after_it_was_mended():
    decoded = decode.decode(
        "Im Hafen – dem alten – liegt “das Boot”.\nSehr sch\udcf6n &amp; alt.\n".encode("utf-8", "surrogateescape")
    )
    lines = apply(split(decoded.text)[0], decoded.edits)
    edits = list(decoded.edits)
    _, found = press._tidied([press._line_feeds(decoded.text)[0]], edits, Recipe())
    assert found.to_pylist() == [["Im Hafen – dem alten – liegt “das Boot”.", "Sehr schön & alt."]]
    assert edits == [*decoded.edits, *cleaning.tidy(lines).edits]
