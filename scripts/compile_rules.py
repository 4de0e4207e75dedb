"""Store the gates of the rules beside their tables: what a line is searched for before a pattern runs on it.

python scripts/compile_rules.py
"""

from pathlib import Path

from corpuspress.cleaning import rules

if __name__ == "__main__":
    path = Path(rules.__file__).parent / "rules" / rules.GATES
    path.write_text(rules.gates(), encoding="utf-8", newline="\n")
    print(f"{path.name}: {len(rules.load())} rules, {path.stat().st_size} bytes")
