"""The words of the project as values, and the four functions that everything rests on.

`split` turns decoded text into numbered lines, `apply` is the only function that ever changes a line,
`replay` carries an audit out again, `restore` undoes it. Standard library only.

Laws (tests/test_model.py)::

    join(*split(text)) == text
    replay(lines, edits) == text of the document
    restore(text of the document, edits) == lines

Lines of several documents may stand in one sequence, as long as the lines of one document are
adjacent and in order: cleaners work on whole batches, and a batch of one is the simple case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby, repeat
from operator import itemgetter
from typing import NamedTuple, NoReturn

from .errors import AuditError


class Line(NamedTuple):
    """What stands between two line breaks.

    `number` counts from 1 in the decoded source and never changes; `document` is the position of the
    document in the batch at hand, from 0.
    """

    text: str
    number: int = 1
    document: int = 0


class Edit(NamedTuple):
    """One change of one line by one rule; `after` None is a removal.

    `step` is the stage that proposed it ("decode", "repair", "layout", "boilerplate", "repeats",
    "blank"), `score` the confidence where a model had a say (probability that the line is main text,
    0 to 1), `evidence` a short sentence in words that a reader understands.
    """

    step: str
    rule: str
    line: int
    before: str
    after: str | None = None
    score: float | None = None
    evidence: str = ""
    document: int = 0


Cleaner = Callable[[Sequence[Line]], Iterable[Edit]]
"""Looks at lines, proposes edits, changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One input as found.

    `path` is relative to the input and uses `/`; `id` is `path` without its suffix; `data` are the
    bytes; `provenance` is the hexadecimal hash of the name, kept as found; `ordinal` the number in
    front of it, as found (leading zeros included), or None; `facts` the row of the sidecar.
    """

    path: str
    id: str
    data: bytes
    provenance: str
    ordinal: str | None = None
    encoding_hint: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A source that cannot become a document; `reason` is one kebab-case word.

    `data` are the bytes as far as they could be read (None where nothing could), `text` the decoded
    text where there is one.
    """

    path: str
    reason: str
    detail: str
    data: bytes | None = None
    text: str | None = None


# What str.splitlines breaks at, less U+001C to U+001E, which are data separators, and U+0085, which in
# scraped text is nearly always the ellipsis of cp1252 decoded wrongly; repair must see it.
_BREAK = re.compile("\r\n|[\n\r\v\f\u2028\u2029]")
_RARE = "\r\v\f\u2028\u2029"
_CODE = {"\n": "n", "\r\n": "w", "\r": "r", "\v": "v", "\f": "f", "\u2028": "l", "\u2029": "p"}
_BREAK_OF = {code: text for text, code in _CODE.items()}


def split(text: str, document: int = 0) -> tuple[list[Line], str]:
    """Decoded text to lines and the record of its line breaks.

    The record is a run-length code, "n39w1" for 39 line feeds and one carriage return + line feed;
    a break at the very end of the text ends the last line and opens no new one.

    >>> split("One\\nTwo\\n")
    ([Line(text='One', number=1, document=0), Line(text='Two', number=2, document=0)], 'n2')
    """
    if any(char in text for char in _RARE):
        found: list[str] = _BREAK.findall(text)
        texts = _BREAK.split(text)
    else:
        texts = text.split("\n")
        found = ["\n"] * (len(texts) - 1)
    if found and not texts[-1]:
        del texts[-1]
    breaks = "".join(f"{_CODE[text]}{sum(1 for _ in run)}" for text, run in groupby(found))
    return lines_from(texts, count(1), repeat(document)), breaks


def lines_from(texts: Iterable[str], numbers: Iterable[int], documents: Iterable[int]) -> list[Line]:
    """Lines from their three columns, which end together with the shortest."""
    # What Line(...) does, without a call of Python for each of a million lines.
    return list(map(tuple.__new__, repeat(Line), zip(texts, numbers, documents, strict=False)))


def join(lines: Iterable[Line], breaks: str) -> str:
    """The inverse of `split`.

    >>> join(*split("One\\r\\nTwo"))
    'One\\r\\nTwo'
    """
    parts = [line.text for line in lines]
    ends = [_BREAK_OF[code] for code, count in re.findall(r"([a-z])(\d+)", breaks) for _ in range(int(count))]
    ends += [""] * (len(parts) - len(ends))
    return "".join(text + end for text, end in zip(parts, ends, strict=True))


def text_of(lines: Iterable[Line]) -> str:
    """The text of a document: its lines, parted by one line feed."""
    return "\n".join(line.text for line in lines)


def by_document(lines: Iterable[Line]) -> Iterator[tuple[int, list[Line]]]:
    """Position and lines of each document of a batch that has lines, in order."""
    for document, group in groupby(lines, key=lambda line: line.document):
        yield document, list(group)


_PLACE, _PLACE_OF_EDIT = itemgetter(1, 2), itemgetter(2, 7)
_LINE_OF_EDIT, _AFTER = itemgetter(3, 2, 7), itemgetter(4)


def apply(lines: Sequence[Line], edits: Iterable[Edit]) -> list[Line]:
    """Carry out edits, in order; several may touch one line, each starting from the last one's `after`.

    Raises AuditError when an edit names a line that is not there, when its `before` is not the
    line's text, when it changes nothing, or when its `after` holds a line break.
    """
    edits = list(edits)
    if not edits:
        return list(lines)
    # Most cleaners remove lines, and nothing else.
    if len(edits) == len(lines) and list(map(_LINE_OF_EDIT, edits)) == lines and set(map(_AFTER, edits)) == {None}:
        return []
    wanted: dict[tuple[int, int], list[Edit]] = {}
    alone = dict(zip(map(_PLACE_OF_EDIT, edits), edits, strict=True))
    if len(alone) < len(edits):
        for edit in edits:
            wanted.setdefault((edit.line, edit.document), []).append(edit)
    result, met = [], 0
    for line, edited in zip(lines, map(alone.get, map(_PLACE, lines)), strict=True):
        if edited is None:
            result.append(line)
            continue
        met += 1
        text, _, _ = line
        own = wanted[line[1:]] if wanted else (edited,)
        # Most edits are plain removals.
        if len(own) == 1 and edited.after is None and edited.before == text:
            continue
        if (after := _carry_out(text, own)) is not None:
            result.append(Line(after, line.number, line.document))
    if met < len(alone):
        known = set(map(_PLACE, lines))
        _refuse(next(edit for edit in edits if _PLACE_OF_EDIT(edit) not in known), "a line to change", "no such line")
    return result


def _carry_out(text: str | None, edits: Iterable[Edit]) -> str | None:
    for edit in edits:
        if text is None:
            _refuse(edit, "a line to change", "no such line, since an earlier edit removed it")
        elif text != edit.before:
            _refuse(edit, repr(edit.before), repr(text))
        elif edit.after == text:
            _refuse(edit, "a change", "an edit that changes nothing")
        elif edit.after is not None and _BREAK.search(edit.after):
            _refuse(edit, "one line without a line break", repr(edit.after))
        text = edit.after
    return text


def _refuse(edit: Edit, expected: str, found: str) -> NoReturn:
    where = f"document {edit.document}, line {edit.line}, rule {edit.rule}"
    raise AuditError(where, expected=expected, found=found, cure="this is a fault of the cleaner: report it")


def replay(lines: Sequence[Line], edits: Iterable[Edit]) -> str:
    """The text of the one document that `lines` and `edits` belong to, from its source lines."""
    return text_of(apply(lines, edits))


def restore(text: str, edits: Sequence[Edit], document: int = 0) -> list[Line]:
    """The source lines of one document, from its clean text and all its edits.

    Raises AuditError when an edit's `after` is not what the line holds.
    """
    removed = {edit.line for edit in edits if edit.after is None}
    numbers = _numbers(removed)
    current: dict[int, str | None] = dict.fromkeys(removed)
    if text or not removed:
        current.update((next(numbers), part) for part in text.split("\n"))
    for edit in reversed(edits):
        if edit.line not in current or current[edit.line] != edit.after:
            raise AuditError(
                f"line {edit.line}, rule {edit.rule}",
                expected=repr(edit.after),
                found=repr(current.get(edit.line, "no such line")),
                cure="the release is damaged, or text and edits are of different documents",
            )
        current[edit.line] = edit.before
    return [Line(str(current[number]), number, document) for number in sorted(current)]


def _numbers(removed: set[int]) -> Iterator[int]:
    number = 0
    while True:
        number += 1
        if number not in removed:
            yield number
