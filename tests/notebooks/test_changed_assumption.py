"""One changed assumption moves the sentence, the claims, the table, the figure and the memo together."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from lxml import html as lxml_html

from chipflows import tables
from chipflows.reports.body import body_of
from chipflows.reports.brief import brief_of
from chipflows.reports.drift import drift
from chipflows.reports.memo import memo_bytes

ROOT = Path(__file__).resolve().parents[2]
NAME = "00-briefing"
PUBLISHED = "p95: 1.30"  # of diverted_2026
CHANGED = "p95: 4.30"


def changed_home(place: Path) -> Path:
    """A home like ours but for the range of one uncertain input."""
    for name in ("scenarios", "notebooks"):
        shutil.copytree(ROOT / name, place / name)
    shutil.copytree(ROOT / "data", place / "data")
    target = place / "data" / "assumptions" / "diverted.yaml"
    text = target.read_text(encoding="utf-8")
    assert text.count(PUBLISHED) == 1
    target.write_text(text.replace(PUBLISHED, CHANGED), encoding="utf-8")
    return place


def reported(home: Path, out: Path) -> dict[str, Any]:
    """Make the briefing's report and return what it holds of each kind."""
    words = ["report", "--notebook", NAME, "--draws", "64", "--quiet", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "chipflows", *words],
        cwd=out.parent,
        env={**os.environ, "CHIPFLOWS_HOME": str(home), "CHIPFLOWS_LIVE": str(out.parent / "live")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    claims = pd.read_csv(out / NAME / "claims.csv")
    page = lxml_html.parse(str(out / f"{NAME}.html"))
    body = body_of(NAME, nbformat.read(out / NAME / "notebook.ipynb", as_version=4))
    brief = brief_of(body, out / NAME / "figures", tables.cards(), version("chipflows"))
    return {
        "sentences": list(claims["sentence"]),
        "claims": claims[["value", "p05", "p95"]].round(6).to_csv(),
        "table": [cell.text_content() for cell in page.xpath("//main//td")],
        "figure": out / NAME / "figures" / "combinations",
        "memo": memo_bytes(brief),
    }


@pytest.mark.slow
def test_a_changed_assumption_moves_sentence_claims_table_figure_and_memo_together(tmp_path: Path) -> None:
    ours = reported(ROOT, tmp_path / "ours")
    theirs = reported(changed_home(tmp_path / "home"), tmp_path / "theirs")

    for kind in ("sentences", "claims", "table", "memo"):
        assert ours[kind] != theirs[kind], kind
    found = drift(ours["figure"], theirs["figure"])
    assert any(text.startswith("p50 differs") for text in found)
    assert any(text.startswith("title was") for text in found)
