"""When a document was published."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?!\d)")


def published(
    facts: Mapping[str, Sequence[str]], sidecar: Mapping[str, object], language: str
) -> datetime.date | None:
    """The date that the sidecar names (`published` or `date`), else the first that a removed line tells."""
    told = [sidecar[key] for key in ("published", "date") if sidecar.get(key)]
    for value in [*told, *facts.get("published", ())]:
        found = parse(str(value), language)
        if found:
            return found
    return None


def parse(text: str, language: str = "") -> datetime.date | None:
    """The one date that a line tells, or None."""
    found = _ISO.search(text)
    if not found:
        return None
    try:
        return datetime.date(*map(int, found.groups()))
    except ValueError:
        return None
