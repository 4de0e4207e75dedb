"""Near-copies: quality by operation, and time and memory against plain MinHash pipelines.

    python scripts/bench_dedup.py quality FOLDER [--raw]
    python scripts/bench_dedup.py scale FOLDER [--sizes 12500,25000,50000,100000] [--rounds 1] [--work FOLDER]

`quality` wants a folder with `truth.jsonl` and `raw/`; the texts are cleaned first unless `--raw`.
`scale` wants a folder of text files; a fifth of the documents are files of it, four fifths are made
from those: paragraphs dropped, cut short, words changed, foreign paragraphs added. Each pipeline gets
the same texts in a process of its own, in turn; times are processor seconds of that process.
Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpuspress import parts
from corpuspress.deduplicate import resolve, sketch
from corpuspress.engine import Serial
from corpuspress.recipe import Deduplicate

CHUNK = 200
VARIANTS = 5
THRESHOLD = 0.7  # of the MinHash pipelines; 128 permutations
BANDS = 16


def write_parts(documents: Path, folder: Path, recipe: Deduplicate) -> list[Path]:
    paths = []
    for number, (names, own) in enumerate(batches(documents)):
        table = pa.table({"id": names, "source": names, "text": own})
        sketches = sketch(own, recipe)
        for field, column in zip(sketches.schema, sketches.columns, strict=True):
            table = table.append_column(field, column)
        paths.append(folder / f"{number}.arrow")
        parts.write(paths[-1], table)
    return paths


def decisions(documents: Path) -> pa.Table:
    recipe = Deduplicate()
    with tempfile.TemporaryDirectory() as folder:
        paths = write_parts(documents, Path(folder), recipe)
        return parts.read(resolve(paths, Path(folder), recipe, Serial()).path)


# ---- quality -------------------------------------------------------------------------------------


def quality(folder: Path, *, raw: bool) -> str:
    truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = [(folder / "raw" / row["file"]).read_text(encoding="utf-8") for row in truth]
    if not raw:
        from corpuspress.cleaning import clean
        from corpuspress.recipe import Recipe

        texts = [clean(text, Recipe()).text for text in texts]
    ids = [row["file"] for row in truth]
    with tempfile.TemporaryDirectory() as work:
        found = decisions(write_texts(Path(work) / "texts", ids, texts)).to_pylist()
    decided = dict(zip(ids, found, strict=True))
    return quality_table(truth, decided)


def quality_table(truth: Sequence[dict[str, Any]], decided: dict[str, dict[str, Any]]) -> str:
    base = {row["cluster"]: row["file"] for row in truth if row["role"] == "base"}
    found: dict[str, list[bool]] = defaultdict(list)
    for row in truth:
        if row["role"] in ("dup", "contains"):
            hit = decided[row["file"]]["cluster"] == decided[base[row["base"]]]["cluster"]
            for name in ["all", *sorted({operation[0] for operation in row["ops"]})]:
                found[name].append(hit)
    of = {row["file"]: row["cluster"] for row in truth}
    role = {row["file"]: row["role"] for row in truth}
    joined = [(name, row["kept_id"]) for name, row in decided.items() if row["kept_id"]]
    wrong = [pair for pair in joined if of[pair[0]] != of[pair[1]]]
    negatives = sum("hardneg" in (role[left], role[right]) for left, right in wrong)
    lines = ["| operation | copies | found |", "|---|---|---|"]
    lines += [f"| {name} | {len(hits)} | {sum(hits) / len(hits):.4f} |" for name, hits in sorted(found.items())]
    kinds = Counter(row["kind"] for row in decided.values() if row["kind"])
    lines += ["", f"{len(joined)} duplicates ({dict(sorted(kinds.items()))}), {len(wrong)} of them wrong"]
    lines += [f"(precision {1 - len(wrong) / len(joined):.4f}), {negatives} with a hard negative."]
    return "\n".join(lines)


# ---- scale ---------------------------------------------------------------------------------------


def variants(texts: Sequence[str], size: int) -> Iterator[tuple[str, str]]:
    """`size` documents with their ids `cluster-variant`; variant 0 is the text itself."""
    for place in range(size):
        cluster, variant = place // VARIANTS, place % VARIANTS
        text = texts[cluster % len(texts)]
        yield f"{cluster:06}-{variant}", edited(text, f"{cluster}-{variant}", texts) if variant else text


def edited(text: str, seed: str, others: Sequence[str]) -> str:
    draw = random.Random(seed)
    lines = text.split("\n")
    if draw.random() < 0.4:
        lines = lines[: max(3, int(len(lines) * draw.uniform(0.33, 0.8)))]
    if draw.random() < 0.5:
        lines = [line for line in lines if draw.random() > 0.1] or lines
    if draw.random() < 0.4:
        lines += draw.choice(others).split("\n")[-3:]
    words = [" ".join(line.split()) for line in lines]
    rate = draw.choice((0, 0, 0.01, 0.02))
    return "\n".join(" ".join("said" if draw.random() < rate else word for word in line.split(" ")) for line in words)


def ours(documents: Path) -> set[tuple[str, str]]:
    names = (name for names, _ in batches(documents) for name in names)
    return {(name, kept) for name, kept in zip(names, decisions(documents)["kept_id"].to_pylist(), strict=True) if kept}


def each(documents: Path) -> Iterator[tuple[str, str]]:
    for ids, texts in batches(documents):
        yield from zip(ids, texts, strict=True)


def shingles(text: str) -> list[str]:
    words = text.lower().split()
    return [" ".join(words[first : first + 5]) for first in range(max(1, len(words) - 4))]


def rensa(documents: Path) -> set[tuple[str, str]]:
    from rensa import RMinHash, RMinHashLSH

    index, hashes, ids = RMinHashLSH(threshold=THRESHOLD, num_perm=128, num_bands=BANDS), [], []
    for place, (name, text) in enumerate(each(documents)):
        ids.append(name)
        minhash = RMinHash(num_perm=128, seed=42)
        minhash.update(shingles(text))
        index.insert(place, minhash)
        hashes.append(minhash)
    return {
        (ids[place], ids[other])
        for place, minhash in enumerate(hashes)
        for other in index.query(minhash)
        if other < place and minhash.jaccard(hashes[other]) >= THRESHOLD
    }


def datasketch(documents: Path) -> set[tuple[str, str]]:
    from datasketch import MinHash, MinHashLSH

    index, found = MinHashLSH(threshold=THRESHOLD, num_perm=128), set()
    for name, text in each(documents):
        minhash = MinHash(num_perm=128)
        minhash.update_batch([shingle.encode() for shingle in shingles(text)])
        found |= {(name, other) for other in index.query(minhash)}
        index.insert(name, minhash)
    return found


PIPELINES = {"corpuspress": ours, "rensa": rensa, "datasketch": datasketch}


def one(name: str, path: Path) -> None:
    """Run one pipeline in this process; print seconds, peak memory in MB and recall as JSON."""
    before, clock = time.process_time(), time.perf_counter()
    pairs = PIPELINES[name](path)
    seconds, wall = time.process_time() - before, time.perf_counter() - clock
    result = {"seconds": seconds, "wall": wall, "peak": peak() // 1024}
    print(json.dumps(result | score([name for names, _ in batches(path) for name in names], pairs)))


def peak() -> int:
    """Largest resident memory of this process since it began, in KB."""
    # Not getrusage: its figure starts with that of the parent.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0])


def batches(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    # Opened anew for each batch: what stays mapped would count as memory of the pipeline.
    for number in range(len_batches(path)):
        with pa.memory_map(str(path)) as source:
            some = pa.ipc.open_file(source).get_batch(number).to_pydict()
        yield some["id"], some["text"]


def len_batches(path: Path) -> int:
    with pa.memory_map(str(path)) as source:
        return int(pa.ipc.open_file(source).num_record_batches)


def write_texts(path: Path, ids: Sequence[str], texts: Sequence[str]) -> Path:
    table = pa.table({"id": list(ids), "text": list(texts)})
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=CHUNK)
    return path


def score(ids: Sequence[str], pairs: set[tuple[str, str]]) -> dict[str, float]:
    """Share of the variants joined with their original, directly or through others; share of right pairs."""
    parent: dict[str, str] = {}

    def top(name: str) -> str:
        while name in parent:
            name = parent[name]
        return name

    for left, right in sorted(pairs):
        if (low := top(left)) != (high := top(right)):
            parent[low] = high
    copies = [name for name in ids if not name.endswith("-0")]
    joined = sum(top(name) == top(f"{name.split('-')[0]}-0") for name in copies)
    right_pairs = sum(left.split("-")[0] == right.split("-")[0] for left, right in pairs)
    return {"recall": joined / max(1, len(copies)), "precision": right_pairs / max(1, len(pairs))}


def scale(folder: Path, sizes: Sequence[int], rounds: int, work: Path, names: Sequence[str]) -> str:
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("*.txt"))]
    runs: dict[tuple[str, int], list[dict[str, float]]] = defaultdict(list)
    for size in sizes:
        path = work / f"texts-{size}.arrow"
        ids, made = zip(*variants(texts, size), strict=True)
        write_texts(path, ids, made)
    for _ in range(rounds):
        for size in sizes:
            for name in names:
                if name == "datasketch" and size > min(sizes):
                    continue
                call = [sys.executable, __file__, "one", name, str(work / f"texts-{size}.arrow")]
                runs[name, size].append(json.loads(subprocess.run(call, check=True, capture_output=True).stdout))
                print(name, size, runs[name, size][-1], file=sys.stderr)
    return scale_table(runs)


def scale_table(runs: dict[tuple[str, int], list[dict[str, float]]]) -> str:
    lines = ["| pipeline | documents | processor s | ms a document | peak MB | copies found | right pairs |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for (name, size), found in sorted(runs.items()):
        best = min(found, key=lambda run: run["seconds"])
        cells = (
            f"{best['seconds']:.1f}",
            f"{1000 * best['seconds'] / size:.2f}",
            f"{best['peak']:.0f}",
        )
        lines.append(f"| {name} | {size:,} | {' | '.join(cells)} | {best['recall']:.4f} | {best['precision']:.4f} |")
    own = sorted(
        (size, min(run["seconds"] for run in found)) for (name, size), found in runs.items() if name == "corpuspress"
    )
    if len(own) > 1:
        exponent = log(own[-1][1] / own[0][1]) / log(own[-1][0] / own[0][0])
        lines += ["", f"Time of corpuspress grows with the power {exponent:.2f} of the number of documents."]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> str:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    good = modes.add_parser("quality")
    good.add_argument("folder", type=Path)
    good.add_argument("--raw", action="store_true")
    fast = modes.add_parser("scale")
    fast.add_argument("folder", type=Path)
    fast.add_argument("--sizes", default="12500,25000,50000,100000")
    fast.add_argument("--rounds", type=int, default=1)
    fast.add_argument("--work", type=Path)
    fast.add_argument("--pipelines", default="corpuspress,rensa,datasketch")
    alone = modes.add_parser("one")
    alone.add_argument("name", choices=list(PIPELINES))
    alone.add_argument("path", type=Path)
    given = parser.parse_args(arguments)
    if given.mode == "one":
        one(given.name, given.path)
        return ""
    if given.mode == "quality":
        return quality(given.folder, raw=given.raw)
    with tempfile.TemporaryDirectory() as folder:
        sizes = [int(size) for size in given.sizes.split(",")]
        return scale(given.folder, sizes, given.rounds, given.work or Path(folder), given.pipelines.split(","))


if __name__ == "__main__":
    if text := main():
        print(text)
