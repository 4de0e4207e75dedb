import json
from pathlib import Path

import numpy as np
import plain_lines
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpuspress.cleaning import characters, line_model, rules
from corpuspress.cleaning.matching import Hits
from corpuspress.cleaning.segments import segments
from corpuspress.model import Line

PAGE = """Harbour Gazette
Home
News
Sport
Weather
Log in
Subscribe
Ferry returns after forty days in the yard
The ferry left the yard on Tuesday morning, forty days later than planned, and nobody waved.
"We had hoped for a band," said the captain, who has sailed the strait for thirty years.
The repair cost twice what the council had set aside, and the difference will come out of the road budget.
Passengers who had bought season tickets will be paid back before the end of the month, the council said.
What comes next
A second ferry is to follow in spring, if the yard can find the steel that the first one needed.
Share this
Tweet
Related stories
Old pier to be torn down
Council meets on Monday
Ten walks along the coast
Privacy policy
Contact us
© 2020 Harbour Gazette"""

WRAPPED = """The harbour of the small town was closed on Monday because the
ice had come early this year and the pilots did not want to
wait for the tug that had been promised to them last autumn.
A spokesman for the port said that nothing was lost, that
the grain could wait, and that the pilots would be paid as if
they had worked through the whole of the week."""


def lines_of(text: str, document: int = 0) -> list[Line]:
    return [Line(part, number, document) for number, part in enumerate(text.split("\n"), 1)]


def probabilities(lines: list[Line]) -> np.ndarray:
    return line_model.score(lines, rules.match([line.text for line in lines]), rules.of(())).probability


def test_the_article_is_told_from_the_page() -> None:
    scored = dict(zip(PAGE.split("\n"), probabilities(lines_of(PAGE)).tolist(), strict=True))
    prose = [text for text in scored if text.endswith(".")]
    assert min(scored[text] for text in prose) > 0.5
    assert max(scored[text] for text in ("Home", "Sport", "Subscribe", "Tweet", "Contact us")) < 0.2


def test_blank_lines_are_no_suspects() -> None:
    lines = lines_of("Home\n\n \nThe boat came in at noon, and the whole village stood on the pier to see it.")
    scores = line_model.score(lines, rules.match([line.text for line in lines]), rules.of(()))
    assert scores.probability[1:3].tolist() == [1.0, 1.0]
    assert scores.words[1:3].tolist() == [0, 0]


def test_nothing_in_nothing_out() -> None:
    assert len(probabilities([])) == 0
    assert probabilities(lines_of("\n\n")).tolist() == [1.0, 1.0, 1.0]


WORDS = ["Home", "the", "Zürich", "2020", "und", "天气很好。", "مرحبا", "said", "Share", "|", "—", "!", "“", "café", ""]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join), min_size=1, max_size=12).map("\n".join)


@settings(max_examples=40)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_a_document_is_judged_by_its_own_lines_alone(texts: list[str]) -> None:
    together = [line for document, text in enumerate([*texts, PAGE]) for line in lines_of(text, document)]
    alone = [probabilities(lines_of(text)) for text in [*texts, PAGE]]
    assert probabilities(together).tolist() == np.concatenate(alone).tolist()


def test_any_text_can_be_scored() -> None:
    lines = lines_of("\ufffd\n\U0010ffff\n" + "x" * 40_000 + "\n\x00\x01")
    assert ((probabilities(lines) >= 0) & (probabilities(lines) <= 1)).all()


def test_the_file_is_small_and_says_what_it_was_trained_on() -> None:
    path = Path(line_model.__file__).with_name("line_model.json")
    assert path.stat().st_size < 300_000
    record = json.loads(path.read_text(encoding="utf-8"))["record"]
    assert len(record["pages_sha256"]) == 64
    assert record["seed"] == 1


def test_word_hashes_are_those_of_the_plain_definition() -> None:
    tables = line_model.load().tables
    words = ["weather", "Weather", "天气", "天", "x" * 31, "x" * 32, "Xy" * 20, "𐐀𐐨"]
    wanted = [next(plain_lines.words_of(word, tables)).key for word in words]
    assert characters.word_keys(words, tables.classes, tables.fold).tolist() == wanted
    assert wanted[0] == wanted[1]


def test_a_word_without_letters_has_no_hash() -> None:
    tables = line_model.load().tables
    with pytest.raises(ValueError, match="letter"):
        characters.word_keys(["12"], tables.classes, tables.fold)


def test_wrapped_paragraphs_are_judged_as_one() -> None:
    parts = segments(lines_of(WRAPPED))
    assert parts.of_line.tolist() == [0, 0, 0, 1, 1, 1]
    assert parts.texts.strings()[0].startswith("The harbour of the small town was closed on Monday because the ice")


def test_a_page_is_not_taken_for_wrapped() -> None:
    assert len(segments(lines_of(PAGE)).documents) == len(PAGE.split("\n"))


def test_a_model_of_other_columns_is_refused() -> None:
    data = json.loads(Path(line_model.__file__).with_name("line_model.json").read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="columns of a model"):
        line_model.model({**data, "columns": data["columns"][::-1]})


@pytest.mark.parametrize("classes", [[0x110000, characters.CLASSES], [0x10FFFF, 1]])
def test_every_character_must_have_a_class_that_there_is(classes: list[int]) -> None:
    with pytest.raises(ValueError, match="expected 1114112 classes below 17"):
        line_model.tables({"classes": classes, "stops": ""})


def test_classes_in_which_other_signs_of_ascii_are_letters_are_refused() -> None:
    with pytest.raises(ValueError, match="only letters of ASCII"):
        line_model.tables({"classes": [0x110000, characters.LOWER], "stops": ""})


def test_marks_tell_families_and_strengths_of_the_rules_that_hit_a_line() -> None:
    hits = Hits(*(np.array(column) for column in ([0, 1, 1, 2], [3, 0, 2, 3], [0] * 4, [1] * 4)))
    known = rules.of(())
    rows = line_model.marks(hits, 3, known)
    for line, row in enumerate(rows.tolist()):
        own = [known.rules[rule] for rule in hits.rule[hits.line == line].tolist()]
        families = [
            any(rule.family == name and rule.strength != "keep" for rule in own) for name in line_model.FAMILIES
        ]
        strengths = [any(rule.strength == name for rule in own) for name in ("strong", "edge")]
        assert row == [*families, *strengths, any(rule.opens for rule in own)]
