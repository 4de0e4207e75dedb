"""The facts of a document, from the lines that cleaning removed."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPACE = re.compile(r"\s+")


def distinct(values: Iterable[str]) -> list[str]:
    """Values with single spaces, each once, in order, empty ones left out."""
    return [value for value in dict.fromkeys(_SPACE.sub(" ", value).strip() for value in values) if value]


def first(values: Iterable[str]) -> str | None:
    """The first value that says something."""
    return next(iter(distinct(values)), None)


_BY = re.compile(r"(?i)^(?:by|von|par|por|di|door|автор)\b[:\s]+")


def byline(values: Iterable[str]) -> str | None:
    """The authors, without "By", parted by "; "."""
    names = distinct(_BY.sub("", value.strip()) for value in values)
    return "; ".join(names) or None
