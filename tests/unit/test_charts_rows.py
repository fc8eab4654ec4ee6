"""What the costs and outcomes of the briefing are made of, sum by sum."""

import numpy as np
import pytest

from chipflows import flows, tables
from chipflows.charts.model import rows

LAST = "2027Q4"
ASKS = {ask: f"letter-{ask}" for ask in ("h20", "kyc", "diffusion", "cxmt")}


@pytest.fixture(scope="module")
def run():
    return flows.simulate(["actual", *ASKS.values(), "now-kyc"], draws=64, seed=1, last=LAST)


@pytest.fixture(scope="module")
def costs(run):
    return rows.costs(run, ASKS, LAST).set_index(["ask", "cost"])


def summed(run, scenario, *key):
    """Every quarter of a series from 2025Q1 on, added up by hand."""
    first, last = run.grid.index["2025Q1"], run.grid.index[LAST]
    return run.series(scenario, *key)[first : last + 1].astype(float).sum(axis=0)


def test_vendor_revenue_forgone_is_actual_less_scenario_in_each_draw(run, costs):
    lost = summed(run, "actual", "revenue_usd", "total", "usd") - summed(
        run, "letter-h20", "revenue_usd", "total", "usd"
    )
    assert costs.loc[("h20", "Vendor revenue forgone"), "p50"] == pytest.approx(np.median(lost), rel=1e-6)


def test_the_checking_load_spreads_a_year_s_spend_over_the_chips_stopped_in_a_year(run, costs):
    # 2026Q1 to 2027Q4 are 8 quarters, 2 years; 55m USD a year; 247 people
    first, last = run.grid.index["2026Q1"], run.grid.index[LAST]
    more = run.series("letter-kyc", "blocked", "diverted", "chips").astype(float) - run.series(
        "actual", "blocked", "diverted", "chips"
    )
    a_year = more[first : last + 1].sum(axis=0) / 2
    spend, staff = (
        costs.loc[("kyc", "BIS enforcement spend")],
        costs.loc[("kyc", "BIS staff, chips stopped each")],
    )
    assert spend["p50"] == pytest.approx(np.median(55e6 / np.maximum(a_year, 1)), rel=1e-6)
    assert staff["p50"] == pytest.approx(np.median(a_year) / 247, rel=1e-6)


def test_tool_makers_sales_are_the_three_filings_added_up(costs):
    # 8.5 + 6.26 + 4.0 = 18.76bn
    assert costs.loc[("cxmt", "PRC tool sales at stake"), "p50"] == pytest.approx(18.76e9)


def test_every_cost_names_sources_that_have_a_card_and_the_unmodelled_have_no_number(costs):
    known = set(tables.cards())
    assert all(set(ids.split(";")) <= known for ids in costs["source_ids"])
    assert costs.loc[~costs["modelled"].astype(bool), "p50"].isna().all()


def test_the_table_of_outcomes_is_the_difference_in_each_draw(run):
    table = rows.outcomes(run, {"KYC ask": ("letter-kyc", "now-kyc")}, LAST)
    change = run.series("letter-kyc", "stock")[-1].astype(float) - run.series("actual", "stock")[-1]
    low, middle, high = (rows.compact(value, "") for value in np.quantile(change, [0.05, 0.5, 0.95]))
    assert table.loc["KYC ask", "PRC stock, adopted then (H100e)"] == f"{middle} ({low} to {high})"
    assert table.loc["KYC ask", "lawful sales, then (H100e)"] == "0 (0 to 0)"
