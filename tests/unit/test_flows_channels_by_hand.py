"""Each channel's arithmetic on paper: round inputs, one or two draws, and the sum in a comment."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from chipflows.flows import abroad, diverted, domestic, legal, stock
from chipflows.flows.access import Access, Span
from chipflows.flows.domestic import Stacks
from chipflows.flows.grid import Grid
from chipflows.flows.inputs import Inputs, Segment, Spec, gather
from chipflows.flows.levers import Settings
from chipflows.flows.sampling import Draws
from chipflows.tables.assumptions import Assumptions, Profile

SPECS = {
    "a100_sxm_80": Spec(0.3, 0.6, 80), "h100_sxm_80": Spec(1.0, 1.0, 80), "h200_sxm_141": Spec(1.0, 1.5, 141),
    "h20_96": Spec(0.15, 1.2, 96), "b200": Spec(2.5, 2.4, 192), "rubin": Spec(9.0, 6.0, 288),
    "b30a": Spec(1.1, 1.2, 144), "mi308": Spec(0.2, 1.5, 192), "mlu590": Spec(0.25, 0.6, 96),
    "asc910b": Spec(0.4, 0.5, 64), "asc910c": Spec(0.8, 1.0, 128), "asc950dt": Spec(0.5, 1.2, 144),
    "asc960": Spec(1.0, 2.8, 288),
}  # fmt: skip


def profile(name: str, value: float | dict[str, float], scale: str = "linear") -> Profile:
    at = value if isinstance(value, dict) else {2022.0: value, 2031.0: value}
    content = {
        "id": name,
        "topic": "t",
        "title": "T",
        "unit": "x",
        "scale": scale,
        "at": at,
        "sources": ["s"],
    }
    return Profile.model_validate(content)


def world(first: str, last: str, *steps: Profile, **flat: float) -> Inputs:
    """Inputs whose profiles are flat at the values given, but for *steps*."""
    profiles = {name: profile(name, value) for name, value in flat.items()} | {one.id: one for one in steps}
    return Inputs(Grid(first, last), Assumptions(uncertain={}, profiles=profiles, groups={}), SPECS, ())


def draws(**values: float) -> Draws:
    return Draws({name: np.array([float(value)]) for name, value in values.items()}, 1)


def one(*values: float) -> np.ndarray:
    return np.array([[float(value)] for value in values])


# ---- domestic


def test_dies_are_wafers_times_gross_dies_times_yield_times_share_and_what_tsmc_sent() -> None:
    # 40,000 a month x 3 x 78 x 0.40 x 0.10 = 374,400; of 2.5m dies at TSMC a tenth came: 250,000
    given = world(
        "2024Q1", "2024Q1", profile("tsmc_die_arrivals", {"2024Q1": 0.1}, "quarterly"),
        smic_wafers_per_month=40_000, smic_die_yield=0.4, ai_wafer_share_shape=0.5, gross_dies_per_wafer=78,
    )  # fmt: skip
    drawn = draws(smic_wafers=1, smic_yield=1, ai_wafer_share=0.2, tsmc_die_bank=2.5e6)
    assert domestic.die_arrivals(given, drawn)[0, 0] == pytest.approx(374_400 + 250_000)
    # yield is at most 0.95 and the share at most 0.9: 40,000 x 3 x 78 x 0.95 x 0.9 = 8,002,800
    most = draws(smic_wafers=1, smic_yield=5, ai_wafer_share=5, tsmc_die_bank=0)
    assert domestic.die_arrivals(given, most)[0, 0] == pytest.approx(8_002_800)


CXMT = {"cxmt_stack_yield_path": 0.2, "hbm_dies_per_wafer": 520, "hbm_stack_height": 8}


def test_cxmts_stacks_are_wafers_times_dies_times_yield_over_height_less_what_a_listing_takes() -> None:
    # 6,000 x 2 x 3 x 520 x (0.2 x 1.1) / 8 = 514,800
    given = world("2027Q1", "2027Q4", profile("cxmt_hbm_wafers_per_month", 6_000.0), **CXMT)
    drawn = draws(
        cxmt_slip=0, cxmt_hbm_wafers=2, cxmt_stack_yield=1.1, listing_phase_in=4, listing_backfill=0.6,
        listing_wafer_loss=0.5, listing_yield_loss=0.2, listing_no_effect_before_2028=0,
        listing_tools_ahead=0.5, listing_allied_factor=2,
    )  # fmt: skip
    assert domestic.cxmt_stacks(given, drawn, Settings("x"), one(0, 0, 0, 0))[:, 0] == pytest.approx(514_800)
    # In force for half of the first quarter, then whole: 0.5, 1.5, 2.5, 3.5 quarters. Ramp over 4: 0.125,
    # 0.375, 0.625, 0.875; made good 0.6 x elapsed / 12: 0.025, 0.075, 0.125, 0.175.
    bite = [0.125 * 0.975, 0.375 * 0.925, 0.625 * 0.875, 0.875 * 0.825]
    force = one(0.5, 1, 1, 1)
    found = domestic.listing_bite(given, drawn, Settings("x"), force)[:, 0]
    assert found == pytest.approx(bite)
    kept = [514_800 * (1 - 0.5 * b) * (1 - 0.2 * b) for b in bite]
    assert domestic.cxmt_stacks(given, drawn, Settings("x"), force)[:, 0] == pytest.approx(kept)
    ahead = domestic.listing_bite(given, drawn, Settings("x", levers={"tools_bought_ahead": True}), force)
    assert ahead[:, 0] == pytest.approx([0.5 * b for b in bite])
    allied = domestic.listing_bite(given, drawn, Settings("x", levers={"allied_action": True}), force)
    assert allied[:, 0] == pytest.approx([2 * b for b in bite])
    nothing = Settings("x", levers={"cxmt_branch": "nothing_before_2028"})
    assert domestic.listing_bite(given, drawn, nothing, force).tolist() == [[0.0]] * 4


def test_the_branch_without_effect_ends_with_2027_and_the_phase_in_and_backfill_do_not_grow_for_ever() -> (
    None
):
    given = world("2027Q4", "2028Q1")
    drawn = draws(listing_phase_in=1, listing_backfill=0.4, listing_no_effect_before_2028=1)
    # 2028Q1: ramp min(2 / 1, 1) = 1, made good 0.4 x 2/12 = 0.0667
    found = domestic.listing_bite(given, drawn, Settings("x"), one(1, 1))[:, 0]
    assert found == pytest.approx([0, 1 - 0.4 * 2 / 12])
    long = world("2028Q1", "2030Q4")
    grown = domestic.listing_bite(long, drawn, Settings("x"), np.full((12, 1), 2.0))[:, 0]
    assert grown[-1] == pytest.approx(1 - 0.4)  # 24 quarters: made good in full, 0.4, and no more


def test_a_slip_delays_what_comes_after_2025_and_leaves_the_past_alone() -> None:
    path = {"2025.0": 0.0, "2026.0": 100.0, "2027.0": 200.0, "2028.0": 300.0}
    given = world("2025Q2", "2027Q2", profile("p", path))
    plain, slipped = (domestic._slipped(given, "p", np.array([float(q)]))[:, 0] for q in (0, 2))
    middle = given.grid.middle
    assert slipped[:3] == pytest.approx(plain[:3])  # 2025Q2 to 2025Q4
    # half a year later: 2027Q2 has what mid-2026Q4 would, 50 less; 2026Q1 is held at the start of 2026
    assert slipped[-1] == pytest.approx(100 * (middle[-1] - 0.5 - 2025))
    assert slipped[3] == pytest.approx(100.0)
    logs = world("2027Q1", "2027Q1", profile("p", {"2026.0": 1.0, "2028.0": 100.0}, "log"))
    # mid-2027Q1 is 2027.123; a slip of 4 quarters reads 2026.123: 100^(0.123/2)
    at = logs.grid.middle[0] - 1 - 2026
    assert domestic._slipped(logs, "p", np.array([4.0]))[0, 0] == pytest.approx(100 ** (at / 2))


def test_stacks_come_from_the_bank_diversion_after_2024_cxmt_others_and_a_free_market() -> None:
    given = world(
        "2024Q4", "2025Q1", profile("hbm_bank_arrivals", {"2024Q4": 0.1}, "quarterly"),
        profile("cxmt_hbm_wafers_per_month", 1000.0), free_hbm_per_quarter=4e6, **CXMT,
    )  # fmt: skip
    drawn = draws(
        cxmt_slip=0, cxmt_hbm_wafers=1, cxmt_stack_yield=1, hbm_bank=13e6, hbm_diverted_per_quarter=5e4,
        other_prc_hbm=0.1,
    )  # fmt: skip
    found = domestic.stack_arrivals(given, drawn, Settings("x"), one(0, 0), one(0, 0.25))
    made = 1000 * 3 * 520 * 0.2 / 8  # 39,000
    assert found.bank[:, 0].tolist() == pytest.approx([1.3e6, 0])
    assert found.diverted[:, 0].tolist() == [0, 5e4]
    assert found.cxmt[:, 0].tolist() == pytest.approx([made, made])
    assert found.other[:, 0].tolist() == pytest.approx([0.1 * made] * 2)
    assert found.free[:, 0].tolist() == [0, 1e6]
    assert found.total()[1, 0] == pytest.approx(5e4 + 1.1 * made + 1e6)


def test_the_assembly_ceiling_is_what_was_seen_and_then_grows_slower_after_three_years() -> None:
    seen = profile("huawei_packages_per_quarter", {"2025Q3": 100.0, "2025Q4": 200.0}, "quarterly")
    given = world("2025Q3", "2030Q4", seen)
    drawn = draws(huawei_packages=1.1, assembly_growth=2, package_yield=0.8)
    found = domestic._assembly_ceiling(given, drawn)[:, 0]
    # started = good / 0.8: 100 x 1.1 / 0.8 = 137.5; 275; a year on 550; three on 2,200; five on x 2^(3 + 1)
    at = given.grid.index
    assert [found[at[q]] for q in ("2025Q3", "2025Q4", "2026Q4", "2028Q4", "2030Q4")] == pytest.approx(
        [137.5, 275, 550, 2200, 4400]
    )
    assert found[at["2026Q1"]] == pytest.approx(275 * 2**0.25)


def test_packages_their_metrics_and_spend_follow_from_the_mix_the_yield_and_the_other_makers() -> None:
    given = world(
        "2024Q1", "2024Q1", profile("huawei_packages_per_quarter", {"2024Q1": 80.0}, "quarterly"),
        share_910b=0.5, share_950=0.0, share_960=0.0, price_domestic_usd_1000=16,
    )  # fmt: skip
    drawn = draws(
        huawei_packages=1, assembly_growth=1, package_yield=0.8, other_makers=0.25, roadmap_slip=0,
        stacks_per_950=6, die_area_per_950=1.5, price_domestic=1.5,
    )  # fmt: skip
    stacks = Stacks(one(1000), one(0), one(0), one(0), one(0))
    found = domestic.domestic_output(given, drawn, stacks, None, one(1000))
    # Ceiling 80 / 0.8 = 100 started, 80 good. Half 910B (1 die, 4 stacks), half 910C (2, 8): 1.5 dies and 6
    # stacks, and for a quarter of other makers' 0.25 x 1 and 0.25 x 5 more: 1.75 dies, 7.25 stacks each.
    assert found.started[0, 0] == pytest.approx(100) and found.binding[0, 0] == 2
    assert found.packages[0, 0] == pytest.approx(80 * 1.25)
    assert (found.dies_used[0, 0], found.stacks_used[0, 0]) == pytest.approx((175, 725))
    assert (found.dies_left[0, 0], found.stacks_left[0, 0]) == pytest.approx((825, 275))
    assert found.h100e[0, 0] == pytest.approx(80 * (0.5 * 0.4 + 0.5 * 0.8 + 0.25 * 0.25))
    assert found.h100e_bandwidth[0, 0] == pytest.approx(80 * (0.5 * 0.5 + 0.5 * 1.0 + 0.25 * 0.6))
    assert found.mem_gb[0, 0] == pytest.approx(80 * (32 + 64 + 24))
    assert found.spend_usd[0, 0] == pytest.approx(100 * 16_000 * 1.5)
    assert found.packages_by_dies[0, 0] == pytest.approx(1000 / 1.75 * 0.8 * 1.25)  # good ones, as `packages`
    assert found.packages_by_stacks[0, 0] == pytest.approx(1000 / 7.25 * 0.8 * 1.25)
    # with other makers' half: 1.5 + 0.5 dies, 6 + 2.5 stacks, and 0.8 x 1.5 good packages sold a start
    more = draws(
        huawei_packages=1, assembly_growth=1, package_yield=0.8, other_makers=0.5, roadmap_slip=0,
        stacks_per_950=6, die_area_per_950=1.5, price_domestic=1.5,
    )  # fmt: skip
    half = domestic.domestic_output(given, more, stacks, None, one(1000))
    assert half.packages_by_dies[0, 0] == pytest.approx(1000 / 2.0 * 1.2)
    assert half.packages_by_stacks[0, 0] == pytest.approx(1000 / 8.5 * 1.2)
    # demand for 1.2m USD: at 24,000 USD and 1.25 x 0.8 sold a package started: 50 packages
    less = domestic.domestic_output(given, drawn, stacks, one(1.2e6), one(1000))
    assert less.started[0, 0] == pytest.approx(50) and less.binding[0, 0] == 3
    assert less.spend_usd[0, 0] == pytest.approx(1.2e6)


def test_newer_packages_take_their_own_dies_and_stacks() -> None:
    given = world("2030Q1", "2030Q1", share_910b=0.1, share_950=0.4, share_960=0.2)
    drawn = draws(roadmap_slip=0, stacks_per_950=6, die_area_per_950=1.5)
    found = domestic._mix(given, drawn)
    # 910B 0.1, 950 0.4, 960 0.2, so 910C 0.3: dies 0.1 + 0.6 + 0.6 + 0.6 = 1.9; stacks 0.4 + 2.4 + 2.4 + 1.8
    assert found["dies"][0, 0] == pytest.approx(0.1 + 2 * 0.3 + 1.5 * 0.4 + 2 * 1.5 * 0.2)
    assert found["stacks"][0, 0] == pytest.approx(0.4 + 2.4 + 2.4 + 1.8)
    assert found["h100e"][0, 0] == pytest.approx(0.1 * 0.4 + 0.3 * 0.8 + 0.4 * 0.5 + 0.2 * 1.0)


# ---- diverted


def test_what_passed_on_actual_is_read_year_by_year() -> None:
    known = profile(
        "diverted_units_per_quarter",
        {"2024Q1": 100.0, "2025Q1": 100.0, "2025Q2": 200.0, "2025Q3": 300.0, "2025Q4": 400.0},
        "quarterly",
    )
    given = world("2022Q4", "2030Q1", known)
    drawn = draws(
        diverted_scale=1.5, diverted_2024=0.8, diverted_2022q4_units=7, diverted_2023_units=40,
        diverted_2026=0.5, diverted_growth=2,
    )  # fmt: skip
    found = diverted.units_on_actual(given, drawn)[:, 0]
    at = given.grid.index
    # 2024Q1: 100 x 1.5 x 0.8; 2026: 1.5 x 1,000 / 4 x 0.5 = 187.5; x 2, x 4, then at half the pace
    for quarter, units in {
        "2022Q4": 7, "2023Q1": 10, "2023Q4": 10, "2024Q1": 120, "2024Q2": 0, "2025Q1": 150, "2025Q4": 600,
        "2026Q1": 187.5, "2027Q4": 375, "2028Q1": 750, "2029Q1": 750 * math.sqrt(2), "2030Q1": 1500,
    }.items():  # fmt: skip
        assert found[at[quarter]] == pytest.approx(units), quarter


def test_attempts_are_what_passed_over_the_share_that_passes() -> None:
    known = profile(
        "diverted_units_per_quarter",
        dict.fromkeys(("2025Q1", "2025Q2", "2025Q3", "2025Q4"), 86.0),
        "quarterly",
    )
    given = world("2025Q1", "2025Q1", known)
    drawn = draws(
        diverted_scale=1, diverted_2024=1, stopped_today=0.2,
        share_cloud_fronts=0.25, share_small_orders=0.25, share_resale=0.25,
    )  # fmt: skip
    # four quarters of 0.25, each stops 0.2: passes 0.8 + 0.2 x 0.5 x 0.8 = 0.88
    found = diverted.attempts_on_actual(given, drawn, np.array([0.5]))
    assert found[0, 0] == pytest.approx(86 / 0.88)


def test_pathways_that_claim_more_than_all_are_scaled_and_resellers_keep_a_twentieth() -> None:
    shares = diverted.pathway_shares(draws(share_cloud_fronts=0.5, share_small_orders=0.1, share_resale=0.2))
    assert [s[0] for s in shares] == pytest.approx([0.2, 0.5, 0.1, 0.2])
    # 0.6 + 0.3 + 0.3 = 1.2: resellers 0.05 of 1.25
    shares = diverted.pathway_shares(draws(share_cloud_fronts=0.6, share_small_orders=0.3, share_resale=0.3))
    assert [s[0] for s in shares] == pytest.approx([0.04, 0.48, 0.24, 0.24])


@pytest.mark.parametrize(
    ("quarter", "newer"),
    [("2024Q4", 0.0), ("2025Q1", 0.5), ("2025Q4", 0.5), ("2026Q1", 0.8), ("2030Q4", 0.8)],
)
def test_the_average_diverted_chip_is_older_until_2025_and_newer_after(quarter: str, newer: float) -> None:
    given = world(quarter, quarter, hopper_share_of_older=0.75, rubin_share_of_newer=0.1)
    found = diverted.mix_of(given, draws(blackwell_share_2025=0.5, blackwell_share_2026=0.8))
    older = 1 - newer
    weights = (older * 0.25, older * 0.75, newer * 0.9, newer * 0.1)
    # A100, H100, B200, Rubin: H100e 0.3, 1.0, 2.5, 9.0 and list prices 12,247, 28,500, 37,200, 55,000
    assert found.h100e[0, 0] == pytest.approx(np.dot(weights, (0.3, 1.0, 2.5, 9.0)))
    assert found.h100e_bandwidth[0, 0] == pytest.approx(np.dot(weights, (0.6, 1.0, 2.4, 6.0)))
    assert found.mem_gb[0, 0] == pytest.approx(np.dot(weights, (80, 80, 192, 288)))
    assert found.price_usd[0, 0] == pytest.approx(np.dot(weights, (12_247, 28_500, 37_200, 55_000)))


def test_what_does_not_pass_is_blocked_and_everything_is_valued_at_the_mix() -> None:
    mix = diverted.Mix(one(2.0), one(3.0), one(100.0), one(30_000.0))
    half = [np.array([0.5]), np.array([0.5])]
    stopped = [np.array([0.4]), np.array([0.2])]
    found = diverted.diverted_flow(one(1000), half, stopped, np.array([0.5]), mix)
    assert [p[0, 0] for p in found.by_pathway] == pytest.approx([380, 430])
    assert (found.units[0, 0], found.blocked[0, 0]) == pytest.approx((810, 190))
    assert (found.h100e[0, 0], found.h100e_bandwidth[0, 0], found.mem_gb[0, 0]) == pytest.approx(
        (1620, 2430, 81_000)
    )
    assert (found.revenue_usd[0, 0], found.attempted_h100e[0, 0]) == pytest.approx((24.3e6, 2000))


# ---- abroad


def test_purchases_abroad_are_spread_over_seven_early_quarters_and_over_the_days_of_the_window() -> None:
    given = world("2022Q1", "2026Q3")
    drawn = draws(offshore_before_2025=2100, offshore_window_units=3830, offshore_hq_rule_bite=0.5)
    none = np.zeros((len(given.grid.quarters), 1))
    found = abroad.offshore_purchases(given, drawn, Settings("x"), none)
    at = given.grid.index
    # 2,100 H100e over 7 quarters are 300, 1,000 A100 of 0.3 each; the window has 383 days, 10 chips a day
    assert found.units[at["2022Q1"], 0] == found.units[at["2023Q3"], 0] == pytest.approx(1000)
    assert found.units[at["2023Q4"], 0] == found.units[at["2026Q3"], 0] == 0
    assert found.units[at["2025Q2"], 0] == pytest.approx(490)  # 13 May to 30 June: 49 days
    assert found.units[at["2025Q3"], 0] == pytest.approx(920)
    assert found.units[at["2026Q2"], 0] == pytest.approx(600)  # 1 April to 30 May: 60 days
    assert found.h100e[at["2025Q3"], 0] == pytest.approx(920 * 2.5)
    assert found.h100e_bandwidth[at["2022Q1"], 0] == pytest.approx(600)
    assert found.mem_gb[at["2025Q3"], 0] == pytest.approx(920 * 192)
    assert found.mem_gb[at["2022Q1"], 0] == pytest.approx(1000 * given.spec("a100_sxm_80").mem_gb)
    assert found.revenue_usd[at["2022Q1"], 0] == pytest.approx(1000 * 12_247)
    assert found.revenue_usd[at["2025Q3"], 0] == pytest.approx(920 * 37_200)
    bitten = abroad.offshore_purchases(given, drawn, Settings("x"), none + 1.0)
    assert bitten.units[at["2025Q3"], 0] == pytest.approx(460)
    assert bitten.units[at["2022Q1"], 0] == pytest.approx(1000)
    without = abroad.offshore_purchases(given, drawn, Settings("x", levers={"offshore_window": False}), none)
    assert without.units[at["2025Q3"], 0] == 0 and without.units[at["2022Q1"], 0] == pytest.approx(1000)


def test_rented_compute_follows_its_path_plus_what_unmet_spend_rents() -> None:
    given = world("2025Q4", "2030Q4", profile("remote_path", {"2024.0": 0.25, "2026.0": 1.0}, "log"))
    drawn = draws(
        remote_end_2025=1000, remote_growth=2, to_remote=0.1, remote_rent_usd_1000=10, diffusion_remote=0.5
    )
    none = np.zeros((21, 1))
    plain = abroad.remote_stock(given, drawn, Settings("x"), none, none)[:, 0]
    at = given.grid.index
    # the end of a quarter is its middle + 0.125: the end of 2025 has 1,000; a year on twice, three years on
    # eight times, then at half the pace
    assert plain[at["2025Q4"]] == pytest.approx(1000, rel=2e-3)
    assert plain[at["2026Q4"]] / plain[at["2025Q4"]] == pytest.approx(2, rel=2e-3)
    assert plain[at["2030Q4"]] / plain[at["2028Q4"]] == pytest.approx(2, rel=2e-3)
    # 1m USD more unmet a quarter: 4m a year, a tenth to rent at 10,000 USD a year: 40 H100e
    more = abroad.remote_stock(given, drawn, Settings("x"), none, none + 1e6)[:, 0]
    assert more - plain == pytest.approx(40)
    assert abroad.remote_stock(given, drawn, Settings("x"), none, none - 1e12).max() == 0
    published = abroad.remote_stock(given, drawn, Settings("x"), none + 1, none)[:, 0]
    assert published == pytest.approx(plain)
    strong = abroad.remote_stock(
        given, drawn, Settings("x", levers={"remote_access": "strengthened"}), none + 1, none
    )
    assert strong[:, 0] == pytest.approx(plain / 2)  # half of every quarter's growth, the first's too


# ---- lawful sales


ALWAYS = date(2200, 1, 1).toordinal()


def access(actual: dict[str, str], scenario: dict[str, str]) -> Access:
    """Every chip under one category for good, on actual and in the scenario."""
    chips = (*legal.LEGAL_CHIPS, legal.FLAGSHIP)
    span = lambda kinds, chip: (Span(0, ALWAYS, kinds.get(chip, "denial")),)  # noqa: E731
    return Access({c: span(actual, c) for c in chips}, {c: span(scenario, c) for c in chips})


FORWARD = {
    "price_forward_usd": 27_000, "price_mi308_usd": 12_000, "price_b30a_usd": 22_000, "price_index_2025": 0.9,
    "nvidia_compute_revenue_usd_bn": 200, "best_chip_price_usd": 40_000,
    "best_chip_h100e_per_usd_1000": 0.06, "best_chip_bandwidth_per_usd_1000": 0.05,
    "best_chip_mem_gb_per_usd_1000": 5,
}  # fmt: skip
DRAWN = {
    "prc_regime": 1, "prc_restraint_barred": 0.0, "prc_restraint_rationed": 0.25, "prc_restraint_open": 0.75,
    "prc_opens_for_better_chip": 0.2, "h200_licensable_per_year": 800_000, "h200_units_2026": 20_000,
    "approval_case_by_case": 0.8, "approval_denial": 0.1, "mi308_units_per_quarter": 1000,
    "mi308_dense_tops": 1979 / 4, "b30a_units_per_quarter": 100_000, "prefer_us": 0.8,
    "free_access_supply": 0.2, "free_access_uplift": 1.25, "h20_fade_per_year": 0.5,
    "h20_forgone_usd_bn_per_quarter": 8, "price_h20_usd": 12_000, "hw_share": 0.9,
}  # fmt: skip


def sold(given: Inputs, law: Access, latent_usd: float | None = None, regime: str = "drawn") -> legal.Legal:
    latent = None if latent_usd is None else np.full((len(given.grid.quarters), 1), latent_usd)
    return legal.legal_sales(given, draws(**DRAWN), law, np.zeros(1), latent, regime)


@pytest.mark.parametrize(
    ("chip", "units", "revenue_usd"),
    [
        # Medians: price root(10,000 x 15,000) = 12,247.4 USD, hardware share root(0.96 x 0.99) = 0.974885.
        # At 15,000 USD and 0.96: 1,000 x 0.96 / 0.974885 x 12,247.4 / 15,000 = 804.03; revenue stays at
        # 1,000 x 12,000 / 0.974885 = 12.3091m. The A100's allocation of 1.2 scales both.
        ("h20_96", 804.03, 12.3091e6),
        ("a800_sxm_80", 804.03, 12.3091e6),
        ("a100_sxm_80", 964.84, 14.7710e6),
        ("mi308", 1100, 13.2e6),  # its units are drawn, 1.1 times; revenue is units x 12,000
    ],
)
def test_an_observed_segment_fixes_revenue_and_lets_units_move_against_price(
    chip: str, units: float, revenue_usd: float
) -> None:
    prices = dict.fromkeys(("price_a100_usd", "price_a800_usd", "price_h20_usd", "price_h800_usd"), 15_000.0)
    drawn = draws(**prices, hw_share=0.96, a100_allocation=1.2, mi308_units=1.1)
    one_quarter = Segment(chip, "2024Q1", date(2024, 1, 1), date(2024, 4, 1), 1000, 12_000)
    given = gather()
    assert legal.segment_units(given, one_quarter, drawn)[0] == pytest.approx(units, rel=1e-4)
    assert legal.segment_revenue(given, one_quarter, drawn)[0] == pytest.approx(revenue_usd, rel=1e-4)


def test_segments_outside_the_horizon_are_left_out_and_those_after_them_are_not() -> None:
    early = Segment("mi308", "2024Q4", date(2024, 10, 1), date(2025, 1, 1), 500, 12_000)
    inside = Segment("mi308", "2025Q1", date(2025, 1, 1), date(2025, 4, 1), 1000, 12_000)
    given = replace(world("2025Q1", "2025Q2", **FORWARD), segments=(early, inside))
    drawn = draws(**DRAWN, mi308_units=1.0)
    law = access({"mi308": "free"}, {"mi308": "free"})
    found = legal.legal_sales(given, drawn, law, np.zeros(1), None, "drawn").by_chip["mi308"]
    assert found.units[:, 0].tolist() == [1000, 0]
    # a scenario that denies it from 1 March, 31 of 90 days, keeps a tenth of what shipped in them
    stricter = access({"mi308": "free"}, {"mi308": "denial"})
    switch = np.array([float(date(2025, 3, 1).toordinal())])
    cut = legal.legal_sales(given, drawn, stricter, switch, None, "drawn").by_chip["mi308"]
    assert cut.units[0, 0] == pytest.approx(1000 * (1 - 31 / 90 * 0.9))
    assert cut.revenue_usd[0, 0] == pytest.approx(12e6 * (1 - 31 / 90 * 0.9))


def test_forward_sales_are_what_licences_and_beijing_let_through() -> None:
    kinds = {"h200_sxm_141": "case_by_case", "mi308": "case_by_case"}
    given = world("2026Q1", "2026Q4", **FORWARD)
    found = sold(given, access(kinds, kinds)).by_chip
    # 2026Q4: 800,000 / 4 x 0.25 let in x 0.8 approved = 40,000 H200; seen: 5, 25 and 70% of 20,000
    assert found["h200_sxm_141"].units[:, 0] == pytest.approx([1000, 5000, 14_000, 40_000])
    assert found["h200_sxm_141"].revenue_usd[3, 0] == pytest.approx(40_000 * 27_000)
    # MI308: as shipped under licence, 1,000 a quarter, then what Beijing lets in; each is a quarter H100e
    assert found["mi308"].units[:, 0] == pytest.approx([1000, 1000, 1000, 250])
    assert found["mi308"].h100e[3, 0] == pytest.approx(62.5)
    assert found["mi308"].revenue_usd[3, 0] == pytest.approx(250 * 12_000)
    assert found["b30a"].units.max() == 0  # denied, and no licence leaks for what was never sold
    barred = sold(given, access(kinds, kinds), regime="open").by_chip["h200_sxm_141"].units[3, 0]
    assert barred == pytest.approx(200_000 * 0.75 * 0.8)


@pytest.mark.parametrize(
    ("kind", "share"), [("free", 1.0), ("approval", 1.0), ("case_by_case", 0.8), ("denial", 0.1)]
)
def test_a_licence_policy_lets_its_share_through(kind: str, share: float) -> None:
    given = world("2026Q4", "2026Q4", **FORWARD)
    kinds = {"h200_sxm_141": kind}
    assert sold(given, access(kinds, kinds)).by_chip["h200_sxm_141"].units[0, 0] == pytest.approx(
        50_000 * share
    )


def test_a_chip_that_is_let_go_sells_at_its_price_and_moves_beijing_a_little() -> None:
    given = world("2026Q4", "2026Q4", **FORWARD)
    found = sold(given, access({}, {"b30a": "case_by_case"})).by_chip["b30a"]
    # let in: 0.25 x 0.8 + 0.2 x 0.75 = 0.35 of 100,000, of which 0.8 are approved
    assert found.units[0, 0] == pytest.approx(28_000)
    assert found.revenue_usd[0, 0] == pytest.approx(28_000 * 22_000)
    assert (found.h100e[0, 0], found.mem_gb[0, 0]) == pytest.approx((28_000 * 1.1, 28_000 * 144))


def test_an_h20_never_restricted_sells_what_was_forgone_and_fades_from_2026() -> None:
    given = world("2025Q3", "2027Q4", **FORWARD)
    found = sold(given, access({}, {"h20_96": "free"})).by_chip["h20_96"]
    at = given.grid.index
    # 8bn USD a quarter; 0.9 of it is hardware at 12,000 x 0.9 = 10,800 USD: 666,667 units
    assert found.revenue_usd[at["2025Q3"], 0] == pytest.approx(8e9)
    assert found.units[at["2025Q3"], 0] == pytest.approx(8e9 * 0.9 / 10_800)
    # from 2025Q4 what Beijing lets in, 0.35; by the middle of 2026Q4 a fade of 0.5^(0.874)
    years = given.grid.middle[at["2026Q4"]] - 2026
    assert found.revenue_usd[at["2025Q4"], 0] == pytest.approx(8e9 * 0.35)
    assert found.revenue_usd[at["2026Q4"], 0] == pytest.approx(8e9 * 0.35 * 0.5**years)


def test_h200s_freely_approved_are_latent_spend_within_supply_and_what_beijing_lets_in() -> None:
    given = world("2026Q4", "2026Q4", **FORWARD)
    law = access({"h200_sxm_141": "case_by_case"}, {"h200_sxm_141": "approval"})
    # wanted 5bn x 0.8 = 4bn; world supply 200bn / 4 x 0.2 = 10bn; let in 0.35 (0.25 x 0.8 + 0.2 x 0.75):
    # 4bn x 0.35 / 27,000 = 51,852, which is under the 200,000 x 0.35 = 70,000 approved anyway
    assert sold(given, law, 5e9).by_chip["h200_sxm_141"].units[0, 0] == pytest.approx(70_000)
    # wanted 20bn x 0.8 = 16bn, so supply binds: 10bn x 0.35 / 27,000 = 129,630
    found = sold(given, law, 20e9).by_chip["h200_sxm_141"]
    assert found.units[0, 0] == pytest.approx(10e9 * 0.35 / 27_000)
    assert found.revenue_usd[0, 0] == pytest.approx(10e9 * 0.35)


def test_without_chip_rules_latent_spend_buys_the_best_chip_and_nothing_else() -> None:
    given = world("2026Q4", "2026Q4", **FORWARD)
    found = sold(given, access({}, {"b200": "free", "h200_sxm_141": "free"}), 4e9).by_chip
    # wanted 4bn x 1.25 x 0.8 = 4bn, under supply of 10bn
    best = found[legal.BEST_CHIP]
    assert best.revenue_usd[0, 0] == pytest.approx(4e9)
    assert best.units[0, 0] == pytest.approx(100_000)
    assert (best.h100e[0, 0], best.h100e_bandwidth[0, 0], best.mem_gb[0, 0]) == pytest.approx(
        (240_000, 200_000, 2e7)
    )
    assert found["h200_sxm_141"].units[0, 0] == found["h200_sxm_141"].revenue_usd[0, 0] == 0
    supply = sold(given, access({}, {"b200": "free"}), 40e9).by_chip[legal.BEST_CHIP]
    assert supply.revenue_usd[0, 0] == pytest.approx(10e9)


# ---- the United States


def test_us_stock_is_a_share_of_published_shipments_and_grows_after_them() -> None:
    path = profile("world_stock_h100e", {"2025.0": 100.0, "2026.0": 1000.0, "2027.0": 2000.0}, "log")
    given = world("2026Q2", "2028Q2", path)
    drawn = draws(world_growth=4, us_share_of_world=0.75, retirement_hazard=0.4)
    found = stock.us_stock(given, drawn)[:, 0]
    # all shipped by the end of 2026, about 2,000; from mid-2027Q1 1,000 a year / 4 x 4^(middle - 2026.5)
    # before that each quarter adds what was shipped between its ends, 1,000 x 2^(end - 2026); the first all
    middle, kept, held, before = given.grid.middle, math.exp(-0.1), 0.0, 0.0
    for place, when in enumerate(middle):
        shipped = 1000 * 2 ** (min(when + 0.125, 2027) - 2026)
        held = held * kept + (shipped - before if when < 2027 else 250 * 4 ** (when - 2026.5))
        before = shipped
        assert found[place] == pytest.approx(0.75 * held), given.grid.quarters[place]
