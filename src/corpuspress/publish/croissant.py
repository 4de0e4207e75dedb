"""croissant.json: the release in the words of ML Commons' Croissant 1.1, for tools that read those.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .schema import TABLES, meaning
from .shards import FOLDER

_TYPES = {
    "string": "sc:Text",
    "binary": "sc:Text",
    "int32": "cr:Int32",
    "int64": "cr:Int64",
    "float32": "cr:Float32",
    "float64": "cr:Float64",
    "bool": "sc:Boolean",
    "date32": "sc:Date",
}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "isArray": "cr:isArray",
    "arrayShape": "cr:arrayShape",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The description of a release; tables without rows are left out."""
    filled = [table for table in TABLES if manifest["tables"][table]["rows"]]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": manifest["title"],
        "description": f"Version {manifest['version']}: {manifest['tables']['documents']['rows']} clean documents, "
        "with every edit, duplicate and rejected source.",
        "license": manifest["recipe"]["publish"]["license"],
        "url": "./",
        "version": manifest["version"],
        "distribution": [_files(table) for table in filled],
        "recordSet": [_records(table, manifest["tables"][table]["columns"]) for table in filled],
    }


def _files(table: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{table}-files",
        "name": f"{table}-files",
        "encodingFormat": "application/x-parquet",
        "includes": f"{FOLDER[table]}/*.parquet",
    }


def _records(table: str, columns: list[Mapping[str, str]]) -> dict[str, Any]:
    key = {"key": {"@id": f"{table}/id"}} if table in ("documents", "duplicates") else {}
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        **key,
        "field": [_field(table, column["name"], column["type"]) for column in columns],
    }


def _field(table: str, name: str, kind: str) -> dict[str, Any]:
    item = kind.removeprefix("list<").removesuffix(">")
    repeated = {"isArray": True, "arrayShape": "-1"} if item != kind else {}
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{name}",
        "name": f"{table}/{name}",
        "description": meaning(table, name),
        "dataType": _TYPES[item],
        **repeated,
        "source": {"fileSet": {"@id": f"{table}-files"}, "extract": {"column": name}},
    }
