import itertools
import random
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpuspress import census
from corpuspress.hashing import buffers, encoded, hashed

SITES = [None, "www.harbour.example", "ferry.example"]


def written(path: Path, table: pa.Table) -> Path:
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    return path


def counted(folder: Path, documents: list[tuple[str | None, list[str]]], least: int = 1, chunk: int = 100):
    paths = []
    for start in range(0, len(documents), chunk):
        part = documents[start : start + chunk]
        hashes = census.fold([text for _, texts in part for text in texts])
        places = np.repeat(np.arange(len(part)), [len(texts) for _, texts in part])
        paths.append(written(folder / f"{start}.arrow", census.tally(hashes, places, [site for site, _ in part])))
    return census.merge(paths, least)


def test_the_same_line_whatever_case_number_and_spaces():
    hashes = census.fold(["Read all 12 comments", "READ  ALL 1,204 COMMENTS ", "Read all comments"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_hash_is_the_same_on_every_machine():
    assert census.fold(["Leave a note", "12 Read: next", "今天"]).tolist() == [
        -1517751535202926011,
        -4057984425851022349,
        -8361073376473728555,
    ]


def plain(text: str) -> str | None:
    """What is counted of a line, by the plain definition."""
    if len(text) > 500 or not any(map(str.isalpha, text)):
        return None
    return re.sub(" {2,}", " ", re.sub("[0-9][0-9.,:]*", "0", text.lower())).strip()


SIGNS = [*"aB é今0159.,:-/  \t\u3000", "\u212a", "\U0001f600", "Same Eight@[`{\x7f", "and a few words more of ASCII"]


@given(st.lists(st.lists(st.sampled_from(SIGNS)).map("".join), max_size=8))
def test_hashes_equal_the_plain_definition(texts):
    hashes = census.fold(texts).tolist()
    wanted = list(map(plain, texts))
    counted = [one.encode() for one in wanted if one is not None]
    data, starts = np.frombuffer(b"".join(counted), np.uint8), np.cumsum([0, *map(len, counted)])
    assert [one for one in hashes if one != census.NOWHERE] == hashed(data, starts).view(np.int64).tolist()
    assert [one == census.NOWHERE for one in hashes] == [one is None for one in wanted]
    assert census.fold(pa.array(["left out", *texts])[1:]).tolist() == hashes


def test_every_character_is_put_into_lower_case_as_arrow_does():
    codes = [code for code in range(1, 0x110000, 1) if not 0xD800 <= code < 0xE000 and not chr(code).isspace()]
    texts = [f"x{chr(code)}x" for code in codes if code < 0x20000 or not code % 0x333]
    lower = pc.utf8_lower(pa.array([re.sub("[0-9]", "0", text) for text in texts]))
    assert census.fold(texts).tolist() == hashed(*buffers(lower)).view(np.int64).tolist()


def test_half_of_a_surrogate_pair_counts_as_a_question_mark():
    assert census.fold(["what\ud800", "what?"]).tolist()[0] == census.fold(["what?"])[0]


@given(st.text(st.characters(max_codepoint=0x7F), min_size=8))
def test_eight_characters_at_once_are_as_one_by_one(text):
    wanted = plain(text)
    expected = census.NOWHERE if wanted is None else hashed(*encoded([wanted])).view(np.int64)[0]
    assert census.fold([text]).tolist() == [expected]


def test_characters_are_counted_not_bytes():
    texts = ["\u023a" * 500, "\U00020000" * 500, "a" + "\u3000" * 499]
    assert census.NOWHERE not in census.fold(texts).tolist()
    assert set(census.fold([text + "a" for text in texts]).tolist()) == {census.NOWHERE}


def test_no_two_lines_share_a_hash():
    texts = {"x" * size for size in range(1, 200)}
    texts |= {"a" * before + "\u07ff" + "a" * behind for before in range(40) for behind in range(40)}
    texts |= {"".join(order) for order in itertools.permutations(["one word", "stands a", "mong six", "others i", "n"])}
    assert len(set(census.fold(sorted(texts)).tolist())) == len(texts)


@pytest.mark.parametrize("text", ["", "  ", "* * *", "12:30", "a" * 501])
def test_what_is_not_counted(text):
    assert census.fold([text]).tolist() == [census.NOWHERE]


def sources(taken: census.Census, *texts: str) -> list[int]:
    return taken.lookup(census.fold(texts)).tolist()


def evidence(taken: census.Census, text: str) -> str:
    return taken.evidence(census.fold([text]))[0]


def test_a_source_counts_once(tmp_path):
    taken = counted(
        tmp_path, [("x.example", ["Leave a note", "Leave a note", "Other"]), ("x.example", ["leave a note"])]
    )
    assert sources(taken, "Leave a note", "Other", "Unheard of", "") == [2, 1, 0, 0]
    assert evidence(taken, "Leave a note") == "in 2 sources of x.example"


def test_evidence_in_words(tmp_path):
    documents = [("a.example", ["One site", "Many sites", "No site"])] * 3 + [("b.example", ["Many sites"])]
    documents += [(None, ["No site", "Many sites"])] * 2
    taken = counted(tmp_path, [(site, texts) if site else (None, texts) for site, texts in documents], least=2)
    assert evidence(taken, "One site") == "in 3 sources of a.example"
    assert evidence(taken, "Many sites") == "in 6 sources of 2 sites, most often a.example"
    assert evidence(taken, "Rare") == ""
    assert evidence(counted(tmp_path, [(None, ["x y"])] * 2), "X y") == "in 2 sources"


def test_rare_lines_are_dropped(tmp_path):
    taken = counted(tmp_path, [(None, ["Common", "Rare"]), (None, ["Common"]), (None, ["Common"])], least=3)
    assert sources(taken, "Common", "Rare") == [3, 0]


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_chunks_order_and_ranges_never_show(tmp_path_factory, seed):
    chance = random.Random(seed)
    words = [f"line {letter}" for letter in "abcdefgh"]
    documents = [(chance.choice(SITES), chance.choices(words, k=5)) for _ in range(12)]
    folder = tmp_path_factory.mktemp("census")
    whole = counted(folder, documents, 2)
    chance.shuffle(documents)
    assert counted(folder, documents, 2, chunk=chance.randint(1, 12)).digest() == whole.digest()


def test_memory_is_bounded_by_ranges(tmp_path, monkeypatch):
    documents = [(SITES[n % 3], [f"line {chr(97 + m)}" for m in range(n % 20)]) for n in range(40)]
    whole = counted(tmp_path, documents, 2, chunk=7)
    monkeypatch.setattr(census, "_RANGE", 10)
    assert counted(tmp_path, documents, 2, chunk=7).digest() == whole.digest()


def test_saved_and_loaded_it_is_the_same(tmp_path):
    taken = counted(tmp_path, [("a.example", ["x y"]), (None, ["x y", "z"])])
    path = written(tmp_path / "census.arrow", census.table_of(taken))
    again = census.load(path)
    assert again.digest() == taken.digest()
    assert again.names == taken.names


def test_a_part_of_it_says_the_same_of_its_texts(tmp_path):
    taken = counted(tmp_path, [(site, ["x y", "z z", f"of {site}"]) for site in SITES for _ in range(2)])
    part = taken.among(census.fold(["z z", "of None", "unheard"]))
    assert len(part.hashes) == 2
    assert [evidence(part, text) for text in ("z z", "of None", "x y")] == [
        evidence(taken, "z z"),
        evidence(taken, "of None"),
        "",
    ]
    assert taken.among(census.fold(["z z"])).digest() != part.digest()
    assert taken.among(census.fold(["z z", "q"])).digest() == taken.among(census.fold(["Z z", "z z"])).digest()


def test_empty(tmp_path):
    assert sources(census.merge([], 3), "a") == [0]
    nothing = counted(tmp_path, [(None, [])])
    assert evidence(nothing, "a") == ""
    assert np.array_equal(nothing.among(census.fold([])).hashes, nothing.hashes)
    nothing = np.zeros(0, np.int64)
    assert census.tally(nothing, nothing, []).num_rows == 0


def test_one_source_more_is_no_other_evidence(tmp_path):
    found = [counted(tmp_path, [("a.example", ["Share this story"])] * number, least=3) for number in (8, 37, 38)]
    assert found[1].digest() == found[2].digest() != found[0].digest()
    assert evidence(found[1], "Share this story") == "in at least 30 sources of a.example"
    assert evidence(found[0], "Share this story") == "in 8 sources of a.example"


def test_spaces_in_a_row_count_as_one_wherever_they_stand():
    for texts in (["a b", "a  b"], ["ab", "a b", "a   b"], ["a b  ", " a b"], ["a b", "a b  "], ["xa b", "xa  b"]):
        assert len(set(census.fold(texts[-2:]).tolist())) == 1
