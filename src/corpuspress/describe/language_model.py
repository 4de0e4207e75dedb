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
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FLOOR = 0.5 / 10_000  # langdetect's alpha over its base frequency: what an n-gram it never saw is worth
SCALE = 256  # integer weights per natural logarithm
ID_BITS = 12  # bits of a character in a key
UNKNOWN, SPACE, FIRST_LETTER = 1, 2, 3  # 0 in a key: no character
LOWER, UPPER, CAPITAL = 1 << 13, 1 << 14, 1 << 15  # CAPITAL: upper case after normalisation
CODE_POINTS = 1 << 17  # beyond lies no cased letter and nothing that the profiles know
SLOTS, BUCKETS = 1 << 17, 1 << 14

# Sums stay exact in 32-bit floats below 2 ** 24: 3 n-grams a character, no weight above 9 * SCALE.
MOST_CHARACTERS = (1 << 24) // (3 * 9 * SCALE)
_GROUP_CHARACTERS = 60_000
_GROUP_TEXTS = 64

Numbers = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


class Scores(NamedTuple):
    """What the model has to say on each of n texts, in integer weights of 1 / SCALE natural logarithms.

    `weights` (n, languages) is the log-probability of the text above that of n-grams never seen;
    `found` (n) counts the n-grams that the model knows, `candidates` (n, 3) all n-grams by length;
    `capitals` (n) tells where more letters are upper than lower case.
    """

    weights: Numbers
    found: Numbers
    candidates: Numbers
    capitals: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Model:
    """The compiled model, unpacked; row 0 of `weights` stands for all n-grams that it does not know."""

    languages: tuple[str, ...]
    characters: npt.NDArray[np.uint16]
    unigram_rows: npt.NDArray[np.int32]
    multiplier: np.uint64
    displacements: npt.NDArray[np.uint32]
    slot_keys: Keys
    slot_rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.uint16]
    expected: Numbers
    removed: tuple[tuple[str, re.Pattern[str]], ...]
    marks: tuple[str, ...]
    composing: re.Pattern[str]
    composed: dict[str, str]


@cache
def load(path: Path = Path(__file__).with_name("language_model.npz")) -> Model:
    """The model from its file; takes about 0.05 s."""
    with np.load(path, allow_pickle=False) as file:
        data = dict(file)
    unigrams = len(data["unigram_ids"])
    unigram_rows = np.zeros(1 << ID_BITS, np.int32)
    unigram_rows[data["unigram_ids"]] = np.arange(1, unigrams + 1)
    keys = np.cumsum(data["key_steps"], dtype=np.uint64)
    slots = _slots(keys, data["multiplier"][()], data["displacements"])
    slot_keys, slot_rows = np.zeros(SLOTS, np.uint64), np.zeros(SLOTS, np.int32)
    slot_keys[slots] = keys
    slot_rows[slots] = np.arange(unigrams + 1, unigrams + 1 + len(keys))
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
        slot_keys,
        slot_rows,
        weights,
        data["expected"].astype(np.int64),
        tuple(zip(("http", "@"), map(re.compile, data["patterns"].tolist()), strict=True)),
        tuple(marks),
        re.compile(f"[{''.join(letters)}][{''.join(marks)}]"),
        composed,
    )


def hashes(keys: Keys, multiplier: np.uint64) -> tuple[Numbers, Numbers]:
    """Bucket and first slot of each key (Fibonacci hashing)."""
    mixed = keys * multiplier
    return (mixed >> np.uint64(50)).astype(np.int64), ((mixed >> np.uint64(20)) & np.uint64(SLOTS - 1)).astype(np.int64)


def _slots(keys: Keys, multiplier: np.uint64, displacements: npt.NDArray[np.uint32]) -> Numbers:
    buckets, starts = hashes(keys, multiplier)
    return (starts + displacements[buckets]) & (SLOTS - 1)


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
    parts = [_score_group(group, model) for group in _groups([text[:MOST_CHARACTERS] for text in texts])]
    if not parts:
        return Scores(np.zeros((0, len(model.languages)), np.int64), *_NOTHING)
    return Scores(*(np.concatenate(column) for column in zip(*parts, strict=True)))


_NOTHING = np.zeros(0, np.int64), np.zeros((0, 3), np.int64), np.zeros(0, np.bool_)


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
    codes, owners = _codes(texts)
    codes, owners = _without_latin(codes, owners, len(texts))
    classes = model.characters[np.minimum(codes, CODE_POINTS - 1)]
    upper, lower = (np.bincount(owners[(classes & bit) > 0], minlength=len(texts)) for bit in (UPPER, LOWER))
    rows, row_owners, candidates = _rows(classes, owners, len(texts), model)
    known = np.flatnonzero(rows)
    rows, row_owners = rows[known], row_owners[known]
    return Scores(
        _sums(rows, row_owners, len(texts), model),
        np.bincount(row_owners, minlength=len(texts)),
        candidates,
        upper > lower,
    )


def _codes(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Numbers]:
    """Code points of all texts, a space before the first and after each, and the text that each is of."""
    joined = " ".join(["", *texts, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    lengths[0] += 1
    return codes, np.repeat(np.arange(len(texts)), lengths)


def _without_latin(
    codes: npt.NDArray[np.uint32], owners: Numbers, count: int
) -> tuple[npt.NDArray[np.uint32], Numbers]:
    """Less the Latin letters of texts that are mainly in another script, as langdetect does it."""
    other = (codes >= 0x300) & ((codes < 0x1E00) | (codes > 0x1EFF))
    if not other.any():
        return codes, owners
    latin = (codes >= ord("A")) & (codes <= ord("z"))
    foreign = np.bincount(owners[latin], minlength=count) * 2 < np.bincount(owners[other], minlength=count)
    keep = ~(latin & foreign[owners])
    return codes[keep], owners[keep]


def _rows(
    classes: npt.NDArray[np.uint16], owners: Numbers, count: int, model: Model
) -> tuple[npt.NDArray[np.int32], Numbers, Numbers]:
    """The row of each n-gram of one, two and three letters, its text, and how many each text has.

    An n-gram spans no space inside; a capital after a capital ends none (langdetect skips acronyms).
    """
    ids = (classes & ((1 << ID_BITS) - 1)).astype(np.uint64)
    capital = classes >= CAPITAL
    ends = np.ones(len(ids), bool)
    ends[1:] = ~(capital[1:] & capital[:-1])
    letter = ids != SPACE
    two, three = ends.copy(), ends.copy()
    two[:1] = three[:2] = False
    two[1:] &= letter[1:] | letter[:-1]
    three[1:] &= letter[:-1]
    places = [np.flatnonzero(mask) for mask in (ends & letter, two, three)]
    bits = np.uint64(ID_BITS)
    pairs = np.zeros(len(ids), np.uint64)
    pairs[1:] = ids[:-1] << bits | ids[1:]
    trios = np.zeros(len(ids), np.uint64)
    trios[2:] = ids[:-2] << (bits + bits) | pairs[2:]
    keys = np.concatenate([pairs[places[1]], trios[places[2]]])
    slots = _slots(keys, model.multiplier, model.displacements)
    long_rows = np.where(model.slot_keys[slots] == keys, model.slot_rows[slots], 0)
    row_owners = [owners[place] for place in places]
    candidates = np.stack([np.bincount(owner, minlength=count) for owner in row_owners], axis=1)
    rows = np.concatenate([model.unigram_rows[ids[places[0]]], long_rows])
    return rows, np.concatenate(row_owners), candidates


def _sums(rows: npt.NDArray[np.int32], owners: Numbers, count: int, model: Model) -> Numbers:
    """Sum of the weights of each text's n-grams: a count matrix times the weights of the rows at hand."""
    used = np.zeros(len(model.weights), bool)
    used[rows] = True
    rank = np.cumsum(used) - 1
    width = int(rank[-1]) + 1
    counts = np.bincount(owners * width + rank[rows], minlength=count * width).reshape(count, width)
    sums = counts.astype(np.float32) @ model.weights[used].astype(np.float32)
    return sums.astype(np.int64)
