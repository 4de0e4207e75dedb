"""When a document was published.

Dates are read as written: no time zone moves them, and nothing depends on today, so that "2 hours ago"
is no date. A wrong date is worse than none: 03/04/2024 counts only where the language writes the day
first. The names of the months stand in months.toml.

>>> parse("Updated: Thu 16 May 2024 | 10:39 IST"), parse("16 de mayo de 2024"), parse("03/04/2024", "en")
(datetime.date(2024, 5, 16), datetime.date(2024, 5, 16), None)
"""

from __future__ import annotations

import datetime
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

# Where a date in figures may be taken to begin with the day. English is missing, for Americans do not.
DAY_FIRST = frozenset(
    {
        "af",
        "ar",
        "bg",
        "bn",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "en-gb",
        "es",
        "et",
        "fi",
        "fr",
        "gu",
        "he",
        "hi",
        "hr",
    }
    | {"id", "it", "kn", "lv", "mk", "ml", "mr", "ms", "nl", "no", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "so", "sq"}
    | {"sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "vi"}
)
MONTH_FIRST = frozenset(["en-us"])
_UNSURE = frozenset(["en", "en-us", "ja", "ko", "tl", "zh-cn", "zh-tw"])  # even where the figures are parted by dots
YEARS = range(1800, 2100)
_BUDDHIST_ERA = 543  # Thai years run ahead by so much

_MARKS = re.compile("[\u0300-\u036f]")
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})([-/.]) ?(\d{1,2})\2 ?(\d{1,2})(?!\d)|(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)"
)
_EAST_ASIAN = re.compile(r"(?<!\d)(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d.:/-])(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{4}|\d\d)(?![\d:]|[-/.]\d)")
_TOKEN = re.compile(r"\d+|[^\s\d.,;:/()|\[\]·•'’‘\"–—_-]+")
_LETTERS = str.maketrans("0123456789", "ሀለሐመሠረሰሸቀበ")  # of no script that names months here
_GAP = re.compile(r"[\s.,/()'’‘–—-]*")


class Found(NamedTuple):
    """A date in a line, and where it begins."""

    at: int
    date: datetime.date


def published(
    facts: Mapping[str, Sequence[str]], sidecar: Mapping[str, object], language: str = ""
) -> datetime.date | None:
    """The date that the sidecar names (`published` or `date`), else the one that the removed lines tell."""
    for key in ("published", "date"):
        value = sidecar.get(key)
        if isinstance(value, datetime.date):
            return value.date() if isinstance(value, datetime.datetime) else value
        told = parse(str(value), language) if value else None
        if told:
            return told
    lines = [*facts.get("published", ()), *facts.get("byline", ())]
    if not lines:  # as most texts
        return None
    dates = [date for date, _ in sorted((_read(line, language) for line in lines), key=lambda pair: pair[1])]
    return next(filter(None, dates), None)


def parse(text: str, language: str = "") -> datetime.date | None:
    """The date that a line tells, or None: of several the first that is not of a later change.

    `language` is the document's, by langdetect's name; `en-us` and `en-gb` decide where `en` does not.
    """
    return _read(text, language)[0]


@lru_cache(maxsize=4096)
def _read(text: str, language: str) -> tuple[datetime.date | None, bool]:
    """The date, and whether it is only that of a later change."""
    if not any(letter.isdigit() for letter in text) or len(text) > 1000:
        return None, False
    folded = fold(text)
    found = sorted({*_in_figures(folded, language.lower()), *_with_names(folded, language.lower())})
    if not found:
        return None, False
    starts = [0, *(date.at for date in found)]
    first = [date for date, start in zip(found, starts, strict=False) if not _changed(folded[start : date.at])]
    return (first or found)[0].date, not first


def fold(text: str) -> str:
    """Lower case without accents, invisible marks and figures of other scripts.

    >>> fold("１６ Août"), fold("١٦ مايو")
    ('16 aout', '16 مايو')
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", _INVISIBLE.sub("", text.lower())))
    figures = "".join(str(unicodedata.decimal(letter, letter)) for letter in plain) if not plain.isascii() else plain
    return unicodedata.normalize("NFC", figures.replace("ı", "i"))


def _in_figures(text: str, language: str) -> Iterator[Found]:
    for found in _YEAR_FIRST.finditer(text):
        year, _, month, day, *compact = found.groups()
        if compact[0]:
            year, month, day = compact
        yield from _date(found.start(), year, month, day, language)
    for found in _EAST_ASIAN.finditer(text):
        yield from _date(found.start(), found[1], found[2], found[3], language)
    for found in _YEAR_LAST.finditer(text):
        first, sign, second, year = found.groups()
        if len(year) == 2:
            if language not in DAY_FIRST:
                continue
            year = f"20{year}"
        day_first = language in DAY_FIRST or (sign == "." and language not in _UNSURE)
        if int(first) > 12 or (int(second) <= 12 and (day_first or first == second)):
            yield from _date(found.start(), year, second, first, language)
        elif int(second) > 12 or language in MONTH_FIRST:
            yield from _date(found.start(), year, first, second, language)


def _with_names(text: str, language: str) -> Iterator[Found]:
    """Dates with the name of a month: day, month, year; month, day, year; year, month, day."""
    for two_words, one in _joined():
        if two_words in text:
            text = text.replace(two_words, one)
    tokens = list(_TOKEN.finditer(text))
    for place, token in enumerate(tokens):
        month = _month(token[0], language)
        if month:
            before = _number(text, tokens, place, -1)
            after = _number(text, tokens, place, 1)
            beyond = _number(text, tokens, after[0], 1) if after else None
            for day, year in ((before, after), (after, beyond), (after, before)):
                if day and year and len(day[1]) <= 2 and len(year[1]) == 4:
                    at = min(token.start(), tokens[day[0]].start(), tokens[year[0]].start())
                    yield from _date(at, year[1], str(month), day[1], "th" if token[0] in _thai() else language)
                    break


def _number(text: str, tokens: Sequence[re.Match[str]], place: int, step: int) -> tuple[int, str] | None:
    """Place and figures of the number next to a token, where only little words stand between."""
    for _ in range(3):
        left, right = sorted((place, place + step))
        if left < 0 or right >= len(tokens) or not _GAP.fullmatch(text, tokens[left].end(), tokens[right].start()):
            return None
        place += step
        word = tokens[place][0]
        if word.isdigit():
            clock = step < 0 and text[: tokens[place].start()].endswith(":")
            return None if clock else (place, word)
        if word not in _between():
            return None
    return None


def _date(at: int, year: str, month: str, day: str, language: str) -> Iterator[Found]:
    number = int(year) - (_BUDDHIST_ERA if language == "th" and int(year) >= 2400 else 0)
    if number in YEARS:
        try:
            yield Found(at, datetime.date(number, int(month), int(day)))
        except ValueError:
            return


def _month(word: str, language: str) -> int | None:
    """The month of that name in the language, else in all languages that know the name."""
    known = _months().get(word, {})
    own = known.get(language.partition("-")[0])
    if own:
        return own
    numbers = set(known.values())
    return numbers.pop() if len(numbers) == 1 else None


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("months.toml").read_text(encoding="utf-8"))


@cache
def _months() -> dict[str, dict[str, int]]:
    """Folded name -> language -> month."""
    names: dict[str, dict[str, int]] = {}
    for language, months in _table()["months"].items():
        for number, variants in enumerate(months, 1):
            for name in fold(variants).split():
                names.setdefault(_one_word(name), {})[language] = number
    return names


@cache
def _joined() -> list[tuple[str, str]]:
    """Names of several words, parted by spaces or dots, with the one word that stands for each; longest first."""
    names = {name for months in _table()["months"].values() for text in months for name in fold(text).split()}
    several = sorted((name for name in names if "_" in name), key=lambda name: (-len(name), name))
    return [(name.replace("_", sign), f" {_one_word(name)} ") for name in several for sign in (" ", ".")]


@cache
def _thai() -> frozenset[str]:
    return frozenset(_one_word(name) for text in _table()["months"]["th"] for name in fold(text).split())


def _one_word(name: str) -> str:
    """A name of a month without what would part it: "thang_5" becomes "thangረ"."""
    return name.replace("_", "").translate(_LETTERS)


@cache
def _between() -> frozenset[str]:
    return frozenset(map(fold, _table()["between"]["words"]))


def _changed(text: str) -> bool:
    """Whether what stands before a date calls it that of a later change."""
    return any(word in text for word in _later())


@cache
def _later() -> tuple[str, ...]:
    return tuple(fold(word).replace("_", " ") for word in _table()["later"]["words"])
