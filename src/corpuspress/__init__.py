"""Press a folder of scraped text into a versioned Parquet corpus.

`build` turns folders into a release, `verify`, `diff` and `restore` work on releases, `clean` and
`clean_batch` clean texts that are at hand. The words that everything uses are in `corpuspress.model`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .building import build, restore, verify
    from .cleaning import Cleaned, clean, clean_batch
    from .publish.diff import diff
    from .recipe import Recipe

__version__ = "0.1.0"

__all__ = ["Cleaned", "Recipe", "build", "clean", "clean_batch", "diff", "restore", "verify"]

_HOMES = {
    "Cleaned": ".cleaning",
    "Recipe": ".recipe",
    "build": ".building",
    "clean": ".cleaning",
    "clean_batch": ".cleaning",
    "diff": ".publish.diff",
    "restore": ".building",
    "verify": ".building",
}


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: the command line's `--help` need not wait for numpy and pyarrow.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
