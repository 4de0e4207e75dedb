"""What CI runs: one build, told to GitHub as step summary and annotations, elsewhere as plain text.

Same arguments and exit codes as `corpuspress build`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from corpuspress.cli import build as command
from corpuspress.errors import CorpuspressError
from corpuspress.publish import Outcome

SUMMARY_BYTES = 1_000_000  # GitHub refuses more than 1 MiB a step
ANNOTATIONS = 10  # and shows no more than ten a step


def escape(text: str) -> str:
    """Text as a workflow command takes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def tell_github(result: Outcome) -> None:
    """Warnings as annotations, the summary as a page."""
    for warning in result.warnings[:ANNOTATIONS]:
        print(f"::warning title=corpuspress::{escape(warning)}")
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        text = result.markdown().encode()[:SUMMARY_BYTES].decode("utf-8", "ignore")
        with Path(page).open("a", encoding="utf-8") as stream:
            stream.write(text + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the build; the exit code of errors.py."""
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    try:
        result = command.main(args=arguments, standalone_mode=False)
    except CorpuspressError as error:
        print(
            f"::error title=corpuspress::{escape(str(error))}" if on_github else f"corpuspress: {error}",
            file=sys.stderr,
        )
        return error.exit_code
    if on_github and isinstance(result, Outcome):
        tell_github(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
