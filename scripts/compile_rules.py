"""Store the literals of the rule tables beside them, so that no start of the program looks for them again.

python scripts/compile_rules.py
"""

from pathlib import Path

from corpuspress.cleaning import rules

if __name__ == "__main__":
    path = Path(rules.__file__).parent / "rules" / rules.LITERALS
    path.write_text(rules.literals(), encoding="utf-8", newline="\n")
    print(f"{path.name}: {len(rules.load())} rules, {path.stat().st_size} bytes")
