"""The benchmark of whole builds counts what it says it counts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from of_scripts import SCRIPTS, script

BURN = """
import os, sys, time

def burn():
    while time.process_time() < 0.2:
        pass
    os._exit(0)

parent = os.getpid()
for kind in sys.argv[1:]:
    if (child := os.fork()) == 0:
        if kind == "nested" and (own := os.fork()):
            os.waitpid(own, 0)
        while kind == "orphan" and os.getppid() == parent:
            time.sleep(0.01)
        burn()
    if kind in ("awaited", "nested"):
        os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def bench_build():
    return script("bench_build")


def taken(take: str, *command: str) -> subprocess.CompletedProcess[str]:
    """What the benchmark takes of a command, in a process that has no other children."""
    code = "import json, sys, bench_build\nprint(json.dumps(getattr(bench_build, sys.argv[1])(sys.argv[2:])))"
    arguments = [sys.executable, "-c", code, take, *command]
    return subprocess.run(arguments, cwd=SCRIPTS, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("kinds", "burning"),
    [
        ([], 0),
        (["awaited", "awaited"], 2),
        (["nested"], 2),
        pytest.param(
            ["left", "orphan", "orphan"],
            3,
            marks=pytest.mark.skipif(sys.platform != "linux", reason="nobody else hands orphans over"),
        ),
    ],
)
def test_processor_time_of_all_processes_is_counted_also_of_those_that_outlive_the_build(kinds, burning):
    done = taken("measure", sys.executable, "-c", BURN, *kinds)
    assert done.returncode == 0, done.stderr
    cpu, wall = json.loads(done.stdout)
    assert cpu >= 0.15 * burning
    assert wall > 0


def test_a_build_that_fails_ends_the_benchmark_with_its_last_words():
    done = taken("measure", sys.executable, "-c", "raise SystemExit('no room')")
    assert done.returncode == 1
    assert "no room" in done.stderr


def test_memory_of_all_processes_is_seen():
    pytest.importorskip("psutil")
    hold = "import os, time; child = os.fork(); held = b'x' * 50_000_000; time.sleep(1); child and os.wait()"
    assert json.loads(taken("peak", sys.executable, "-c", hold).stdout) > 80_000_000


def test_the_project_is_run_as_its_users_run_it(bench_build):
    started = bench_build.command("press 2", Path("raw"), Path("out"))
    assert started == [sys.executable, "-m", "corpuspress", "build", "raw", "--out", "out", "--workers", "2"]


def test_two_workers_are_compared_with_one_round_by_round(bench_build):
    runs = {
        "press 1": [bench_build.Run(3, wall) for wall in (3, 4, 6)],
        "press 2": [bench_build.Run(3, wall) for wall in (2, 2, 5)],
    }
    assert bench_build.faster(runs) == ("Two workers: 1.50 times faster than one (median of the rounds; 1.20 to 2.00).")


def test_it_refuses_to_run_without_what_watches_memory(bench_build, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench_build, "find_spec", lambda _: None)
    with pytest.raises(SystemExit):
        bench_build.main([str(tmp_path)])
    assert "psutil is not installed" in capsys.readouterr().err
