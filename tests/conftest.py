"""What several test modules share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before any import of a library that would look outside: no test may reach a network.
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

# What takes long is told by a benchmark: a test that is slow once, on a machine at work, has no fault.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The five files that the project began from; they lie beside the checkout of its makers only."""
    folder = SHARED / "seeds"
    if not folder.is_dir():
        pytest.skip("the seeds are not here: they belong to their publishers")
    return folder
