"""In which language a text is written, and how sure that is.

>>> languages(["Nobody had expected the river to rise so quickly.", "Am Abend fiel der erste Schnee.", "2024"])
[('en', 1.0), ('de', 0.9998), ('und', 0.0)]
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..recipe import Language
from . import language_model
from .language_model import SCALE, Model, Numbers, Scores

UND = ("und", 0.0)

# Texts longer than all windows together are judged by the windows, spread evenly from start to end.
WINDOWS, WINDOW = 4, 300
# Below this share of the weight that a language's own text has, the text is in none of the languages.
LEAST_FIT = 0.5
SWITCH_COST = 4.0  # natural logarithms that a change of language from one line to the next must gain


def languages(texts: Sequence[str], recipe: Language = Language()) -> list[tuple[str, float]]:
    """Language and score of each text, independent of the other texts.

    Names are langdetect's: ISO 639-1, Chinese as `zh-cn` and `zh-tw`; `und` where there is nothing to
    tell or no language fits. The score is the calibrated probability of the language, 0 to 1.
    """
    if recipe.detector == "langdetect":
        return [_library(text) for text in texts]
    model = language_model.load()
    scores = _score(texts, model)
    best = scores.weights.argmax(axis=1)
    certain = _logarithms(scores)[np.arange(len(best)), best]
    fits = fit(scores, model)
    return [
        (model.languages[place], round(float(np.exp(chance)), 4)) if share >= LEAST_FIT else UND
        for place, chance, share in zip(best.tolist(), certain.tolist(), fits.tolist(), strict=True)
    ]


def _score(texts: Sequence[str], model: Model) -> Scores:
    """The model's scores of what is read of the texts; mostly capital ones are read in lower case."""
    parts = [language_model.clean(excerpt(text), model) for text in texts]
    scores = language_model.score(parts, model)
    shouted = np.flatnonzero(scores.capitals).tolist()
    if shouted:
        lower = language_model.score([parts[place].lower() for place in shouted], model)
        for column, better in zip(scores, lower, strict=True):
            column[shouted] = better
    return scores


def excerpt(text: str) -> str:
    """The windows of a long text, a shorter one whole."""
    if len(text) <= WINDOWS * WINDOW:
        return text
    starts = [(len(text) - WINDOW) * place // (WINDOWS - 1) for place in range(WINDOWS)]
    return " ".join(text[start : start + WINDOW] for start in starts)


def fit(scores: Scores, model: Model) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Weight of each text under its best language, as a share of what the language's own text weighs.

    All candidate n-grams count, also those that no profile knows; 0 where there are none.
    """
    best = scores.weights.argmax(axis=1)
    own = (scores.candidates * model.expected.T[best]).sum(axis=1)
    shares: np.ndarray[Any, np.dtype[np.float64]] = scores.weights[np.arange(len(best)), best] / np.maximum(own, 1)
    return shares


def _logarithms(scores: Scores) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Logarithm of the calibrated probability of each language.

    n-grams overlap, so their probabilities multiply to far too much certainty; the temperature, fitted
    on texts of 1 to 3,000 n-grams, undoes that.
    """
    heat = 1.666 * np.maximum(scores.found, 1) ** 0.257 * SCALE
    logits = scores.weights / heat[:, None]
    logits -= logits.max(axis=1, keepdims=True)
    result: np.ndarray[Any, np.dtype[np.float64]] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return result


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
