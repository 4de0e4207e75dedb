"""How a release came about: an unsigned in-toto statement with SLSA provenance over the manifest.

https://in-toto.io/Statement/v1 and https://slsa.dev/spec/v1.0/provenance. Signing belongs to CI.
Times are left out: they would make two equal builds differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BUILD_TYPE = "tag:corpuspress,2026:build/v1"
_NOT_PACKAGES = ("python", "unicode", "corpuspress")


def statement(manifest: Mapping[str, Any], manifest_sha256: str) -> dict[str, Any]:
    """The statement about the manifest with this digest."""
    libraries = manifest["libraries"]
    inputs = {"name": manifest["inputs"]["path"], "digest": {"sha256": manifest["inputs"]["sha256"]}}
    packages = [
        {"name": name, "uri": f"pkg:pypi/{name}@{number}"}
        for name, number in sorted(libraries.items())
        if name not in _NOT_PACKAGES
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "manifest.json", "digest": {"sha256": manifest_sha256}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "recipe": manifest["recipe"],
                    "version": manifest["version"],
                    "previous": manifest["previous"],
                },
                "internalParameters": {"python": libraries["python"], "unicode": libraries["unicode"]},
                "resolvedDependencies": [inputs, *packages],
            },
            "runDetails": {"builder": {"id": f"pkg:pypi/corpuspress@{libraries['corpuspress']}"}},
        },
    }
