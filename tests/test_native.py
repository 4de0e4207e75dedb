import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpuspress import native
from corpuspress.hashing import hashed, mixed

PACKAGE = Path(native.__file__).parents[1]
LOAD = """
import numpy as np
from corpuspress.hashing import hashed
print(hashed(np.zeros(3, np.uint8), np.array([0, 3])))
"""


@pytest.fixture
def tree(tmp_path) -> Path:
    """A source tree of which nothing is compiled."""
    left_out = shutil.ignore_patterns("compiled.*", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "corpuspress", ignore=left_out)
    return tmp_path


def loaded(tree: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", LOAD],
        env={**os.environ, "PYTHONPATH": str(tree), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_source_tree_compiles_itself(tree):
    done = loaded(tree)
    assert done.returncode == 0, done.stderr
    assert (tree / "corpuspress" / "native" / "compiled.so").exists()
    assert len(list((tree / "corpuspress" / "native").glob("compiled.*"))) == 2


def test_a_library_older_than_its_sources_is_made_again(tree):
    first = loaded(tree)
    source = tree / "corpuspress" / "native" / "core.h"
    source.write_text(source.read_text("utf-8").replace("0x9E3779B97F4A7C15", "0x9E3779B97F4A7C17"), "utf-8")
    second = loaded(tree)
    assert first.returncode == second.returncode == 0
    assert first.stdout != second.stdout


@pytest.mark.parametrize("command", ["false", "a-compiler-that-is-not-there"])
def test_what_cannot_be_compiled_says_what_to_do(tree, command):
    done = loaded(tree, CC=command)
    assert done.returncode == 1
    assert "compiled.so: expected the compiled part of corpuspress" in done.stderr
    assert "install corpuspress again, or a C compiler" in done.stderr


def test_without_any_compiler_the_build_asks_for_one_as_a_package(monkeypatch):
    tools = runpy.run_path(str(PACKAGE / "native" / "build.py"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setitem(tools["compiler"].__globals__, "find_spec", lambda name: None)
    assert tools["compiler"]() is None
    with pytest.raises(RuntimeError, match="pip install 'ziglang"):
        tools["build"]()
    monkeypatch.setitem(tools["compiler"].__globals__, "find_spec", lambda name: name == "ziglang")
    assert tools["compiler"]() == [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline"]


@pytest.mark.parametrize(
    "data",
    [b"bytes", np.zeros(3, np.int8), np.zeros(6, np.uint8)[::2], [0, 1, 2]],
    ids=["no array", "another type", "with gaps", "a list"],
)
def test_an_array_that_c_would_read_wrongly_is_refused(data):
    with pytest.raises(TypeError, match="expected a contiguous array of uint8"):
        native.function("cp_hashed", np.uint8, np.int64, int, np.uint64)(
            data, np.array([0, 3]), 1, np.zeros(1, np.uint64)
        )


def test_arrays_that_are_read_only_or_empty_are_taken():
    data = np.frombuffer(b"one", np.uint8)
    assert not data.flags.writeable
    assert hashed(data, np.array([0, 3])).tolist() == hashed(data.copy(), np.array([0, 3])).tolist()
    assert hashed(np.zeros(0, np.uint8), np.array([0])).tolist() == []


def plainly_hashed(text: bytes) -> int:
    step = 0x9E3779B97F4A7C15
    total = step * len(text)
    for place, first in enumerate(range(0, len(text), 8), 1):
        run = int.from_bytes(text[first : first + 8], "little") + step * place
        total += int(mixed(np.array([run % 2**64], np.uint64))[0])
    return int(mixed(np.array([total % 2**64], np.uint64))[0])


def test_hashes_are_those_of_the_plain_definition():
    texts = [b"x" * size for size in range(1, 40)] + [bytes(range(200, 256)), b"\0" * 9, b""]
    data = np.frombuffer(b"".join(texts), np.uint8)
    starts = np.cumsum([0, *map(len, texts)])
    assert hashed(data, starts).tolist() == list(map(plainly_hashed, texts))


def test_a_part_depends_on_the_sources_and_not_on_who_compiled_them(tree):
    ask = (
        "from corpuspress import native, parts; print(parts.code_digest()); "
        "native._library(); print(parts.code_digest.__wrapped__())"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = done.stdout.split()
    assert before == after


FUZZ = """
import random, sys, tempfile
from pathlib import Path
import numpy as np
import pyarrow as pa
from corpuspress import Recipe, clean, describe, deduplicate, parts
from corpuspress.deduplicate import candidates
from corpuspress.engine import Serial
from corpuspress.census import hashes
from corpuspress.cleaning import clean_batch
from corpuspress.press import press_text
from corpuspress.errors import CorpuspressError

chance = random.Random(int(sys.argv[1]))
WORDS = ["The ferry left.", "Leave a Reply", "Share this", "2024-05-01", "READ MORE: a day out", "Привет, мир!", "é"]
WORDS += ["今天天气很好。", "สวัสดี", "e\\u0301", "ﬁ", "\\u200b", "\\0", "\\ud800", "\\U0001f600", "\\U000e0001"]
WORDS += ["İ", "ß", "cafÃ©", "&amp;", "...", "”", "\\t", "  "]

def text():
    sizes = [0, 1, 3, 30, 200]
    lines = [" ".join(chance.choices(WORDS, k=chance.choice(sizes))) for _ in range(chance.choice(sizes))]
    return chance.choice(["\\n", "\\n\\n", "\\r\\n", ""]).join(lines)

def copies(texts):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, own in enumerate((texts[:3], texts[3:])):
            names = [f"{number} {place}" for place in range(len(own))]
            table = pa.table({"id": names, "source": names, "text": pa.array(own, pa.string())})
            for name, column in zip(("fold_digest", "sketch"), deduplicate.sketch(own, Recipe().deduplicate).columns):
                table = table.append_column(name, column)
            paths.append(Path(folder, f"{number}.arrow"))
            parts.write(paths[-1], table)
        candidates.ENTRIES = chance.choice([50, 1 << 20])
        decided = deduplicate.resolve(paths, Path(folder), Recipe().deduplicate, Serial())
        deduplicate.passages(decided, Path(folder), Serial(), fewest=1)()
    entries = {(chance.randint(0, 9) << 40, chance.randint(0, 999)) for _ in range(chance.randint(0, 300))}
    values, ranks = zip(*entries) if entries else ((), ())
    candidates.linked(np.array(values, np.int64), np.array(ranks, np.int32))

for _ in range(int(sys.argv[2])):
    texts = [text() for _ in range(chance.randint(0, 5))]
    clean_batch({"text": texts})
    whole = [one.encode("utf-8", "replace").decode() for one in texts]
    copies(whole + whole[:2])
    describe.languages(texts)
    describe.describe(whole, [None] * len(whole), [{}] * len(whole))
    hashes.fold(texts)
    data = "".join(texts).encode("utf-8", "surrogatepass")[: chance.randint(0, 3000)]
    damaged = bytes(byte ^ (chance.random() < 0.01) * chance.randint(1, 255) for byte in data)
    for found in (data, damaged, chance.randbytes(chance.randint(0, 99))):
        try:
            press_text(found, Recipe())
        except CorpuspressError:
            pass
"""


@pytest.mark.slow
def test_nothing_is_read_or_written_out_of_bounds(tree):
    checked = "cc -fsanitize=address,undefined -fno-sanitize-recover=all -g"
    library = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=False)
    if not Path(library.stdout.strip()).is_absolute():
        pytest.skip("the compiler has no sanitizers")
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, "1", "12"],
        env={
            **os.environ,
            "PYTHONPATH": str(tree),
            "CC": checked,
            "LD_PRELOAD": library.stdout.strip(),
            "ASAN_OPTIONS": "detect_leaks=0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
