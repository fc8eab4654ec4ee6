"""Epoch AI's totals, a laboratory's product model, and printed sums, re-run (BENCHMARKS B, D, F)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chipflows import tables
from chipflows.flows.history import h100e, ratio90
from chipflows.flows.peer_models import (
    EPOCH_CHIPS,
    EpochChip,
    LabInputs,
    compute_users,
    epoch_totals,
    grown_stock,
    h100_of_tpp,
    wider_by,
)

ENDS = [0.05, 0.50, 0.95]


def test_b6_all_nvidia_units_from_medians_by_chip_and_correlated_prices() -> None:
    # the medians add to 10,891,129; the sum of lognormals has a slightly higher median
    assert sum(chip.units for chip in EPOCH_CHIPS.values()) == 10_891_129
    found = np.quantile(epoch_totals(), ENDS)
    assert found == pytest.approx([9_382_469, 10_950_618, 12_618_049], rel=0.015)
    assert found == pytest.approx([9.341e6, 10.917e6, 12.758e6], rel=0.002)


@pytest.mark.parametrize(
    ("correlated", "published", "ours"),
    [
        (False, [13.26e6, 14.54e6, 15.91e6], [13.31e6, 14.58e6, 15.97e6]),
        (True, [12.64e6, 14.51e6, 16.52e6], [12.60e6, 14.54e6, 16.78e6]),
    ],
)
def test_b7_correlated_prices_widen_the_world_total(
    correlated: bool, published: list[float], ours: list[float]
) -> None:
    # medians: 1,092,774 A100 x 624 / 1,979 = 344,564 and so on add to 14.52M
    parts = [h100e(chip.units, chip.dense_8bit_tops) for chip in EPOCH_CHIPS.values()]
    assert sum(parts) == pytest.approx(14.52e6, rel=1e-3)
    found = np.quantile(epoch_totals("h100e", correlated=correlated), ENDS)
    assert found == pytest.approx(published, rel=0.02)
    assert found == pytest.approx(ours, rel=0.002)


def test_b7_the_widening_does_not_reproduce_although_each_end_does() -> None:
    # Epoch: (16.52 - 12.64) / (15.91 - 13.26) = 1.46; ours (16.78 - 12.60) / (15.97 - 13.31) = 1.57
    wider = wider_by(epoch_totals("h100e", correlated=False), epoch_totals("h100e"))
    assert wider == pytest.approx(0.57, abs=0.02)
    assert wider > 0.46 + 0.05


def test_one_chip_alone_has_the_interval_of_its_price_and_the_hardware_share() -> None:
    one = {"H20": EpochChip("Hopper", 1e6, (10e3, 15e3), 296)}
    spread = math.hypot(math.log(1.5), math.log(0.99 / 0.96)) / (2 * 1.2815516)
    found = np.quantile(epoch_totals(chips=one), ENDS) / 1e6
    assert found == pytest.approx([math.exp(-1.6448536 * spread), 1, math.exp(1.6448536 * spread)], rel=1e-3)
    assert (found[0], found[2]) == pytest.approx(ratio90(spread), rel=1e-3)


def test_b8_epochs_cumulative_totals_follow_from_its_units_and_our_chips() -> None:
    flows = tables.epoch_flows_prc().merge(tables.chips()[["chip_id", "dense_8bit_tops"]], on="chip_id")
    ours = (
        flows.assign(h100e=flows["units_p50"] * flows["dense_8bit_tops"] / 1979)
        .groupby("quarter")["h100e"].sum().cumsum()
    )  # fmt: skip
    published = tables.epoch_cumulative_prc().set_index("quarter")["h100e_p50"]
    for quarter, value in {"2022Q4": 31_906, "2023Q4": 177_662, "2024Q4": 322_257, "2025Q1": 376_350}.items():
        assert published[quarter] == value
        assert ours[quarter] == pytest.approx(value, rel=0.03)


def test_b9_quarters_add_up_to_the_cumulative_total_within_one_percent() -> None:
    printed = [
        *(9_414, 10_060, 3_447, 8_870),
        *(16_610, 40_322, 65_434, 22_740),
        *(20_748, 33_363, 40_720, 48_517),
        *(54_096, 22_838, 2_560, 0),
    ]
    assert sum(printed) == 399_739
    assert sum(printed) == pytest.approx(401_698, rel=0.01)
    ours = tables.epoch_flows_prc().groupby("quarter")["h100e_p50"].sum()
    assert ours.tolist() == pytest.approx(printed[: len(ours)], rel=0.003)


def test_b10_h20_through_2025_from_fiscal_quarters() -> None:
    # the fiscal medians add to 1,489,899; ends x .7703 and 1.2982 are 1,147,700 and 1,934,200
    total = tables.h20_fiscal_units()["units_p50"].sum()
    assert total == pytest.approx(1_489_899, rel=0.03)
    low, high = ratio90(math.hypot(math.log(1.5), math.log(0.99 / 0.96)) / (2 * 1.2815516))
    assert (total * low, total * high) == pytest.approx((1_146_319, 1_938_218), rel=0.03)


def test_b12_a_laboratorys_compute_is_a_product_of_four_draws() -> None:
    # medians: (sqrt(1.43 x 2.38) + sqrt(.345 x .612)) M x sqrt(.62 x .90) x sqrt(.33 x .80)
    #        = (1.845 + .4595) M x .7470 x .5138 = .8845 M
    found = np.quantile(compute_users(), ENDS)
    assert found == pytest.approx([531e3, 892e3, 1.52e6], rel=0.03)
    assert found[1] == pytest.approx(884.5e3, rel=0.01)


def test_a_share_beyond_its_limits_is_cut() -> None:
    sure = LabInputs(((1e6, 1e6),), (1.0, 1.0), (0.5, 2.0), (0.1, 0.9))
    found = compute_users(sure, draws=256)
    assert found.max() == pytest.approx(0.9e6)
    assert found.min() < 0.5e6


@pytest.mark.parametrize(
    ("tpp", "published"),
    [
        (790e6, 49_899),
        (790e6, 49_901),
        (2 * 790e6, 99_802),
        (26.9e6, 1_699),
        (5064e6, 319_859),
        (253e6, 15_980),
        (3.2e6, 202),
    ],
)
def test_d1_to_d7_quantities_of_the_diffusion_rule_in_h100(tpp: float, published: float) -> None:
    assert h100_of_tpp(tpp) == pytest.approx(published, rel=1e-3)


def test_d4_the_end_user_cap_is_more_than_six_country_allocations() -> None:
    assert pytest.approx(6.41, abs=0.005) == 5064 / 790


def test_f6_shares_of_medians_are_not_the_printed_share() -> None:
    # 230 of 320 thousand is 72%, printed as about 60%: medians of parts do not add up to the median
    assert pytest.approx(0.72, abs=0.005) == 230 / 320


def test_f7_a_stock_that_grows_by_a_factor_a_year() -> None:
    # 100,000 x 2.4 = 240,000; x 2.4 = 576,000; x 2.4 = 1,382,400
    assert [grown_stock(100_000, 2.4, year) for year in (0, 1, 2, 3)] == pytest.approx(
        [100_000, 240_000, 576_000, 1_382_400]
    )


def test_f8_published_starting_stocks_differ_twenty_fold() -> None:
    checks = tables.table("peer_checks").set_index("check_id")["theirs_mid"]
    start = checks[["aif_2025", "aif_2025_doc", "policy_sim_2025", "epoch_legal_2025q4", "epoch_prc_total"]]
    assert start.tolist() == [100_000, 500_000, 600_000, 401_698, 2_000_000]
    assert start.max() / start.min() == 20
