import re
from string import ascii_uppercase

import pytest

from corpuspress.cleaning import literals, rules
from corpuspress.cleaning.literals import END, Literal, fold, required

PLANE = [chr(code) for code in range(0x20, 0x10000) if not 0xD800 <= code < 0xE000]


def literals_of(pattern: str, match: str = "line") -> set[Literal]:
    return {literal for way in required(pattern, match) or () for needs in way for literal in needs}


def texts(pattern: str, match: str = "line") -> set[str]:
    return {literal.text for literal in literals_of(pattern, match)}


def test_a_line_holds_one_of_the_literals_of_its_pattern():
    assert required("(?i)Leave a reply", "line") == [({Literal("leave a ", True)},)]
    assert texts("(?:share|print)") == {"share" + END, "print" + END}
    assert texts(r"(?i)\w+ contributed to this report\.?", "start") == {
        " contributed to this report",
        " contributed to this report.",
    }


def test_signs_in_front_of_the_first_word_do_not_hide_it():
    assert required(r"[-–* ]*follow us.*", "line") == [({Literal("follow u", True)},)]
    assert not any(literal.anchored for literal in literals_of(r"[-–*a-z]*follow us.*"))


def test_each_way_to_match_has_needs_of_its_own():
    ways = "(?:written and edited by .{3,80} in the .{3,40} office|photographs kindly lent by .{3,60})"
    first, second = required(rf"\W*{ways}\W*", "line") or ()
    assert first[:2] == ({Literal("written and edited by ", False)}, {Literal(" office", False)})
    assert second == ({Literal("photographs kindly lent by ", False)},)


def test_what_stands_in_frequent_words_is_asked_for_last():
    [way] = required(r"[A-Z]\w+ (?:with the|from the) [A-Z]\w+, Harbour", "line") or ()
    assert [{text for text, _ in needs} for needs in way] == [{", harbour" + END}, {" with the ", " from the "}]


def test_digits_count_as_one_and_short_repeats_are_told_apart():
    assert texts(r"[0-9]{1,2} ?June.*", "start") == {"0 june", "00 june", "0june", "00june"}
    assert texts(r"[0-9]+ [Mm]iles?", "start") == {"0", " mile", " miles"}


def test_signs_in_front_are_passed_over_whatever_else_may_stand_there():
    found = literals_of(r"[-–* ]*(?:- |\[)?follow us.*")
    assert found == {Literal(text, True) for text in ("follow", "follow ", "follow u")}


def test_the_end_of_a_line_counts_as_a_character():
    assert texts(r"\S+/AP", "end") == {"/ap" + END}


@pytest.mark.parametrize("pattern", [r"\w*", ".{3,}", r"(?:a|\w)b", "[a-z]+", "(?:abc)?"])
def test_what_can_do_without_a_literal_has_none(pattern):
    assert required(pattern, "start") is None


def test_fold_makes_one_of_what_ignorecase_holds_equal():
    known = {character for rule in rules.load() for character in rule.pattern if character.isalpha()}
    letters = sorted(known | set("abcdefghijklmnopqrstuvwxyzıİſµςσθφπκρεβ"))
    plane = "".join(PLANE)
    folded = dict(zip(plane, fold(plane), strict=True))
    for letter in letters:
        for equal in re.findall(f"(?i){letter}", plane):
            assert folded[equal] == folded[letter], (letter, equal)


def test_fold_leaves_no_capital_for_gates_to_stumble_over():
    assert not set(fold("".join(PLANE))) & set(ascii_uppercase)


def test_the_alternatives_stay_few():
    month = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    found = literals_of(
        rf"(?i)(?:(?:mon|tue|wed)[a-z]*\.?,? )?(?:{month} [0-9]{{1,2}}|[0-9]{{1,2}} {month}) (?:19|20).*", "line"
    )
    assert found
    assert len(found) <= literals.LARGEST
