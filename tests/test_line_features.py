import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.cleaning import characters, line_model
from corpuspress.cleaning import line_features as features

DOCUMENTS = st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=7), min_size=1, max_size=5)


def table_of(documents: list[list[int]]) -> features.Columns:
    place = np.repeat(np.arange(len(documents)), list(map(len, documents)))
    return features.Columns(characters.read(["x"] * len(place), place, line_model.load().tables))


@given(DOCUMENTS, st.integers(-9, 9).filter(bool))
def test_a_shift_stays_in_its_document(documents: list[list[int]], offset: int) -> None:
    wanted = [
        own[line + offset] if 0 <= line + offset < len(own) else 77 for own in documents for line in range(len(own))
    ]
    assert table_of(documents).shifted(np.concatenate(documents), offset, 77).tolist() == wanted


@given(DOCUMENTS, st.sampled_from([(0, 0), (2, 2), (9, 9), (3, -1), (-1, 3), (0, 2)]))
def test_sums_stay_in_their_document(documents: list[list[int]], span: tuple[int, int]) -> None:
    table, (before, after) = table_of(documents), span
    sums = table.running(np.concatenate(documents))
    lines = [(own, line) for own in documents for line in range(len(own))]
    near = [sum(own[max(line - before, 0) : line + after + 1]) for own, line in lines]
    assert table.window(sums, before, after).tolist() == near
    assert table.total(sums).tolist() == [sum(own) for own, _ in lines]
    assert table.before(sums).tolist() == [sum(own[:line]) for own, line in lines]
    assert table.of_documents(np.concatenate(documents)).tolist() == list(map(sum, documents))


@given(DOCUMENTS)
def test_the_block_is_the_first_stretch_of_the_largest_sum(documents: list[list[int]]) -> None:
    low, high = table_of(documents).block(np.concatenate(documents))
    begin, found = 0, []
    for own in documents:
        stretches = [(first, last) for last in range(len(own)) for first in range(last + 1)]
        first, last = max(stretches, key=lambda ends: sum(own[ends[0] : ends[1] + 1]))
        found += [(begin + first, begin + last)] * len(own)
        begin += len(own)
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == found


@given(st.lists(st.lists(st.integers(0, 6), max_size=30), min_size=1, max_size=5), st.integers(0, 2**64 - 1))
def test_equal_keys_of_a_document_have_one_twin(documents: list[list[int]], factor: int) -> None:
    keys = np.array([key for own in documents for key in own], np.uint64) * np.uint64(factor | 1)
    twin = features._twins(keys, np.array(list(map(len, documents)))).tolist()
    document = [place for place, own in enumerate(documents) for _ in own]
    assert [keys[place] for place in twin] == keys.tolist()
    assert [document[place] for place in twin] == document
    assert len(set(twin)) == sum(len(set(own)) for own in documents)


def test_many_keys_in_few_slots_find_their_twins() -> None:
    # Whatever is above 32 bits after the product tells the slot: these keys have the first slot all.
    inverse = pow(int(characters.GOLD), -1, 1 << 64)
    keys = np.array([place % 9 * inverse % (1 << 64) for place in range(100)], np.uint64)
    twin = features._twins(keys, np.array([60, 40]))
    assert (keys[twin] == keys).all()
    assert len(set(twin.tolist())) == 18


def test_every_known_word_is_known_and_no_other() -> None:
    tables = line_model.load().tables
    last = len(tables.words) - 1
    assert features._known(tables.words[:last], tables).tolist() == list(range(last))
    others = np.setdiff1d(tables.words ^ np.uint64(1 << 63), tables.words)
    assert set(features._known(others, tables).tolist()) == {last}
    assert tables.weights[last] == tables.tones[last] == tables.stops[last] == 0


def test_what_a_line_has_none_of_is_nought() -> None:
    tables = line_model.load().tables
    table = features.Columns(characters.read(["", "ab, c", "-", "d", "12"], [0, 0, 0, 1, 1], tables))
    values = np.array([3, -2, 5])
    assert table.of_words(np.add, values).tolist() == [0, 1, 0, 5, 0]
    assert table.of_words(np.maximum, values).tolist() == [0, 3, 0, 5, 0]
    assert table.of_words(np.add, values > 0).tolist() == [0, 1, 0, 1, 0]
    table = features.Columns(characters.read(["", "-"], [0, 0], tables))
    assert table.of_words(np.minimum, values[:0]).tolist() == [0, 0]
