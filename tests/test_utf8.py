import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.cleaning.batch import Lines, carried_out
from corpuspress.model import Edit, Line
from corpuspress.utf8 import Utf8

WHITE = [chr(code) for code in range(0x110000) if chr(code).isspace()]
TEXTS = st.lists(st.lists(st.sampled_from([*"aé語\U00010000\ufeff\0", *WHITE])).map("".join))


@given(TEXTS)
def test_texts_are_trimmed_where_they_lie(several):
    found = Utf8.trimmed(pa.array(["", *several], pa.string())[1:])
    assert found.strings() == [text.strip() for text in several]
    assert found.length.tolist() == [len(text.strip()) for text in several]


def test_all_white_space_is_known():
    letters = [*map(chr, range(0x110000))]
    assert Utf8.trimmed(letters).strings() == [letter.strip() for letter in letters]


@given(TEXTS, st.dictionaries(st.integers(0, 8), st.text(st.characters(), max_size=3)))
def test_texts_are_taken_and_replaced(several, changed):
    changed = {at: changed[at] for at in changed if at < len(several)}
    found = Utf8.of(several).put(np.array([*changed], np.int64), Utf8.of([*changed.values()]))
    wanted = [changed.get(at, text) for at, text in enumerate(several)]
    assert (found.strings(), found.length.tolist()) == (wanted, [*map(len, wanted)])
    order = np.arange(len(several))[::-1]
    assert found.take(order).strings() == wanted[::-1]


@given(TEXTS, st.randoms(use_true_random=False))
def test_those_of_lines_are_theirs_after_edits(several, chance):
    lines = Lines.of([Line(text, number, 0) for number, text in enumerate(several)]).begun()
    edits = [Edit("a", "b", line.number, line.text, chance.choice([None, " new\u3000"]), document=0) for line in lines]
    for some in (edits[::3], edits[1::3]):
        lines = carried_out(lines, some, [])
        assert lines.trimmed.strings() == [text.strip() for text in lines.texts]
    for part in lines.parted({0}):
        assert part.trimmed.strings() == [text.strip() for text in part.texts]
