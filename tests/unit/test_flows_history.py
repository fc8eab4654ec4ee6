"""Fiscal to calendar quarters, units from revenue, intervals: Epoch AI's arithmetic (BENCHMARKS B1 to B5)."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflows import tables
from chipflows.errors import InputError
from chipflows.flows.history import fiscal_to_calendar, h100e, log_sd, ratio90, units_from_revenue


def fiscal(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["starts_on", "ends_on", "units_p50"])
    return frame.assign(starts_on=pd.to_datetime(frame.starts_on), ends_on=pd.to_datetime(frame.ends_on))


def test_a_fiscal_quarter_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InputError, match="ends before it starts"):
        fiscal_to_calendar(fiscal(("2024-04-28", "2024-01-29", 1)))


def test_fiscal_quarters_that_share_a_day_are_refused() -> None:
    with pytest.raises(InputError, match="share days; the second starts on 2024-04-28"):
        fiscal_to_calendar(fiscal(("2024-01-29", "2024-04-28", 1), ("2024-04-28", "2024-07-28", 1)))


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ((1e9, 1.2, 0.9, 1e4), "share is 1.2"),
        ((1e9, 0.1, -0.1, 1e4), "hardware_share"),
        ((1e9, 0.1, 0.9, 0), "price"),
    ],
)
def test_shares_outside_0_to_1_and_prices_of_nothing_are_refused(
    inputs: tuple[float, float, float, float], problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        units_from_revenue(*inputs)


@pytest.mark.parametrize("interval", [(0, 1), (2, 1), (-1, 1)])
def test_an_interval_that_no_lognormal_has_is_refused(interval: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="an interval from"):
        log_sd(*interval)


def test_an_interval_of_one_value_has_no_spread() -> None:
    assert log_sd(5.0, 5.0) == 0.0


def test_days_decide_how_much_of_a_fiscal_quarter_falls_in_each_calendar_quarter() -> None:
    # 27 to 31 March is 5 days, 1 to 5 April 5 more: half each
    shares = fiscal_to_calendar(fiscal(("2025-03-27", "2025-04-05", 100)))
    assert shares.to_dict() == pytest.approx({"2025Q1": 50, "2025Q2": 50})


def test_b2_h20_fiscal_quarters_give_epochs_calendar_quarters() -> None:
    # 2024Q1: 63 of 91 days of 200,372 = 138,719; Q2: 28/91 x 200,372 + 63/91 x 233,149 = 223,064
    quarters = fiscal_to_calendar(tables.h20_fiscal_units())
    assert quarters["2024Q1"] == pytest.approx(138_719, abs=2)
    assert quarters["2024Q2"] == pytest.approx(223_064, abs=2)
    assert quarters["2024Q3"] == pytest.approx(272_247, abs=2)


def test_b2_every_quarter_of_epochs_own_h20_series_is_reproduced() -> None:
    ours = fiscal_to_calendar(tables.h20_fiscal_units())
    epoch = tables.epoch_flows_prc().query("chip_id == 'h20_96'").set_index("quarter")["units_p50"]
    assert ours.reindex(epoch.index).tolist() == pytest.approx(epoch.tolist(), abs=2)


@given(st.lists(st.tuples(st.integers(1, 120), st.floats(0, 1e6)), min_size=1, max_size=8))
def test_spreading_over_days_loses_and_invents_nothing(parts: list[tuple[int, float]]) -> None:
    start, rows = pd.Timestamp("2022-01-31"), []
    for days, units in parts:
        rows.append((start, start + pd.Timedelta(days=days - 1), units))
        start += pd.Timedelta(days=days)
    frame = pd.DataFrame(rows, columns=["starts_on", "ends_on", "units_p50"])
    assert fiscal_to_calendar(frame).sum() == pytest.approx(frame["units_p50"].sum())


@pytest.mark.parametrize(
    ("quarter", "ours"), [("FY2025Q1", 201_163), ("FY2025Q2", 234_069), ("FY2025Q3", 286_222)]
)
def test_b3_revenue_times_share_over_price_is_within_0_6_percent_of_epochs_units(
    quarter: str, ours: float
) -> None:
    # 19.44bn x 0.13 x sqrt(.96 x .99) / sqrt(10,000 x 15,000) = 2.5272bn x 0.97488 / 12,247 = 201,163
    row = tables.h20_fiscal_units().set_index("fiscal_quarter").loc[quarter]
    units = units_from_revenue(
        row.compute_revenue_usd_bn * 1e9, row.h20_share, math.sqrt(0.96 * 0.99), math.sqrt(10_000 * 15_000)
    )
    assert units == pytest.approx(ours, abs=1)
    assert units == pytest.approx(row.units_p50, rel=0.006)


def test_b3_the_share_in_epochs_committed_file_does_not_reproduce_its_units() -> None:
    units = units_from_revenue(19.44e9, 0.12, math.sqrt(0.96 * 0.99), math.sqrt(10_000 * 15_000))
    assert units < 0.93 * 200_372


def test_b4_and_b5_interval_ratios_follow_from_price_and_hardware_share() -> None:
    # H20: ln 1.5 / 2.5631 = .15820, ln(.99/.96) / 2.5631 = .01201, root sum .15865; exp(+-1.64485 x .15865)
    assert ratio90(log_sd(10_000, 15_000), log_sd(0.96, 0.99)) == pytest.approx((0.7703, 1.2982), abs=1e-4)
    assert ratio90(log_sd(25_000, 35_000), log_sd(0.96, 0.99)) == pytest.approx((0.8051, 1.2421), abs=1e-4)


@pytest.mark.parametrize(("chip", "price"), [("h20_96", (10e3, 15e3)), ("h800_sxm_80", (25e3, 35e3))])
def test_b4_and_b5_epochs_own_intervals_agree_within_half_a_percent(
    chip: str, price: tuple[float, float]
) -> None:
    low, high = ratio90(log_sd(*price), log_sd(0.96, 0.99))
    rows = tables.epoch_flows_prc().query("chip_id == @chip and quarter < '2025Q1'")
    assert (rows.units_p05 / rows.units_p50).tolist() == pytest.approx([low] * len(rows), rel=0.005)
    assert (rows.units_p95 / rows.units_p50).tolist() == pytest.approx([high] * len(rows), rel=0.005)


def test_b1_h100_equivalents_are_units_times_throughput_over_1979() -> None:
    # 138,719 x 296 / 1,979 = 41,060,824 / 1,979 = 20,748
    assert h100e(138_719, 296) == pytest.approx(20_748, abs=1)


def test_b1_every_printed_h100_equivalent_follows_from_its_units_and_our_chips_table() -> None:
    flows = tables.epoch_flows_prc().merge(tables.chips()[["chip_id", "dense_8bit_tops"]], on="chip_id")
    ours = h100e(flows["units_p50"], flows["dense_8bit_tops"])
    assert ours.tolist() == pytest.approx(flows["h100e_p50"].tolist(), abs=1)
