"""A line that holds a whole page: cut into pieces for judging, and what is plainly furniture cut out of it.

Some extractors return a page or an article without line breaks. Such a line is cut where sentences end, at
the marks that part links, around runs of capitalised words, and around what a rule of the tables names from
end to end; the pieces are then judged as if they were lines. Only strong evidence counts: a piece goes when
a rule takes it, or when the model takes it and it is no sentence. All that goes from one line is one edit,
so that the audit holds a long line once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import chain, groupby, pairwise
from typing import NamedTuple

import numpy as np

from ..model import Edit, Line
from ..recipe import Boilerplate
from . import boilerplate, rules
from .batch import Lines
from .gates import Folded, Ints
from .signs import MARKS, UNSPACED, Kinds, Words, bare, is_no_sentence, kinds_of, no_sentences, sentences_of, words_of
from .title import is_prose, words
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

_SMALL = frozenset(
    (
        *("of", "the", "and", "in", "us", "to", "a", "an", "for", "on", "with", "at", "by", "from", "up", "out"),
        *("or", "your", "our", "de", "la", "y", "und", "&", "-", "–", "/"),
    )
)
"""Words that headlines and menus write small."""
_LONGEST_SMALL = max(map(len, _SMALL))

Span = tuple[int, int]


class Cut(NamedTuple):
    """Where a sentence is cut, and whether strong evidence is possible against one of its pieces."""

    spans: list[Span]
    worth: bool


def propose(
    lines: Sequence[Line],
    documents: int,
    recipe: Boilerplate = Boilerplate(),  # noqa: B008  (a recipe is frozen)
    titles: Sequence[int | None] = (),
    cut: dict[str, Cut] | None = None,
) -> boilerplate.Proposal:
    """What to cut out of lines that hold a page; `titles[d]` is the number of the title line of document d.

    `cut` remembers from one call to the next, for one recipe, where sentences were cut: most come back as they were.
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
    lines = Lines.of(lines)
    size = lines.length
    few, whole = lines.sums(size > 0) <= LINES, lines.sums(size)
    wide = np.repeat(few, lines.sizes) | ((size >= HUGE) & (2 * size >= np.repeat(whole, lines.sizes)))
    wide &= (size >= LEAST) & (size <= MOST)
    some = np.repeat(lines.sums(wide) > 0, lines.sizes)
    wide, lines = wide[some], lines.where(some)
    for document, own in lines.slices():
        yield document, lines[own], set(lines.numbers[own][wide[own]].tolist())


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
    cut: dict[str, Cut],
) -> None:
    """Add to `found` what goes from a group of documents."""
    known = rules.of(recipe.rules)
    texts = {line.text: sentences_of(line.text) for _, some, wide in own for line in some if line.number in wide}
    _learn(texts.values(), known, cut)
    worth = {text for text, some in texts.items() if any(cut[sentence].worth for sentence in some)}
    # Of the others no piece can go.
    own = [item for item in own if any(line.text in worth for line in item[1] if line.number in item[2])]
    parts = [
        [
            piece
            for line in some
            for piece in _pieces(line, _spans(texts[line.text], cut) if line.number in wide else None)
        ]
        for _, some, wide in own
    ]
    numbers = [titles[document] if titles else None for document, _, _ in own]
    for (document, some, _), gone in zip(own, _gone(parts, numbers, recipe, known), strict=True):
        found.edits.extend(_edits(some, gone))
        found.facts[document].update(_facts([edit for _, edit in gone], known))


class _Piece(NamedTuple):
    """A stretch of a line, and its bare text; a line that is not wide is one piece, and stays."""

    line: Line
    span: Span
    wide: bool

    text: str


def _pieces(line: Line, spans: Sequence[Span] | None) -> Iterator[_Piece]:
    """The pieces of a line that hold more than white space and marks; None for a line that is not wide."""
    if spans is None:
        if text := line.text.strip().lstrip(MARKS[:-1]).lstrip():
            yield _Piece(line, (0, len(line.text)), False, text)
        return
    begin, end = bare(kinds_of(line.text), *np.array(spans, np.int64).reshape(-1, 2).T)
    for span, start, stop in zip(spans, begin.tolist(), end.tolist(), strict=True):
        if start < stop:
            yield _Piece(line, span, True, line.text[start:stop])


def _gone(
    parts: Sequence[Sequence[_Piece]], titles: Sequence[int | None], recipe: Boilerplate, known: rules.Rules
) -> list[list[tuple[_Piece, Edit]]]:
    """Of each document the pieces that go, with the edit that would remove each if it were a line."""
    as_lines = [Line(piece.text, number, at) for at, own in enumerate(parts) for number, piece in enumerate(own, 1)]
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


def _is_left(own: Sequence[_Piece], gone: Sequence[tuple[_Piece, Edit]]) -> bool:
    """Whether a sentence is left of a document."""
    lost = {id(piece) for piece, _ in gone}
    return any(is_prose(piece.text) for piece in own if id(piece) not in lost)


def _strong(edit: Edit, known: rules.Rules) -> bool:
    """Whether the evidence against a piece is strong: a rule that names it, or the model on what is no sentence."""
    if edit.after is not None:
        return False
    if edit.rule == "line-model":
        return is_no_sentence(edit.before)
    return _names(known, known.places[edit.rule], edit.before)


def _names(known: rules.Rules, rule: int, piece: str) -> bool:
    return _bounded(known, rule, piece, (True, True))


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
    own, cut = [sentences_of(text) for text in texts], dict[str, Cut]()
    _learn(own, known, cut)
    return [_spans(some, cut) for some in own]


def _spans(sentences: Iterable[str], cut: Mapping[str, Cut]) -> list[Span]:
    """The pieces of a text, given as its sentences."""
    spans, at = [], 0
    for sentence in sentences:
        spans += [(at + start, at + end) for start, end in cut[sentence].spans]
        at += len(sentence)
    return spans


def _learn(texts: Iterable[Sequence[str]], known: rules.Rules, cut: dict[str, Cut]) -> None:
    """Add to `cut` all sentences of some texts that it does not hold."""
    new = [sentence for sentence in dict.fromkeys(chain.from_iterable(texts)) if sentence not in cut]
    if new:
        cut.update(zip(new, cuts(new, known), strict=True))


def cuts(sentences: Sequence[str], known: rules.Rules) -> list[Cut]:
    """Where to cut sentences: a piece is never more than one, nor does what stands around a sentence matter."""
    # All are worked on as one text, with a space between them.
    size = np.fromiter(map(len, sentences), np.int64, len(sentences))
    begin = np.cumsum(size + 1) - size - 1
    sides = np.column_stack([begin, begin + size])
    folded = Folded.of(" ".join(sentences))
    kinds = kinds_of(folded.text)
    unspaced = np.append(0, np.cumsum(kinds & UNSPACED > 0))[sides]
    least = np.where(unspaced[:, 0] < unspaced[:, 1], 0, INNER_WORDS)
    words, firm = words_of(kinds, sides), set(sides.ravel().tolist())
    named = np.array([(0, 0), *_named(folded, _between_capitals(words, sides, least), firm, known)])
    runs = np.fromiter(_around_runs(folded.text, words), np.int64)
    is_cut = np.zeros(len(kinds) + 1, np.bool_)
    is_cut[np.concatenate([sides.ravel(), runs, named[1:].ravel()])] = True
    every = np.flatnonzero(is_cut)
    before = np.maximum(np.searchsorted(named[:, 0], every) - 1, 0)
    every = every[(every <= named[before, 0]) | (every >= named[before, 1])]
    number = np.searchsorted(begin, every[:-1], "right") - 1
    inside = every[1:] <= sides[number, 1]
    start, stop, number = every[:-1][inside], every[1:][inside], number[inside]
    worth = _worth(folded, kinds, _Spans(start, stop, number), known)
    spans = list(zip((start - begin[number]).tolist(), (stop - begin[number]).tolist(), strict=True))
    edges = np.searchsorted(number, np.arange(len(sentences) + 1)).tolist()
    return [Cut(spans[low:high], at in worth) for at, (low, high) in enumerate(pairwise(edges))]


class _Spans(NamedTuple):
    """Where pieces stand in a text, in order, and of which sentence each is."""

    start: Ints
    stop: Ints
    number: Ints


def _worth(folded: Folded, kinds: Kinds, spans: _Spans, known: rules.Rules) -> set[int]:
    """Which sentences hold a piece against which strong evidence is possible."""
    begin, end = bare(kinds, spans.start, spans.stop)
    filled = begin < end
    worth = set(spans.number[filled & no_sentences(kinds, begin, end)].tolist())
    others = np.flatnonzero(filled & ~np.isin(spans.number, list(worth)))
    for hit, rule in known.matcher.match_stretches(folded, begin[others], end[others], known.takes):
        place = others[hit]
        at = int(spans.number[place])
        if at not in worth and _names(known, rule, folded.text[begin[place] : end[place]]):
            worth.add(at)
    return worth


def _around_runs(text: str, words: Words) -> Iterator[int]:
    """Cuts around each run of capitalised words, and inside it where no headline and no name is as long."""
    at = np.arange(len(words.begin)) - words.first
    # No run goes on where words are parted so, and few stretches between hold capitals enough.
    parted = (at == 0) | (~words.capital & (words.end - words.begin > _LONGEST_SMALL))
    parted |= np.concatenate([[False], words.parts])[:-1]
    first, stretch = np.flatnonzero(parted), np.cumsum(parted) - 1
    # At most two small words stand between capitals of a run.
    near = words.capital & (at <= 3 * (RUN - 1))
    many, begun = (np.bincount(stretch[some], minlength=len(first)) for some in (words.capital, near))
    enough = first[(many >= MENU) | ((begun >= RUN) & (at[first] == 0))]
    for head in dict.fromkeys(words.first[enough].tolist()):
        own = slice(head, words.last[head] + 1)
        places = zip(words.begin[own].tolist(), words.end[own].tolist(), words.capital[own].tolist(), strict=True)
        yield from _around([(text[begin:end], begin, capital) for begin, end, capital in places])


_Word = tuple[str, int, bool]
"""A word, where it begins, and whether with a capital."""


def _around(words: Sequence[_Word]) -> Iterator[int]:
    """The same for the words of one sentence."""
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


class _Stretches(NamedTuple):
    """Stretches of a text, sorted by where they begin; `begin` and `end` leave out white space at their sides."""

    start: Ints
    stop: Ints
    begin: Ints
    end: Ints


def _between_capitals(words: Words, sides: Ints, least: Ints) -> _Stretches:
    """From each place of a sentence where a capital begins something to where that may end.

    What touches neither end of its sentence has as many words as `least` says: `_bounded` takes nothing shorter there.
    """
    head = words.first == np.arange(len(words.begin))
    own = np.flatnonzero(words.capital | head)
    head, sentence = head[own], words.sentence[own]
    start, stop = np.where(head, sides[sentence, 0], words.begin[own]), sides[sentence, 1]
    after = np.minimum(np.arange(len(own))[:, None] + np.arange(1, ENDS + 1), len(own) - 1)
    inside = (own[after] > own[:, None]) & (own[after] <= words.last[own, None])
    inside &= head[:, None] | (own[after] - own[:, None] >= least[sentence, None])
    stops = np.column_stack([start[after], stop])
    ends = words.end[np.column_stack([own[after] - 1, words.last[own]])]
    near = stops - start[:, None] <= REACH
    near[:, :-1] &= inside
    place, which = np.nonzero(near)
    return _Stretches(start[place], stops[place, which], words.begin[own][place], ends[place, which])


def _named(folded: Folded, stretches: _Stretches, firm: Set[int], known: rules.Rules) -> list[Span]:
    """Those of the stretches that a rule names from end to end, in order and none over another."""
    good: set[Span] = set()
    hits = list(known.matcher.match_stretches(folded, stretches.begin, stretches.end, known.takes))
    places = np.array([hit for hit, _ in hits], np.int64)
    sides = zip(*(column[places].tolist() for column in stretches), strict=True)
    for (_, rule), (start, stop, begin, end) in zip(hits, sides, strict=True):
        if _bounded(known, rule, folded.text[begin:end], (start in firm, stop in firm)):
            good.add((start, stop))
    return _apart(good)


def _apart(spans: set[Span]) -> list[Span]:
    """The spans in order, without those that begin inside an earlier, longer one."""
    chosen = [(0, 0)]
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= chosen[-1][1]:
            chosen.append((start, end))
    return chosen[1:]


def _bounded(known: rules.Rules, rule: int, text: str, firm: tuple[bool, bool]) -> bool:
    """Whether a rule names just this stretch; `firm` says at which of its sides a sentence or a mark ends it."""
    count, loose = words(text), False
    # Most rules that take other words take them at the end.
    for at_end in (True, False):
        if _is_loose(known, rule, text, at_end=at_end):
            loose = True
            if count > LOOSE_WORDS or not firm[at_end]:
                return False
    return loose or all(firm) or count >= INNER_WORDS


@lru_cache(maxsize=1 << 12)
def _is_loose(known: rules.Rules, rule: int, text: str, *, at_end: bool) -> bool:
    """Whether a rule would take any other words at one side as well, so that it cannot say where furniture ends."""
    rest = text.rpartition(" ")[0] if at_end else text.partition(" ")[2]
    more = [f"{one} {word}" if at_end else f"{word} {one}" for word in OTHERS for one in (text, rest)]
    return any(known.matcher.found(rule, one) for one in more)
