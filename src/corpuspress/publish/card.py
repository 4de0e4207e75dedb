"""The cards: `README.md` of a release, rendered from dataset_card.md, and `README.md` of the corpus.

Their YAML headers are what makes `load_dataset` work: which files belong to which configuration, with
which columns and how many rows. A wrong count fails when the data are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import VerificationError
from .schema import SIDECAR_TYPES, TABLES, card_features, meaning, table_schema, type_name
from .shards import FOLDER
from .versions import parse

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = ((10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"))


def ready() -> None:
    """Load what cards are made with, 0.04 s; `render` would do it."""
    _template()
    _dumper()


@cache
def _template() -> Any:
    """dataset_card.md as a template, from the installed package or from the top of the source tree."""
    import jinja2

    packaged = Path(__file__).with_name("dataset_card.md")
    path = packaged if packaged.exists() else Path(__file__).parents[3] / "dataset_card.md"
    text = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True)
    return text.from_string(path.read_text(encoding="utf-8"))


def render(manifest: Mapping[str, Any]) -> bytes:
    """The card of a release, from its manifest."""
    page: str = _template().render(_facts(manifest), header=header(manifest))
    check(page, manifest)
    return page.encode()


def _facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    counts = manifest["counts"]
    documents = counts["documents"]["counts"]
    tables = [_table(name, manifest["tables"][name]) for name in TABLES]
    flags = ranked(documents.get("flags"))
    return {
        **{name: {"rows": manifest["tables"][name]["rows"], **counts[name]} for name in TABLES},
        **{name: manifest[name] for name in ("version", "previous", "inputs", "libraries")},
        "title": cell(manifest["title"]),
        "rights": counts["documents"]["sums"].get("with_rights", 0),
        "license": manifest["recipe"]["publish"]["license"],
        "tables": tables,
        "side_tables": [table for table in tables[1:] if table["rows"]],
        "splits": [(name, size["num_examples"]) for name, size in tables[0]["splits"].items()],
        "languages": ranked(documents.get("language")),
        "encodings": ranked(documents.get("encoding")),
        "flags": flags,
        "flagged": sum(count for _, count in flags),
        "rules": ranked(counts["edits"]["counts"].get("rule")),
        "kinds": ranked(counts["duplicates"]["counts"].get("kind")),
        "reasons": ranked(counts["rejected"]["counts"].get("reason")),
        **{"number": "{:,}".format, "share": lambda part, whole: f"{part / whole:.1%}", "cell": cell},
    }


def _table(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    columns = [{**column, "meaning": meaning(name, column["name"])} for column in table["columns"]]
    size = sum(file["bytes"] for file in table["files"])
    return {"name": name, **table, "columns": columns, "bytes": size, "splits": _splits(table)}


def ranked(counts: Mapping[str, int] | None) -> list[tuple[str, int]]:
    """Counts, largest first, then by name."""
    return sorted((counts or {}).items(), key=lambda item: (-item[1], item[0]))


def cell(text: object) -> str:
    r"""Text as it can stand in a cell of a Markdown table.

    >>> cell("a|b\nc")
    'a\\|b c'
    """
    return " ".join(str(text).split()).replace("\\", "\\\\").replace("|", "\\|")


def _splits(table: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for file in table["files"]:
        total = found.setdefault(file["split"], {"num_bytes": 0, "num_examples": 0, "download_size": 0})
        total["num_bytes"] += file["size"]
        total["num_examples"] += file["rows"]
        total["download_size"] += file["bytes"]
    return found


def _config(name: str, table: str, manifest: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    splits = _splits(manifest["tables"][table])
    files = [{"split": split, "path": f"{prefix}{FOLDER[table]}/{split}-*.parquet"} for split in splits]
    return {"config_name": _Quoted(name), "version": _Quoted(manifest["version"]), "data_files": files}


def _info(name: str, table: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    own = manifest["tables"][table]
    schema = table_schema(table, sidecar_types(table, own["columns"]))
    sizes = _splits(own)
    downloads = sum(size.pop("download_size") for size in sizes.values())
    splits = [{"name": split, **size} for split, size in sizes.items()]
    return {
        "config_name": _Quoted(name),
        "version": _Quoted(manifest["version"]),
        "features": card_features(schema),
        "splits": splits,
        "download_size": downloads,
        "dataset_size": sum(size["num_bytes"] for size in sizes.values()),
    }


def sidecar_types(table: str, columns: Sequence[Mapping[str, str]]) -> dict[str, pa.DataType]:
    """The types of the sidecar's columns of a table, from a manifest."""
    own = set(table_schema(table).names)
    kinds = {type_name(kind): kind for kind in SIDECAR_TYPES}
    return {column["name"]: kinds[column["type"]] for column in columns if column["name"] not in own}


def header(manifest: Mapping[str, Any]) -> str:
    """The YAML header of a release's card: the documents as `default`, side tables under their names."""
    names = {"documents": "default"} | {name: name for name in TABLES[1:]}
    filled = [(name, table) for table, name in names.items() if manifest["tables"][table]["rows"]]
    configs = [_config(name, table, manifest) for name, table in filled]
    configs[0]["default"] = True
    return _yaml(_about(manifest) | {"configs": configs, "dataset_info": [_info(*pair, manifest) for pair in filled]})


def _about(manifest: Mapping[str, Any]) -> dict[str, Any]:
    found = manifest["counts"]["documents"]["counts"].get("language", {})
    # The Hub wants ISO codes; langdetect tells two kinds of Chinese apart.
    languages = sorted({name.split("-")[0] for name in found if name != "und"})
    rows = manifest["tables"]["documents"]["rows"]
    size = next((name for limit, name in (*_SIZES, *_LARGER) if rows < limit), "n>1B")
    about: dict[str, Any] = {"license": manifest["recipe"]["publish"]["license"], "pretty_name": manifest["title"]}
    if languages:
        about["language"] = [_Quoted(name) for name in languages]
    return about | {"size_categories": [size]}


def root(manifests: Sequence[Mapping[str, Any]]) -> bytes:
    """The card of the whole corpus, from the manifests of all its releases: newest first, and default."""
    newest_first = sorted(manifests, key=lambda manifest: parse(manifest["version"]), reverse=True)
    newest = newest_first[0]
    configs = [_config(one["version"], "documents", one, f"{one['version']}/") for one in newest_first]
    configs[0]["default"] = True
    infos = [_info(one["version"], "documents", one) for one in newest_first]
    head = _yaml(_about(newest) | {"configs": configs, "dataset_info": infos})
    rows = [f"| [{one['version']}]({one['version']}/README.md) | {_row(one)} |" for one in newest_first]
    told = {"title": cell(newest["title"]), "newest": newest["version"], "rows": "\n".join(rows)}
    return _ROOT.format(head=head, split=configs[0]["data_files"][0]["split"], **told).encode()


_ROOT = """---
{head}---

# {title}

| version | documents | edits | duplicates | rejected |
|---|---:|---:|---:|---:|
{rows}

```python
from datasets import load_dataset

documents = load_dataset("CORPUS", split="{split}")  # the newest version, {newest}
documents = load_dataset("CORPUS", "{newest}", split="{split}")  # this version for ever
edits = load_dataset("CORPUS/{newest}", "edits", split="{split}")  # every line that was changed, and why
```

Every version is complete in itself and never changes; its own card says what is in it. This page is generated.
"""


def _row(manifest: Mapping[str, Any]) -> str:
    return " | ".join(f"{manifest['tables'][table]['rows']:,}" for table in TABLES)


class _Quoted(str):
    """Text that stands in quotes in YAML: a version must never be read as a number."""


@cache
def _dumper() -> Any:
    import yaml

    # A class of our own: representers of yaml's classes would be everybody's.
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    dumper.add_representer(_Quoted, lambda own, text: own.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
    return dumper


def _yaml(value: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.dump(dict(value), Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=1000))


def read_header(page: str) -> dict[str, Any]:
    """The header of a card as a value; empty when there is none."""
    import yaml

    parts = page.split("---\n", 2)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where yaml was built with it
    value = yaml.load(parts[1], loader) if len(parts) == 3 and not parts[0] else None
    return value if isinstance(value, dict) else {}


def check(page: str, manifest: Mapping[str, Any]) -> None:
    """Refuse a card that the Hub or datasets would misread (the Hub checks on its own server only).

    Raises VerificationError naming all faults.
    """
    found = read_header(page)
    configs = {config["config_name"]: config for config in found.get("configs", [])}
    infos = {info["config_name"]: info for info in found.get("dataset_info", [])}
    faults = [] if found.get("license") and found.get("pretty_name") else ["no `license` or no `pretty_name`"]
    if [name for name, config in configs.items() if config.get("default")] != ["default"]:
        faults.append("not exactly the configuration `default` is the default")
    for table in TABLES:
        name = "default" if table == "documents" else table
        rows = sum(split["num_examples"] for split in infos.get(name, {}).get("splits", []))
        if rows != manifest["tables"][table]["rows"] or (name in configs) != bool(rows):
            faults.append(f"`{name}` has {rows} rows and the manifest {manifest['tables'][table]['rows']}")
    if faults:
        raise VerificationError(
            "README.md", expected="a header that loads", found="; ".join(faults), cure="this is a fault: report it"
        )
