import io
import itertools
import json
import random
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import ftfy
import pyarrow as pa
import pytest
from ftfy import badness, chardata
from hypothesis import assume, given
from hypothesis import strategies as st

from corpuspress.cleaning import pairs, repair
from corpuspress.model import Line
from corpuspress.recipe import Repair

CASES = json.loads((Path(__file__).parent / "cases" / "repair.json").read_text(encoding="utf-8"))
SHARED = Path(__file__).parents[2] / "shared"
OPTIONS = [
    Repair(),
    Repair(fix_character_width=True, uncurl_quotes=True),
    Repair(unescape_html=False, fix_encoding=False),
    Repair(fix_encoding=False, fix_c1_controls=False, remove_control_chars=False, normalization="none"),
    Repair(restore_byte_a0=False, replace_lossy_sequences=False, decode_inconsistent_utf8=False),
    Repair(normalization="NFKC", fix_latin_ligatures=False, remove_terminal_escapes=False, fix_surrogates=False),
    Repair(remove_control_chars=False, fix_c1_controls=False),
]
PIECES = [
    *"aZéÃÂâ€™œßÐàáó°×²ØÙ…“”‘’–—¢£«»¿§½ñŒµáāβΒΓвВГРС├─╬√±≈‚Ä",
    *" \xa0\xad\x85\x1a\x1b\t?<;&#.,\ufffd\u0301\ufeff\u200bﬁ１",
    *(
        "&amp;",
        "&#10;",
        "&eacute;",
        "&lt;",
        "\x1b[0m",
        "â€™",
        "Ã©",
        "Ã ",
        "вЂ",
        "ā€",
        "β€™",
        "ГўВЂВ",
        "voilà",
        "1",
        "w",
    ),
]
texts = st.lists(
    st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\v\f\u2028\u2029"),
    max_size=12,
).map("".join)


def same(text: str, recipe: Repair) -> bool:
    return repair.repair(text, recipe) == repair._BREAK.sub(" ", ftfy.fix_text(text, repair.config_of(recipe)))


def gated(several: Iterable[str], recipe: Repair) -> list[str]:
    """Texts that the gate holds back although ftfy changes them."""
    several = list(several)
    config = repair.config_of(recipe)
    passed = set(repair.suspects(several, recipe))
    return [t for at, t in enumerate(several) if at not in passed and ftfy.fix_text(t, config) != t]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_case(case):
    edits = repair.propose([Line(case["text"], 7, 3)])
    assert [(edit.before, edit.after, edit.line, edit.document) for edit in edits] == (
        [] if case["fixed"] == case["text"] else [(case["text"], case["fixed"], 7, 3)]
    )
    assert [edit.rule for edit in edits] == ([case["rule"]] if edits else [])


@given(texts, st.sampled_from(OPTIONS))
def test_law_8_a_repair_is_what_ftfy_does(text, recipe):
    assert same(text, recipe)


@given(st.lists(texts, max_size=6), st.sampled_from(OPTIONS))
def test_a_batch_is_repaired_line_by_line(several, recipe):
    assert gated(several, recipe) == []


@given(texts, st.sampled_from(OPTIONS))
def test_repair_is_idempotent(text, recipe):
    # A break that ftfy makes is a space here, which may be half of the next wrong decoding; cleaning goes on until
    # nothing changes.
    assume("\n" not in ftfy.fix_text(text, repair.config_of(recipe)))
    once = repair.repair(text, recipe)
    assert repair.repair(once, recipe) == once


def test_a_line_never_depends_on_its_neighbours():
    found = repair.propose([Line("a <b> c", 1), Line("x &amp; y", 2)])
    assert [(edit.line, edit.after) for edit in found] == [(2, "x & y")]


def test_off_means_off():
    assert repair.propose([Line("cafÃ©")], Repair(enabled=False)) == []


def test_a_lone_surrogate_is_mended():
    assert repair.repair("a\ud800b") == "a\ufffdb"
    assert [edit.after for edit in repair.propose([Line("é")] * 1000 + [Line("\ud83d\ude00")])] == ["😀"]


def test_a_very_long_line_goes_as_ftfy_takes_it():
    assert same("cafÃ© &amp; <" * 90_000, Repair())


def test_every_step_is_said_in_words():
    [edit] = repair.propose([Line("voilÃ  &amp; fin\x07")])
    assert edit.evidence == (
        "ftfy: unescape html, written as latin-1, restore byte a0, read as utf-8, remove control chars"
    )


def alternatives(pattern: str) -> list[str]:
    """The top-level alternatives of a pattern."""
    depth, start, parts = 0, 0, []
    for token in re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token[0] == "|" and not depth:
            parts.append(pattern[start : token.start()])
            start = token.end()
    return [*parts, pattern[start:]]


def choices(alternative: str) -> Iterator[str]:
    """All strings that one alternative of BADNESS_RE matches, `\\w`, `.` and negated classes by examples."""
    sets = []
    for token in re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\?|\^|.", alternative):
        if token == "?":
            sets[-1] = ["", *sets[-1]]
        elif token == "^":
            sets.append([""])
        elif token == "\\s":
            sets.append([" ", "\t", "\xa0", "\u2003", "\u3000", "\x1f", "\u2028", "\x85", "\u1680", "\u205f", "\u202f"])
        elif token in ("\\w", "."):
            sets.append(["a", "Z", "5", "_", "é", "я", "字", "٣", "²", "ª", "\U00010400"])
        elif token[:2] == "[^":
            sets.append([" ", "é", ".", "字", "1"])
        elif token[0] == "[":
            sets.append(characters(token))
        else:
            sets.append([token])
    return map("".join, itertools.product(*sets))


def characters(token: str) -> list[str]:
    return re.findall(token, "".join(map(chr, range(0x3100))) + "\ufb01\ufb02\ufffd")


@pytest.mark.parametrize("position", range(len(alternatives(repair.unverbose(badness.BADNESS_RE)))))
def test_the_gate_knows_every_alternative_of_badness(position):
    alternative = alternatives(repair.unverbose(badness.BADNESS_RE))[position]
    several = list(choices(alternative))
    if len(several) > 20_000:
        several = random.Random(position).sample(several, 20_000)
    assert all(badness.is_bad(text) for text in several)
    gate = repair.gate_of(Repair())
    assert (pairs.marks_of(several, pairs.gate(gate.conditions)) & repair.SUSPECT).all()
    assert all(any(pattern.search(text) for pattern in gate.beyond) for text in several)


def test_the_pattern_without_white_space_is_the_same_pattern():
    plain = re.compile(repair.unverbose(badness.BADNESS_RE))
    random_texts = random.Random(5)
    for _ in range(20_000):
        text = "".join(random_texts.choices(PIECES, k=6))
        assert bool(plain.search(text)) == badness.is_bad(text)


@pytest.mark.parametrize("recipe", OPTIONS, ids=range(len(OPTIONS)))
def test_the_patterns_of_ftfy_are_understood(recipe):
    assert pairs.ANY not in [condition.here for condition in repair.conditions(recipe)]
    assert pairs.gate(repair.conditions(recipe)).pairs.any()


def test_steady_characters_never_make_a_text_abnormal():
    steady = re.compile(f"[{repair.STEADY}]")
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if steady.match(character):
            assert unicodedata.is_normalized("NFC", character), hex(code)
            assert not unicodedata.combining(character), hex(code)
    # A character that can be the second half of a composed one.
    composed = (unicodedata.decomposition(chr(c)) for c in range(sys.maxunicode + 1))
    seconds = {chr(int(part, 16)) for d in composed if d and d[0] != "<" for part in d.split()[1:]}
    assert not [c for c in seconds if steady.match(c)]
    assert not any(steady.match(chr(c)) for c in range(0x1100, 0x1200))


@pytest.mark.parametrize("recipe", OPTIONS, ids=range(len(OPTIONS)))
def test_every_character_singly(recipe):
    step = 1 if recipe == Repair() else 17
    several = [chr(c) for c in range(1, 0x30000, step) if not 0xD800 <= c < 0xE000 and chr(c) not in "\n\v\f"]
    several += [chr(c) for c in range(0xE0000, 0xE0200)]
    assert gated(several, recipe) == []


def test_pairs_of_the_characters_that_matter():
    marked = sorted(
        {c for text in PIECES for c in text} | set(map(chr, itertools.chain(chardata.LIGATURES, range(0x80, 0x180))))
    )
    several = [a + b for a in marked for b in marked]
    for part in range(0, len(several), 20_000):
        assert gated(several[part : part + 20_000 : 7], Repair()) == []


def damaged(text: str, chance: random.Random) -> str:
    encoding = chance.choice(["latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "macroman", "cp437"])
    try:
        text = text.encode("utf-8").decode(encoding, "replace")
    except (UnicodeError, LookupError):
        return text
    return text.replace("\xa0", " ") if chance.random() < 0.2 else text


def rows_of(name: str) -> Iterator[dict]:
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip("the shared texts are not here: they belong to their publishers")
    with pa.input_stream(str(path), compression="zstd") as stream:
        for line in io.TextIOWrapper(stream, encoding="utf-8", newline="\n"):
            yield json.loads(line)


def test_repairs_of_real_damage_are_those_of_ftfy():
    config = repair.config_of(Repair())
    for row in rows_of("mojibake.jsonl.zst"):
        assert repair.repair(row["text"]) == ftfy.fix_text(row["text"], config)


@pytest.mark.slow
def test_law_8_on_real_lines():
    """All visible lines of some 2,000 pages, as they are and damaged."""
    chance = random.Random(1)
    pages = rows_of("boilerplate_lines.jsonl.zst")
    lines = [" ".join(line[0].splitlines()) for page in pages for line in page["lines"]]
    several = sorted(set(lines))
    several += [damaged(line, chance) for line in several]
    assert gated(several, Repair()) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_law_8_on_many(part):
    """500,000 comparisons in all: synthetic damage of synthetic lines, so that it runs anywhere."""
    chance = random.Random(part)
    several = []
    for _ in range(25_000):
        line = "".join(chance.choices(PIECES, k=chance.randint(1, 10)))
        several += [line, damaged(line, chance)]
    recipe = OPTIONS[part % len(OPTIONS)] if part % 2 else Repair()
    assert gated([re.sub("[\n\r\v\f\u2028\u2029]", " ", text) for text in several], recipe) == []
    assert all(same(text, recipe) for text in several[:500])
    assert replace(recipe) == recipe
