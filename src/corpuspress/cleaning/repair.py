"""Undo earlier wrong decodings: ftfy, line by line, reached only by lines that it might change.

ftfy looks at each line some twenty times, and changes hardly any. Here a gate goes first, built from ftfy's own
tables (so that a new ftfy cannot silently part from it): characters side by side without which none of its steps
acts, and of the lines that hold such, one pattern of what makes them act. What the gate lets pass goes through
ftfy itself. Law 8 (tests/test_repair.py)::

    repair(line) == ftfy.fix_text(line, config)      for a line without a line break

except that a line break in what ftfy returns (from `&#10;`, say) becomes a space: a line stays one line.
Each line is on its own: `fix_text` on a whole text would keep entities after the first `<`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import numpy as np

from ..model import Edit, Line
from ..recipe import Repair
from . import pairs
from .batch import Lines

if TYPE_CHECKING:
    import ftfy  # which takes 0.04 s to import: it is asked for where it is needed, in workers for the most part

ENTITY, SUSPECT, UNSTEADY = 1, 2, 4
"""Marks of what may be an entity of HTML, of what else may make ftfy act, and of what may be in another normal form."""

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

    `ascii` and `beyond` find it in lines in ASCII and others, but for what `entity` finds, since most suspects seem to
    hold an entity, and a pattern of its own finds it sooner; `conditions` are wider, and those with the mark UNSTEADY
    tell which lines to ask about their normal form.
    """

    ascii: tuple[re.Pattern[str], ...]
    beyond: tuple[re.Pattern[str], ...]
    entity: re.Pattern[str]
    conditions: tuple[pairs.Condition, ...]


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


def suspects(texts: Sequence[str], recipe: Repair = Repair()) -> list[int]:  # noqa: B008
    """Positions of the texts that ftfy might change, in order; never one too few."""
    gate = gate_of(recipe)
    marks = pairs.marks_of(texts, pairs.gate(gate.conditions))
    return [at for at in np.flatnonzero(marks).tolist() if _passes(texts[at], int(marks[at]), recipe)]


def _passes(text: str, marks: int, recipe: Repair) -> bool:
    gate = gate_of(recipe)
    if marks & UNSTEADY and not unicodedata.is_normalized(cast(Literal["NFC"], recipe.normalization), text):
        return True
    if marks & ENTITY and gate.entity.search(text):
        return True
    patterns = gate.ascii if text.isascii() else gate.beyond
    return bool(marks & SUSPECT) and any(pattern.search(text) for pattern in patterns)


def conditions(recipe: Repair) -> tuple[pairs.Condition, ...]:
    """What every text holds that ftfy might change; nothing where it is switched off."""
    return gate_of(recipe).conditions if recipe.enabled else ()


@lru_cache(maxsize=8)
def config_of(recipe: Repair) -> ftfy.TextFixerConfig:
    """The recipe in ftfy's words. `explain` stays on: without it ftfy 6.3.1 ignores three encoding options."""
    import ftfy

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
    from ftfy import badness, chardata, fixes

    single = "\r\x85\u2028\u2029"  # what fix_line_breaks looks for
    for table, wanted in (
        (chardata.LIGATURES, recipe.fix_latin_ligatures),
        (chardata.WIDTH_MAP, recipe.fix_character_width),
        (chardata.CONTROL_CHARS, recipe.remove_control_chars),
    ):
        single += "".join(map(chr, sorted(table))) if wanted else ""
    low = [_class(character for character in single if character.isascii())]
    low += ["\x1b\\["] if recipe.remove_terminal_escapes else []  # how fixes.ANSI_RE begins
    high = [_class(character for character in single if not character.isascii())]
    high += [chardata.C1_CONTROL_RE.pattern] if recipe.fix_c1_controls else []
    quotes = [chardata.SINGLE_QUOTE_RE.pattern, chardata.DOUBLE_QUOTE_RE.pattern]
    high += quotes if recipe.uncurl_quotes else []
    high += [fixes.SURROGATE_RE.pattern] if recipe.fix_surrogates else []
    # It takes 5 ms to compile, and ftfy did so.
    bad = [badness.BADNESS_RE] if recipe.fix_encoding else []
    sources = *low, *high, *map(unverbose, bad)
    needed = [condition for pattern in sources for condition in pairs.conditions(pattern, SUSPECT)]
    needed += pairs.conditions(chardata.HTML_ENTITY_RE.pattern, ENTITY) if recipe.unescape_html else []
    unsteady = {"none": None, "NFC": f"[^{STEADY}]"}.get(recipe.normalization, "[^\x00-\x7f]")
    needed += [pairs.Condition(UNSTEADY, unsteady)] if unsteady else []
    some, others = re.compile("|".join(low)), re.compile("|".join(low + high))
    return Gate((some,), (others, *bad), chardata.HTML_ENTITY_RE, tuple(needed))


def unverbose(pattern: re.Pattern[str]) -> str:
    """A verbose pattern without its white space and comments.

    >>> unverbose(re.compile("a [ b]  # two\\n | c", re.VERBOSE))
    'a[ b]|c'
    """
    if not pattern.flags & re.VERBOSE:
        return pattern.pattern
    token = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|#[^\n]*|\s|.", re.DOTALL)
    return "".join(
        text for text in token.findall(pattern.pattern) if not (text.isspace() and len(text) == 1) and text[0] != "#"
    )


def _class(characters: Iterable[str]) -> str:
    return "[" + "".join(map(re.escape, characters)) + "]"


def _edit(line: Line, recipe: Repair) -> Edit | None:
    import ftfy

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
