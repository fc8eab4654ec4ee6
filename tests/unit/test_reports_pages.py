"""Pages: no code, nothing from outside, alt text kept, hostile content harmless, parameters and sources."""

import re
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from lxml import html as lxml_html

from chipflows.errors import NotebookError
from chipflows.reports.body import body_of
from chipflows.reports.page import newest_source, notebook_page, report_page
from chipflows.reports.tables import mend_table

PNG = "iVBORw0KGgo="
CARDS = {
    "filing": SimpleNamespace(
        producer="NVIDIA", title="Form 10-Q <1>", url="https://example.org/q?a=1&b=2", as_of="2025-08-28",
        published_on=None, kind="filing", licence="facts only", stance=None,
    ),
    "think_tank": SimpleNamespace(
        producer="A think tank", title="A paper", url=None, as_of="2026-01-05",
        published_on=None, kind="research", licence="CC BY 4.0", stance="stricter controls",
    ),
}  # fmt: skip


def code(outputs: list[Any], source: str = "secret_code()", tags: tuple[str, ...] = ()) -> Any:
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata={"tags": list(tags)})


def shown(data: dict[str, str], **metadata: Any) -> Any:
    return nbformat.v4.new_output("display_data", data, metadata=metadata)


def notebook(*cells: Any) -> Any:
    return nbformat.v4.new_notebook(cells=list(cells))


def markdown(text: str) -> Any:
    return nbformat.v4.new_markdown_cell(text)


def picture(alt: str = "Sales fall to zero in April") -> Any:
    ours = {"figure": "sales", "title": "Sales fall", "sources": ["filing"]}
    return shown(
        {"image/png": PNG, "text/plain": alt}, **{"image/png": {"alt": alt, "width": 600}}, chipflows=ours
    )


def example() -> Any:
    claim = {"name": "x", "sentence": "About 5.", "value": 5, "unit": "chips", "source_ids": "think_tank"}
    return notebook(
        markdown("# What did the H20 do?\n\nA *question*.\n\n## Result"),
        code([], 'scenario: str = "actual"\ndraws: int = 64', ("parameters",)),
        code([], "draws = 128", ("injected-parameters",)),
        code([picture()]),
        code([shown({"text/markdown": r"About \$5."}, chipflows={"claims": [claim]})]),
        code([shown({"text/html": "<table><thead><tr><th>a</th></tr></thead><tr><td>1</td></tr></table>"})]),
        markdown("## Result\n\n[back](#result)"),
    )


def page_tree() -> Any:
    return lxml_html.fromstring(report_page([body_of("20-h20", example())], CARDS, "0.1"))


def test_a_picture_without_alt_text_is_refused() -> None:
    with pytest.raises(NotebookError, match="no alt text"):
        body_of("x", notebook(code([shown({"image/png": PNG})])))


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://example.org/x.png" alt="x">',
        '<img src="x.png" alt="x">',
        '<iframe src="https://example.org"></iframe>',
        '<video src="//example.org/v"></video>',
    ],
)
def test_what_a_browser_would_fetch_is_refused(markup: str) -> None:
    with pytest.raises(NotebookError, match="from outside"):
        body_of("x", notebook(code([shown({"text/html": markup})])))


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<b onclick=alert(1)>x</b>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" JaVaScRiPt:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<form action="https://example.org"><input name="alert"></form>',
        "<style>@import url(https://example.org/alert.css)</style>",
        '<svg onload="alert(1)"><script>alert(1)</script></svg>',
        '<p style="background:url(https://example.org/alert)">x</p>',
        "<base href='https://example.org/alert'><meta http-equiv=refresh content='0;url=alert'>",
    ],
)
def test_active_content_from_data_does_not_reach_the_page(markup: str) -> None:
    for cell in (code([shown({"text/html": f"<div>before{markup}after</div>"})]), markdown(markup)):
        made = body_of("x", notebook(cell)).html
        tags = {element.tag for element in lxml_html.fromstring(made).iter()}
        assert "alert" not in made
        assert not tags & {"script", "style", "form", "input", "svg", "base", "meta", "link"}


def test_javascript_and_widgets_are_left_out() -> None:
    output = shown({"application/javascript": "alert(1)", "text/plain": "plain words"})

    assert "alert" not in body_of("x", notebook(code([output]))).html


def test_no_code_and_no_warning_of_a_library_is_in_the_report() -> None:
    cell = code([nbformat.v4.new_output("stream", name="stderr", text="DeprecationWarning")])
    text = notebook_page(body_of("x", notebook(markdown("# T"), cell)), {}, "0.1")

    assert "secret_code" not in text
    assert "DeprecationWarning" not in text


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    text = lxml_html.tostring(page_tree(), encoding="unicode")

    assert not page_tree().xpath("//script | //link | //iframe | //*[starts-with(@src, 'http')]")
    assert not re.search(r"url\(|@import", text)


def test_alt_text_and_width_are_kept() -> None:
    (image,) = page_tree().xpath("//img")

    assert image.get("alt") == "Sales fall to zero in April"
    assert image.get("width") == "600"
    assert image.get("src").startswith("data:image/png;base64,")


def test_parameters_are_shown_as_the_run_used_them() -> None:
    shown = {pair[0].text: pair[1].text for pair in page_tree().xpath("//aside//dl/div")}

    assert shown == {"scenario": "actual", "draws": "128"}


def test_sources_of_figures_and_claims_are_listed_once_with_date_and_stance() -> None:
    footer = page_tree().xpath("//footer")[0]
    rows = [[cell.text_content() for cell in row.xpath("td")] for row in footer.xpath(".//tbody/tr")]

    assert rows == [
        ["NVIDIA: Form 10-Q <1>", "as of 2025-08-28", "filing", "facts only"],
        ["A think tank: A paper", "as of 2026-01-05", "research, advocates: stricter controls", "CC BY 4.0"],
    ]
    assert footer.xpath(".//tbody//a/@href") == ["https://example.org/q?a=1&b=2"]
    assert "newest source used is of 2026-01-05" in " ".join(footer.text_content().split())


def test_contents_lead_to_every_notebook_and_heading_and_ids_are_unique() -> None:
    tree = page_tree()
    ids = tree.xpath("//@id")
    links = [link[1:] for link in tree.xpath("//a/@href") if link.startswith("#")]

    assert len(ids) == len(set(ids))
    assert set(links) <= set(ids)
    assert {"20-h20", "20-h20--result", "20-h20--result-2"} <= set(links)


def test_the_report_has_one_title_and_headings_in_order() -> None:
    levels = [int(element.tag[1]) for element in page_tree().xpath("//h1|//h2|//h3|//h4")]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_have_header_cells_with_scope() -> None:
    assert {cell.get("scope") for cell in page_tree().xpath("//th")} == {"col"}


def test_a_quantity_may_break_before_its_interval_and_nowhere_else() -> None:
    table = lxml_html.fragment_fromstring(
        "<table><thead><tr><th>ask</th><th>change</th></tr></thead><tbody>"
        "<tr><td>H20</td><td>\N{MINUS SIGN}$4.4bn "
        "(\N{MINUS SIGN}$29bn to \N{MINUS SIGN}$1.2bn)</td></tr></tbody></table>"
    )
    mend_table(table)

    cell = table.xpath("//td")[1]
    assert cell.get("class") == "n" and cell.text == "\N{MINUS SIGN}$4.4bn "
    assert [child.tag for child in cell] == ["wbr"]
    assert cell.text_content() == "\N{MINUS SIGN}$4.4bn (\N{MINUS SIGN}$29bn to \N{MINUS SIGN}$1.2bn)"


def test_judgement_does_not_make_the_data_look_newer() -> None:
    ours = SimpleNamespace(as_of="2026-11-24", published_on=None, kind="judgement")
    assert newest_source(["filing", "ours"], CARDS | {"ours": ours}) == "2025-08-28"
    assert newest_source(["ours"], {"ours": ours}) == ""


def test_dollars_are_money_not_mathematics() -> None:
    assert "About $5." in page_tree().text_content()


def test_the_same_run_gives_the_same_page() -> None:
    first, second = (report_page([body_of("a", example())], CARDS, "0.1") for _ in range(2))

    assert first == second


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["ink", "soft", "link"])
@pytest.mark.parametrize("background", ["#ffffff", "#f3f5f8"])
def test_text_has_a_contrast_of_at_least_4_5(name: str, background: str) -> None:
    colours = dict(
        re.findall(r"--(\w+): (#[0-9a-f]{6})", notebook_page(body_of("x", example()), CARDS, "0.1"))
    )

    assert (luminance(background) + 0.05) / (luminance(colours[name]) + 0.05) >= 4.5
