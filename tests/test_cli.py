"""The command line adds nothing: it calls the library, prints, and gives an exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpuspress.cli import main

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "examples" / "raw" / "000_c8f3c6569513450d.txt"


def call(*arguments: object, **options):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "corpus"
    done = call("build", ROOT / "examples" / "raw", "--out", out, "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "load_dataset" in done.output
    return out


def test_help_imports_nothing_heavy():
    code = "import sys, corpuspress.cli; print(sorted({'numpy', 'pyarrow', 'datasets', 'ftfy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_building_imports_neither_datasets_nor_what_workers_do():
    code = (
        "import sys, corpuspress.building; workers = {'cleaning', 'decode', 'describe', 'press'};"
        "print(sorted({'datasets', 'pyarrow.parquet', *map('corpuspress.{}'.format, workers)} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_option_is_explained():
    for name, command in main.commands.items():
        assert "Example: corpuspress " + name in (command.help or "")
        for item in command.params:
            if item.param_type_name == "option":
                assert item.help, f"{name} {item.name}"


def test_clean_prints_the_clean_text():
    done = call("clean", SAMPLE)
    assert done.exit_code == 0
    assert "Leave a Reply" not in done.output
    assert "A timetable older than the engine" in done.output


def test_clean_reads_standard_input():
    done = call("clean", input="The ferry is back in the harbour.\nLeave a Reply\n")
    assert done.output == "The ferry is back in the harbour.\n"


def test_clean_explains_each_edit():
    done = call("clean", "--explain", SAMPLE)
    assert "- Leave a Reply" in done.output
    assert "reply-form" in done.output
    assert "\x1b[" not in done.output


def test_clean_takes_rows():
    rows = "".join(json.dumps({"id": number, "text": "It rained.\nTweet\n"}) + "\n" for number in range(3))
    done = call("clean", "--jsonl", input=rows)
    found = [json.loads(line) for line in done.output.splitlines()]
    assert [row["id"] for row in found] == [0, 1, 2]
    assert {edit["rule"] for row in found for edit in row["edits"]}


def test_a_bad_row_is_named():
    done = call("clean", "--jsonl", input='{"id": 1, "text": "It rained."}\n{"id": 2}\n')
    assert done.exit_code == 2
    assert "row 2" in done.stderr


def test_bytes_that_are_no_text_are_refused():
    done = call("clean", input=bytes(range(256)) * 4)
    assert done.exit_code == 2


def test_an_unknown_key_names_the_nearest(tmp_path):
    (tmp_path / "r.toml").write_text("[boilerplate]\nstrictnes = 'careful'\n")
    done = call("clean", SAMPLE, "--recipe", tmp_path / "r.toml")
    assert done.exit_code == 2
    assert "strictness" in done.stderr


def test_explain_shows_a_document(corpus):
    done = call("explain", corpus, SAMPLE.stem)
    assert done.exit_code == 0, done.output
    assert "- Leave a Reply" in done.output
    assert call("explain", corpus, "c8f3c6569513450d").output == done.output
    assert call("explain", corpus, "nobody").exit_code == 2


def test_verify_passes_and_finds_damage(corpus, tmp_path):
    import shutil

    assert call("verify", corpus).exit_code == 0
    copy = tmp_path / "copy"
    shutil.copytree(corpus, copy)
    shard = next((copy / "1.0.0" / "data").glob("*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    done = call("verify", copy)
    assert done.exit_code == 6
    assert shard.name in done.stderr


def test_restore_gives_the_sources_back(corpus, tmp_path):
    done = call("restore", corpus, tmp_path / "back")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "back" / SAMPLE.name).read_bytes() == SAMPLE.read_bytes()


def test_rules_prints_every_rule():
    done = call("rules")
    assert done.exit_code == 0
    assert "reply-form" in done.output


def test_the_report_is_json(tmp_path):
    done = call("build", ROOT / "examples" / "raw", "--out", tmp_path / "c", "--json", "-", "--workers", 1)
    assert json.loads(done.output)


def test_the_ci_script_writes_a_step_summary(tmp_path):
    script = [sys.executable, str(ROOT / "scripts" / "build_corpus.py")]
    page = tmp_path / "summary.md"
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    import os

    done = subprocess.run(
        [*script, str(ROOT / "examples" / "raw"), "--out", str(tmp_path / "c")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1.0.0" in page.read_text()
    done = subprocess.run(
        [*script, str(tmp_path / "none"), "--out", str(tmp_path / "c")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "::error" in done.stderr + done.stdout


def test_the_library_gives_functions_whatever_was_imported_before():
    code = (
        "import corpuspress, corpuspress.building, corpuspress.cleaning.rules\n"
        "for _ in range(2):\n"
        "    assert corpuspress.clean('The ferry is back in the harbour.\\nLeave a Reply').edits\n"
        "    assert corpuspress.clean_batch({'text': ['A quiet day in the harbour.']})['text']\n"
        "    assert all(callable(getattr(corpuspress, name)) for name in corpuspress.__all__)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_half_a_surrogate_goes_through_as_an_escape():
    done = call("clean", "--jsonl", input='{"id": 1, "text": "lone \\ud800 here"}\n{"id": NaN, "text": "It rained."}\n')
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["id"] for line in done.output.splitlines()] == [1, None]


def test_a_report_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    done = call("build", ROOT / "examples" / "raw", "--out", tmp_path / "c", "--json", tmp_path / "none" / "r.json")
    assert done.exit_code == 2
    assert not (tmp_path / "c").exists()
    assert call("build", ROOT / "examples" / "raw", "--out", "").exit_code == 2


def test_null_texts_stay_null():
    import corpuspress

    assert corpuspress.clean_batch({"text": ["It rained all day.", None]})["text"] == ["It rained all day.", None]


def test_a_row_is_a_line_for_every_reader():
    text = "It rained\u2028all day\x85 and\u2029all night."
    done = call("clean", "--jsonl", input=json.dumps({"id": 1, "text": text}) + "\n")
    assert len(done.output.splitlines()) == 1
    assert [edit["before"] for edit in json.loads(done.output)["edits"]]
