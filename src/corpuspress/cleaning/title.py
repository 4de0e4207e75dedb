"""Which line is the title: found before anything is judged, since a title looks like furniture."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import TypeVar

from ..model import Line
from .batch import Lines

# How far down a title may stand, in lines that are not blank.
REACH = 8
LONG = 25
"""Words from which a line is running text, however it ends."""
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
_IDEOGRAPHS = re.compile("[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LETTERS = re.compile("[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]")
_SPACELESS = re.compile(f"{_IDEOGRAPHS.pattern}|{_LETTERS.pattern}")
_SIGN = re.compile("[-–—·•»:|｜_]")
"""What stands in front of the name of a site: quick to look for."""
_AGENCY = r"\s*(?i:reuters|afp|ap|epa|dpa|getty)\b"
_NO_BEGINNING = re.compile(
    r"\W*(?:by|from|von|par|por|di|от|автор:?|作者|记者|بقلم)\s+\S|\[\W*\]"
    r"|\W*(?:\(?photo|image|bild|foto|updated|published|posted|last modified|copyright|©|advertisement|skip to)\b",
    re.IGNORECASE,
)
# A branch that begins with a plain sign or set is passed over quickly, one without regard to case is not.
_NO_TITLE = re.compile(
    rf"[hH](?i:ttps?://)\S|[wW](?i:ww\.)\S|/{_AGENCY}|[pP](?i:hoto){_AGENCY}|[vV](?i:ia){_AGENCY}"
    r"|\b(?:1?\d:[0-5]\d|(?:19|20)\d\d[-/.年]\s?\d\d?)"
)


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
    rest, ideographs = _IDEOGRAPHS.subn(" ", text)
    rest, letters = _LETTERS.subn(" ", rest)
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
    # More words than make a text long need not be counted.
    count = len(text.split(None, LONG - 1)) if text.isascii() else words(text)
    return count >= LONG or (count >= 10 and is_ended(text))


def titles(lines: Sequence[Line], documents: int, given: Sequence[str | None] = ()) -> list[int | None]:
    """The number of the title line of each document 0 to `documents` - 1, None where no line is one.

    `given` are titles known from elsewhere (a sidecar): a line among the first that says the same wins.
    """
    found: list[int | None] = [None] * documents
    lines = Lines.of(lines)
    full = lines.where(lines.length > 0)
    all_texts, numbers = full.texts.tolist(), full.numbers.tolist()
    for document, own in full.slices():
        texts = all_texts[own]
        bare = _bare(texts)
        place = _title(texts[: 2 * REACH], given[document] if given else None) if bare is None else bare
        found[document] = None if place is None else numbers[own][place]
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
    if not _SIGN.search(first) or not _SITE.search(first):
        return None
    begins = ((place, text) for place, text in enumerate(texts) if first.startswith(text))
    return next((place for place, text in begins if with_site(first, text) and words(text) >= 3), None)


def _title(head: Sequence[str], given: str | None) -> int | None:
    """Which of the first lines is the title."""
    if given:
        said = [place for place, text in enumerate(head) if text.casefold().split() == given.casefold().split()]
        if said:
            return said[0]
    before = _before_prose(head)
    if before is None:
        # A whole page: menus as far as one sees. Its first line is what the browser shows as title.
        return 0 if len(head) == 2 * REACH and words(head[0]) >= 4 and _may_be(head[0]) else None
    for least in (3, 2):
        for place, text in enumerate(head[: min(before, REACH)]):
            if words(text) >= least and _may_be(text):
                return place
    return None


def _before_prose(head: Sequence[str]) -> int | None:
    """How many lines stand in front of the first running text; None where there is none of it."""
    for place, text in enumerate(head):
        if is_prose(text) and not (place == 0 and _may_be(text)):
            return place
    return None


@_kept
def _may_be(text: str) -> bool:
    if len(text) > 250 or words(text) > 35 or _NO_BEGINNING.match(text) or _NO_TITLE.search(text):
        return False
    return text.rstrip(_CLOSING)[-1:] not in _NO_ENDS or bool(_INITIAL.search(text))
