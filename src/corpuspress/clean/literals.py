"""Which literal a regular expression cannot do without: the cheap test before the dear one.

A line that holds none of the literals of `required` cannot match the pattern, so the pattern need not run.
The literals are read off Python's own parse of the pattern; what is not understood makes them fewer or
shorter, never wrong. The idea is Russ Cox's ("Regular expression matching with a trigram index", 2012).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_parser: Any = importlib.import_module("re._parser")

LARGEST = 64
"""Sets of more alternatives than this are not followed up."""

# What IGNORECASE holds equal beyond simple lower case; tests/test_literals.py compares with `re` itself.
_EQUAL = {
    "\u0131": "i", "\u017f": "s", "\u00b5": "\u03bc", "\u03c2": "\u03c3", "\u03d0": "\u03b2", "\u03d1": "\u03b8",
    "\u03d5": "\u03c6", "\u03d6": "\u03c0", "\u03f0": "\u03ba", "\u03f1": "\u03c1", "\u03f5": "\u03b5",
    "\u0345": "\u03b9", "\u1fbe": "\u03b9", "\u1c80": "\u0432", "\u1c81": "\u0434", "\u1c82": "\u043e",
    "\u1c83": "\u0441", "\u1c84": "\u0442", "\u1c85": "\u0442", "\u1c86": "\u044a", "\u1c87": "\u0463",
    "\u1c88": "\ua64b", "\u1e9b": "\u1e61", "\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06",
}  # fmt: skip
_LEADS = {lead: [c for c in _EQUAL if c.encode()[0] == lead] for lead in sorted({c.encode()[0] for c in _EQUAL})}


class Literals(NamedTuple):
    """One of `texts` stands in every match, apart from case; at its very start where `anchored`."""

    texts: tuple[str, ...]
    anchored: bool


def fold(texts: pa.Array) -> pa.Array:
    """Texts in the form in which they are compared: what IGNORECASE holds equal becomes one."""
    folded = pc.utf8_lower(texts)
    buffer = folded.buffers()[2]
    data = buffer.to_pybytes() if buffer is not None else b""
    if data.isascii():
        return folded
    for lead, characters in _LEADS.items():
        if data.find(lead) >= 0:
            for character in characters:
                if data.find(character.encode()) >= 0:
                    folded = pc.replace_substring(folded, character, _EQUAL[character])
    return folded


def required(pattern: str) -> Literals | None:
    """The literals of a pattern, or None where it can do without any."""
    parts = _Parts()
    parts.read(_parser.parse(pattern))
    runs = [(parts.start, True), *((run, False) for run in (*parts.found, parts.run or {""}))]
    choices = [Literals(tuple(sorted(run)), anchored) for run, anchored in runs if run and "" not in run]
    return max(choices, key=_worth, default=None)


def _worth(literals: Literals) -> tuple[int, int]:
    """Long literals are rare; one at the start is cheap to look for; many cost more than few."""
    shortest = min(len(text.encode()) for text in literals.texts)
    return min(shortest + (3 if literals.anchored else 0), 9), -len(literals.texts)


class _Parts:
    """Runs of literal text met while a pattern is read from left to right.

    `run` holds what may stand right before the point reached, in all its variants, `found` the finished
    runs, `first` the one at the start of the pattern, once it is finished.
    """

    def __init__(self) -> None:
        self.run: set[str] | None = {""}
        self.first: set[str] | None = None
        self.found: list[set[str]] = []

    def read(self, items: Iterable[Any]) -> None:
        for kind, value in items:
            self._item(str(kind), value)

    def _item(self, kind: str, value: Any) -> None:
        if kind == "LITERAL":
            self._extend({chr(value)})
        elif kind == "IN":
            self._extend(_characters(value))
        elif kind == "SUBPATTERN":
            self.read(value[-1])
        elif kind == "BRANCH":
            self._branch(value[1])
        elif kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            self._repeat(*value)
        elif kind != "AT":
            self._extend(None)

    def _extend(self, texts: set[str] | None) -> None:
        """Append any of `texts`; None: something unknown, which ends the run."""
        run = self.run or set()
        if texts is not None and len(run) * len(texts) <= LARGEST:
            self.run = {before + text for before in run for text in texts}
            return
        if self.first is None:
            self.first = run
        self.found.append(run)
        self.run = texts if texts is not None and len(texts) <= LARGEST else {""}

    def _branch(self, branches: Iterable[Any]) -> None:
        parts = [_parts(branch) for branch in branches]
        if all(part.whole for part in parts):
            self._extend(set().union(*(part.run or set() for part in parts)))
            return
        self._open({text for part in parts for text in part.start}, [part.best() for part in parts])

    def _repeat(self, low: Any, high: Any, item: Any) -> None:
        part = _parts(item)
        if part.whole and int(high) <= 1:
            self._extend((part.run or set()) | ({""} if low == 0 else set()))
        elif low == 0:
            self._extend(None)
        else:
            self._open(part.start, [part.best()])

    def _open(self, start: set[str], best: list[set[str] | None]) -> None:
        """Something whose beginning alone is known, and what it must hold."""
        self._extend(start if start else None)
        self._extend(None)
        if all(best):
            self.found.append(set().union(*(texts or set() for texts in best)))

    @property
    def whole(self) -> bool:
        """Whether the runs read so far are the whole of what can match."""
        return self.first is None

    @property
    def start(self) -> set[str]:
        return (self.run if self.first is None else self.first) or {""}

    def best(self) -> set[str] | None:
        choices = [run for run in (*self.found, self.run) if run and "" not in run]
        return max(choices, key=lambda run: (min(len(text.encode()) for text in run), -len(run)), default=None)


def _parts(items: Any) -> _Parts:
    parts = _Parts()
    parts.read(items)
    return parts


def _characters(items: Any) -> set[str] | None:
    """The members of a small character class."""
    members: set[str] = set()
    for kind, value in items:
        if str(kind) == "LITERAL":
            members.add(chr(value))
        elif str(kind) == "RANGE" and value[1] - value[0] < 10:
            members |= {chr(code) for code in range(value[0], value[1] + 1)}
        else:
            return None
    return members if len(members) <= 10 else None
