import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpuspress import cleaning
from corpuspress.cleaning import layout, repair
from corpuspress.cleaning.suspects import suspects
from corpuspress.model import Line, replay, restore, split
from corpuspress.recipe import Boilerplate, Layout, Recipe, Repair

PROSE = [
    "The ferry across the old harbour will stop at the end of the month, the town council decided on Tuesday evening.",
    "“Nobody asked us,” said the captain, who has steered the boat for thirty years and knows every stone of the quay.",
    "Bakers, teachers and two foxes wait at the landing each morning, and none of them will walk around the bay.",
    "What the boats will be sold for is not known; the islanders have offered to pay for the paint and for the ropes.",
    "Das alte Boot fährt seit neunzig Jahren jeden Morgen über den Hafen, und niemand will zu Fuß um die Bucht gehen.",
    "Le vieux bateau traverse le port chaque matin depuis quatre-vingt-dix ans, et personne ne veut en faire le tour.",
    "镇议会星期二晚上决定，运行了九十年的老港渡轮将在本月底停航，乘客将改乘公共汽车过桥。",
    "قرر مجلس المدينة مساء الثلاثاء أن العبارة التي تعبر الميناء القديم منذ تسعين عاما ستتوقف في نهاية الشهر."
    " وسيسافر الركاب بالحافلة عبر الجسر الجديد.",
]
FURNITURE = [
    "Leave a Reply",
    "Your email address will not be published. Required fields are marked *",
    "READ MORE: Ten bridges that were never built",
    "Read more: Boats for sale",
    "Advertisement",
    "Share this:",
    "Follow us on Facebook",
    "Sign up for our newsletter",
    "© 2021 The Harbour Post. All rights reserved.",
    "By Jane Miller",
    "May 3, 2021 06:39 AM EDT",
    "(Photo: Ann Field/Harbour Post)",
    "Related articles",
    "Home | News | Sport | Contact",
    "Comments",
    "End of Article",
    "Join the Conversation",
]
ODD = [
    "",
    "",
    " ",
    "\u200b",
    "* * *",
    "– boats –",
    "MILLER:",
    "Ã x",
    "  Ã© la",
    "cafÃ© &amp; bar",
    "a\u00adb",
    "12:30",
    "x",
]
TITLES = ["Ferry line to close after ninety years", "老港渡轮月底停止航行", "Ferry line closes"]
lines = st.sampled_from(PROSE) | st.sampled_from(FURNITURE) | st.sampled_from(ODD) | st.sampled_from(TITLES)
glued = st.tuples(lines, st.sampled_from([" ", "  ", "\u200b", "\xa0"]), lines).map("".join)
damaged = st.sampled_from(PROSE[:6]).map(lambda text: text.encode().decode("cp1252", "ignore"))
articles = st.lists(st.one_of(lines, lines, lines, glued, damaged), max_size=25).map("\n".join)
RECIPES = [
    Recipe(),
    Recipe(boilerplate=Boilerplate(strictness="thorough", max_share=1.0)),
    Recipe(boilerplate=Boilerplate(model=False)),
    Recipe(boilerplate=Boilerplate(enabled=False)),
    Recipe(layout=Layout(spaces=False, blank_lines=2)),
    Recipe(layout=Layout(join_wrapped=True)),
    Recipe(repair=Repair(enabled=False)),
]


@given(articles, st.sampled_from(RECIPES))
@example("\n".join([*PROSE[:1] * 4, *FURNITURE[:1] * 2, *PROSE[:1]]), Recipe(layout=Layout(join_wrapped=True)))
def test_law_3_cleaning_a_clean_text_changes_nothing(text, recipe):
    once = cleaning.clean(text, recipe)
    again = cleaning.clean(once.text, recipe)
    assert again.text == once.text
    # A text of no lines is a text of one blank line.
    assert not again.edits or not once.text


@given(articles, st.sampled_from(RECIPES))
def test_law_1_an_audit_leads_there_and_back(text, recipe):
    source, _ = split(text)
    cleaned = cleaning.clean(text, recipe)
    assert replay(source, cleaned.edits) == cleaned.text
    assert restore(cleaned.text, cleaned.edits) == source


@given(articles)
def test_boilerplate_rules_never_add_a_word(text):
    tidied = cleaning.tidy(split(text)[0])
    stripped = cleaning.strip(tidied.lines, documents=1)
    before = {line.number: line.text for line in tidied.lines}
    for line in stripped.lines:
        assert set(line.text.split()) <= set(before[line.number].split()) or line.text in before[line.number]


@settings(max_examples=40)
@given(st.lists(articles, max_size=5))
def test_law_4_a_text_is_cleaned_the_same_in_any_batch(several):
    batch = cleaning.clean_batch({"text": several})["text"]
    assert batch == [cleaning.clean(text).text for text in several]


@given(articles)
def test_what_is_left_needs_no_repair_and_no_layout(text):
    left, _ = split(cleaning.clean(text).text)
    assert not repair.propose(left)
    assert not list(layout.spaces(left))


def test_each_step_in_its_turn():
    text = f"  {TITLES[0]}\n{TITLES[0]}\n\n\n\n{PROSE[0]}  \n\n{PROSE[2]} &amp; so on."
    cleaned = cleaning.clean(text)
    assert cleaned.text == f"{TITLES[0]}\n\n{PROSE[0]}\n\n{PROSE[2]} & so on."
    assert cleaned.title == TITLES[0]
    steps = [edit.step for edit in cleaned.edits]
    assert steps.index("repair") < steps.index("layout") < steps.index("repeats")


def test_a_trim_that_lets_damage_show_is_followed_by_a_repair():
    # Only at the start of a line is a lone capital A with tilde and a space a sign of damage.
    cleaned = cleaning.tidy([Line("  Ã la carte")])
    assert cleaning.tidy(cleaned.lines).edits == []


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n"])
def test_nothing_stays_nothing(text):
    cleaned = cleaning.clean(text)
    assert (cleaned.text, cleaned.title) == ("", None)


def test_documents_without_lines_have_their_place():
    stripped = cleaning.strip([Line(PROSE[0], 1, 2)], documents=4)
    assert [len(part) for part in (stripped.titles, stripped.facts, stripped.flags)] == [4, 4, 4]
    assert list(stripped.lines) == [Line(PROSE[0], 1, 2)]


def test_repeats_can_be_left_alone():
    text = f"{TITLES[0]}\n{TITLES[0]}\n{PROSE[0]}\n{PROSE[1]}"
    assert cleaning.clean(text, Recipe(boilerplate=Boilerplate(repeats=False))).text == text


def test_nothing_imports_pandas_before_it_is_needed():
    code = (
        "import sys; from corpuspress import census, cleaning\n"
        "tidied = cleaning.tidy(cleaning.split('A ferry\\n\\n' * 500 + 'cafÃ©')[0])\n"
        "hashes = census.fold([line.text for line in tidied.lines]); census.merge([], 3).lookup(hashes)\n"
        "census.tally(hashes, hashes * 0, [None])\n"
        "assert 'pandas' not in sys.modules and 'datasets' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


LETTERS = st.sampled_from([*"ab .;&é\u200bÃÂ©ﬁ\t\x07\u0301\u0958", "&amp;"])


@given(st.lists(st.lists(LETTERS, max_size=8).map("".join), max_size=6), st.booleans())
def test_what_tidying_changes_is_suspected_as_text_and_as_line(several, spaces):
    recipe = Recipe(layout=Layout(spaces=spaces))
    whole, lines = pa.array(["\n".join(several)]), pa.array(several, pa.string())
    changed = {
        edit.line - 1 for edit in cleaning.tidy([Line(text, at) for at, text in enumerate(several, 1)], recipe).edits
    }
    assert changed <= set(suspects(lines, recipe).tolist())
    assert not changed or suspects(whole, recipe).tolist() == [0]


def test_nothing_is_suspected_where_nothing_is_tidied():
    plain = Recipe(repair=Repair(enabled=False), layout=Layout(spaces=False))
    assert suspects(pa.array(["a  b &amp;"]), plain).tolist() == []
    assert suspects(pa.array(["a", "b"]), Recipe(layout=Layout(join_wrapped=True))).tolist() == [0, 1]
