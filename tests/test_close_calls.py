"""Close calls of the language are settled by langdetect's own walks."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.describe import close_calls, language, language_model, languages
from corpuspress.recipe import Language

# Halves of two near languages, so that neither wins plainly; each ends where langdetect too sees an end.
CLOSE = [
    "Vi har en stor hund og et lite hus.",
    "Das ist een goed huis, und wir haben zwei kleine hunde, maar geen kat.",
    "Мы вчера були в саду, а потом пішли до дому.",
    "Nós vivimos en una casa pequeña perto do mar e comemos pan.",
    "Mi vidimo hišo in vrt, a onda idemo kući.",
    "Il gatto est sur la table e mangia le poisson.",
]


def chances(text):
    """langdetect's own mean of seven walks."""
    detector = language._factory().create()
    detector.append(text)
    detector._detect_block()
    return detector.langprob


@pytest.mark.parametrize("text", [*CLOSE, "The rain had stopped when we left the house."])
def test_the_walks_are_those_of_langdetect(text):
    found = close_calls.settled(text, language_model.load())
    assert np.abs(found - chances(text)).max() < 0.01
    assert found.sum() == pytest.approx(1)


def test_walks_through_many_scripts_do_not_come_to_nothing():
    scripts = "abcdefgh" * 9, "абвгдеж" * 12, "αβγδεζηθι" * 9, "ابتثجح" * 12, "कखगचज" * 15
    text = " ".join(map("".join, zip(*scripts, strict=False)))
    assert close_calls.settled(text, language_model.load()).sum() == pytest.approx(1)


@given(st.integers(1, 5000), st.integers(0, 9))
def test_places_are_those_of_random_choice(count, seed):
    one, other = random.Random(seed), random.Random(seed)
    places, at = close_calls._places(count, one)
    assert places.tolist() == [other.choice(range(count)) for _ in places]
    assert len(at) == len(places)


def test_only_close_calls_of_some_length_are_settled_so():
    weights = np.array([[2560, 2000], [2560, 2559], [2560, 2559], [0, 0], [2560, 2559]])
    found = np.array([100, 100, close_calls.LEAST - 1, 0, 100])
    nothing, capitals = np.zeros(5, np.int64), np.array([0, 0, 0, 0, 1])
    scores = language_model.Scores(weights, nothing, found, nothing, capitals)
    assert close_calls.close(scores).tolist() == [1]


def test_a_close_call_is_langdetects(monkeypatch):
    monkeypatch.setattr(close_calls, "CLOSE", 9)
    assert [name for name, _ in languages(CLOSE)] == [
        name for name, _ in languages(CLOSE, Language(detector="langdetect"))
    ]
