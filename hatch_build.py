"""Build hook: compiles the C files of the package when it is installed or put into a wheel."""

import runpy
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILD = "src/corpuspress/native/build.py"


class Compile(BuildHookInterface):
    """Puts the compiled library beside its sources, and the wheel's name says for which system it is."""

    def dependencies(self) -> list[str]:
        """What the build needs besides hatchling: a compiler, where the machine has none."""
        tools = self._tools()
        return [] if tools["compiler"]() else [tools["FALLBACK"]]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless the library belongs to the sources already."""
        tools = self._tools()
        if not tools["is_fresh"]():
            tools["build"]()
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"], build_data["tag"] = False, f"py3-none-{platform}"
        build_data["artifacts"] += [f"src/corpuspress/native/{tools[name].name}" for name in ("LIBRARY", "STAMP")]

    def _tools(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root) / BUILD))
