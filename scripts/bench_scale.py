"""How a build grows with the number of documents, from a thousand to a hundred thousand.

    python scripts/bench_scale.py RAW [--sizes 1000 10000 100000] [--workers 1 2]

Each size is a folder of links to the files of RAW, which come again under other names when there are more
documents than files: the second time they are copies, and the build folds them. Figures are taken as in
bench_build.py: times of one run that nobody watches, memory of another before it.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench_build import alone, measure, peak

SIZES = (1_000, 10_000, 100_000)


def folder_of(files: Sequence[Path], size: int, folder: Path) -> int:
    """Put `size` sources into a new folder; the number of their bytes."""
    folder.mkdir()
    total = 0
    for number, path in enumerate(itertools.islice(itertools.cycle(files), size)):
        name = hashlib.sha256(f"{number // len(files)} {path.name}".encode()).hexdigest()[:16]
        target = folder / f"{number:06d}_{name}.txt"
        try:
            os.link(path, target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(path, target)
        total += path.stat().st_size
    return total


def scale(raw: Path, sizes: Sequence[int], workers: Sequence[int]) -> str:
    """Build every size with every number of workers; a Markdown table."""
    files = sorted(raw.rglob("*.txt"))
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=raw.parent) as folder:
            total = folder_of(files, size, Path(folder, "raw"))
            walls = []
            for count in workers:
                most = alone(peak, f"press {count}", Path(folder, "raw"))
                run = alone(measure, f"press {count}", Path(folder, "raw"))
                walls.append(run.wall)
                rows.append(
                    f"| {size:,} | {total / 1e6:.0f} | {count} | {run.cpu:.1f} | {1000 * run.cpu / size:.2f} "
                    f"| {1e6 * run.cpu / total:.3f} | {run.wall:.1f} | {walls[0] / run.wall:.2f} | {most / 1e6:.0f} |"
                )
    columns = "documents | MB | workers | processor s | ms a document | s a MB | wall s | faster by | peak MB"
    return "\n".join([f"| {columns} |", "|---" * (columns.count("|") + 1) + "|", *rows])


def main(arguments: list[str] | None = None) -> str:
    """The table, and what its documents are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--workers", type=int, nargs="+", default=(1, 2))
    options = parser.parse_args(arguments)
    count = sum(1 for _ in options.raw.rglob("*.txt"))
    head = (
        f"{count:,} files, repeated under other names where there are more documents than files. "
        "Times of one run each that nobody watched, peak memory of another."
    )
    return f"{head}\n\n{scale(options.raw.resolve(), options.sizes, options.workers)}"


if __name__ == "__main__":
    print(main())
