"""Published figures: a gallery of them all, and whether they are still what is drawn."""

from pathlib import Path

import pytest
from lxml import html as lxml_html

from chipflows.errors import FigureError
from chipflows.reports.drift import drift
from chipflows.reports.gallery import exhibits, gallery_page

WORDS = """id: {name}
title: Sales fall <b>fast</b>
subtitle: Chips
unit: chips
note: ''
source: 'Source: x'
alt: Sales fall to "zero"
period: 2025
"""


def figure(root: Path, notebook: str, name: str, data: str = "quarter,p50\n2025Q1,100\n2025Q2,0\n") -> Path:
    place = root / notebook / name
    place.mkdir(parents=True)
    (place / "figure.yaml").write_text(WORDS.format(name=name))
    (place / "data.csv").write_text(data)
    for kind in ("png", "svg", "pdf"):
        (place / f"figure.{kind}").write_text("")
    return place


def test_a_folder_that_is_not_a_figures_is_named(tmp_path: Path) -> None:
    place = figure(tmp_path, "a", "sales")
    (place / "figure.yaml").write_text("- 1")
    with pytest.raises(FigureError, match=r"figure\.yaml does not hold"):
        exhibits(tmp_path)


def test_every_figure_is_shown_with_its_words_and_files_that_exist(tmp_path: Path) -> None:
    figure(tmp_path, "b", "sales")
    (figure(tmp_path, "a", "stock") / "figure-square.png").write_text("")
    page = lxml_html.fromstring(gallery_page(tmp_path))

    assert [image.get("alt") for image in page.iter("img")] == ['Sales fall to "zero"'] * 2
    assert page.xpath("//h3/text()") == ["Sales fall <b>fast</b>"] * 2
    addresses = page.xpath("//@src | //@href")
    assert "a/stock/figure-square.png" in addresses
    assert all((tmp_path / address).is_file() for address in addresses)


def test_nothing_differs_in_what_was_drawn_again_but_for_a_processors_last_digits(tmp_path: Path) -> None:
    old = figure(tmp_path / "old", "a", "sales")
    new = figure(tmp_path / "new", "a", "sales", "quarter,p50\n2025Q1,100.0000001\n2025Q2,0.0000001\n")

    assert drift(old, new) == []


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("quarter,p50\n2025Q1,100\n2025Q2,1\n", "p50 differs in 1 of 2 rows, first in row 3: was 0, is 1"),
        ("quarter,p50\n2025Q1,100\n", "2 rows were published, 1 are drawn"),
        ("quarter,p95\n2025Q1,100\n", "columns were quarter, p50, are quarter, p95"),
        ("quarter,p50\n2025Q1,100\n2025Q3,0\n", "quarter differs in 1 of 2 rows"),
    ],
)
def test_data_that_changed_is_named_with_its_first_row(tmp_path: Path, data: str, what: str) -> None:
    old, new = figure(tmp_path / "old", "a", "sales"), figure(tmp_path / "new", "a", "sales", data)

    (text,) = drift(old, new)
    assert what in text


def test_words_that_changed_are_named(tmp_path: Path) -> None:
    old, new = figure(tmp_path / "old", "a", "sales"), figure(tmp_path / "new", "a", "sales")
    (new / "figure.yaml").write_text(WORDS.format(name="sales").replace("zero", "one"))

    assert drift(old, new) == ["alt was 'Sales fall to \"zero\"', is 'Sales fall to \"one\"'"]
