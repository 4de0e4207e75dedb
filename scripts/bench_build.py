"""Time whole builds against a bare copy and against the obvious script, interleaved in one run.

    python scripts/bench_build.py RAW [--rounds 3] [--obvious]

Every contender runs as a process of its own, this project as its users start it. Wall time is until that process
ends. Processor time is the operating system's own account of it and of all processes below it, taken when the last
of them has ended. Workers are children of a server that outlives the build by a moment, and on Linux this process
takes in whom others leave behind; elsewhere it counts those that the build itself waits for, which are all but a few
helpers. Nobody watches these rounds: a watcher would take its time from a build that uses every core. Peak memory,
the largest sum of the proportional shares of all processes that was seen, comes from one more run of each contender
before them, looked at twenty times a second; that run also warms caches for the others.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

Figures = TypeVar("Figures")

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


class Run(NamedTuple):
    """One finished build: processor time of all its processes and wall time, in seconds."""

    cpu: float
    wall: float


def bare(raw: Path, out: Path) -> None:
    """Read every file, write one Parquet file: what no build can do without."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out.mkdir(parents=True)
    schema = pa.schema([("source", pa.string()), ("text", pa.string())])
    with pq.ParquetWriter(out / "copy.parquet", schema, compression="zstd", compression_level=3) as writer:
        names: list[str] = []
        texts: list[str] = []
        for path in [*sorted(raw.rglob("*.txt")), None]:
            if path is not None:
                names.append(str(path))
                texts.append(path.read_bytes().decode("utf-8", "replace"))
            if len(names) == 10_000 or path is None:
                writer.write_table(pa.table([names, texts], schema=schema))
                names, texts = [], []


def obvious(raw: Path, out: Path) -> None:
    """The script that one would write: ftfy, langdetect and a MinHash index through datasets.map."""
    import ftfy
    import langdetect
    import numpy as np
    from datasets import Dataset
    from datasketch import MinHash, MinHashLSH

    langdetect.DetectorFactory.seed = 0

    def describe(row: dict[str, str]) -> dict[str, object]:
        text = ftfy.fix_text(row["text"])
        words = text.lower().split()
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(words[i : i + 5]).encode() for i in range(max(1, len(words) - 4))])
        try:
            language = langdetect.detect(text)
        except langdetect.LangDetectException:
            language = "und"
        return {"text": text, "language": language, "sketch": sketch.hashvalues.tolist()}

    paths = sorted(raw.rglob("*.txt"))
    rows = {"source": map(str, paths), "text": (path.read_bytes().decode("utf-8", "replace") for path in paths)}
    data = Dataset.from_dict({name: list(values) for name, values in rows.items()}).map(describe)
    index = MinHashLSH(threshold=0.7, num_perm=128)
    kept = []
    for position, row in enumerate(data):
        sketch = MinHash(num_perm=128)
        sketch.hashvalues = np.array(row["sketch"], sketch.hashvalues.dtype)
        if not index.query(sketch):
            kept.append(position)
        index.insert(str(position), sketch)
    data.select(kept).remove_columns("sketch").to_parquet(str(out.with_suffix(".parquet")))


def stages(raw: Path, out: Path) -> None:
    """This project in one process, each step of the build timed; JSON on standard output."""
    from corpuspress.frugal import frugal

    frugal()
    from corpuspress import building, parts
    from corpuspress.building import Work

    parts.leave_pandas_out()
    frugal()
    steps: dict[str, tuple[float, float]] = {}

    def timed(name: str, function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            begin = time.process_time()
            result = function(*arguments, **options)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            steps[name] = time.process_time() - begin, peak
            return result

        return call

    work = Work.map
    Work.map = lambda self, label, *rest: timed(label, work)(self, label, *rest)
    building.read.plan = timed("listing", building.read.plan)
    for name, function in (
        ("census", "census"),
        ("copies", "_decided"),
        ("report", "_report"),
        ("publishing", "publish"),
    ):
        setattr(building, function, timed(name, getattr(building, function)))
    building.build([raw], out, workers=1)
    whole, peak = steps["publishing"]
    steps["publishing"] = whole - steps["report"][0], peak  # which is asked for on the way
    print(json.dumps(steps))


def stage_table(raw: Path, documents: int) -> str:
    """Processor time of each step in one process, and the largest memory up to its end."""
    with tempfile.TemporaryDirectory(dir=raw.parent) as folder:
        command = [sys.executable, __file__, "--run", "stages", "--", str(raw), f"{folder}/out"]
        steps = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    rows = [
        f"| {name} | {cpu:.1f} | {1000 * cpu / documents:.2f} | {peak / 1e6:.0f} |"
        for name, (cpu, peak) in steps.items()
    ]
    head = ["| step | processor s | ms a document | peak MB so far |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def command(name: str, raw: Path, out: Path) -> list[str]:
    """How the contender `name` is started; "press 2" is this project with two workers."""
    kind, *workers = name.split()
    if kind == "press":
        # By its own command line: workers import the main module of what started them.
        return [sys.executable, "-m", "corpuspress", "build", str(raw), "--out", str(out), "--workers", *workers]
    return [sys.executable, __file__, "--run", kind, "--", str(raw), str(out)]


def measure(command: Sequence[str]) -> Run:
    """Run a command and account for it and all below it, which must be the only children of this process."""
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0):
        raise OSError("this system lets nobody wait for the processes that others leave behind")
    # An installed package keeps its compiled modules; without them a quarter of a second goes into each process.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = _spent()
    with tempfile.TemporaryFile() as errors:  # a pipe would stay open until the last process has ended
        begin = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=errors, env=env, check=False)
        wall = time.perf_counter() - begin
        if done.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{errors.read().decode()[-2000:]}")
    with suppress(ChildProcessError):  # until nobody is left
        while True:
            os.wait()
    return Run(_spent() - before, wall)


def _spent() -> float:
    """Processor time of all children that were waited for, with all that they waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def peak(command: Sequence[str]) -> int:
    """Run a command and watch it; the largest memory of it and all below it, in bytes."""
    import psutil

    most, over = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.05):
            most = max(most, sum(map(_memory, psutil.Process().children(recursive=True))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        measure(command)
    finally:
        over.set()
        watcher.join()
    return most


def _memory(process: object) -> int:
    import psutil

    try:
        # Proportional share: what several processes map counts once.
        info = process.memory_full_info()  # type: ignore[attr-defined]
        return int(getattr(info, "pss", info.rss))
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0


def alone(take: Callable[[list[str]], Figures], name: str, raw: Path) -> Figures:
    """What `take` finds of a contender that writes into a folder of its own."""
    with tempfile.TemporaryDirectory(dir=raw.parent) as folder:
        os.environ["HF_HOME"] = f"{folder}/cache"
        return take(command(name, raw, Path(folder, "out")))


def compare(raw: Path, rounds: int, with_obvious: bool) -> tuple[dict[str, list[Run]], dict[str, int]]:
    """Every contender `rounds` times in turn, and its peak memory from one run before."""
    names = ["bare", "press 1", "press 2", *(["obvious"] if with_obvious else [])]
    peaks = {name: alone(peak, name, raw) for name in names}
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            runs[name].append(alone(measure, name, raw))
    return runs, peaks


def table(runs: dict[str, list[Run]], peaks: dict[str, int], documents: int, size: int) -> str:
    """A Markdown table; ratios are medians of the ratios within one round."""
    labels = {
        "bare": "bare copy (read, write Parquet)",
        "press 1": "corpuspress, 1 worker",
        "press 2": "corpuspress, 2 workers",
        "obvious": "ftfy + langdetect + datasketch through datasets.map",
    }
    lines = [
        "| program | processor s | ms a document | s a MB | wall s | against the copy | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, own in runs.items():
        cpu = statistics.median(run.cpu for run in own)
        ratio = statistics.median(run.cpu / base.cpu for run, base in zip(own, runs["bare"], strict=True))
        wall = statistics.median(run.wall for run in own)
        lines.append(
            f"| {labels[name]} | {cpu:.1f} | {1000 * cpu / documents:.2f} | {1e6 * cpu / size:.3f} "
            f"| {wall:.1f} | {ratio:.1f} | {peaks[name] / 1e6:.0f} |"
        )
    return "\n".join(lines)


def faster(runs: dict[str, list[Run]]) -> str:
    """How much sooner two workers are done than one, from the same rounds."""
    ratios = [one.wall / two.wall for one, two in zip(runs["press 1"], runs["press 2"], strict=True)]
    return (
        f"Two workers: {statistics.median(ratios):.2f} times faster than one "
        f"(median of the rounds; {min(ratios):.2f} to {max(ratios):.2f})."
    )


def machine() -> str:
    """Where and with what the figures were taken."""
    names = ("pyarrow", "numpy", "ftfy", "datasets", "langdetect")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {libraries}"


def main(arguments: list[str] | None = None) -> str:
    """Compare on a folder; the report in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--obvious", action="store_true", help="also run the obvious script (slow)")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.run:
        {"bare": bare, "obvious": obvious, "stages": stages}[options.run](options.raw, options.out)
        return ""
    if find_spec("psutil") is None:
        parser.error("psutil is not installed, which watches the processes: pip install --group bench")
    files = [path.stat().st_size for path in options.raw.rglob("*.txt")]
    runs, peaks = compare(options.raw.resolve(), options.rounds, options.obvious)
    head = (
        f"{len(files):,} files, {sum(files) / 1e6:.1f} MB. Times: median of {options.rounds} interleaved rounds that "
        "nobody watched, with the processor time of every process. Peak memory: one more run of each, watched."
    )
    steps = stage_table(options.raw.resolve(), len(files))
    result = table(runs, peaks, len(files), sum(files))
    return "\n\n".join([head, result, faster(runs), "The steps, in one process:", steps])


if __name__ == "__main__":
    print(main())
