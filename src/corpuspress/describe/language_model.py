"""langdetect's language model, scored exactly and in batches.

langdetect (Nakatani Shuyo's profiles of 55 languages: how likely each run of one to three letters
is) draws n-grams of a text at random until one language wins. Here every n-gram counts once: the
score of a language is the sum of the logarithms of its probabilities, smoothed as langdetect does.
Weights are integers, so that sums are exact, whatever the batch, the order and the machine.

`language_model.npz` is written by scripts/compile_language_model.py and holds, as plain arrays:

languages      the names, sorted
characters     for each code point what langdetect's normalisation makes of it, and its case
unigram_ids    the characters that are n-grams by themselves
key_steps      the n-grams of two and three letters as sorted numbers, each as a step from the last
multiplier, displacements   what makes the hash of these keys free of collisions
lengths, columns, weights   the matrix n-gram x language, row by row, zeros left out
expected       mean weight of an n-gram in a language's own text, by n-gram length
patterns, composed          what langdetect takes out (URL, mail address) and composes (Vietnamese)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FLOOR = 0.5 / 10_000  # langdetect's alpha over its base frequency: what an n-gram it never saw is worth
SCALE = 256  # integer weights per natural logarithm
ID_BITS = 12  # bits of a character in a key
UNKNOWN, SPACE, FIRST_LETTER = 1, 2, 3  # 0 in a key: no character
# Flags of a character: of another script, Latin as langdetect sees it, upper case, upper case after normalisation.
OTHER, LATIN, UPPER, CAPITAL = 1 << 12, 1 << 13, 1 << 14, 1 << 15
ROW_BITS = 17
CODE_POINTS = 1 << 17  # beyond lies no cased letter and nothing that the profiles know
SLOTS, BUCKETS = 1 << 17, 1 << 14

# Sums stay exact in 32-bit floats below 2 ** 24: 3 n-grams a character, no weight above 9 * SCALE.
MOST_CHARACTERS = (1 << 24) // (3 * 9 * SCALE)
_ID = np.uint16((1 << ID_BITS) - 1)
_GROUP_CHARACTERS = 30_000
_GROUP_TEXTS = 64

Numbers = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


class Scores(NamedTuple):
    """What the model has to say on each of n texts, in integer weights of 1 / SCALE natural logarithms.

    `weights` (n, languages) is the log-probability of the text above that of n-grams never seen,
    `own` (n, 3) that of the best language by n-gram length; `found` (n) counts the n-grams that the
    model knows, `candidates` (n, 3) all n-grams by length; `capitals` (n) is 1 where more than five
    letters in six are upper case, those without case counted as lower.
    """

    weights: Numbers
    own: Numbers
    found: Numbers
    candidates: Numbers
    capitals: Numbers


@dataclass(frozen=True, slots=True)
class Model:
    """The compiled model, unpacked; row 0 of `weights` stands for all n-grams that it does not know."""

    languages: tuple[str, ...]
    characters: npt.NDArray[np.uint16]
    unigram_rows: npt.NDArray[np.int32]
    multiplier: np.uint64
    displacements: npt.NDArray[np.uint32]
    entries: Keys  # by slot: key << ROW_BITS | row
    weights: npt.NDArray[np.uint16]
    first_rows: tuple[int, int]  # of the n-grams of two and of three characters
    expected: Numbers
    removed: tuple[tuple[str, re.Pattern[str]], ...]
    marks: tuple[str, ...]
    composing: re.Pattern[str]
    composed: dict[str, str]


@cache
def load() -> Model:
    """The model from its file; takes about 0.05 s."""
    with np.load(Path(__file__).with_name("language_model.npz"), allow_pickle=False) as file:
        data = dict(file)
    unigrams = len(data["unigram_ids"])
    unigram_rows = np.zeros(1 << ID_BITS, np.int32)
    unigram_rows[data["unigram_ids"]] = np.arange(1, unigrams + 1)
    keys = np.cumsum(data["key_steps"], dtype=np.uint64)
    slots = _slots(keys, data["multiplier"][()], data["displacements"])
    entries = np.zeros(SLOTS, np.uint64)
    entries[slots] = keys << np.uint64(ROW_BITS) | np.arange(unigrams + 1, unigrams + 1 + len(keys), dtype=np.uint64)
    weights = np.zeros((len(data["lengths"]) + 1, len(data["languages"])), np.uint16)
    weights[np.repeat(np.arange(1, len(weights)), data["lengths"]), data["columns"]] = data["weights"]
    composed = {trio[:2]: trio[2] for trio in data["composed"].tolist()}
    letters, marks = (sorted({pair[place] for pair in composed}) for place in (0, 1))
    return Model(
        tuple(data["languages"].tolist()),
        data["characters"],
        unigram_rows,
        data["multiplier"][()],
        data["displacements"],
        entries,
        weights,
        (unigrams + 1, unigrams + 1 + int(np.searchsorted(keys, 1 << (2 * ID_BITS)))),
        data["expected"].astype(np.int64),
        tuple(zip(("http", "@"), map(re.compile, data["patterns"].tolist()), strict=True)),
        tuple(marks),
        re.compile(f"[{''.join(letters)}][{''.join(marks)}]"),
        composed,
    )


def hashes(keys: Keys, multiplier: np.uint64) -> tuple[Numbers, Numbers]:
    """Bucket and first slot of each key (Fibonacci hashing)."""
    mixed = keys * multiplier
    buckets = (mixed >> np.uint64(50)).view(np.int64)
    mixed >>= np.uint64(20)
    mixed &= np.uint64(SLOTS - 1)
    return buckets, mixed.view(np.int64)


def _slots(keys: Keys, multiplier: np.uint64, displacements: npt.NDArray[np.uint32]) -> Numbers:
    buckets, slots = hashes(keys, multiplier)
    slots += displacements.take(buckets)
    slots &= SLOTS - 1
    return slots


def clean(text: str, model: Model) -> str:
    """The text without URLs and mail addresses, Vietnamese letters composed: langdetect's own preparation."""
    for sign, pattern in model.removed:
        if sign in text:
            text = pattern.sub(" ", text)
    if any(mark in text for mark in model.marks):
        text = model.composing.sub(lambda found: model.composed[found[0]], text)
    return text


def score(texts: Sequence[str], model: Model) -> Scores:
    """What the model has to say on each text, none longer than MOST_CHARACTERS (the rest is not read).

    A text's scores do not depend on the others. The end of a text counts as a space.
    """
    groups = _groups([text[:MOST_CHARACTERS] for text in texts] or [""])
    parts = [_score_group(group, model) for group in groups]
    if not texts:
        return Scores(*(column[:0] for column in parts[0]))
    return Scores(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def rows_in_order(text: str, model: Model) -> Numbers:
    """The rows of the n-grams of one text that the model knows, in the order in which langdetect meets them."""
    classes, _ = _classes([text[:MOST_CHARACTERS]], model)
    rows = _rows(classes, _grams(classes), model).T.ravel()
    return rows[rows > 0]


def _groups(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for place, text in enumerate(texts):
        if place > start and (place - start == _GROUP_TEXTS or size + len(text) > _GROUP_CHARACTERS):
            yield texts[start:place]
            start, size = place, 0
        size += len(text)
    if texts:
        yield texts[start:]


def _score_group(texts: Sequence[str], model: Model) -> Scores:
    classes, lengths = _classes(texts, model)
    starts = np.cumsum(lengths) - lengths
    grams = _grams(classes)
    upper, letters = (_numbers(flags, starts) for flags in ((classes & UPPER) > 0, (classes & _ID) > SPACE))
    return Scores(
        *_sums(_rows(classes, grams, model), lengths, model),
        _numbers(grams, starts).T,
        (upper * 6 > letters * 5).astype(np.int64),
    )


def _numbers(flags: npt.NDArray[np.bool_], starts: Numbers) -> Numbers:
    """How many flags each text has; none is too long for 16 bits, which numpy adds up three times as fast."""
    sums: Numbers = np.add.reduceat(flags.view(np.uint8), starts, axis=-1, dtype=np.uint16).astype(np.int64)
    return sums


def _classes(texts: Sequence[str], model: Model) -> tuple[npt.NDArray[np.uint16], Numbers]:
    """The class of each character, a space before the first text and after each, and how many each text has."""
    joined = " ".join(["", *texts, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    classes = model.characters.take(codes, mode="clip")
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    lengths[0] += 1
    return _without_latin(classes, lengths)


def _without_latin(classes: npt.NDArray[np.uint16], lengths: Numbers) -> tuple[npt.NDArray[np.uint16], Numbers]:
    """Less the Latin letters of texts that are mainly in another script, as langdetect does it."""
    starts = np.cumsum(lengths) - lengths
    latin = (classes & LATIN) > 0
    foreign = _numbers(latin, starts) * 2 < _numbers((classes & OTHER) > 0, starts)
    if not foreign.any():
        return classes, lengths
    keep = ~(latin & np.repeat(foreign, lengths))
    return classes[keep], _numbers(keep, starts)


def _grams(classes: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
    """Whether an n-gram of one, two, three characters ends at each character.

    An n-gram spans no space; a capital after a capital ends none (langdetect skips acronyms).
    """
    letter, capital = (classes & _ID) != SPACE, classes >= CAPITAL
    grams = np.zeros((3, len(classes)), bool)
    grams[0] = letter
    grams[1, 1:] = letter[1:] | letter[:-1]
    grams[2, 2:] = letter[1:-1]
    grams[:, 1:] &= ~(capital[1:] & capital[:-1])
    return grams


def _rows(classes: npt.NDArray[np.uint16], grams: npt.NDArray[np.bool_], model: Model) -> Numbers:
    """The row of each n-gram, 0 where there is none or the model does not know it."""
    ids = classes & _ID
    keys = np.zeros((2, len(ids)), np.uint64)
    wide = ids.astype(np.uint64)
    np.bitwise_or(wide[:-1] << np.uint64(ID_BITS), wide[1:], out=keys[0, 1:])
    np.bitwise_or(wide[:-2] << np.uint64(2 * ID_BITS), keys[0, 2:], out=keys[1, 2:])
    entries = model.entries.take(_slots(keys, model.multiplier, model.displacements))
    rows = np.empty((3, len(ids)), np.int64)
    np.bitwise_and(entries, np.uint64((1 << ROW_BITS) - 1), out=rows[1:].view(np.uint64))
    entries >>= np.uint64(ROW_BITS)
    rows[1:] *= (entries == keys) & grams[1:]
    np.multiply(model.unigram_rows.take(ids), grams[0], out=rows[0])
    return rows


def _sums(rows: Numbers, lengths: Numbers, model: Model) -> tuple[Numbers, Numbers, Numbers]:
    """Sum of the weights of each text's n-grams, by language, and of the best one by n-gram length; known n-grams.

    A count matrix times the weights of the rows at hand.
    """
    used, rank = _used(rows.ravel(), len(model.weights))
    width, texts = len(used), len(lengths)
    places = rank.take(rows)
    places += np.repeat(np.arange(texts) * width, lengths)
    counts = np.zeros((texts, width), np.float32)
    np.add.at(counts.reshape(-1), places.ravel(), np.float32(1))
    weights = model.weights.take(used, axis=0).astype(np.float32)
    edges = [0, *np.searchsorted(used, model.first_rows).tolist(), width]
    sums = [_product(counts[:, first:last], weights[first:last]) for first, last in pairwise(edges)]
    whole: Numbers = sums[0] + sums[1] + sums[2]
    best = whole.argmax(axis=1)
    found = 3 * lengths - counts[:, 0].astype(np.int64)
    return whole, np.stack([part[np.arange(texts), best] for part in sums], axis=1), found


def _used(rows: Numbers, most: int) -> tuple[Numbers, Numbers]:
    """The rows at hand, row 0 first, and the place of each among them (of others, anything)."""
    flags = np.zeros(most, bool)
    flags[rows] = True
    flags[0] = True
    used = np.flatnonzero(flags)
    rank = np.empty(most, np.int64)
    rank[used] = np.arange(len(used))
    return used, rank


def _product(counts: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> Numbers:
    """The matrix product, in steps: on larger ones BLAS wakes a thread for each core, which costs more."""
    texts, languages = len(counts), weights.shape[1]
    step = max(1, 400_000 // (texts * languages))
    result = np.zeros((texts, languages), np.float32)
    for at in range(0, len(weights), step):
        result += counts[:, at : at + step] @ weights[at : at + step]
    return result.astype(np.int64)
