"""A gate marks what its conditions say, and a text that matches a pattern is never without the mark of it."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpuspress.cleaning import layout, pairs, repair
from corpuspress.cleaning.pairs import Condition, conditions, gate, marks_of
from corpuspress.recipe import Layout, Repair

WANTED = (
    Condition(1, "[a-cé]"),
    Condition(2, "[\u3000-\u30ff\ud800]", "é"),
    Condition(4, "\n", "[ \t]"),
    Condition(8, "[^\\x00-\xff]", "[^\x00-\uffff]"),
    Condition(16, "\U0001d400"),
)
LETTERS = "abcdé \t\n\0\x7f\x80ÿĀ\u2fff\u3000\u30ff\u3100\ud800\uffff\U00010000\U0001d400\U0010ffff"


def plainly_marked(text, wanted):
    """The marks of a text; what stands for all code points from U+10000 on is what stands for any of them."""
    beyond = "\U00010000\U0001d400\U0010ffff"

    def is_in(letter, name):
        return any(re.fullmatch(name, one) for one in (beyond if letter > "\uffff" else letter))

    found, edged = 0, f"\n{text}\n"
    for before, here in pairwise(edged):
        for condition in wanted:
            if is_in(here, condition.here) and (condition.before is None or is_in(before, condition.before)):
                found |= condition.mark
    return found


@given(st.lists(st.text(st.sampled_from(LETTERS), max_size=8) | st.text(st.sampled_from("abcd \t\x7fé"), max_size=40)))
def test_marks_are_those_of_the_plain_definition(texts):
    assert marks_of(texts, gate(WANTED)).tolist() == [plainly_marked(text, WANTED) for text in texts]


def test_every_character_is_of_the_classes_that_it_is_in():
    some = (*repair.conditions(Repair()), *layout.conditions(Layout()))
    letters = list(map(chr, range(0x10000)))
    texts = [f"\U0001d400{letter}" for letter in letters]
    for name in dict.fromkeys(condition.here for condition in some):
        inside = np.zeros(len(letters), bool)
        inside[[at for at, letter in enumerate(letters) if re.match(name, letter)]] = True
        assert np.array_equal(marks_of(texts, gate((Condition(1, name, "\U0001d400"),))) > 0, inside), ascii(name)


@pytest.mark.parametrize(
    "pattern",
    [
        "a|b",
        "&#?[a-z]{1,3};",
        "[ab]\\s?é[ab]|^é ",
        "é.[a]",
        "\\[é\\]+x",
        "xy?z??é",
        "(?:a|é)b",
        "a{0,2}é",
        "é*b",
        "\\d|a",
        "",
    ],
)
def test_no_match_of_a_pattern_is_without_its_mark(pattern):
    tables = gate(tuple(conditions(pattern, 1)))

    @settings(max_examples=60)
    @given(st.from_regex(pattern).filter(lambda text: text.strip("\n")))
    def check(text):
        assert marks_of([text], tables).tolist() == [1]

    check()


def test_a_pattern_that_is_not_understood_marks_every_line():
    for pattern in ("(a)", "\\bx", "\\u0041", "[\\d]", "a{b"):
        assert conditions(pattern, 1) == [Condition(1, pairs.ANY)]
    assert marks_of(["", "x", "é"], gate((Condition(1, pairs.ANY),))).tolist() == [0, 1, 1]


def test_a_gate_without_conditions_marks_nothing():
    assert marks_of(["", "x", "é"], gate(())).tolist() == [0, 0, 0]


def test_a_gate_may_tell_many_kinds_of_characters_apart():
    several = [chr(0x400 + number) for number in range(300)]
    tables = gate(tuple(Condition(1 + number % 7, letter, letter) for number, letter in enumerate(several)))
    assert marks_of([2 * letter for letter in several], tables).tolist() == [1 + number % 7 for number in range(300)]
    assert not marks_of(["".join(several)], tables).any()


def test_bytes_that_are_no_text_are_read_within_their_bounds():
    data = np.frombuffer(b"\xf0\xe0\xc3\xff\x80" * 5, np.uint8)
    assert len(pairs.marks(data, np.arange(len(data) + 1), gate(WANTED))) == len(data)
