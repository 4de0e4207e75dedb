import subprocess
import sys
from pathlib import Path

import numpy as np
import plain_lines
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpuspress.cleaning import characters, line_model
from corpuspress.cleaning import line_features as features
from corpuspress.hashing import mixed
from corpuspress.utf8 import Utf8

WORDS = [
    *(
        "Home",
        "the",
        "ZÜRICH",
        "NEWS",
        "2020",
        "und",
        "天气很好。",
        "مرحبا",
        "said",
        "share",
        "|",
        "—",
        "!",
        "”",
        "café",
    ),
    *("Comments", "weather", "we", "x" * 31, "y" * 33, "\ud800", "\udc00\ud800", "\0", "\U0001f600", "𐐀𐐨", "e\u0301"),
    *("\u0301", "$5", "(a)", "a.”", "#", "\n", "天A天", ":", "It's", "..."),
]
LINE = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(max_size=12)
FEW = st.sampled_from(["Reply", "Share this", "", "12 May", "The boat came in at noon, and nobody stood on the pier."])
TEXTS = st.lists(LINE | FEW, min_size=1, max_size=30)
DOCUMENTS = st.lists(TEXTS, min_size=1, max_size=4)


def marks_of(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((count, features.MARKS)) < 0.04


def columns_of(documents: list[list[str]], marks: np.ndarray | None = None) -> features.Columns:
    texts = [text for own in documents for text in own]
    numbers = np.repeat(np.arange(len(documents)), list(map(len, documents)))
    marks = np.zeros((len(texts), features.MARKS), np.bool_) if marks is None else marks
    return features.columns(Utf8.of(texts), numbers, marks, line_model.load().tables)


def column(name: str, *documents: list[str]) -> list[int]:
    return columns_of(list(documents)).matrix[:, features.names().index(name)].tolist()


@settings(max_examples=60)
@given(DOCUMENTS, st.integers(0, 2**32))
def test_columns_are_those_of_the_plain_definition(documents, seed):
    marks = marks_of(sum(map(len, documents)), seed)
    found, done, wanted = columns_of(documents, marks), 0, []
    for own in documents:
        wanted += plain_lines.columns(own, marks[done : done + len(own)].tolist(), line_model.load().tables)
        done += len(own)
    for line, row in zip(wanted, found.matrix.tolist(), strict=True):
        assert {name: max(-32768, min(value, 32767)) for name, value in line.items()} == dict(
            zip(features.names(), row, strict=True)
        )
    assert found.worth.tolist() == [line["worth"] for line in wanted]
    assert found.words.tolist() == [line["words"] for line in wanted]
    assert found.prose.tolist() == [line["run"] < 0 for line in wanted]


@pytest.mark.parametrize("count", [99, 230])
def test_far_lines_are_as_far_as_a_column_tells(count):
    texts = ["Home"] * count
    marks = np.zeros((count, features.MARKS), np.bool_)
    marks[0, 0] = True
    wanted = plain_lines.columns(texts, marks.tolist(), line_model.load().tables)
    assert columns_of([texts], marks).matrix.tolist() == [list(in_order(line).values()) for line in wanted]


def in_order(line: dict[str, int]) -> dict[str, int]:
    return {name: line[name] for name in features.names()}


def test_no_lines_have_no_columns():
    assert columns_of([]).matrix.shape == (0, len(features.names()))


def test_numbers_beyond_two_bytes_are_the_nearest_that_there_are():
    found = columns_of([["天" * 40_000], ["a " * 40_000]])
    assert found.worth.tolist() == [100_000, 80_000]
    assert found.words.tolist() == [20_000, 40_000]
    assert found.matrix[:, 0].tolist() == [32767, 32767]


def test_every_name_is_there_once():
    names = features.names()
    assert len(set(names)) == len(names) == 127
    assert names[0] == "worth"
    assert names[-1] == "block-share"


def test_what_does_not_belong_together_is_refused():
    tables, none = line_model.load().tables, np.zeros((1, features.MARKS), np.bool_)
    with pytest.raises(ValueError, match="expected 2 documents"):
        features.columns(Utf8.of(["a", "b"]), np.zeros(2, np.int64), none, tables)
    with pytest.raises(ValueError, match="expected 1 documents"):
        features.columns(Utf8.of(["a"]), np.zeros(2, np.int64), none, tables)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9))
def test_the_block_ends_first_and_begins_first(weights):
    # A line of prose has a worth of 70 at least, one of none takes 40: what sums are equal is told by the plain block.
    kinds = {True: "word " * 15 + "endless.", False: "no"}
    texts = [kinds[weight > 0] for weight in weights]
    found = columns_of([texts])
    first, last = plain_lines.block_of([min(int(worth), 400) if prose else -40
                                        for worth, prose in zip(found.worth, found.prose, strict=True)])  # fmt: skip
    places = range(len(texts))
    assert column("block-from", texts) == [place - first for place in places]
    assert column("block-to", texts) == [last - place for place in places]


def test_equal_words_of_a_document_find_each_other_however_many_there_are():
    # More words than there is room for at first, so that they are laid out anew.
    words = [f"{chr(97 + place // 26 % 26)}{chr(97 + place % 26)}{chr(97 + place // 676)}tail" for place in range(6000)]
    sentence = " ".join(words) + "."
    once, twice = columns_of([[sentence]]), columns_of([[sentence, sentence]])
    at = features.names().index("core-share")
    assert once.matrix[:, at].tolist() == [0]
    assert twice.matrix[:, at].tolist() == [100, 100]
    assert column("twins", [sentence, sentence, "other"], [sentence]) == [2, 2, 1, 1]


def test_every_known_word_is_known_and_no_other():
    tables = line_model.load().tables
    known = tables.words.copy()
    known[:, 1] = known[:, 0] != 0
    words = ["weather", "and", "zzyzzyzzy", "天气", *(f"word{chr(97 + place)}" for place in range(26))]
    keys = characters.word_keys(words, tables.classes, tables.fold)
    marks = np.zeros((len(words), features.MARKS), np.bool_)
    found = features.columns(Utf8.of(words), np.zeros(len(words), np.int64), marks, tables._replace(words=known))
    assert found.matrix[:2, features.names().index("lexis")].tolist() == [1, 1]
    assert found.matrix[:, features.names().index("lexis")].tolist() == np.isin(keys, known[:, 0]).tolist()


@pytest.mark.parametrize("count", [0, 1, 3, 1000, 1023])
def test_every_key_stands_in_one_of_its_rows(count):
    keys = mixed(np.arange(1, count + 1, dtype=np.uint64))
    rows = characters.laid_out(keys, range(count))
    bits = len(rows).bit_length() - 1
    assert len(rows) == 1 << bits
    assert np.count_nonzero(rows[:, 0]) == count
    for value, (key, *either) in enumerate(zip(keys.tolist(), *characters.rows_of(keys, bits), strict=True)):
        assert [key, value] in rows[either].tolist()


def test_keys_with_the_same_rows_get_more_rows():
    # Multiplied by what undoes that of the hash.
    keys = np.array([(value << 56) * pow(0x9E3779B97F4A7C15, -1, 2**64) % 2**64 for value in (1, 2, 3)], np.uint64)
    assert len(characters.laid_out(keys, [1, 2, 3])) == 2 * len(characters.laid_out(mixed(keys), [1, 2, 3]))


def test_words_are_found_in_either_row():
    tables = line_model.load().tables
    words = ["one", "two", "three"]
    crowded = characters.laid_out(characters.word_keys(words, tables.classes, tables.fold), [1, 2, 3])
    found = features.columns(
        Utf8.of([*words, "four"]),
        np.zeros(4, np.int64),
        np.zeros((4, features.MARKS), np.bool_),
        tables._replace(words=crowded),
    )
    assert found.matrix[:, features.names().index("lexis")].tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize("before", [0, 1, 7, 55, 62, 63, 64, 65, 126, 127, 128])
@pytest.mark.parametrize(
    "word", ["a", "A", "IT", "AbC", "ABc", "x" * 31, "X" * 32, "yZ" * 17, "w" * 70, "don’t", "Ümit"]
)
def test_a_word_is_the_same_wherever_it_stands(before, word):
    texts = [f"{filler * before}{word}{end}" for filler in " a.9" for end in ("", " ", "’", " Then it rained. ", "天")]
    wanted = plain_lines.columns(texts, np.zeros((len(texts), features.MARKS)).tolist(), line_model.load().tables)
    assert columns_of([texts]).matrix.tolist() == [list(in_order(line).values()) for line in wanted]


def test_a_word_is_shouted_when_all_its_letters_are_capitals():
    assert column("shouted-share", ["NEWS NEwS NEW's aB A AB, ABc", "天气NEWS天 ÄÖ"]) == [100 * 3 // 8, 100]
    assert column("capital-share", ["NEWS NEwS NEW's aB A AB, ABc", "天气NEWS天 ÄÖ"]) == [100 * 6 // 8, 100]


LIMITED = """
import resource, sys
from pathlib import Path
from test_line_features import columns_of
columns_of([["One"]])
size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20), -1))
columns_of([eval(sys.argv[1])])
"""


def with_64_megabytes(texts: str) -> str:
    command = [sys.executable, "-c", LIMITED, texts]
    return subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, check=False, text=True).stderr


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does")
def test_a_very_long_line_needs_little_more_memory_than_its_text():
    assert not with_64_megabytes("['The old boat came in, and NOBODY saw it. ' * 400_000]")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does")
@pytest.mark.parametrize("texts", ["['ab'] * 120_000", "[''.join(map(chr, range(0x4e00, 0x9fff))) * 500]"])
def test_too_little_memory_is_an_error_of_python(texts):
    assert with_64_megabytes(texts).endswith("MemoryError: the words and lines of a document are too many\n")
