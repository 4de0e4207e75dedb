"""One document, line by line: what stayed, what went or changed, by which rule and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ..model import Edit, Line

Style = Callable[[str, str], str]
"""Text and one of the words `removed`, `added`, `note`, `number` to text as a terminal shows it."""


def plain(text: str, kind: str) -> str:
    """The style of files and pipes: none."""
    return text


class Told(NamedTuple):
    """One line of a source with the edits that touched it; `after` None when it was removed."""

    number: int
    before: str
    after: str | None
    edits: tuple[Edit, ...]


def tell(source: Sequence[Line], edits: Iterable[Edit]) -> list[Told]:
    """The source's lines in order, each with its fate."""
    fates: dict[int, list[Edit]] = {}
    for edit in edits:
        fates.setdefault(edit.line, []).append(edit)
    return [
        Told(line.number, line.text, fates[line.number][-1].after, tuple(fates[line.number]))
        if line.number in fates
        else Told(line.number, line.text, line.text, ())
        for line in source
    ]


def render(told: Iterable[Told], style: Style = plain) -> Iterator[str]:
    """Lines for a terminal: number, `-` for what went, `+` for what came, and the reasons below.

    >>> lines = [Line("The news"), Line("Tweet", 2)]
    >>> for line in render(tell(lines, [Edit("boilerplate", "share", 2, "Tweet", evidence="a share line")])):
    ...     print(line)
       1   The news
       2 - Tweet
           share: a share line
    """
    for line in told:
        if line.after == line.before:
            yield _row(line.number, " ", line.before, style)
            continue
        blank = not line.before.strip() and line.after is None
        if blank and all(edit.rule == "blank-line" for edit in line.edits):
            continue
        yield style(_row(line.number, "-", line.before, style), "removed")
        if line.after is not None:
            yield style(_row(line.number, "+", line.after, style), "added")
        for edit in line.edits:
            yield style(" " * 11 + reason(edit), "note")


def _row(number: int, mark: str, text: str, style: Style) -> str:
    return f"{style(f'{number:4}', 'number')} {mark} {text}"


def reason(edit: Edit) -> str:
    """Rule, evidence and score of an edit in one phrase."""
    score = "" if edit.score is None else f" (main text: {edit.score:.0%})"
    return f"{edit.rule}: {edit.evidence or edit.step}{score}"
