"""Where the producers' own files are, when this machine has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def raw() -> Path:
    """The folder of raw files beside the checkout, or the one CHIPFLOWS_SHARED names; skips when absent."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    folder = Path(os.environ.get("CHIPFLOWS_SHARED", beside)) / "raw"
    if not folder.is_dir():
        pytest.skip("the producers' raw files are not on this machine")
    return folder
