"""The order of a build: plan, prepare, census, press, deduplicate, publish. The only file that knows it.

What happens inside one chunk is in press.py. Every step leaves parts in the run folder, so a build
that was killed goes on where it stopped, and one that is run again does only what is new.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from . import census as recurring
from . import deduplicate, parts, read
from .engine import Engine, Local, cores, foreseen, give_back
from .errors import InputError, RecipeError, StorageError, storage
from .parts import Context
from .progress import watch
from .publish import Input, Outcome, Part, Wish, card, publish, read_release, schema, splits, versions
from .recipe import Deduplicate, Recipe

if TYPE_CHECKING:
    from .publish.restore import Restored
    from .publish.verify import Verified

__all__ = ["Work", "build", "census", "opened", "restore", "verify"]

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
) -> Outcome:
    """Turn `inputs` into the next release of the corpus `out`.

    `sources` is a sidecar with more columns, `version` a number or "auto", `workers` the processes
    (default: one for each processor, one for little input). `check` raises DriftError when the last release
    would change, `dry_run` only says what would be; neither publishes. Raises the errors of errors.py.
    """
    if not str(out):
        raise InputError("out", expected="a folder for the corpus", found="an empty name", cure="check the variable")
    recipe, out = recipe or Recipe(), Path(out)
    workers = foreseen(inputs, workers)
    check_rules(recipe)
    splits.shares(recipe.publish)  # refuses what is no split before any work is done
    read.check(inputs, out)
    with opened(None if dry_run or check else out, workers) as (folder, engine):
        work = Work(engine, progress)
        plan = read.plan(inputs, recipe.read, folder / "spool", Path(sources) if sources else None, out)
        give_back()
        columns = _columns(plan, recipe)
        schema.pressed(columns)  # refuses names that are taken before any work is done
        key = parts.digest(parts.code_digest(), _shaping(recipe), str(columns))
        context = Context(recipe, folder, key, pa.schema(list(columns.items())))
        # Workers need a moment before they can begin.
        meanwhile = None if check or dry_run else card.ready
        prepared = work.map("reading", partial(_prepared, context), plan.chunks, plan.sizes, meanwhile)
        context = context._replace(census=census(context, prepared))
        pressed = work.map("cleaning", partial(_pressed, context), prepared, plan.sizes)
        found = [
            Part(str(context.part(key, "pressed")), str(context.part(key, "edits")), rows) for key, rows in pressed
        ]
        decided = _decided([Path(part.pressed) for part in found], out, context, engine)
        given = Input(found, decided.path, folder, columns)
        # Looked for while the shards are planned, and counted while they are written.
        passages = deduplicate.passages(decided, folder, engine)
        wish = Wish(version, check, dry_run, partial(_report, plan, decided, passages))
        outcome = publish(given, out, recipe, engine, wish)
        _prune(folder, {*prepared, *(key for key, _ in pressed)})
    return outcome


# The tasks of the two maps: all stages are loaded where these are carried out, and not where they are only given out.


def _prepared(context: Context, chunk: read.Chunk) -> str:
    from .press import prepare

    return prepare(context, chunk)


def _pressed(context: Context, prepared: str) -> tuple[str, int]:
    from .press import press

    return press(context, prepared)


def verify(corpus: str | Path, *, deep: bool = False) -> Verified:
    """Check a release (`CORPUS`, `CORPUS@VERSION` or its own folder); `deep` recomputes every duplicate's figures.

    Raises VerificationError, which names all faults.
    """
    from . import decode
    from .publish import verify as verifying

    return verifying.verify(corpus, encode=decode.encode, measure=_measure(corpus) if deep else None)


def restore(corpus: str | Path, out: str | Path) -> Restored:
    """Write every source of a release into the new folder `out`, as it was. Raises InputError, AuditError."""
    from . import decode
    from .publish import restore as restoring
    from .read import names

    return restoring.restore(corpus, out, encode=decode.encode, name=names.found)


def _measure(corpus: str | Path) -> Callable[[str, str], tuple[float, float]]:
    options = Recipe.from_dict(read_release.opened(corpus).manifest["recipe"]).deduplicate
    return partial(_measured, options)


def _measured(options: Deduplicate, one: str, other: str) -> tuple[float, float]:
    found = deduplicate.measure(one, other, options)
    return found.similarity, found.containment


def _columns(plan: read.Plan, recipe: Recipe) -> dict[str, pa.DataType]:
    """The columns that the documents have beside those of every release."""
    columns = dict(zip(plan.columns.names, plan.columns.types, strict=True))
    if recipe.language.shares:
        columns["languages"] = pa.list_(pa.field("element", pa.string()))
    return columns


def check_rules(recipe: Recipe) -> None:
    """Refuse rule tables with faults, and names of rules that are not there. Raises RecipeError."""
    own = recipe.boilerplate
    if not (own.without or own.rules):
        return
    from .cleaning import rules

    # Workers make the rules ready for themselves.
    faults = rules.nearest(own.without, rules.known(own.rules))
    if faults:
        raise RecipeError(
            "boilerplate.without",
            expected="names of rules",
            found="; ".join(faults),
            cure="corpuspress rules lists them",
        )


def _decided(paths: Sequence[Path], out: Path, context: Context, engine: Engine) -> deduplicate.Decided:
    published = _published(out, context.folder) if context.recipe.deduplicate.keep_published else None
    return deduplicate.resolve(paths, context.folder, context.recipe.deduplicate, engine, published)


def _report(
    plan: read.Plan, decided: deduplicate.Decided, passages: Callable[[], Sequence[deduplicate.Passage]]
) -> dict[str, Any]:
    """What report.json says beside the counts of the tables."""
    return {
        "sidecar_rows_without_source": plan.unmatched,
        "deduplication": decided.counts,
        "passages": [passage._asdict() for passage in passages()],
    }


def _published(out: Path, folder: Path) -> Path | None:
    """The ids of the documents of the last release: they stay keepers."""
    if not versions.releases(out):
        return None
    path = folder / "published.arrow"
    parts.write(path, pa.concat_tables(versions.batches(read_release.opened(out), "documents", ["id"])))
    return path


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

    def map(
        self,
        label: str,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        sizes: Sequence[int],
        meanwhile: Callable[[], None] | None = None,
    ) -> list[Result]:
        """The results in the order of the tasks. The largest are begun first, so that workers end together.

        `meanwhile` is called when the first tasks are given out.
        """
        order = sorted(range(len(tasks)), key=lambda number: -sizes[number])
        running = self.engine.map(partial(_numbered, function), [(number, tasks[number]) for number in order])
        if meanwhile:
            meanwhile()
        done = watch(running, total=len(tasks), label=label, unit="chunks", shown=self.progress)
        return [result for _, result in sorted(done, key=lambda pair: pair[0])]


def _numbered(function: Callable[[Task], Result], task: tuple[int, Task]) -> tuple[int, Result]:
    number, value = task
    return number, function(value)


def _shaping(recipe: Recipe) -> str:
    """The options that shape a pressed part; the others may change and all parts stay."""
    options = recipe.to_dict()
    return repr({name: options[name] for name in sorted(options) if name not in ("publish", "gates")})


def census(context: Context, prepared: Sequence[str]) -> str:
    """Take the census over all prepared chunks; the path of its file."""
    path = context.folder / "census.arrow"
    tallies = [context.part(key, "tally") for key in prepared]
    parts.write(path, recurring.table_of(recurring.merge(tallies, context.recipe.boilerplate.census_sources)))
    give_back()
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
    new = not folder.exists()
    with storage(folder, "room for the parts of a build"):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageError(
                out, expected="no other build at work", found="one that is", cure="wait for it, or stop it"
            ) from error
        try:
            yield folder
        except BaseException:
            # A build that failed before its first part leaves nothing behind where nothing was.
            if new and not any(folder.glob("??")):
                shutil.rmtree(folder, ignore_errors=True)
                with suppress(OSError):
                    out.rmdir()
            raise
