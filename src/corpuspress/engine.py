"""Where the work runs: one method, `map`, over small picklable tasks.

A task is a small picklable value; a function of a task reads files, writes one part atomically and
returns something small. Functions must be importable by name, and idempotent: a task may run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

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
