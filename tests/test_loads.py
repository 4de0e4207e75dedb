"""The libraries that people use read a release: offline, with a fresh cache, version and rows checked."""

from pathlib import Path

import pyarrow as pa
import pytest
from releases import mixed, release

# Of the libraries, not ours: what they leave open or deprecate is not for us to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("loads")
    for count in (6, 8):
        raws = [raw._replace(facts={"url": f"https://example.org/{raw.source[:3]}"}) for raw in mixed(count)]
        release(raws, folder / "c", folder / "run", sidecar={"url": pa.string()})
    return folder / "c"


@pytest.fixture
def load(tmp_path, monkeypatch):
    import datasets

    datasets.disable_progress_bars()

    def loading(*arguments: object, **options: object):
        return datasets.load_dataset(*map(str, arguments), cache_dir=str(tmp_path / "cache"), **options)

    return loading


def test_datasets_loads_the_newest_version_from_the_root(corpus, load):
    found = load(corpus, split="train")
    assert (found.num_rows, str(found.info.version), found.config_name) == (8, "1.1.0", "1.1.0")
    assert len(found[0]["duplicates"]) == 2
    assert found[3]["url"] == "https://example.org/003"


def test_datasets_loads_a_named_version(corpus, load):
    found = load(corpus, "1.0.0", split="train")
    assert (found.num_rows, str(found.info.version)) == (6, "1.0.0")


def test_datasets_loads_a_version_by_its_folder_and_its_side_tables(corpus, load):
    assert load(corpus / "1.0.0")["train"].num_rows == 6
    rows = {name: load(corpus / "1.1.0", name, split="train").num_rows for name in ("edits", "duplicates", "rejected")}
    assert rows == {"edits": 20, "duplicates": 2, "rejected": 2}


def test_datasets_streams_the_same_rows(corpus, load):
    streamed = list(load(corpus, "1.0.0", split="train", streaming=True))
    assert streamed == load(corpus, "1.0.0", split="train").to_list()


def test_a_lost_row_fails_at_load(corpus, load, tmp_path):
    import shutil

    import pyarrow.parquet as pq

    copy = Path(shutil.copytree(corpus, tmp_path / "copy"))
    path = copy / "1.0.0" / "data" / "train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    with pytest.raises(Exception, match=r"NonMatchingSplitsSizes|expected"):
        load(copy, "1.0.0")


def test_duckdb_polars_and_pandas_read_the_files(corpus):
    import duckdb
    import pandas as pd
    import polars as pl

    folder = corpus / "1.1.0"
    query = f"SELECT count(*), sum(chars), count(url), max(len(duplicates)) FROM '{folder}/data/*.parquet'"
    with duckdb.connect() as database:
        assert database.sql(query).fetchall() == [(8, 8 * 68, 8, 2)]
    frame = pl.scan_parquet(f"{folder}/data/*.parquet").select("id", "text", "duplicates").collect()
    assert frame["duplicates"].list.len().to_list() == [2] + 7 * [0]
    rows = pd.read_parquet(folder / "edits")
    assert rows["rule"].tolist() == 20 * ["follow-us"]
    assert rows["after"].isna().all()


def test_croissant_is_valid_and_gives_the_rows(corpus):
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(jsonld=str(corpus / "1.1.0" / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    assert {record.id for record in dataset.metadata.record_sets} == {"documents", "edits", "duplicates", "rejected"}
    first = next(iter(dataset.records(record_set="duplicates")))
    assert first["duplicates/kind"] in (b"exact", "exact")
