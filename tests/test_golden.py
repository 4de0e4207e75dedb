"""The samples, pressed: every table compared row by row with what was reviewed.

After a change that is meant: `python tests/test_golden.py` writes the expectation anew; read its diff.
"""

import json
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from corpuspress.building import build
from corpuspress.recipe import Recipe

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "cases" / "golden"
TABLES = {"documents": "data", "edits": "edits", "duplicates": "duplicates", "rejected": "rejected"}


def tables(corpus: Path) -> dict[str, str]:
    """Each table as JSON lines, and what the manifest says besides digests and versions."""
    build(
        [ROOT / "examples" / "raw"],
        corpus,
        recipe=Recipe.from_toml(ROOT / "examples" / "corpus.toml"),
        sources=ROOT / "examples" / "sources.jsonl",
    )
    found = {}
    for table, folder in TABLES.items():
        paths = sorted((corpus / "1.0.0" / folder).glob("*.parquet"))
        rows = [row for path in paths for row in pq.read_table(path).to_pylist()]
        lines = [json.dumps(row, ensure_ascii=False, sort_keys=True, default=_plain) for row in rows]
        found[f"{table}.jsonl"] = "".join(f"{line}\n" for line in lines)
    names = sorted(path.relative_to(corpus).as_posix() for path in corpus.rglob("*") if ".parts" not in path.parts)
    found["files.txt"] = "".join(f"{name}\n" for name in names)
    return found


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


@pytest.fixture(scope="module")
def pressed(tmp_path_factory) -> dict[str, str]:
    return tables(tmp_path_factory.mktemp("golden") / "corpus")


@pytest.mark.parametrize("name", [*(f"{table}.jsonl" for table in TABLES), "files.txt"])
def test_golden(pressed, name):
    assert pressed[name].split("\n") == (GOLDEN / name).read_text(encoding="utf-8").split("\n")


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tables(Path(folder) / "corpus").items():
            (GOLDEN / name).write_text(text, encoding="utf-8")
    sys.exit()
