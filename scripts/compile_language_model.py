"""Compile langdetect's profiles into src/corpuspress/describe/language_model.npz.

Run it after a new langdetect is pinned::

    python scripts/compile_language_model.py

The file holds plain numbers and strings (no pickle) and depends on nothing but the installed
profiles; tests/test_language.py checks it against them. What each array means is written in
src/corpuspress/describe/language_model.py.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import langdetect
import numpy as np
from langdetect.detector import Detector
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.utils.ngram import NGram

from corpuspress.describe import language_model as form

TARGET = Path(__file__).parents[1] / "src/corpuspress/describe/language_model.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", type=Path, default=TARGET)
    target = parser.parse_args().target
    arrays = compile_model()
    with target.open("wb") as file:
        np.savez_compressed(file, **arrays)
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB, {len(arrays['languages'])} languages")


def profiles() -> DetectorFactory:
    """langdetect's model, its profiles read in sorted order."""
    factory = DetectorFactory()
    paths = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if not path.name.startswith("."))
    factory.load_json_profile([path.read_text(encoding="utf-8") for path in paths])
    return factory


def compile_model() -> dict[str, np.ndarray]:
    """The arrays of the model, by name."""
    factory = profiles()
    grams = sorted(factory.word_lang_prob_map, key=lambda gram: (len(gram) > 1, gram))
    letters = sorted({letter for gram in grams for letter in gram} - {" "})
    ids = {" ": form.SPACE} | {letter: number for number, letter in enumerate(letters, form.FIRST_LETTER)}
    unigrams = [gram for gram in grams if len(gram) == 1]
    longer = sorted((gram for gram in grams if len(gram) > 1), key=lambda gram: key_of(gram, ids))
    keys = np.array([key_of(gram, ids) for gram in longer], np.uint64)
    multiplier = parting(keys)
    rows = sorted(unigrams, key=ids.__getitem__) + longer
    chances = np.array([factory.word_lang_prob_map[gram] for gram in rows])
    weights = np.rint(np.log1p(chances / form.FLOOR) * form.SCALE).astype(np.uint16)
    return {
        "langdetect": np.array(langdetect_version()),
        "languages": np.array(factory.langlist),
        "characters": characters(ids),
        "unigram_ids": np.array([ids[gram] for gram in rows[: len(unigrams)]], np.uint16),
        "key_steps": np.diff(keys, prepend=np.uint64(0)),
        "multiplier": multiplier,
        "displacements": displacements(keys, multiplier),
        "lengths": (weights > 0).sum(axis=1).astype(np.uint8),
        "columns": np.nonzero(weights)[1].astype(np.uint8),
        "weights": weights[weights > 0],
        "expected": expected(rows, chances, weights),
        "patterns": np.array([Detector.URL_RE.pattern, Detector.MAIL_RE.pattern]),
        "composed": np.array(composed()),
    }


def langdetect_version() -> str:
    from importlib.metadata import version

    return version(langdetect.__name__)


def key_of(gram: str, ids: dict[str, int]) -> int:
    key = 0
    for letter in gram:
        key = key << form.ID_BITS | ids[letter]
    return key


def characters(ids: dict[str, int]) -> np.ndarray:
    """What each code point becomes in langdetect's normalisation, with its case."""
    table = np.zeros(form.CODE_POINTS, np.uint16)
    for code in range(form.CODE_POINTS):
        letter = chr(code)
        plain = NGram.normalize(letter)
        table[code] = (
            ids.get(plain, form.UNKNOWN)
            | (form.CAPITAL if plain.isupper() else 0)
            | (form.UPPER if letter.isupper() else 0)
            | (form.LATIN if "A" <= letter <= "z" else 0)
            | (form.OTHER if code >= 0x300 and not 0x1E00 <= code <= 0x1EFF else 0)
        )
    return table


def parting(keys: np.ndarray) -> np.uint64:
    """The first multiplier under which no two keys share both bucket and first slot."""
    multiplier = np.uint64(0x9E3779B97F4A7C15)
    while len(np.unique(np.stack(form.hashes(keys, multiplier)), axis=1).T) < len(keys):
        multiplier += np.uint64(2)
    return multiplier


def displacements(keys: np.ndarray, multiplier: np.uint64) -> np.ndarray:
    """A perfect hash: for each bucket, the number that sends its keys to slots of their own.

    Hash and displace (Belazzougui, Botelho, Dietzfelbinger 2009): largest buckets choose first.
    """
    buckets, starts = form.hashes(keys, multiplier)
    order = np.argsort(buckets, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(buckets[order])) + 1)
    taken = np.zeros(form.SLOTS, bool)
    result = np.zeros(form.BUCKETS, np.uint32)
    for group in sorted(groups, key=lambda group: (-len(group), int(buckets[group[0]]))):
        for step in range(form.SLOTS):
            slots = (starts[group] + step) & (form.SLOTS - 1)
            if not taken[slots].any() and len(np.unique(slots)) == len(slots):
                break
        else:
            raise SystemExit("no perfect hash with this number of slots")
        taken[slots] = True
        result[buckets[group[0]]] = step
    return result


def expected(grams: list[str], chances: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean weight of an n-gram in a language's own text, by n-gram length and language."""
    lengths = np.array([len(gram) for gram in grams])
    sums = [(chances[lengths == length] * weights[lengths == length]).sum(axis=0) for length in (1, 2, 3)]
    return np.rint(sums).astype(np.uint16)


def composed() -> list[str]:
    """Each letter + mark that langdetect composes, and what it becomes: three characters a pair."""
    pairs = [letter + mark for letter in NGram.TO_NORMALIZE_VI_CHARS for mark in NGram.DMARK_CLASS]
    return [pair + NGram.normalize_vi(pair) for pair in pairs]


if __name__ == "__main__":
    assert math.isclose(form.FLOOR, Detector.ALPHA_DEFAULT / Detector.BASE_FREQ)
    main()
