"""Memo and deck: the report's words and numbers, editable, accessible, in an office's own template."""

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pandas as pd
import pytest
import yaml
from docx import Document
from lxml import etree
from PIL import Image
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER

from chipflows.charts.office import RECIPES, OfficeChart, OfficeSeries, office_charts
from chipflows.errors import InputError
from chipflows.reports.body import body_of
from chipflows.reports.brief import Brief, brief_of
from chipflows.reports.deck import deck_bytes
from chipflows.reports.memo import memo_bytes
from chipflows.reports.native import add_chart
from chipflows.reports.pieces import Heading, Table
from chipflows.reports.tables import Grid

ALT = "Legal flows fall to zero in the second quarter of 2025"
CARD = SimpleNamespace(
    producer="NVIDIA", title="Form 10-Q", url="https://example.org/q", as_of="2025-08-28", published_on=None,
    accessed_on=None, kind="filing", licence="facts only", stance=None,
)  # fmt: skip
CARDS = {"filing": CARD}
FLOWS = pd.DataFrame(
    [
        (scenario, quarter, unit, 10.0 * place, 20.0 * place, 30.0 * place)
        for scenario in ("actual", "=cmd|' /C calc'!A0")
        for unit in ("chips", "h100e")
        for place, quarter in enumerate(("2025Q1", "2025Q2"), start=1)
    ],
    columns=["scenario", "quarter", "unit", "p05", "p50", "p95"],
)


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (160, 90), "white").save(out, "PNG")
    return out.getvalue()


def exported(root: Path, name: str, data: pd.DataFrame) -> None:
    place = root / name
    place.mkdir(parents=True)
    words = {
        "id": name, "title": "Flows fall to zero", "subtitle": "Chips per quarter, PRC, 2025",
        "unit": "chips",
        "note": "Line: median; bands: 5-95%. Zero means none was reported.", "alt": ALT, "period": "2025",
        "source": "Source: NVIDIA, Form 10-Q (28 August 2025)", "sources": ["filing"],
    }  # fmt: skip
    (place / "figure.yaml").write_text(yaml.safe_dump(words))
    data.to_csv(place / "data.csv", index=False)
    (place / "figure.png").write_bytes(png())


def shown_figure(name: str) -> Any:
    import base64

    ours = {"figure": name, "title": "Flows fall to zero", "sources": ["filing"]}
    picture = {"image/png": base64.b64encode(png()).decode(), "text/plain": ALT}
    output = nbformat.v4.new_output(
        "display_data", picture, metadata={"image/png": {"alt": ALT, "width": 600}, "chipflows": ours}
    )
    return nbformat.v4.new_code_cell("", outputs=[output])


def said(text: str) -> Any:
    claim = {"name": "x", "sentence": text, "value": 5, "unit": "chips", "source_ids": "filing"}
    output = nbformat.v4.new_output(
        "display_data", {"text/markdown": text}, metadata={"chipflows": {"claims": [claim]}}
    )
    return nbformat.v4.new_code_cell("", outputs=[output])


@pytest.fixture
def brief(tmp_path: Path) -> Brief:
    exported(tmp_path, "h20_flows", FLOWS)
    exported(tmp_path, "control_matrix", pd.DataFrame({"item": ["a"]}))
    frame = pd.DataFrame({"chip": ["H20", "H100"], "price_usd": [12_000.0, 25_000.0]})
    table = nbformat.v4.new_output("display_data", {"text/html": frame.to_html()})
    cells = [
        nbformat.v4.new_markdown_cell("# What did the H20 do?\n\nA *question*.\n\n## The answer"),
        said("About 5 chips passed."),
        said("About 6 chips passed."),
        shown_figure("h20_flows"),
        shown_figure("control_matrix"),
        nbformat.v4.new_markdown_cell("## Prices"),
        nbformat.v4.new_code_cell("", outputs=[table]),
        nbformat.v4.new_markdown_cell("## What this cannot tell you\n\n* One [thing](https://example.org)."),
    ]
    body = body_of("20-h20", nbformat.v4.new_notebook(cells=cells))
    return brief_of(body, tmp_path, CARDS, "0.1")


def deck(brief: Brief, **options: Any) -> Any:
    return Presentation(BytesIO(deck_bytes(brief, CARDS, **options)))


def as_template(package: bytes, target: Path, kind: str) -> Path:
    """Write a document as the template it would be saved as by an office program."""
    with zipfile.ZipFile(BytesIO(package)) as old, zipfile.ZipFile(target, "w") as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename == "[Content_Types].xml":
                main = {"ppt": b"presentation.main", "doc": b"document.main"}[kind]
                content = content.replace(main, b"template.main")
            new.writestr(item.filename, content)
    return target


def texts(slide: Any) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def described(slide: Any) -> list[str]:
    shapes = [shape for shape in slide.shapes if shape.has_chart or shape.shape_type == 13 or shape.has_table]
    return [shape._element.xpath(".//p:cNvPr")[0].get("descr", "") for shape in shapes]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("x.txt", b"", "not a template"),
        ("missing.potx", None, "no such file"),
        ("x.potx", b"not a zip", "cannot be read"),
        ("x.pptx", "empty", "holds no presentation"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(
    brief: Brief, tmp_path: Path, name: str, content: bytes | str | None, what: str
) -> None:
    if content == "empty":
        with zipfile.ZipFile(tmp_path / name, "w") as package:
            package.writestr("[Content_Types].xml", "<Types/>")
    elif isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=what):
        deck_bytes(brief, CARDS, template=tmp_path / name)


def test_a_template_with_macros_is_refused(brief: Brief, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.dotx", "w") as package:
        package.writestr("word/vbaProject.bin", "x")
    with pytest.raises(InputError, match="macros"):
        memo_bytes(brief, template=tmp_path / "x.dotx")


def test_every_slide_has_its_title_first_and_every_one_but_the_opening_a_number(brief: Brief) -> None:
    slides = list(deck(brief).slides)

    assert slides[0].shapes.title.text == "What did the H20 do?"
    assert "28 August 2025" in texts(slides[0])
    for slide in slides:
        assert slide.shapes[0] == slide.shapes.title
        assert slide.shapes.title.text
    kinds = [{s.placeholder_format.type for s in slide.placeholders} for slide in slides[1:]]
    assert all(PP_PLACEHOLDER.SLIDE_NUMBER in kind for kind in kinds)
    assert not any(
        s.has_text_frame and not s.text_frame.text.strip() for slide in slides for s in slide.shapes
    )


def test_charts_and_pictures_and_tables_say_what_they_show(brief: Brief) -> None:
    told = [text for slide in deck(brief).slides for text in described(slide)]

    assert told == [f"Chips: {ALT}", f"H100 equivalents: {ALT}", ALT, "Table: chip, price (USD)"]


def test_a_line_figure_is_a_chart_whose_numbers_can_be_edited(brief: Brief) -> None:
    slide = next(s for s in deck(brief).slides if any(shape.has_chart for shape in s.shapes))
    chart = next(shape.chart for shape in slide.shapes if shape.has_chart)
    names = [series.name for series in chart.plots[0].series]
    with zipfile.ZipFile(BytesIO(chart.part.chart_workbook.xlsx_part.blob)) as book:
        sheet, strings = (book.read(f"xl/{name}.xml") for name in ("worksheets/sheet1", "sharedStrings"))

    assert names[:3] == [
        "As things stand",
        "As things stand, 5th percentile",
        "As things stand, 95th percentile",
    ]
    assert tuple(chart.plots[0].series[0].values) == (20.0, 40.0)
    assert b"<v>40</v>" in sheet
    assert b"<f>" not in sheet
    assert b"<t>'=cmd|' /C calc'!A0</t>" in strings


def test_the_note_of_a_chart_says_what_its_own_marks_are(brief: Brief) -> None:
    slide = next(s for s in deck(brief).slides if any(shape.has_chart for shape in s.shapes))

    assert "Note: Dotted: 5th and 95th percentile of the draws. Zero means none was reported." in texts(slide)
    assert "Source: NVIDIA" in texts(slide)
    assert "About 5 chips passed." in slide.notes_slide.notes_text_frame.text


def test_only_the_figures_asked_for_are_in_the_deck(brief: Brief) -> None:
    titles = [slide.shapes.title.text for slide in deck(brief, ids=["h20_flows"]).slides]

    assert titles == ["What did the H20 do?", "Flows fall to zero", "Sources and data dates"]


def test_numbers_of_a_table_stand_to_the_right_under_a_header_with_the_unit(brief: Brief) -> None:
    table = next(s.table for slide in deck(brief).slides for s in slide.shapes if s.has_table)
    rows = [[cell.text for cell in row.cells] for row in table.rows]

    assert rows == [["chip", "price (USD)"], ["H20", "12,000"], ["H100", "25,000"]]
    assert [table.cell(1, at).text_frame.paragraphs[0].alignment for at in (0, 1)] == [1, 3]


def test_a_deck_in_an_offices_template_keeps_its_layouts_and_none_of_its_slides(
    brief: Brief, tmp_path: Path
) -> None:
    office = Presentation()
    office.slide_width = 9_000_000
    office.slides.add_slide(office.slide_layouts[0]).shapes.title.text = "Old"
    out = BytesIO()
    office.save(out)
    made = deck(brief, template=as_template(out.getvalue(), tmp_path / "office.potx", "ppt"))

    assert made.slide_width == 9_000_000
    assert "Old" not in [slide.shapes.title.text for slide in made.slides]
    inside = [s for slide in made.slides for s in slide.shapes if s.width is not None]
    assert all(s.left >= 0 and s.left + s.width <= made.slide_width for s in inside)


def test_nothing_sticks_out_of_a_slide(brief: Brief) -> None:
    made = deck(brief)
    for slide in made.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.top >= 0
            assert shape.left + shape.width <= made.slide_width
            assert shape.top + shape.height <= made.slide_height


@pytest.mark.parametrize("make", [lambda b: deck_bytes(b, CARDS), memo_bytes])
def test_no_clock_time_is_in_the_file(brief: Brief, make: Any) -> None:
    def dates(package: bytes) -> set[str]:
        found: set[str] = set()
        with zipfile.ZipFile(BytesIO(package)) as held:
            assert {item.date_time for item in held.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            for item in held.infolist():
                if item.filename.endswith(".xlsx"):
                    found |= dates(held.read(item))
                if item.filename == "docProps/core.xml":
                    text = held.read(item).decode()
                    found |= {part.split("<")[0] for part in text.split('W3CDTF">')[1:]}
        return found

    assert dates(make(brief)) == {"2025-08-28T00:00:00Z"}
    assert make(brief) == make(brief)


def test_the_memo_has_headings_captions_and_alt_text_in_named_styles(brief: Brief) -> None:
    memo = Document(BytesIO(memo_bytes(brief)))
    by_style = {style: [p.text for p in memo.paragraphs if p.style.name == style] for style in
                ("Title", "Heading 1", "Caption", "List Bullet")}  # fmt: skip

    assert by_style["Title"] == ["What did the H20 do?"]
    assert by_style["Heading 1"] == ["The answer", "Prices", "What this cannot tell you"]
    assert by_style["Caption"][1] == "Figure 2. Flows fall to zero. Chips per quarter, PRC, 2025."
    assert [shape._inline.docPr.get("descr") for shape in memo.inline_shapes] == [ALT, ALT]
    assert memo.core_properties.title == "What did the H20 do?"


def test_the_memos_tables_repeat_their_header_and_set_numbers_to_the_right(brief: Brief) -> None:
    memo = Document(BytesIO(memo_bytes(brief)))
    (table,) = memo.tables

    assert [cell.text for cell in table.rows[0].cells] == ["chip", "price (USD)"]
    assert [cell.paragraphs[0].style.name for cell in table.rows[1].cells] == ["Table text", "Table number"]
    assert table.rows[0]._tr.xpath(".//w:tblHeader")
    assert "chip, price" in table._tbl.xpath(".//w:tblDescription")[0].get(
        "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}val"
    )


def test_a_memo_takes_an_offices_styles_and_none_of_its_text(brief: Brief, tmp_path: Path) -> None:
    office = Document()
    office.add_paragraph("Old words")
    office.styles["Heading 1"].font.name = "Georgia"
    out = BytesIO()
    office.save(out)
    made = Document(
        BytesIO(memo_bytes(brief, template=as_template(out.getvalue(), tmp_path / "o.dotx", "doc")))
    )

    assert made.styles["Heading 1"].font.name == "Georgia"
    assert "Old words" not in [paragraph.text for paragraph in made.paragraphs]


@pytest.mark.parametrize("figure", sorted(RECIPES))
def test_a_figure_without_the_columns_of_its_recipe_is_shown_as_a_picture(figure: str) -> None:
    assert office_charts(figure, pd.DataFrame({"x": [1]})) == ()


def test_two_series_of_one_colour_are_told_apart() -> None:
    rows = [(s, r, -3.0, -2.0, -1.0) for s in ("letter-kyc", "now-kyc") for r in ("barred", "open")]
    data = pd.DataFrame(rows, columns=["scenario", "prc_regime", "p05", "p50", "p95"])
    (chart,) = office_charts("regimes", data)

    assert [series.is_second for series in chart.series] == [False, True]
    assert chart.categories == ("Barred by Beijing", "Open")


def test_points_in_one_place_share_a_label() -> None:
    data = pd.DataFrame(
        [("H100", 100.0, 100.0, False), ("H800", 100.0, 100.0, True), ("H20", 15.0, 119.0, True)],
        columns=["label", "throughput_pct", "bandwidth_pct", "is_china_variant"],
    )
    (chart,) = office_charts("h20_two_metrics", data)

    assert [series.labels for series in chart.series] == [("H100, H800",), ("", "H20")]


def test_a_page_of_facts_is_set_tightly_with_its_sources_in_one_paragraph(brief: Brief) -> None:
    sources = Table(
        Grid(
            ("Source", "Date", "Kind", "Licence"),
            (("NVIDIA: Form 10-Q", "2025-08-28", "", ""),),
            (False,) * 4,
        )
    )
    told = replace(brief, pieces=(*brief.pieces, Heading(2, "Sources"), sources))
    memo = Document(BytesIO(memo_bytes(told, is_one_page=True)))

    assert memo.styles["Normal"].font.size.pt < 10
    assert len(memo.tables) == 1
    assert memo.paragraphs[-1].text == "NVIDIA: Form 10-Q (2025-08-28)"


def test_the_lengths_of_intervals_stand_in_the_sheet_that_the_chart_reads() -> None:
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    series = OfficeSeries("=Change", "#1f77c8", (-95.0, 20.0), low=(-880.0, 5.0), high=(-24.0, 60.0))
    bars = OfficeChart("bars", "", ("H20 ask", "KYC ask"), (series,))
    frame = add_chart(slide, bars, (0, 0, 4_000_000, 3_000_000), ALT)
    with zipfile.ZipFile(BytesIO(frame.chart.part.chart_workbook.xlsx_part.blob)) as book:
        sheet, strings = (book.read(f"xl/{name}.xml") for name in ("worksheets/sheet1", "sharedStrings"))

    # up: -24 - -95 = 71 and 60 - 20 = 40; down: -95 - -880 = 785 and 20 - 5 = 15
    for cell in ("C2", "C3", "D2", "D3"):
        assert f'<c r="{cell}"'.encode() in sheet
    assert all(f"<v>{length}</v>".encode() in sheet for length in (71, 40, 785, 15))
    assert b"<f>" not in sheet and b"'=Change" in strings
    chart = etree.tostring(frame.chart._chartSpace).decode()
    assert "Sheet1!$C$2:$C$3" in chart and "Sheet1!$D$2:$D$3" in chart
    assert tuple(frame.chart.plots[0].series[0].values) == (-95.0, 20.0)
