"""Killed at any moment, a build leaves the last release whole; run again, it ends in the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from test_build import files, raw

from corpuspress.building import build


def start(folder, corpus) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "corpuspress", "build", str(folder), "--out", str(corpus), "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # Whoever runs the tests in the background may have them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  (no thread runs here)
    )


def gone(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
def test_a_build_killed_at_random_moments_ends_in_the_same_bytes(tmp_path):
    folder, chance = raw(tmp_path / "raw", 3), random.Random(7)
    build([folder], tmp_path / "reference")
    build([folder], tmp_path / "corpus")
    release = files(tmp_path / "corpus" / "1.0.0")
    raw(folder, 600)
    begin = time.monotonic()
    build([folder], tmp_path / "reference", workers=2)
    length = time.monotonic() - begin
    killed = 0
    for _ in range(8):
        child = start(folder, tmp_path / "corpus")
        time.sleep(chance.uniform(0.2, 0.9) * (length + 0.5))
        killed += child.poll() is None
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        assert files(tmp_path / "corpus" / "1.0.0") == release
        versions = [path.name for path in (tmp_path / "corpus").iterdir() if path.name[0].isdigit()]
        assert set(versions) <= {"1.0.0", "1.1.0"}
    assert killed, "no build was killed: the test says nothing"
    build([folder], tmp_path / "corpus", workers=2)
    assert files(tmp_path / "corpus") == files(tmp_path / "reference")


def test_ctrl_c_ends_a_build_at_once_and_leaves_no_process(tmp_path):
    folder = raw(tmp_path / "raw", 600)
    child = start(folder, tmp_path / "corpus")
    while child.poll() is None and not any((tmp_path / "corpus").rglob("*.prepared.arrow")):
        time.sleep(0.01)
    assert child.poll() is None, "the build was over before it could be interrupted"
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(timeout=20) != 0
    assert gone(child.pid)
    assert not (tmp_path / "corpus" / "latest.json").exists()
