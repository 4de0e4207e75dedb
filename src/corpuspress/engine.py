"""Where the work runs: one method, `map`, over small picklable tasks.

A task is a small picklable value; a function of a task reads files, writes one part atomically and
returns something small. Functions must be importable by name, and idempotent: a task may run twice.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import chain, islice
from multiprocessing import forkserver
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from .errors import CorpuspressError
from .frugal import frugal

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """Carries out file tasks somewhere."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results of `function` on each task, in any order, each task at least once."""
        ...


class Serial:
    """This process, one task after another: for small inputs, and for tests."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results, in the order of the tasks."""
        return map(function, tasks)


class WorkerLostError(CorpuspressError):
    """A worker process died on the same task again when it had the machine to itself."""


MANY = 64
"""Tasks after which workers have grown, and starting others is cheap beside them."""


LITTLE = 10_000_000
"""Bytes of input that one process has done before others would be ready."""


MUCH = 64_000_000
"""Bytes of free memory that a process keeps; the tables of most chunks are smaller."""


def foreseen(inputs: Sequence[str | Path], workers: int | None) -> int:
    """The processes for a build: `workers`; where that is None one for little input, else one a processor.

    Where there are several and much input, what they are forked from begins to load at once, while this
    process goes on.
    """
    if workers == 1:
        return 1
    little = _is_little(inputs)
    number = workers or (1 if little else cores())
    if number > 1 and not little and sys.platform == "linux":
        _context()
        forkserver.ensure_running()
    return number


def _is_little(inputs: Sequence[str | Path]) -> bool:
    left = LITTLE
    for given in inputs:
        if str(given) == "-":  # a list of paths, which can be read only once
            return False
        for size in _sizes(given):
            left -= size
            if left < 0:
                return False
    return True


def _sizes(path: str | Path) -> Iterator[int]:
    folders = [os.fspath(path)]
    with suppress(OSError):
        if not Path(path).is_dir():
            yield Path(path).stat().st_size
            return
        while folders:
            with os.scandir(folders.pop()) as items:
                for item in items:
                    if item.is_dir(follow_symlinks=False):
                        folders.append(item.path)
                    else:
                        yield item.stat(follow_symlinks=False).st_size


class Local:
    """A pool of processes on this machine; fewer than three tasks run in this process.

    Where the first map has so few, those of all others run here as well: it is the largest of a build, and a pool takes
    half a second to start. Else the pool starts with the first map that needs it and ends with the `with` block; after
    a map with which it has done MANY tasks it starts anew, since workers keep the memory of their largest task. A
    worker that the system kills costs nothing but time: what was under way is done again, one task at a time, so that
    a task that kills its worker is found and named.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._given = 0
        self._open = 0  # maps that are not at their end
        self._is_first = True

    def __enter__(self) -> Local:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop(at_once=kind is not None)

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in order of completion. Raises WorkerLostError, or what the function raises.

        The first tasks are under way when this returns; another map may be carried out meanwhile.
        """
        tasks = iter(tasks)
        first = list(islice(tasks, 3))
        waiting = chain(first, tasks)
        if self._is_first and len(first) < 3:
            self.workers = 1
        self._is_first = False
        if self.workers < 2 or len(first) < 3:
            return map(function, waiting)
        running: dict[Future[Result], Task] = {}
        self._open += 1
        with suppress(BrokenProcessPool):  # `_results` finds it broken as well
            self._fill(running, function, waiting)
        return self._results(running, function, waiting)

    def _results(
        self, running: dict[Future[Result], Task], function: Callable[[Task], Result], waiting: Iterator[Task]
    ) -> Iterator[Result]:
        while True:
            try:
                self._fill(running, function, waiting)
                if not running:
                    self._open -= 1
                    if self._given >= MANY and not self._open:
                        self._stop(at_once=False)
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    result = future.result()
                    del running[future]
                    yield result
            except BrokenProcessPool:
                yield from self._recover(function, running)

    def _fill(
        self, running: dict[Future[Result], Task], function: Callable[[Task], Result], waiting: Iterator[Task]
    ) -> None:
        while len(running) < 2 * self.workers and (drawn := list(islice(waiting, 1))):
            # Noted before it is submitted: a pool found broken here must not lose the task.
            note: Future[Result] = Future()
            running[note] = drawn[0]
            future = self._started().submit(_carried_out, function, drawn[0])
            self._given += 1
            running[future] = running.pop(note)

    def _recover(self, function: Callable[[Task], Result], running: dict[Future[Result], Task]) -> Iterator[Result]:
        print("corpuspress: a worker was killed by the system; its tasks are done again", file=sys.stderr)
        lost = list(running.values())
        running.clear()
        self._stop(at_once=True)
        for task in lost:
            yield self._alone(function, task)

    def _alone(self, function: Callable[[Task], Result], task: Task) -> Result:
        try:
            return self._started().submit(_carried_out, function, task).result()
        except BrokenProcessPool as error:
            self._stop(at_once=True)
            raise WorkerLostError(
                task,
                expected="a task that a worker can finish",
                found="a worker killed by the system twice, the second time alone",
                cure="look for a very large source, or give the machine more memory",
            ) from error

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, mp_context=_context(), initializer=_begin)
        return self._pool

    def _stop(self, *, at_once: bool) -> None:
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values()) if at_once else []
            self._pool.shutdown(wait=not at_once, cancel_futures=True)
            for process in processes:
                process.kill()
                process.join()
            self._pool, self._given = None, 0


def _context() -> Any:
    # forkserver: no lock of this process is copied half-held, and imports and tables are paid once.
    if sys.platform == "linux":
        context = multiprocessing.get_context("forkserver")
        # First what is frugal before numpy comes; shards ask for pyarrow.parquet only when they are written.
        context.set_forkserver_preload(["corpuspress.warm", "corpuspress.building", "pyarrow.parquet"])
        return context
    return multiprocessing.get_context("spawn")


def _begin() -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    frugal()
    import pyarrow as pa

    from .parts import leave_pandas_out

    leave_pandas_out()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def _carried_out(function: Callable[[Task], Result], task: Task) -> Result:
    result = function(task)
    give_back()
    return result


def give_back() -> None:
    """Give free memory of Arrow back to the system, where that is much; it would keep what its largest table took."""
    import pyarrow as pa

    pool = pa.default_memory_pool()
    if pool.max_memory() > MUCH:  # a little is soon wanted again, and page by page dear to get
        pool.release_unused()


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
