"""A line that holds a whole page: cut into pieces for judging, and what is plainly furniture cut out of it.

Some extractors return a page or an article without line breaks. Such a line is cut where sentences end, at
the marks that part links, around runs of capitalised words, and around what a rule of the tables names from
end to end; the pieces are then judged as if they were lines. Only strong evidence counts: a piece goes when
a rule takes it, or when the model takes it and it is no sentence. All that goes from one line is one edit,
so that the audit holds a long line once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, islice, pairwise
from operator import attrgetter
from typing import NamedTuple

from ..model import Edit, Line
from ..recipe import Boilerplate
from . import boilerplate, rules
from .title import STOPS, is_ended, is_prose, is_spaced, words
from .title import titles as titles_of

RULE = "inside-line"
LINES, LEAST = 3, 500
"""A document of at most so many lines that are not blank, and its lines of at least so many characters."""
HUGE, MOST = 1500, 200_000
"""In a document of more lines, a line of so many characters that holds half of them all; in any, at most so many."""
RUN, MENU = 6, 30
"""Capitalised words from which a run of them is parted from the prose around it, and cut at each of them."""
NAMES = 8
"""As many of them may stand at the beginning of a sentence."""
ENDS, REACH = 7, 200
"""What a rule may name begins at a capital, and ends before one of the next so many, within so many characters."""
OTHERS = ("Ann", "one")
LOOSE_WORDS, INNER_WORDS = 8, 4
"""A rule that takes OTHERS as well takes at most so many words; one that does not takes words from the middle
of a sentence, so many at least."""
TOGETHER = 200_000
"""Characters of such lines that are looked at together; one document may hold more."""
TOLD = 20
"""Pieces that the evidence tells of."""

_MARKS = "|·•»›→▪●■✓©"
_END = re.compile(rf"[.!?…][\"'”’»)\]]*\s+|[{STOPS}]+[”’」』）]*\s*|\s(?=[{_MARKS}])")
_SHORT = re.compile(r"(?:^|[\s.(])[^\W\d_]{1,4}\.\s*$")
_WORD = re.compile(r"\S+")
_SMALL = frozenset(
    (
        *("of", "the", "and", "in", "us", "to", "a", "an", "for", "on", "with", "at", "by", "from", "up", "out"),
        *("or", "your", "our", "de", "la", "y", "und", "&", "-", "–", "/"),
    )
)
"""Words that headlines and menus write small."""

_document = attrgetter("document")

Span = tuple[int, int]


def propose(
    lines: Sequence[Line],
    documents: int,
    recipe: Boilerplate = Boilerplate(),  # noqa: B008  (a recipe is frozen)
    titles: Sequence[int | None] = (),
    cut: dict[str, list[Span]] | None = None,
) -> boilerplate.Proposal:
    """What to cut out of lines that hold a page; `titles[d]` is the number of the title line of document d.

    `cut` remembers from one call to the next, for one recipe, where texts were cut: most come back as they were.
    """
    cut = {} if cut is None else cut
    found = boilerplate.Proposal([], [{} for _ in range(documents)], [() for _ in range(documents)])
    for group in _groups(_own(lines) if recipe.enabled else ()):
        _look(group, found, recipe, titles, cut)
    return found


_Own = tuple[int, list[Line], set[int]]
"""A document, its lines, and the numbers of those that may hold a page."""


def _own(lines: Sequence[Line]) -> Iterator[_Own]:
    """The documents with such lines."""
    # Few lines of a batch are long: the others are looked at only where a long one stands beside them.
    for document, some in groupby((line for line in lines if len(line.text) >= LEAST), key=_document):
        start = bisect_left(lines, document, key=_document)
        whole = lines[start : bisect_right(lines, document, start, key=_document)]
        if wide := _wide(whole, [line for line in some if len(line.text) <= MOST]):
            yield document, list(whole), wide


def _groups(own: Iterable[_Own]) -> Iterator[list[_Own]]:
    """Documents that are looked at together: all the stretches of a line that are tried take many times its size."""
    group: list[_Own] = []
    size = 0
    for document in own:
        more = sum(len(line.text) for line in document[1] if line.number in document[2])
        if group and size + more > TOGETHER:
            yield group
            group, size = [], 0
        group.append(document)
        size += more
    if group:
        yield group


def _look(
    own: Sequence[_Own],
    found: boilerplate.Proposal,
    recipe: Boilerplate,
    titles: Sequence[int | None],
    cut: dict[str, list[Span]],
) -> None:
    """Add to `found` what goes from a group of documents."""
    known = rules.of(recipe.rules)
    texts = dict.fromkeys(line.text for _, some, wide in own for line in some if line.number in wide)
    new = [text for text in texts if text not in cut]
    cut.update(zip(new, pieces(new, known), strict=True))
    parts = [
        [
            piece
            for line in some
            for span in (cut[line.text] if line.number in wide else [(0, len(line.text))])
            if (piece := _Piece(line, span, line.number in wide)).text
        ]
        for _, some, wide in own
    ]
    numbers = [titles[document] if titles else None for document, _, _ in own]
    for (document, some, _), gone in zip(own, _gone(parts, numbers, recipe, known), strict=True):
        found.edits.extend(_edits(some, gone))
        found.facts[document].update(_facts([edit for _, edit in gone], known))


def _wide(lines: Sequence[Line], long: Sequence[Line]) -> set[int]:
    """The numbers of the lines of one document that may hold a page, of the `long` ones."""
    if not long:
        return set()
    filled = (len(line.text) for line in lines if line.text and not line.text.isspace())
    if len(list(islice(filled, LINES + 1))) <= LINES:
        return {line.number for line in long}
    huge = [line for line in long if len(line.text) >= HUGE]
    whole = sum(len(line.text) for line in lines) if huge else 0
    return {line.number for line in huge if 2 * len(line.text) >= whole}


class _Piece(NamedTuple):
    """A stretch of a line; a line that is not wide is one piece, and stays."""

    line: Line
    span: Span
    wide: bool

    @property
    def text(self) -> str:
        return self.line.text[slice(*self.span)].strip().lstrip(_MARKS[:-1]).lstrip()


def _gone(
    parts: Sequence[Sequence[_Piece]], titles: Sequence[int | None], recipe: Boilerplate, known: rules.Rules
) -> list[list[tuple[_Piece, Edit]]]:
    """Of each document the pieces that go, with the edit that would remove each if it were a line."""
    worth = _worth(parts, known)
    as_lines = [Line(piece.text, number, at) for at in worth for number, piece in enumerate(parts[at], 1)]
    found = titles_of(as_lines, len(parts))
    for at, (own, title) in enumerate(zip(parts, titles, strict=True)):
        same = (number for number, piece in enumerate(own, 1) if piece.line.number == title and not piece.wide)
        found[at] = next(same, found[at])
    gone: list[list[tuple[_Piece, Edit]]] = [[] for _ in parts]
    for edit in boilerplate.propose(as_lines, len(parts), recipe, None, found).edits:
        piece = parts[edit.document][edit.line - 1]
        if piece.wide and _strong(edit, known):
            gone[edit.document].append((piece, edit))
    return [some if _is_left(own, some) else [] for own, some in zip(parts, gone, strict=True)]


def _worth(parts: Sequence[Sequence[_Piece]], known: rules.Rules) -> list[int]:
    """The documents that hold a piece against which strong evidence is possible: only they need be judged."""
    texts = [[piece.text for piece in own if piece.wide] for own in parts]
    worth = {at for at, own in enumerate(texts) if any(map(_no_sentence, own))}
    others = [(at, text) for at, own in enumerate(texts) if at not in worth for text in own]
    hits = known.matcher.match_once([text for _, text in others], known.takes)
    return sorted(worth | {others[hit][0] for hit in hits.line.tolist()})


def _is_left(own: Sequence[_Piece], gone: Sequence[tuple[_Piece, Edit]]) -> bool:
    """Whether a sentence is left of a document."""
    lost = {id(piece) for piece, _ in gone}
    return any(is_prose(piece.text) for piece in own if id(piece) not in lost)


def _strong(edit: Edit, known: rules.Rules) -> bool:
    """Whether the evidence against a piece is strong: a rule that names it, or the model on what is no sentence."""
    if edit.after is not None:
        return False
    if edit.rule == "line-model":
        return _no_sentence(edit.before)
    return _bounded(known, known.places[edit.rule], edit.before, (True, True))


def _no_sentence(text: str) -> bool:
    if is_ended(text):
        return False
    # Small letters are what a sentence is made of, and a piece may be a part of one.
    capitals = [_capital(word) for word in text.split()]
    return 2 * sum(capitals) > len(capitals) or text.lower() == text.upper()


def _edits(lines: Sequence[Line], gone: Sequence[tuple[_Piece, Edit]]) -> Iterator[Edit]:
    """One edit for all that goes from a line; the text on both sides of a piece is joined by a space."""
    for number, group in groupby(gone, key=lambda item: item[0].line.number):
        own = list(group)
        line = own[0][0].line
        ends = [0, *(piece.span[1] for piece, _ in own)]
        starts = [*(piece.span[0] for piece, _ in own), len(line.text)]
        kept = (line.text[end:start].strip() for end, start in zip(ends, starts, strict=True))
        names = {edit.rule for _, edit in own}
        rule = names.pop() if len(names) == 1 and "line-model" not in names else RULE
        after = " ".join(filter(None, kept))
        yield Edit("boilerplate", rule, number, line.text, after or None, None, _told([edit for _, edit in own]),
                   line.document)  # fmt: skip


def _facts(edits: Sequence[Edit], known: rules.Rules) -> boilerplate.Facts:
    """What the pieces that a rule took say of the article."""
    facts: boilerplate.Facts = {}
    for edit in edits:
        if edit.rule != "line-model":
            for name, value in rules.facts_of(known, known.places[edit.rule], edit.before).items():
                facts[name] = tuple(dict.fromkeys((*facts.get(name, ()), value)))
    return facts


def _told(reasons: Sequence[Edit]) -> str:
    """What goes, by its beginning, and why; neighbours that go for one reason are told once."""
    told: list[tuple[str, str]] = []
    for edit in reasons:
        why = edit.evidence.rpartition(", ")[0] if edit.rule == "line-model" else edit.evidence
        if not told or told[-1][1] != why:
            told.append((edit.before, why))
    parts = [f"“{text if len(text) <= 40 else text[:39] + '…'}”: {why}" for text, why in told[:TOLD]]
    more = [f"and {len(told) - TOLD} more"] if len(told) > TOLD else []
    return "; ".join([*parts, *more])


# ---- pieces --------------------------------------------------------------------------------------


def pieces(texts: Sequence[str], known: rules.Rules) -> list[list[Span]]:
    """Where to cut lines for judging; the spans of a line follow one another and hold the whole line.

    >>> texts = ["It rained. We left. | Home"]
    >>> [text[slice(*span)] for text in texts for span in pieces(texts, rules.of(()))[0]]
    ['It rained. ', 'We left. ', '| Home']
    """
    firm = [_sentences(text) for text in texts]
    sentences = [
        [(start, stop, _words(text, start, stop)) for start, stop in pairwise(cuts)]
        for text, cuts in zip(texts, firm, strict=True)
    ]
    least = [INNER_WORDS if is_spaced(text) else 0 for text in texts]
    tried = [
        [span for sentence in own for span in _between_capitals(*sentence, few)]
        for few, own in zip(least, sentences, strict=True)
    ]
    result = []
    for cuts, own, named in zip(firm, sentences, _named(texts, tried, firm, known), strict=True):
        runs = (cut for _, _, words in own for cut in _around_runs(words))
        every = sorted({*cuts, *runs, *(side for span in named for side in span)})
        for start, end in reversed(named):
            del every[bisect_right(every, start) : bisect_left(every, end)]
        result.append(list(pairwise(every)))
    return result


def _sentences(text: str) -> list[int]:
    """Offsets of both ends, of the ends of sentences, and of the marks that part links."""
    cuts = {0, len(text)}
    for match in _END.finditer(text):
        rest = text[match.end() : match.end() + 4].lstrip("\"'“‘«([")
        short = _SHORT.search(text[max(match.end() - 8, 0) : match.end()])
        # An initial, "Mr.", "No.", "Sept.": no sentence need end there.
        if not rest[:1].islower() and not (short and short[0].strip(" (.")[:1].isupper()):
            cuts.add(match.end())
    return sorted(cuts)


_Word = tuple[str, int, bool]
"""A word, where it begins, and whether with a capital."""


def _words(text: str, start: int, stop: int) -> list[_Word]:
    return [(word := match[0], match.start(), _capital(word)) for match in _WORD.finditer(text, start, stop)]


@lru_cache(maxsize=1 << 14)
def _capital(word: str) -> bool:
    first = word[0] if word[0].isalnum() else next(filter(str.isalnum, word), "")
    return first.isupper() or first.isdigit()


def _around_runs(words: Sequence[_Word]) -> Iterator[int]:
    """Cuts around each run of capitalised words, and inside it where no headline and no name is as long."""
    for run, last in _runs(words):
        # Inside a sentence a run is a name, unless it is longer than any.
        if len(run) >= MENU:
            # The last of them may begin the sentence that goes on in small letters.
            yield from run if run[-1] == words[-1][1] else run[:-NAMES]
        elif len(run) >= RUN and run[0] == words[0][1] and not last:
            # Without a mark between them, the last capital begins what comes next.
            yield run[-1]


def _runs(words: Sequence[_Word]) -> Iterator[tuple[list[int], bool]]:
    """Where the capitalised words of each run begin, and whether a mark ends the run.

    At most two small words may stand between capitals; a comma ends a run, since names in a list have one.
    """
    run: list[int] = []
    small = 0
    for word, start, capital in words:
        if capital:
            run.append(start)
            small = 0
        else:
            small += 1
            if run and (small > 2 or word.lower() not in _SMALL):
                yield run, False
                run = []
        if run and word.endswith((",", ";", ":")):
            yield run, True
            run = []
    if run:
        yield run, small == 0


def _between_capitals(start: int, stop: int, words: Sequence[_Word], least: int) -> Iterator[Span]:
    """From each place of a sentence where a capital begins something to where that may end.

    What touches neither end of the sentence has `least` words: `_bounded` takes nothing shorter there.
    """
    places = [(start, 0), *((begin, at) for at, (_, begin, capital) in enumerate(words) if capital and at)]
    for number, (place, first) in enumerate(places):
        for end, at in places[number + 1 : number + 1 + ENDS]:
            if end - place > REACH:
                break
            if not number or at - first >= least:
                yield place, end
        if stop - place <= REACH:
            yield place, stop


def _named(
    texts: Sequence[str], spans: Sequence[Sequence[Span]], firm: Sequence[Sequence[int]], known: rules.Rules
) -> list[list[Span]]:
    """Of each text those of the stretches that a rule names from end to end, in order and none over another."""
    places = [(at, span) for at, own in enumerate(spans) for span in own]
    hits = known.matcher.match_once([texts[at][slice(*span)] for at, span in places], known.takes)
    ends = [set(cuts) for cuts in firm]
    good: list[set[Span]] = [set() for _ in texts]
    for hit, rule in zip(hits.line.tolist(), hits.rule.tolist(), strict=True):
        at, span = places[hit]
        if _bounded(known, rule, texts[at][slice(*span)].strip(), [side in ends[at] for side in span]):
            good[at].add(span)
    return [_apart(own) for own in good]


def _apart(spans: set[Span]) -> list[Span]:
    """The spans in order, without those that begin inside an earlier, longer one."""
    chosen = [(0, 0)]
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= chosen[-1][1]:
            chosen.append((start, end))
    return chosen[1:]


def _bounded(known: rules.Rules, rule: int, text: str, firm: Sequence[bool]) -> bool:
    """Whether a rule names just this stretch; `firm` says at which of its sides a sentence or a mark ends it."""
    loose, count = _loose(known, rule, text), words(text)
    if any(loose):
        return count <= LOOSE_WORDS and all(end or not side for side, end in zip(loose, firm, strict=True))
    return all(firm) or count >= INNER_WORDS


def _loose(known: rules.Rules, rule: int, text: str) -> tuple[bool, bool]:
    """At which of its sides a rule would take any other words as well, so that it cannot say where furniture ends."""
    _, _, rest = text.partition(" ")
    start, _, _ = text.rpartition(" ")
    found = known.matcher.found
    return (
        any(found(rule, f"{word} {more}") for word in OTHERS for more in (text, rest)),
        any(found(rule, f"{more} {word}") for word in OTHERS for more in (text, start)),
    )
