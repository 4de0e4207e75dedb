"""What a line looks like, in whole numbers: the input of the line model.

Everything is computed with numpy over a whole batch. No value of a document depends on the other
documents of the batch, and every value is an integer, so that the same text gives the same numbers
everywhere.

"Prose" below is a line that reads like sentences: long enough and ended as sentences end in its
script, or very long. "Short" is the opposite. Lengths are in *letters' worth*: a character of a
script without spaces counts 2.5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .characters import (
    BRACKET,
    CASELESS,
    COLON,
    COMMA,
    CURRENCY,
    DENSE,
    DIGIT,
    GOLD,
    LOWER,
    POINT,
    QUOTE,
    SEPARATOR,
    SIEVE,
    SPACE,
    SYMBOL,
    TERMINAL,
    UPPER,
    Batch,
    Flags,
    Ints,
    Tables,
    Words,
)  # fmt: skip


class Columns:
    """Named integer columns, one value a line, in the order in which they were put."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.values: dict[str, Ints] = {}
        self._index = np.arange(batch.size)

    def put(self, name: str, values: npt.NDArray[np.generic]) -> Ints:
        """Keep a column; returns it as int64."""
        column = values.astype(np.int64)
        self.values[name] = column
        return column

    def shifted(self, values: Ints, offset: int, outside: int) -> Ints:
        """The value `offset` lines further down in the same document, or `outside`."""
        place = self._index + offset
        inside = (place >= self.batch.first) & (place <= self.batch.last)
        return np.asarray(np.where(inside, values[np.clip(place, 0, self.batch.size - 1)], outside))

    def window(self, values: Ints, before: int, after: int) -> Ints:
        """The sum over the lines from `before` above to `after` below, within the document."""
        total = np.concatenate([[0], np.cumsum(values)])
        low = np.maximum(self._index - before, self.batch.first)
        high = np.minimum(self._index + after, self.batch.last)
        return np.where(high >= low, total[np.maximum(high + 1, 0)] - total[np.minimum(low, self.batch.size)], 0)

    def total(self, values: Ints) -> Ints:
        """The sum over the document, at each of its lines."""
        sums = np.concatenate([[0], np.cumsum(values)])
        return np.asarray(sums[self.batch.last + 1] - sums[self.batch.first])

    def before(self, values: Ints) -> Ints:
        """The sum over the lines above in the document."""
        sums = np.concatenate([[0], np.cumsum(values)])
        return np.asarray(sums[self._index] - sums[self.batch.first])

    def since(self, flag: Flags) -> Ints:
        """Lines up to the nearest flagged line above (1: the line above), 99 when there is none."""
        seen = np.maximum.accumulate(np.where(flag, self._index, -1))
        seen = np.concatenate([[-1], seen[:-1]])
        return np.where(seen >= self.batch.first, np.minimum(self._index - seen, 98), 99)

    def until(self, flag: Flags) -> Ints:
        """Lines down to the nearest flagged line below, 99 when there is none."""
        end = self.batch.size
        seen = np.minimum.accumulate(np.where(flag, self._index, end)[::-1])[::-1]
        seen = np.concatenate([seen[1:], [end]])
        return np.where(seen <= self.batch.last, np.minimum(seen - self._index, 98), 99)

    def runs(self, flag: Flags) -> tuple[Ints, Ints]:
        """First and last line of the run of equal flags around each line, within its document."""
        change = np.diff(flag.astype(np.int64), prepend=2) != 0
        change |= self._index == self.batch.first
        start = np.flatnonzero(change)
        size = np.diff(np.append(start, self.batch.size))
        return np.repeat(start, size), np.repeat(start + size - 1, size)

    def block(self, weights: Ints) -> tuple[Ints, Ints]:
        """First and last line of the stretch of the document with the largest sum of weights."""
        batch = self.batch
        low, high = np.zeros(batch.size, np.int64), np.zeros(batch.size, np.int64)
        for first in np.flatnonzero(batch.first == self._index).tolist():
            last = batch.last[first]
            sums = np.cumsum(weights[first : last + 1])
            ahead = np.concatenate([[0], sums[:-1]])
            gain = sums - np.minimum.accumulate(ahead)
            stop = int(np.argmax(gain))
            low[first : last + 1] = first + int(np.argmin(ahead[: stop + 1]))
            high[first : last + 1] = first + stop
        return low, high


def _share(part: Ints, whole: Ints) -> Ints:
    return 100 * part // np.maximum(whole, 1)


class View(NamedTuple):
    """What later steps need besides the columns: prose, letters' worth and words of each line.

    `place` numbers the words of the batch: equal words of one document have the same number.
    """

    prose: Flags
    worth: Ints
    words: Ints
    place: Ints


def columns(batch: Batch, families: Flags, tables: Tables) -> tuple[Columns, View]:
    """The columns that the network reads; `families` has a row for each family of rules, then for
    strength, and last for rules that open a zone."""
    table = Columns(batch)
    view = _own(table, tables)
    _cues(table, families)
    _vocabulary(table, view)
    _around(table, view)
    _place(table, view)
    return table, view


def _own(table: Columns, tables: Tables) -> View:
    batch, put = table.batch, table.put
    hist, words = batch.histogram, batch.words
    length = batch.end - batch.begin
    letters = hist[LOWER] + hist[UPPER] + hist[CASELESS]
    dense = hist[DENSE]
    worth = letters + dense * 5 // 2 + hist[DIGIT] + hist[SPACE]
    spaced = np.bincount(words.line, minlength=batch.size) - dense
    count = spaced + dense // 2
    put("worth", worth)
    put("words", count)
    put("word-length", 10 * letters // np.maximum(spaced, 1))
    longest = np.zeros(batch.size, np.int64)
    np.maximum.at(longest, words.line, words.length)
    put("longest", longest)
    capital = np.bincount(words.line[words.capital], minlength=batch.size)
    shouted = np.bincount(words.line[words.shouted], minlength=batch.size)
    put("capital-share", _share(capital, spaced))
    put("small-words", spaced - capital)
    put("shouted-share", _share(shouted, spaced))
    put("upper-share", _share(hist[UPPER], letters))
    put("digit-share", _share(hist[DIGIT], length))
    put("digits", hist[DIGIT])
    put("mark-share", _share(length - letters - dense - hist[DIGIT] - hist[SPACE], length))
    for name, kind in (
        ("terminals", TERMINAL),
        ("commas", COMMA),
        ("quotes", QUOTE),
        ("separators", SEPARATOR),
        ("brackets", BRACKET),
        ("currency", CURRENCY),
        ("points", POINT),
        ("symbols", SYMBOL),
        ("colons", COLON),
    ):
        put(name, hist[kind])
    ending = put("ending", _ending(batch))
    put("opening", np.where(length > 0, batch.kinds[np.minimum(batch.begin, len(batch.kinds) - 1)], 0))
    told, at_word = _known(words.key, tables)
    line = words.line[told]
    stops = np.bincount(line[tables.stops[at_word]], minlength=batch.size)
    put("stops", stops)
    put("stop-share", _share(stops, count))
    weight = tables.weights[at_word]
    lexis = np.bincount(line, weights=weight, minlength=batch.size).astype(np.int64)
    put("lexis", lexis)
    put("lexis-mean", 10 * lexis // np.maximum(count, 1))
    low = np.zeros(batch.size, np.int64)
    np.minimum.at(low, line, weight)
    put("lexis-low", low)
    tone = np.bincount(line, weights=tables.tones[at_word], minlength=batch.size)
    tone = put("tone", np.where(worth > 60, 10 * tone.astype(np.int64) // np.maximum(count, 1), 0))
    long = (worth > 60).astype(np.int64)
    put("tones-3", table.window(tone, 3, 3) // np.maximum(table.window(long, 3, 3), 1))
    put("tones-12", table.window(tone, 12, 12) // np.maximum(table.window(long, 12, 12), 1))
    ended = (ending == 1) | (ending == 2)
    prose = (ended & (worth >= 70) & (count >= 8)) | ((worth >= 160) & (count >= 16) & (hist[SEPARATOR] * 8 < count))
    return View(prose, worth, count, _numbers(words, batch.document))


def _known(keys: npt.NDArray[np.uint64], tables: Tables) -> tuple[Ints, Ints]:
    """Which words are known, and the row of each in the tables."""
    # A table of the low bits spares many the search, which is quicker for the others when they are sorted.
    maybe = np.flatnonzero(tables.sieve.take((keys & SIEVE).view(np.int64)))
    some = keys.take(maybe)
    order = np.argsort(some)
    at = np.empty(len(some), np.int64)
    at[order] = np.searchsorted(tables.words, some.take(order))
    np.minimum(at, len(tables.words) - 1, out=at)
    same = tables.words.take(at) == some
    return maybe[same], at[same]


def _numbers(words: Words, document: Ints) -> Ints:
    key = words.key ^ ((document[words.line].astype(np.uint64) + np.uint64(1)) * GOLD)
    order = np.argsort(key)
    first = np.diff(key[order], prepend=key[order[:1]]) != 0
    result = np.empty(len(key), np.int64)
    result[order] = np.cumsum(first)
    return result


def _ending(batch: Batch) -> Ints:
    """1 full stop, 2 full stop before a closing quote or bracket, else the class of the last character plus 2."""
    final = np.maximum(batch.end - 1, batch.begin)
    last = batch.kinds[np.minimum(final, len(batch.kinds) - 1)]
    ahead = batch.kinds[np.maximum(final - 1, batch.begin)]
    closing = ((last == QUOTE) | (last == BRACKET)) & (ahead == TERMINAL)
    return np.where(last == TERMINAL, 1, np.where(closing, 2, last.astype(np.int64) + 2))


def _cues(table: Columns, families: Flags) -> None:
    batch = table.batch
    any_hit: Flags = np.asarray(families.any(axis=0), np.bool_)
    for number, row in enumerate(families):
        table.put(f"cue-{number}", row)
    hit = table.put("cue", any_hit)
    for offset in (-2, -1, 1, 2):
        table.put(f"cue{offset:+}", table.shifted(hit, offset, 0))
    for size in (4, 12):
        table.put(f"cues-{size}", table.window(hit, size, size))
    table.put("cue-since", table.since(any_hit))
    table.put("cue-until", table.until(any_hit))
    table.put("cue-lines", _share(table.total(hit), batch.last - batch.first + 1))
    table.put("opened", table.since(families[-1]))
    for row, name in enumerate(("comments", "related")):
        found = families[row].astype(np.int64)
        table.put(f"{name}-near", table.window(found, 6, 6))
        table.put(f"{name}-above", table.before(found))
        table.put(f"{name}-all", table.total(found))
        table.put(f"{name}-since", table.since(families[row]))


def _vocabulary(table: Columns, view: View) -> None:
    batch, words = table.batch, table.batch.words
    place = view.place
    core = view.prose[words.line]
    times = np.bincount(place, weights=core).astype(np.int64)[place] - core
    heads = words.line == batch.first[words.line]
    titled: Flags = np.asarray(np.bincount(place, weights=heads).astype(np.int64)[place] > heads)
    count = np.bincount(words.line, minlength=batch.size)
    found = np.bincount(words.line[times > 0], minlength=batch.size)
    table.put("core-share", _share(found, count))
    often = np.bincount(words.line, weights=np.minimum(times, 9), minlength=batch.size).astype(np.int64)
    table.put("core-often", 10 * often // np.maximum(count, 1))
    content = words.length >= 5
    rich = np.bincount(words.line[content], minlength=batch.size)
    table.put("core-content", _share(np.bincount(words.line[content & (times > 0)], minlength=batch.size), rich))
    shared = np.bincount(words.line[titled], minlength=batch.size)
    table.put("title-share", _share(shared, count))
    table.put("title-cover", _share(shared, count[batch.first]))
    line_key = np.zeros(batch.size, np.uint64)
    np.add.at(line_key, words.line, words.key * (words.key >> np.uint64(7)))
    line_key ^= (batch.document.astype(np.uint64) + np.uint64(1)) * GOLD
    _, same = np.unique(line_key, return_inverse=True)
    twins = table.put("twins", np.where(count > 0, np.bincount(same)[same], 0))
    # Buttons and labels come back with every comment, every teaser; what stands between them is no article.
    refrain: Flags = np.asarray((twins >= 3) & (view.worth < 60))
    table.put("refrains-5", table.window(refrain.astype(np.int64), 5, 5))
    table.put("refrains-15", table.window(refrain.astype(np.int64), 15, 15))
    table.put("refrain-since", table.since(refrain))
    table.put("refrain-until", table.until(refrain))
    dated = (batch.histogram[DIGIT] > 0) & (view.words <= 8) & ~view.prose
    table.put("dated-5", table.window(dated.astype(np.int64), 5, 5))


def _around(table: Columns, view: View) -> None:
    put, batch = table.put, table.batch
    worth, prose = view.worth, view.prose.astype(np.int64)
    ending, capital = table.values["ending"], table.values["capital-share"]
    stops, core = table.values["stop-share"], table.values["core-share"]
    small = table.values["small-words"]
    for offset in (-3, -2, -1, 1, 2, 3):
        put(f"worth{offset:+}", table.shifted(worth, offset, -1))
    for offset in (-2, -1, 1, 2):
        put(f"ending{offset:+}", table.shifted(ending, offset, -1))
    for offset in (-1, 1):
        put(f"capital{offset:+}", table.shifted(capital, offset, -1))
        put(f"stops{offset:+}", table.shifted(stops, offset, -1))
        put(f"core{offset:+}", table.shifted(core, offset, -1))
        put(f"opening{offset:+}", table.shifted(table.values["opening"], offset, -1))
    mass = np.where(view.prose, np.minimum(worth, 1000), 0)
    for size in (2, 5, 15):
        put(f"prose-above-{size}", table.window(mass, size, -1) // 4)
        put(f"prose-below-{size}", table.window(mass, -1, size) // 4)
    for size in (3, 10):
        put(f"small-{size}", table.window(small, size, size))
        put(f"worth-{size}", table.window(np.minimum(worth, 1000), size, size) // 4)
    put("prose-since", table.since(view.prose))
    put("prose-until", table.until(view.prose))
    first, last = table.runs(view.prose)
    index = np.arange(batch.size)
    size = np.where(view.prose, -1, 1) * (last - first + 1)
    put("run", np.clip(size, -99, 99))
    put("run-from", np.minimum(index - first, 99))
    put("run-to", np.minimum(last - index, 99))
    sums = np.concatenate([[0], np.cumsum(small)])
    put("run-small", (sums[last + 1] - sums[first]) * 10 // (last - first + 1))
    tiny = (view.words <= 4) & (prose == 0)
    first, last = table.runs(tiny)
    put("tiny-run", np.clip(np.where(tiny, 1, -1) * (last - first + 1), -99, 99))
    put("tiny-10", table.window(tiny.astype(np.int64), 10, 10))
    put("tiny-above", table.window(tiny.astype(np.int64), 10, -1))
    put("tiny-below", table.window(tiny.astype(np.int64), -1, 10))


def _place(table: Columns, view: View) -> None:
    put, batch = table.put, table.batch
    index = np.arange(batch.size)
    size = batch.last - batch.first + 1
    put("from-top", np.minimum(index - batch.first, 999))
    put("from-end", np.minimum(batch.last - index, 999))
    put("place", 100 * (index - batch.first) // size)
    put("lines", np.minimum(size, 9999))
    mass = np.where(view.prose, np.minimum(view.worth, 1000), 0)
    all_prose, all_worth = table.total(mass), table.total(np.minimum(view.worth, 1000))
    put("document-prose", np.minimum(all_prose // 10, 9999))
    put("document-share", _share(all_prose, all_worth))
    put("prose-lines", _share(table.total(view.prose.astype(np.int64)), size))
    put("prose-before", _share(table.before(mass), all_prose))
    put("worth-before", _share(table.before(np.minimum(view.worth, 1000)), all_worth))
    hist = batch.histogram
    letters = hist[LOWER] + hist[UPPER] + hist[CASELESS] + hist[DENSE]
    put("document-dense", _share(table.total(hist[DENSE]), table.total(letters)))
    put("document-caseless", _share(table.total(hist[CASELESS]), table.total(letters)))
    put("document-stops", _share(table.total(table.values["stops"]), table.total(view.words)))
    mean = all_prose // np.maximum(table.total(view.prose.astype(np.int64)), 1)
    put("against-prose", _share(view.worth, mean))
    low, high = table.block(np.where(view.prose, np.minimum(view.worth, 400), -40))
    put("block-from", np.clip(index - low, -99, 99))
    put("block-to", np.clip(high - index, -99, 99))
    put("block-share", _share(high - low + 1, size))
