"""The order of a build: plan, prepare, census, press, deduplicate, publish. The only file that knows it.

What happens inside one chunk is in press.py. Every step leaves parts in the run folder, so a build
that was killed goes on where it stopped, and one that is run again does only what is new.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from . import deduplicate, parts, publish, read
from .clean import census as recurring
from .clean import rules
from .engine import Engine, Local, cores
from .errors import StorageError
from .press import Context, prepare, press
from .progress import watch
from .publish import schema
from .recipe import Recipe

Task = TypeVar("Task")
Result = TypeVar("Result")

RUN = ".parts"
"""Folder inside the corpus that holds the parts. It only saves work: deleting it is safe."""


def build(  # noqa: PLR0913  (each is an option of the command)
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    recipe: Recipe | None = None,
    sources: str | Path | None = None,
    version: str = "auto",
    workers: int | None = None,
    check: bool = False,
    dry_run: bool = False,
    progress: bool = False,
) -> publish.Outcome:
    """Turn `inputs` into the next release of the corpus `out`.

    `sources` is a sidecar with more columns, `version` a number or "auto", `workers` the processes
    (default: one for each processor). `check` raises DriftError when the last release would change,
    `dry_run` only says what would be; neither publishes. Raises the errors of errors.py.
    """
    recipe, out = recipe or Recipe(), Path(out)
    rules.check_names(recipe.boilerplate.without)
    with opened(None if dry_run or check else out, workers) as (folder, engine):
        work = Work(engine, progress)
        plan = read.plan(inputs, recipe.read, folder / "spool", Path(sources) if sources else None)
        columns = dict(zip(plan.columns.names, plan.columns.types, strict=True))
        schema.pressed(columns)  # refuses names that are taken before any work is done
        key = parts.digest(parts.code_digest(), _shaping(recipe), str(plan.columns))
        context = Context(recipe, folder, key, plan.columns)
        prepared = work.map("reading", partial(prepare, context), plan.chunks)
        context = context._replace(census=_census(context, prepared))
        pressed = work.map("cleaning", partial(press, context), prepared)
        found = [publish.Part(*(str(context.part(key, kind)) for kind in ("pressed", "edits"))) for key in pressed]
        decisions = _decisions(found, out, context, engine)
        outcome = publish.publish(
            found,
            decisions,
            out,
            folder,
            recipe=recipe,
            engine=engine,
            sidecar=columns,
            version=version,
            check=check,
            dry_run=dry_run,
            measured={"sidecar_rows_without_source": plan.unmatched},
        )
        _prune(folder, {*prepared, *pressed})
    return outcome


def _decisions(found: Sequence[publish.Part], out: Path, context: Context, engine: Engine) -> Path:
    paths = [Path(part.pressed) for part in found]
    return deduplicate.resolve(paths, context.folder / "dedup", context.recipe.deduplicate, engine)


def _prune(folder: Path, keys: set[str]) -> None:
    """Remove the parts that this build did not use: they belong to sources or a recipe that are gone."""
    for path in folder.glob("??/*.arrow"):
        if path.name.split(".")[0] not in keys:
            path.unlink()


class Work:
    """The engine with a progress bar and with results in the order of the tasks."""

    def __init__(self, engine: Engine, progress: bool) -> None:
        self.engine = engine
        self.progress = progress

    def map(self, label: str, function: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
        """The results in the order of the tasks."""
        running = self.engine.map(partial(_numbered, function), list(enumerate(tasks)))
        done = watch(running, total=len(tasks), label=label, unit="chunks", shown=self.progress)
        return [result for _, result in sorted(done, key=lambda pair: pair[0])]


def _numbered(function: Callable[[Task], Result], task: tuple[int, Task]) -> tuple[int, Result]:
    number, value = task
    return number, function(value)


def _shaping(recipe: Recipe) -> str:
    """The options that shape a pressed part; the others may change and all parts stay."""
    options = recipe.to_dict()
    return repr({name: options[name] for name in sorted(options) if name not in ("publish", "gates")})


def _census(context: Context, prepared: Sequence[str]) -> str:
    path = context.folder / "census.arrow"
    tallies = [context.part(key, "tally") for key in prepared]
    parts.write(path, recurring.table_of(recurring.merge(tallies, context.recipe.boilerplate.census_sources)))
    return str(path)


@contextmanager
def opened(out: Path | None, workers: int | None) -> Iterator[tuple[Path, Engine]]:
    """The folder of the parts and an engine; without `out` the folder is temporary.

    One build at a time works in a corpus: StorageError while there is another.
    """
    with _run_folder(out) as folder, Local(workers or cores()) as engine:
        yield folder, engine


@contextmanager
def _run_folder(out: Path | None) -> Iterator[Path]:
    if out is None:
        with tempfile.TemporaryDirectory(prefix="corpuspress-") as temporary:
            yield Path(temporary)
        return
    folder = out / RUN
    with parts.disk(folder, "make the run folder"):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageError(
                out, expected="no other build at work", found="one that is", cure="wait for it, or stop it"
            ) from error
        yield folder
