"""What is installed works, with the source tree out of the way."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHECK = """
import corpuspress, sys
assert corpuspress.__file__.startswith(sys.argv[1]), corpuspress.__file__
assert corpuspress.clean("The ferry is back in the harbour.\\nLeave a Reply").edits
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    tree, out = tmp_path_factory.mktemp("tree") / "source", tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv", "build", ".*_cache", "__pycache__"))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    shutil.rmtree(tree)
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        wheel.extractall(out / "site")
    return out / "site"


def run(installed: Path, *arguments: object) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(installed), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=installed,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_cleans(installed):
    done = run(installed, "-c", CHECK, installed)
    assert done.returncode == 0, done.stderr


def test_the_wheel_builds_and_verifies(installed, tmp_path):
    done = run(installed, "-m", "corpuspress", "build", ROOT / "examples" / "raw", "--out", tmp_path / "c")
    assert done.returncode == 0, done.stderr
    done = run(installed, "-m", "corpuspress", "verify", tmp_path / "c")
    assert done.returncode == 0, done.stderr


def test_the_wheel_carries_its_licences(installed):
    names = {path.name for path in installed.glob("*.dist-info/**/*")}
    assert {"LICENSE", "NOTICE"} <= names
