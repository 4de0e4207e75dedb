"""What the pages say is what the code does."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from of_scripts import script

from corpuspress.cleaning import rules
from corpuspress.cli import main as commands
from corpuspress.recipe import Recipe, RuleTable

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("path", sorted(script("write_reference").pages()), ids=lambda path: path.name)
def test_reference_pages_are_up_to_date(path):
    assert path.read_text(encoding="utf-8") == script("write_reference").pages()[path], "run `make docs`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_commands_and_options_in_pages_exist(path):
    for line in re.findall(r"corpuspress ([a-z]+ .*)", path.read_text(encoding="utf-8")):
        words = line.split("`")[0].split()
        if words[0] not in commands.commands:
            assert not re.search("/|--", line), f"{path.name}: no command `{words[0]}`"
            continue
        known = {name for item in commands.commands[words[0]].params for name in item.opts} | {"--help"}
        for word in words:
            if re.fullmatch(r"--[a-z-]+", word):
                assert word in known, f"{path.name}: `corpuspress {words[0]}` has no option {word}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_recipes_and_rules_in_pages_are_valid(path, tmp_path):
    texts = re.findall(r"```toml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    rows = "".join(text for text in texts if "[[rule]]" in text)
    (tmp_path / "own.toml").write_text(rows or "\n", encoding="utf-8")
    rules.own([RuleTable.read("own.toml", tmp_path)])
    for text in texts:
        if "[[rule]]" not in text:
            Recipe.from_dict(tomllib.loads(text), str(path), tmp_path)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_make_targets_in_pages_exist(path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= targets


def test_each_dependency_is_justified_in_one_line():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    named = {re.match(r"[A-Za-z0-9-]+", text)[0] for text in project["dependencies"]}
    assert set(re.findall(r"^\| ([a-z0-9-]+) \|", page, re.MULTILINE)) - {"package"} == named


def test_readme_names_every_command():
    page = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "docs" / "commands.md").read_text(
        encoding="utf-8"
    )
    for name in commands.commands:
        assert f"corpuspress {name}" in page


def test_the_python_in_the_readme_says_what_it_gives():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    code = next(text for text in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "corpuspress.clean(" in text)
    names: dict[str, object] = {}
    for line in filter(None, code.splitlines()):
        statement, _, expected = line.partition("  # ")
        if expected:
            assert eval(statement, names) == ast.literal_eval(expected.strip())
        else:
            exec(statement, names)
