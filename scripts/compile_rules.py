"""Store what start-up needs of the rules beside their tables, in forms that are quick to read.

python scripts/compile_rules.py

One file holds the rules themselves, one the gates: what a line is searched for before a pattern runs on it.
"""

from pathlib import Path

from corpuspress.cleaning import rules

if __name__ == "__main__":
    folder = Path(rules.__file__).parent / "rules"
    for name, content in ((rules.TABLES, rules.tables), (rules.GATES, rules.gates)):
        (folder / name).write_text(content(), encoding="utf-8", newline="\n")
        print(f"{name}: {(folder / name).stat().st_size} bytes")
