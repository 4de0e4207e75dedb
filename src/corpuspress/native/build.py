"""From the C sources beside this file to the library that `native` loads.

Run by the build hook when the package is installed, and by `native` where the library is missing or older
than its sources, as in a source tree. The sources need a C compiler and nothing else: no headers of Python,
so that one library serves every version of it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARY = FOLDER / "compiled.so"
"""The same name on every system: it is loaded by its path."""
STAMP = LIBRARY.with_suffix(".sha256")
"""The digest of the sources that the library was made from."""
FLAGS = ("-std=c11", "-O3", "-shared", "-ffp-contract=off", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror")
FALLBACK = "ziglang>=0.13"
"""A C compiler as a package, for machines that have none."""


def sources() -> list[Path]:
    """The C files and headers, in order; none where the package was installed without them."""
    return sorted([*FOLDER.glob("*.c"), *FOLDER.glob("*.h")])


def digest() -> str:
    """The digest of the sources."""
    found = hashlib.sha256()
    for path in sources():
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def is_fresh() -> bool:
    """Whether the library is there and belongs to the sources, as far as these are there."""
    if not LIBRARY.exists():
        return False
    return not sources() or (STAMP.exists() and STAMP.read_text("ascii") == digest())


def compiler() -> list[str] | None:
    """The command of a C compiler: that of the variable CC, the one of the system, or the package of FALLBACK."""
    named = os.environ.get("CC", "").split()
    if named:
        return named
    for name in ("cc", "gcc", "clang"):
        if found := shutil.which(name):
            return [found]
    # Without the last word it compiles for the very processor at hand, and a wheel is for others as well.
    return [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline"] if find_spec("ziglang") else None


def build() -> Path:
    """Compile the library beside its sources; whoever loads it meanwhile gets the old one or the new one whole.

    Raises RuntimeError without a compiler, and with what the compiler said where it failed; OSError where the folder
    cannot be written.
    """
    command = compiler()
    if command is None:
        raise RuntimeError(f"expected a C compiler (cc, gcc, clang, or pip install '{FALLBACK}'), found none")
    stamp, aside = digest(), LIBRARY.with_name(f"{LIBRARY.stem}.{os.getpid()}")
    flags = FLAGS if os.name == "nt" else (*FLAGS, "-fPIC")
    files = [str(path) for path in sources() if path.suffix == ".c"]
    try:
        done = subprocess.run([*command, *flags, "-o", str(aside), *files], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} could not compile {FOLDER}: {done.stderr.strip()}")
        # In this order: what loads between the two finds the stamp too old, and builds again.
        aside.replace(LIBRARY)
        aside.write_text(stamp, "ascii")
        aside.replace(STAMP)
    finally:
        aside.unlink(missing_ok=True)
    return LIBRARY


if __name__ == "__main__":
    print(build())
