from test_build import raw, story

from corpuspress.cleaning import rules
from corpuspress.suggesting import suggest, to_toml


def test_recurring_lines_that_no_rule_knows_come_as_rules_that_load(tmp_path):
    folder = raw(tmp_path / "raw", 6)
    for number, path in enumerate(sorted(folder.iterdir())):
        path.write_text(
            f"Harbour Gazette, issue {number}\n{story(number)}Leave a Reply\nOur other boats (all {number})\n"
        )
    found = suggest([folder], workers=1)
    assert {line.text.rstrip("0123456789 ") for line in found} >= {"Harbour Gazette, issue"}
    assert not [line for line in found if "Leave a Reply" in line.text]
    assert all(line.sources == 6 and line.contexts for line in found)
    parsed = rules.parse({"own.toml": "\n".join(to_toml(found))})
    assert len(parsed) == len(found)
    assert rules.check(parsed) == []
