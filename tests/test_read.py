# ruff: noqa: PTH118, PTH123, PTH120, PTH103, PTH117
import errno
import io
import itertools
import os
import pickle
import posixpath
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpuspress.errors import InputError, StorageError
from corpuspress.model import Rejected, Source
from corpuspress.read import listing, load, parse_name, plan
from corpuspress.read.names import found, id_of, shown, tidy_path
from corpuspress.recipe import Read

TEXT = b"The river rose in the night. By morning the mill stood in water.\n"


def name(number, suffix=".txt"):
    return f"{number:03d}_{number * 0x9E3779B97F4A7C15 % 2**64:016x}{suffix}"


def fill(folder, numbers=range(3), data=TEXT):
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / name(number)).write_bytes(data + str(number).encode())
    return folder


def read_all(inputs, spool, recipe=Read(), sidecar=None):  # noqa: B008 -- a frozen value
    planned = plan(inputs, recipe, spool, sidecar)
    assert planned.chunks[0].start == 0
    assert planned.chunks[-1].stop == planned.sources
    return [source for chunk in planned.chunks for source in load(chunk, recipe)]


def reasons(sources):
    return {source.path: source.reason for source in sources if isinstance(source, Rejected)}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("007_caef169ae1fb1c0a.txt", ("007", "caef169ae1fb1c0a")),
        ("0_DEADBEEF.txt", ("0", "DEADBEEF")),
        (f"1_{'a' * 64}.txt", ("1", "a" * 64)),
    ],
)
def test_names_that_fit(file, expected):
    assert parse_name(file) == expected


@pytest.mark.parametrize(
    "file",
    [
        "1_abcdef0.txt",
        f"1_{'a' * 65}.txt",
        "1_caef169ae1fb1c0g.txt",
        "_caef169ae1fb1c0a.txt",
        "caef169ae1fb1c0a.txt",
        "1_caef169ae1fb1c0a.TXT",
        "1_caef169ae1fb1c0a.txt\n",
        " 1_caef169ae1fb1c0a.txt",
        "x/1_caef169ae1fb1c0a.txt",
        "1_caef169ae1fb1c0a.txt.gz",
        "",
    ],
)
def test_names_that_do_not_fit(file):
    assert parse_name(file) is None


def test_pattern_of_the_recipe():
    assert parse_name("page-aa.md", r"page-(?P<provenance>\w+)\.md") == (None, "aa")


@given(st.binary(min_size=1, max_size=30))
def test_law_shown_names_go_back_and_reach_utf8(raw):
    shown(raw).encode()
    assert found(shown(raw)) == raw


@given(st.binary(max_size=30))
def test_law_a_tidy_path_stays_below(raw):
    path = tidy_path(raw)
    if path is not None:
        assert not os.path.isabs(path)
        assert b".." not in path.split(b"/")
        assert os.path.normpath(os.path.join(b"/base", path)).startswith(b"/base/")


def test_sources_come_sorted_with_their_names_parsed(tmp_path):
    raw = fill(tmp_path / "raw", [2, 0])
    fill(raw / "sub-a", [1])
    fill(raw / "sub", [3])
    sources = read_all([raw], tmp_path / "spool")
    assert [source.path for source in sources] == [name(0), name(2), f"sub-a/{name(1)}", f"sub/{name(3)}"]
    first = sources[0]
    assert isinstance(first, Source)
    assert (first.id, first.ordinal, first.provenance) == (id_of(name(0)), "000", parse_name(name(0)).provenance)
    assert first.data == TEXT + b"0"
    assert first.encoding_hint is None
    assert not first.facts


@given(st.permutations(range(6)), st.randoms())
def test_law_order_of_creation_counts_for_nothing(tmp_path_factory, order, chance):
    base = tmp_path_factory.mktemp("order")
    fill(base / "raw", order)
    listed = plan([base / "raw"], Read(), base / "spool")
    assert [source.path for source in load(listed.chunks[0], Read())] == [name(number) for number in range(6)]


def test_names_with_spaces_newlines_and_foreign_letters(tmp_path):
    raw = tmp_path / "raw"
    names = [b"two words/1_aaaaaaaa.txt", b"new\nline/2_bbbbbbbb.txt", "Größe/3_cccccccc.txt".encode()]
    names += [b"caf\xe9/4_dddddddd.txt", b"back\\slash/5_eeeeeeee.txt", b"back\\xE9/6_ffffffff.txt"]
    for path in names:
        full = os.path.join(os.fsencode(raw), path)
        os.makedirs(os.path.dirname(full))
        with open(full, "wb") as file:
            file.write(TEXT + path)
    sources = read_all([raw], tmp_path / "spool")
    assert all(isinstance(source, Source) for source in sources)
    assert {found(source.path) for source in sources} == set(names)
    assert all(source.data == TEXT + found(source.path) for source in sources)
    assert "caf\\xE9/4_dddddddd" in {source.id for source in sources}
    for source in sources:
        source.path.encode()


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes are those of POSIX")
def test_what_cannot_be_taken_is_told_and_stops_nothing(tmp_path):
    raw = fill(tmp_path / "raw", [0])
    (raw / name(1)).write_bytes(b"")
    (raw / name(2)).write_bytes(b"x" * 101)
    (raw / name(3)).symlink_to("nowhere")
    (raw / name(4)).symlink_to(name(4))
    (raw / name(5)).symlink_to(raw / name(0))
    (raw / "loop").symlink_to(raw, target_is_directory=True)
    os.mkfifo(raw / name(6))
    (raw / name(7)).mkdir()
    (raw / "notes.md").write_bytes(TEXT)
    (raw / "more.jsonl.gz").write_bytes(TEXT)
    (raw / ".hidden").mkdir()
    (raw / ".hidden" / name(8)).write_bytes(TEXT)
    sources = read_all([raw], tmp_path / "spool", Read(max_bytes=100))
    assert reasons(sources) == {
        name(1): "empty",
        name(2): "too-large",
        name(3): "unreadable",
        name(4): "unreadable",
        name(6): "unreadable",
        "loop": "unreadable",
        "notes.md": "bad-name",
        "more.jsonl.gz": "bad-name",
    }
    by_path = {source.path: source for source in sources}
    assert by_path[name(5)].data == TEXT + b"0"
    assert by_path["notes.md"].data == TEXT
    assert "give the file itself as an input" in by_path["more.jsonl.gz"].detail
    assert by_path[name(2)].data is None
    assert all(source.detail for source in sources if isinstance(source, Rejected))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom modes bind")
def test_no_permission(tmp_path):
    raw = fill(tmp_path / "raw", [0, 1])
    fill(raw / "locked", [2])
    (raw / name(1)).chmod(0)
    (raw / "locked").chmod(0)
    assert reasons(read_all([raw], tmp_path / "spool")) == {name(1): "unreadable", "locked": "unreadable"}
    (raw / "locked").chmod(0o700)


def test_a_file_that_vanishes_or_changes_kind_after_planning(tmp_path):
    raw = fill(tmp_path / "raw", range(4))
    planned = plan([raw], Read(max_bytes=200), tmp_path / "spool")
    (raw / name(1)).unlink()
    (raw / name(2)).unlink()
    (raw / name(2)).mkdir()
    (raw / name(3)).write_bytes(b"y" * 201)
    sources = load(planned.chunks[0], Read(max_bytes=200))
    assert reasons(sources) == {name(1): "unreadable", name(2): "unreadable", name(3): "too-large"}


def test_a_file_that_grows_or_shrinks_after_planning_is_read_to_its_end(tmp_path):
    raw = fill(tmp_path / "raw", range(4))
    (raw / name(3)).write_bytes(b"")
    planned = plan([raw], Read(), tmp_path / "spool")
    texts = [TEXT + b"0", TEXT * 10_000, TEXT[:5], TEXT]
    for number, text in enumerate(texts):
        (raw / name(number)).write_bytes(text)
    assert [source.data for source in load(planned.chunks[0], Read())] == texts


def test_several_inputs_and_a_taken_id(tmp_path):
    one, two = fill(tmp_path / "one", [0, 2]), fill(tmp_path / "two", [1, 2], b"Other words.\n")
    sources = read_all([one, two], tmp_path / "spool")
    assert [source.path for source in sources] == [name(0), name(1), name(2), name(2)]
    assert isinstance(sources[3], Rejected)
    assert (sources[3].reason, sources[3].data) == ("id-taken", b"Other words.\n2")
    assert sources[2].data == TEXT + b"2"


def test_one_hash_on_two_files_is_kept_twice_and_told(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for number in (1, 2, 3):
        (raw / f"{number}_{'abcdefab' if number < 3 else 'deadbeef'}.txt").write_bytes(TEXT * number)
    planned = plan([raw], Read(), tmp_path / "spool")
    assert planned.repeated == ["abcdefab"]
    assert not reasons(load(planned.chunks[0], Read()))


def test_a_single_file_and_a_list(tmp_path, monkeypatch):
    raw = fill(tmp_path / "raw", range(3))
    assert [source.path for source in read_all([raw / name(1)], tmp_path / "spool")] == [name(1)]
    monkeypatch.chdir(tmp_path)
    listed = f"./raw/{name(2)}\nraw/{name(0)}\n{raw / name(1)}\nraw/gone_1.txt\nraw/9_99999999.txt\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(listed.encode())))
    sources = read_all(["-"], tmp_path / "spool")
    assert [source.path for source in sources] == [
        name(1),
        f"raw/{name(0)}",
        f"raw/{name(2)}",
        "raw/9_99999999.txt",
        "raw/gone_1.txt",
    ]
    assert reasons(sources) == {"raw/9_99999999.txt": "unreadable", "raw/gone_1.txt": "bad-name"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda base: base / "absent", "nothing there"),
        (lambda base: base, "no files"),
        (lambda base: (base / "x.md").write_text("x") and base, "such as 'x.md' .bad-name"),
    ],
)
def test_nothing_to_read_is_an_error_of_the_input(tmp_path, make, message):
    base = tmp_path / "raw"
    base.mkdir()
    with pytest.raises(InputError, match=message):
        plan([make(base)], Read(), tmp_path / "spool")


def test_a_full_disk_is_an_error_of_the_storage(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(listing, "write", full)
    with pytest.raises(StorageError, match="No space left"):
        plan([fill(tmp_path / "raw")], Read(), tmp_path / "spool")


def test_no_input_at_all(tmp_path):
    with pytest.raises(InputError):
        plan([], Read(), tmp_path / "spool")


def many(count, seed=1):
    chance = random.Random(seed)
    return listing.table_of(
        listing.Entry(f"{number:06d}_{chance.getrandbits(64):016x}.txt", 0, size=1000) for number in range(count)
    )


def test_chunks_have_the_sizes_promised():
    borders = listing.cuts(many(40_000))
    sizes = [stop - start for start, stop in itertools.pairwise(borders)]
    assert sum(sizes) == 40_000
    assert all(listing.MIN_SOURCES <= size <= listing.MAX_SOURCES for size in sizes[:-1])
    assert 390 <= sum(sizes) / len(sizes) <= 520


def test_new_sources_move_few_borders():
    table = many(20_000)
    paths = set(table["path"].to_pylist())
    fewer = table.filter([number % 2000 != 7 for number in range(20_000)])

    def chunks(table):
        borders = listing.cuts(table)
        return {listing.key(table, start, stop) for start, stop in itertools.pairwise(borders)}

    assert len(paths) == 20_000
    assert len(chunks(table) - chunks(fewer)) <= 14


def test_large_sources_close_a_chunk_early():
    table = listing.table_of(listing.Entry(f"{n}_aaaaaaaa.txt", 0, size=20_000_000) for n in range(10, 60))
    borders = listing.cuts(table)
    assert max(stop - start for start, stop in itertools.pairwise(borders)) == 3


def test_plan_is_the_same_from_another_place_locale_and_hash_seed(tmp_path):
    program = (
        "import sys; from pathlib import Path; from corpuspress.read import plan; from corpuspress.recipe import Read\n"
        "p = plan([sys.argv[1]], Read(), Path(sys.argv[2]))\n"
        "print([(c.number, c.start, c.stop, c.key) for c in p.chunks], ascii(p.repeated))"
    )
    outputs = set()
    for number, extra in enumerate([{"LC_ALL": "C", "PYTHONHASHSEED": "1"}, {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"}]):
        raw = fill(tmp_path / f"raw{number}", range(90))
        fill(raw / "Öl", [90])
        run = [sys.executable, "-c", program, str(raw), str(tmp_path / f"spool{number}")]
        outputs.add(subprocess.run(run, env=os.environ | extra, capture_output=True, check=True).stdout)
    assert len(outputs) == 1


def test_a_list_of_many_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "_BATCH", 16)
    raw = fill(tmp_path / "raw", range(150))
    (tmp_path / "s.jsonl").write_text("".join(f'{{"file": "{name(n)}", "n": {n}}}\n' for n in range(0, 150, 2)))
    sources = read_all([raw], tmp_path / "spool", sidecar=tmp_path / "s.jsonl")
    assert [source.path for source in sources] == [name(number) for number in range(150)]
    assert [source.facts.get("n") for source in sources] == [n if n % 2 == 0 else None for n in range(150)]


def test_chunks_are_small_and_cross_processes(tmp_path):
    planned = plan([fill(tmp_path / "raw")], Read(), tmp_path / "spool")
    assert len(pickle.dumps(planned.chunks[0])) < 400 + len(str(tmp_path))
    assert pickle.loads(pickle.dumps(planned.chunks)) == planned.chunks


@pytest.mark.slow
def test_a_hundred_thousand_tiny_files(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for number in range(100_000):
        (raw / name(number)).write_bytes(b"a")
    planned = plan([raw], Read(), tmp_path / "spool")
    assert planned.sources == 100_000
    assert sum(len(load(chunk, Read())) for chunk in planned.chunks) == 100_000


def test_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        plan([tmp_path], Read(), Path(tmp_path, "spool"))


@given(st.text(st.sampled_from("ab./"), max_size=12))
def test_an_id_is_the_path_without_what_python_calls_its_suffix(path):
    assert id_of(path) == posixpath.splitext(path)[0]
