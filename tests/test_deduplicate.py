"""Near-copies: folded, sketched, proven, clustered."""

import random
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.deduplicate import SKETCH, measure, sketch
from corpuspress.deduplicate.clusters import compare
from corpuspress.deduplicate.fold import ALONE, canonical, fold_character, inert, kind_of, tokens
from corpuspress.deduplicate.hashes import hash_shingles
from corpuspress.deduplicate.shingles import shingles
from corpuspress.deduplicate.sketch import BOUND, FEWEST
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
def test_a_text_has_the_hashes_it_has_among_others(text):
    alone, among = hash_shingles([text], 3), hash_shingles([text, "слово cafe\u0301 " * 20], 3)
    assert len(set(alone.values.tolist())) == len(shingles(text, 3))
    assert alone.values.tolist() == among.values[: among.starts[1]].tolist()
    assert alone.digests[0] == among.digests[0]


def hashed_plainly(values):
    """The hash of a sequence of numbers."""
    value = sum(one * pow(0x9E6C63D0876A9A47, at, 1 << 64) for at, one in enumerate(values)) % (1 << 64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        value = (value ^ value >> shift) * factor % (1 << 64)
    return value


def plain_hashes(text, words):
    """The hashes of the shingles of a text, in its order."""
    found = tokens(text)
    weights = [words if kind_of(token[0]) == "alone" else words + 3 for token in found]
    hashes = [
        hashed_plainly([ord(letter) + (ALONE if kind_of(letter) == "alone" else 0) for letter in token])
        for token in found
    ]
    runs = []
    for first in range(len(found)):
        ends = range(first, len(found) + 1)
        whole = next((end for end in ends if sum(weights[first:end]) >= words * (words + 3)), None)
        runs += [hashes[first:whole]] if whole else []
    return list(map(hashed_plainly, runs or ([hashes] if hashes else [])))


@given(st.lists(st.one_of(TEXTS, st.text(st.characters(exclude_categories=()))), max_size=6), st.integers(1, 6))
def test_hashes_equal_the_plain_definition(texts, words):
    hashed = hash_shingles(texts, words)
    for place, text in enumerate(texts):
        own = hashed.values[hashed.starts[place] : hashed.starts[place + 1]].tolist()
        assert own == plain_hashes(text, words)
        assert (hashed.digests[place] == hashed.digests[0]) == _same(text, texts[0])


def _same(left, right):
    if not tokens(left) or not tokens(right):
        return left == right
    return canonical(left) == canonical(right)


def test_every_character_has_the_hashes_of_the_plain_definition():
    texts = list(map(chr, [*range(0x20000), *range(0x20000, 0x110000, 0x333), 0x3FFFE, 0x3FFFF, 0x40000, 0x10FFFF]))
    hashed = hash_shingles(texts, 1, digests=False)
    for text, first, end in zip(texts, hashed.starts[:-1].tolist(), hashed.starts[1:].tolist(), strict=True):
        assert hashed.values[first:end].tolist() == plain_hashes(text, 1), hex(ord(text))


def test_signs_that_fold_to_more_tokens_than_they_have_bytes():
    text = "\u3316" * 500
    assert hash_shingles([text, "one"], 5).values.tolist() == plain_hashes(text, 5) + plain_hashes("one", 5)


@pytest.mark.parametrize("before", [0, 1, 8, 54, 61, 62, 63, 64, 65, 127])
def test_a_token_is_the_same_wherever_it_stands(before):
    words = [
        "a",
        "IT",
        "McNab",
        "don't",
        "U.S.",
        "1,000",
        "x" * 62,
        "Y" * 63,
        "z" * 130,
        "don’t",
        "Ümit",
        "cafe\u0301",
        "今",
    ]
    fillers = [" ", "b", "B", "7", ".", "'", "` "]
    texts = [
        filler * before + word + end
        for filler in fillers
        for word in words
        for end in ("", ".", ". Then", "..." * 30 + "s", "'s 今")
    ]
    hashed = hash_shingles(texts, 1, digests=False)
    for text, first, end in zip(texts, hashed.starts[:-1].tolist(), hashed.starts[1:].tolist(), strict=True):
        assert hashed.values[first:end].tolist() == plain_hashes(text, 1), text


def test_words_longer_than_any_text():
    assert hash_shingles(["one two"], 1 << 80).values.tolist() == plain_hashes("one two", 1 << 80)


def test_the_hashes_are_the_same_on_every_machine():
    hashed = hash_shingles(["The Straße of İstanbul: 今天, ½ cafe\u0301s"], 3)
    assert hashed.values.tolist() == [
        4533702995640094638,
        10959878054449676585,
        14208004178432427267,
        3752141961740736757,
        11075966794624745254,
        7057869475447560205,
        15583709301052632757,
    ]
    assert hashed.digests[0].as_py().hex() == "bec1a8314686c53e2039814acf9d7095"


def test_a_sketch_is_the_lowest_hashes():
    texts = [prose(size, size) for size in (40, 0, 5, 200, 4, 600)] + ["well " * 50]
    for text, found in zip(texts, sketch(texts, RECIPE)["sketch"].to_pylist(), strict=True):
        values = sorted({value >> 1 for value in plain_hashes(text, RECIPE.shingle_words)})
        below = [value for value in values if value < BOUND]
        assert found == (below if len(below) >= FEWEST else values[:FEWEST])


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
