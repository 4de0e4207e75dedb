"""Lines that hold a whole page."""

import random
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_build import story
from test_clean import FURNITURE, PROSE

from corpuspress import clean
from corpuspress.cleaning import one_line, rules, signs
from corpuspress.cleaning.gates import Folded
from corpuspress.cleaning.matching import Matcher, Pattern
from corpuspress.cleaning.title import STOPS, is_ended
from corpuspress.model import Line, replay, restore, split
from corpuspress.recipe import Boilerplate, Recipe, RuleTable

TITLE = "Ferry line to close after ninety years on the water"
ARTICLE = [
    "The ferry across the old harbour will stop at the end of the month, the town council decided on Tuesday evening.",
    "“Nobody asked us,” said the captain, who has steered the boat for thirty years and knows every stone of the quay.",
    "Bakers, teachers and two foxes wait at the landing each morning, and none of them will walk around the bay.",
    "What the boats will be sold for is not known; the islanders have offered to pay for the paint and for the ropes.",
    "Mr. Miller of the Harbour Trust, who lives in St. Anne, said on Sept. 3 that the bridge would stay open at night.",
    "The council will meet again in October, when the leaves are down and the wind is up, and hear the islanders.",
    "Until then the old boat goes on as it has gone on since the year in which the lighthouse was lit.",
    "Its engine was built by two brothers in a shed behind the church, and has been mended with wire since, she said.",
    "In winter the crossing takes an hour, because the ice has to be broken by hand, and then the passengers sing.",
    "On the last evening everybody who wants to will be taken across for nothing, and brought back before midnight.",
]
MENU = (
    "Harbour Post Home News Sport Weather Business Opinion Culture Travel Jobs Video Podcasts Newsletters Games Shop "
    "Tickets Log In Sign Up Subscribe Search Contact Us About Us Privacy Policy Terms Of Use Help Sitemap"
)
FOOT = [
    "Leave a Reply",
    "Your email address will not be published. Required fields are marked *",
    "© 2021 The Harbour Post. All rights reserved.",
]
PLAIN = Recipe()
PROSE_ONLY = " ".join(ARTICLE)
PAGE = " ".join([MENU, TITLE, *ARTICLE[:5], "Advertisement.", *ARTICLE[5:], *FOOT])


def both_ways(text: str, recipe: Recipe = PLAIN) -> str:
    """The clean text, once the audit has led there and back."""
    source, found = split(text)[0], clean(text, recipe)
    assert replay(source, found.edits) == found.text
    assert restore(found.text, found.edits) == source
    again = clean(found.text, recipe)
    assert again.text == found.text
    assert not again.edits
    return found.text


def test_a_page_in_one_line_becomes_its_article():
    text = both_ways(PAGE)
    assert all(sentence in text for sentence in ARTICLE)
    assert TITLE in text
    for part in ("Podcasts", "Sitemap", "Advertisement", "Leave a Reply", "Your email address", "All rights"):
        assert part not in text


@pytest.mark.parametrize("parts", [2, 3])
def test_so_does_one_in_a_few_lines(parts):
    lines = [MENU, TITLE, *ARTICLE, *filter(None, story(1).split("\n")[1:]), *FOOT]
    cuts = [len(lines) * part // parts for part in range(parts + 1)]
    text = both_ways("\n".join(" ".join(lines[cuts[part] : cuts[part + 1]]) for part in range(parts)))
    assert all(sentence in text for sentence in ARTICLE)
    assert "Leave a Reply" not in text


def test_the_edit_says_what_went_and_why_and_what_it_says_is_kept():
    found = clean(PAGE)
    [edit] = [edit for edit in found.edits if edit.rule == one_line.RULE]
    assert edit.step == "boilerplate"
    assert edit.before == PAGE
    assert "“Leave a Reply”: The heading of a site's comment form" in edit.evidence
    assert set(edit.after.split()) <= set(PAGE.split())
    assert any("Harbour Post" in value for value in found.facts["rights"])


def test_one_rule_alone_gives_its_name():
    found = clean(" ".join([*ARTICLE, "Leave a Reply"]))
    assert [edit.rule for edit in found.edits] == ["reply-form"]
    assert found.text == PROSE_ONLY


@pytest.mark.parametrize(
    "text",
    [
        PROSE_ONLY,
        " ".join([TITLE, PROSE_ONLY]),
        PROSE_ONLY * 5,
        " ".join(story(number) for number in range(3)).replace("\n", " "),
        " ".join([*ARTICLE[:5], "He left a reply on the table, and Read More Books stood on her door.", *ARTICLE[5:]]),
        " ".join(
            [
                "The list names Ann Field, Bo Heron, Cy Marsh, Di Reed, Ed Brook, Flo Hill, Gus Vale and Hal Moor.",
                *ARTICLE,
            ]
        ),
        " ".join([*ARTICLE[:5], "They read the Advertisement Standards Authority Handbook Of The Year.", *ARTICLE[5:]]),
        "镇议会星期二晚上决定，运行了九十年的老港渡轮将在本月底停航，乘客将改乘公共汽车过桥。" * 30,
        "Das alte Boot fährt seit neunzig Jahren jeden Morgen über den Hafen, und niemand will zu Fuß gehen. " * 15,
    ],
)
def test_prose_in_one_line_loses_no_word(text):
    assert not one_line.propose([Line(text)], 1).edits


def test_a_rule_that_takes_whatever_follows_does_not_take_the_article():
    sentence = "Read more: the council will meet again when the leaves are down and it will hear all the islanders."
    text = " ".join([*ARTICLE[:4], sentence, *ARTICLE[4:]])
    assert both_ways(text) == text


def test_what_is_no_article_is_left_alone():
    assert not one_line.propose([Line(" ".join([MENU] * 6))], 1).edits


def test_paragraphs_of_an_article_are_not_looked_at():
    lines = [Line(f"{PROSE_ONLY} Leave a Reply", number) for number in range(1, 6)]
    assert not one_line.propose(lines, 1).edits
    assert not one_line.propose([Line(" ".join([*ARTICLE[:4], "Leave a Reply"]))], 1).edits


def test_it_can_be_switched_off():
    for recipe in (Boilerplate(enabled=False), Boilerplate(model=False, without=("reply-form",))):
        assert "Leave a Reply" in clean(" ".join([*ARTICLE, "Leave a Reply"]), Recipe(boilerplate=recipe)).text


def test_rules_of_ones_own_act_inside_a_line():
    row = """
[[rule]]
name = "harbour-bell"
family = "navigation"
reason = "The line under every story."
pattern = 'Ring the Harbour Bell'
removes = ["Ring the Harbour Bell"]
keeps = ["Ring the harbour bell."]
"""
    recipe = Recipe(boilerplate=Boilerplate(rules=(RuleTable(row),)))
    text = " ".join([*ARTICLE[:5], "Ring the Harbour Bell", *ARTICLE[5:]])
    assert both_ways(text, recipe) == PROSE_ONLY
    assert both_ways(text) == text


def test_pieces_hold_the_whole_line():
    for text in (PAGE, PROSE_ONLY, MENU, " ", "", "a", "© 2021 | b"):
        spans = one_line.pieces([text], rules.of(()))[0]
        assert "".join(text[slice(*span)] for span in spans) == text


def test_a_document_is_judged_the_same_in_any_batch():
    lines = [Line(PAGE, 1, 0), Line(PROSE_ONLY, 1, 1), Line(PAGE, 1, 3)]
    found = one_line.propose(lines, 4)
    alone = one_line.propose(lines[:1], 1)
    assert [edit._replace(document=0) for edit in found.edits] == [*alone.edits, *alone.edits]
    assert found.facts[0] == found.facts[3] == alone.facts[0]
    assert found.facts[1] == {}


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(0, 10), st.integers(1, 3))
def test_any_page_is_audited_there_and_back_and_cleaned_for_good(chance: random.Random, furniture: int, lines: int):
    parts = [*ARTICLE, *PROSE[:4], *(chance.choice([*FURNITURE, *FOOT, MENU]) for _ in range(furniture))]
    chance.shuffle(parts)
    cuts = sorted(chance.sample(range(1, len(parts)), lines - 1))
    rows = [parts[start:end] for start, end in zip([0, *cuts], [*cuts, len(parts)], strict=True)]
    text = both_ways("\n".join(" ".join(row) for row in rows))
    assert all(sentence in text for sentence in ARTICLE)


def test_documents_are_looked_at_in_small_groups(monkeypatch):
    lines = [Line(f"{text} {number}", 1, number) for number, text in enumerate([PAGE, PROSE_ONLY, PAGE, PAGE])]
    together = one_line.propose(lines, 4)
    seen: list[int] = []
    look = one_line._look
    monkeypatch.setattr(one_line, "_look", lambda own, *rest: seen.append(len(own)) or look(own, *rest))
    for most, groups in ((1, [1, 1, 1, 1]), (len(PAGE) + len(PROSE_ONLY) + 4, [2, 1, 1]), (10**6, [4])):
        monkeypatch.setattr(one_line, "TOGETHER", most)
        seen.clear()
        assert one_line.propose(lines, 4) == together
        assert seen == groups


def test_what_goes_is_the_same_when_every_document_is_judged(monkeypatch):
    texts = [PAGE, PROSE_ONLY, f"{PROSE_ONLY} Leave a Reply.", f"Advertisement. {PROSE_ONLY}", f"{PROSE_ONLY} Log In"]
    lines = [Line(text, 1, number) for number, text in enumerate(texts)]
    found = one_line.propose(lines, len(lines))
    monkeypatch.setattr(one_line, "_worth", lambda folded, kinds, spans, known: set(spans.number.tolist()))
    assert one_line.propose(lines, len(lines)) == found


def stretches_of(sentences):
    """The text that `cuts` works on, and the words and stretches that it finds there."""
    text, places, at = " ".join(sentences), [], 0
    for sentence in sentences:
        places.append((at, at + len(sentence)))
        at += len(sentence) + 1
    sides = np.array(places, np.int64).reshape(-1, 2)
    words = signs.words_of(signs.kinds_of(text), sides)
    return text, words, one_line._between_capitals(words, sides, np.full(len(sentences), one_line.INNER_WORDS))


def test_short_stretches_inside_a_sentence_are_tried_where_a_rule_may_name_them():
    text, _, stretches = stretches_of(["One two. ", "The Boat Of Ann And Bo went Out."])
    spans = {text[start:stop].strip() for start, stop in zip(stretches.start, stretches.stop, strict=True)}
    assert {"The", "The Boat", "Boat Of Ann And", "Out.", "Boat Of Ann And Bo went Out."} <= spans
    assert not {"Boat", "Ann And", "Boat Of Ann"} & spans
    assert spans == {text[start:stop] for start, stop in zip(stretches.begin, stretches.end, strict=True)}


ODD = 'Ab cD, 12: Éé İı ſ ß Ⓐ ² ١٢ 版权所有。他 ©| \u00a0\u3000\t–•("“”.'
SOME = [*ARTICLE, *PROSE, *FURNITURE, *FOOT, MENU, "Photos: Ann Of The Bay 12 of 40 Photos", "版权所有。Read More", ODD]


@settings(max_examples=150)
@given(st.lists(st.one_of(st.text(ODD, max_size=40), st.sampled_from(SOME)), max_size=8))
def test_words_are_what_white_space_parts_and_their_first_letter_tells_capitals(sentences):
    text, words, stretches = stretches_of(sentences)
    found = [text[begin:end] for begin, end in zip(words.begin, words.end, strict=True)]
    assert found == [word for sentence in sentences for word in sentence.split()]
    firsts = [next(filter(str.isalnum, word), "") for word in found]
    assert words.capital.tolist() == [first.isupper() or first.isdigit() for first in firsts]
    assert words.parts.tolist() == [word.endswith((",", ";", ":")) for word in found]
    assert words.sentence.tolist() == [at for at, sentence in enumerate(sentences) for _ in sentence.split()]
    assert all(0 < length <= one_line.REACH for length in (stretches.end - stretches.begin).tolist())


@settings(max_examples=150)
@given(st.lists(st.one_of(st.text(ODD, max_size=40), st.sampled_from(SOME)), max_size=8))
def test_a_text_searched_once_tells_what_each_stretch_searched_alone_does(sentences):
    known = rules.of(())
    text, _, stretches = stretches_of(sentences)
    begin, end = stretches.begin, stretches.end
    found = list(known.matcher.match_stretches(Folded.of(text), begin, end, known.takes))
    parts = [text[start:stop] for start, stop in zip(begin, end, strict=True)]
    hits = known.matcher.match(parts)
    some = known.takes[hits.rule]
    assert sorted(found) == list(zip(hits.line[some].tolist(), hits.rule[some].tolist(), strict=True))


@settings(max_examples=150)
@given(st.lists(st.sampled_from(["Ann", "one,", "two", "One", "Of", "3", "aa", "b", "-", "|"]), max_size=30), st.data())
def test_patterns_that_look_around_are_tried_at_every_end(parts, data):
    texts = [
        r"Ann\b.*",
        r"(?i)one, .{0,20}\b",
        r"\w+ two$",
        r"^One",
        r"One(?= ?3?).*",
        r"a++ ?b*",
        r"(?i:o[^b]+) 3",
        r"aa|aa b",
        r"[-* ]*(?:- |\|)?\|",
        r"[-* ]*[|-]? ?one,?",
    ]
    matcher = Matcher([Pattern(text, longest=12 * (at % 3)) for at, text in enumerate(texts)])
    text, places = " ".join(parts), []
    for at in range(len(parts)):
        stop = data.draw(st.integers(at, min(at + 6, len(parts) - 1)))
        start = sum(map(len, parts[:at])) + at
        places += [(start, start + len(" ".join(parts[at : end + 1]))) for end in range(at, stop + 1)]
    begin, end = np.array(places, np.int64).reshape(-1, 2).T
    found = matcher.match_stretches(Folded.of(text), begin, end, np.ones(len(texts), np.bool_))
    hits = matcher.match_plainly([text[start:stop] for start, stop in places])
    assert sorted(found) == list(zip(hits.line.tolist(), hits.rule.tolist(), strict=True))


@settings(max_examples=150)
@given(st.lists(st.sampled_from(["Ann", "Of", "the", "Ann of the", "Bay,", "sails", "12", "Post"]), max_size=60))
def test_runs_of_capitals_are_looked_for_only_where_there_may_be_one(parts):
    text, words, _ = stretches_of([" ".join(parts), MENU, " ".join(reversed(parts))])
    every = []
    for number in range(3):
        own = np.flatnonzero(words.sentence == number).tolist()
        rows = [(text[words.begin[at] : words.end[at]], int(words.begin[at]), bool(words.capital[at])) for at in own]
        every += list(one_line._around(rows))
    assert list(one_line._around_runs(text, words)) == every


MARKS = "|·•»›→▪●■✓©"
ENDS = (r"[.!?…][\"'”’»)\]]*\s+", rf"[{STOPS}]+[”’」』）]*\s*", rf"\s(?=[{MARKS}])")
SHORT = re.compile(r"(?:^|[\s.(])[^\W\d_]{1,4}\.\s*$")


def plain_sentences(text):
    """The definition, by expressions."""
    cuts = {0, len(text)}
    for end in {match.end() for pattern in ENDS for match in re.finditer(pattern, text)}:
        rest = text[end : end + 4].lstrip("\"'“‘«([")
        short = SHORT.search(text[max(end - 8, 0) : end])
        if not rest[:1].islower() and not (short and short[0].strip(" (.")[:1].isupper()):
            cuts.add(end)
    return [text[start:stop] for start, stop in pairwise(sorted(cuts))]


def plain_no_sentence(text):
    if is_ended(text):
        return False
    firsts = [next(filter(str.isalnum, word), "") for word in text.split()]
    capitals = sum(first.isupper() or first.isdigit() for first in firsts)
    return 2 * capitals > len(firsts) or text.lower() == text.upper()


TEXTS = st.text(
    st.one_of(st.sampled_from('AaB. .!?…"”）(|©·。？」 \t\u00a0é1²_,\0\ud800😀\n'), st.characters()), max_size=60
)


@settings(max_examples=300)
@given(TEXTS)
def test_sentences_are_those_of_the_plain_definition(text):
    assert signs.sentences_of(text) == plain_sentences(text)


@settings(max_examples=300)
@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_pieces_are_bared_and_judged_as_plainly_said(text, start, stop):
    start, stop = sorted((min(start, len(text)), min(stop, len(text))))
    begin, end = signs.bare(signs.kinds_of(text), np.array([start], np.int64), np.array([stop], np.int64))
    bare = text[start:stop].strip().lstrip(MARKS[:-1]).lstrip()
    assert text[begin[0] : end[0]] == bare
    assert signs.is_no_sentence(bare) == plain_no_sentence(bare)


def test_sentences_are_cut_alike_whatever_stands_beside_them():
    known, sentences = rules.of(()), [sentence for text in (PAGE, *SOME) for sentence in signs.sentences_of(text)]
    assert one_line.cuts(sentences, known) == [cut for one in sentences for cut in one_line.cuts([one], known)]


def test_a_document_without_long_lines_is_left_alone_beside_one_with_them():
    long = " ".join(["The harbour lay quiet, and nobody spoke of the boats."] * 12)
    lines = [Line("Short.", 1, 0), Line("Short too.", 1, 2), Line(long, 2, 2), Line("Also short.", 1, 5)]
    assert list(one_line._own(lines)) == [(2, lines[1:3], {2})]


@pytest.mark.parametrize(
    "text", ["ቤቱ ትልቅ ነው። ልጁ ደስተኛ ነው።", "ផ្ទះធំ។ ក្មេងសប្បាយ។", "房子很大。孩子很高兴。", "It rained. We left."]
)
def test_a_line_is_cut_where_sentences_end_in_its_script(text):
    [spans] = one_line.pieces([text], rules.of(()))
    assert len(spans) == 2
    assert not any(signs.is_no_sentence(text[slice(*span)].strip()) for span in spans)


def test_a_sentence_that_comes_back_as_it_was_is_cut_once(monkeypatch):
    asked = []
    cuts = one_line.cuts
    monkeypatch.setattr(one_line, "cuts", lambda some, known: (asked.append(list(some)), cuts(some, known))[1])
    cut = {}
    lines = [Line(PROSE_ONLY, 1, 0), Line(PROSE_ONLY, 1, 1)]
    first = one_line.propose(lines, 2, cut=cut)
    assert one_line.propose([*lines, Line(f"{PROSE_ONLY} They left.", 1, 2)], 3, cut=cut).edits == first.edits
    assert "".join(asked[0]) + " " == PROSE_ONLY.replace(ARTICLE[-1], ARTICLE[-1] + " ")
    assert asked[1:] == [[f"{ARTICLE[-1]} ", "They left."]]
