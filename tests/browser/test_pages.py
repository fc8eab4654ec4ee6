"""Pages in a real browser: accessible by axe's rules, readable enlarged, whole without a network."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chipflows.reports.pdf import print_pdf

pytestmark = pytest.mark.slow


def opened(chromium: Any, path: Path, width: int = 1280) -> Any:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(180_000)  # a busy machine is slow, not wrong
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(path.as_uri())
    return page


def pages_of(report: Path, gallery: Path) -> list[Path]:
    return [
        report / "index.html",
        report / "00-briefing.html",
        report / "01-data.html",
        gallery / "index.html",
    ]


def violations(page: Any) -> list[tuple[str, str, str]]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(item["id"], item["impact"], item["nodes"][0]["html"][:200]) for item in found]


def test_axe_finds_a_picture_without_words_and_type_too_faint_to_read(chromium: Any, tmp_path: Path) -> None:
    faint = (
        "<!DOCTYPE html><html lang=en><title>t</title><main style='background:#fff'><h1>Some words</h1>"
        "<p style='color:#aaa'>Some more words</p><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"
    )
    (tmp_path / "bad.html").write_text(faint)
    page = opened(chromium, tmp_path / "bad.html")

    assert {"image-alt", "color-contrast"} <= {name for name, _, _ in violations(page)}
    page.close()


def test_no_page_has_a_violation_of_axes_rules(chromium: Any, report: Path, gallery: Path) -> None:
    for path in pages_of(report, gallery):
        page = opened(chromium, path)
        assert violations(page) == [], path.name
        page.close()


def test_pages_ask_for_nothing_from_outside_and_can_be_read_at_four_times_the_size(
    chromium: Any, report: Path, gallery: Path
) -> None:
    """320 CSS pixels are a window of 1280 enlarged four times; WCAG asks that text then needs no scroll."""
    for path in pages_of(report, gallery):
        page = opened(chromium, path, width=320)
        assert all(url.startswith(("file:", "data:")) for url in page.asked)
        wide, seen = page.evaluate("[document.scrollingElement.scrollWidth, window.innerWidth]")
        assert wide <= seen, path.name
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), path.name
        page.close()


def test_a_page_prints_as_a_tagged_pdf_without_a_clock_time(report: Path, tmp_path: Path) -> None:
    first, second = (
        print_pdf(report / "00-briefing.html", tmp_path / f"{name}.pdf").read_bytes() for name in ("a", "b")
    )

    assert first.startswith(b"%PDF")
    assert first == second
    assert b"/MarkInfo" in first and b"/StructTreeRoot" in first
    assert not re.search(rb"/CreationDate \(D:[1-9]", first)


def test_an_svg_opens_as_it_was_drawn(chromium: Any, gallery: Path) -> None:
    for path in sorted(gallery.glob("*/*/figure.svg")):
        page = opened(chromium, path)
        inside = page.evaluate(
            """() => { const frame = document.documentElement.getBoundingClientRect();
            return [...document.querySelectorAll('text')].map(t => t.getBoundingClientRect())
              .filter(b => b.left < frame.left - 1 || b.right > frame.right + 1
                        || b.top < frame.top - 1 || b.bottom > frame.bottom + 1).length }"""
        )
        assert inside == 0, path
        page.set_viewport_size({"width": 1280, "height": 720})
        shown = Image.open(BytesIO(page.screenshot())).convert("L").resize((320, 180))
        drawn = Image.open(path.with_suffix(".png")).convert("L").resize((320, 180))
        difference = np.abs(np.asarray(shown, dtype=float) - np.asarray(drawn, dtype=float))
        assert difference.mean() < 12, path
        page.close()
