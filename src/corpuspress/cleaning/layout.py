"""Spaces, invisible characters, blank lines, and lines that were hard-wrapped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from ..model import Edit, Line, by_document
from ..recipe import Layout
from . import pairs
from .batch import Lines

_SPACES = "\t \xa0\u2000-\u200a\u202f\u205f\u3000"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_HIDDEN = f"\xad\u200b\u2060\ufeff{_BIDI}"
# The joiners U+200C and U+200D are no surplus: Persian, Indic scripts and emoji are spelt with them.

# What a line must hold to be looked at: white space at an end or in a row, some of it alone, what shows nothing.
_SURPLUS = (
    pairs.Condition(1, f"[{_SPACES}]", f"[\n{_SPACES}]"),
    pairs.Condition(1, "\n", f"[{_SPACES}]"),
    pairs.Condition(1, f"[\t\xa0\u2000-\u200a\u202f\u205f{_HIDDEN}]"),
)

_RUN = re.compile(f"[{_SPACES}]{{2,}}|[\t\xa0\u2000-\u200a\u202f\u205f]")
_HIDDEN_CHARACTER = re.compile(f"[{_HIDDEN}]")
_BIDI_CHARACTER = re.compile(f"[{_BIDI}]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Thai, Lao, Burmese, Khmer, Tai and Cham mark the end of a word with U+200B, if at all.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u1aad\ua9e0-\ua9ff\uaa00-\uaadf]")
# No pattern: one of so many characters takes 2 ms to compile.
_WIDE = (("\u2e80", "\u9fff"), ("\uf900", "\ufaff"), ("\uff00", "\uffef"), ("\U00020000", "\U0003ffff"))


def spaces(lines: Sequence[Line], recipe: Layout = Layout()) -> Iterator[Edit]:  # noqa: B008
    """Drop what shows nothing, trim, and make each run of horizontal white space one space.

    A run of ideographic spaces becomes one of them; any other one U+0020.

    >>> [edit.after for edit in spaces([Line("  a\\xa0\\tb ")])]
    ['a b']
    """
    if recipe.spaces:
        marks = pairs.marks_of(Lines.of(lines).texts.tolist(), pairs.gate(conditions(recipe)))
        for position in np.flatnonzero(marks).tolist():
            yield from _tidied(lines[position])


def conditions(recipe: Layout) -> tuple[pairs.Condition, ...]:
    """What every text holds that `spaces` changes; nothing where it is switched off."""
    return _SURPLUS if recipe.spaces else ()


def blank(lines: Sequence[Line], recipe: Layout = Layout()) -> list[Edit]:  # noqa: B008
    """Remove blank lines at both ends of a document, and those beyond `recipe.blank_lines` in a row."""
    lines = Lines.of(lines)
    full = np.flatnonzero(lines.length)
    # Between one line that is not blank and the next; -1 and the end stand for lines of no document.
    edges = np.concatenate([[-1], full, [len(lines)]])
    own = np.concatenate([[-1], lines.documents[full], [-1]])
    inside = (own[1:] == own[:-1]) & (own[1:] >= 0)
    surplus = np.maximum(edges[1:] - edges[:-1] - 1 - recipe.blank_lines * inside, 0)
    # The last ones go.
    last = np.repeat(edges[1:] - np.cumsum(surplus), surplus)
    gone = lines.where(last + np.arange(len(last)))
    columns = gone.numbers.tolist(), gone.texts.tolist(), gone.documents.tolist()
    return [
        Edit("blank", "blank-line", number, text, document=document)
        for number, text, document in zip(*columns, strict=True)
    ]


def wrapped(lines: Sequence[Line], recipe: Layout = Layout()) -> Iterator[Edit]:  # noqa: B008
    """Join the lines of documents that were hard-wrapped: the first takes the others up.

    A break is a wrap when the next word would not have fitted into the widest line; nothing is joined
    unless most breaks of the document (four of five, and at least four) are wraps.
    """
    if recipe.join_wrapped:
        for _, group in by_document(lines):
            for part in _paragraphs(group):
                yield from _joined(part)


def _tidied(line: Line) -> Iterator[Edit]:
    text, hidden = line.text, _surplus_characters(line.text)
    if hidden:
        text = "".join(character for character in text if character not in hidden)
        evidence = "dropped " + ", ".join(f"U+{ord(character):04X}" for character in hidden)
        yield Edit("layout", "invisible", line.number, line.text, text, evidence=evidence, document=line.document)
    neat = _RUN.sub(_one_space, text).strip("\t \xa0\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))
    if neat != text:
        yield Edit("layout", "spaces", line.number, text, neat, evidence=_spaces(text), document=line.document)


def _spaces(text: str) -> str:
    """What was wrong with the white space of a line."""
    found = ["at the ends"] if text != text.strip() else []
    found += ["in a row"] if re.search(r"\s\s", text.strip()) else []
    named = sorted(character for character in set(text.strip()) if character.isspace() and character != " ")
    found += [unicodedata.name(character, f"U+{ord(character):04X}").lower() for character in named]
    return f"white space: {', '.join(found)}"


def _surplus_characters(text: str) -> list[str]:
    found = set(_HIDDEN_CHARACTER.findall(text))
    if found and _RIGHT_TO_LEFT.search(text):
        found = {character for character in found if not _BIDI_CHARACTER.match(character)}
    if "\u200b" in found and _UNSPACED.search(text):
        found.remove("\u200b")
    return sorted(found)


def _one_space(match: re.Match[str]) -> str:
    return "\u3000" if set(match[0]) == {"\u3000"} else " "


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Runs of lines that wraps hold together, of one document; none where it was not wrapped."""
    width = max((len(line.text) for line in lines), default=0)
    pairs = [(first, second) for first, second in pairwise(lines) if first.text and second.text]
    wraps = {second.number for first, second in pairs if _full(first.text, second.text, width)}
    if not 30 <= width <= 120 or len(wraps) < max(4, 0.8 * len(pairs)):
        return
    part: list[Line] = []
    for line in lines:
        if line.number not in wraps:
            if len(part) > 1:
                yield part
            part = []
        part.append(line)
    if len(part) > 1:
        yield part


def _full(first: str, second: str, width: int) -> bool:
    if _is_wide(second[0]):
        return len(first) + 2 > width
    return len(first) + 1 + len(second.split(maxsplit=1)[0]) > width


def _is_wide(sign: str) -> bool:
    return any(first <= sign <= last for first, last in _WIDE)


def _joined(part: Sequence[Line]) -> Iterator[Edit]:
    first, text = part[0], part[0].text
    for line in part[1:]:
        close = text.endswith("-") or (_is_wide(text[-1]) and _is_wide(line.text[0]))
        text += line.text if close else f" {line.text}"
    said = f"lines {first.number} to {part[-1].number} were one"
    yield Edit("layout", "join-wrapped", first.number, first.text, text, evidence=said, document=first.document)
    for line in part[1:]:
        said = f"joined to line {first.number}"
        yield Edit("layout", "join-wrapped", line.number, line.text, evidence=said, document=line.document)
