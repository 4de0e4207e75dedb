"""Time whole builds against a bare copy and against the obvious script, interleaved in one run.

    python scripts/bench_build.py RAW [--rounds 3] [--obvious]

Every contender runs as a process of its own; processor time is the operating system's account of each
process of its tree, peak memory the largest sum of their proportional shares that was seen, four times a second.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple


class Run(NamedTuple):
    """One finished process: processor and wall time in seconds, peak memory of its tree in bytes."""

    cpu: float
    wall: float
    peak: int


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


def press(raw: Path, out: Path, workers: int) -> None:
    """This project, by its command line."""
    from corpuspress.cli import main

    main(["build", str(raw), "--out", str(out), "--workers", str(workers)])


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


def measure(arguments: list[str]) -> Run:
    """Run this script again as a process and account for it and all below it."""
    begin = time.perf_counter()
    # An installed package keeps its compiled modules; without them a quarter of a second goes into each process.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen(
        [sys.executable, __file__, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env
    )
    peak, cpu = [0], dict[int, float]()
    watcher = threading.Thread(target=_watch, args=(child.pid, peak, cpu), daemon=True)
    watcher.start()
    _, errors = child.communicate()
    watcher.join()
    if child.returncode:
        raise SystemExit(f"{arguments} failed:\n{errors.decode()[-2000:]}")
    return Run(sum(cpu.values()), time.perf_counter() - begin, peak[0])


def _watch(pid: int, peak: list[int], cpu: dict[int, float]) -> None:
    # Workers end with a server that nobody waits for, so the system never adds their time to ours:
    # the last look at each process counts, at most a twentieth of a second before its end.
    import psutil

    try:
        root = psutil.Process(pid)
        for look in itertools.count():
            if root.status() == psutil.STATUS_ZOMBIE:
                return
            tree = [root, *root.children(recursive=True)]
            # To ask for memory costs milliseconds, which the watched processes would miss.
            if look % 5 == 0:
                peak[0] = max(peak[0], sum(map(_memory, tree)))
            for process in tree:
                with contextlib.suppress(psutil.Error):
                    times = process.cpu_times()
                    cpu[process.pid] = times.user + times.system
            time.sleep(0.05)
    except psutil.NoSuchProcess:
        pass


def _memory(process: object) -> int:
    import psutil

    try:
        # Proportional share: what several processes map counts once.
        info = process.memory_full_info()  # type: ignore[attr-defined]
        return int(getattr(info, "pss", info.rss))
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0


def compare(raw: Path, rounds: int, with_obvious: bool) -> dict[str, list[Run]]:
    """Every contender `rounds` times in turn, each into a fresh folder."""
    contenders = [["bare"], ["press", "1"], ["press", "2"], *([["obvious"]] if with_obvious else [])]
    runs: dict[str, list[Run]] = {}
    for _ in range(rounds):
        for name in contenders:
            folder = Path(tempfile.mkdtemp(dir=raw.parent))
            os.environ["HF_HOME"] = str(folder / "cache")
            try:
                run = measure(["--run", *name, "--", str(raw), str(folder / "out")])
                runs.setdefault(" ".join(name), []).append(run)
            finally:
                shutil.rmtree(folder)
    return runs


def table(runs: dict[str, list[Run]], documents: int, size: int) -> str:
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
        peak = max(run.peak for run in own) / 1e6
        lines.append(
            f"| {labels[name]} | {cpu:.1f} | {1000 * cpu / documents:.2f} | {1e6 * cpu / size:.3f} "
            f"| {wall:.1f} | {ratio:.1f} | {peak:.0f} |"
        )
    return "\n".join(lines)


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
    parser.add_argument("--run", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.run:
        kind, *rest = options.run
        {"bare": bare, "obvious": obvious, "press": press, "stages": stages}[kind](
            options.raw, options.out, *map(int, rest)
        )
        return ""
    if find_spec("psutil") is None:
        parser.error("psutil is not installed, which watches the processes: pip install --group bench")
    files = [path.stat().st_size for path in options.raw.rglob("*.txt")]
    runs = compare(options.raw.resolve(), options.rounds, options.obvious)
    head = f"{len(files):,} files, {sum(files) / 1e6:.1f} MB, median of {options.rounds} interleaved rounds."
    steps = stage_table(options.raw.resolve(), len(files))
    return "\n\n".join([head, table(runs, len(files), sum(files)), "The steps, in one process:", steps])


if __name__ == "__main__":
    print(main())
