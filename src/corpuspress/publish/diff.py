"""What changed between two releases, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .read_release import opened, rows
from .versions import Files, keyed, needed

_TOLD = 20
_ROWS = ("documents", "duplicates", "rejected")


class Diff(NamedTuple):
    """Two releases compared.

    `tables`: for each table the names that were added, removed (with where they went) and changed
    (with the columns and the causes). `rules`: edits of each rule, before and after, where they
    differ. `recipe` and `libraries`: what differs, before and after.
    """

    old: str
    new: str
    size: str
    recipe: dict[str, list[Any]]
    libraries: dict[str, list[Any]]
    rules: dict[str, list[Any]]
    tables: dict[str, dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return self._asdict()

    def to_text(self) -> str:
        """For people; long lists are cut short, JSON has them whole."""
        lines = [f"{self.old} -> {self.new}: {self.size}"]
        differing = {"recipe": self.recipe, "library": self.libraries, "edits of rule": self.rules}
        for title, pairs in differing.items():
            lines += [f"  {title} {name}: {before} -> {after}" for name, (before, after) in pairs.items()]
        for table, found in self.tables.items():
            counts = ", ".join(f"{len(found[kind]):,} {kind}" for kind in ("added", "removed", "changed"))
            lines.append(f"{table}: {counts}")
            lines += _cut(f"  + {name}" for name in found["added"])
            lines += _cut(f"  - {name}: {where}" for name, where in found["removed"].items())
            lines += _cut(f"  ~ {name}: {'; '.join(change['causes'])}" for name, change in found["changed"].items())
        return "\n".join(lines)


def _cut(lines: Iterable[str]) -> list[str]:
    told = list(lines)
    return told[:_TOLD] + ([f"    and {len(told) - _TOLD:,} more"] if len(told) > _TOLD else [])


def diff(corpus: str | Path, old: str, new: str) -> Diff:
    """Compare two releases of a corpus. Raises VersionError when one is not there."""
    before, after = opened(corpus, old), opened(corpus, new)
    first, second = before.manifest, after.manifest
    return Diff(
        str(old),
        str(new),
        needed(before, after).name,
        _differing(_flat(first["recipe"]), _flat(second["recipe"])),
        _differing(first["libraries"], second["libraries"]),
        _differing(_edits(first), _edits(second), missing=0),
        {table: _table(before, after, table) for table in _ROWS},
    )


def _edits(manifest: Mapping[str, Any]) -> dict[str, int]:
    return dict(manifest["counts"]["edits"]["counts"].get("rule", {}))


def _flat(recipe: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{section}.{key}": value for section, table in recipe.items() for key, value in table.items()}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], missing: Any = None) -> dict[str, list[Any]]:
    pairs = ((name, old.get(name, missing), new.get(name, missing)) for name in sorted({*old, *new}))
    return {name: [before, after] for name, before, after in pairs if before != after}


def _table(old: Files, new: Files, table: str) -> dict[str, Any]:
    columns = [name for name in old.columns(table) if name in new.columns(table)]
    before, after = keyed(old, table, columns), keyed(new, table, columns)
    gone = ~np.isin(before[:, 0], after[:, 0])
    fresh = ~np.isin(after[:, 0], before[:, 0])
    rows_after = dict(zip(after[:, 0].tolist(), after[:, 1].tolist(), strict=True))
    changed = [key in rows_after and rows_after[key] != row for key, row in before.tolist()]
    names = _names(old, table, np.flatnonzero(changed))
    return {
        "added": _names(new, table, np.flatnonzero(fresh)),
        "removed": _whereabouts(new, table, _names(old, table, np.flatnonzero(gone))),
        "changed": _changes(old, new, table, names),
    }


def _key(table: str) -> str:
    return "source" if table == "rejected" else "id"


def _names(files: Files, table: str, positions: Any) -> list[str]:
    wanted = set(positions.tolist())
    key = _key(table)
    return [row[key] for number, row in enumerate(rows(files, table, [key])) if number in wanted] if wanted else []


def _whereabouts(new: Files, table: str, names: list[str]) -> dict[str, str]:
    """Where each row that left a table is now."""
    found = dict.fromkeys(names, "gone: no such source any more")
    if not names:
        return found
    for other in _ROWS:
        if other != table:
            for row in _identified(new, other):
                for name in {row["id"], row["source"]} & found.keys():
                    found[name] = _told(other, row)
    return found


def _identified(files: Files, table: str) -> Iterator[dict[str, Any]]:
    more = {"documents": [], "duplicates": ["kept_id", "kind"], "rejected": ["reason"]}[table]
    if table != "rejected":
        yield from rows(files, table, ["id", "source", *more])
        return
    for row in rows(files, table, ["source", *more]):
        yield {"id": row["source"].rpartition(".")[0], **row}


def _told(table: str, row: Mapping[str, Any]) -> str:
    if table == "duplicates":
        return f"now a copy ({row['kind']}) of {row['kept_id']}"
    return f"now rejected: {row['reason']}" if table == "rejected" else "now a document"


def _changes(old: Files, new: Files, table: str, names: list[str]) -> dict[str, Any]:
    if not names:
        return {}
    wanted = set(names)
    before, after = (_facts(files, table, wanted) for files in (old, new))
    first, second = (_rules(files, wanted) if table != "rejected" else {} for files in (old, new))
    none: Counter[str] = Counter()
    return {name: _change(before[name], after[name], first.get(name, none), second.get(name, none)) for name in names}


def _facts(files: Files, table: str, wanted: set[str]) -> dict[str, dict[str, Any]]:
    columns = [name for name in files.columns(table) if name not in ("text", "data")]
    return {row[_key(table)]: row for row in rows(files, table, columns) if row[_key(table)] in wanted}


def _rules(files: Files, wanted: set[str]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for row in rows(files, "edits", ["id", "rule"]):
        if row["id"] in wanted:
            found.setdefault(row["id"], Counter())[row["rule"]] += 1
    return found


def _change(
    old: Mapping[str, Any], new: Mapping[str, Any], before: Counter[str], after: Counter[str]
) -> dict[str, Any]:
    columns = [name for name in old if name in new and old[name] != new[name]]
    rules = _differing(before, after, missing=0)
    causes = [f"rule {name}: {first} -> {second} edits" for name, (first, second) in rules.items()]
    if "source_sha256" in columns:
        causes.insert(0, "the source was changed")
    if not causes:
        causes = [f"columns {', '.join(columns)}" if columns else "the text"]
    return {"causes": causes, "columns": columns, "rules": rules}
