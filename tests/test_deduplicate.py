"""Near-copies: folded, sketched, proven, clustered."""

import random
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.deduplicate import SKETCH, hashes, measure, sketch
from corpuspress.deduplicate.clusters import compare
from corpuspress.deduplicate.fold import WIDE, canonical, fold_character, inert, look_up, look_up_bytes, tokens
from corpuspress.deduplicate.hashes import BORROWED, hash_shingles
from corpuspress.deduplicate.shingles import shingles
from corpuspress.recipe import Deduplicate

RECIPE = Deduplicate()
WORDS = [
    first + last
    for first in ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu"]
    for last in ["rn", "st", "lk", "mp", "nd"]
]
SIGNS = ["U.S.", "it’s", "ß", "ﬁre", "Ａ", "\u0301", "今", "天", "ก", "ी", " ", "\u2009", "\n", "—", ". ", "\x01"]
TEXTS = st.lists(st.sampled_from([*WORDS[:6], *SIGNS])).map("".join)


def prose(seed: object, words: int) -> str:
    """Nonsense of so many words, in sentences and paragraphs."""
    draw = random.Random(str(seed))
    sentences = []
    while words > 0:
        size = min(words, draw.randint(8, 16))
        sentences.append(" ".join(draw.choices(WORDS, k=size)).capitalize() + ".")
        words -= size
    return "\n".join(" ".join(sentences[first : first + 3]) for first in range(0, len(sentences), 3))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("“Don’t,” he said", '"Don\'t" HE SAID!'),
        ("The U.S. spent 1,000 euros", "the US spent 1000 euros"),
        ("well-known facts — all", "well‑known facts: all"),
        ("ＡＢＣ　１２", "abc 12"),
        ("Straße, ﬁnal", "strasse final"),
        ("cafe\u0301 co\u00adoperate", "café cooperate"),
        ("今天 天气，很好。", "今天天气很好"),
    ],
)
def test_what_copies_may_differ_in(left, right):
    assert canonical(left) == canonical(right)
    assert hash_shingles([left], 5).digests == hash_shingles([right], 5).digests
    assert measure(left, right, RECIPE) == (1.0, 1.0, 1.0)


def test_folding_is_stable_for_every_character():
    for code in range(0x30000):
        for part in fold_character(chr(code)):
            assert fold_character(part) == part, hex(code)


def test_characters_read_as_bytes_fold_as_others_and_take_no_part_in_normalisation():
    codes = np.arange(0x30000, dtype=np.uint32)
    known = np.flatnonzero(look_up_bytes(codes) != WIDE).tolist()
    second = {unicodedata.normalize("NFD", chr(code))[1:2] for code in codes.tolist()}
    assert set(range(0x20, 0x7F)) < set(known)
    assert (look_up_bytes(codes[known]) == look_up(codes[known])).all()
    for character in map(chr, known):
        assert unicodedata.is_normalized("NFC", character)
        assert not unicodedata.combining(character)
        assert character not in second
    assert not set(BORROWED.tolist()) & set(look_up_bytes(codes).tolist())


def test_what_is_inert_takes_no_part_in_normalisation():
    codes = range(0x30000)
    second = {part for code in codes for part in unicodedata.normalize("NFD", chr(code))[1:]}
    assert not any(map(inert, second))
    assert all(unicodedata.is_normalized("NFC", chr(code)) for code in codes if inert(chr(code)))


@pytest.mark.parametrize(
    "text",
    [
        "“Straße” — café, ½ of Noël’s naïve co\u00adworkers said…",
        "Erdoğan of İstanbul met Wałęsa in Gdańsk, where ½ of Český Krumlov had heard of the Βουλή",
        "The first 3 of them were named 习 and 李, and the other one was named Ⅷ or \0 by half of the town",
    ],
)
def test_a_text_of_bytes_has_the_hashes_it_has_among_wide_ones(text):
    alone, among = hash_shingles([text], 3), hash_shingles([text, "слово cafe\u0301 " * 20], 3)
    assert len(set(alone.values.tolist())) == len(shingles(text, 3))
    assert alone.values.tolist() == among.values[: among.starts[1]].tolist()
    assert alone.digests[0] == among.digests[0]


@given(st.lists(st.one_of(TEXTS, st.text()), max_size=6), st.integers(1, 6))
def test_hashes_equal_the_plain_definition(texts, words):
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    hashed = hash_shingles(texts, words)
    names: dict[int, str] = {}
    for place, text in enumerate(texts):
        plain = shingles(text.replace("\x01", " "), words)
        own = set(hashed.values[hashed.starts[place] : hashed.starts[place + 1]].tolist())
        assert len(own) == len(plain)
        assert (hashed.digests[place] == hashed.digests[0]) == (_same(text, texts[0]))
        if len(own) == 1:
            assert names.setdefault(own.pop(), *plain) == min(plain)


def _same(left, right):
    if not tokens(left) or not tokens(right):
        return left == right
    return canonical(left.replace("\x01", " ")) == canonical(right.replace("\x01", " "))


@given(TEXTS, TEXTS)
def test_fast_measure_equals_the_plain_one(left, right):
    left, right = left + " barn", right + " 今"
    hashed = hash_shingles([left, right], RECIPE.shingle_words)
    sets = [np.unique(hashed.values[hashed.starts[place] : hashed.starts[place + 1]]) for place in (0, 1)]
    assert compare(*sets) == measure(left, right, RECIPE)


def test_a_hash_depends_on_nothing_but_the_shingle():
    text = prose("a", 400)
    alone = hash_shingles([text], 5)
    among = hash_shingles([prose("b", 90_000), "今天天气很好", text], 5)
    assert (among.values[among.starts[2] :] == alone.values).all()


def test_powers_for_a_very_long_text_are_not_kept(monkeypatch):
    text = prose("a", 3000)
    before = hash_shingles([text], 5)
    monkeypatch.setattr(hashes, "_KEPT", 100)
    monkeypatch.setattr(hashes, "_powers", None)
    assert np.array_equal(hash_shingles([text], 5).values, before.values)


def test_the_sketch_of_a_part_lies_in_the_sketch_of_the_whole():
    text = prose("whole", 3000)
    part = " ".join(text.split()[:1500])
    whole, half, short = sketch([text, part, "Only five words stand here"], RECIPE)["sketch"].to_pylist()
    assert set(half) < set(whole)
    assert 250 < len(whole) < 500
    assert len(short) == 1
    assert half == sorted(set(half))


def test_sketch_of_nothing():
    assert sketch([], RECIPE).schema == pa.schema(SKETCH)
    table = sketch(["", "🙂", "🙃", "🙂"], RECIPE)
    assert table["sketch"].to_pylist() == [[], [], [], []]
    digests = table["fold_digest"].to_pylist()
    assert digests[1] == digests[3] != digests[2]
