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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .. import native

FLOOR = 0.5 / 10_000  # langdetect's alpha over its base frequency: what an n-gram it never saw is worth
SCALE = 256  # integer weights per natural logarithm
ID_BITS = 12  # bits of a character in a key
UNKNOWN, SPACE, FIRST_LETTER = 1, 2, 3  # 0 in a key: no character
# Flags of a character: of another script, Latin as langdetect sees it, upper case, upper case after normalisation.
OTHER, LATIN, UPPER, CAPITAL = 1 << 12, 1 << 13, 1 << 14, 1 << 15
ROW_BITS = 17
CODE_POINTS = 1 << 17  # beyond lies no cased letter and nothing that the profiles know
SLOTS, BUCKETS = 1 << 17, 1 << 14

COLUMNS = 56  # of the weights: a multiple of eight, which a processor adds at once
HEAVIEST = (1 << 16) // 29  # weight: sums over 29 characters are below 2 ** 16, as language.c adds them

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
    """The compiled model, unpacked.

    Row 0 of `weights` stands for all n-grams that it does not know; of its COLUMNS those beyond `languages` are 0.
    """

    languages: tuple[str, ...]
    characters: npt.NDArray[np.uint16]
    unigram_rows: npt.NDArray[np.int32]
    multiplier: np.uint64
    displacements: npt.NDArray[np.uint32]
    entries: Keys  # by slot: key << ROW_BITS | row
    weights: npt.NDArray[np.uint16]
    expected: Numbers
    removed: tuple[tuple[str, re.Pattern[str]], ...]
    marks: tuple[str, ...]
    composing: re.Pattern[str]
    composed: dict[str, str]

    def tables(self) -> tuple[Any, ...]:
        """What finds the rows of n-grams, in the order in which C takes it."""
        return self.characters, self.unigram_rows, int(self.multiplier), self.displacements, self.entries


@cache
def load() -> Model:
    """The model from its file; takes about 0.02 s."""
    with np.load(Path(__file__).with_name("language_model.npz"), allow_pickle=False) as file:
        data = dict(file)
    unigrams = len(data["unigram_ids"])
    unigram_rows = np.zeros(1 << ID_BITS, np.int32)
    unigram_rows[data["unigram_ids"]] = np.arange(1, unigrams + 1)
    keys = np.cumsum(data["key_steps"], dtype=np.uint64)
    slots = _slots(keys, data["multiplier"][()], data["displacements"])
    entries = np.zeros(SLOTS, np.uint64)
    entries[slots] = keys << np.uint64(ROW_BITS) | np.arange(unigrams + 1, unigrams + 1 + len(keys), dtype=np.uint64)
    weights = np.zeros((len(data["lengths"]) + 1, COLUMNS), np.uint16)
    places = np.repeat(np.arange(COLUMNS, weights.size, COLUMNS), data["lengths"]) + data["columns"]
    weights.reshape(-1)[places] = data["weights"]
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
    if not text.isascii() and any(mark in text for mark in model.marks):
        text = model.composing.sub(lambda found: model.composed[found[0]], text)
    return text


def score(texts: Sequence[str], model: Model) -> Scores:
    """What the model has to say on each text.

    A text's scores do not depend on the others. The end of a text counts as a space.
    """
    codes, starts = _codes(texts)
    count, languages = len(texts), len(model.languages)
    scores = Scores(*(np.empty((count, *shape), np.int64) for shape in ((languages,), (3,), (), (3,), ())))
    _scores(codes, starts, count, *model.tables(), model.weights, languages, *scores)
    return scores


def rows_in_order(text: str, model: Model) -> Numbers:
    """The rows of the n-grams of one text that the model knows, in the order in which langdetect meets them."""
    codes, _ = _codes([text])
    rows = np.empty(3 * (len(codes) + 1), np.int64)
    return rows[: _rows(codes, len(codes), *model.tables(), rows)]


def _codes(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Numbers]:
    """The code points of all texts, and where each starts, the end last."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=starts[1:])
    return codes, starts


_TABLES = (np.uint16, np.int32, int, np.uint32, np.uint64)
_scores = native.function(
    "cp_language_scores", np.uint32, np.int64, int, *_TABLES, np.uint16, int, *[np.int64] * len(Scores._fields)
)
_rows = native.function("cp_language_rows", np.uint32, int, *_TABLES, np.int64)
