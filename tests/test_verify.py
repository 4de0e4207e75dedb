"""Every way in which a release can differ from what it says is found and named."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from releases import mixed, parts, release, tale

from corpuspress.encoding import encode
from corpuspress.errors import VerificationError, VersionError
from corpuspress.publish import manifest, schema
from corpuspress.publish.storage import sha256_of, sum_line
from corpuspress.publish.verify import examine, verify


@pytest.fixture
def folder(tmp_path) -> Path:
    release(mixed(), tmp_path / "c", tmp_path / "run")
    return tmp_path / "c" / "1.0.0"


def faults(folder: Path, **options) -> str:
    return "\n".join(examine(folder.parent, encode=encode, load=False, **options).faults)


def seal(folder: Path) -> None:
    """Make the sums fit again, as somebody would who wants to hide a change."""
    names = [(name, path) for name, path in manifest.files_of(folder) if name != "SHA256SUMS"]
    text = "".join(sum_line(sha256_of(path), name) + "\n" for name, path in names)
    (folder / "SHA256SUMS").write_text(text)


def test_a_whole_release_passes_from_anywhere(folder, tmp_path):
    found = verify(folder.parent, encode=encode)
    assert found.faults == []
    assert "ok   the datasets library loads it" in found.summary()
    shutil.copytree(folder, tmp_path / "moved")
    assert examine(tmp_path / "moved", encode=encode, load=False).faults == []
    assert examine(f"{folder.parent}@1.0.0", encode=encode, load=False).faults == []
    assert json.dumps(found.to_dict())


def test_the_root_must_name_the_newest_release(folder):
    latest = folder.parent / "latest.json"
    whole = latest.read_bytes()
    latest.write_text("{")
    assert "latest.json says" in faults(folder)
    latest.unlink()
    assert "latest.json is missing" in faults(folder)
    latest.write_bytes(whole)
    (folder.parent / "README.md").write_text("---\n---\n")
    assert "root card" in faults(folder)


def test_an_unknown_version_is_a_usage_error(folder):
    for corpus in (f"{folder.parent}@2.0.0", folder.parent / "nowhere", f"{folder.parent}@one"):
        with pytest.raises(VersionError):
            examine(corpus, encode=encode)


def test_missing_added_and_changed_files_are_named_together(folder):
    (folder / "edits" / "train-00000-of-00001.parquet").unlink()
    (folder / "data" / "more.parquet").write_bytes(b"?")
    (folder / "README.md").write_text("another card")
    with pytest.raises(VerificationError) as error:
        verify(folder.parent, encode=encode)
    for fault in (
        "edits/train-00000-of-00001.parquet is missing",
        "data/more.parquet does not belong",
        "README.md was changed",
    ):
        assert fault in str(error.value)


def test_every_flipped_bit_in_a_page_is_found_even_where_the_sums_were_made_to_fit(folder):
    path = folder / "data" / "train-00000-of-00001.parquet"
    whole = path.read_bytes()
    for place in range(4, len(whole), len(whole) // 40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        seal(folder)
        assert "train-00000" in faults(folder), place


def rewrite(folder: Path, table: str, change) -> None:
    """Replace rows, and make digests, manifest and sums fit."""
    from corpuspress.publish.content import content_digest

    path = folder / table / "train-00000-of-00001.parquet"
    own = pq.read_table(path)
    rows = own.to_pylist()
    change(rows)
    table_of = pa.Table.from_pylist(rows, schema=own.schema)
    pq.write_table(table_of, path)
    told = json.loads((folder / "manifest.json").read_bytes())
    entry = told["tables"]["documents" if table == "data" else table]
    entry["rows"] = len(rows)
    entry["files"][0] |= {"rows": len(rows), "sha256": sha256_of(path), "content_sha256": content_digest(table_of)}
    (folder / "manifest.json").write_text(json.dumps(told))
    seal(folder)


def setter(number: int, **values: object):
    return lambda rows: rows[number].update(values)


FORGERIES = {
    "a text": ("data", setter(1, text="The ferry of stop 1\nIt was on time."), "text_sha256"),
    "an edit": ("edits", setter(1, before="Follow them"), "source_sha256"),
    "an edit too many": ("edits", lambda rows: rows.append(dict(rows[-1])), "rule follow-us: expected None"),
    "edits of nobody": ("edits", lambda rows: rows.append({**rows[-1], "id": "nobody"}), "edits of nobody"),
    "a row less": ("data", lambda rows: rows.pop(), "is in no table"),
    "a row twice": ("data", lambda rows: rows.append(dict(rows[-1])), "stands twice"),
    "a digest": ("data", setter(2, source_sha256="0" * 64), "not among the inputs"),
    "a keeper": ("duplicates", setter(0, kept_id="nobody"), "nobody stands for copies"),
    "a cluster": ("data", setter(3, cluster="elsewhere"), "its cluster is elsewhere"),
    "a list of copies": ("data", setter(0, duplicates=[]), "its copies are not"),
    "bytes": ("rejected", setter(1, data=b"?"), "source_sha256"),
    "a name that leads out": ("rejected", setter(0, source="../../out.txt"), "leads out"),
}


@pytest.mark.parametrize(("table", "change", "told"), FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_with_fitting_digests_still_breaks_a_law(folder, table, change, told):
    rewrite(folder, table, change)
    assert told in faults(folder)


def test_other_columns_and_counts_are_named(folder):
    path = folder / "rejected" / "train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["detail"]), path)
    seal(folder)
    assert "its columns are not those of the manifest" in faults(folder)


def test_figures_of_duplicates_are_measured_again(folder):
    assert faults(folder, measure=lambda first, second: (0.5, 1.0)) == ""
    found = faults(folder, measure=lambda first, second: (0.4, 1.0))
    assert "050_" in found
    assert "(0.4, 1.0), the table says (0.5, 1.0)" in found


def test_many_faults_are_counted_not_listed(folder):
    for number in range(50):
        (folder / f"stray-{number}").touch()
    told = examine(folder.parent, encode=encode).checks["files are as SHA256SUMS says"]
    assert told[-1] == "and 30 more"


def test_no_manifest_or_another_format_is_told(folder):
    (folder / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(VerificationError, match="format 99"):
        examine(folder, encode=encode)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(VerificationError):
        examine(folder, encode=encode)


def test_a_source_that_could_not_be_read_is_counted_and_lost(tmp_path):
    made, _ = parts([tale(1)], tmp_path / "run")
    unread = {"source": "gone.txt", "rejected_reason": "unreadable", "rejected_detail": "it vanished"}
    from releases import arrow, row

    from corpuspress.engine import Serial
    from corpuspress.publish import Input, Part, publish
    from corpuspress.publish.restore import restore
    from corpuspress.recipe import Recipe

    part = arrow(tmp_path / "run" / "p", [row(tale(1)), unread], schema.PRESSED)
    decisions = arrow(tmp_path / "run" / "d", [{"cluster": row(tale(1))["id"]}, {}], schema.DECISIONS)
    given = Input([Part(str(part), made[0].edits, 2)], decisions, tmp_path / "run")
    publish(given, tmp_path / "c", Recipe(), Serial())
    assert faults(tmp_path / "c" / "1.0.0") == ""
    assert restore(tmp_path / "c", tmp_path / "out", encode=encode).lost == ("gone.txt",)
