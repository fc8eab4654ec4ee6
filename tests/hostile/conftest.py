"""Counts the inputs that each test tried, for docs/reliability.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import attempts


@pytest.fixture(autouse=True)
def _counted(record_property: object) -> Iterator[None]:
    """Note how many inputs the test tried, when it counts them."""
    attempts.reset()
    yield
    if attempts.count():
        record_property("tried", attempts.count())  # type: ignore[operator]
