"""The language is langdetect's answer, always the same, or `und`."""

import json
import math
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from of_scripts import script

from corpuspress.describe import language, language_model, languages, shares
from corpuspress.recipe import Language

ROOT = Path(__file__).parents[1]
SENTENCES = json.loads((ROOT / "tests/cases/languages.json").read_text(encoding="utf-8"))
MIXED = st.lists(st.one_of(st.text(), st.sampled_from(list(SENTENCES.values()))), max_size=6)


@pytest.fixture(scope="module")
def compiler():
    return script("compile_language_model")


@pytest.fixture(scope="module")
def factory(compiler):
    return compiler.profiles()


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_of_each_language(name):
    [(found, score)] = languages([SENTENCES[name]])
    assert found == name
    assert score > 0.8
    assert languages([SENTENCES[name].upper()])[0][0] == name
    assert languages([SENTENCES[name]], Language(detector="langdetect"))[0][0] == name


def test_the_file_is_what_the_installed_profiles_make(compiler):
    fresh = compiler.compile_model()
    with np.load(Path(language_model.__file__).with_name("language_model.npz"), allow_pickle=False) as file:
        kept = dict(file)
    assert kept.keys() == fresh.keys()
    for name in kept.keys() - {"characters"}:
        assert np.array_equal(kept[name], fresh[name]), name
    # Of later characters each Python knows others; no profile has them.
    old = [code for code in range(len(kept["characters"])) if unicodedata.ucd_3_2_0.category(chr(code)) != "Cn"]
    assert np.array_equal(kept["characters"][old], fresh["characters"][old])


def grams(text, factory):
    """langdetect's own n-grams of a text, the end counted as a space."""
    detector = factory.create()
    detector.append(f"{text} ")
    detector.cleaning_text()
    return detector._extract_ngrams()


def check_against_langdetect(text, factory):
    model = language_model.load()
    scores = language_model.score([language_model.clean(text, model)], model)
    found = grams(text, factory)
    chances = np.array([factory.word_lang_prob_map[gram] for gram in found]).reshape(-1, len(factory.langlist))
    exact = np.log1p(chances / language_model.FLOOR).sum(axis=0) * language_model.SCALE
    assert scores.found[0] == len(found)
    assert np.abs(exact - scores.weights[0]).max() <= 0.5 * len(found)


@pytest.mark.parametrize("name", SENTENCES)
def test_sums_are_those_of_langdetects_own_n_grams(name, factory):
    check_against_langdetect(SENTENCES[name], factory)


@pytest.mark.parametrize(
    "text",
    [
        "See https://example.org/a?b=c or write to ann.example@mail.example.org now.",
        "NATO and EU LEADERS met; the USA did not.",
        "Ho\u0323c tie\u0302\u0301ng Vie\u0323\u0302t",
        "Санкт-Петербург (Saint Petersburg) is a city: город на Неве, построен царём Петром",
        "\U0001d400\U0001d401C \U00010400bc 𠀀𠀁",
        "a  b\t\tc\nd",
        "ﺍﻟﻌﺮﺑﻴﺔ ĞÜŞİÖÇ ǅ ß ŉ",
        "",
        " ",
        "X",
    ],
)
def test_odd_text_is_prepared_as_langdetect_does(text, factory):
    check_against_langdetect(text, factory)


@given(st.text(max_size=300))
def test_any_text_is_prepared_as_langdetect_does(factory, text):
    check_against_langdetect(text, factory)


@given(MIXED)
@settings(max_examples=60)
def test_a_text_is_judged_alone(texts):
    assert languages(texts) == [languages([text])[0] for text in texts]
    assert shares(texts) == [shares([text])[0] for text in texts]


@given(st.text(st.characters(codec=None), max_size=3000))
@settings(max_examples=60)
def test_anything_has_an_answer(text):
    [(name, score)] = languages([text])
    assert 0 <= score <= 1
    assert (name == "und") == (score == 0)
    assert all(len(part.split()) == 2 for part in shares([text])[0])


def test_many_texts_in_groups_are_the_texts_alone():
    texts = [sentence * count for sentence in SENTENCES.values() for count in (1, 3, 30)]
    assert languages(texts) == [languages([text])[0] for text in texts]


@pytest.mark.parametrize("text", ["", " \n", "2024", "12:30 - 14:45", "???", "https://example.org/", "a@example.org"])
def test_nothing_to_tell(text):
    assert languages([text]) == [("und", 0.0)]
    assert languages([text], Language(detector="langdetect")) == [("und", 0.0)]
    assert shares([text]) == [[]]


@pytest.mark.parametrize(
    "text",
    [
        # Zulu and Icelandic, own-written: no profile knows them.
        "Izolo abantu besigodi bahlangana enkundleni ukuze bakhulume ngesikole esisha nangomgwaqo oya khona. " * 4,
        "Í gær hittust íbúar litla þorpsins á torginu til að ræða um nýja skólann og veginn þangað. " * 4,
        "ትናንት የትንሿ መንደር ነዋሪዎች ስለ አዲሱ ትምህርት ቤት ለመነጋገር ተሰበሰቡ።",
    ],
)
def test_a_language_that_no_profile_knows(text):
    assert languages([text]) == [("und", 0.0)]


def test_latin_names_do_not_hide_another_script():
    text = (
        "在 Ubuntu Linux 上安装 Docker Engine 和 Kubernetes Dashboard 的方法：先运行 apt install docker，然后重启系统。"
        * 9
    )
    assert languages([text])[0][0] == "zh-cn"


def test_acronyms_do_not_make_a_text_one_in_capitals():
    model = language_model.load()
    texts = ["委員会は IMF と WTO に質問した。", "Die ZDF AG 80 3.", "IT IS SNOWING", "ÉTÉ À LA MER", "ЗИМА В ГОРОДЕ"]
    assert language_model.score(texts, model).capitals.tolist() == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("look", [language.GLANCE, language.LOOK])
def test_long_texts_are_judged_by_windows(look):
    text = " ".join([SENTENCES["en"]] * 200)
    size = look.windows * look.width
    short = text[: max(size, language.SHORT)]
    [found, whole], lengths = language.excerpts([text, short], look)
    assert len(found) == size + look.windows - 1
    assert whole == short
    assert lengths.tolist() == [len(text), len(short)]
    assert languages([text]) == [("en", 1.0)]


@given(st.lists(st.text(max_size=40)), st.integers(2, 5), st.integers(1, 9))
def test_windows_are_spread_evenly_from_start_to_end(texts, windows, width):
    texts = [text * 30 for text in texts]

    def plain(text):
        if len(text) <= max(language.SHORT, windows * width):
            return text
        begins = [(len(text) - width) * place // (windows - 1) for place in range(windows)]
        return " ".join(text[begin : begin + width] for begin in begins)

    found, lengths = language.excerpts(texts, language.Look(windows, width))
    assert found == [*map(plain, texts)]
    assert lengths.tolist() == [*map(len, texts)]


def test_only_a_doubtful_text_is_read_in_more_and_wider_windows(monkeypatch):
    read = []
    excerpts = language.excerpts
    monkeypatch.setattr(language, "excerpts", lambda texts, look: (read.append(look), excerpts(texts, look))[1])
    clear, mixed = " ".join([SENTENCES["en"]] * 40), " ".join([SENTENCES["en"], SENTENCES["fr"]] * 20)
    assert languages([clear]) == [("en", 1.0)]
    assert read == [language.GLANCE]
    found = languages([clear, mixed])
    assert read[1:] == [language.GLANCE, language.LOOK]
    assert found == [languages([text])[0] for text in (clear, mixed)]


def test_a_short_text_is_read_whole_and_once(monkeypatch):
    text = " ".join([SENTENCES["en"], SENTENCES["fr"]] * 9)[: language.SHORT]
    read = []
    clean = language_model.clean
    monkeypatch.setattr(language_model, "clean", lambda text, model: (read.append(text), clean(text, model))[1])
    languages([text])
    assert read == [text]


def test_shares_by_line():
    text = "\n".join([SENTENCES["en"], SENTENCES["en"], "", SENTENCES["fr"], "12.30", SENTENCES["fr"]])
    [found] = shares([text])
    assert [part.split()[0] for part in found] == ["fr", "en"]
    assert sum(float(part.split()[1]) for part in found) == pytest.approx(1)


def test_a_foreign_word_is_no_share():
    assert shares(["\n".join([SENTENCES["en"], "Adieu", SENTENCES["en"]])]) == [["en 1.00"]]


@pytest.fixture(scope="module")
def known():
    """The row of each n-gram of two or three characters."""
    return {int(entry) >> 17: int(entry) % 2**17 for entry in language_model.load().entries}


def plainly_read(text, model, known):
    """Rows of the n-grams of one to three characters at each character, n-grams by length, and whether in capitals."""
    classes = [int(model.characters[min(ord(letter), len(model.characters) - 1)]) for letter in f" {text} "]
    latin, other = (sum(kind & flag > 0 for kind in classes) for flag in (language_model.LATIN, language_model.OTHER))
    if latin * 2 < other:
        classes = [kind for kind in classes if not kind & language_model.LATIN]
    ids = [kind % 2**12 for kind in classes]
    rows, numbers = [], [0, 0, 0]
    for at in range(1, len(ids)):
        if classes[at] & classes[at - 1] & language_model.CAPITAL:
            continue
        letter, after_letter = (number != language_model.SPACE for number in (ids[at], ids[at - 1]))
        if letter:
            rows.append((0, int(model.unigram_rows[ids[at]])))
        if letter or after_letter:
            rows.append((1, known.get(ids[at - 1] << 12 | ids[at], 0)))
        if after_letter:
            rows.append((2, known.get(ids[at - 2] << 24 | ids[at - 1] << 12 | ids[at], 0)))
    for size, _ in rows:
        numbers[size] += 1
    upper = sum(kind & language_model.UPPER > 0 for kind in classes)
    return [(size, row) for size, row in rows if row], numbers, upper * 6 > 5 * sum(number > 2 for number in ids)


def check_against_plain_sums(texts, known):
    model = language_model.load()
    scores = language_model.score(texts, model)
    for text, *found in zip(texts, *(column.tolist() for column in scores), strict=True):
        rows, numbers, capitals = plainly_read(text, model, known)
        sums = np.zeros((3, language_model.COLUMNS), np.int64)
        for size, row in rows:
            sums[size] += model.weights[row]
        weights = sums.sum(axis=0)[: len(model.languages)]
        assert found == [weights.tolist(), sums[:, weights.argmax()].tolist(), len(rows), numbers, capitals]
        assert language_model.rows_in_order(text, model).tolist() == [row for _, row in rows]


LETTERS = "abc ABC \t\n\0éŁß абвГ ﺍﻟﻌ 語日本 \ud800 \U0001d400\U00010400\U0010ffff [^] 12"


@given(st.lists(st.text(st.one_of(st.sampled_from(LETTERS), st.characters(codec=None)), max_size=100), max_size=4))
@settings(max_examples=60)
def test_any_sums_are_those_of_the_plain_definition(known, texts):
    check_against_plain_sums(texts, known)


def test_sums_of_long_texts_are_those_of_the_plain_definition(known):
    long = ["", *(sentence * 9 for sentence in SENTENCES.values()), "the" * 9_000, "之" * 9_000]
    check_against_plain_sums(long, known)


def test_the_model_is_as_small_as_c_takes_it():
    model = language_model.load()
    assert model.weights.max() <= language_model.HEAVIEST
    assert len(model.languages) <= language_model.COLUMNS == model.weights.shape[1]
    assert not model.weights[:, len(model.languages) :].any()
    assert len(model.characters) == language_model.CODE_POINTS
    assert len(model.displacements) == language_model.BUCKETS
    assert math.isclose(language_model.FLOOR, 0.5 / 10_000)


def test_langdetect_is_seeded():
    recipe = Language(detector="langdetect")
    unsure = ["ok so no va ja", "Blackjack 9", "de la se in"]
    assert languages(unsure, recipe) == languages(unsure, recipe) == [languages([text], recipe)[0] for text in unsure]
