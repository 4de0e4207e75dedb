"""Data flows one way, and each library has one door."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "corpuspress"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
STAGES = {"read", "decode", "cleaning", "describe", "deduplicate", "publish"}
CONDUCTORS = {"building", "press", "suggesting", "warm", "cli", "__init__", "__main__"}
COMMON = {"pyarrow", "numpy"}
DOORS = {
    "ftfy": {"cleaning/repair.py"},
    "langdetect": {"describe/language.py"},
    "dateparser": {"describe/dates.py"},
    "chardetng_py": {"decode.py"},
    "datasets": {"publish/verify.py"},
    "click": {"cli.py"},
    "tqdm": {"progress.py"},
    "jinja2": {"publish/card.py"},
    "yaml": {"publish/card.py"},
}


def imports(path: Path) -> list[tuple[str, str | None]]:
    """(third-party module, None) or ("", module of this package relative to its root)."""
    found: list[tuple[str, str | None]] = []
    folder = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(name.name.split(".")[0], None) for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append(((node.module or "").split(".")[0], None))
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1]
            modules = [node.module] if node.module else [name.name for name in node.names]
            found += [("", ".".join((*base, module))) for module in modules]
    return found


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_stages_never_import_one_another(path):
    own = place(path)
    for _, module in imports(path):
        target = (module or "").split(".")[0]
        if target in STAGES and target != own:
            assert own in CONDUCTORS, f"{path} imports {module}; only building and press know the order"
        if target in CONDUCTORS and target != own:
            assert own in CONDUCTORS, f"{path} imports {module}; data flows one way"


def test_each_library_enters_through_one_door():
    import sys

    for path in FILES:
        here = path.relative_to(PACKAGE).as_posix()
        for library, module in imports(path):
            if module is not None or library in sys.stdlib_module_names or library in COMMON:
                continue
            assert here in DOORS.get(library, set()), f"{here} imports {library}, which has no door there"


def test_modules_import_in_no_cycle():
    graph = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): {module for _, module in imports(path) if module}
        for path in FILES
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done or name not in graph:
            return
        for target in sorted(graph[name]):
            visit(target, (*trail, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())
