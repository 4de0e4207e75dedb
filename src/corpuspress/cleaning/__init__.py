"""Text in, main text out, every change on record: the only file that knows the order of the cleaners.

`tidy` repairs lines and lays them out, one line at a time (the census counts what it leaves); `strip`
removes boilerplate, repeats and surplus blank lines, and needs whole documents; `clean` is both, for
one text. All work on batches: the lines of many documents in one flat list, documents adjacent.

Law 3, clean(clean(x)) == clean(x), holds because each function goes on until it finds nothing more: a
text is let go only after a round that changed nothing in it, which is what a second call would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..census import Census
from ..model import Edit, Line, apply, split
from ..recipe import Recipe
from . import boilerplate, layout, one_line, repair, repeats, title
from .batch import Ints, Lines, carried_out
from .remembered import Remembered

ROUNDS = 12
"""A stop for texts that would never settle; real ones need two or three rounds."""

Facts = dict[str, tuple[str, ...]]


class Cleaned(NamedTuple):
    """One text cleaned: `edits` lead from its lines to `text`, `facts` come from removed lines."""

    text: str
    edits: tuple[Edit, ...]
    title: str | None = None
    facts: Mapping[str, tuple[str, ...]] = {}
    flags: tuple[str, ...] = ()


class Tidied(NamedTuple):
    """Lines of a batch repaired and laid out, and the edits that did it."""

    lines: Lines
    edits: list[Edit]


class Stripped(NamedTuple):
    """Lines of a batch without boilerplate, and what was learnt; lists have one entry a document."""

    lines: Lines
    edits: list[Edit]
    titles: list[str | None]
    facts: list[Facts]
    flags: list[tuple[str, ...]]


def clean(text: str, recipe: Recipe = Recipe()) -> Cleaned:  # noqa: B008  (a recipe is frozen)
    """Clean one text.

    >>> clean("A quiet day in the harbour\\n\\n\\n\\nNothing  moved &amp; nobody spoke.").text
    'A quiet day in the harbour\\n\\nNothing moved & nobody spoke.'
    """
    return clean_lines(split(text)[0], recipe)


def clean_lines(lines: Sequence[Line], recipe: Recipe = Recipe()) -> Cleaned:  # noqa: B008
    """Clean the lines of one text (document 0 of its batch)."""
    tidied = tidy(lines, recipe)
    stripped = strip(tidied.lines, recipe, documents=1)
    edits = (*tidied.edits, *stripped.edits)
    return Cleaned(stripped.lines.joined(1)[0], edits, stripped.titles[0], stripped.facts[0], stripped.flags[0])


def clean_batch(
    rows: Mapping[str, Sequence[str | None]],
    recipe: Recipe = Recipe(),  # noqa: B008
) -> dict[str, list[str | None]]:
    """Clean the column `text` of a batch: for `datasets.Dataset.map(clean_batch, batched=True)`; None stays None."""
    lines = [line for document, text in enumerate(rows["text"]) for line in split(text or "", document)[0]]
    documents = len(rows["text"])
    texts = strip(tidy(lines, recipe).lines, recipe, documents=documents).lines.joined(documents)
    return {"text": [None if text is None else clean for text, clean in zip(rows["text"], texts, strict=True)]}


def tidy(lines: Sequence[Line], recipe: Recipe = Recipe()) -> Tidied:  # noqa: B008
    """Repair the encoding and the layout of each line; join wrapped lines if the recipe asks."""
    current, edits = _settled(lines, recipe)
    for _ in range(ROUNDS):
        joined = list(layout.wrapped(current, recipe.layout))
        if not joined:
            break
        current, again = _settled(apply(current, joined), recipe)
        edits += joined + again
    return Tidied(current, edits)


def strip(
    lines: Sequence[Line],
    recipe: Recipe = Recipe(),  # noqa: B008
    census: Census | None = None,
    *,
    documents: int | None = None,
    given: Sequence[str | None] = (),
) -> Stripped:
    """Remove boilerplate, repeats and surplus blank lines of documents 0 to `documents` - 1.

    `census` says which lines recur elsewhere; `given` are titles known from a sidecar.
    """
    count = documents if documents is not None else 1 + max((line.document for line in lines), default=-1)
    facts: list[Facts] = [{} for _ in range(count)]
    remembered = Remembered(recipe.boilerplate.rules)
    work = _Work(recipe, census, given, [], [None] * count, facts, [()] * count, remembered, {}, {}, np.full(count, -1))
    active = Lines.of(lines).begun()
    active = carried_out(active, layout.blank(active, recipe.layout), work.edits)
    settled: list[Lines] = []
    for left in reversed(range(ROUNDS)):
        before = len(work.edits)
        active = _round(active, work)
        changed = {edit.document for edit in work.edits[before:]} if left else set()
        active, rest = active.parted(changed)
        settled.append(rest)
        if not active:
            break
    titles = [line.text if line else None for line in work.titles]
    return Stripped(Lines.together(settled), work.edits, titles, work.facts, work.flags)


class _Work(NamedTuple):
    """What `strip` was asked for, and what is learnt from round to round; lists have one entry a document."""

    recipe: Recipe
    census: Census | None
    given: Sequence[str | None]
    edits: list[Edit]
    titles: list[Line | None]
    facts: list[Facts]
    flags: list[tuple[str, ...]]
    remembered: Remembered
    cut: dict[str, one_line.Cut]
    seen: dict[int, title.Seen]
    searched: Ints


def _round(lines: Lines, work: _Work) -> Lines:
    """One pass of all cleaners that need whole documents, on record."""
    recipe, census, documents = work.recipe, work.census, len(work.titles)
    titles = title.titles(lines, documents, work.given, work.seen)
    _learn_titles(work, lines, titles)
    found = boilerplate.propose(lines, documents, recipe.boilerplate, census, titles, remembered=work.remembered)
    _learn(work, found)
    _forget_titles(work, found.edits)
    lines = carried_out(lines, found.edits, work.edits)
    inside = one_line.propose(lines, documents, recipe.boilerplate, titles, work.cut)
    _learn(work, inside)
    lines = carried_out(lines, inside.edits, work.edits)
    if recipe.boilerplate.repeats:
        lines = carried_out(lines, repeats.propose(lines, titles, work.searched), work.edits)
    lines = carried_out(lines, repeats.passages(lines, titles, census, recipe.boilerplate.passages), work.edits)
    lines = _smoothed(lines, (*found.edits, *inside.edits), work)
    lines = carried_out(lines, layout.blank(lines, recipe.layout), work.edits)
    # What goes may have been all that kept the breaks of a text from being those of wrapped lines.
    joined = list(layout.wrapped(lines, recipe.layout))
    return _smoothed(carried_out(lines, joined, work.edits), joined, work)


def _smoothed(lines: Lines, edits: Iterable[Edit], work: _Work) -> Lines:
    """The lines with those that edits changed repaired and laid out."""
    changes = [edit for edit in edits if edit.after is not None]
    if not changes:
        return lines
    return carried_out(lines, _settled(lines.where(lines.named(changes)), work.recipe)[1], work.edits)


def _learn_titles(work: _Work, lines: Lines, titles: Sequence[int | None]) -> None:
    for found in lines.where(lines.titled(titles)):
        known = work.titles[found.document]
        # A title that went because it stood apart from the article is the title still, whatever now looks like one.
        if known is None or known.number == found.number or title.same(known.text, found.text):
            work.titles[found.document] = found


def _forget_titles(work: _Work, edits: Sequence[Edit]) -> None:
    """What a rule removes was no title, though it looked like one."""
    for edit in edits:
        known = work.titles[edit.document]
        if known and edit.after is None and edit.line == known.number and edit.rule != "line-model":
            work.titles[edit.document] = None


def _learn(work: _Work, found: boilerplate.Proposal) -> None:
    for document, (facts, flags) in enumerate(zip(found.facts, found.flags, strict=True)):
        if not facts and not flags:
            continue
        for name, values in facts.items():
            known = work.facts[document].get(name, ())
            work.facts[document][name] = known + tuple(value for value in values if value not in known)
        known = work.flags[document]
        work.flags[document] = known + tuple(flag for flag in flags if flag not in known)


def _settled(lines: Sequence[Line], recipe: Recipe) -> tuple[Lines, list[Edit]]:
    """Lines repaired and laid out until neither finds anything more to do."""
    edits: list[Edit] = []
    steps: list[Callable[[Sequence[Line]], Iterable[Edit]]] = [
        lambda some: repair.propose(some, recipe.repair),
        lambda some: layout.spaces(some, recipe.layout),
    ]
    some = whole = Lines.of(lines)
    for _ in range(ROUNDS if whole else 0):
        before = len(edits)
        for step in steps:
            some = carried_out(some, step(some), edits)
        new = edits[before:]
        if not new:
            break
        # Only what the last round changed can give the next one something to do.
        some = some.where(some.named(new))
    return carried_out(whole, edits, []), edits
