import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpuspress.errors import AuditError
from corpuspress.model import Edit, Line, apply, by_document, join, replay, restore, split, text_of

BREAKS = ["\n", "\r\n", "\r", "\v", "\f", "\u2028", "\u2029"]
texts = st.lists(st.sampled_from([*BREAKS, "a", "b c", "", "\x85", "\x1c", "é", " "]), max_size=20).map("".join)
line_text = st.text(st.characters(exclude_characters="\n\r\v\f\u2028\u2029", exclude_categories=["Cs"]), max_size=6)


@st.composite
def audits(draw):
    """The lines of one document, and edits that fit it: any mix of changes and removals, in any order."""
    lines = [Line(text, number) for number, text in enumerate(draw(st.lists(line_text, max_size=8)), 1)]
    current = {line.number: line.text for line in lines}
    edits = []
    for _ in range(draw(st.integers(0, 12))):
        if not current:
            break
        number = draw(st.sampled_from(sorted(current)))
        after = draw(st.none() | line_text)
        if after == current[number]:
            continue
        edits.append(Edit("test", "any", number, current[number], after))
        current[number] = after
        if after is None:
            del current[number]
    return lines, edits


@given(texts)
def test_join_undoes_split(text):
    assert join(*split(text)) == text


@given(texts)
def test_lines_are_numbered_from_one_and_hold_no_break(text):
    lines, _ = split(text, 3)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert all(line.document == 3 and not set(line.text) & set("".join(BREAKS)) for line in lines)


@pytest.mark.parametrize(
    ("text", "lines", "breaks"),
    [
        ("", [""], ""),
        ("a", ["a"], ""),
        ("a\n", ["a"], "n1"),
        ("\n\n", ["", ""], "n2"),
        ("a\r\n\r\nb\rc\n", ["a", "", "b", "c"], "w2r1n1"),
        ("a\x85b\x1cc", ["a\x85b\x1cc"], ""),
    ],
)
def test_split(text, lines, breaks):
    assert ([line.text for line in split(text)[0]], split(text)[1]) == (lines, breaks)


@given(audits())
def test_law_1_restore_undoes_replay(audit):
    lines, edits = audit
    text = replay(lines, edits)
    left = apply(lines, edits)
    # Nothing left and one blank line left are the same text; blank lines never end a document, so
    # only the first can come about.
    if [line.text for line in left] != [""]:
        assert restore(text, edits) == lines or not lines


@given(audits())
def test_replay_is_the_text_of_what_apply_leaves(audit):
    lines, edits = audit
    assert replay(lines, edits) == text_of(apply(lines, edits))
    assert len(apply(lines, edits)) == len(lines) - len({edit.line for edit in edits if edit.after is None})


@given(audits())
def test_numbers_never_change(audit):
    lines, edits = audit
    known = {line.number for line in lines}
    numbers = [line.number for line in apply(lines, edits)]
    assert numbers == sorted(numbers)
    assert set(numbers) <= known


@settings(max_examples=50)
@given(st.lists(audits(), max_size=4), st.randoms())
def test_documents_of_a_batch_are_edited_independently(several, chance: random.Random):
    lines = [line._replace(document=at) for at, (lines, _) in enumerate(several) for line in lines]
    edits = [edit._replace(document=at) for at, (_, edits) in enumerate(several) for edit in edits]
    # Shuffle between the documents, keep the order within each.
    order = [edit.document for edit in edits]
    chance.shuffle(order)
    queues = {at: iter([edit for edit in edits if edit.document == at]) for at in order}
    left = dict(by_document(apply(lines, [next(queues[at]) for at in order])))
    for at, (own, changes) in enumerate(several):
        assert text_of(left.get(at, [])) == replay(own, changes)


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (Edit("s", "r", 2, "a", "b"), "no such line"),
        (Edit("s", "r", 1, "x", "b"), "'a'"),
        (Edit("s", "r", 1, "a", "a"), "changes nothing"),
        (Edit("s", "r", 1, "a", "a\nb"), "line break|'a\\\\nb'"),
        (Edit("s", "r", 1, "a", "b", document=1), "no such line"),
        (Edit("s", "r", 2, "a"), "no such line"),
        (Edit("s", "r", 1, "x"), "'a'"),
        (Edit("s", "r", 1, "a", document=1), "no such line"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edit, found):
    with pytest.raises(AuditError, match=found):
        apply([Line("a")], [edit])


def test_all_lines_may_go():
    lines = [Line("a", 1), Line("", 2), Line("a", 1, 1)]
    removals = [Edit("s", "r", line.number, line.text, document=line.document) for line in lines]
    assert apply(lines, removals) == apply(lines, removals[::-1]) == apply(tuple(lines), removals) == []
    assert apply(lines, removals[:2]) == lines[2:]
    with pytest.raises(AuditError, match="no such line"):
        apply(lines[:2], removals)


def test_a_removed_line_cannot_be_changed_again():
    removal = Edit("s", "r", 1, "a")
    with pytest.raises(AuditError, match="no such line"):
        apply([Line("a")], [removal, Edit("s", "r", 1, "a", "b")])


def test_a_damaged_text_is_not_restored():
    with pytest.raises(AuditError, match="damaged"):
        restore("c", [Edit("s", "r", 1, "a", "b")])
    with pytest.raises(AuditError, match="no such line"):
        restore("c", [Edit("s", "r", 7, "a", "b")])


def test_without_edits_nothing_is_copied():
    lines = [Line("a")]
    assert apply(lines, []) == lines
    assert apply(lines, [Edit("s", "r", 1, "a", "b"), Edit("s", "r", 1, "b", "a")])[0] == lines[0]
