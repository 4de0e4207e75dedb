"""The command line: it adds nothing to the library, each command is one call of it.

An error of the package becomes one line on standard error and its exit code (errors.py).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import __version__
from .errors import CorpuspressError
from .frugal import frugal

if TYPE_CHECKING:
    from .publish import Outcome
    from .recipe import Recipe

COLOURS: dict[str, dict[str, Any]] = {
    "removed": {"fg": "red"},
    "added": {"fg": "green"},
    "note": {"fg": "cyan"},
    "number": {"dim": True},
}


class Commands(click.Group):
    """A group that turns the package's errors into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command named on the command line."""
        try:
            return super().invoke(ctx)
        except CorpuspressError as error:
            click.echo(f"corpuspress: {error}", err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # The reader (`head`) has seen enough; Python would complain again when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except OSError as error:
            click.echo(f"corpuspress: {error}", err=True)
            sys.exit(1)


def _report_path(ctx: click.Context, param: click.Parameter, path: str | None) -> str | None:
    """Refuse a place where no report can be written before any work is done."""
    if path not in (None, "-") and not (Path(str(path)).parent.is_dir() and not Path(str(path)).is_dir()):
        raise click.BadParameter(f"{path!r} is not a file in a folder that is there; name another")
    return path


def _named(ctx: click.Context, param: click.Parameter, path: str) -> Path:
    if not path:
        raise click.BadParameter("expected a folder, found an empty name; check the variable")
    return Path(path)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Press a folder of scraped text into a versioned Parquet corpus.

    Example: corpuspress build articles/ --out corpus
    """
    frugal()


recipe_option = click.option("--recipe", type=click.Path(), help="TOML file with options; see docs/recipe.md.")


def json_option(what: str) -> Callable[[Any], Any]:
    """The option --json of a command whose result is `what`."""
    return click.option(
        "--json",
        "json_path",
        type=click.Path(),
        callback=_report_path,
        help=f"Write the {what} there (`-`: standard output).",
    )


def _tell(summary: str, value: object, path: str | None) -> None:
    """The result for people, unless JSON takes standard output, and for machines where it is asked for."""
    if path != "-":
        click.echo(summary)
    if path:
        _print_json(value, path)


def _recipe(path: str | None) -> Recipe:
    from .recipe import Recipe

    return Recipe.from_toml(path) if path else Recipe()


def _style(text: str, kind: str) -> str:
    return click.style(text, **COLOURS[kind])


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _print_json(value: object, path: str | None = None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    if path in (None, "-"):
        click.echo(text)
    else:
        Path(str(path)).write_text(text + "\n", encoding="utf-8")


@main.command()
@click.argument("raw", nargs=-1, required=True, type=click.Path())
@click.option("--out", required=True, type=click.Path(), callback=_named, help="The corpus folder.")
@recipe_option
@click.option("--sources", type=click.Path(), help="Sidecar with more columns (url, site, date, ...), keyed by hash.")
@click.option("--version", default="auto", show_default=True, help="`auto`, or a number such as 1.2.0.")
@click.option(
    "--workers", type=click.IntRange(1), help="Processes; default: one for each processor, one for little input."
)
@click.option("--check", is_flag=True, help="Publish nothing; exit 4 when the last release would change.")
@click.option("--dry-run", is_flag=True, help="Publish nothing; say what would be.")
@json_option("report")
def build(
    raw: tuple[str, ...],
    out: Path,
    recipe: str | None,
    sources: str | None,
    version: str,
    workers: int | None,
    check: bool,
    dry_run: bool,
    json_path: str | None,
) -> Outcome:
    """Turn RAW (folders, files, archives; `-`: a list of paths on standard input) into the next release.

    Example: corpuspress build articles/ --out corpus --sources articles.jsonl
    """
    from .engine import foreseen

    workers = foreseen(raw, workers)  # before the long import, so that both load side by side

    from .building import build as run
    from .parts import leave_pandas_out

    leave_pandas_out()
    frugal()
    result = run(
        raw,
        out,
        recipe=_recipe(recipe),
        sources=sources,
        version=version,
        workers=workers,
        check=check,
        dry_run=dry_run,
        progress=sys.stderr.isatty(),
    )
    _tell(result.summary(), result.report, json_path)
    return result


@main.command()
@click.argument("file", default="-", type=click.File("rb"))
@click.option("--explain", is_flag=True, help="Show each line with what happened to it and why.")
@click.option("--jsonl", is_flag=True, help='Rows {"id", "text"} in, rows {"id", "text", "edits"} out.')
@recipe_option
def clean(file: Any, explain: bool, jsonl: bool, recipe: str | None) -> None:
    """Clean one text: FILE or standard input in, clean text out.

    Example: corpuspress clean --explain article.txt
    """
    from .parts import leave_pandas_out
    from .press import press_rows, press_text

    leave_pandas_out()
    options, name = _recipe(recipe), getattr(file, "name", "standard input")
    if jsonl:
        for row in press_rows(file, options, name):
            click.echo(row)
        return
    pressed = press_text(file.read(), options, name)
    if explain:
        _show(pressed.source, pressed.edits)
    else:
        click.echo(pressed.text)


def _show(source: Any, edits: Any) -> None:
    from .report.explain import plain, render, tell

    coloured = _coloured()
    for line in render(tell(source, edits), _style if coloured else plain):
        click.echo(line, color=coloured)


@main.command()
@click.argument("raw", nargs=-1, required=True, type=click.Path())
@recipe_option
@click.option("--sources", type=click.Path(), help="Sidecar that names the site of each source.")
@click.option("--workers", type=click.IntRange(1), help="Processes; default: one for each processor.")
@click.option("--most", type=click.IntRange(1), default=50, show_default=True, help="How many lines at the most.")
@json_option("lines")
def suggest(
    raw: tuple[str, ...], recipe: str | None, sources: str | None, workers: int | None, most: int, json_path: str | None
) -> None:
    """Print lines that recur in RAW and that no rule knows, as rows of a rule table, to review.

    Example: corpuspress suggest articles/ --sources articles.jsonl
    """
    from .suggesting import suggest as run
    from .suggesting import to_dicts, to_toml

    found = run(raw, recipe=_recipe(recipe), sources=sources, workers=workers, most=most, progress=sys.stderr.isatty())
    if json_path:
        _print_json(to_dicts(found), json_path)
    else:
        click.echo("\n".join(to_toml(found)))


@main.command()
@click.argument("corpus", type=click.Path())
@click.argument("identity", metavar="ID")
def explain(corpus: str, identity: str) -> None:
    """Show one document (its id or hash): the lines kept and removed, with rule, score and evidence.

    Example: corpuspress explain corpus@1.0.0 000_c8f3c6569513450d
    """
    from .publish.read_release import document

    found = document(corpus, identity)
    for name, value in found.facts.items():
        click.echo(f"{name}: {value}")
    click.echo()
    _show(found.source, found.edits)


@main.command()
@click.argument("corpus", type=click.Path())
@click.option("--deep", is_flag=True, help="Also recompute every duplicate's figures from the texts.")
@json_option("report")
def verify(corpus: str, deep: bool, json_path: str | None) -> None:
    """Check a release: digests, schema, laws, and that the datasets library loads it.

    Example: corpuspress verify corpus@1.0.0
    """
    from .building import verify as run

    report = run(corpus, deep=deep)
    _tell(report.summary(), report.to_dict(), json_path)


@main.command()
@click.argument("corpus", type=click.Path())
@click.argument("old")
@click.argument("new")
@json_option("difference")
def diff(corpus: str, old: str, new: str, json_path: str | None) -> None:
    """Say what changed from version OLD to version NEW: documents, lines and causes.

    Example: corpuspress diff corpus 1.0.0 1.1.0
    """
    from .publish.diff import diff as run

    result = run(corpus, old, new)
    _tell(result.to_text(), result.to_dict(), json_path)


@main.command()
@click.argument("corpus", type=click.Path())
@click.argument("out", type=click.Path())
def restore(corpus: str, out: str) -> None:
    """Write every source of a release into the folder OUT, as it was.

    Example: corpuspress restore corpus@1.0.0 originals/
    """
    from .building import restore as run

    click.echo(run(corpus, out).summary())


@main.command()
@recipe_option
@json_option("tables")
def rules(recipe: str | None, json_path: str | None) -> None:
    """Print the rule tables with their evidence, and behind them those of the recipe.

    Example: corpuspress rules | less
    """
    from .cleaning.rules import listing, of, to_dicts

    known = of(_recipe(recipe).boilerplate.rules).rules
    if json_path:
        _print_json(to_dicts(known), json_path)
    else:
        click.echo(listing(known))
