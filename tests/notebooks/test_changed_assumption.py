"""One run says one thing: its sentences, claims, tables, figures, memo and deck agree, and move together."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from docx import Document
from lxml import html as lxml_html
from pptx import Presentation

from chipflows import tables
from chipflows.reports.body import body_of
from chipflows.reports.brief import brief_of
from chipflows.reports.claims import check_text, record_of
from chipflows.reports.deck import deck_bytes
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
        "deck": deck_bytes(brief, tables.cards()),
        "out": out,
        "rows": [[cell.text_content().strip() for cell in row] for row in page.xpath("//main//tr")],
    }


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return reported(ROOT, tmp_path_factory.mktemp("published") / "ours")


SCALES = {"": 1.0, "k": 1e3, "m": 1e6, " million": 1e6, "bn": 1e9, " billion": 1e9}
WRITTEN = re.compile(r"(−?)\$?([\d,]*\.?\d+)( million| billion|bn|k|m|)\b")


def read(cell: str) -> list[float]:
    """Return the numbers of a cell: "2.2 to 7.6 million" is 2.2e6 and 7.6e6, the scale being shared."""
    found = WRITTEN.findall(cell)
    scales = [scale for *_, scale in found]
    shared = scales[-1] if len(scales) == 2 and not scales[0] and "," not in cell else ""
    return [
        (-1 if sign else 1) * float(digits.replace(",", "")) * SCALES[scale or shared]
        for sign, digits, scale in found
    ]


def rounded(*values: float) -> list[float]:
    """Return numbers to the two significant digits that the house writes."""
    return [float(f"{value:.2g}") for value in values]


def words_of(roots: Iterable[Any]) -> str:
    """Return the text of a memo's body or a deck's slides, cells included, spaces made plain."""
    texts = [node.text or "" for root in roots for node in root.iter() if str(node.tag).endswith("}t")]
    return " ".join("".join(texts).split())


@pytest.mark.slow
def test_an_asks_effect_is_one_number_in_claims_figures_and_tables(ours: dict[str, Any]) -> None:
    """Four ways to the same draws: the run, the factorial, the costs, the page's table."""
    folder = ours["out"] / NAME
    claims = pd.read_csv(folder / "claims.csv").set_index("name")
    combined = pd.read_csv(folder / "figures" / "combinations" / "data.csv").set_index("combination")
    costs = pd.read_csv(folder / "figures" / "costs" / "data.csv").set_index(["cost", "ask"])
    drivers = pd.read_csv(folder / "figures" / "drivers" / "data.csv")
    recorded = {row[0]: row[1:] for row in ours["rows"] if len(row) == 3}
    by_ask = {row[0]: row[1:] for row in ours["rows"] if len(row) == 5}
    heads = next(row[1:] for row in ours["rows"] if "H20 ask" in row)

    for ask in ("diffusion", "h20", "kyc", "cxmt"):
        claim = claims.loc[f"{ask}_alone_then"]
        ends = claim[["p05", "value", "p95"]].astype(float).tolist()
        assert combined.loc[ask, ["p05", "p50", "p95"]].tolist() == pytest.approx(ends, rel=1e-5, abs=1)
        cost = costs.loc[("change in PRC compute stock", ask), ["p05", "p50", "p95"]]
        assert cost.tolist() == pytest.approx(ends, rel=1e-5, abs=1)
        name = {"diffusion": "diffusion", "h20": "H20", "kyc": "KYC", "cxmt": "CXMT"}[ask]
        about, interval = recorded[f"{name} alone then (H100e)"]
        assert read(about) == rounded(claim["value"])
        assert read(interval) == rounded(claim["p05"], claim["p95"])
        cell = by_ask["PRC stock, adopted then (H100e)"][heads.index(f"{name[0].upper()}{name[1:]} ask")]
        assert read(cell) == rounded(claim["value"], claim["p05"], claim["p95"])

    together = claims.loc["all_four_as_of_the_letter"]
    assert combined.loc["cxmt+diffusion+h20+kyc", "p50"] == pytest.approx(together["value"], rel=1e-5)
    assert claims.loc["then", "value"] == together["value"]  # in a sentence, and in the list of numbers
    assert claims.loc["stock", "value"] == claims.loc["prc_stock", "value"]
    assert (drivers["at_p50"] == drivers["at_p50"][0]).all()  # every bar starts from the same answer


@pytest.mark.slow
def test_a_sentence_stands_alike_on_the_page_in_the_memo_and_in_the_deck(ours: dict[str, Any]) -> None:
    page = lxml_html.parse(str(ours["out"] / f"{NAME}.html"))
    texts = {
        "page": " ".join(page.xpath("string(//main)").split()),
        "memo": words_of([Document(BytesIO(ours["memo"])).element.body]),
        "deck": words_of(slide.element for slide in Presentation(BytesIO(ours["deck"])).slides),
    }
    for sentence in dict.fromkeys(ours["sentences"]):
        if sentence.endswith("."):  # what is only listed has its name for a sentence
            for place, text in texts.items():
                assert " ".join(sentence.split()) in text, f"{place}: {sentence}"


@pytest.mark.slow
def test_every_number_of_the_memo_was_recorded_by_the_same_run(ours: dict[str, Any]) -> None:
    names = [f"{card.producer}: {card.title}" for card in tables.cards().values()]
    record = record_of(ours["out"], names)
    document = Document(BytesIO(ours["memo"]))
    text = "\n\n".join(paragraph.text for paragraph in document.paragraphs)
    found = check_text(text, record, lambda name: name in tables.cards())
    assert [one for one in found if one.status == "stale"] == []
    assert any(one.status == "recorded" for one in found)


@pytest.mark.slow
def test_a_changed_assumption_moves_sentence_claims_table_figure_and_memo_together(
    ours: dict[str, Any], tmp_path: Path
) -> None:
    theirs = reported(changed_home(tmp_path / "home"), tmp_path / "theirs")

    for kind in ("sentences", "claims", "table", "memo"):
        assert ours[kind] != theirs[kind], kind
    found = drift(ours["figure"], theirs["figure"])
    assert any(text.startswith("p50 differs") for text in found)
    assert any(text.startswith("title was") for text in found)
