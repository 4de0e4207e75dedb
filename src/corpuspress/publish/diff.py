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
_LINES = 3
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
            lines += _cut(_change_text(name, change) for name, change in found["changed"].items())
        return "\n".join(lines)


def _change_text(name: str, change: Mapping[str, Any]) -> str:
    lines = [f"  ~ {name}: {'; '.join(change['causes'])}"]
    for item in change["lines"][:_LINES]:
        edit, was = (item["new"], "") if item["new"] else (item["old"], "no longer ")
        kind = "removed" if edit["after"] is None else "changed"
        lines.append(f"      line {item['line']} {was}{kind} ({edit['rule']}): {edit['before'][:80]}")
    if len(change["lines"]) > _LINES:
        lines.append(f"      and {len(change['lines']) - _LINES} more lines")
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
    first, second = (_audits(files, wanted) if table != "rejected" else {} for files in (old, new))
    was, now = (_places(files, table, wanted) for files in (old, new))
    moved = {name: [f"split {was[name]} -> {now[name]}"] for name in names if was[name] != now[name]}
    return {
        name: _change(before[name], after[name], first.get(name, []), second.get(name, []), moved.get(name, []))
        for name in names
    }


def _facts(files: Files, table: str, wanted: set[str]) -> dict[str, dict[str, Any]]:
    columns = [name for name in files.columns(table) if name not in ("text", "data")]
    return {row[_key(table)]: row for row in rows(files, table, columns) if row[_key(table)] in wanted}


def _places(files: Files, table: str, wanted: set[str]) -> dict[str, str]:
    """In which split each row stands."""
    key = _key(table)
    named = ((row[key], split) for split in files.splits(table) for row in rows(files, table, [key], split))
    return {name: split for name, split in named if name in wanted}


class _Edited(NamedTuple):
    line: int
    rule: str
    before: str
    after: str | None


def _audits(files: Files, wanted: set[str]) -> dict[str, list[_Edited]]:
    found: dict[str, list[_Edited]] = {}
    for row in rows(files, "edits", ["id", *_Edited._fields]):
        if row["id"] in wanted:
            found.setdefault(row["id"], []).append(_Edited(*(row[name] for name in _Edited._fields)))
    return found


def _change(
    old: Mapping[str, Any], new: Mapping[str, Any], before: list[_Edited], after: list[_Edited], moved: list[str]
) -> dict[str, Any]:
    columns = [name for name in old if name in new and old[name] != new[name]]
    first, second = (Counter(edit.rule for edit in edits) for edits in (before, after))
    rules = _differing(first, second, missing=0)
    causes = moved + [f"rule {name}: {was} -> {now} edits" for name, (was, now) in rules.items()]
    if "source_sha256" in columns:
        # The lines of another source have other numbers: nothing to compare.
        return {"causes": ["the source was changed", *causes], "columns": columns, "rules": rules, "lines": []}
    if not causes:
        causes = [f"columns {', '.join(columns)}" if columns else "the text"]
    return {"causes": causes, "columns": columns, "rules": rules, "lines": _lines(before, after)}


def _lines(old: list[_Edited], new: list[_Edited]) -> list[dict[str, Any]]:
    """Lines that other edits touch than before, with the edit before and now (null: none)."""
    before, after = ({edit.line: edit for edit in edits} for edits in (old, new))
    return [
        {"line": line, "old": _plain(before.get(line)), "new": _plain(after.get(line))}
        for line in sorted({*before, *after})
        if before.get(line) != after.get(line)
    ]


def _plain(edit: _Edited | None) -> dict[str, Any] | None:
    return edit._asdict() if edit else None
