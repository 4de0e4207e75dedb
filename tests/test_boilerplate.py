from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_line_model import PAGE, WRAPPED, lines_of

from corpuspress.census import Census, fold
from corpuspress.cleaning import boilerplate, clean, decision, line_model, rules
from corpuspress.model import Edit, apply
from corpuspress.recipe import Boilerplate, Recipe

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
CERTAIN = (
    "End of Article", "FOLLOW US", "Leave a Reply", "Your email address", "READ NEXT:", "READ MORE:", "©",
    "Join the Conversation", "Real Time Analytics",
)  # fmt: skip


def proposed(text: str, **options: object) -> boilerplate.Proposal:
    return boilerplate.propose(lines_of(text), 1, Boilerplate(**options))  # type: ignore[arg-type]


def left(text: str, **options: object) -> list[str]:
    lines = lines_of(text)
    return [line.text for line in apply(lines, proposed(text, **options).edits)]


def test_a_page_becomes_its_article() -> None:
    kept = left(PAGE)
    article = PAGE.split("\n")[8:14]
    assert [text for text in article if text.endswith(".")] == [text for text in kept if text.endswith(".")]
    assert not {"Home", "Sport", "Log in", "Tweet", "Privacy policy", "© 2020 Harbour Gazette"} & set(kept)


def test_a_clean_text_is_left_alone() -> None:
    text = "\n".join(PAGE.split("\n")[7:14])
    assert proposed(text).edits == []


def test_the_model_is_not_asked_about_plain_lines_of_rules_among_prose(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    score = line_model.score
    monkeypatch.setattr(line_model, "score", lambda some, *rest: (judged.append(len(some)), score(some, *rest))[1])
    paragraph = "The harbour master said on Tuesday that the ferry would sail again when the wind had gone down. " * 6
    text = "\n".join(["Ferry to sail again", *[paragraph.strip()] * 5, "Leave a Reply"])
    [edit] = boilerplate.propose(lines_of(text), 1, Boilerplate(), None, [1]).edits
    assert (edit.before, edit.score, judged) == ("Leave a Reply", None, [0])
    [edit] = boilerplate.propose(lines_of(text), 1, Boilerplate(), None, [None]).edits
    assert (edit.before, judged) == ("Leave a Reply", [0, 7])
    assert edit.score is not None


TALK = ["Did you bring the rope?", "No.", "Why not?", "It was wet.", "So?", "So I left it.", "Where?", "At home."]
BOATS = ["Ada Lind", "Bo Falk", "Cleo Marsh", "Dora Quill", "Eli Stone", "Finn Wade"]
FISH = ["Cod", "Haddock", "Herring", "Mackerel", "Plaice", "Sole", "Turbot", "Crab"]
TOWNS = ["Oslo", "Bergen", "Turku", "Riga", "Kiel", "Hull", "Cork"]


@pytest.mark.parametrize("strictness", ["careful", "thorough"])
@pytest.mark.parametrize(
    "rows",
    [
        [f"{'BEN' if at % 2 else 'ANNA'}: {text}" for at, text in enumerate(TALK * 6)],
        ["Results of the regatta", *(f"{at}. {name} (NOR) 61:{at + 10}" for at, name in enumerate(BOATS * 6, 1))],
        ["Fish prices at the quay", *(f"{name} {at + 3}.50" for at, name in enumerate(FISH * 4))],
        ["The Ropes on tour", *(f"{at + 1} March – {town}, Town Hall" for at, town in enumerate(TOWNS * 4))],
        [f"[09:{at:02}] mira: {text.lower()}" for at, text in enumerate(TALK * 7)],
    ],
    ids=["transcript", "results", "prices", "dates", "chat"],
)
def test_what_looks_like_a_page_but_is_none_stays(rows: list[str], strictness: str) -> None:
    assert proposed("\n".join(rows), strictness=strictness).edits == []


@pytest.mark.parametrize(
    "text",
    [
        "The rose is red\nThe violet blue\nThe sea is wide\nAnd so are you",
        "Results\nNorth 3, South 1\nEast 0, West 0\nHarbour 12, Hill 4",
        "Soup\n2 onions\n1 litre of stock\nsalt\nPut everything into a pot and wait until it is soft.",
        "“Nobody told us,” she said.\n“Nobody had to,” said he.\nThen they went home.",
        "港口今天关闭了。\n船长说他们会等到春天。\n村里的人都站在码头上看着海。",
        WRAPPED,
    ],
)
def test_what_is_no_furniture_stays(text: str) -> None:
    assert proposed(text).edits == []


def test_every_removal_says_why() -> None:
    edits = proposed(PAGE).edits
    assert edits
    for edit in edits:
        assert edit.step == "boilerplate"
        assert edit.evidence
        assert edit.score is not None
        assert 0 <= edit.score <= 1
        assert "%" in edit.evidence or edit.rule != "line-model"


def test_the_title_stays_above_the_article() -> None:
    lines = lines_of(PAGE)
    assert PAGE.split("\n")[7].startswith("Ferry returns")
    for title in (8, 13):
        edits = boilerplate.propose(lines, 1, Boilerplate(), None, [title]).edits
        assert title not in {edit.line for edit in edits}


def test_a_title_in_the_head_of_a_page_goes_and_is_the_title_still() -> None:
    menu = ["Home", "News", "Sport", "Weather", "Log in", "Subscribe", "Share this", "Tweet"]
    text = "\n".join(["Ferry returns after forty days", *menu, *PAGE.split("\n")[8:]])
    edits = boilerplate.propose(lines_of(text), 1, Boilerplate(), None, [1]).edits
    assert 1 in {edit.line for edit in edits}
    cleaned = clean(text, Recipe())
    assert cleaned.title == "Ferry returns after forty days"
    assert cleaned.title not in cleaned.text


def test_what_stands_over_the_article_does_not_replace_a_title_that_went() -> None:
    menu = ["Home", "News", "Sport", "Weather", "Log in", "Subscribe", "Share this", "Tweet"]
    article = ["Nobody waved, and there was no band", *PAGE.split("\n")[8:]]
    text = "\n".join(["Ferry returns after forty days", *menu, *menu, *article])
    assert clean(text, Recipe()).title == "Ferry returns after forty days"


def test_a_title_is_not_apart_from_nothing() -> None:
    strong = [False, True, True]
    found = decision.decide(looks([0, 0, 0], [9, 3, 3], title=[True, False, False], strong=strong), "thorough", 0.5)
    assert found.removed.tolist() == [False, True, True]


def test_what_a_strong_rule_names_is_no_title() -> None:
    text = "\n".join(["Share this article", *PAGE.split("\n")[7:14]])
    cleaned = clean(text, Recipe())
    assert cleaned.title == PAGE.split("\n")[7]
    assert "Share this article" not in cleaned.text
    found = decision.decide(looks([300, 300, 990], [3, 3, 90], title=[True, False, False], edge=[True, True, False]),
                            "careful", 0.5)  # fmt: skip
    assert found.removed.tolist() == [False, True, False]


def test_a_rule_switched_off_does_not_act() -> None:
    name = "reply-form"
    assert name in {rule.name for rule in rules.load()}
    text = "\n".join(PAGE.split("\n")[7:14]) + "\nLeave a Reply"
    assert name in {edit.rule for edit in proposed(text).edits}
    assert name not in {edit.rule for edit in proposed(text, without=(name,)).edits}


def test_switched_off_it_does_nothing() -> None:
    assert proposed(PAGE, enabled=False) == boilerplate.Proposal([], [{}], [()])


def test_without_the_model_rules_act_alone() -> None:
    edits = proposed(PAGE, model=False).edits
    assert "© 2020 Harbour Gazette" in {edit.before for edit in edits}
    assert {edit.score for edit in edits} == {None}
    assert "line-model" not in {edit.rule for edit in edits}


def test_facts_come_from_what_is_removed() -> None:
    assert "© 2020 Harbour Gazette" in proposed(PAGE).facts[0]["rights"]


def test_a_recurring_line_goes_and_says_where_it_stands() -> None:
    text = "\n".join([*PAGE.split("\n")[7:14], "Harbour Gazette, the paper for the strait"])
    last = text.split("\n")[-1]
    census = Census(fold([last]), np.array([12]), np.array([1]), np.array([0]), ("harbour.example",))
    edits = boilerplate.propose(lines_of(text), 1, Boilerplate(), census).edits
    assert [edit.before for edit in edits] == [last]
    assert "12 sources of harbour.example" in edits[0].evidence


WALLS = [
    "Access Denied\nYou don't have permission to access this page on this server.\nReference #18.2f",
    "Just a moment...\nEnable JavaScript and cookies to continue",
    "404 Not Found\nThe page you are looking for could not be found.\nHome\nContact",
]


@pytest.mark.parametrize("text", WALLS)
def test_a_wall_is_no_article(text: str) -> None:
    assert boilerplate.NOT_ARTICLE in proposed(text).flags[0]
    assert boilerplate.NOT_ARTICLE not in proposed(text, not_articles=False).flags[0]


ARTICLES = [PAGE, WRAPPED, "Access denied\n" + PAGE[200:] + WRAPPED + WRAPPED, "Storm tonight", ""]


@pytest.mark.parametrize("text", ARTICLES)
def test_an_article_is_one(text: str) -> None:
    assert boilerplate.NOT_ARTICLE not in proposed(text).flags[0]


def test_thorough_removes_what_careful_removes_and_more() -> None:
    careful = {edit.line for edit in proposed(PAGE).edits}
    assert careful <= {edit.line for edit in proposed(PAGE, strictness="thorough").edits}


# ---- the decision --------------------------------------------------------------------------------


def looks(probability: list[int], words: list[int], **more: list[bool]) -> decision.Looks:
    count = len(probability)
    rest = {name: np.array(more.get(name, [False] * count)) for name in decision.Looks._fields[3:]}
    rest["recurs"] = rest["recurs"].astype(np.int64)
    return decision.Looks(np.zeros(count, np.int64), np.array(probability), np.array(words), **rest)


def test_a_few_doubtful_lines_of_a_neat_text_go() -> None:
    found = decision.decide(looks([300, 450, 990], [3, 3, 400]), "careful", 0.5)
    assert found.removed.tolist() == [True, False, False]


def test_a_dirty_text_that_rules_vouch_for_is_judged_as_a_neat_one() -> None:
    probability, words = [10] * 60 + [300, 990], [3] * 60 + [9, 150]
    strong = [True] * 6 + [False] * 56
    found = decision.decide(looks(probability, words, strong=strong), "careful", 0.5)
    assert found.removed.tolist() == [True] * 61 + [False]


def test_what_looks_dirty_and_no_rule_vouches_for_stays() -> None:
    # A transcript: hundreds of short lines that the model doubts, and one that happens to fit a rule.
    probability, words = [200] * 300, [6] * 300
    for strong in ([False] * 300, [True] + [False] * 299):
        found = decision.decide(looks(probability, words, strong=strong), "careful", 0.5)
        assert found.removed.sum() == sum(strong)


def test_a_safe_line_stays_whatever_speaks_against_it() -> None:
    found = decision.decide(looks([0, 990], [3, 90], strong=[True, False], safe=[True, True]), "thorough", 0.5)
    assert not found.removed.any()


def test_the_model_overrules_a_rule_that_it_is_sure_of() -> None:
    found = decision.decide(looks([990, 980, 750, 650], [9, 9, 9, 9], strong=[True, True, False, False],
                                  edge=[False, False, True, True]), "careful", 0.8)  # fmt: skip
    assert found.removed.tolist() == [False, False, False, True]


def test_no_rule_takes_a_sentence_that_the_model_keeps() -> None:
    found = decision.decide(looks([600, 450, 600], [20, 20, 3], strong=[True, True, True], prose=[True, True, False]),
                            "careful", 0.99)  # fmt: skip
    assert found.removed.tolist() == [False, True, True]


def test_rules_that_would_take_most_of_a_text_are_overruled() -> None:
    found = decision.decide(looks([700] * 3, [100, 100, 50], strong=[True, True, False]), "careful", 0.5)
    assert not found.removed.any()
    assert found.overruled.tolist() == [True]


def test_a_text_is_not_emptied() -> None:
    probability, words = [10] * 50 + [200, 100], [3] * 50 + [80, 80]
    strong = [True] * 10 + [False] * 42
    found = decision.decide(looks(probability, words, strong=strong), "careful", 0.5)
    assert found.lowered.tolist() == [True]
    assert found.removed.tolist() == [True] * 50 + [False, False]


def test_a_short_text_keeps_half_of_its_words() -> None:
    strong = [True, False, False, False]
    found = decision.decide(looks([10, 200, 100, 990], [3, 8, 9, 4], strong=strong), "careful", 0.5)
    assert found.lowered.tolist() == [True]
    assert found.removed.tolist() == [True, False, True, False]


# ---- laws ----------------------------------------------------------------------------------------

PARTS = st.lists(st.sampled_from([*PAGE.split("\n"), *WRAPPED.split("\n"), ""]), min_size=1, max_size=25)


@settings(max_examples=40)
@given(PARTS)
def test_no_word_is_added_and_cleaning_settles(parts: list[str]) -> None:
    text = "\n".join(parts)
    edits: list[Edit] = proposed(text).edits
    assert all(edit.after is None or edit.after in edit.before for edit in edits)
    once = clean(text, Recipe()).text
    assert clean(once, Recipe()).text == once


@pytest.mark.skipif(not SEEDS.exists(), reason="the seed texts are not here")
def test_the_certain_lines_of_the_seeds_go_and_nothing_else() -> None:
    removed = [
        edit
        for path in sorted(SEEDS.glob("*.txt"))
        for edit in clean(path.read_text(encoding="utf-8")).edits
        if edit.step == "boilerplate" and edit.after is None
    ]
    for start in CERTAIN:
        assert [edit for edit in removed if edit.before.strip().startswith(start)], start
    # Byline, date, caption and credit lines may go too; no line of prose may.
    assert all(len(edit.before) < 130 for edit in removed)
    assert len(removed) <= len(CERTAIN) + 6
