"""Write the reference pages from the code: docs/recipe.md and docs/commands.md.

A test fails when they are not what this writes; `make docs` brings them up to date.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from corpuspress.cli import main as commands
from corpuspress.recipe import Recipe

DOCS = Path(__file__).parents[1] / "docs"

RECIPE_HEAD = """# The recipe

A recipe is a TOML file; each table below is a section of it, each option has the default shown. It is part of the
manifest of every release. An unknown key is an error that names the nearest known one.

```toml
[boilerplate]
strictness = "thorough"

[language]
keep = ["en", "de"]
```
"""

COMMANDS_HEAD = """# The command line

Each command is one call of the library. Exit codes: 0 done, 1 internal or I/O, 2 usage or recipe, 3 a quality gate
failed, 4 drift under `--check`, 5 the version exists with other content, 6 verification failed. `NO_COLOR` is
respected; progress is shown on a terminal only.
"""


def toml(value: Any) -> str:
    """A default as it would stand in a recipe."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'" if "\\" in value else f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value)


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return text.replace("|", "\\|")


def recipe_page() -> str:
    """Every option with default, meaning and risk."""
    page = [RECIPE_HEAD]
    for name, section in vars(Recipe)["__dataclass_fields__"].items():
        kind = section.default_factory
        page += [
            f"\n## `[{name}]`\n",
            f"{kind.__doc__}\n",
            "| option | default | meaning | risk |",
            "|---|---|---|---|",
        ]
        for item in dataclasses.fields(kind):
            choices = item.metadata["choices"]
            meaning = item.metadata["meaning"] + (f" (one of {', '.join(choices)})" if choices else "")
            row = (f"`{item.name}`", f"`{toml(item.default)}`", meaning, item.metadata["risk"])
            page.append("| " + " | ".join(map(cell, row)) + " |")
    return "\n".join(page) + "\n"


def usage(name: str, command: click.Command) -> str:
    """The call in one line."""
    arguments = [
        item.make_metavar(click.Context(command)) for item in command.params if isinstance(item, click.Argument)
    ]
    return " ".join(["corpuspress", name, "[OPTIONS]", *arguments])


def commands_page() -> str:
    """Every command with its arguments, options and an example."""
    page = [COMMANDS_HEAD]
    for name, command in commands.commands.items():
        meaning, _, example = (command.help or "").partition("Example: ")
        page += [f"\n## {name}\n", meaning.strip() + "\n", "```text", usage(name, command), example.strip(), "```\n"]
        options = [item for item in command.params if isinstance(item, click.Option)]
        page += ["| option | meaning |", "|---|---|"] if options else []
        page += [f"| `{', '.join(item.opts)}` | {cell(item.help or '')} |" for item in options]
    return "\n".join(page) + "\n"


def pages() -> dict[Path, str]:
    """What each generated page should hold."""
    return {DOCS / "recipe.md": recipe_page(), DOCS / "commands.md": commands_page()}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
