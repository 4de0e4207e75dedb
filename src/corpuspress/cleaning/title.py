"""Which line is the title: found before anything is judged, since a title looks like furniture."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import NamedTuple, TypeVar

import numpy as np

from ..model import Line
from .batch import Lines

# How far down a title may stand, in lines that are not blank.
REACH = 8
LONG = 25
"""Words from which a line is running text, however it ends."""
MOST = 35
"""Words of a title."""
SHORT = 1000
"""Longest text, in characters, that is remembered."""
Answer = TypeVar("Answer")

# Armenian, Urdu, Devanagari, Tibetan, Burmese, Ethiopic, Khmer, Chinese and Japanese; the Arabic question mark too.
FULL_STOPS = "\u0589\u06d4\u0964\u0965\u0f0d\u104b\u1362\u17d4\u17d5\u3002"
STOPS = f"{FULL_STOPS}\u061f\uff01\uff1f"
"""What ends a sentence in other scripts than Latin, Greek and Cyrillic, white space or not."""
_CLOSING = "\"'”’»)]）」』"
_SENTENCE_ENDS = frozenset(f".!?…{STOPS}")
_NO_ENDS = frozenset(f".{FULL_STOPS};；:：,，،؛、")
"""What a title does not end with."""
_INITIAL = re.compile(r"(?:\b[^\W\d_]\.|\.\.\.)[\"'”’»)]*$")
_SITE = re.compile(r"\s+[-–—·•»:]+\s+\S|\s*[|｜]\s*\S|_\S")
# Scripts that part no words by spaces; two ideographs, or five letters of the others, pass for one word.
_LETTERS = re.compile("[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]")
_SPACELESS = re.compile(f"[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|{_LETTERS.pattern}")
# A pattern that begins with a set is looked for quickly.
_SIGNED = re.compile(r"[-–—·•»:|｜_](?:(?<=\s[-–—·•»:])[-–—·•»:]*\s+\S|(?<=[|｜])\s*\S|(?<=_)\S)")
"""What holds _SITE."""
_AGENCY = r"\s*(?i:reuters|afp|ap|epa|dpa|getty)\b"
_NO_BEGINNING = re.compile(
    r"\W*(?:by|from|von|par|por|di|от|автор:?|作者|记者|بقلم)\s+\S|\[\W*\]"
    r"|\W*(?:\(?photo|image|bild|foto|updated|published|posted|last modified|copyright|©|advertisement|skip to)\b",
    re.IGNORECASE,
)
_SUSPECT = re.compile(r"[-./:年](?:(?<=\d.)|(?<=/)|(?<=[wW]\.)|(?<=:)//)")
"""What holds all that _NO_TITLE finds, and little else."""
_NO_TITLE = re.compile(
    rf"[hH](?i:ttps?://)\S|[wW](?i:ww\.)\S|/{_AGENCY}|\b(?:1?\d:[0-5]\d|(?:19|20)\d\d[-/.年]\s?\d\d?)"
)
_CREDIT = re.compile(rf"[pPvV](?:(?<=[pP])(?i:hoto)|(?<=[vV])(?i:ia)){_AGENCY}")


class Seen(NamedTuple):
    """The first lines of a document, less those that are blank: up to `reach` `texts`, and which is the title."""

    texts: list[str]
    reach: int
    title: int | None


def _kept(function: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """The same, with its last answers for short texts kept: a text is cleaned in rounds, most lines come again."""
    kept = lru_cache(maxsize=4096)(function)

    # A line may hold ten million characters.
    @wraps(function)
    def answered(text: str) -> Answer:
        return kept(text) if len(text) <= SHORT else function(text)

    return answered


@_kept
def words(text: str) -> int:
    """The number of words, counted for scripts without spaces too.

    >>> words("One more day"), words("天气预报说明天有雨")
    (3, 5)
    """
    count = len(text.split())
    # Five characters a word, the space included: no script without spaces is as dense as that.
    if text.isascii() or len(text) < 5 * count or not _SPACELESS.search(text):
        return count
    rest, letters = _LETTERS.subn(" ", text)
    rest, ideographs = _SPACELESS.subn(" ", rest)
    return sum(map(str.isalnum, rest.split())) + (ideographs + 1) // 2 + letters // 5


def is_spaced(text: str) -> bool:
    """Whether spaces part all words, so that `words` counts what they part.

    >>> is_spaced("One more day"), is_spaced("One more 天")
    (True, False)
    """
    return text.isascii() or not _SPACELESS.search(text)


def is_ended(text: str) -> bool:
    """Whether a line ends as sentences end in its script, closing quotes and brackets aside.

    >>> is_ended("He said “no.”"), is_ended("Home | About")
    (True, False)
    """
    return text.rstrip(_CLOSING)[-1:] in _SENTENCE_ENDS


@_kept
def is_prose(text: str) -> bool:
    """Whether a line reads like running text: long, or fairly long and closed like a sentence."""
    return is_running(text, _count(text))


def is_running(text: str, count: int) -> bool:
    """The same of a line with so many words, or, where `count` is LONG, with at least as many."""
    return count >= LONG or (count >= 10 and is_ended(text))


def _count(text: str) -> int:
    """The words of a line; those beyond LONG need not be counted."""
    return len(text.split(None, LONG - 1)) if is_spaced(text) else words(text)


def titles(
    lines: Sequence[Line], documents: int, given: Sequence[str | None] = (), seen: dict[int, Seen] | None = None
) -> list[int | None]:
    """The number of the title line of each document 0 to `documents` - 1, None where no line is one.

    `given` are titles known from elsewhere (a sidecar): a line among the first that says the same wins. What is
    found goes into `seen`, and documents that begin as is said there are not looked at again.
    """
    found: list[int | None] = [None] * documents
    seen = {} if seen is None else seen
    lines = Lines.of(lines)
    full = lines.where(np.flatnonzero(lines.length))
    texts, numbers = full.texts.tolist(), full.numbers.tolist()
    for document, own in full.slices():
        head = texts[own.start : min(own.stop, own.start + 2 * REACH)]
        known = seen.get(document)
        if known is None or known.texts != head[: known.reach]:
            known = _look(head, given[document] if given else None)
            if not _SIGNED.search(head[0]):
                seen[document] = known
            elif (bare := _bare(texts[own])) is not None:
                known = known._replace(title=bare)
        if known.title is not None:
            found[document] = numbers[own.start + known.title]
    return found


def with_site(text: str, title: str) -> bool:
    """Whether a line is the title and behind it the name of a site, as browsers show it.

    >>> with_site("Ferry line to close | The Harbour Post", "Ferry line to close")
    True
    """
    return len(text) > len(title) and text.startswith(title) and bool(_SITE.match(text, len(title)))


def same(one: str, other: str) -> bool:
    """Whether two titles say the same, whatever the case, the spaces, and a name of the site behind one of them."""
    return one.casefold().split() == other.casefold().split() or with_site(one, other) or with_site(other, one)


def _bare(texts: Sequence[str]) -> int | None:
    """Which line says what the first says, without the name of the site."""
    first = texts[0]
    begins = ((place, text) for place, text in enumerate(texts) if first.startswith(text))
    return next((place for place, text in begins if with_site(first, text) and words(text) >= 3), None)


def _look(head: list[str], given: str | None) -> Seen:
    """Which of the first lines is the title."""
    if given:
        said = [place for place, text in enumerate(head) if text.casefold().split() == given.casefold().split()]
        if said:
            return Seen(head, 2 * REACH, said[0])
    counts = _before_prose(head)
    if counts is None:
        # A whole page: menus as far as one sees. Its first line is what the browser shows as title.
        whole = len(head) == 2 * REACH and words(head[0]) >= 4 and _may_be(head[0])
        return Seen(head, 2 * REACH, 0 if whole else None)
    reach = 2 * REACH if given else len(counts) + 1
    for least in (3, 2):
        for place, count in enumerate(counts[:REACH]):
            if count >= least and _may_be(head[place]):
                return Seen(head[:reach], reach, place)
    return Seen(head[:reach], reach, None)


def _before_prose(head: Sequence[str]) -> list[int] | None:
    """The words, up to LONG, of each line in front of the first running text; None where there is none of it."""
    counts: list[int] = []
    for text in head:
        count = _count(text)
        if is_running(text, count) and (counts or not _may_be(text)):
            return counts
        counts.append(count)
    return None


def _may_be(text: str) -> bool:
    if len(text) > 250 or _NO_BEGINNING.match(text) or _CREDIT.search(text):
        return False
    # In ASCII each word but the last takes two characters.
    if (len(text) > 2 * MOST or not text.isascii()) and words(text) > MOST:
        return False
    if _SUSPECT.search(text) and _NO_TITLE.search(text):
        return False
    return text.rstrip(_CLOSING)[-1:] not in _NO_ENDS or bool(_INITIAL.search(text))
