"""What the columns of the line model are, in plain Python: slow, and without regard to how C works them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from corpuspress.cleaning import characters as classes
from corpuspress.cleaning.characters import Tables

PRIME, GOLD, EIGHTS, WHOLE = 0x100000001B3, 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 1 << 64
LETTERS = (classes.LOWER, classes.UPPER, classes.CASELESS)


class Word(NamedTuple):
    key: int
    length: int
    capital: bool = False
    shouted: bool = False


def key_of(codes: Sequence[int]) -> int:
    """The hash of a run of letters of lower case."""
    return sum(code * power(min(place, 31), code < 0x80) for place, code in enumerate(codes)) % WHOLE


def power(place: int, ascii: bool) -> int:
    """By what a letter is multiplied."""
    return pow(EIGHTS, place // 8 + 1, WHOLE) << 8 * (place % 8) if ascii else pow(PRIME, place + 1, WHOLE)


def words_of(text: str, tables: Tables) -> Iterator[Word]:
    kinds = [int(tables.classes[ord(character)]) for character in text]
    at = 0
    while at < len(text):
        stop = at + 1
        if kinds[at] in LETTERS:
            while stop < len(text) and kinds[stop] in LETTERS:
                stop += 1
            upper = [kind == classes.UPPER for kind in kinds[at:stop]]
            codes = [int(tables.fold[ord(character)]) for character in text[at:stop]]
            yield Word(key_of(codes), stop - at, upper[0], all(upper) and stop - at > 1)
        elif kinds[at] == classes.DENSE:
            other = ord(text[stop]) if kinds[stop : stop + 1] == [classes.DENSE] else 0
            yield Word((ord(text[at]) * GOLD + other * PRIME) % WHOLE, 2)
        at = stop


def share(part: int, whole: int) -> int:
    return 100 * part // max(whole, 1)


def own(text: str, marks: Sequence[bool], tables: Tables, known: Mapping[int, tuple[int, int, int]]) -> dict[str, Any]:
    """What a line is by itself: columns, and what other columns need."""
    kinds = [int(tables.classes[ord(character)]) for character in text]
    seen, words = Counter(kinds), list(words_of(text, tables))
    letters = sum(seen[kind] for kind in LETTERS)
    worth = letters + seen[classes.DENSE] * 5 // 2 + seen[classes.DIGIT] + seen[classes.SPACE]
    spaced = len(words) - seen[classes.DENSE]
    count = spaced + seen[classes.DENSE] // 2
    capital, shouted = sum(word.capital for word in words), sum(word.shouted for word in words)
    rows = [known.get(word.key, (0, 0, 0)) for word in words]
    lexis, stops = sum(row[0] for row in rows), sum(row[2] for row in rows)
    last, ahead = (kinds or [classes.BREAK])[-1], kinds[-2] if len(kinds) > 1 else 0
    closed = last in (classes.QUOTE, classes.BRACKET) and ahead == classes.TERMINAL
    ending = 1 if last == classes.TERMINAL else 2 if closed else last + 2
    prose = (ending <= 2 and worth >= 70 and count >= 8) or (
        worth >= 160 and count >= 16 and seen[classes.SEPARATOR] * 8 < count
    )
    marked = seen[classes.DIGIT] + seen[classes.SPACE] + seen[classes.DENSE] + letters
    names = ("terminals", "commas", "quotes", "separators", "brackets", "currency", "points", "symbols", "colons")
    return {
        "worth": worth,
        "words": count,
        "word-length": 10 * letters // max(spaced, 1),
        "longest": max((word.length for word in words), default=0),
        "capital-share": share(capital, spaced),
        "small-words": spaced - capital,
        "shouted-share": share(shouted, spaced),
        "upper-share": share(seen[classes.UPPER], letters),
        "digit-share": share(seen[classes.DIGIT], len(text)),
        "digits": seen[classes.DIGIT],
        "mark-share": share(len(text) - marked, len(text)),
        **{name: seen[kind] for kind, name in enumerate(names, classes.TERMINAL)},
        "ending": ending,
        "opening": kinds[0] if kinds else 0,
        "stops": stops,
        "stop-share": share(stops, count),
        "lexis": lexis,
        "lexis-mean": 10 * lexis // max(count, 1),
        "lexis-low": min([0, *(row[0] for row in rows)]),
        "tone": 10 * sum(row[1] for row in rows) // max(count, 1) if worth > 60 else 0,
        **{f"cue-{number}": int(mark) for number, mark in enumerate(marks)},
        "cue": int(any(marks)),
        "_words": words,
        "_long": worth > 60,
        "_comments": marks[0],
        "_related": marks[1],
        "_opens": marks[-1],
        "_prose": prose,
        "_capped": min(worth, 1000),
        "_mass": min(worth, 1000) if prose else 0,
        "_tiny": count <= 4 and not prose,
        "_dated": seen[classes.DIGIT] > 0 and count <= 8 and not prose,
        "_letters": letters + seen[classes.DENSE],
        "_caseless": seen[classes.CASELESS],
        "_dense": seen[classes.DENSE],
    }


def lexicon(tables: Tables) -> dict[int, tuple[int, int, int]]:
    """Weight, tone and whether it is a function word of each known word, by its hash."""
    signed = [value - (value >> 7 << 8) for value in range(256)]
    return {
        key: (signed[known & 0xFF], signed[known >> 8 & 0xFF], known >> 16)
        for key, known in tables.words.tolist()
        if key
    }


def compare(lines: list[dict[str, Any]]) -> None:
    """What the words of each line have to do with those of the others."""
    in_prose = Counter(word.key for line in lines if line["_prose"] for word in line["_words"])
    in_title = Counter(word.key for word in lines[0]["_words"])
    keys = [sum(word.key * (word.key >> 7) for word in line["_words"]) % WHOLE for line in lines]
    for at, line in enumerate(lines):
        words = line["_words"]
        times = [in_prose[word.key] - line["_prose"] for word in words]
        rich = [count for word, count in zip(words, times, strict=True) if word.length >= 5]
        titled = sum(in_title[word.key] > (at == 0) for word in words)
        twins = keys.count(keys[at]) if words else 0
        line |= {
            "core-share": share(sum(count > 0 for count in times), len(words)),
            "core-often": 10 * sum(min(count, 9) for count in times) // max(len(words), 1),
            "core-content": share(sum(count > 0 for count in rich), len(rich)),
            "title-share": share(titled, len(words)),
            "title-cover": share(titled, len(lines[0]["_words"])),
            "twins": twins,
            "_refrain": twins >= 3 and line["worth"] < 60,
        }


def block_of(weights: Sequence[int]) -> tuple[int, int]:
    """First and last place of the largest sum; of equal ones that which ends first, then that which begins first."""
    stretches = [(first, last) for last in range(len(weights)) for first in range(last + 1)]
    return max(stretches, key=lambda ends: sum(weights[ends[0] : ends[1] + 1]))


def columns(texts: Sequence[str], marks: Sequence[Sequence[bool]], tables: Tables) -> list[dict[str, int]]:
    """The columns of each line of one document by name."""
    known = lexicon(tables)
    lines = [own(text, row, tables, known) for text, row in zip(texts, marks, strict=True)]
    compare(lines)
    block = block_of([min(line["worth"], 400) if line["_prose"] else -40 for line in lines])
    placed = [_placed(lines, at, block) for at in range(len(lines))]
    # Two columns that were given the name of an earlier one have it for good.
    found = [{**line, **more} for line, more in zip(lines, placed, strict=True)]
    return [{name: value for name, value in line.items() if name[0] != "_"} for line in found]


def _placed(lines: list[dict[str, Any]], at: int, block: tuple[int, int]) -> dict[str, int]:
    """What a line has to do with the lines around it, and with the document."""
    line, count = lines[at], len(lines)

    def near(name: str, before: int, after: int) -> int:
        return sum(other[name] for other in lines[max(at - before, 0) : max(at + after + 1, 0)])

    def total(name: str) -> int:
        return sum(other[name] for other in lines)

    def above(name: str) -> int:
        return sum(other[name] for other in lines[:at])

    def beside(name: str, offset: int, outside: int) -> int:
        return lines[at + offset][name] if 0 <= at + offset < count else outside

    def since(name: str) -> int:
        return next((min(up, 98) for up in range(1, at + 1) if lines[at - up][name]), 99)

    def until(name: str) -> int:
        return next((min(down, 98) for down in range(1, count - at) if lines[at + down][name]), 99)

    def run(name: str) -> tuple[int, int]:
        first = last = at
        while first > 0 and lines[first - 1][name] == line[name]:
            first -= 1
        while last < count - 1 and lines[last + 1][name] == line[name]:
            last += 1
        return first, last

    def within(value: int) -> int:
        return max(-99, min(value, 99))

    (first, last), (tiny_first, tiny_last), (low, high) = run("_prose"), run("_tiny"), block
    run_size, tiny_size = last - first + 1, tiny_last - tiny_first + 1
    return {
        **{f"tones-{size}": near("tone", size, size) // max(near("_long", size, size), 1) for size in (3, 12)},
        **{f"cue{offset:+}": beside("cue", offset, 0) for offset in (-2, -1, 1, 2)},
        **{f"cues-{size}": near("cue", size, size) for size in (4, 12)},
        "cue-since": since("cue"),
        "cue-until": until("cue"),
        "cue-lines": share(total("cue"), count),
        "opened": since("_opens"),
        **{
            f"{name}-{what}": value
            for name in ("comments", "related")
            for what, value in (
                ("near", near(f"_{name}", 6, 6)),
                ("above", above(f"_{name}")),
                ("all", total(f"_{name}")),
                ("since", since(f"_{name}")),
            )
        },
        **{f"refrains-{size}": near("_refrain", size, size) for size in (5, 15)},
        "refrain-since": since("_refrain"),
        "refrain-until": until("_refrain"),
        "dated-5": near("_dated", 5, 5),
        **{f"worth{offset:+}": beside("worth", offset, -1) for offset in (-2, -1, 1, 2, 3)},
        **{f"ending{offset:+}": beside("ending", offset, -1) for offset in (-2, -1, 1, 2)},
        **{
            f"{name}{offset:+}": beside(column, offset, -1)
            for offset in (-1, 1)
            for name, column in (
                ("capital", "capital-share"),
                ("stops", "stop-share"),
                ("core", "core-share"),
                ("opening", "opening"),
            )
        },
        **{f"prose-above-{size}": near("_mass", size, -1) // 4 for size in (2, 5, 15)},
        **{f"prose-below-{size}": near("_mass", -1, size) // 4 for size in (2, 5, 15)},
        **{f"small-{size}": near("small-words", size, size) for size in (3, 10)},
        **{f"worth-{size}": near("_capped", size, size) // 4 for size in (3, 10)},
        "prose-since": since("_prose"),
        "prose-until": until("_prose"),
        "run": within(-run_size if line["_prose"] else run_size),
        "run-from": min(at - first, 99),
        "run-to": min(last - at, 99),
        "run-small": 10 * sum(other["small-words"] for other in lines[first : last + 1]) // run_size,
        "tiny-run": within(tiny_size if line["_tiny"] else -tiny_size),
        "tiny-10": near("_tiny", 10, 10),
        "tiny-above": near("_tiny", 10, -1),
        "tiny-below": near("_tiny", -1, 10),
        "from-top": min(at, 999),
        "from-end": min(count - 1 - at, 999),
        "place": 100 * at // count,
        "lines": min(count, 9999),
        "document-prose": min(total("_mass") // 10, 9999),
        "document-share": share(total("_mass"), total("_capped")),
        "prose-lines": share(total("_prose"), count),
        "prose-before": share(above("_mass"), total("_mass")),
        "worth-before": share(above("_capped"), total("_capped")),
        "document-dense": share(total("_dense"), total("_letters")),
        "document-caseless": share(total("_caseless"), total("_letters")),
        "document-stops": share(total("stops"), total("words")),
        "against-prose": share(line["worth"], total("_mass") // max(total("_prose"), 1)),
        "block-from": within(at - low),
        "block-to": within(high - at),
        "block-share": share(high - low + 1, count),
    }
