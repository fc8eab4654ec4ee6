"""Hostile strings planted in rows, cards and figures: no page, picture, sheet or office file acts."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import attempts
import nbformat
import pandas as pd
import pytest
import yaml
from lxml import etree, html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from chipflows import tables
from chipflows.csvtext import csv_text, harmless
from chipflows.errors import FigureError
from chipflows.reports.body import body_of
from chipflows.reports.brief import brief_of
from chipflows.reports.deck import deck_bytes
from chipflows.reports.gallery import gallery_page
from chipflows.reports.memo import memo_bytes
from chipflows.tables.cards import Card

ROOT = Path(__file__).resolve().parents[2]
TEXTS = (
    '<script>alert("evil")</script>',
    "<img src=x onerror=alert('evil')>",
    '=HYPERLINK("http://evil.example","evil")',
    "@SUM(1)*cmd|' /C evil'!A0",
    "[evil](javascript:alert(1))",
    "{{ evil }}{% evil %}",
    "$\\href{javascript:evil}{x}$",
    "]]><evil/>&evil;",
)
CELL = """
import pandas as pd
import chipflows as cf
from chipflows.charts import Figure
from chipflows.charts.roles import mark
evil = %r
data = pd.DataFrame({"name": list(evil), "p50": [float(n + 1) for n in range(len(evil))]})

def draw(stage):
    for bar in stage.panel().bar(range(len(data)), data["p50"], color="#444444"):
        mark(bar, "data")
"""
SHOWN = """
words = dict(
    title='Sales of <script>alert(1)</script> fall to two in spring',
    subtitle="Number of chips, PRC, 2025, </title><script>evil()</script>",
    note="=HYPERLINK(1) <script>evil()</script>",
    alt='Bars rise" onload="evil() <script>evil()</script> one by one, six times',
)
cf.show(Figure(id="evil", data=data, draw=draw, unit="number of chips", sources=("evil_card",), period="2025",
    made_by="tests", **words))"""
SAID = 'cf.say("Of {e}: about {n:full} chips.", e=evil[0] + evil[4], n=cf.number(5.0, "chips"))'
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
EVENTS = re.compile(r"on[a-z]+\Z")


def planted_home(folder: Path) -> Path:
    """A home whose data, scenarios and notebook hold the texts."""
    for name in ("data", "scenarios"):
        shutil.copytree(ROOT / name, folder / name)
    card = {
        "id": "evil_card", "producer": TEXTS[0], "title": TEXTS[2], "citation": TEXTS[1], "licence": TEXTS[3],
        "url": "https://example.org/\"><script>evil()</script>", "as_of": "2025-01-01", "kind": "agency",
        "read": "full", "stance": TEXTS[1], "note": TEXTS[4],
    }  # fmt: skip
    text = yaml.safe_dump(card).replace("'2025-01-01'", "2025-01-01")
    (folder / "data" / "sources" / "evil_card.yaml").write_text(text)
    cells = [
        new_markdown_cell("# What is evil?"),
        new_code_cell('scenario: str = "actual"\ndraws: int = 64', metadata={"tags": ["parameters"]}),
        new_code_cell(CELL % (TEXTS,)),
        new_code_cell("data"),
        new_code_cell(SAID),
        new_code_cell(SHOWN),
        new_code_cell('cf.sources_table("evil_card")'),
    ]
    (folder / "notebooks").mkdir()
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), folder / "notebooks" / "evil.ipynb")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the planted notebook."""
    folder = tmp_path_factory.mktemp("planted")
    home = planted_home(folder / "home")
    words = ("report", "--quiet", "--out", str(folder / "out"), "-p", "draws=64")
    done = subprocess.run(
        [sys.executable, "-m", "chipflows", *words],
        env={**os.environ, "CHIPFLOWS_HOME": str(home)},
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["home", "out"]
    return folder / "out"


def check_page(text: str) -> None:
    """Fail when a browser would run or fetch something."""
    attempts.count_one()
    root = html.fromstring(text)
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag not in ("iframe", "object", "embed", "form", "base"), element.tag
        if element.tag == "script":
            assert "evil" not in (element.text or "") and "src" not in element.attrib
        for name, value in element.attrib.items():
            assert not EVENTS.match(name), (element.tag, name)
            if name in ("href", "src"):
                assert not value.strip().lower().startswith(("javascript:", "vbscript:", "data:text")), value


def check_svg(body: bytes) -> None:
    """Fail when a picture would run or fetch something."""
    attempts.count_one()
    for element in etree.fromstring(body).iter():
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        assert name not in ("script", "foreignObject", "image", "iframe", "a"), name
        for key, value in element.attrib.items():
            local = etree.QName(key).localname
            assert not EVENTS.match(local), key
            assert local != "href" or value.startswith("#"), value


def check_csv(text: str) -> None:
    """Fail when a spreadsheet would run a cell."""
    attempts.count_one()
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert harmless(cell) == cell, cell


def check_office(body: bytes) -> None:
    """Fail when an office file holds a macro, a formula, an object, or a link that is not plain https."""
    attempts.count_one()
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        for name in package.namelist():
            assert ".." not in name and not name.startswith("/")
            assert not name.endswith((".bin", ".vbs", ".exe", ".js")) or "printerSettings" in name, name
            content = package.read(name)
            if name.endswith(".xlsx"):
                check_office(content)
            elif name.endswith((".xml", ".rels")):
                root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
                tags = {etree.QName(item).localname for item in root.iter() if isinstance(item.tag, str)}
                assert "instrText" not in tags or b"HYPERLINK" not in content, name
                assert not tags & {"oleObject", "control", "script"}, name
                if "/worksheets/" in name:
                    assert "f" not in tags, f"{name} holds a formula"
                for item in root.iter("{*}Relationship"):
                    target = item.get("Target", "")
                    assert item.get("TargetMode") != "External" or target.startswith("https://"), target


def test_pages_pictures_and_data_of_a_report_do_not_act(made: Path) -> None:
    pages = sorted(made.glob("**/*.html"))
    assert len(pages) == 2
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "evil" in text
        check_page(text)
    place = made / "evil" / "figures" / "evil"
    check_svg((place / "figure.svg").read_bytes())
    check_csv((place / "data.csv").read_text(encoding="utf-8"))
    check_csv((made / "evil" / "claims.csv").read_text(encoding="utf-8"))
    assert b"/JavaScript" not in (place / "figure.pdf").read_bytes()
    check_page(gallery_page(_gallery(made)))


def _gallery(made: Path) -> Path:
    root = made.parent / "gallery"
    shutil.copytree(made / "evil" / "figures", root / "evil", dirs_exist_ok=True)
    return root


def test_deck_and_memo_do_not_act(made: Path) -> None:
    card = Card.model_validate(
        {"id": "evil_card", "producer": TEXTS[0], "title": TEXTS[2], "citation": "c", "licence": TEXTS[3],
         "url": "https://example.org/x", "as_of": "2025-01-01", "kind": "agency", "read": "full"}
    )  # fmt: skip
    cards = {**tables.cards(), "evil_card": card}
    notebook = nbformat.read(made / "evil" / "notebook.ipynb", as_version=4)
    brief = brief_of(body_of("evil", notebook), made / "evil" / "figures", cards, "0")
    for body in (deck_bytes(brief, cards), memo_bytes(brief, cards)):
        assert body[:2] == b"PK"
        check_office(body)


def test_tables_written_as_csv_do_not_act() -> None:
    prefixes = ("", " ", "\t", "\ufeff", "\u200b", "\x00", "\r\n")
    marks = ("=", "+", "-", "@", "|", "＝", "＋", "－", "＠")
    cells = [f"{prefix}{mark}evil(1)" for prefix in prefixes for mark in marks]
    for cell in (*cells, *TEXTS):
        attempts.count_one()
        is_formula = cell.lstrip("".join(prefixes)).startswith(marks)
        assert harmless(cell) == ("'" + cell if is_formula else cell), ascii(cell)
    check_csv(csv_text(pd.DataFrame({"=evil()": [*cells, *TEXTS]})))


def test_a_sheet_holds_text_as_text(tmp_path: Path) -> None:
    sheets = pytest.importorskip("chipflows.cli.sheets")
    sheets.write_rows(tmp_path / "x.xlsx", [["name"], *([cell] for cell in TEXTS)], [])
    check_office((tmp_path / "x.xlsx").read_bytes())


def test_a_figures_id_cannot_lead_out_of_its_folder() -> None:
    from chipflows.charts import Figure

    for name in ("../evil", "/etc/passwd", "a/b", "..", "", "a\x00b", "A B", "evil\n"):
        attempts.count_one()
        with pytest.raises(FigureError, match="id"):
            Figure(
                id=name, title="Sales fall to two in the spring", subtitle="Number of chips, PRC, 2025",
                unit="number of chips", note="", sources=("x",), period="2025", made_by="tests",
                alt="Two bars and one is far higher than two.", data=pd.DataFrame({"a": [1.0]}),
                draw=lambda stage: None,
            )  # fmt: skip


def test_text_from_data_is_written_as_text_in_a_page() -> None:
    output: Any = nbformat.v4.new_output("display_data", {"text/plain": "".join(TEXTS)})
    cells = [new_markdown_cell("# T"), new_code_cell("x", outputs=[output])]
    check_page(body_of("x", new_notebook(cells=cells)).html)
