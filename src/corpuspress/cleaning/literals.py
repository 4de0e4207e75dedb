"""Which literal a regular expression cannot do without: the cheap test before the dear one.

A line that holds none of the literals of `required` cannot match the pattern, so the pattern need not run.
The literals are read off Python's own parse of the pattern; what is not understood makes them fewer or
shorter, never wrong. The idea is Russ Cox's ("Regular expression matching with a trigram index", 2012).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product, takewhile
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

_parser: Any = importlib.import_module("re._parser")

WIDTH = 8
"""Bytes of a literal that anybody looks at."""
NARROW = 4
"""Bytes that a literal inside a line must have to be of use."""
ENOUGH = 8
"""Worth (see _worth) from which nothing better is looked for."""
MANY = 200
"""Beginnings of a pattern that may be told apart to the last byte."""
FEW = 4
"""Times up to which all numbers of a repeat are told apart."""
MEMBERS = 20
"""What a single item may stand for, at most."""
WAYS, SPLIT = 16, 30
"""A pattern is told apart into at most so many ways to match it, at groups of at least so many items."""
NEEDS = 3
"""As much as is asked for of each way."""
LARGEST = 10_000
"""Sets of more alternatives than this are made of shorter texts."""
FREQUENT = (
    " the and that for with this from not have has was were are will would more than their her his they which about "
    "been said who what when you your can could other there people year years first one out over time new also after "
    "before into all but its how some like just make made most only part "
    "ation ting ding king ning ring ally ent ence ance ther ver ers ions ight ough ress able ible ment ments "
    "in the of the to the on the and the at the by the for the with the is a as a to be in a of a it is on on "
)
"""Words and endings that many lines hold."""
JUNK = "-–—*•·|>/([ _#:【（［「『《〈｜■◆●▶►▲★※"
"""Signs that may stand in front of a line's first word without hiding it from an anchored literal."""
END = "\n"
"""Stands for the end of a line in the literals of patterns that reach up to it."""

# What IGNORECASE holds equal beyond simple lower case; tests/test_literals.py compares with `re` itself.
_EQUAL = {
    "\u0131": "i", "\u017f": "s", "\u00b5": "\u03bc", "\u03c2": "\u03c3", "\u03d0": "\u03b2", "\u03d1": "\u03b8",
    "\u03d5": "\u03c6", "\u03d6": "\u03c0", "\u03f0": "\u03ba", "\u03f1": "\u03c1", "\u03f5": "\u03b5",
    "\u0345": "\u03b9", "\u1fbe": "\u03b9", "\u1c80": "\u0432", "\u1c81": "\u0434", "\u1c82": "\u043e",
    "\u1c83": "\u0441", "\u1c84": "\u0442", "\u1c85": "\u0442", "\u1c86": "\u044a", "\u1c87": "\u0463",
    "\u1c88": "\ua64b", "\u1e9b": "\u1e61", "\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06",
}  # fmt: skip
FOLDED = 0x20000
"""No character from here on has another case."""


class Literal(NamedTuple):
    """A text (in lower case) that a match holds; at its start, JUNK apart, where `anchored`."""

    text: str
    anchored: bool


Needs: TypeAlias = frozenset[Literal]
"""Of these, every match has at least one."""
Way: TypeAlias = tuple[Needs, ...]
"""Of each of these, every match of one kind has at least one."""
_Items: TypeAlias = Sequence[tuple[Any, Any]]
_Starts: TypeAlias = set[tuple[str, bool]]


@cache
def folds() -> npt.NDArray[np.uint32]:
    """For each character below FOLDED the one that stands for all that IGNORECASE holds equal to it."""
    codes = np.arange(FOLDED, dtype="<u4")
    codes[0xD800:0xE000] = 0  # halves of surrogate pairs are no text
    # Of this one letter alone Python makes two.
    lower = codes.tobytes().decode("utf-32-le").replace("\u0130", "i").lower()
    found = np.frombuffer(lower.encode("utf-32-le"), "<u4").astype(np.uint32)
    for character, equal in _EQUAL.items():
        found[found == ord(character)] = ord(equal)
    # Patterns name dates and counts by their shape.
    found[ord("1") : ord("9") + 1] = ord("0")
    found[0xD800:0xE000] = np.arange(0xD800, 0xE000)
    return found


def fold(text: str) -> str:
    """A text in the form in which texts are compared: what IGNORECASE holds equal becomes one, and all digits are 0."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").copy()
    cased = codes < FOLDED
    codes[cased] = folds()[codes[cased]]
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def parsed(pattern: str) -> Any:
    """Python's own parse of a pattern."""
    return _parser.parse(pattern)


def required(pattern: str, match: str) -> list[Way] | None:
    """The ways to match a pattern, each with what it needs, or None where one needs nothing that can be told.

    `match` as in matching.Pattern.
    """
    items = list(parsed(pattern))
    if match != "start":
        items.append(("LITERAL", ord(END)))
    ways = dict.fromkeys(_way(way, match != "end") for way in _ways(items, WAYS))
    return list(ways) if all(ways) else None


def _ways(items: _Items, most: int) -> list[_Items]:
    """The sequences, at most so many, that a sequence is a choice of."""
    groups = {place: found for place, item in enumerate(items) if 0 < len(found := _choice(item)) <= most}
    place = max(groups, key=lambda place: _size([items[place]]), default=None)
    if place is None or _size([items[place]]) < SPLIT:
        return [items]
    return [
        way
        for inner in groups[place]
        for way in _ways([*items[:place], *inner, *items[place + 1 :]], most // len(groups[place]))
    ]


def _choice(item: tuple[Any, Any]) -> list[_Items]:
    """What a group of a pattern leaves the choice of."""
    kind, value = str(item[0]), item[1]
    if kind == "BRANCH":
        return [list(branch) for branch in value[1]]
    return [list(value[-1])] if kind == "SUBPATTERN" else []


def _size(items: _Items) -> int:
    """How many single items there are."""
    return sum(max(1, sum(map(_size, _choice(item)))) for item in items)


def _way(items: _Items, at_start: bool) -> Way:
    """The best that can be said of what a sequence cannot do without."""
    best = sorted(dict.fromkeys(_choices(items, at_start)), key=_rank, reverse=True)
    sure = [needs for needs in best[:1] if all(anchored for _, anchored in needs) and _worth(needs) >= ENOUGH]
    return tuple(sure or best[:NEEDS])


def _needs(items: _Items, at_start: bool) -> Needs | None:
    """The best of all ways to say what a sequence of parsed items cannot do without."""
    return max(_choices(items, at_start), key=_rank, default=None)


def _rank(needs: Needs) -> tuple[int, int, list[Literal]]:
    return _worth(needs), -len(needs), sorted(needs)


def _choices(items: _Items, at_start: bool) -> Iterator[Needs]:
    """Ways to say what a sequence of parsed items cannot do without, each of some worth."""
    if at_start:
        starts = {text for text, _ in _starts(items)}
        while bare := _without_junk(items):
            items = bare
            starts = {text.lstrip(JUNK) for text, _ in _starts(items)}
        needs = _few(starts)
        if _worth(needs) > 0:
            yield needs
        if _worth(needs) >= ENOUGH:
            return
    for run in _runs(items):
        if _worth(found := frozenset(Literal(text, False) for text in run)) > 0:
            yield found
    for place, (kind, value) in enumerate(items):
        first = at_start and place == 0
        before = list(takewhile(_characters, reversed(items[max(place - 5, 0) : place])))[::-1]
        after = list(takewhile(_characters, items[place + 1 : place + 3]))
        if inner := _choice((kind, value)):
            parts = [_needs([*before, *branch, *after], first) for branch in inner]
        elif str(kind) in _REPEATS and value[0] > 0:
            parts = [_needs(list(value[2]), first)]
        else:
            continue
        if all(parts):
            yield frozenset().union(*(part for part in parts if part))


def _few(starts: set[str]) -> Needs:
    """Beginnings, made shorter where they are many."""
    for length in (6, 5, 4):
        if len(starts) > MANY:
            starts = {text[:length] for text in starts}
    return frozenset(Literal(text, True) for text in starts)


_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def _worth(literals: Needs) -> int:
    """Long literals are rare, and one at the start is cheap to look for; the worst decides."""
    sizes = [(len(text.encode()[:WIDTH]), text, anchored) for text, anchored in literals]
    return min(
        size + 3 if size and anchored else 0 if size < NARROW else 1 if is_frequent(text) else size
        for size, text, anchored in sizes
    )


def is_frequent(text: str) -> bool:
    """Whether each stretch of NARROW characters stands in a frequent word."""
    return all(text[begin : begin + NARROW] in FREQUENT for begin in range(max(len(text) - NARROW, 0) + 1))


def _without_junk(items: _Items) -> _Items:
    """A sequence without the signs in front of its first word that it may begin with, empty where it has none."""
    if not items or str(items[0][0]) not in _REPEATS or items[0][1][0] > 0 or len(items[0][1][2]) != 1:
        return []
    members = _characters(items[0][1][2][0])
    is_junk = members is not None and members <= set(JUNK)
    return items[1:] if is_junk and all(text.lstrip(JUNK + END) for text, _ in _starts(items[1:])) else []


def _starts(items: _Items) -> _Starts:
    """How a match may begin, up to WIDTH characters, and whether that is all there is of it."""
    starts: _Starts = {("", True)}
    for item in items:
        going = {text for text, whole in starts if whole}
        if not going:
            break
        more = _item_starts(item)
        for length in (3, 1, 0):
            if len(going) * len(more) > LARGEST:
                more = {(added[:length], whole and len(added) <= length) for added, whole in more}
        starts = {start for start in starts if not start[1]} | {
            ((text + added)[:WIDTH], whole and len(text + added) < WIDTH) for text in going for added, whole in more
        }
    return starts


def _item_starts(item: tuple[Any, Any]) -> _Starts:
    kind, value = str(item[0]), item[1]
    if kind == "AT":
        return {("", True)}
    if kind == "SUBPATTERN":
        return _starts(list(value[-1]))
    if kind == "BRANCH":
        return set().union(*(_starts(list(branch)) for branch in value[1]))
    if kind in _REPEATS:
        low, high, inner = int(value[0]), int(value[1]), list(value[2])
        starts = _starts(inner)
        if high <= FEW and len(starts) ** high <= MEMBERS:
            return set().union(*(_starts(inner * times) for times in range(low, high + 1)))
        if high > 1:
            starts = {(text, False) for text, _ in starts}
        return starts | {("", True)} if low == 0 else starts
    members = _characters(item)
    return {("", False)} if members is None else {(member, True) for member in members}


def _runs(items: _Items) -> Iterator[set[str]]:
    """Stretches of the sequence of which all variants are known."""
    run = {""}
    for item in items:
        members = _characters(item) if str(item[0]) != "AT" else {""}
        if members is None or len(run) * len(members) > 64:
            yield run
            run = members or {""}
        else:
            run = {text + member for text in run for member in members}
    yield run


def _characters(item: tuple[Any, Any]) -> set[str] | None:
    """What an item may stand for, where that is little: single characters, or few of them where it is a repeat."""
    kind, value = str(item[0]), item[1]
    if kind == "LITERAL":
        return {_lower(value)}
    if kind in _REPEATS and int(value[1]) <= FEW and len(value[2]) == 1:
        members = _characters(value[2][0])
        if members is None or len(members) ** int(value[1]) > MEMBERS:
            return None
        times = range(value[0], value[1] + 1)
        return {"".join(signs) for count in times for signs in product(members, repeat=count)}
    if kind != "IN":
        return None
    members = set()
    for part, bounds in value:
        if str(part) == "LITERAL":
            members.add(_lower(bounds))
        elif str(part) == "RANGE" and bounds[1] - bounds[0] < 10:
            members |= {_lower(code) for code in range(bounds[0], bounds[1] + 1)}
        else:
            return None
    return members if len(members) <= MEMBERS else None


def _lower(code: int) -> str:
    return fold(chr(code))
