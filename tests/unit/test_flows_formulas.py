"""Each formula of the flow model on a small case worked by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from chipflows.flows.access import Access, Span, category_of, spans_from
from chipflows.flows.diverted import pass_shares, stopped_shares
from chipflows.flows.domestic import _run_ledger
from chipflows.flows.legal import restraint, switch_day, units_from_price
from chipflows.flows.levers import Settings
from chipflows.flows.results import quantiles
from chipflows.flows.sampling import Draws
from chipflows.flows.stock import accumulate

FAR = date(2200, 1, 1).toordinal()


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def draws(**values) -> Draws:
    arrays = {name: np.atleast_1d(np.array(value, dtype=float)) for name, value in values.items()}
    return Draws(values=arrays, size=max(map(len, arrays.values())))


def test_units_move_against_price_so_revenue_does_not():
    # 1,000 sold at a median price of 12,247; at 15,000 and a median hardware share it is
    # 1,000 x 12,247/15,000 = 816.5
    units = units_from_price(1000, np.array([15_000.0]), 12_247, np.array([0.975]), 0.975)
    assert units[0] == pytest.approx(816.47, abs=0.01)
    assert units[0] * 15_000 == pytest.approx(1000 * 12_247)


def test_stock_retires_by_its_hazard():
    # 100 x exp(-0.08/4) + 10 = 98.02 + 10 = 108.02; next quarter 108.02 x 0.9802 + 0 = 105.88
    stock = accumulate(np.array([[10.0], [0.0]]), np.exp(np.array([-0.02])), start=100.0)
    assert stock[:, 0] == pytest.approx([108.0199, 105.8809], abs=1e-3)


def test_the_switch_day_is_adoption_plus_lag():
    assert switch_day(day("2025-02-03"), np.array([65.0]), 1)[0] == day("2025-04-09")
    assert list(switch_day(None, None, 2)) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("required", "policy", "category"),
    [
        (False, None, "free"),
        (None, "presumption of denial", "free"),
        (True, "presumption of denial", "denial"),
        (True, "case_by_case", "case_by_case"),
        (True, "case by case", "case_by_case"),
        (True, "presumption of approval", "approval"),
        (True, None, "denial"),
    ],
)
def test_a_decision_falls_into_one_category(required, policy, category):
    assert category_of(required, policy) == category


def test_equal_neighbouring_decisions_merge_into_one_span():
    frame = pd.DataFrame(
        {
            "chip": ["x"] * 3,
            "on": ["2022-01-01", "2023-01-01", "2024-01-01"],
            "licence_required": [False, True, True],
            "review_policy": [None, "presumption of denial", "policy of denial"],
        }
    )
    assert spans_from(frame)["x"] == (
        Span(day("2022-01-01"), day("2023-01-01"), "free"),
        Span(day("2023-01-01"), FAR, "denial"),
    )


def test_a_stricter_law_cuts_by_date_within_the_window_and_after_its_lag():
    # Chips ship evenly 1 to 10 January (10 days). The scenario denies from the 3rd with a lag of 2 days, so
    # from the 5th: 6 of 10 days are cut. With a lag of 20 days nothing is.
    actual = {"x": (Span(day("2025-01-01"), FAR, "free"),)}
    scenario = {
        "x": (Span(day("2025-01-01"), day("2025-01-03"), "free"), Span(day("2025-01-03"), FAR, "denial"))
    }
    window = np.array([float(day("2025-01-01"))]), np.array([float(day("2025-01-11"))])
    switch = np.array([day("2025-01-05"), day("2025-01-23")], dtype=float)
    cut = Access(actual, scenario).tightened("x", *window, switch)
    assert cut[0] == pytest.approx([0.6, 0.0])
    assert Access(actual, scenario).loosened("x", *window, switch).sum() == 0.0


def test_shares_by_category_follow_actual_before_the_switch_and_the_scenario_after():
    actual = {"x": (Span(0, 100, "free"), Span(100, FAR, "denial"))}
    scenario = {"x": (Span(0, 50, "free"), Span(50, FAR, "case_by_case"))}
    shares = Access(actual, scenario).shares("x", np.array([0.0]), np.array([200.0]), np.array([120.0]))
    # days 0-100 free and 100-120 denied as on actual, 120-200 case by case: 0.5, 0.1, 0.4
    assert {k: v[0, 0] for k, v in shares.items()} == pytest.approx(
        {"free": 0.5, "approval": 0.0, "case_by_case": 0.4, "denial": 0.1}
    )


def test_a_stopped_attempt_tries_one_other_pathway_once():
    # Two pathways of 0.5 stop 0.4 and 0.2, half of the stopped retry:
    # 0.5 x (0.6 + 0.4 x 0.5 x 0.8) = 0.38 and 0.5 x (0.8 + 0.2 x 0.5 x 0.6) = 0.43
    half = [np.array([0.5]), np.array([0.5])]
    passed = pass_shares(half, [np.array([0.4]), np.array([0.2])], np.array([0.5]))
    assert [p[0] for p in passed] == pytest.approx([0.38, 0.43])
    nothing = pass_shares(half, [np.array([1.0]), np.array([1.0])], np.array([1.0]))
    assert sum(nothing)[0] == pytest.approx(0.0)


def test_what_is_stopped_compounds_today_checks_and_transit():
    # today 0.1; checks 0.5 of resellers at coverage 0.8 and strength 1, in force all quarter: 0.4;
    # transit 0.8 x 0.25 = 0.2: 1 - 0.9 x 0.6 x 0.8 = 0.568
    drawn = draws(
        stopped_today=0.1,
        tier2_transit=0.8,
        diffusion_transit=0.25,
        kyc_resellers=0.5,
        kyc_cloud_fronts=0.0,
        kyc_small_orders=0.0,
        kyc_resale=0.0,
    )
    settings = Settings("x", levers={"kyc_coverage": 0.8})
    stopped = stopped_shares(drawn, settings, np.ones((1, 1)), np.ones((1, 1)))
    assert stopped[0][0, 0] == pytest.approx(0.568)
    assert stopped[1][0, 0] == pytest.approx(1 - 0.9 * 0.8)


def test_a_regime_decides_what_beijing_lets_in():
    drawn = draws(
        prc_regime=[0, 1, 2],
        prc_restraint_barred=[0.01] * 3,
        prc_restraint_rationed=[0.2] * 3,
        prc_restraint_open=[0.8] * 3,
        prc_opens_for_better_chip=[0.25] * 3,
    )
    assert restraint(drawn) == pytest.approx([0.01, 0.2, 0.8])
    assert restraint(drawn, "rationed") == pytest.approx([0.2] * 3)
    # a better chip on offer moves a quarter of the way to open: 0.75 x 0.01 + 0.25 x 0.8 = 0.2075
    assert restraint(drawn, more_open=1.0) == pytest.approx([0.2075, 0.35, 0.8])


def test_packages_are_the_least_of_dies_stacks_assembly_and_demand_and_the_rest_is_kept():
    # Quarter 1: 100 dies / 2 = 50, 240 stacks / 8 = 30, ceiling 40, demand 60: 30 start, HBM binds.
    # Left: 100 - 60 = 40 dies, 0 stacks.
    # Quarter 2: dies 40 / 2 = 20, stacks 400 / 8 = 50: 20 start, dies bind.
    column = lambda *values: np.array([[v] for v in values], dtype=float)  # noqa: E731
    out = _run_ledger(
        dies=column(100, 0),
        stacks=column(240, 400),
        dies_each=column(2, 2),
        stacks_each=column(8, 8),
        ceiling=column(40, 40),
        limit=column(60, 60),
    )
    assert out["started"][:, 0] == pytest.approx([30, 20])
    assert out["dies_left"][:, 0] == pytest.approx([40, 0])
    assert out["stacks_left"][:, 0] == pytest.approx([0, 240])
    assert list(out["binding"][:, 0]) == [1, 0]


def test_quantiles_interpolate_as_numpy_does():
    values = np.random.default_rng(1).lognormal(size=(2, 3, 257)).astype(np.float32)
    expected = np.percentile(values, [5, 25, 50, 75, 95], axis=-1)
    assert np.moveaxis(quantiles(values), -1, 0)[:5] == pytest.approx(expected, rel=1e-6)
    assert quantiles(values)[..., 5] == pytest.approx(values.mean(axis=-1), rel=1e-6)
