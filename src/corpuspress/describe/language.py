"""In which language a text is written, and how sure that is.

>>> languages(["Nobody had expected the river to rise so quickly.", "Am Abend fiel der erste Schnee.", "2024"])
[('en', 0.9998), ('de', 0.966), ('und', 0.0)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .. import native
from ..hashing import encoded
from ..recipe import Language
from ..utf8 import Utf8
from . import close_calls, language_model
from .language_model import SCALE, Model, Numbers, Scores

UND = ("und", 0.0)
DEFAULT = Language()


class Look(NamedTuple):
    """So many windows of a text, each of `width` characters, spread evenly from start to end."""

    windows: int
    width: int


# A text longer than SHORT is judged by windows: few small ones, and where these leave a doubt more and wider ones. Many
# windows rather than few wide ones, since a text may hold stretches in another language, or in none.
GLANCE, LOOK = Look(8, 25), Look(12, 100)
SHORT = 600  # characters
CLEAR = 0.99995  # chance that leaves no doubt, from here on the score is 1.0 ...
MARGIN = 0.2  # ... where the fit exceeds the least one of the language by so much or more

# In these, n-grams of two and three characters are too many for a profile to know a fair part of them.
SYLLABIC = ("ja", "ko", "zh-cn", "zh-tw")
LEAST_SYLLABIC_FIT, LEAST_FIT = (0.42, 0.4), (0.55, 1.4)  # less the second number over the root of n

SWITCH_COST = 4.0  # natural logarithms that another language than on the line before must gain

_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_OTHER = re.compile("[^\x00-\u024f\u1e00-\u2bff]")  # of another script
_LEAST_OTHER = 0.2  # share of letters of other scripts from which a text may be in one of these

Floats = npt.NDArray[np.float64]


def languages(texts: Sequence[str] | pa.Array, recipe: Language = DEFAULT) -> list[tuple[str, float]]:
    """Language and score of each text, independent of the other texts.

    Names are langdetect's: ISO 639-1, Chinese as `zh-cn` and `zh-tw`; `und` with score 0 where there is
    nothing to tell or no language fits. The score is the calibrated probability of the language, 0 to 1.
    """
    if recipe.detector == "langdetect":
        return [*map(_library, texts.to_pylist() if isinstance(texts, pa.Array) else texts)]
    model = language_model.load()
    glances, lengths = excerpts(texts, GLANCE)
    parts = [language_model.clean(glance, model) for glance in glances]
    judged = _judged(parts, model)
    clear = (judged.margins >= MARGIN) & (judged.logarithms.max(axis=1) >= np.log(CLEAR))
    places = np.flatnonzero(~clear & (lengths > SHORT)).tolist()
    for place in places:
        parts[place] = language_model.clean(excerpts(texts[place : place + 1], LOOK)[0][0], model)
    _replace(judged.columns(), places, _judged([parts[place] for place in places], model).columns())
    fitting = judged.fitting()
    close = [place for place in close_calls.close(judged.scores).tolist() if fitting[place]]
    _judge_again(parts, judged, model)
    best = judged.scores.weights.argmax(axis=1)
    for place in close:
        best[place] = close_calls.settled(parts[place], model).argmax()
    chances = np.exp(judged.logarithms[np.arange(len(best)), best])
    return [
        (model.languages[place], round(chance, 4)) if fit else UND
        for place, chance, fit in zip(best.tolist(), chances.tolist(), judged.fitting().tolist(), strict=True)
    ]


def shares(texts: Sequence[str]) -> list[list[str]]:
    """The languages of each text by lines, with their share of the letters, largest first.

    The most probable sequence of languages over the lines (Viterbi 1967), where each change costs
    SWITCH_COST. Shares below 0.01 and texts without a letter give nothing.

    >>> shares(["The rain had not stopped for a week.\\nAm Abend fiel dann der erste Schnee."])
    [['de 0.51', 'en 0.49']]
    """
    model = language_model.load()
    lines = [[line for line in text.split("\n") if line.strip()] for text in texts]
    looks, _ = excerpts([line for part in lines for line in part], LOOK)
    flat = [language_model.clean(look, model) for look in looks]
    scores = _score(flat, model)
    logs = _logarithms(scores)
    ends = np.cumsum([len(part) for part in lines]).tolist()
    return [
        _shares(_path(logs[start:end]), scores.candidates[start:end, 0], model)
        for start, end in zip([0, *ends], ends, strict=False)
    ]


def excerpts(texts: Sequence[str] | pa.Array, look: Look) -> tuple[list[str], Numbers]:
    """The windows of each text that is longer than SHORT and than all of them, another one whole; and the lengths.

    >>> excerpts(["Rain fell."], GLANCE)
    (['Rain fell.'], array([10]))
    """
    windows, width = look
    data, starts = encoded(texts)
    taken = np.empty(len(data) + windows * len(texts), np.uint8)
    ends, lengths = np.empty((2, len(texts)), np.int64)
    size = _excerpts(data, starts, len(texts), windows, width, max(SHORT, windows * width), taken, ends, lengths)
    begin = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
    return Utf8(taken[:size], begin, ends, lengths).strings(), lengths


_excerpts = native.function("cp_excerpts", np.uint8, np.int64, int, int, int, int, np.uint8, np.int64, np.int64)


class Judged(NamedTuple):
    """The scores of n texts, and what follows from them.

    `margins` (n) is by how much the fit of each exceeds the least one of its best language, `logarithms` (n, languages)
    that of the calibrated probability of each language. The fit is the mean weight of all n-grams of three characters
    (of single ones in SYLLABIC languages), known or not, as a share of the mean in the language's own profile. Text of
    the language has 0.6 to 0.9, less certain the shorter it is; text of another language mostly less than 0.5.
    """

    scores: Scores
    margins: Floats
    logarithms: Floats

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """All arrays, each with a row for each text."""
        return (*self.scores, self.margins, self.logarithms)

    def fitting(self) -> npt.NDArray[np.bool_]:
        """Whether each text looks like its best language at all."""
        result: npt.NDArray[np.bool_] = (self.margins >= 0) & (self.scores.found > 0)
        return result


def _judged(texts: Sequence[str], model: Model) -> Judged:
    scores = _score(texts, model)
    return Judged(scores, _margins(scores, model), _logarithms(scores))


def _margins(scores: Scores, model: Model) -> Floats:
    best = scores.weights.argmax(axis=1)
    share = scores.own / np.maximum(scores.candidates * model.expected.T[best], 1)
    deviation = 1 / np.sqrt(np.maximum(scores.candidates, 1))
    syllabic = np.isin(best, [model.languages.index(name) for name in SYLLABIC])
    (small, small_spread), (large, large_spread) = LEAST_SYLLABIC_FIT, LEAST_FIT
    result: Floats = np.where(
        syllabic,
        share[:, 0] - (small - small_spread * deviation[:, 0]),
        share[:, 2] - (large - large_spread * deviation[:, 2]),
    )
    return result


def _score(texts: Sequence[str], model: Model) -> Scores:
    """The model's scores; texts in capitals are read in lower case, as the profiles know hardly any capitals."""
    scores = language_model.score(texts, model)
    if shouted := np.flatnonzero(scores.capitals).tolist():
        _replace(scores, shouted, language_model.score([texts[place].lower() for place in shouted], model))
        scores.capitals[shouted] = 1
    return scores


def _judge_again(texts: Sequence[str], judged: Judged, model: Model) -> None:
    """Texts that fit nothing may be in a language of another script, full of Latin names: leave those out."""
    misfits = [place for place in np.flatnonzero(~judged.fitting()).tolist() if _OTHER.search(texts[place])]
    if not misfits:
        return
    again = _judged([_LATIN.sub(" ", texts[place]) for place in misfits], model)
    enough = again.scores.candidates[:, 0] >= _LEAST_OTHER * judged.scores.candidates[misfits, 0]
    better = np.flatnonzero(enough & again.fitting())
    places = [misfits[place] for place in better.tolist()]
    _replace(judged.columns(), places, [column[better] for column in again.columns()])


def _replace(columns: Iterable[npt.NDArray[Any]], places: Sequence[int], others: Iterable[npt.NDArray[Any]]) -> None:
    for column, other in zip(columns, others, strict=True):
        column[list(places)] = other


def _logarithms(scores: Scores) -> Floats:
    """Logarithm of the calibrated probability of each language.

    n-grams overlap, so their probabilities multiply to far too much certainty; the temperature, fitted
    on texts of 1 to 3,000 n-grams, undoes that.
    """
    heat = 1.666 * np.maximum(scores.found, 1) ** 0.257 * SCALE
    logits = scores.weights / heat[:, None]
    logits -= logits.max(axis=1, keepdims=True)
    result: Floats = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return result


def _path(logs: Floats) -> list[int]:
    """The most probable language of each line, changes of language paid for."""
    best = np.zeros(logs.shape[1])
    came = []
    for line in logs:
        leader = int(best.argmax())
        switched = best < best[leader] - SWITCH_COST
        came.append(np.where(switched, leader, np.arange(len(best))))
        best = np.maximum(best, best[leader] - SWITCH_COST) + line
    path = [int(best.argmax())]
    for step in came[:0:-1]:
        path.append(int(step[path[-1]]))
    return path[::-1]


def _shares(path: Sequence[int], letters: Numbers, model: Model) -> list[str]:
    sums = np.bincount(path[: len(letters)], letters, minlength=1)
    parts = sums / max(sums.sum(), 1)
    order = np.argsort(-parts, kind="stable").tolist()
    return [f"{model.languages[place]} {parts[place]:.2f}" for place in order if parts[place] >= 0.01]


@cache
def _factory() -> Any:
    """langdetect with its profiles in sorted order, and seeded."""
    from pathlib import Path

    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    paths = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if not path.name.startswith("."))
    factory = DetectorFactory()
    factory.load_json_profile([path.read_text(encoding="utf-8") for path in paths])
    factory.set_seed(0)
    return factory


def _library(text: str) -> tuple[str, float]:
    from langdetect.lang_detect_exception import LangDetectException

    detector = _factory().create()
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return UND
    return (found[0].lang, round(min(found[0].prob, 1.0), 4)) if found else UND
