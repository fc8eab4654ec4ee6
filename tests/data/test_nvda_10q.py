"""The H20 history against NVIDIA's Form 10-Q for the quarter to 27 July 2025: no sale to China."""

from __future__ import annotations

import gzip
import html
import re
from pathlib import Path

import pytest

from chipflows import tables

FILING = "trade/company/nvda_10q_fy2026q2_20250727.html.gz"
TWIN = """\
<html><body><p>We incurred a <b>$4.5&nbsp;billion</b> charge in the first quarter of fiscal year 2026
associated with H20.</p>
<p>We recognized approximately $650 million of H20 revenue from sales to an unrestricted customer
outside of China, resulting in a $180&#160;million release of previously reserved H20 inventory. There were no
H20 sales to China-based customers in the second quarter.</p>
<table><tr><td>China (including Hong Kong)</td>
<td>2,769</td><td>3,667</td><td>8,291</td><td>6,158</td></tr></table>
</body></html>"""


def text_of(document: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", document))).replace("$ ", "$")


def billed_to_china(text: str) -> list[int]:
    """Three months and six months of this year and the last, in USD million."""
    found = re.search(r"China \(including Hong Kong\)((?: [\d,]+){4})", text.replace("$", ""))
    assert found, "the table of revenue by geographic area"
    return [int(cell.replace(",", "")) for cell in found[1].split()]


@pytest.fixture(params=["twin", "filing"])
def filing(request: pytest.FixtureRequest) -> str:
    if request.param == "twin":
        return text_of(TWIN)
    raw: Path = request.getfixturevalue("raw")
    with gzip.open(raw / FILING, "rt", encoding="utf-8", errors="replace") as file:
        return text_of(file.read())


def test_the_filing_says_no_h20_went_to_china_based_customers_and_so_do_we(filing: str) -> None:
    assert "There were no H20 sales to China-based customers in the second quarter" in filing
    facts = tables.h20_disclosures().set_index("fact_id")["usd_m"]
    assert facts["h20_prc_fy26q2"] == 0
    # the fiscal quarter is 28 April to 27 July: the H20 stops on 9 April, before it
    late = tables.shipping_segments().query("chip_id == 'h20_96' and ships_until > '2025-04-10'")
    assert late.empty
    ours = tables.chip_flows_prc().query("chip_id == 'h20_96' and quarter >= '2025Q3'")
    assert (ours["units_p95"] == 0).all() and len(ours) > 0


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (r"a \$([\d.]+) billion charge in the first quarter", "h20_charge_fy26q1"),
        (
            r"approximately \$([\d.]+) million of H20 revenue from sales to an unrestricted",
            "h20_abroad_fy26q2",
        ),
        (r"a \$([\d.]+) million release of previously reserved H20 inventory", "h20_release_fy26q2"),
    ],
)
def test_our_disclosures_are_the_filings_amounts(filing: str, words: str, fact: str) -> None:
    found = re.search(words, filing)
    assert found, words
    amount = float(found[1]) * (1000 if "billion" in words else 1)
    assert tables.h20_disclosures().set_index("fact_id").loc[fact, "usd_m"] == amount


def test_our_billing_series_is_the_filings_table(filing: str) -> None:
    # 2,769 in the quarter, 8,291 in the half: 8,291 - 2,769 = 5,522 in the first quarter
    quarter, year_ago, half, half_year_ago = billed_to_china(filing)
    ours = tables.nvda_revenue_prc_billing().set_index("period")["china_usd_m"]
    assert ours["FY2026Q2"] == quarter
    assert ours["FY2026Q1"] == half - quarter
    assert ours["FY2025Q2"] == year_ago
    assert ours["FY2025Q1"] == half_year_ago - year_ago


def test_the_h20_shipped_from_27_january_to_9_april_earn_what_the_company_booked() -> None:
    # (331,290 + 46,588) x 11,868 USD = 377,878 x 11,868 = 4.485bn, within 3% of the 4.6bn booked
    late = tables.shipping_segments().query("chip_id == 'h20_96' and ships_from >= '2025-01-27'")
    booked = tables.h20_disclosures().set_index("fact_id").loc["h20_revenue_fy26q1", "usd_m"] * 1e6
    assert (late["units_p50"] * late["price_usd"]).sum() == pytest.approx(booked, rel=0.03)


def test_china_revenue_billed_in_the_half_year_is_enough_to_hold_the_h20_sales(filing: str) -> None:
    _, _, half, _ = billed_to_china(filing)
    assert half >= tables.h20_disclosures().set_index("fact_id").loc["h20_revenue_fy26q1", "usd_m"]
