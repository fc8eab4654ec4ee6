"""A real Chromium for the tests of pages: the one chipflows itself would print with, driven by Playwright."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chipflows.errors import InputError
from chipflows.reports.pdf import browser as installed_browser
from chipflows.runs import make_figures, make_report


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser window without a network; the test is skipped where no Chromium or Chrome is installed."""
    sync_api = pytest.importorskip("playwright.sync_api")
    try:
        program = installed_browser()
    except InputError as problem:
        pytest.skip(str(problem))
    options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=options, timeout=180_000)
        yield running
        running.close()


@pytest.fixture(scope="module")
def report(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of the briefing and of the data on few draws: sentences, tables, figures, links."""
    place = tmp_path_factory.mktemp("pages") / "report"
    make_report(["00-briefing", "01-data"], {"draws": "128"}, place)
    return place


@pytest.fixture(scope="module")
def gallery(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of two published figures."""
    place = tmp_path_factory.mktemp("gallery") / "figures"
    make_figures(["h20_flows", "letter_window"], ["20-h20"], {"draws": "128"}, place)
    return place
