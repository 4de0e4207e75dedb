"""Progress on a terminal, above `Engine.map`; silent elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

Result = TypeVar("Result")


def watch(results: Iterable[Result], *, total: int, label: str, unit: str, shown: bool) -> Iterator[Result]:
    """The results as they come; when `shown`, a bar on standard error with rate and time left."""
    if not shown:
        yield from results
        return
    from tqdm import tqdm

    yield from tqdm(results, total=total, desc=f"{label:<12}", unit=f" {unit}", leave=False, dynamic_ncols=True)
