"""Undo earlier wrong decodings: ftfy, line by line, reached only by lines that it might change.

ftfy looks at each line some twenty times, and changes hardly any. Here a gate goes first: one pattern
built from ftfy's own tables (so that a new ftfy cannot silently part from it) of what makes any of its
steps act. What the gate lets pass goes through ftfy itself. Law 8 (tests/test_repair.py)::

    repair(line) == ftfy.fix_text(line, config)      for a line without a line break

except that a line break in what ftfy returns (from `&#10;`, say) becomes a space: a line stays one line.
Each line is on its own: `fix_text` on a whole text would keep entities after the first `<`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple, cast

import ftfy
import pyarrow as pa
import pyarrow.compute as pc
from ftfy import badness, chardata, fixes

from ..model import Edit, Line
from ..recipe import Repair
from .batch import Lines, positions, strings

# From so many lines beyond ASCII on, one vectorised pass is faster than a look at each: RE2 takes
# 0.5 microseconds a line and 0.9 milliseconds to compile the pattern, `re` takes 30 microseconds a line.
BATCH = 40

# Characters that are in normal form C beside whatever stands next to them; a test goes through all.
# Listed are the great blocks; a line with any other character is asked about singly.
STEADY = (
    "\x00-\u02ff\u0400-\u0482\u048a-\u0590\u0620-\u064a\u0660-\u066f\u0671-\u06d5\u2002-\u20cf\u2150-\u2328"
    "\u2500-\u2a00\u3000-\u3029\u3030-\u3098\u30a0-\ua66e\uac00-\ud7a3\uff00-\uffef"
)
_BREAK = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_ENCODING = ("decode_inconsistent_utf8", "fix_c1_controls")


class Gate(NamedTuple):
    """What a line must hold for ftfy to act.

    `ascii` and `beyond` are for Python's `re`, on lines in ASCII and others; `arrow` says the same, or a
    little more, to RE2. `unsteady` finds characters that may not be in the wanted normal form, None
    where none is wanted.
    """

    ascii: re.Pattern[str]
    beyond: re.Pattern[str]
    arrow: str
    unsteady: str | None


def repair(line: str, recipe: Repair = Repair()) -> str:  # noqa: B008  (a recipe is frozen)
    """One line, repaired.

    >>> repair("cafÃ© &amp; bar")
    'café & bar'
    """
    edits = propose([Line(line)], recipe)
    return str(edits[0].after) if edits else line


def propose(lines: Sequence[Line], recipe: Repair = Repair()) -> list[Edit]:  # noqa: B008
    """The edits that ftfy asks for, in the order of the lines."""
    if not recipe.enabled:
        return []
    found = (_edit(lines[position], recipe) for position in suspects(Lines.of(lines).texts.tolist(), recipe))
    return [edit for edit in found if edit]


def suspects(texts: Sequence[str], recipe: Repair = Repair()) -> Iterable[int]:  # noqa: B008
    """Positions of the texts that ftfy might change, in order; never one too few."""
    if len(texts) - sum(map(str.isascii, islice(texts, 10 * BATCH))) < BATCH and len(texts) <= 10 * BATCH:
        return suspects_of_few(texts, recipe)
    try:
        return suspects_of_many(texts, recipe)
    except (UnicodeEncodeError, pa.ArrowInvalid):
        # A lone surrogate, which Arrow cannot hold, or a pattern of a new ftfy that RE2 does not know.
        return suspects_of_few(texts, recipe)


def suspects_of_few(texts: Sequence[str], recipe: Repair) -> list[int]:
    """As `suspects`, one text after another."""
    gate = gate_of(recipe)
    normal = None if recipe.normalization == "none" else cast(Literal["NFC"], recipe.normalization)
    found = []
    for position, text in enumerate(texts):
        if text.isascii():
            hit = bool(gate.ascii.search(text))
        else:
            odd = normal is not None and not unicodedata.is_normalized(normal, text)
            hit = odd or bool(gate.beyond.search(text))
        if hit:
            found.append(position)
    return found


def suspects_of_many(texts: Sequence[str], recipe: Repair) -> list[int]:
    """As `suspects`, with one vectorised pass. Raises UnicodeEncodeError on a lone surrogate."""
    gate = gate_of(recipe)
    array = strings(texts)
    sure = pc.match_substring_regex(array, gate.arrow)
    if gate.unsteady:
        maybe = pc.and_not(pc.match_substring_regex(array, gate.unsteady), sure)
        normal = cast(Literal["NFC"], recipe.normalization)
        odd = (at for at in positions(maybe).tolist() if not unicodedata.is_normalized(normal, texts[at]))
        return sorted([*positions(sure).tolist(), *odd])
    return positions(sure).tolist()  # type: ignore[no-any-return]


def pattern(recipe: Repair) -> str:
    """What RE2 finds in every text that ftfy might change; empty where it is switched off."""
    if not recipe.enabled:
        return ""
    gate = gate_of(recipe)
    return f"{gate.arrow}|{gate.unsteady}" if gate.unsteady else gate.arrow


@lru_cache(maxsize=8)
def config_of(recipe: Repair) -> ftfy.TextFixerConfig:
    """The recipe in ftfy's words. `explain` stays on: without it ftfy 6.3.1 ignores three encoding options."""
    return ftfy.TextFixerConfig(
        unescape_html="auto" if recipe.unescape_html else False,
        remove_terminal_escapes=recipe.remove_terminal_escapes,
        fix_encoding=recipe.fix_encoding,
        restore_byte_a0=recipe.restore_byte_a0,
        replace_lossy_sequences=recipe.replace_lossy_sequences,
        decode_inconsistent_utf8=recipe.decode_inconsistent_utf8,
        fix_c1_controls=recipe.fix_c1_controls,
        fix_latin_ligatures=recipe.fix_latin_ligatures,
        fix_character_width=recipe.fix_character_width,
        uncurl_quotes=recipe.uncurl_quotes,
        fix_line_breaks=True,
        fix_surrogates=recipe.fix_surrogates,
        remove_control_chars=recipe.remove_control_chars,
        normalization=None if recipe.normalization == "none" else cast(Literal["NFC"], recipe.normalization),
        explain=True,
    )


@lru_cache(maxsize=8)
def gate_of(recipe: Repair) -> Gate:
    """The gate for these options, from ftfy's own tables."""
    single = "\r\x85\u2028\u2029"  # what fix_line_breaks looks for
    for table, wanted in (
        (chardata.LIGATURES, recipe.fix_latin_ligatures),
        (chardata.WIDTH_MAP, recipe.fix_character_width),
        (chardata.CONTROL_CHARS, recipe.remove_control_chars),
    ):
        single += "".join(map(chr, sorted(table))) if wanted else ""
    low = [_class(character for character in single if character.isascii())]
    low += [chardata.HTML_ENTITY_RE.pattern] if recipe.unescape_html else []
    low += ["\x1b\\["] if recipe.remove_terminal_escapes else []  # how fixes.ANSI_RE begins
    high = [_class(character for character in single if not character.isascii())]
    high += [unverbose(badness.BADNESS_RE)] if recipe.fix_encoding else []
    high += [chardata.C1_CONTROL_RE.pattern] if recipe.fix_c1_controls else []
    quotes = [chardata.SINGLE_QUOTE_RE.pattern, chardata.DOUBLE_QUOTE_RE.pattern]
    high += quotes if recipe.uncurl_quotes else []
    arrow = "|".join(low + high)
    # Lone surrogates reach only the plain form: Arrow has no way to hold one.
    beyond = arrow + ("|" + fixes.SURROGATE_RE.pattern if recipe.fix_surrogates else "")
    unsteady = {"none": None, "NFC": f"[^{STEADY}]"}.get(recipe.normalization, "[^\x00-\x7f]")
    return Gate(re.compile("|".join(low)), re.compile(beyond), for_re2(arrow), unsteady)


def unverbose(pattern: re.Pattern[str]) -> str:
    """A verbose pattern without its white space and comments: RE2 has no such mode.

    >>> unverbose(re.compile("a [ b]  # two\\n | c", re.VERBOSE))
    'a[ b]|c'
    """
    if not pattern.flags & re.VERBOSE:
        return pattern.pattern
    token = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|#[^\n]*|\s|.", re.DOTALL)
    return "".join(
        text for text in token.findall(pattern.pattern) if not (text.isspace() and len(text) == 1) and text[0] != "#"
    )


def for_re2(pattern: str) -> str:
    """The pattern with `\\w` and `\\s` widened: RE2 means only ASCII by them, Python means Unicode."""
    wide = {"\\w": "[0-9A-Za-z_\u0080-\U0010ffff]", "\\s": "[\\s\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028-\u3000]"}
    return re.sub(r"\\.", lambda match: wide.get(match[0], match[0]), pattern)


def _class(characters: Iterable[str]) -> str:
    return "[" + "".join(map(re.escape, characters)) + "]"


def _edit(line: Line, recipe: Repair) -> Edit | None:
    config = config_of(recipe)
    if len(line.text) > config.max_decode_length:
        fixed, steps = ftfy.fix_text(line.text, config), None
    else:
        fixed, steps = ftfy.fix_and_explain(line.text, config)
    fixed = _BREAK.sub(" ", fixed)
    if fixed == line.text:
        return None
    rule, evidence = _words(steps or [])
    return Edit("repair", rule, line.number, line.text, fixed, evidence=evidence, document=line.document)


def _words(steps: Sequence[ftfy.ExplanationStep]) -> tuple[str, str]:
    """Name of the most telling step, and all of them in words."""
    names = [
        "fix-encoding"
        if step.action in ("encode", "transcode", "decode") or step.parameter in _ENCODING
        else "normalize"
        if step.action == "normalize"
        else step.parameter.replace("_", "-")
        for step in steps
    ]
    rule = "fix-encoding" if "fix-encoding" in names else names[0] if names else "fix-text"
    words = {"encode": "written as {}", "decode": "read as {}", "normalize": "in normal form {}"}
    said = (words.get(step.action, "{}").format(_plain(step.parameter)) for step in steps)
    return rule, "ftfy: " + ", ".join(said)


def _plain(parameter: str) -> str:
    return parameter.removeprefix("sloppy-").replace("_", " ")
