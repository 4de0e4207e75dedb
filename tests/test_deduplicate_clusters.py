"""Which row stands for which: keepers, chains, round-ups, crowds."""

import datetime
import hashlib
import random
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpuspress import parts
from corpuspress.deduplicate import DECISIONS, Passage, candidates, measure, passages, resolve, sketch
from corpuspress.deduplicate.clusters import components
from corpuspress.deduplicate.passages import SHORTEST, paragraphs
from corpuspress.deduplicate.rows import load
from corpuspress.engine import Local, Serial
from corpuspress.hashing import encoded, hashed
from corpuspress.recipe import Deduplicate

RECIPE = Deduplicate()
WORDS = [
    first + last
    for first in ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu"]
    for last in ["rn", "st", "lk", "mp", "nd"]
]


def prose(seed: object, words: int) -> str:
    """Nonsense of so many words, a sentence a line."""
    draw = random.Random(str(seed))
    found = draw.choices(WORDS, k=words)
    return "\n".join(" ".join(found[first : first + 12]).capitalize() + "." for first in range(0, words, 12))


def write(folder: Path, texts: dict[str, str], recipe=RECIPE, chunk=3, **columns) -> list[Path]:
    ids, paths = list(texts), []
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, len(ids), chunk):
        own = ids[first : first + chunk]
        table = {"id": own, "source": [f"{name}.txt" for name in own], "text": [texts[name] for name in own]}
        part = pa.table(table | {name: [values.get(one) for one in own] for name, values in columns.items()})
        sketches = sketch(table["text"], recipe)
        for field, column in zip(sketches.schema, sketches.columns, strict=True):
            part = part.append_column(field, column)
        paths.append(folder / f"part-{first}.arrow")
        parts.write(paths[-1], part)
    return paths


def decide(folder, texts, recipe=RECIPE, *, chunk=3, engine=None, published=None, **columns):
    paths = write(folder, texts, recipe, chunk, **columns)
    decided = parts.read(resolve(paths, folder, recipe, engine or Serial(), published).path)
    assert decided.schema == DECISIONS
    return dict(zip(texts, decided.to_pylist(), strict=True))


def kept(decisions):
    return {name: row["kept_id"] for name, row in decisions.items()}


STORY, OTHER = prose("story", 400), prose("other", 300)
COPIES = {
    "base": STORY,
    "shouted": STORY.upper().replace(".", "!"),
    "cut": "\n".join(STORY.split("\n")[:12]),
    "dressed": prose("site", 40) + "\n" + STORY + "\n" + prose("notice", 60),
    "edited": STORY.replace("fond", "said"),
    "stranger": OTHER,
}


def test_all_kinds_of_copies_are_found_and_proven(tmp_path):
    found = decide(tmp_path, COPIES)
    assert kept(found) == dict.fromkeys(COPIES, "dressed") | {"dressed": None, "stranger": None}
    assert {row["cluster"] for row in found.values()} == {"dressed", "stranger"}
    assert found["cut"]["kind"] == "contained"
    assert found["base"]["kind"] == found["shouted"]["kind"] == "near"
    for name, row in found.items():
        if row["kept_id"]:
            proof = measure(COPIES[name], COPIES[row["kept_id"]], RECIPE)
            assert (row["similarity"], row["containment"]) == proof[:2]


def test_exact_copies_fold(tmp_path):
    found = decide(tmp_path, {"b": STORY, "a": STORY.upper(), "c": "Short one.", "d": "short one", "e": "Other one"})
    assert kept(found) == {"b": "a", "a": None, "c": None, "d": "c", "e": None}
    assert (found["b"]["kind"], found["b"]["similarity"], found["b"]["containment"]) == ("exact", 1.0, 1.0)


def test_the_keeper_is_longest_then_earliest_then_lowest(tmp_path):
    days = {"b": datetime.date(2024, 5, 2), "c": datetime.date(2024, 5, 1)}
    same = dict.fromkeys("abcd", STORY)
    assert kept(decide(tmp_path / "1", same, published=None)) == {"a": None, "b": "a", "c": "a", "d": "a"}
    longer = same | {"d": STORY + "\nOne more line."}
    assert kept(decide(tmp_path / "2", longer))["d"] is None
    paths = write(tmp_path / "3", same)
    for path in paths:
        table = parts.read(path)
        day = pa.array([days.get(name) for name in table["id"].to_pylist()], pa.date32())
        parts.write(path, table.append_column("published", day))
    found = parts.read(resolve(paths, tmp_path / "3", RECIPE, Serial()).path)
    assert found["kept_id"].to_pylist() == ["c", "c", None, "c"]


def test_a_preferred_site_is_kept(tmp_path):
    recipe = Deduplicate(prefer=("best.example", "good.example"))
    sites = {"cut": "good.example", "edited": "best.example"}
    found = decide(tmp_path, COPIES, recipe, site=sites)
    assert found["edited"]["kept_id"] is None
    assert found["cut"]["kept_id"] == found["dressed"]["kept_id"] == "edited"


def test_what_was_published_stays(tmp_path):
    parts.write(tmp_path / "ids.arrow", pa.table({"id": ["cut", "shouted", "gone"]}))
    found = decide(tmp_path, COPIES, published=tmp_path / "ids.arrow")
    assert found["cut"]["kept_id"] is found["shouted"]["kept_id"] is None
    assert found["dressed"]["kept_id"] == "shouted"


def test_rejected_rows_take_no_part(tmp_path):
    for number, column in enumerate(
        ({"accepted": dict.fromkeys(COPIES, True) | {"dressed": False}}, {"rejected_reason": {"dressed": "language"}})
    ):
        found = decide(tmp_path / str(number), COPIES, **column)
        assert set(found["dressed"].values()) == {None}
        assert found["cut"]["kept_id"] == "base"


def test_switched_off(tmp_path):
    found = decide(tmp_path, COPIES, Deduplicate(enabled=False))
    assert set(kept(found).values()) == {None}
    assert [row["cluster"] for row in found.values()] == list(COPIES)


def test_no_rows(tmp_path):
    assert parts.read(resolve([], tmp_path, RECIPE, Serial()).path).num_rows == 0
    assert decide(tmp_path, {"a": "", "b": "🙂"})["a"]["kept_id"] is None


def test_a_chain_joins_no_strangers(tmp_path):
    lines = prose("chain", 1200).split("\n")
    chain = {f"link{number}": "\n".join(lines[first : first + 40]) for number, first in enumerate(range(0, 61, 10))}
    for name, row in decide(tmp_path, chain).items():
        if row["kept_id"]:
            found = measure(chain[name], chain[row["kept_id"]], RECIPE)
            assert found.similarity >= RECIPE.similarity or found.containment >= RECIPE.containment


def test_a_quotation_is_no_copy(tmp_path):
    quoting = OTHER + "\n" + "\n".join(STORY.split("\n")[:14])
    assert set(kept(decide(tmp_path, {"a": STORY, "b": quoting})).values()) == {None}


def test_a_round_up_eats_no_notices(tmp_path):
    notices = {f"notice{number}": prose(number, 90) for number in range(20)}
    found = decide(tmp_path, notices | {"round-up": "\n".join(notices.values())})
    assert set(kept(found).values()) == {None}


def test_a_page_of_two_articles_joins_them_not(tmp_path):
    quoting = OTHER + "\n" + prose("own", 30)
    found = decide(
        tmp_path, {"page": STORY + "\n" + OTHER, "story": STORY, "other": quoting, "again": quoting + " End."}
    )
    assert kept(found) == {"page": None, "story": "page", "other": "again", "again": None}


@pytest.mark.parametrize("text", ["今天天气很好我们去公园散步", "วันนี้อากาศดีมากเราไปเดินเล่น"])
def test_scripts_without_spaces(tmp_path, text):
    draw = random.Random(1)
    story, other = ("".join(draw.choices(text, k=600)) for _ in range(2))
    found = decide(tmp_path, {"a": story, "b": story[:250] + "。", "c": other, "d": other[:300] + "x" + other[300:]})
    assert kept(found) == {"a": None, "b": "a", "c": "d", "d": None}


def test_a_crowd_of_one_notice_has_one_keeper(tmp_path):
    notice = prose("notice", 240).split("\n")
    draw = random.Random(3)
    crowd = {}
    for number in range(600):
        left_out = draw.sample(range(20), 3)
        lines = [line for place, line in enumerate(notice) if place not in left_out]
        crowd[f"{number:04}"] = "\n".join([*lines, prose(number, 6)])
    crowd["9999"] = "\n".join(notice) + " " + prose("tail", 40)
    decided = resolve(write(tmp_path, crowd, chunk=200), tmp_path, RECIPE, Serial())
    found = kept(dict(zip(crowd, parts.read(decided.path).to_pylist(), strict=True)))
    counts = decided.counts
    assert counts["compared"] == 601
    assert counts["crowded_hashes"] > 0
    assert counts["candidate_pairs"] < 600 * 3 * candidates.LINKED
    assert found.pop("9999") is None
    assert set(found.values()) == {"9999"}


def test_pairs_of_a_shared_hash_stay_linear():
    size = 5000
    found, crowded = candidates.linked(np.full(size, 7), np.random.default_rng(1).permutation(size).astype(np.int32))
    assert len(found) == sum(size - 1 - link for link in range(candidates.LINKED))
    assert (found >> 32).max() == candidates.LINKED - 1
    assert crowded == 1


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.integers(1, 9))
def test_order_chunks_and_workers_change_nothing(tmp_path_factory, draw, chunk):
    base = [prose(number, draw.randint(30, 160)).split("\n") for number in range(3)]
    texts = {}
    for number in range(12):
        lines = draw.choice(base)
        texts[f"{number:02}"] = "\n".join([*lines[draw.randint(0, 3) : draw.randint(4, 14)], prose(number, 9)])
    plain = decide(tmp_path_factory.mktemp("plain"), texts)
    names = list(texts)
    draw.shuffle(names)
    again = decide(tmp_path_factory.mktemp("again"), {name: texts[name] for name in names}, chunk=chunk)
    assert again == plain
    for name, row in plain.items():
        if row["kept_id"]:
            assert plain[row["kept_id"]]["kept_id"] is None
            assert measure(texts[name], texts[row["kept_id"]], RECIPE)[:2] == (row["similarity"], row["containment"])


def test_partitions_groups_and_processes_change_nothing(tmp_path, monkeypatch):
    texts = COPIES | {f"x{number}": prose(number, 50) + "\n" + OTHER for number in range(9)}
    plain = decide(tmp_path / "plain", texts)
    with Local(2) as engine:
        assert decide(tmp_path / "pool", texts, chunk=1, engine=engine) == plain
    monkeypatch.setattr(candidates, "ENTRIES", 50)
    monkeypatch.setattr("corpuspress.deduplicate.clusters._EDGES", 1)
    assert decide(tmp_path / "cut", texts, chunk=1) == plain


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_components(edges):
    expected = list(range(20))
    for _ in range(20):
        for left, right in edges:
            expected[left] = expected[right] = min(expected[left], expected[right])
    ends = np.array(edges, np.int64).reshape(-1, 2)
    assert components(ends[:, 0], ends[:, 1], 20).tolist() == expected


def test_passages_count_kept_documents(tmp_path):
    block = "What we know so far about the matter, in a few words that stand below every story."
    texts = {f"{number}": f"{prose(number, 60)}\n{block}\n{block}" for number in range(7)} | {
        "copy": prose(0, 60) + "\n" + block
    }
    paths = write(tmp_path, texts)
    decided = resolve(paths, tmp_path, RECIPE, Serial())
    assert passages(decided, tmp_path, Serial())() == [Passage(7, "0", block)]
    assert passages(decided, tmp_path, Serial(), fewest=8)() == []


def test_passages_are_the_same_however_they_are_cut(tmp_path, monkeypatch):
    blocks = [f"Passage {letter} stands below many a story of the harbour, and says nothing new." for letter in "abcd"]
    texts = {str(number): "\n".join([prose(number, 60), *blocks[: number % 4 + 1], ""]) for number in range(40)}
    whole = write(tmp_path, texts)
    found = passages(resolve(whole, tmp_path, RECIPE, Serial()), tmp_path, Serial())()
    assert [(passage.documents, passage.id) for passage in found] == [(40, "0"), (30, "1"), (20, "2"), (10, "3")]
    cut = write(tmp_path / "cut", texts, chunk=3)
    decided = resolve(cut, tmp_path / "cut", RECIPE, Serial())
    monkeypatch.setattr(sys.modules[paragraphs.__module__], "ENTRIES", 100)
    assert passages(decided, tmp_path / "cut", Serial())() == found


@given(st.lists(st.tuples(st.lists(st.sampled_from(["ab ", "\n", "é" * 59, "今" * 20, "\0"])), st.booleans())))
def test_paragraphs_are_the_long_lines_of_what_is_wanted(drawn):
    texts, wanted = ["".join(parts) for parts, _ in drawn], [want for _, want in drawn]
    lines = [
        (at, line)
        for at, (text, want) in enumerate(zip(texts, wanted, strict=True))
        for line in text.split("\n")
        if want and len(line) >= SHORTEST
    ]
    hashes, places = paragraphs(texts, np.array(wanted, bool))
    assert places.tolist() == [at for at, _ in lines]
    assert hashes.tolist() == (hashed(*encoded([line for _, line in lines])) >> np.uint64(1)).tolist()


@given(st.sets(st.tuples(st.integers(0, 3).map(lambda number: number << 40), st.integers(0, 2**31 - 1))))
def test_each_row_is_linked_with_the_best_rows_that_share_a_hash(entries):
    own = {}
    for value, rank in sorted(entries):
        own.setdefault(value, []).append(rank)
    wanted = [
        better << 32 | worse
        for ranks in own.values()
        for place, worse in enumerate(ranks)
        for better in ranks[: min(place, candidates.LINKED)]
    ]
    pairs = list(entries)
    values, ranks = (np.array([pair[at] for pair in pairs], kind) for at, kind in ((0, np.int64), (1, np.int32)))
    found, crowded = candidates.linked(values, ranks)
    assert sorted(found.tolist()) == sorted(wanted)
    assert crowded == sum(len(ranks) > candidates.LINKED + 1 for ranks in own.values())


def test_equally_frequent_passages_are_cut_by_their_digests(tmp_path):
    blocks = [f"Passage {letter} stands below every story of the harbour and says nothing new." for letter in "abcdef"]
    paths = write(tmp_path, {f"{number}": "\n".join([prose(number, 60), *blocks]) for number in range(6)})
    decided = resolve(paths, tmp_path, RECIPE, Serial())
    wanted = sorted(blocks, key=lambda text: hashlib.blake2b(text.encode(), digest_size=8).digest())[:4]
    found = passages(decided, tmp_path, Serial(), most=4)()
    assert [passage.text for passage in found] == sorted(wanted)


def test_texts_are_those_of_the_parts(tmp_path):
    texts = ["", "plain", "söme 今天", "last \U0001f642"] * 3
    paths = write(tmp_path, {str(number): text for number, text in enumerate(texts)}, chunk=5)
    fetch = load(paths, RECIPE).texts
    assert [fetch(row) for row in range(12)] == texts
