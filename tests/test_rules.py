import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpuspress.cleaning import gates, literals, rules
from corpuspress.cleaning.batch import Lines, carried_out
from corpuspress.cleaning.gates import Folded
from corpuspress.cleaning.matching import Matcher, Pattern
from corpuspress.cleaning.remembered import Remembered
from corpuspress.errors import RecipeError
from corpuspress.model import Edit, Line
from corpuspress.utf8 import Utf8

RULES = rules.load()
EVIDENCE = sorted({text for rule in RULES for text in (*rule.removes, *rule.keeps)})
LABELLED = Path(__file__).parents[2] / "shared" / "data" / "boilerplate_lines.jsonl.zst"
ROW = """
[[rule]]
name = "a-rule"
family = "share"
reason = "It shares."
pattern = "share it"
removes = ["share it"]
keeps = ["share it all"]
"""


@pytest.mark.parametrize("language", sorted({rule.language for rule in RULES}))
def test_each_rule_removes_and_keeps_what_it_says(language):
    assert rules.check([rule for rule in RULES if rule.language == language]) == []


def test_no_rule_removes_what_a_rule_keeps():
    kept = sorted(rules.of(()).kept)
    hits = rules.match(kept)
    by_word = {
        (RULES[rule].name, kept[line])
        for line, rule in zip(hits.line.tolist(), hits.rule.tolist(), strict=True)
        if RULES[rule].strength == "strong" and RULES[rule].match == "line"
    }
    # A line may be evidence against one rule because another is there for it; `kept` saves it in any case.
    assert len(by_word) <= len(kept) // 100


def test_all_families_of_the_issue_have_rules_in_english():
    assert {rule.family for rule in RULES if rule.language in ("en", "any")} == set(rules.FAMILIES)


def test_names_say_the_language():
    for rule in RULES:
        if rule.language not in ("en", "any"):
            assert rule.name.startswith(f"{rule.language}-"), rule.name


def test_the_gate_changes_no_result_on_the_evidence():
    for got, wanted in zip(rules.match(EVIDENCE), rules.of(()).matcher.match_plainly(EVIDENCE), strict=True):
        assert np.array_equal(got, wanted)


def test_the_gate_changes_no_result_on_real_lines():
    if not LABELLED.exists():
        pytest.skip("the labelled pages are not here")
    stream = pa.input_stream(str(LABELLED), compression="zstd")
    pages = [json.loads(row) for row in stream.read(1_500_000).split(b"\n")[:-1]]
    lines = [text for page in pages for text, _ in page["lines"]][:4000]
    for got, wanted in zip(rules.match(lines), rules.of(()).matcher.match_plainly(lines), strict=True):
        assert np.array_equal(got, wanted)


@settings(max_examples=60)
@given(st.lists(st.text(max_size=30) | st.sampled_from(EVIDENCE), max_size=20), st.integers(0, 3))
def test_a_line_is_matched_whatever_stands_around_it(texts, spaces):
    whole = rules.match([" " * spaces + text for text in texts])
    single = [(line, *hit) for line, text in enumerate(texts) for hit in zip(*rules.match([text])[1:], strict=True)]
    assert [(line, rule) for line, rule, *_ in zip(*whole, strict=True)] == [(line, rule) for line, rule, *_ in single]


@settings(max_examples=200)
@given(
    st.lists(
        st.from_regex(r"\A(?:\(\?i\))?[abİıs]{1,3}(?:\([ab]{0,2}\|[ab ]{1,9}\)\??)?[-ab.\0]{0,6}\Z"),
        min_size=1,
        max_size=5,
    ),
    st.lists(st.text("abİıIsſ -.AB\0", max_size=14), max_size=12),
    st.sampled_from(["line", "start", "end"]),
)
@example(["a", "(?i)İ\0"], ["I\0"], "line")
def test_the_gate_changes_no_result(patterns, texts, match):
    matcher = Matcher([Pattern(pattern, match, 12 if match == "line" else 0) for pattern in patterns])
    for got, wanted in zip(matcher.match(texts), matcher.match_plainly(texts), strict=True):
        assert np.array_equal(got, wanted)


WORDS = st.sampled_from(
    ["share it", "the", "Print", "more from", "on", "Œuvre", "7", "-", "a", "READ MORE", "»", "ſhare"]
)
PHRASES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
GROUPS = st.lists(st.lists(PHRASES, min_size=1, max_size=3).map("|".join).map("(?:{})".format), min_size=1, max_size=3)


@settings(max_examples=200)
@given(
    st.lists(GROUPS.map(".{0,9}".join), min_size=1, max_size=5),
    st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=12),
    st.sampled_from(["line", "start", "end"]),
    st.sampled_from(["", "(?i)", ".{2,9}", "(?i).+", "[-» ]*", "(?i)[0-9]{0,2} ?", "(?:7|- ?){1,3} ?", "[- ]*[|-]?"]),
)
def test_the_gate_of_a_choice_of_ways_changes_no_result(patterns, texts, match, lead):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(literals, "SPLIT", 1)
        patch.setattr(gates, "LIMITS", np.array([10, 20]))
        matcher = Matcher([Pattern(lead + pattern, match, 40 if match == "line" else 0) for pattern in patterns])
        for got, wanted in zip(matcher.match(texts), matcher.match_plainly(texts), strict=True):
            assert np.array_equal(got, wanted)


def test_gates_of_all_rules_are_stored():
    # Their names are digests of the patterns; what other versions of Python read off a pattern may differ.
    stored = json.loads((Path(rules.__file__).parent / "rules" / rules.GATES).read_text(encoding="utf-8"))
    assert stored.keys() == json.loads(rules.gates()).keys(), "run scripts/compile_rules.py"


def test_tables_are_stored_as_they_are():
    stored = (Path(rules.__file__).parent / "rules" / rules.TABLES).read_text(encoding="utf-8")
    assert stored == rules.tables(), "run scripts/compile_rules.py"
    assert rules.parse(rules._texts()) == RULES


def test_a_table_that_was_changed_since_is_read_itself(monkeypatch, tmp_path):
    (tmp_path / "xx.toml").write_text(ROW, encoding="utf-8")
    monkeypatch.setattr(rules, "_files", lambda: [tmp_path / "xx.toml"])
    assert [rule.name for rule in rules.load.__wrapped__()] == ["a-rule"]


def test_re2_reads_every_pattern():
    for rule in RULES:
        pc.match_substring_regex(pa.array([""]), rule.pattern)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (ROW.replace('removes = ["share it"]', ""), "`removes` must be a list of at least one line"),
        (ROW.replace('keeps = ["share it all"]', "keeps = []"), "`keeps` must be a list"),
        (ROW.replace("a-rule", "A rule"), "not kebab-case"),
        (ROW.replace('"share"', '"sharing"'), "`family` must be one of"),
        (ROW + 'wher = "head"\n', "unknown key `wher` (did you mean `where`?)"),
        (ROW + 'where = "middle"\n', "`where` must be one of head, tail, anywhere"),
        (ROW + "opens = 1\n", "`opens` must be bool"),
        (ROW + ROW, "stands there twice"),
        ("[[rules]]\n", "unknown table `rules`"),
        ("name =", "xx.toml"),
    ],
)
def test_an_unsound_table_does_not_load(row, fault):
    with pytest.raises(RecipeError) as error:
        rules.parse({"xx.toml": row})
    assert fault in str(error.value)


def test_all_faults_are_reported_together():
    with pytest.raises(RecipeError) as error:
        rules.parse({"xx.toml": ROW.replace("reason", "raison"), "yy.toml": ROW.replace("share it", "")})
    assert all(part in str(error.value) for part in ("raison", "`reason` is missing", "yy.toml"))


def test_evidence_that_a_pattern_does_not_bear_out_is_a_fault():
    found = rules.check(rules.parse({"xx.toml": ROW.replace('"share it all"', '"share it"')}))
    assert found == ["xx.toml: `a-rule`: does not keep 'share it'"]


def test_digits_are_those_of_ascii_as_in_re2():
    [rule] = rules.parse({"xx.toml": ROW.replace('"share it"\nr', '"share \\\\d+"\nr')})
    assert rules.check([rule]) == ["xx.toml: `a-rule`: does not remove 'share it'"]


def places(length: list[int], document: list[int]) -> tuple[list[int], list[int]]:
    """Which lines of these lengths stand in the head, and which in the tail, of their document."""
    lines = Lines.from_columns(["x" * size for size in length], np.arange(len(length)), np.array(document))
    head, tail = rules.places(lines, np.arange(len(lines)))
    some = np.arange(0, len(lines), 3)
    assert all(map(np.array_equal, rules.places(lines, some), (head[some], tail[some])))
    return head.nonzero()[0].tolist(), tail.nonzero()[0].tolist()


def test_places():
    head, tail = places([20] + [300] * 20 + [0, 20], [0] * 23)
    assert head == list(range(8))
    assert tail == list(range(14, 23))


def test_places_are_those_of_each_document():
    head, tail = places([300] * 40, [3] * 20 + [7] * 20)
    assert head == [*range(8), *range(20, 28)]
    assert tail == [*range(12, 20), *range(32, 40)]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("By Jane Example and John Sample", {"byline": "Jane Example and John Sample"}),
        ("By Jane Example, Example Press", {"byline": "Jane Example, Example Press"}),
        ("May 3, 2024 06:15 AM EDT", {"published": "May 3, 2024 06:15 AM EDT"}),
        ("(Photo : A. Person/AFP via Getty Images)", {"credit": "Photo : A. Person/AFP via Getty Images"}),
        ("SOME CITY (Reuters) - The vote is due.", {"agency": "Reuters", "place": "SOME CITY"}),
        ("By Jane Example May 3, 2024", {"byline": "Jane Example", "published": "May 3, 2024"}),
        ("© 2024 Example Media Ltd.", {"rights": "© 2024 Example Media Ltd."}),
    ],
)
def test_facts(text, facts):
    hits = rules.match([text])
    found = {item for rule in hits.rule.tolist() for item in rules.facts_of(rules.of(()), rule, text).items()}
    assert found >= facts.items()


def test_unknown_names_are_told_with_the_nearest():
    assert rules.nearest(["reply-forms", "reply-form"], RULES) == [
        "unknown rule `reply-forms` (did you mean `reply-form`?)"
    ]


def test_listing_shows_every_rule_with_its_evidence():
    text = rules.listing(RULES)
    for rule in RULES:
        assert rule.name in text
        assert rule.reason in text
    assert len(rules.to_dicts(RULES)) == len(RULES)


def test_a_line_is_matched_once_in_all_rounds_of_a_cleaning(monkeypatch):
    texts = ["Leave a reply", "  Read more: A day out", "A plain sentence.", "", "Share this article", "x"]
    begun = Lines.of([Line(text, number, number // 4) for number, text in enumerate(texts)])
    edits = [Edit("a", "b", 2, texts[2], "By Ann Heron", document=0), Edit("a", "b", 0, texts[0], document=0)]
    asked = []
    match = Matcher.match
    monkeypatch.setattr(Matcher, "match", lambda self, texts, own: asked.append(texts) or match(self, texts, own))
    remembered = Remembered(())
    for lines in (begun, carried_out(begun, edits, []), begun.where(np.array([4, 5]))):
        found, plain = remembered.hits(lines), rules.of(()).matcher.match_plainly(lines.texts.tolist())
        assert len(plain.line)
        assert all(np.array_equal(one, other) for one, other in zip(found, plain, strict=True))
    assert asked == [[text for text in texts if text], ["By Ann Heron"], []]


def test_stretches_of_a_text_are_matched_as_lines_are():
    known = rules.of(())
    texts = ["Read more: A day out", "Leave a reply", "By Ann Heron", "Read more: A day out"]
    plain = known.matcher.match_plainly(texts)
    some = known.takes[plain.rule]
    end = np.cumsum([len(text) + 1 for text in texts]) - 1
    begin = end - [len(text) for text in texts]
    found = known.matcher.match_stretches(Folded.of(" ".join(texts)), begin, end, known.takes)
    assert sorted(found) == list(zip(plain.line[some].tolist(), plain.rule[some].tolist(), strict=True))
    assert some.any()


KEYS = st.lists(
    st.text("ab0 é界", min_size=4, max_size=6).filter(lambda key: len(key.encode()) <= 8), min_size=1, max_size=4
)


def plain_candidates(patterns, longest, texts):
    """Which patterns may match which texts, by the plain words of gates.py."""
    for line, text in enumerate(texts):
        whole = literals.fold(text) + literals.END
        starts = whole, whole.lstrip(literals.JUNK)
        for pattern, own in enumerate(patterns):
            ways = (
                all(
                    any(
                        any(start.startswith(key[1:]) for start in starts)
                        if key[0] == gates.START
                        else key[1:] in whole
                        for key in keys
                    )
                    for keys in way
                )
                for way in own
            )
            if text and len(text) <= longest[pattern] and any(ways):
                yield line, pattern


@settings(max_examples=300)
@given(st.data())
def test_candidates_are_those_of_the_plain_definition(data):
    signs = st.sampled_from([gates.START, gates.INSIDE])
    group = st.builds(lambda sign, keys: [sign + key for key in keys], signs, KEYS)
    needs = st.lists(group, min_size=1, max_size=3)
    ways = data.draw(st.lists(st.lists(needs, min_size=1, max_size=3), max_size=6))
    longest = np.array([data.draw(st.sampled_from([5, 12, 200, 300, gates.FAR])) for _ in ways], np.int64)
    some = [gates.Gate(gates.spelt(own), gates.FAR) for own in ways]
    keys = [key[1:] for way in ways for needs in way for keys in needs for key in keys]
    parts = st.one_of(st.sampled_from(keys or ["a"]), st.text("aB0é界- \0\ud800😀\u0130", max_size=6))
    texts = data.draw(st.lists(st.lists(parts, max_size=6).map("".join), max_size=8))
    texts += [text * 60 for text in texts]
    found = gates.Index(some, longest).candidates(Utf8.of(texts))
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == list(plain_candidates(ways, longest, texts))


@settings(max_examples=300)
@given(st.text(st.one_of(st.sampled_from("aZ09ſİΣςÉ界😀\0\ud800\U0001e900"), st.characters()), max_size=90))
def test_folding_of_bytes_is_that_of_characters(text):
    folded = Folded.of(text)
    encoded = "".join(map(literals.fold, text)).encode("utf-8", "surrogatepass")
    assert folded.data.tobytes() == encoded + bytes(8)
    assert folded.place[: len(text) + 1].tolist() == [
        len(literals.fold(text[:at]).encode("utf-8", "surrogatepass")) for at in range(len(text) + 1)
    ]
