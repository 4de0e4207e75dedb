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
    SHELF,
    SPACE,
    SYMBOL,
    TERMINAL,
    UPPER,
    Batch,
    Flags,
    Ints,
    Tables,
)  # fmt: skip


class Columns:
    """Named integer columns, one value a line, in the order in which they were put."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.values: dict[str, Ints] = {}
        self._index = np.arange(batch.size)
        self._begin = np.flatnonzero(batch.first == self._index)
        self._worded = np.flatnonzero(batch.words.counts)
        self._first_word = (np.cumsum(batch.words.counts) - batch.words.counts).take(self._worded)
        self._shifts: dict[int, tuple[Ints, Ints]] = {}
        self._windows: dict[tuple[int, int], tuple[Ints, Ints]] = {}

    def put(self, name: str, values: npt.NDArray[np.generic]) -> Ints:
        """Keep a column; returns it as int64."""
        column = values.astype(np.int64, copy=False)
        self.values[name] = column
        return column

    def shifted(self, values: Ints, offset: int, outside: int) -> Ints:
        """The value `offset` lines further down in the same document, or `outside`."""
        if offset not in self._shifts:
            place = np.clip(self._index + offset, self.batch.first, self.batch.last)
            self._shifts[offset] = place, np.flatnonzero(place != self._index + offset)
        place, beyond = self._shifts[offset]
        moved = values.take(place)
        moved[beyond] = outside
        return moved

    def running(self, values: npt.NDArray[np.generic]) -> Ints:
        """The sums over all lines of the batch above each line, and last over all there are."""
        sums = np.zeros(len(values) + 1, np.int64)
        np.cumsum(values, out=sums[1:])
        return sums

    def window(self, running: Ints, before: int, after: int) -> Ints:
        """The sum over the lines from `before` above to `after` below, within the document."""
        if (before, after) not in self._windows:
            low = np.maximum(self._index - before, self.batch.first)
            stop = np.minimum(self._index + after, self.batch.last) + 1
            self._windows[before, after] = low, np.maximum(stop, low)
        low, stop = self._windows[before, after]
        return np.asarray(running.take(stop) - running.take(low))

    def total(self, running: Ints) -> Ints:
        """The sum over the document, at each of its lines."""
        return running.take(self.batch.last + 1) - running.take(self.batch.first)

    def before(self, running: Ints) -> Ints:
        """The sum over the lines above in the document."""
        return running[:-1] - running.take(self.batch.first)

    def of_documents(self, values: Ints) -> Ints:
        """The sum over each document."""
        return np.add.reduceat(values, self._begin)

    def _spread(self, values: Ints) -> Ints:
        """What there is one of a document, at each of its lines."""
        return values.take(self.batch.document)

    def of_words(self, found: np.ufunc, values: npt.NDArray[np.generic]) -> Ints:
        """Sum, maximum or minimum of what the words of each line have, 0 where it has none."""
        result = np.zeros(self.batch.size, np.int64)
        result[self._worded] = found.reduceat(values, self._first_word, dtype=np.int64)
        return result

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
        """First and last line of the stretch of the document with the largest sum of weights.

        Of equal stretches the one that ends first, and begins first.
        """
        ahead = self.running(weights)
        ahead, sums = ahead[:-1], ahead[1:]
        # Each document lies far below the ones above it, so that its least sum is looked for in it alone.
        fall = self.batch.document * (2 * int(np.abs(weights).sum()) + 1)
        least = np.minimum.accumulate(ahead - fall)
        fresh = np.diff(least, prepend=1) != 0
        low = np.maximum.accumulate(np.where(fresh, self._index, 0))
        gain = sums - fall - least
        best = np.flatnonzero(gain == self._spread(np.maximum.reduceat(gain, self._begin)))
        stop = best[np.diff(self.batch.document[best], prepend=-1) != 0]
        return self._spread(low[stop]), self._spread(stop)


def _share(part: Ints, whole: Ints) -> Ints:
    return 100 * part // np.maximum(whole, 1)


class View(NamedTuple):
    """What later steps need besides the columns: prose, letters' worth and words of each line.

    `twin` is for each word of the batch the place of one that is equal to it, the same for all equal words of a
    document.
    """

    prose: Flags
    worth: Ints
    words: Ints
    twin: Ints


def columns(batch: Batch, families: Flags, tables: Tables) -> tuple[Columns, View]:
    """The columns that the network reads; `families` has a row for each family of rules, then for
    strength, and last for rules that open a zone."""
    table = Columns(batch)
    view = _own(table, tables)
    _cues(table, families)
    _vocabulary(table, view)
    capped = np.minimum(view.worth, 1000)
    worths, masses = table.running(capped), table.running(np.where(view.prose, capped, 0))
    _around(table, view, worths, masses)
    _place(table, view, worths, masses)
    return table, view


def _own(table: Columns, tables: Tables) -> View:
    batch, put = table.batch, table.put
    hist, words = batch.histogram, batch.words
    length = batch.end - batch.begin
    letters = hist[LOWER] + hist[UPPER] + hist[CASELESS]
    dense = hist[DENSE]
    worth = letters + dense * 5 // 2 + hist[DIGIT] + hist[SPACE]
    spaced = words.counts - dense
    count = spaced + dense // 2
    put("worth", worth)
    put("words", count)
    put("word-length", 10 * letters // np.maximum(spaced, 1))
    put("longest", table.of_words(np.maximum, words.length))
    capital = table.of_words(np.add, words.capital)
    shouted = table.of_words(np.add, words.shouted)
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
    row = _known(words.key, tables)
    stops = table.of_words(np.add, tables.stops.take(row))
    put("stops", stops)
    put("stop-share", _share(stops, count))
    weight = tables.weights.take(row)
    lexis = put("lexis", table.of_words(np.add, weight))
    put("lexis-mean", 10 * lexis // np.maximum(count, 1))
    put("lexis-low", np.minimum(table.of_words(np.minimum, weight), 0))
    tone = table.of_words(np.add, tables.tones.take(row))
    tone = put("tone", np.where(worth > 60, 10 * tone // np.maximum(count, 1), 0))
    tones, long = table.running(tone), table.running(worth > 60)
    for size in (3, 12):
        put(f"tones-{size}", table.window(tones, size, size) // np.maximum(table.window(long, size, size), 1))
    ended = (ending == 1) | (ending == 2)
    prose = (ended & (worth >= 70) & (count >= 8)) | ((worth >= 160) & (count >= 16) & (hist[SEPARATOR] * 8 < count))
    return View(prose, worth, count, _twins(words.key, table.of_documents(words.counts)))


def _known(keys: npt.NDArray[np.uint64], tables: Tables) -> Ints:
    """The row of each word in the tables: the last, which says nothing, of one that is not known."""
    row = tables.shelves.take((keys & SHELF).view(np.int64)).astype(np.int64)
    for _ in range(tables.depth - 1):
        row += tables.words.take(row, mode="clip") != keys
    return np.where(tables.words.take(row, mode="clip") == keys, row, len(tables.words) - 1)


ROOM = np.uint64(4)
"""Slots a word in the table in which equal words find each other."""


def _twins(keys: npt.NDArray[np.uint64], sizes: Ints) -> Ints:
    """For each key the place of one that is equal to it in its document, the same for all of these.

    `sizes` are the numbers of keys of the documents, in order.
    """
    # Each document has a table of its own, and a key a slot there; of different keys in one slot the last stays.
    room = np.repeat(sizes.astype(np.uint64) * ROOM, sizes)
    slot = (((keys * GOLD) >> np.uint64(32)) * room >> np.uint64(32)).view(np.int64)
    slot += np.repeat((np.cumsum(sizes) - sizes) * int(ROOM), sizes)
    table = np.empty(int(ROOM) * len(keys), np.int32)
    table[slot] = np.arange(len(keys), dtype=np.int32)
    twin = table.take(slot).astype(np.int64)
    # The others are few enough to be sorted.
    others = np.flatnonzero(keys.take(twin) != keys)
    document = np.searchsorted(np.cumsum(sizes), others, "right").astype(np.uint64)
    _, first, same = np.unique(keys.take(others) ^ (document * GOLD), return_index=True, return_inverse=True)
    twin[others] = others.take(first).take(same)
    return twin


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
    hits = table.running(hit)
    for size in (4, 12):
        table.put(f"cues-{size}", table.window(hits, size, size))
    table.put("cue-since", table.since(any_hit))
    table.put("cue-until", table.until(any_hit))
    table.put("cue-lines", _share(table.total(hits), batch.last - batch.first + 1))
    table.put("opened", table.since(families[-1]))
    for row, name in enumerate(("comments", "related")):
        found = table.running(families[row])
        table.put(f"{name}-near", table.window(found, 6, 6))
        table.put(f"{name}-above", table.before(found))
        table.put(f"{name}-all", table.total(found))
        table.put(f"{name}-since", table.since(families[row]))


def _vocabulary(table: Columns, view: View) -> None:
    batch, twin = table.batch, view.twin
    count, key, length, *_ = batch.words
    total = len(key)
    prose = np.repeat(view.prose, count)
    times = np.bincount(twin[prose], minlength=total).take(twin) - prose
    head = np.repeat(batch.first == np.arange(batch.size), count)
    titled = np.bincount(twin[head], minlength=total).take(twin) > head
    core, content = times > 0, length >= 5
    table.put("core-share", _share(table.of_words(np.add, core), count))
    often = table.of_words(np.add, np.minimum(times, 9))
    table.put("core-often", 10 * often // np.maximum(count, 1))
    rich = table.of_words(np.add, content)
    table.put("core-content", _share(table.of_words(np.add, content & core), rich))
    shared = table.of_words(np.add, titled)
    table.put("title-share", _share(shared, count))
    table.put("title-cover", _share(shared, count[batch.first]))
    line_key = table.of_words(np.add, (key * (key >> np.uint64(7))).view(np.int64)).view(np.uint64)
    same = _twins(line_key, table.of_documents(np.ones(batch.size, np.int64)))
    twins = table.put("twins", np.where(count > 0, np.bincount(same)[same], 0))
    # Buttons and labels come back with every comment, every teaser; what stands between them is no article.
    refrain: Flags = np.asarray((twins >= 3) & (view.worth < 60))
    refrains = table.running(refrain)
    for size in (5, 15):
        table.put(f"refrains-{size}", table.window(refrains, size, size))
    table.put("refrain-since", table.since(refrain))
    table.put("refrain-until", table.until(refrain))
    dated = (batch.histogram[DIGIT] > 0) & (view.words <= 8) & ~view.prose
    table.put("dated-5", table.window(table.running(dated), 5, 5))


def _around(table: Columns, view: View, worths: Ints, masses: Ints) -> None:
    """`worths` are the running sums of letters' worth, 1,000 a line at most; `masses` those of prose alone."""
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
    all_small = table.running(small)
    for size in (2, 5, 15):
        put(f"prose-above-{size}", table.window(masses, size, -1) // 4)
        put(f"prose-below-{size}", table.window(masses, -1, size) // 4)
    for size in (3, 10):
        put(f"small-{size}", table.window(all_small, size, size))
        put(f"worth-{size}", table.window(worths, size, size) // 4)
    put("prose-since", table.since(view.prose))
    put("prose-until", table.until(view.prose))
    first, last = table.runs(view.prose)
    index = np.arange(batch.size)
    size = np.where(view.prose, -1, 1) * (last - first + 1)
    put("run", np.clip(size, -99, 99))
    put("run-from", np.minimum(index - first, 99))
    put("run-to", np.minimum(last - index, 99))
    put("run-small", (all_small[last + 1] - all_small[first]) * 10 // (last - first + 1))
    tiny = (view.words <= 4) & (prose == 0)
    first, last = table.runs(tiny)
    put("tiny-run", np.clip(np.where(tiny, 1, -1) * (last - first + 1), -99, 99))
    tinies = table.running(tiny)
    put("tiny-10", table.window(tinies, 10, 10))
    put("tiny-above", table.window(tinies, 10, -1))
    put("tiny-below", table.window(tinies, -1, 10))


def _place(table: Columns, view: View, worths: Ints, masses: Ints) -> None:
    """`worths` and `masses` as in `_around`."""
    put, batch = table.put, table.batch
    index = np.arange(batch.size)
    size = batch.last - batch.first + 1
    put("from-top", np.minimum(index - batch.first, 999))
    put("from-end", np.minimum(batch.last - index, 999))
    put("place", 100 * (index - batch.first) // size)
    put("lines", np.minimum(size, 9999))
    all_prose, all_worth, prose_lines = map(table.total, (masses, worths, table.running(view.prose)))
    put("document-prose", np.minimum(all_prose // 10, 9999))
    put("document-share", _share(all_prose, all_worth))
    put("prose-lines", _share(prose_lines, size))
    put("prose-before", _share(table.before(masses), all_prose))
    put("worth-before", _share(table.before(worths), all_worth))
    hist = batch.histogram
    dense, caseless = hist[DENSE], hist[CASELESS]
    letters, dense, caseless, stops, words = (
        table.total(table.running(values))
        for values in (
            hist[LOWER] + hist[UPPER] + caseless + dense, dense, caseless, table.values["stops"], view.words
        )
    )  # fmt: skip
    put("document-dense", _share(dense, letters))
    put("document-caseless", _share(caseless, letters))
    put("document-stops", _share(stops, words))
    put("against-prose", _share(view.worth, all_prose // np.maximum(prose_lines, 1)))
    low, high = table.block(np.where(view.prose, np.minimum(view.worth, 400), -40))
    put("block-from", np.clip(index - low, -99, 99))
    put("block-to", np.clip(high - index, -99, 99))
    put("block-share", _share(high - low + 1, size))
