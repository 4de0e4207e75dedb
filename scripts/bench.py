"""Run benchmarks and keep their tables in docs/benchmarks.md.

    python scripts/bench.py build RAW [--rounds 3] [--obvious]
    python scripts/bench.py scale|clean|dedup|decode|language [their own arguments]

Each is a script beside this one that prints Markdown. The table goes to its section of
docs/benchmarks.md with machine, versions and date; `--print` only shows it.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bench_build import machine

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
NAMES = ("build", "scale", "clean", "dedup", "decode", "language")


def placed(page: str, name: str, text: str) -> str:
    """The page with `text` between the marks of the section `name`."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    if begin not in page:
        return f"{page.rstrip()}\n\n{section}\n"
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: section, page, flags=re.DOTALL)


def main(arguments: list[str]) -> int:
    """Run one benchmark; 2 when it is not known."""
    names = [word for word in arguments if word != "--print"]
    if not names or names[0] not in NAMES:
        print(f"{__doc__}\nknown benchmarks: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    name, *rest = names
    script = Path(__file__).with_name(f"bench_{name}.py")
    done = subprocess.run([sys.executable, script, *rest], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return done.returncode
    text = f"{done.stdout.strip()}\n\nTaken on {datetime.date.today():%Y-%m-%d}: {machine()}."
    print(text)
    if not {"--print", "--help", "-h"} & set(arguments):
        PAGE.write_text(placed(PAGE.read_text(encoding="utf-8"), name, text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
