"""The facts of a document, from the lines that cleaning removed."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPACE = re.compile(r"\s+")
_BY = re.compile(
    r"""(?ix) ^ (?: (?: words | text | story | photos? | analysis | opinion | reporting | additional[ ]reporting
            | written | reported | posted | published | contributed | submitted | compiled ) \s+ )? by \b [\s:]*
    | ^ (?: von | par | por | di | a[ ]cura[ ]di | door | av | af | autor(?:in|a|es|en)? | auteurs? | autore | authors?
            | автор | текст | tekst | yazan | oleh | penulis | reporter | 记者 | 記者 | 作者 | 文
            | بقلم | كتب | کتبه | نویسنده | लेखक ) (?: \s*[:：/]\s* | \s+ )"""
)
# What follows the names: a date, another field, a place of publication.
_REST = re.compile(
    r"""(?ix) \s [^\W\d_]+ \.? \s \d | [\d|•·@(\[<] | \s [-–—] \s | [–—] | https?:
    | // | \s (?: updated | published | posted | last[ ]modified | follow ) \b"""
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|<[^>]*>|[\w.+-]*@[\w.-]+")  # handles, mail addresses, offices
_FOR = re.compile(r"(?i)\s(?:for|via)\s.*")
_AND = re.compile(r"\s*(?:;|、|\s(?:and|&|und|et|y|e|и|en|og|och|dan|ve|та|і)\s)\s*", re.I)
_STOP = re.compile(r"(?<!\b\w)(?<!\b[JS]r)\.$")  # not that of an initial
_ROLE = re.compile(  # offices and houses, never persons
    r"""(?ix) \b (?: staff | writer | reporter | editors? | correspondent | contributor | columnist | author | producer
    | journalist | chief | special | press | news | wire | service | bureau | center | centre | institute | university
    | college | magazine | daily | times | of | for | the | reuters | ap | afp | upi | cnn | bbc | dpa | efe
    | redaktion | redacción | rédaction | redazione | agenc\w* ) \b"""
)


def distinct(values: Iterable[str]) -> list[str]:
    """Values with single spaces, each once, in order, empty ones left out.

    >>> distinct([" (c)  2024 ", "", "(c) 2024"])
    ['(c) 2024']
    """
    return [value for value in dict.fromkeys(_SPACE.sub(" ", value).strip() for value in values) if value]


def credits(values: Iterable[str]) -> list[str]:
    """As `distinct`, without brackets around the whole.

    >>> credits(["Photo: A. Person/AFP", "(Photo: A. Person/AFP)"])
    ['Photo: A. Person/AFP']
    """
    bare = (value.strip() for value in values)
    return distinct(value[1:-1] if value[:1] + value[-1:] in ("()", "[]") else value for value in bare)


def first(values: Iterable[str]) -> str | None:
    """The first value that says something."""
    return next(iter(distinct(values)), None)


def byline(values: Iterable[str]) -> str | None:
    """The authors, as written, without "By", roles and dates, parted by "; "; None where none is left.

    >>> byline(["By Ann Example and Bo Sample, Staff Writers | May 16, 2024"])
    'Ann Example; Bo Sample'
    >>> byline(["Von Eva Muster", "Von Eva Muster"])
    'Eva Muster'
    """
    names = distinct(name for value in distinct(values) for name in _names(value))
    return "; ".join(names) or None


def _names(value: str) -> list[str]:
    text = _ASIDE.sub("", _BY.sub("", value, count=1))
    rest = _REST.search(text)
    parts = [_without_role(part) for part in _AND.split(text[: rest.start()] if rest else text)]
    return [part for part in parts if _is_name(part)]


def _is_name(part: str) -> bool:
    """Some letters, not a sentence: few words, and very few where the first is in lower case."""
    return any(map(str.isalpha, part)) and len(part.split()) <= (3 if part[0].islower() else 6)


def _without_role(part: str) -> str:
    """A name less what follows a comma and is an office; "Doe, Jane" stays."""
    pieces = [_STOP.sub("", piece.strip(" :;-")) for piece in part.split(",")]
    kept = [_FOR.sub("", pieces[0]), *(piece for piece in pieces[1:] if piece and not _ROLE.search(piece))]
    if all(len(piece.split()) > 1 for piece in kept):
        return "; ".join(kept)
    return ", ".join(kept)
