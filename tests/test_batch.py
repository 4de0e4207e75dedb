import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.cleaning.batch import Lines, carried_out
from corpuspress.errors import AuditError
from corpuspress.model import Edit, Line, apply

batches = st.lists(st.lists(st.sampled_from(["", " ", "a", " b ", "\ud800"]), max_size=4), max_size=4)


def lines_of(batch: list[list[str]]) -> list[Line]:
    return [Line(text, number, at) for at, texts in enumerate(batch) for number, text in enumerate(texts, 3)]


@given(batches, st.sets(st.integers(0, 4)))
def test_columns_hold_what_the_lines_are(batch, chosen):
    lines = lines_of(batch)
    columns = Lines.of(lines)
    assert list(columns) == lines
    assert [line for _, own in columns.slices() for line in columns[own]] == lines
    assert columns.length.tolist() == [len(line.text.strip()) for line in lines]
    inside, others = columns.parted(chosen)
    assert list(inside) == [line for line in lines if line.document in chosen]
    assert list(Lines.together([others, inside])) == lines


@given(batches, st.data())
def test_edits_are_carried_out_as_if_on_lines(batch, data):
    lines = lines_of(batch)
    edits = [
        Edit("s", "r", line.number, line.text, after, document=line.document)
        for line in lines
        if (after := data.draw(st.sampled_from([line.text, "new ", None]))) != line.text
    ]
    record: list[Edit] = []
    left = carried_out(Lines.of(lines), iter(edits), record)
    assert (list(left), record) == (apply(lines, edits), edits)
    assert left.length.tolist() == [len(line.text.strip()) for line in left]


@pytest.mark.parametrize("edit", [Edit("s", "r", 4, "a"), Edit("s", "r", 3, "a", document=1), Edit("s", "r", 3, "b")])
def test_an_edit_of_another_line_is_refused(edit: Edit):
    with pytest.raises(AuditError):
        carried_out(Lines.of([Line("a", 3), Line("b", 4, 1)]), [edit], [])
