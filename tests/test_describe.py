"""The columns that describe a document."""

import hashlib
import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.describe import SCHEMA, describe, words
from corpuspress.describe.facts import byline

LINES = st.lists(st.text(max_size=40), max_size=3)
FACTS = st.dictionaries(st.sampled_from(["byline", "published", "rights", "place", "agency", "credit"]), LINES)
TEXT = st.text(max_size=200)
DOCUMENT = st.tuples(TEXT, st.none() | TEXT, FACTS)


def test_one_row_a_text():
    facts = {
        "byline": ("By Ann Example and Bo Sample, Staff Writers",),
        "published": ("May 16, 2024 06:39 AM EDT",),
        "rights": ("© 2024  Example Press. All rights reserved.", "© 2024 Example Press. All rights reserved."),
        "place": ("RIVERTON",),
        "credit": ("Photo: Cy Test", "Graphic: Di Trial"),
    }
    text = "The river rose.\n\nNobody's boat was lost."
    [row] = describe([text], ["River rises"], [facts]).to_pylist()
    assert row.pop("text_sha256") == hashlib.sha256(text.encode()).hexdigest()
    assert str(row.pop("published")) == "2024-05-16"
    assert row == {
        "title": "River rises",
        "byline": "Ann Example; Bo Sample",
        "place": "RIVERTON",
        "agency": None,
        "credit": ["Photo: Cy Test", "Graphic: Di Trial"],
        "rights": ["© 2024 Example Press. All rights reserved."],
        "chars": 40,
        "words": 7,
        "lines": 3,
    }


def test_nothing_to_describe():
    assert describe([], [], []).num_rows == 0
    [row] = describe([""], [None], [{}]).to_pylist()
    assert (row["chars"], row["words"], row["lines"]) == (0, 0, 0)
    assert row["title"] is row["byline"] is row["published"] is None
    assert row["rights"] == row["credit"] == []


@given(st.lists(DOCUMENT, max_size=5))
def test_a_document_is_described_alone(documents):
    texts, titles, facts = ([document[place] for document in documents] for place in range(3))
    table = describe(texts, titles, facts)
    assert table.schema.equals(SCHEMA)
    alone = [describe([text], [title], [fact]) for text, title, fact in documents]
    assert table.to_pylist() == pa.concat_tables([SCHEMA.empty_table(), *alone]).to_pylist()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Ann Example", "Ann Example"),
        ("BY ANN EXAMPLE AND BO SAMPLE", "ANN EXAMPLE; BO SAMPLE"),
        ("By Ann Example, Bo Sample and Cy Test", "Ann Example; Bo Sample; Cy Test"),
        ("By Ann Example, Staff Writer", "Ann Example"),
        ("By Ann Example | Example Press", "Ann Example"),
        ("By Ann Example May 16, 2024 06:39 AM EDT", "Ann Example"),
        ("By Ann Example @ann", "Ann Example"),
        ("By ANN EXAMPLE ( @ann ) and BO SAMPLE ( @bo )", "ANN EXAMPLE; BO SAMPLE"),
        ("By Ann Example (ann@example.org)", "Ann Example"),
        ("By Ann Example, Center for Own Studies", "Ann Example"),
        ("By Ann Example for Example Press", "Ann Example"),
        ("By Ann Example // Example Journal", "Ann Example"),
        ("By the end of that night it was lost.", None),
        ("Written by Ann Example", "Ann Example"),
        ("By Ann-Marie d'Example Jr.", "Ann-Marie d'Example Jr."),
        ("By Ann Example.", "Ann Example"),
        ("By A. B. Example, M.D.", "A. B. Example, M.D."),
        ("Example, Ann", "Example, Ann"),
        ("By Ursula von der Probe", "Ursula von der Probe"),
        ("Von Eva Muster und Max Probe", "Eva Muster; Max Probe"),
        ("Par Anne Essai", "Anne Essai"),
        ("Por Ana Ejemplo", "Ana Ejemplo"),
        ("Автор: Анна Пример", "Анна Пример"),
        ("作者：李样", "李样"),
        ("بقلم: مثال علي", "مثال علي"),
        ("Vonda Example", "Vonda Example"),
        ("Byron Example", "Byron Example"),
        ("By", None),
        ("12:30", None),
        ("", None),
    ],
)
def test_bylines(line, names):
    assert byline([line]) == names
    if names and "," not in names and not names.startswith("A. B."):
        assert byline(names.split("; ")) == names


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("one", 1),
        ("Don't panic: it's 3.50 now", 6),
        ("state-of-the-art", 4),
        ("'quoted'", 1),
        ("Straße, naïve, e\u0301te\u0301", 3),
        ("今天天气", 4),
        ("日本のPython 3", 5),
        ("กขค", 3),
        ("اردو\u200cزبان ہے", 2),
        ("हिन्दी भाषा", 2),
        ("한국어 문장", 2),
        ("𝐀𝐁 \U00020000\U00020001", 3),
    ],
)
def test_words(text, count):
    assert words.count([text]).words.tolist() == [count]
    assert words.count(["a b", text, "c"]).words.tolist() == [2, count, 1]


WORDS = [*"a1'’é \n-[`{", "don't ask", "eight o'clock", "'" * 9]


@given(st.lists(st.sampled_from(WORDS) | st.text(st.characters(max_codepoint=0x2FF))).map("".join))
def test_words_of_alphabets_are_runs(text):
    def kind(letter):
        return "x" if unicodedata.category(letter)[0] in "LNM" else letter

    plain = "".join(map(kind, text))
    assert words.count([text]).words.tolist() == [len(re.findall("x+(?:['’]x+)*", plain))]


def test_inside_words_stand_letters_numbers_and_marks():
    others = {"'": 1, "’": 1, "\u200c": 1, "\u200d": 1}
    alone = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u30ff\u31f0-\u31ff"
    alone += "\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d]"

    def wanted(letter):
        group = unicodedata.category(letter)[0]
        return 3 if group in "LN" and re.match(alone, letter) else 1 if group in "LNM" else 2

    letters = list(map(chr, range(0x20000)))
    counts = words.count([f"a{letter}b" for letter in letters]).words.tolist()
    assert counts == [others.get(letter) or wanted(letter) for letter in letters]


def test_beyond_the_planes_of_letters_nothing_stands_inside_words():
    texts = ["a\U00020000b", "a\U0003fffeb", "a\U0003ffffb", "a\U0010ffffb"]
    assert words.count(texts).words.tolist() == [3, 3, 2, 2]


@given(st.lists(st.text(st.characters(exclude_categories=())), max_size=4))
def test_characters_and_lines(texts):
    counted = words.count(texts)
    assert counted.characters.tolist() == list(map(len, texts))
    assert counted.lines.tolist() == [len(text.split("\n")) if text else 0 for text in texts]
