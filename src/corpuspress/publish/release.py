"""Make the next release and put it in its place.

Everything is written and synced in a hidden folder of the corpus; one rename makes it a release. The
rename fails where the version exists, so of two publishers one wins. After it the root card and
`latest.json` are replaced, each at once. Killed at any moment, the last release stays whole; the next
run clears up and mends the root card.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..engine import Engine
from ..errors import DriftError, GateError, VersionError, VersionExistsError, storage
from ..recipe import Recipe
from . import attestation, card, croissant, manifest
from .shards import Input, Written, in_order, plan, write_shard
from .splits import ONLY
from .staging import settle, staging
from .storage import canonical, replace, sha256_of, sync, write
from .versions import FIRST, LATEST, Files, Step, Version, following, needed, parse, releases


class Outcome(NamedTuple):
    """What came of a build.

    `published` is False when the last release holds this content already, or nothing was to be
    written; `step` is how large the change against `previous` is; `report` is report.json; `split` is
    the first split that has documents.
    """

    corpus: Path
    version: str
    previous: str | None
    published: bool
    step: Step
    report: dict[str, Any]
    warnings: tuple[str, ...] = ()
    split: str = ONLY

    def summary(self) -> str:
        """What was done, in a few lines, and the line of Python that loads it."""
        rows = self.report["rows"]
        numbers = ", ".join(f"{count:,} {table}" for table, count in rows.items())
        if self.published:
            first = f"{self.corpus}: published {self.version}, {numbers}"
        elif self.step is Step.NONE:
            first = f"{self.corpus}: nothing new, {self.version} holds this content already ({numbers})"
        else:
            return f"{self.corpus}: would publish {self.version}, {numbers}"
        return f'{first}\nload_dataset("{self.corpus}", "{self.version}", split="{self.split}")'

    def markdown(self) -> str:
        """The same as a page."""
        rows = [f"| {table} | {count:,} |" for table, count in self.report["rows"].items()]
        rules = card.ranked(self.report["counts"]["edits"]["counts"].get("rule"))
        lines = [self.summary().replace("\n", "\n\n    "), "", "| table | rows |", "|---|---:|", *rows]
        lines += ["", "| rule | edits |", "|---|---:|", *(f"| `{name}` | {count:,} |" for name, count in rules)]
        return "\n".join(lines)


class Draft(NamedTuple):
    """A release that has its tables, and neither a number nor a place."""

    folder: Path
    manifest: dict[str, Any]
    report: dict[str, Any]


class Wish(NamedTuple):
    """How a release is to be published.

    `version` a number or "auto"; `check` raises DriftError where something would be published,
    `dry_run` only says what would be; `measured` tells more facts for report.json (nothing that depends on
    clock or machine), asked while the tables are written; `finish` may add files to the release before it
    is summed up and sealed.
    """

    version: str = "auto"
    check: bool = False
    dry_run: bool = False
    measured: Callable[[], Mapping[str, Any]] = dict
    finish: Callable[[Path], None] | None = None


AUTO = Wish()


def publish(given: Input, corpus: Path, recipe: Recipe, engine: Engine, wish: Wish = AUTO) -> Outcome:
    """Make the next release of `corpus` from the parts of a build.

    Raises VersionError, VersionExistsError, GateError, DriftError (under `check`), StorageError.
    """
    wanted = None if wish.version == "auto" else parse(wish.version)
    known = releases(corpus)
    if wanted and wanted not in known and known and wanted < known[-1]:
        raise _too_small(corpus, wanted, known[-1], known[-1])
    unseen = wish.check or wish.dry_run
    with staging(given.run if unseen else corpus) as folder:
        draft = _draft(given, folder, recipe, engine, wish.measured)
        _gates(draft, recipe)
        if unseen:
            return _would(draft, corpus, wanted, check=wish.check)
        while True:
            outcome = _numbered(draft, corpus, wanted)
            if not outcome.published or _seal(draft, corpus, outcome, wish.finish):
                refresh(corpus)
                return outcome


def _draft(
    given: Input, folder: Path, recipe: Recipe, engine: Engine, measured: Callable[[], Mapping[str, Any]]
) -> Draft:
    pieces = given.pieces()
    shards = plan(given, pieces, folder, recipe.publish)
    running = engine.map(write_shard, shards)
    # What this process does itself it does while workers write.
    inputs, shared = manifest.write_inputs(pieces, folder / manifest.INPUTS), manifest.shared_provenance(pieces)
    told = measured()
    written = in_order(running, shards)
    made = manifest.manifest_of(written, recipe, inputs, given.sidecar)
    return Draft(folder, made, _report(made, written, shared, told))


def _report(
    made: Mapping[str, Any],
    written: Sequence[Written],
    shared: Sequence[Mapping[str, Any]],
    measured: Mapping[str, Any],
) -> dict[str, Any]:
    rows = {table: found["rows"] for table, found in made["tables"].items()}
    sizes = {table: sum(file.bytes for file in written if file.table == table) for table in rows}
    known = {"rows": rows, "bytes": sizes, "counts": made["counts"], "inputs": made["inputs"]}
    return {**measured, **known, "same_provenance": list(shared)}


def _gates(draft: Draft, recipe: Recipe) -> None:
    """Raise GateError, naming every gate that the draft fails."""
    rows, counts, gates = draft.report["rows"], draft.report["counts"], recipe.gates
    removed = counts["edits"]["sums"].get("removed_chars", 0)
    kept = sum(counts[table]["sums"].get("chars", 0) for table in ("documents", "duplicates"))
    shares = {
        "max_rejected_share": (rows["rejected"] / max(1, draft.report["inputs"]["sources"]), gates.max_rejected_share),
        "max_removed_share": (removed / max(1, removed + kept), gates.max_removed_share),
    }
    # A release without a document could not be loaded.
    fewest = max(1, gates.min_documents)
    faults = [f"min_documents: {rows['documents']} where {fewest} are the fewest"] if rows["documents"] < fewest else []
    faults += [
        f"{name}: {share:.4f} where {limit} is the limit" for name, (share, limit) in shares.items() if share > limit
    ]
    if faults:
        raise GateError(
            "gates",
            expected="a release within the limits of the recipe",
            found="; ".join(faults),
            cure="look at what was rejected and removed, mend the sources or the recipe's [gates]",
        )


def _would(draft: Draft, corpus: Path, wanted: Version | None, *, check: bool) -> Outcome:
    outcome = _numbered(draft, corpus, wanted)
    if check and outcome.published:
        raise DriftError(
            corpus,
            expected=f"the content of {outcome.previous}" if outcome.previous else "a release",
            found=f"a change of size {outcome.step.name}" if outcome.previous else "none",
            cure=f"publish {outcome.version}, or find out why it changed: corpuspress diff",
        )
    return outcome._replace(published=False)


def _numbered(draft: Draft, corpus: Path, wanted: Version | None) -> Outcome:
    """The number that the draft must have; `published` False when a release holds it already."""
    known = releases(corpus)
    new = Files(draft.folder, draft.manifest)
    if wanted in known:
        step = needed(Files(corpus / str(wanted), manifest.load(corpus / str(wanted))), new)
        if step is not Step.NONE:
            raise _exists(corpus / str(wanted), step)
        return _outcome(draft, corpus, str(wanted), None, Step.NONE)
    if not known:
        return _outcome(draft, corpus, str(wanted or FIRST), None, Step.MAJOR)
    last = known[-1]
    step = needed(Files(corpus / str(last), manifest.load(corpus / str(last))), new)
    if step is Step.NONE and wanted is None:
        return _outcome(draft, corpus, str(last), str(last), step)
    least = following(last, max(step, Step.PATCH))
    if wanted is not None and wanted < least:
        raise _too_small(corpus, wanted, least, last)
    return _outcome(draft, corpus, str(wanted or least), str(last), max(step, Step.PATCH))


def _outcome(draft: Draft, corpus: Path, version: str, previous: str | None, step: Step) -> Outcome:
    split = Files(draft.folder, draft.manifest).splits("documents")[0]
    return Outcome(corpus, version, previous, step is not Step.NONE, step, draft.report, _warnings(draft), split)


def _warnings(draft: Draft) -> tuple[str, ...]:
    counts = draft.report["counts"]
    flags = counts["documents"]["counts"].get("flags", {})
    reasons = counts["rejected"]["counts"].get("reason", {})
    told = [f"documents flagged `{flag}`: {count}" for flag, count in sorted(flags.items())]
    told += [f"sources rejected as `{reason}`: {count}" for reason, count in sorted(reasons.items())]
    shared = len(draft.report["same_provenance"])
    return (*told, *([f"hashes that stand on sources with different bytes: {shared}"] if shared else []))


def _too_small(corpus: Path, wanted: Version, least: Version, last: Version) -> VersionError:
    return VersionError(
        corpus,
        expected=f"version {least} or larger, after {last}",
        found=str(wanted),
        cure="take `--version auto`, which finds the smallest number that tells the truth",
    )


def _exists(path: Path, step: Step) -> VersionExistsError:
    return VersionExistsError(
        path,
        expected="the content that was published under this version",
        found=f"other content (a change of size {step.name})",
        cure="a published version never changes: take `--version auto` or a larger number",
    )


def _seal(draft: Draft, corpus: Path, outcome: Outcome, finish: Callable[[Path], None] | None) -> bool:
    """Complete the draft and rename it; False when another publisher took the place."""
    folder = draft.folder
    made = manifest.numbered(draft.manifest, outcome.version, outcome.previous)
    write(folder / manifest.NAME, manifest.encoded(made))
    write(folder / "report.json", canonical({**draft.report, "version": outcome.version}))
    write(folder / "README.md", card.render(made))
    write(folder / "croissant.json", canonical(croissant.croissant(made)))
    statement = attestation.statement(made, sha256_of(folder / manifest.NAME))
    write(folder / "provenance.intoto.json", canonical(statement))
    if finish:
        finish(folder)
    manifest.write_sums(folder, made)
    settle(folder)
    return _rename(folder, corpus / outcome.version)


def _rename(folder: Path, place: Path) -> bool:
    with storage(place):
        try:
            folder.rename(place)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY) and (place / manifest.NAME).is_file():
                return False
            raise
        sync(place.parent)
    return True


def refresh(corpus: Path) -> None:
    """Bring the root card and `latest.json` up to the releases that are there."""
    manifests = [manifest.load(corpus / str(version)) for version in releases(corpus)]
    if not manifests:
        return
    newest = manifests[-1]["version"]
    latest = {"version": newest, "manifest_sha256": sha256_of(corpus / newest / manifest.NAME)}
    # The card first: whoever asks latest.json must be able to load what it names.
    replace(corpus / "README.md", card.root(manifests))
    replace(corpus / LATEST, canonical(latest))
