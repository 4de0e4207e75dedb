"""Lines that recur and that no rule knows, as rules to review. A conductor, like building.py."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import census as recurring
from . import parts, read
from .building import Work, census, check_rules, opened
from .cleaning import rules
from .model import Line, by_document
from .parts import Context
from .press import prepare
from .recipe import Recipe

HOW_TO = """# Look at each row: keep what is never part of an article, say family, reason and strength, and name lines
# that must stay. Save what is left in a file beside the recipe, and name it there:
#     [boilerplate]
#     rules = ["own.toml"]
"""
NOTHING = "# No line recurs that no rule knows."
CONTEXTS = 3
"""Places shown for each line."""


class Suggestion(NamedTuple):
    """One recurring line: its most frequent spelling, how often it stands where, and what stands around it.

    `name` is free for a rule; `contexts` are (source, line before, line after); `evidence` is the census in words.
    """

    name: str
    text: str
    sources: int
    sites: int
    evidence: str
    contexts: tuple[tuple[str, str, str], ...]

    def to_toml(self) -> str:
        """The line as a row of a rule table; whoever pastes it decides on family, reason and strength."""
        quoted = json.dumps(self.text, ensure_ascii=False)
        keeps = json.dumps(f"The sign at the door said “{self.text}”, and nobody laughed.", ensure_ascii=False)
        length = [f"max_length = {len(self.text)}"] if len(self.text) > rules.LONGEST else []
        places = [f"# {source}: {before[:60]!r} / {after[:60]!r}" for source, before, after in self.contexts]
        return "\n".join(
            [
                f"# {self.evidence}",
                *places,
                "[[rule]]",
                f'name = "{self.name}"',
                'family = "navigation"',
                'reason = "A line that this site prints on many pages."',
                'strength = "edge"',
                *length,
                f"pattern = '''{_pattern(self.text)}'''",
                f"removes = [{quoted}]",
                f"keeps = [{keeps}]",
            ]
        )


def suggest(  # noqa: PLR0913  (each is an option of the command)
    inputs: Sequence[str | Path],
    *,
    recipe: Recipe | None = None,
    sources: str | Path | None = None,
    workers: int | None = None,
    most: int = 50,
    progress: bool = False,
) -> list[Suggestion]:
    """Recurring lines that no rule knows, those in most sources first; at most `most` of them.

    A line recurs when it stands in at least `boilerplate.census_sources` sources of the recipe. Raises
    InputError and RecipeError as `build` does.
    """
    recipe = recipe or Recipe()
    check_rules(recipe)
    with opened(None, workers) as (folder, engine):
        work = Work(engine, progress)
        plan = read.plan(inputs, recipe.read, folder / "spool", Path(sources) if sources else None)
        context = Context(recipe, folder, "suggest", plan.columns)
        prepared = work.map("reading", partial(prepare, context), plan.chunks, plan.sizes)
        path = census(context, prepared)
        found = work.map("looking", partial(_seen, context._replace(census=path)), prepared, plan.sizes)
        return _named(_ranked(recurring.load(Path(path)), found, most), recipe)


class _Seen(NamedTuple):
    spellings: dict[int, Counter[str]]
    contexts: dict[int, list[tuple[str, str, str]]]


def _seen(context: Context, key: str) -> _Seen:
    """Spellings and places of the recurring lines of one chunk that no rule matches, by hash."""
    table = parts.read(context.part(key, "prepared"), ["source", "numbers", "lines", "hashes"])
    names, *columns = (column.combine_chunks() for column in table.columns)
    lines, hashes = parts.lines_of(*columns[:2]), columns[2].flatten().to_numpy()
    known_lines = recurring.load(Path(context.census or "")).hashes
    wanted = np.isin(hashes, known_lines) & (hashes != recurring.NOWHERE)
    positions = np.flatnonzero(wanted)
    known = set(rules.of(context.recipe.boilerplate.rules).match([lines[at].text for at in positions]).line.tolist())
    new = {int(at) for number, at in enumerate(positions) if number not in known}
    seen = _Seen({}, {})
    start = 0
    for document, own in by_document(lines):
        for at in range(len(own)):
            if start + at in new:
                _note(seen, int(hashes[start + at]), names[document].as_py(), own, at)
        start += len(own)
    return seen


def _note(seen: _Seen, key: int, source: str, lines: Sequence[Line], at: int) -> None:
    seen.spellings.setdefault(key, Counter())[lines[at].text] += 1
    places = seen.contexts.setdefault(key, [])
    if len(places) < CONTEXTS:
        places.append((source, _near(reversed(lines[:at])), _near(lines[at + 1 :])))


def _near(lines: Iterable[Line]) -> str:
    return next((line.text for line in lines if line.text.strip()), "")


def _ranked(lines: recurring.Census, found: Sequence[_Seen], most: int) -> list[Suggestion]:
    keys = sorted({key for seen in found for key in seen.spellings})
    places = np.searchsorted(lines.hashes, keys)
    order = sorted(range(len(keys)), key=lambda at: (-int(lines.sources[places[at]]), keys[at]))
    return [_suggestion(lines, int(places[at]), keys[at], found) for at in order[:most]]


def _suggestion(lines: recurring.Census, place: int, key: int, found: Sequence[_Seen]) -> Suggestion:
    spellings: Counter[str] = sum((seen.spellings.get(key, Counter()) for seen in found), Counter())
    text = min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
    contexts = [context for seen in found for context in seen.contexts.get(key, [])][:CONTEXTS]
    return Suggestion(
        _slug(text), text, int(lines.sources[place]), int(lines.sites[place]), lines.said(place), tuple(contexts)
    )


def _named(suggestions: Iterable[Suggestion], recipe: Recipe) -> list[Suggestion]:
    """The same, each with a name that no rule and no other suggestion has."""
    taken = rules.ENGINE | {rule.name for rule in rules.of(recipe.boilerplate.rules).rules}
    named = []
    for suggestion in suggestions:
        names = chain([suggestion.name], (f"{suggestion.name}-{number}" for number in count(2)))
        name = next(name for name in names if name not in taken)
        taken |= {name}
        named.append(suggestion._replace(name=name))
    return named


def _slug(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join(words[:5]) or "site-line"


def _pattern(text: str) -> str:
    """The line whatever its case, its numbers and its spaces, for both regular expression engines."""
    escaped = re.sub(r"[0-9]+(?:[.,:][0-9]+)*", "\0", " ".join(text.split()))
    escaped = re.sub(r"[^\w\s\0]", lambda match: "\\" + match[0] if match[0].isascii() else match[0], escaped)
    return "(?i)" + escaped.replace(" ", r"\s+").replace("\0", r"[0-9.,:]+")


def to_toml(suggestions: Iterable[Suggestion]) -> Iterator[str]:
    """The suggestions as the text of a rule table, which begins with how to use it."""
    rows = [suggestion.to_toml() + "\n" for suggestion in suggestions]
    return iter([HOW_TO if rows else NOTHING, *rows])


def to_dicts(suggestions: Iterable[Suggestion]) -> list[dict[str, Any]]:
    """The suggestions as plain values, for JSON."""
    return [suggestion._asdict() for suggestion in suggestions]
