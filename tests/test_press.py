import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress import cleaning, decode, parts, press
from corpuspress.cleaning.batch import Lines, carried_out
from corpuspress.model import Edit, Line, Source, apply, split
from corpuspress.recipe import Layout, Recipe

texts = st.lists(st.sampled_from([*"ab é;&Ã©  \t\n\n\r\v\f\u2028", "&amp;"]), min_size=1, max_size=30).map("".join)


@given(texts)
def test_lines_parted_by_line_feeds_are_those_of_split(text):
    lines, breaks = split(text)
    flat, told = press._line_feeds(text)
    assert (flat.split("\n"), told) == ([line.text for line in lines], breaks)


@pytest.mark.parametrize("joined", [False, True])
@given(st.lists(st.none() | texts, max_size=6))
def test_lines_in_columns_are_tidied_as_lines_are(joined, several):
    recipe = Recipe(layout=Layout(join_wrapped=joined))
    lines = [line for at, text in enumerate(several) if text is not None for line in split(text, at)[0]]
    expected = cleaning.tidy(lines, recipe)
    edits: list[Edit] = []
    flat = [None if text is None else press._line_feeds(text)[0].encode() for text in several]
    numbers, found = press._tidied(flat, edits, recipe)
    assert (parts.lines_of(numbers, found), edits) == (list(expected.lines), expected.edits)
    assert len(found) == len(several)


def test_a_mended_line_is_tidied_after_it_was_mended():
    decoded = decode.decode(
        "Im Hafen – dem alten – liegt “das Boot”.\nSehr sch\udcf6n &amp; alt.\n".encode("utf-8", "surrogateescape")
    )
    lines = apply(split(decoded.text)[0], decoded.edits)
    edits = list(decoded.edits)
    _, found = press._tidied([press._line_feeds(decoded.text)[0].encode()], edits, Recipe())
    assert found.to_pylist() == [["Im Hafen – dem alten – liegt “das Boot”.", "Sehr schön & alt."]]
    assert edits == [*decoded.edits, *cleaning.tidy(lines).edits]


@given(st.lists(st.none() | texts, max_size=6))
def test_lines_are_split_at_line_feeds(several):
    found = parts.split_lines([None if text is None else text.encode() for text in several])
    assert found.to_pylist() == [[] if text is None else text.split("\n") for text in several]


@pytest.mark.parametrize(
    "several", [[], [None], [b""], [b"\n\n"], [b"a" * 3_000_000], [None, b"\na", None, b"b\n", b""]]
)
def test_lines_at_the_edges_are_split(several):
    expected = [[] if text is None else text.decode().split("\n") for text in several]
    assert parts.split_lines(several).to_pylist() == expected


@given(st.lists(st.text(max_size=3), max_size=9), st.dictionaries(st.integers(0, 8), st.text(max_size=3)))
def test_texts_are_replaced_at_their_places(several, changed):
    changed = {place: changed[place] for place in sorted(changed) if place < len(several)}
    found = press._replaced(pa.array(["", *several], pa.string())[1:], changed)
    assert found.to_pylist() == [changed.get(place, text) for place, text in enumerate(several)]


AFTER = st.none() | st.text()
EDITS = st.lists(
    st.builds(Edit, st.just("a"), st.text(), st.integers(1, 9), st.text(), AFTER, st.none() | st.just(0.5))
)


@given(st.integers(1, 5), EDITS, st.randoms(use_true_random=False))
def test_edits_of_documents_come_back_in_their_order(documents, edits, chance):
    edits = [edit._replace(document=chance.randrange(documents)) for edit in edits]
    lists = parts.edits_lists(edits, documents)
    assert (len(lists), lists.type) == (documents, parts.EDITS)
    assert parts.edits_of(lists) == sorted(edits, key=lambda edit: edit.document)


@given(st.lists(st.lists(st.sampled_from(["a", "é b", "", "c\u3000"])), max_size=5), st.randoms(use_true_random=False))
def test_texts_are_put_together_from_the_lines_before(several, chance):
    flat = [Line(text, number, at) for at, own in enumerate(several) for number, text in enumerate(own, 1)]
    lines = Lines.of(flat).begun()
    edits = [
        Edit("a", "b", line.number, line.text, chance.choice([None, "new"]), document=line.document) for line in flat
    ]
    left = carried_out(lines, chance.sample(edits, len(edits) // 2), [])
    before = pa.array([line.text for line in flat], pa.string())
    assert press._joined(left, before, len(several)).to_pylist() == left.joined(len(several))


def test_a_plain_source_gets_the_row_that_decoding_gives():
    for data in ("Am Hafen – früh.\nUnd spät.\n".encode(), b"One\n\nTwo", "Молчание.\n\n".encode()):
        source = Source(path="1_aa.txt", id="1_aa", data=data, provenance="aa")
        [breaks] = decode.plain([(data, None)])
        assert breaks is not None
        one, other = (press._decoded(source, 0, Recipe(), found) for found in (breaks, None))
        assert (one[0], one[1], list(one[2])) == (other[0], other[1], list(other[2]))
