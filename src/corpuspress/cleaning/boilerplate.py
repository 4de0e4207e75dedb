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
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from ..model import Edit, Line
from ..recipe import Boilerplate
from . import decision, line_model, rules
from .census import Census
from .decision import Flags, Ints, Looks, Verdict
from .matching import Hits

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


def propose(
    lines: Sequence[Line],
    documents: int,
    recipe: Boilerplate = Boilerplate(),  # noqa: B008  (a recipe is frozen)
    census: Census | None = None,
    titles: Sequence[int | None] = (),
) -> Proposal:
    """What to remove or cut of documents 0 to `documents` - 1; `titles[d]` is the number of the title line."""
    facts: list[Facts] = [{} for _ in range(documents)]
    if not recipe.enabled or not lines:
        return Proposal([], facts, [() for _ in range(documents)])
    texts = list(map(itemgetter(0), lines))
    found = _Batch.of(lines, texts, recipe, census, titles)
    verdict = decision.decide(found.looks, recipe.strictness, recipe.max_share)
    edits = list(_edits(lines, found, verdict, census))
    _collect(facts, lines, found, verdict)
    return Proposal(edits, facts, _flags(lines, documents, found, verdict, recipe))


class _Batch(NamedTuple):
    """The rules, their hits that may act, the looks of each line, and which lines the model has judged."""

    known: rules.Rules
    hits: Hits
    looks: Looks
    opened: Flags
    judged: Flags

    @staticmethod
    def of(
        lines: Sequence[Line],
        texts: Sequence[str],
        recipe: Boilerplate,
        census: Census | None,
        titles: Sequence[int | None],
    ) -> _Batch:
        number, place = (np.fromiter(map(itemgetter(at), lines), np.int64, len(lines)) for at in (2, 1))
        trimmed = list(map(str.strip, texts))
        length = np.fromiter(map(len, trimmed), np.int64, len(lines))
        known = rules.of(recipe.rules)
        hits = _acting(known, known.match(texts), (length, number), recipe.without)
        kinds = _kinds(known)
        recurs = np.zeros(len(lines), np.int64)
        if census is not None:
            sources = census.lookup(texts)[0]
            recurs = np.where(sources >= max(recipe.census_sources, 2), sources, 0)
        strong, edge = (_hit(hits, kind & kinds.whole, len(lines)) for kind in (kinds.strong, kinds.edge))
        safe = np.fromiter(map(known.kept.__contains__, trimmed), np.bool_, len(lines))
        safe |= _hit(hits, kinds.keep, len(lines))
        title = np.zeros(len(lines), np.bool_)
        if titles:
            title = np.array([-1 if at is None else at for at in titles])[number] == place
        plain = strong & ~edge & (recurs == 0) & (length < SHORT_LINE)
        hinted = _hit(hits, kinds.whole & ~kinds.keep, len(lines)) | (recurs > 0)
        suspect = _suspect(length, number, hinted & ~plain, plain, title)
        scores = _scores(lines, hits, length, suspect, known if recipe.model else None)
        probability = np.where(plain & ~suspect, line_model.UNKNOWN, scores.probability)
        safe |= scores.words == 0
        looks = Looks(
            np.cumsum(np.diff(number, prepend=number[0]) != 0),
            np.rint(probability * 1000).astype(np.int64),
            scores.words,
            strong,
            edge,
            recurs,
            scores.prose,
            safe,
            title,
        )
        return _Batch(known, hits, looks, _hit(hits, kinds.opens, len(lines)), suspect & recipe.model)


def _suspect(length: Ints, document: Ints, hinted: Flags, plain: Flags, title: Flags) -> Flags:
    """The lines of documents that may hold furniture.

    One is hinted at, or is `plain`, a short line that a strong rule names, in a document with other short lines; or
    the text is short, or in short lines. All others are prose, of which nothing but plain lines would go; most of
    a corpus need not be judged line by line.
    """
    place = np.cumsum(np.diff(document, prepend=document[0]) != 0)
    count = int(place[-1]) + 1
    brief = (length > 0) & (length < SHORT_LINE)
    lines, short, others, total, hints, plains = (
        np.bincount(place, weights=weights, minlength=count)
        for weights in (length > 0, brief, brief & ~plain & ~title, length, hinted, plain)
    )
    hinting = (hints > 0) | ((plains > 0) & (others > 0))
    return np.asarray((hinting | (short * MANY_SHORT > lines) | (total < SHORT_TEXT))[place])


def _scores(
    lines: Sequence[Line], hits: Hits, length: Ints, suspect: Flags, known: rules.Rules | None
) -> line_model.Scores:
    """What the model makes of suspect lines; the others count as main text, with a word for every five characters.

    `known` are the rules of the hits; None leaves the model out.
    """
    judged = np.flatnonzero(suspect)
    moved = np.cumsum(suspect) - 1
    chosen = suspect[hits.line]
    own = Hits(moved[hits.line[chosen]], hits.rule[chosen], hits.start[chosen], hits.end[chosen])
    some = [lines[place] for place in judged.tolist()]
    found = line_model.score(some, own, known) if known else line_model.unscored(some)
    whole = line_model.Scores(np.ones(len(lines)), -(-length // 5), np.zeros(len(lines), np.bool_))
    for column, part in zip(whole, found, strict=True):
        column[judged] = part
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


def _acting(known: rules.Rules, hits: Hits, lines: tuple[Ints, Ints], without: Sequence[str]) -> Hits:
    """The hits of rules that the recipe lets act, where they may act; `lines` as `rules.places` takes them."""
    kinds = _kinds(known)
    head, tail = rules.places(*lines)
    acting = (~kinds.head[hits.rule] | head[hits.line]) & (~kinds.tail[hits.rule] | tail[hits.line])
    if without:
        names = [rule.name for rule in known.rules]
        acting &= ~np.isin(hits.rule, [place for place, name in enumerate(names) if name in without])
    return Hits(*(column[acting] for column in hits))


def _hit(hits: Hits, kind: Flags, count: int) -> Flags:
    result = np.zeros(count, np.bool_)
    result[hits.line[kind[hits.rule]]] = True
    return result


# ---- edits ---------------------------------------------------------------------------------------


def _edits(lines: Sequence[Line], found: _Batch, verdict: Verdict, census: Census | None) -> Iterator[Edit]:
    known, looks = found.known.rules, found.looks
    by_line: dict[int, list[tuple[rules.Rule, int]]] = {}
    for hit, (line, rule) in enumerate(zip(found.hits.line.tolist(), found.hits.rule.tolist(), strict=True)):
        by_line.setdefault(line, []).append((known[rule], hit))
    cut = _hit(found.hits, ~_kinds(found.known).whole, len(lines)) & ~verdict.removed & ~looks.safe & ~looks.title
    places, probabilities, judged = _places(found, verdict), looks.probability.tolist(), found.judged.tolist()
    # Most lines go by the model's word alone; only the others are worth a closer look.
    named = (verdict.by_rule | (looks.recurs > 0)).tolist()
    for at in np.flatnonzero(verdict.removed | cut).tolist():
        line, score = lines[at], probabilities[at] / 1000 if judged[at] else None
        if cut[at]:
            yield from _cuts(line, found, by_line[at], score)
            continue
        doubt = _doubt(places[at], probabilities[at])
        name, evidence = "line-model", doubt
        if named[at]:
            sure = probabilities[at] >= verdict.threshold[looks.document[at]]
            recurs = census.evidence(line.text) if census is not None and looks.recurs[at] else ""
            name, evidence = _named(by_line.get(at, []) if verdict.by_rule[at] else [], recurs, doubt, sure=sure)
        yield Edit("boilerplate", name, line.number, line.text, None, score, evidence, line.document)


def _named(hits: Sequence[tuple[rules.Rule, int]], recurs: str, doubt: str, *, sure: bool) -> tuple[str, str]:
    """Rule and evidence of a line that a rule takes, or that stands elsewhere too (`recurs`).

    `sure`: the model alone, who says `doubt`, would have kept it.
    """
    acting = [rule for rule, _ in hits if rule.match == "line" and rule.strength in ("strong", "edge")]
    if acting:
        # The strongest first; the order of the tables decides among equals.
        rule = min(acting, key=lambda rule: rule.strength != "strong")
        return rule.name, "; ".join(filter(None, [rule.reason, recurs]))
    if recurs and sure:
        return "recurring-line", recurs
    return "line-model", "; ".join(filter(None, [doubt, recurs]))


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


def _places(found: _Batch, verdict: Verdict) -> list[int]:
    """Of each line, what is said of it when the model takes it: a position in PLACES."""
    looks, count = found.looks, len(found.looks.words)
    kept = ~verdict.removed & (looks.words > 0)
    index = np.arange(count)
    begin = np.flatnonzero(np.diff(looks.document, prepend=-1))
    end = np.append(begin[1:], count)
    first = np.minimum.reduceat(np.where(kept, index, count), begin)[looks.document]
    last = np.maximum.reduceat(np.where(kept, index, -1), begin)[looks.document]
    low, high = begin[looks.document], end[looks.document]

    def around(flags: Flags, before: int, after: int) -> Ints:
        sums = np.concatenate([[0], np.cumsum(flags)])
        return np.asarray(sums[np.minimum(index + after + 1, high)] - sums[np.maximum(index - before, low)])

    alone = (around(kept, 2, 2) == 0) & (around(looks.words > 0, 2, 2) > 1)
    opened = around(found.opened, 30, -1) > 0
    place = np.where(index < first, 1, np.where(index > last, 2, 0))
    place = np.where(alone, np.where(opened, 4, 3), place)
    return np.where(looks.prose, 5, place).tolist()  # type: ignore[no-any-return]


def _cuts(line: Line, found: _Batch, own: Sequence[tuple[rules.Rule, int]], score: float | None) -> Iterator[Edit]:
    """Cuts at both ends of a line that stays; each edit starts from the last one's result."""
    text = line.text
    for rule, hit in own:
        if rule.match == "line" or rule.strength not in ("strong", "edge"):
            continue
        part = line.text[int(found.hits.start[hit]) : int(found.hits.end[hit])]
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


def _collect(facts: list[Facts], lines: Sequence[Line], found: _Batch, verdict: Verdict) -> None:
    """Put what removed and cut lines say of the article into `facts`."""
    kinds, hits = _kinds(found.known), found.hits
    told = kinds.tells[hits.rule] & (verdict.removed[hits.line] | ~kinds.whole[hits.rule])
    for hit in np.flatnonzero(told).tolist():
        line, rule = lines[int(hits.line[hit])], int(hits.rule[hit])
        own = facts[line.document]
        for name, value in rules.facts_of(found.known, rule, line.text).items():
            if value not in own.get(name, ()):
                own[name] = (*own.get(name, ()), value)


def _flags(
    lines: Sequence[Line], documents: int, found: _Batch, verdict: Verdict, recipe: Boilerplate
) -> list[tuple[str, ...]]:
    flags: list[tuple[str, ...]] = [()] * documents
    begin = np.flatnonzero(np.diff(found.looks.document, prepend=-1))
    ends = np.append(begin[1:], len(lines)).tolist()
    empty = _not_articles(lines, begin, ends, found) if recipe.not_articles else np.zeros(len(begin), np.bool_)
    for at in np.flatnonzero(empty | verdict.lowered | verdict.overruled).tolist():
        own = [NOT_ARTICLE] if empty[at] else [LITTLE_LEFT] if verdict.lowered[at] else []
        own += [RULES_OVERRULED] if verdict.overruled[at] else []
        flags[lines[begin[at]].document] = tuple(own)
    return flags


def _not_articles(lines: Sequence[Line], begin: Ints, ends: Sequence[int], found: _Batch) -> Flags:
    """Which documents are a bot wall, an error page or nothing but navigation. Says so only when it is plain."""
    looks = found.looks
    likely = np.add.reduceat(np.where(looks.probability >= 200, looks.words, 0), begin)
    total, held = (np.add.reduceat(column, begin) for column in (looks.words, (looks.words > 0).astype(np.int64)))
    empty = (held >= 8) & (likely * 50 <= total) & (likely <= 12) & found.judged[begin]
    for at in np.flatnonzero(total <= _WALL_WORDS).tolist():
        texts = [text for line in lines[begin[at] : ends[at]] if (text := line.text.strip())]
        if any(_WALL.fullmatch(text) for text in texts[:_WALL_LINES]):
            talk = {word.lower() for text in texts for word in _WALL_TALK.findall(text)}
            empty[at] = len(talk) >= 2 or total[at] <= 12
    return np.asarray(empty)
