"""Which lines are text of the page and not of the article: rules, line model and census in one decision.

The model says how sure it is that a line is main text; below the threshold of its document a line goes.
Where the model takes more than a little of a text for furniture, rules must bear it out, or the threshold
sinks until next to nothing goes: a transcript or a table is no page dump. A rule may overrule the model, and the
model a rule, within the limits named in decision.py. What a rule names under `keeps` stays, and so does the
title, unless it stands apart from the article, as in the head of a page.

Only `propose` is for other modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from ..census import NOWHERE, Census
from ..model import Edit, Line
from ..recipe import Boilerplate
from . import decision, line_model, rules
from .batch import Lines
from .decision import Flags, Ints, Looks, Verdict
from .matching import Hits
from .remembered import Remembered

Facts = dict[str, tuple[str, ...]]

NOT_ARTICLE = "not-an-article"
LITTLE_LEFT = "little-left"
RULES_OVERRULED = "rules-overruled"

_WALL = re.compile(
    r"(?i)pardon our interruption|access (?:to this page has been )?denied|attention required!.*|just a moment\W*"
    r"|(?:error )?(?:403|404|410|429|500|502|503)\b.{0,40}|(?:page|file|site) not found.{0,40}|forbidden"
    r"|(?:are you|verify(?:ing)? (?:that )?you are|you(?:'|’)re) (?:not )?(?:a )?(?:robot|human).{0,40}"
    r"|(?:security check|checking your browser|ddos protection).{0,60}|service unavailable|too many requests"
    r"|(?:please )?enable (?:javascript|cookies)(?: and (?:javascript|cookies))?.{0,60}"
    r"|(?:oops|sorry)\W.{0,30}(?:page|something went wrong).{0,60}"
    r"|this (?:page|site) can(?:'|’)t be (?:found|reached)\.?"
)
_WALL_TALK = re.compile(
    r"(?i)\b(?:java ?script|cookies?|browser|server|url|link|captcha|robots?|bots?|refresh|permission|cloudflare|"
    r"ray id|reference #|ip address|page you|not (?:be )?found|requested|try again|administrator|webmaster)\b"
)
_WALL_LINES, _WALL_WORDS = 4, 250
"""A wall says what it is in its first lines, and says little else, all of it about the machine."""


SHORT_LINE, MANY_SHORT, SHORT_TEXT = 60, 3, 2000
"""Characters below which a line, and a text, is short; one line in so many makes a text one of short lines."""


class Proposal(NamedTuple):
    """Edits in order of the lines; facts and flags of each document."""

    edits: list[Edit]
    facts: list[Facts]
    flags: list[tuple[str, ...]]


def propose(  # noqa: PLR0913  (what is known of the lines, each from another side)
    lines: Sequence[Line],
    documents: int,
    recipe: Boilerplate = Boilerplate(),  # noqa: B008  (a recipe is frozen)
    census: Census | None = None,
    titles: Sequence[int | None] = (),
    *,
    remembered: Remembered | None = None,
) -> Proposal:
    """What to remove or cut of documents 0 to `documents` - 1; `titles[d]` is the number of the title line.

    `remembered`: what earlier rounds of the same cleaning found.
    """
    facts: list[Facts] = [{} for _ in range(documents)]
    flags: list[tuple[str, ...]] = [()] * documents
    if not recipe.enabled or not lines:
        return Proposal([], facts, flags)
    known = _Known.of(Lines.of(lines), recipe, census, titles, remembered)
    plain = known.plain()
    suspect = _suspect(known, plain)
    # Of the other documents nothing goes, and there is nothing to tell.
    worth = suspect | known.with_hits()
    if not worth.any():
        return Proposal([], facts, flags)
    found = _Judged.of(known.where(worth), suspect[worth], plain[worth], recipe)
    verdict = decision.decide(found.looks, recipe.strictness, recipe.max_share)
    edits = list(_edits(found, verdict, census))
    _collect(facts, found, verdict)
    _flag(flags, found, verdict, recipe)
    return Proposal(edits, facts, flags)


class _Known(NamedTuple):
    """What is known of lines before any is judged.

    `hits` are those of `rules` that may act; `recurs`: in how many sources a line stands, 0 where that is nothing
    special; `title`: it is the title.
    """

    lines: Lines
    rules: rules.Rules
    hits: Hits
    recurs: Ints
    title: Flags

    @staticmethod
    def of(
        lines: Lines,
        recipe: Boilerplate,
        census: Census | None,
        titles: Sequence[int | None],
        remembered: Remembered | None,
    ) -> _Known:
        known = rules.of(recipe.rules)
        hits = (remembered or Remembered(recipe.rules)).hits(lines)
        recurs = np.zeros(len(lines), np.int64)
        if census is not None:
            sources = census.lookup(lines.hashes)
            recurs = np.where(sources >= max(recipe.census_sources, 2), sources, 0)
        title = lines.titled(titles) if titles else np.zeros(len(lines), np.bool_)
        return _Known(lines, known, _acting(hits, known, lines, recipe.without), recurs, title)

    def where(self, mask: Flags) -> _Known:
        """The same of the lines for which a mask holds."""
        line, *rest = (column[mask[self.hits.line]] for column in self.hits)
        hits = Hits((np.cumsum(mask) - 1)[line], *rest)
        return _Known(self.lines.where(mask), self.rules, hits, self.recurs[mask], self.title[mask])

    def hit(self, kind: Flags) -> Flags:
        """Which lines a rule of this kind hits."""
        result = np.zeros(len(self.lines), np.bool_)
        result[self.hits.line[kind[self.hits.rule]]] = True
        return result

    def named(self) -> tuple[Flags, Flags]:
        """Which lines a strong rule, and which an edge rule, removes."""
        kinds = _kinds(self.rules)
        return self.hit(kinds.strong & kinds.whole), self.hit(kinds.edge & kinds.whole)

    def strongest(self) -> Ints:
        """The rule that removes each line, -1 for none: a strong one first; the order of the tables decides else."""
        kinds, result = _kinds(self.rules), np.full(len(self.lines), -1, np.int64)
        for kind in (kinds.edge, kinds.strong):
            # From the last to the first, for what is put last stays.
            line, rule = (column[(kind & kinds.whole)[self.hits.rule]][::-1] for column in self.hits[:2])
            result[line] = rule
        return result

    def plain(self) -> Flags:
        """Which are short lines that a strong rule names, and nothing else speaks of."""
        strong, edge = self.named()
        return np.asarray(strong & ~edge & (self.recurs == 0) & (self.lines.length < SHORT_LINE))

    def with_hits(self) -> Flags:
        """The lines of documents with a hit."""
        found = np.zeros(len(self.lines.starts), np.bool_)
        found[np.searchsorted(self.lines.starts, self.hits.line, "right") - 1] = True
        return np.repeat(found, self.lines.sizes)


def _suspect(known: _Known, plain: Flags) -> Flags:
    """The lines of documents that may hold furniture.

    One is hinted at, or is `plain`, a short line that a strong rule names, in a document with other short lines; or
    the text is short, or in short lines. All others are prose, of which nothing but plain lines would go; most of
    a corpus need not be judged line by line.
    """
    lines, kinds = known.lines, _kinds(known.rules)
    hinted = (known.hit(kinds.whole & ~kinds.keep) | (known.recurs > 0)) & ~plain
    filled, brief = lines.length > 0, (lines.length > 0) & (lines.length < SHORT_LINE)
    full, short, others, total, hints, plains = (
        lines.sums(values) for values in (filled, brief, brief & ~plain & ~known.title, lines.length, hinted, plain)
    )
    hinting = (hints > 0) | ((plains > 0) & (others > 0))
    return np.asarray(np.repeat(hinting | (short * MANY_SHORT > full) | (total < SHORT_TEXT), lines.sizes))


class _Judged(NamedTuple):
    """Lines of documents of which something may go, their looks, and which of them the model has judged."""

    known: _Known
    looks: Looks
    judged: Flags

    @staticmethod
    def of(known: _Known, suspect: Flags, plain: Flags, recipe: Boilerplate) -> _Judged:
        lines, own = known.lines, known.rules
        scores = _scores(known, suspect, with_model=recipe.model)
        probability = np.where(plain & ~suspect, line_model.UNKNOWN, scores.probability)
        safe = known.hit(_kinds(own).keep) | (scores.words == 0)
        brief = np.flatnonzero(~safe & (lines.length <= own.longest_kept))
        safe[brief] = list(map(own.kept.__contains__, map(str.strip, lines.texts[brief].tolist())))
        looks = Looks(
            np.repeat(np.arange(len(lines.starts)), lines.sizes),
            np.rint(probability * 1000).astype(np.int64),
            scores.words,
            *known.named(),
            known.recurs,
            scores.prose,
            safe,
            known.title,
        )
        return _Judged(known, looks, suspect & recipe.model)


def _scores(known: _Known, suspect: Flags, *, with_model: bool) -> line_model.Scores:
    """What the model makes of suspect lines; the others count as main text, with a word for every five characters."""
    some = known.where(suspect)
    found = line_model.score(some.lines, some.hits, some.rules) if with_model else line_model.unscored(some.lines)
    count = len(suspect)
    whole = line_model.Scores(np.ones(count), -(-known.lines.length // 5), np.zeros(count, np.bool_))
    for column, part in zip(whole, found, strict=True):
        column[suspect] = part
    return whole


class _Kinds(NamedTuple):
    """Of each rule, what it may do, and whether it tells a fact."""

    strong: Flags
    edge: Flags
    keep: Flags
    whole: Flags
    opens: Flags
    head: Flags
    tail: Flags
    tells: Flags


@lru_cache(maxsize=4)
def _kinds(known: rules.Rules) -> _Kinds:
    columns = (
        [rule.strength == "strong" for rule in known.rules],
        [rule.strength == "edge" for rule in known.rules],
        [rule.strength == "keep" for rule in known.rules],
        [rule.match == "line" for rule in known.rules],
        [rule.opens for rule in known.rules],
        [rule.where == "head" for rule in known.rules],
        [rule.where == "tail" for rule in known.rules],
        [bool(rule.fact) for rule in known.rules],
    )
    return _Kinds(*(np.array(column, np.bool_) for column in columns))


def _acting(hits: Hits, known: rules.Rules, lines: Lines, without: Sequence[str]) -> Hits:
    """The hits of rules that the recipe lets act, where they may act."""
    kinds = _kinds(known)
    head, tail = rules.places(lines, hits.line)
    acting = (~kinds.head[hits.rule] | head) & (~kinds.tail[hits.rule] | tail)
    if without:
        names = [rule.name for rule in known.rules]
        acting &= ~np.isin(hits.rule, [place for place, name in enumerate(names) if name in without])
    return Hits(*(column[acting] for column in hits))


# ---- edits ---------------------------------------------------------------------------------------


def _edits(found: _Judged, verdict: Verdict, census: Census | None) -> Iterator[Edit]:
    known, looks = found.known, found.looks
    cut = known.hit(~_kinds(known.rules).whole) & ~verdict.removed & ~looks.safe & ~looks.title
    some = np.flatnonzero(verdict.removed | cut)
    lines = known.lines.where(some)
    recurs = [""] * len(some)
    if census is not None:
        recurs = census.evidence(np.where(looks.recurs[some] > 0, lines.hashes, NOWHERE))
    columns = (
        cut,
        np.where(verdict.by_rule, known.strongest(), -1),
        looks.probability,
        found.judged,
        looks.probability >= verdict.threshold[looks.document],
        _places(found, verdict),
    )
    told = zip(lines, some.tolist(), recurs, *(column[some].tolist() for column in columns), strict=True)
    for line, at, elsewhere, stays, taker, probability, judged, sure, place in told:
        score = probability / 1000 if judged else None
        if stays:
            yield from _cuts(line, known, at, score)
            continue
        if taker >= 0:
            rule = known.rules.rules[taker]
            name, first = rule.name, rule.reason
        elif elsewhere and sure:  # the model alone would have kept it
            name, first = "recurring-line", ""
        else:
            name, first = "line-model", _doubt(place, probability)
        evidence = f"{first}; {elsewhere}" if first and elsewhere else first or elsewhere
        yield Edit("boilerplate", name, line.number, line.text, None, score, evidence, line.document)


@cache
def _doubt(place: int, probability: int) -> str:
    """What the model says of a line that it takes for furniture: never that it is quite sure."""
    return f"{PLACES[place]}, {min(99, round((1000 - probability) / 10))} % sure"


PLACES = (
    "stands between the paragraphs without being one of them",
    "stands above the beginning of the article",
    "stands below the end of the article",
    "stands among links and menus",
    "stands below a heading that opens comments or a list of links",
    "reads like a note of the site, not like this article",
)


def _places(found: _Judged, verdict: Verdict) -> Ints:
    """Of each line, what is said of it when the model takes it: a position in PLACES."""
    looks, lines, count = found.looks, found.known.lines, len(found.judged)
    kept = ~verdict.removed & (looks.words > 0)
    index = np.arange(count)
    begin, end = lines.starts, lines.starts + lines.sizes
    first = np.minimum.reduceat(np.where(kept, index, count), begin)[looks.document]
    last = np.maximum.reduceat(np.where(kept, index, -1), begin)[looks.document]
    low, high = begin[looks.document], end[looks.document]

    def around(flags: Flags, before: int, after: int) -> Ints:
        sums = np.concatenate([[0], np.cumsum(flags)])
        return np.asarray(sums[np.minimum(index + after + 1, high)] - sums[np.maximum(index - before, low)])

    alone = (around(kept, 2, 2) == 0) & (around(looks.words > 0, 2, 2) > 1)
    opened = around(found.known.hit(_kinds(found.known.rules).opens), 30, -1) > 0
    place = np.where(index < first, 1, np.where(index > last, 2, 0))
    place = np.where(alone, np.where(opened, 4, 3), place)
    return np.where(looks.prose, 5, place)


def _cuts(line: Line, known: _Known, at: int, score: float | None) -> Iterator[Edit]:
    """Cuts at both ends of a line that stays, `at` its place; each edit starts from the last one's result."""
    text, hits = line.text, known.hits
    for hit in range(*np.searchsorted(hits.line, [at, at + 1]).tolist()):
        rule = known.rules.rules[hits.rule[hit]]
        if rule.match == "line" or rule.strength not in ("strong", "edge"):
            continue
        part = line.text[int(hits.start[hit]) : int(hits.end[hit])]
        if rule.match == "start" and text.lstrip().startswith(part):
            after = text.lstrip().removeprefix(part).lstrip()
        elif rule.match == "end" and text.rstrip().endswith(part):
            after = text.rstrip().removesuffix(part).rstrip()
        else:
            continue
        if part and after and any(character.isalpha() for character in after):
            yield Edit("boilerplate", rule.name, line.number, text, after, score, rule.reason, line.document)
            text = after


# ---- facts and flags -----------------------------------------------------------------------------


def _collect(facts: list[Facts], found: _Judged, verdict: Verdict) -> None:
    """Put what removed and cut lines say of the article into `facts`."""
    known, hits = found.known.rules, found.known.hits
    kinds = _kinds(known)
    told = kinds.tells[hits.rule] & (verdict.removed[hits.line] | ~kinds.whole[hits.rule])
    lines = found.known.lines.where(hits.line[told])
    for line, rule in zip(lines, hits.rule[told].tolist(), strict=True):
        own = facts[line.document]
        for name, value in rules.facts_of(known, rule, line.text).items():
            if value not in own.get(name, ()):
                own[name] = (*own.get(name, ()), value)


def _flag(flags: list[tuple[str, ...]], found: _Judged, verdict: Verdict, recipe: Boilerplate) -> None:
    """Put what is to be said of whole documents into `flags`."""
    lines = found.known.lines
    empty = _not_articles(found) if recipe.not_articles else np.zeros(len(lines.starts), np.bool_)
    for at in np.flatnonzero(empty | verdict.lowered | verdict.overruled).tolist():
        own = [NOT_ARTICLE] if empty[at] else [LITTLE_LEFT] if verdict.lowered[at] else []
        own += [RULES_OVERRULED] if verdict.overruled[at] else []
        flags[lines.documents[lines.starts[at]]] = tuple(own)


def _not_articles(found: _Judged) -> Flags:
    """Which documents are a bot wall, an error page or nothing but navigation. Says so only when it is plain."""
    looks, lines = found.looks, found.known.lines
    begin = lines.starts
    likely = np.add.reduceat(np.where(looks.probability >= 200, looks.words, 0), begin)
    total, held = (np.add.reduceat(column, begin) for column in (looks.words, (looks.words > 0).astype(np.int64)))
    empty = (held >= 8) & (likely * 50 <= total) & (likely <= 12) & found.judged[begin]
    for at in np.flatnonzero(total <= _WALL_WORDS).tolist():
        own = lines.texts[begin[at] : begin[at] + lines.sizes[at]]
        texts = [text for text in map(str.strip, own) if text]
        if any(_WALL.fullmatch(text) for text in texts[:_WALL_LINES]):
            talk = {word.lower() for text in texts for word in _WALL_TALK.findall(text)}
            empty[at] = len(talk) >= 2 or total[at] <= 12
    return np.asarray(empty)
