"""How much each line reads like main text: a small network over the columns of line_features.

All in whole numbers, so that a decision is the same on every machine. Trained by
scripts/train_line_model.py; what it was trained on and how well it did is in the record inside
line_model.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..model import Line
from . import characters, rules
from . import line_features as features
from .batch import edges
from .characters import Flags, Ints
from .matching import Hits
from .network import UNIT, Network, evaluate, network
from .segments import Segments, segments

FAMILIES = tuple(family for family in rules.FAMILIES if family != "protected")
MARKS = (*FAMILIES, "strong", "edge", "opens")
"""What is told of the rules that hit a line: a column each in the matrix that the features read."""


UNKNOWN = 0.45
"""The probability where the model has no say: so low that every rule acts, so high that no line goes without one."""


class LineModel(NamedTuple):
    """The tables and the network of line_model.json."""

    tables: characters.Tables
    network: Network


@cache
def load() -> LineModel:
    """The model of this package."""
    return model(json.loads(files(__package__).joinpath("line_model.json").read_bytes().decode()))


def model(data: Mapping[str, Any]) -> LineModel:
    """A model from its plain form. Raises ValueError for one that was trained on other columns."""
    if tuple(data["columns"]) != features.names():
        raise ValueError("the columns of a model must be those of line_features.names(), in their order")
    return LineModel(tables(data), network(data))


def tables(data: Mapping[str, Any]) -> characters.Tables:
    """Tables of characters and words from their plain form. Raises ValueError where a character has no known class."""
    classes = np.repeat(np.array(data["classes"][1::2], np.uint8), data["classes"][::2])
    # C looks them up unasked.
    if len(classes) != sys.maxunicode + 1 or classes.max() >= characters.CLASSES:
        raise ValueError(f"expected {sys.maxunicode + 1} classes below {characters.CLASSES}, found {len(classes)}")
    if [chr(code) for code in np.flatnonzero(classes[:128] <= characters.DENSE)] != [
        *ascii_uppercase,
        *ascii_lowercase,
    ]:
        raise ValueError("expected A to Z and a to z as the only letters of ASCII, which C takes for granted")
    letters = np.flatnonzero((classes >= characters.LOWER) & (classes <= characters.CASELESS))
    fold = np.zeros(len(classes), np.uint32)
    fold[letters] = letters
    for code in np.flatnonzero(classes == characters.UPPER).tolist():
        small = chr(code).lower()
        if len(small) == 1:
            fold[code] = ord(small)
    weights, tones = (
        {word: int(weight) for weight, words in data.get(name, {}).items() for word in words.split()}
        for name in ("lexicon", "tones")
    )
    stops = frozenset(data["stops"].split())
    words = sorted(stops | set(weights) | set(tones))
    values = [weights.get(word, 0) & 0xFF | (tones.get(word, 0) & 0xFF) << 8 | (word in stops) << 16 for word in words]
    return characters.Tables(classes, fold, characters.laid_out(characters.word_keys(words, classes, fold), values))


def probabilities(logits: Ints) -> npt.NDArray[np.float64]:
    """Logits in 1/64 as probabilities in whole thousandths, so that no machine's `exp` shows."""
    return np.asarray(_thousandths()[np.clip(logits, -512, 512) + 512] / 1000)


@cache
def _thousandths() -> Ints:
    return np.array([round(1000 / (1 + 2.718281828459045 ** (-logit / UNIT))) for logit in range(-512, 513)], np.int64)


def marks(hits: Hits, count: int, known: rules.Rules) -> Flags:
    """Which families and strengths of `known` rules hit which lines: `count` rows, a column for each of MARKS."""
    rows = np.zeros((count, len(MARKS)), np.bool_)
    hit, mark = np.nonzero(_marks_of_rules(known)[hits.rule])
    rows[hits.line[hit], mark] = True
    return rows


@lru_cache(maxsize=4)
def _marks_of_rules(known: rules.Rules) -> Flags:
    rows = [[rule.family == family and rule.strength != "keep" for rule in known.rules] for family in FAMILIES]
    rows += [[rule.strength == strength for rule in known.rules] for strength in ("strong", "edge")]
    rows.append([rule.opens for rule in known.rules])
    return np.array(rows, np.bool_).reshape(len(MARKS), len(known.rules)).T


class Scores(NamedTuple):
    """What the model makes of the lines of a batch.

    `probability`: that a line is main text (1 for blank lines); `words` (0 for blank lines); `prose`: it
    reads like sentences.
    """

    probability: npt.NDArray[np.float64]
    words: Ints
    prose: Flags


def score(lines: Sequence[Line], hits: Hits, known: rules.Rules) -> Scores:
    """How sure it is, from 0 to 1, that each line is main text.

    `hits` are the hits of `known` rules on these lines. A document's scores do not depend on the other documents.
    """
    parts = segments(lines)
    line = parts.of_line[hits.line]
    filled = line >= 0
    hits = Hits(line[filled], *(column[filled] for column in hits[1:]))
    columns = _columns(parts, marks(hits, len(parts.documents), known))
    logits = evaluate(load().network, columns.matrix, *_ranges(parts.documents))
    return _spread(parts, columns, probabilities(logits))


def unscored(lines: Sequence[Line]) -> Scores:
    """The same without the model's say: every probability is UNKNOWN."""
    parts = segments(lines)
    columns = _columns(parts, np.zeros((len(parts.documents), len(MARKS)), np.bool_))
    scores = _spread(parts, columns, np.full(len(parts.documents), UNKNOWN))
    return scores._replace(probability=np.full(len(lines), UNKNOWN))


def _columns(parts: Segments, rows: Flags) -> features.Columns:
    return features.columns(parts.texts, parts.documents, rows, load().tables)


def _ranges(documents: Ints) -> tuple[Ints, Ints]:
    """First and last line of each line's document."""
    ends = edges(documents)
    first, end = ends[:-1], ends[1:]
    return np.repeat(first, end - first), np.repeat(end - 1, end - first)


def _spread(parts: Segments, columns: features.Columns, probability: npt.NDArray[np.float64]) -> Scores:
    """What is known of segments, at each of their lines."""
    # The lines of a wrapped paragraph share its words evenly enough.
    share = np.maximum(columns.words // np.bincount(parts.of_line + 1, minlength=len(parts.documents) + 1)[1:], 1)
    # Blank lines have segment -1: the last one of each column is theirs.
    both = (probability, 1.0), (share, 0), (columns.prose, False)
    return Scores(*(np.append(values, blank)[parts.of_line] for values, blank in both))
