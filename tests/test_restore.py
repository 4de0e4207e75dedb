"""Every source comes back as it was, and none lands outside the folder."""

import os
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releases import Raw, mixed, release, tale

from corpuspress.encoding import encode
from corpuspress.errors import InputError, StorageError, VerificationError
from corpuspress.model import split
from corpuspress.publish.read_release import document, opened, with_edits
from corpuspress.publish.restore import is_safe, restore
from corpuspress.read import names as naming

LINES = st.lists(st.sampled_from(["", "a", "Zwölf Boote.", "\tb ", "船", "x" * 40]), min_size=1, max_size=6)
BREAKS = st.sampled_from(["\n", "\r\n", "\r", "\u2028", "\v"])


def test_sources_come_back_byte_by_byte(tmp_path):
    raws = mixed(30)
    release(raws, tmp_path / "c", tmp_path / "run", size=4)
    found = restore(f"{tmp_path / 'c'}@1.0.0", tmp_path / "out", encode=encode)
    assert (found.exact, found.as_text, found.lost, found.unsafe) == (len(raws), (), (), ())
    for raw in raws:
        assert (tmp_path / "out" / raw.source).read_bytes() == (raw.data or raw.text.encode())


@settings(max_examples=30)
@given(st.lists(st.tuples(LINES, BREAKS, st.booleans()), min_size=1, max_size=5))
def test_any_lines_breaks_and_removals_come_back(tmp_path_factory, texts):
    tmp_path = tmp_path_factory.mktemp("restore")
    raws = []
    for number, (lines, ends, last) in enumerate(texts):
        # A first line stays: a text without any words is rejected, never published.
        text = ends.join(["A headline", *lines]) + (ends if last else "")
        count = len(split(text)[0])
        raws.append(Raw(f"{number:03d}_aaaaaaaaaaaaaaaa.txt", text, tuple(range(2, count + 1, 2))))
    release(raws, tmp_path / "c", tmp_path / "run", size=2)
    restore(tmp_path / "c", tmp_path / "out", encode=encode)
    assert [(tmp_path / "out" / raw.source).read_bytes() for raw in raws] == [raw.text.encode() for raw in raws]


def test_bytes_that_the_encoding_does_not_allow_are_written_as_text_and_listed(tmp_path):
    release(mixed(2), tmp_path / "c", tmp_path / "run")
    found = restore(tmp_path / "c", tmp_path / "out", encode=lambda text, encoding, edits: None)
    assert found.exact == 1
    assert found.as_text[0] == tale(0).source
    assert "written as UTF-8 text" in found.summary()
    assert (tmp_path / "out" / tale(0).source).read_text() == tale(0).text


def test_a_wrong_byte_in_utf_8_is_damage(tmp_path):
    release(mixed(2), tmp_path / "c", tmp_path / "run")
    with pytest.raises(VerificationError, match="damaged"):
        restore(tmp_path / "c", tmp_path / "out", encode=lambda text, encoding, edits: text.encode() + b"?")


def test_nothing_is_overwritten(tmp_path):
    release(mixed(2), tmp_path / "c", tmp_path / "run")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(InputError, match=r"mine\.txt"):
        restore(tmp_path / "c", tmp_path / "out", encode=encode)
    with pytest.raises(StorageError):
        restore(tmp_path / "c", tmp_path / "out" / "mine.txt", encode=encode)


@pytest.mark.parametrize(
    "source", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "c:/out.txt", "\\\\host\\x", "a\0b"]
)
def test_no_name_leads_out_of_the_folder(tmp_path, source):
    assert not is_safe(source)
    release([tale(1), tale(2)._replace(source=source)], tmp_path / "c", tmp_path / "run")
    found = restore(tmp_path / "c", tmp_path / "deep" / "out", encode=encode)
    assert found.unsafe == (source,)
    assert [path.name for path in (tmp_path / "deep").rglob("*") if path.is_file()] == [tale(1).source]


def test_odd_names_are_kept(tmp_path):
    names = ["a b.txt", "две строки\n.txt", "ünï/çödé.txt", " .txt", "a..b.txt", "$(x);'\".txt", "%2e%2e.txt"]
    raws = [tale(number)._replace(source=name) for number, name in enumerate(names)]
    release(raws, tmp_path / "c", tmp_path / "run")
    restore(tmp_path / "c", tmp_path / "out", encode=encode)
    for raw in raws:
        assert (tmp_path / "out" / raw.source).read_text() == raw.text


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names are UTF-8 there")
def test_names_that_are_not_utf8_and_backslashes_come_back(tmp_path):
    names = [b"caf\xe9/1.txt", b"\xff.txt", b"back\\slash.txt", b"back\\xE9.txt", "ünï.txt".encode()]
    raws = [tale(number)._replace(source=naming.shown(name)) for number, name in enumerate(names)]
    release(raws, tmp_path / "c", tmp_path / "run")
    assert restore(tmp_path / "c", tmp_path / "out", encode=encode, name=naming.found).exact == len(names)
    for raw, name in zip(raws, names, strict=True):
        assert (tmp_path / "out" / os.fsdecode(name)).read_text() == raw.text


@pytest.mark.parametrize("source", ["\\x2E\\x2E/out.txt", "a\\x2F..\\x2F..\\x2Fout.txt", "\\x2Fout.txt", "\\x00"])
def test_no_escape_leads_out_of_the_folder(tmp_path, source):
    release([tale(1), tale(2)._replace(source=source)], tmp_path / "c", tmp_path / "run")
    assert restore(tmp_path / "c", tmp_path / "out", encode=encode, name=naming.found).unsafe == (source,)


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names are UTF-8 there")
def test_names_keep_their_bytes_whatever_the_locale(tmp_path):
    names = ["Zürich/höhe 天.txt".encode(), "café".encode("latin-1")]
    code = (
        "import os, sys; from corpuspress.publish.restore import Path, _path, _write; "
        "from corpuspress.read import names; out = Path(sys.argv[1]); "
        f"paths = [_path(names.shown(name), names.found) for name in {names!r}]; "
        "print(all(_write(out / path, b'') for path in paths), sys.getfilesystemencoding())"
    )
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.split()[0] == "True"
    found = {os.fsencode(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == set(names)


def test_a_file_and_a_folder_of_one_name_are_told(tmp_path):
    raws = [tale(1)._replace(source="a"), tale(2)._replace(source="a/b.txt")]
    release(raws, tmp_path / "c", tmp_path / "run")
    assert restore(tmp_path / "c", tmp_path / "out", encode=encode).unsafe == ("a/b.txt",)


def test_one_document_is_found_by_id_source_or_hash(tmp_path):
    raws = mixed()
    release(raws, tmp_path / "c", tmp_path / "run", sidecar={"url": pa.string()})
    for name in (raws[1].source, raws[1].source[:-4], raws[1].source[4:-4]):
        found = document(f"{tmp_path / 'c'}@1.0.0", name)
        assert [line.text for line in found.source] == [line.text for line in split(raws[1].text)[0]]
        assert [edit.line for edit in found.edits] == [3, 5]
        assert found.facts["table"] == "documents"
    assert document(tmp_path / "c", raws[6].source).facts["kept_id"] == raws[0].source[:-4]
    with pytest.raises(InputError, match="rejected source"):
        document(tmp_path / "c", raws[8].source)
    with pytest.raises(InputError, match="none"):
        document(tmp_path / "c", "nobody")


def test_edits_join_their_rows_however_few_have_any(tmp_path):
    raws = [raw._replace(removed=raw.removed if number % 3 else ()) for number, raw in enumerate(mixed(12))]
    release(raws, tmp_path / "c", tmp_path / "run")
    files = opened(tmp_path / "c")
    pairs = [pair for table in ("documents", "duplicates") for pair in with_edits(files, table)]
    joined = {row["source"]: len(edits) for row, edits in pairs}
    assert joined == {raw.source: len(raw.removed) for raw in raws if not raw.reason}
