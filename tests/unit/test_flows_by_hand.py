"""Tables, differences, checks and factorials of a run small enough to work out on paper."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from chipflows.errors import InputError, LedgerError, ScenarioError
from chipflows.flows import answers, confidence, history_check, inputs, model, prim, sensitivity
from chipflows.flows.asks import combination_results, effect_by_regime
from chipflows.flows.compare import _ratio, compare, difference, window_sum
from chipflows.flows.engine import Engine, Metric
from chipflows.flows.factorial import set_name
from chipflows.flows.grid import Grid, quarter_bounds, quarters_between
from chipflows.flows.inputs import gather
from chipflows.flows.levers import ASKS, Settings, check_levers, settings_from
from chipflows.flows.results import SeriesKey, quantile_frame, series_of
from chipflows.flows.sampling import Draws, Sampler
from chipflows.flows.scenario import combination, resolve_scenario
from chipflows.flows.simulate import Simulation, simulate
from chipflows.flows.stock import retention
from chipflows.tables.rules import load_rules
from chipflows.tables.scenarios import scenario

STOCK = SeriesKey("stock", "total", "h100e")
SOLD = SeriesKey("acquired", "legal", "chips")
H20 = SeriesKey("acquired", "legal", "chips", "h20_96")


def by_hand() -> Simulation:
    """Two quarters, four draws, two scenarios: the numbers of every test here."""
    actual = [
        [[100, 200, 300, 400], [200, 400, 600, 800]],  # stock
        [[10, 20, 30, 40], [10, 20, 30, 0]],  # sold
        [[5, 5, 5, 5], [5, 5, 5, 5]],  # of it H20
    ]
    other = [
        [[100, 200, 300, 400], [100, 300, 660, 800]],
        [[10, 20, 30, 40], [0, 10, 40, 10]],
        [[5, 5, 5, 5], [5, 4.95, 4, 6]],
    ]
    keys = [STOCK, SOLD, H20]
    return Simulation(
        grid=Grid("2024Q4", "2025Q1"),
        seed=1,
        size=4,
        keys={"actual": keys, "other": keys},
        draws={"actual": np.array(actual, np.float32), "other": np.array(other, np.float32)},
        regime=np.array([0, 0, 2, 2], np.int8),
        seconds=0.0,
        used=frozenset(),
    )


RUN = by_hand()


# ---- one run's tables


def test_a_table_holds_one_row_a_series_and_quarter_with_quantiles_by_interpolation() -> None:
    # 100, 200, 300, 400: p05 = 100 + 0.05 x 3 x 100 = 115, p25 = 175, p50 = 250, p75 = 325, p95 = 385
    row = RUN.results.query("scenario == 'actual' and variable == 'stock' and quarter == '2024Q4'").iloc[0]
    assert row[["p05", "p25", "p50", "p75", "p95", "mean"]].tolist() == pytest.approx(
        [115, 175, 250, 325, 385, 250]
    )
    assert len(RUN.results) == 2 * 2 * 2  # scenarios x series without a chip x quarters
    assert "chip_id" not in RUN.results and RUN.results.index.tolist() == list(range(8))
    assert RUN.scenarios == ["actual", "other"]


def test_rows_by_chip_hold_the_chips_alone() -> None:
    assert RUN.by_chip["chip_id"].unique().tolist() == ["h20_96"]
    assert len(RUN.by_chip) == 2 * 2  # scenarios x quarters
    assert RUN.by_chip.index.tolist() == [0, 1, 2, 3]


def test_rows_by_regime_hold_only_its_draws_and_leave_an_empty_regime_out() -> None:
    rows = RUN.by_regime.query("scenario == 'actual' and variable == 'stock' and quarter == '2025Q1'")
    # barred: 200 and 400; open: 600 and 800; rationed has no draw
    assert rows[["prc_regime", "p50", "draws"]].to_numpy().tolist() == [["barred", 300, 2], ["open", 700, 2]]


def test_the_frame_of_a_table_repeats_quarters_within_each_series() -> None:
    table = np.arange(24, dtype=float).reshape(2, 2, 6)
    frame = quantile_frame("s", [STOCK, H20], ["2024Q4", "2025Q1"], table, ["chip_id"])
    assert frame["quarter"].tolist() == ["2024Q4", "2025Q1"] * 2
    assert frame["variable"].tolist() == ["stock"] * 2 + ["acquired"] * 2
    assert frame["unit"].tolist() == ["h100e"] * 2 + ["chips"] * 2
    assert frame["channel"].tolist() == ["total"] * 2 + ["legal"] * 2
    assert frame["chip_id"].tolist() == ["", "", "h20_96", "h20_96"]
    assert frame["p05"].tolist() == [0, 6, 12, 18] and frame["mean"].tolist() == [5, 11, 17, 23]


def test_a_forced_regime_is_every_draws_regime() -> None:
    forced = simulate("actual", 64, levers={"prc_regime": "rationed"}, last="2022Q2")
    assert forced.regime.tolist() == [1] * 64
    assert forced.by_regime["prc_regime"].unique().tolist() == ["rationed"]


def test_what_limits_packages_is_one_thing_in_each_draw_and_named_as_in_the_ledger() -> None:
    engine = Engine.of(["actual"], last="2025Q1")
    ((_, outcome),) = engine.outcomes(Sampler(engine.inputs.assumptions, 64, 1).block(0))
    series = {key: values for key, values in series_of(outcome) if key.variable.endswith("_binds")}
    names = ("dies", "hbm", "assembly", "demand")
    for place, name in enumerate(names):
        wanted = (outcome.domestic.binding == place).astype(float)
        assert np.array_equal(series[SeriesKey(f"{name}_binds", "domestic", "share")], wanted)
    assert (sum(series.values()) == 1).all() and len(series) == 4
    assert 0 < series[SeriesKey("assembly_binds", "domestic", "share")].mean() < 1


def test_no_scenario_and_an_unknown_one_are_refused_before_anything_runs() -> None:
    with pytest.raises(InputError, match="no scenario to simulate"):
        simulate([])
    with pytest.raises(InputError, match=r"Did you mean acquired legal chips h20_96"):
        RUN.series("actual", "acquired", "legal", "chips", "h21_96")


# ---- differences


def test_a_difference_is_taken_draw_by_draw() -> None:
    assert difference(RUN, "other", "actual", "stock", "2025Q1").tolist() == [-100, -100, 60, 0]
    assert difference(RUN, "other", "actual", "acquired", "2025Q1", "legal", "chips").tolist() == [
        -10, -10, 10, 10,
    ]  # fmt: skip


def test_a_window_counts_both_its_ends() -> None:
    both = window_sum(RUN, "other", "acquired", "2024Q4", "2025Q1", "legal", "chips")
    assert both.tolist() == [10, 30, 70, 50]
    last = window_sum(RUN, "other", "acquired", "2025Q1", "2025Q1", "legal", "chips")
    assert last.tolist() == [0, 10, 40, 10]
    first = window_sum(RUN, "other", "acquired", "2024Q4", "2024Q4", "legal", "chips")
    assert first.tolist() == [10, 20, 30, 40]


def test_a_comparison_has_quantiles_of_difference_and_ratio_and_the_share_of_draws_that_are_lower() -> None:
    table = compare(RUN, "other").set_index(["variable", "quarter"])
    stock = table.loc[("stock", "2025Q1")]
    # differences -100, -100, 60, 0 in order -100, -100, 0, 60: p50 -50, mean -35, p95 0 + 0.85 x 60 = 51
    assert stock[["difference_p50", "difference_mean", "difference_p95"]].tolist() == pytest.approx(
        [-50, -35, 51]
    )
    # ratios 0.5, 0.75, 1.1, 1.0 in order 0.5, 0.75, 1.0, 1.1: p50 0.875, p05 0.5 + 0.15 x 0.25 = 0.5375
    assert stock[["ratio_p50", "ratio_p05"]].tolist() == pytest.approx([0.875, 0.5375])
    assert stock["prob_lower"] == 0.5  # two of four are below, one is equal
    # sold on actual is 0 in one draw of 2025Q1: no ratio there, but one in the quarter before
    sold = table.loc["acquired"]["ratio_p50"]
    assert math.isnan(sold["2025Q1"]) and sold["2024Q4"] == 1.0
    assert (table["channel"].tolist(), table["unit"].tolist()) == (
        ["total"] * 2 + ["legal"] * 2, ["h100e"] * 2 + ["chips"] * 2,
    )  # fmt: skip


def test_a_ratio_is_blank_only_where_some_base_draw_is_not_above_0() -> None:
    base = np.array([[0.5, 0.5], [0.0, 1.0]], np.float32)
    found = _ratio(base * 3, base)
    assert found[0].tolist() == [3.0] * 5 and np.isnan(found[1]).all()


def test_a_comparison_takes_the_variables_asked_for_and_names_the_nearest_to_one_unknown() -> None:
    assert set(compare(RUN, "other", variables=["stock"])["variable"]) == {"stock"}
    with pytest.raises(InputError, match=r"unknown variable 'stocks'\. Did you mean stock"):
        compare(RUN, "other", variables=["stocks"])
    for names in (("othr", "actual"), ("other", "actul")):
        with pytest.raises(InputError, match="unknown scenario in this run"):
            compare(RUN, *names)


# ---- answers


def test_effects_by_regime_are_those_of_its_draws() -> None:
    found = answers.by_regime(RUN, "other", "2025Q1", "stock", "total", "h100e")
    assert {name: values.tolist() for name, values in found.items()} == {
        "barred": [-100, -100],
        "open": [60, 0],
    }
    barred, opened = effect_by_regime(RUN, ["other"], "2025Q1").to_numpy().tolist()
    assert barred == ["other", "barred", -100, -100, -100, -100, -100, 2]
    # open: 0 and 60: p05 3, p25 15, p50 30, p75 45, p95 57
    assert opened[:2] == ["other", "open"] and opened[2:] == pytest.approx([3, 15, 30, 45, 57, 2])


def test_sales_that_move_by_under_one_percent_over_the_run_have_not_moved() -> None:
    # H20 all told: 10 on actual; 10, 9.95, 9, 11 on other: off by 0, 0.5%, 10%, 10%
    assert answers.share_unmoved(RUN, "other", "h20_96") == 0.5


def test_the_h20_history_fails_on_one_chip_too_many_and_on_revenue_two_percent_off() -> None:
    booked = 4.6e9  # 377,878 x 11,868 / 0.97488: what the segments from 27 January give
    run = simulate("actual", 64, last="2025Q4")
    checks = answers.h20_history_holds(run, booked)
    assert checks["expected"].tolist() == [0.0, booked]
    assert answers.h20_history_holds(run, booked * 1.019)["found"][1] == pytest.approx(booked, rel=1e-3)
    with pytest.raises(LedgerError):
        answers.h20_history_holds(run, booked * 1.021)
    run.draws["actual"][run.keys["actual"].index(H20), run.grid.index["2025Q3"], 7] = 1.0
    with pytest.raises(LedgerError):
        answers.h20_history_holds(run, booked)


def test_what_shipped_between_two_dates_is_the_days_share_of_each_segment_and_of_no_other_chip() -> None:
    # 2025Q1's and Q2's H20 segments lie whole in the first half; half of a window gives half its days
    whole = answers.shipped_between(["h20_96"], date(2025, 1, 1), date(2025, 7, 1), 64).set_index("unit")
    parts = [
        answers.shipped_between(["h20_96"], a, b, 64).set_index("unit")["mean"]
        for a, b in ((date(2025, 1, 1), date(2025, 2, 3)), (date(2025, 2, 3), date(2025, 7, 1)))
    ]
    assert (parts[0] + parts[1]).tolist() == pytest.approx(whole["mean"].tolist(), rel=1e-5)
    # one H20 is 296 / 1,979 H100e and 4,000 / 3,350 by bandwidth
    assert whole["mean"]["h100e"] / whole["mean"]["chips"] == pytest.approx(296 / 1979, rel=1e-5)
    assert whole["mean"]["h100e_bandwidth"] / whole["mean"]["chips"] == pytest.approx(4000 / 3350, rel=1e-5)


@pytest.mark.parametrize(
    ("stock", "share", "utilisation", "months"),
    [(1e6, 0.10, 0.35, 5.490), (2e6, 0.10, 0.35, 2.745), (1e6, 0.20, 0.70, 1.3725)],
)
def test_a_run_takes_half_the_time_on_twice_the_chips(
    stock: float, share: float, utilisation: float, months: float
) -> None:
    # 1e27 / (1e5 x 1.979e15 x 0.35) = 1.4437e7 s; a month is 86,400 x 365.25 / 12 = 2,629,800 s: 5.490
    found = answers.training_months(np.array([stock]), cluster_share=share, utilisation=utilisation)
    assert found[0] == pytest.approx(months, abs=1e-3)


@pytest.mark.parametrize(
    ("near", "far", "weak", "word"),
    [
        (1.0, 2.9, 0.30, "high"), (1.0, 3.1, 0.30, "moderate"), (1.0, 2.9, 0.35, "moderate"),
        (1.0, 9.9, 0.60, "moderate"), (1.0, 10.1, 0.60, "low"), (1.0, 9.9, 0.70, "low"),
        (-1.0, 2.0, 0.0, "low"), (0.0, 2.0, 0.0, "low"), (-2.9, -1.0, 0.30, "high"),
    ],
)  # fmt: skip
def test_confidence_is_high_to_three_times_and_a_third_moderate_to_ten_and_two_thirds(
    monkeypatch: pytest.MonkeyPatch, near: float, far: float, weak: float, word: str
) -> None:
    monkeypatch.setattr(confidence, "low_evidence_share", lambda change, inputs: weak)
    assert confidence.confidence(np.array([near] * 50 + [far] * 50), {}) == word


def test_ranks_are_scaled_to_mean_0_and_variance_1_with_ties_between() -> None:
    # ranks 4, 1, 2.5, 2.5: mean 2.5, variance (2.25 + 2.25) / 4 = 1.125
    found = confidence._ranks(np.array([30.0, 10.0, 20.0, 20.0]))
    assert found.tolist() == pytest.approx([1.5 / math.sqrt(1.125), -1.5 / math.sqrt(1.125), 0.0, 0.0])
    assert confidence._ranks(np.ones(3)).tolist() == [0.0, 0.0, 0.0]


def test_a_break_even_is_read_at_the_draw_of_its_level_and_blank_beyond_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solved = np.array([0.4, 0.0, 0.3, np.inf, 0.1])  # sorted: 0, 0.1, 0.3, 0.4, none; a quarter is the second
    monkeypatch.setattr(sensitivity, "_solve", lambda engine, drawn, metric: solved)
    found = sensitivity.break_even("letter-h20", levels=(0.0, 0.25, 0.5, 0.75, 1.0), draws=64)
    assert found["share_stopped"].tolist()[:4] == [0.0, 0.1, 0.3, 0.4]
    assert math.isnan(found["share_stopped"][4]) and found["cannot"].tolist() == [0.2] * 5


def test_peeling_goes_on_while_the_box_is_neither_dense_nor_small_and_no_further() -> None:
    # 1,000 draws, the top 100 interesting: each peel takes 5% off the bottom and nothing else can help
    x = np.arange(1000) / 1000
    interesting = x >= 0.9
    dense = prim.peel({"x": x}, interesting, min_density=0.3, min_mass=0.05).path
    assert dense["density"].iloc[-1] >= 0.3 > dense["density"].iloc[-2]  # 100 of 333 and fewer
    small = prim.peel({"x": x}, interesting, min_density=0.8, min_mass=0.5).path
    assert small["mass"].iloc[-1] <= 0.5 < small["mass"].iloc[-2]
    assert len(prim.peel({"x": x}, interesting, min_density=0.1).path) == 1  # dense enough as it is


# ---- the past as others saw it


def test_a_peel_takes_a_share_off_an_end_or_the_end_value_where_it_is_tied() -> None:
    low, high = prim._slices(
        np.array([1.0, 1.0, 2.0, 3.0, 3.0]), 0.1
    )  # both ends are tied: without 1, without 3
    assert (low, high) == ((2.0, np.inf), (-np.inf, 2.0))
    # of 0 to 10 a tenth is 1: from 1 up, and up to 9
    low, high = prim._slices(np.arange(11.0), 0.1)
    assert (low[0], high[1]) == pytest.approx((1.0, 9.0))


def check(**values: object) -> pd.DataFrame:
    row = {
        "check_id": "c", "kind": "interval", "variable": "stock", "channel": "total", "unit": "h100e",
        "first_quarter": None, "last_quarter": "2025Q1", "low": 300.0, "mid": 450.0, "high": 600.0,
    }  # fmt: skip
    return pd.DataFrame([{**row, **values}])


@pytest.mark.parametrize(
    ("low", "mid", "high", "verdict"),
    [
        # the model has 200, 400, 600, 800: p05 230, p50 500, p95 770
        (300, 450, 600, "agrees"), (500, 500, 500, "agrees"), (501, 600, 700, "overlaps"),
        (100, 200, 230, "overlaps"), (100, 200, 229, "misses"), (769, 800, 900, "overlaps"),
        (771, 800, 900, "misses"), (None, 450, 600, "agrees"), (450, 600, None, "agrees"),
        (None, 450, None, "overlaps"), (None, 500, None, "agrees"), (None, 900, None, "misses"),
    ],
)  # fmt: skip
def test_a_verdict_is_where_the_models_median_and_interval_lie(
    low: float | None, mid: float, high: float | None, verdict: str
) -> None:
    found = history_check.history_check(
        RUN, check(low=low, mid=mid, high=high).astype({"low": float, "high": float})
    )
    assert found.loc[0, ["p05", "p50", "p95"]].tolist() == pytest.approx([230, 500, 770])
    assert found["verdict"][0] == verdict


def test_a_check_over_quarters_reads_their_sum() -> None:
    rows = check(variable="acquired", channel="legal", unit="chips", first_quarter="2024Q4")
    (one,) = history_check._checks(rows)
    assert history_check.simulated(RUN, one).tolist() == [20, 40, 60, 40]
    (last,) = history_check._checks(check(variable="acquired", channel="legal", unit="chips"))
    assert history_check.simulated(RUN, last).tolist() == [10, 20, 30, 0]


def test_a_draw_weighs_by_a_lognormal_whose_90_percent_is_the_interval() -> None:
    # Interval 200 to 800: middle ln 400, spread ln 4 / 3.2897 = 0.42141. Draws 200, 400, 600, 800 lie
    # -1.6449, 0, 0.9622, 1.6449 spreads off: exp(-z^2 / 2) = 0.2585, 1, 0.6295, 0.2585; mean 0.5366
    found = history_check.importance_weights(RUN, check(low=200.0, high=800.0))
    assert found.tolist() == pytest.approx([0.4818, 1.8635, 1.1730, 0.4818], abs=2e-4)
    assert found.mean() == pytest.approx(1.0)
    twice = pd.concat([check(low=200.0, high=800.0), check(check_id="d", low=200.0, high=800.0)])
    squared = history_check.importance_weights(RUN, twice)
    assert squared[1] / squared[0] == pytest.approx((found[1] / found[0]) ** 2)


def test_weights_need_an_interval_above_zero() -> None:
    for rows in (check(kind="point"), check(low=0.0), check(high=None).astype({"high": float})):
        with pytest.raises(InputError, match="no check has an interval above zero"):
            history_check.importance_weights(RUN, rows)


def test_weighted_quantiles_and_the_number_of_draws_that_weights_are_worth() -> None:
    # weights 1, 1, 1, 0: (3)^2 / 3 = 3 draws; values 10, 20, 30 weigh 1 each: a half of 3 is 1.5, between
    # the cumulated 1 (10) and 2 (20): 15
    weights = np.array([1.0, 0.0, 1.0, 1.0])
    assert history_check.effective_sample_size(weights) == pytest.approx(3.0)
    assert history_check.effective_sample_size(np.array([2.0, 1.0, 1.0])) == pytest.approx(16 / 6)
    found = history_check.weighted_quantiles(np.array([30.0, 99.0, 10.0, 20.0]), weights, (0.5,))
    assert found[0] == pytest.approx(15.0)
    # weights 1, 1, 2 cumulate to 1, 2, 4: a half of 4 is 2, the second value; all of it the last
    found = history_check.weighted_quantiles(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0]), (0.5, 1.0))
    assert found.tolist() == [2.0, 3.0]


def test_an_input_moved_alone_goes_to_its_own_ends_and_takes_no_other_with_it() -> None:
    """Prices are drawn together. Moved "alone", one once took the others along, and these hardly moved."""
    given = gather().assumptions
    sampler = Sampler(given, 64, 0)
    (group,) = given.groups.values()
    for name in group.members:
        low, high = given.uncertain[name].range()  # at 10% and 90%, or at 5% and 95%
        edge = (1 - given.uncertain[name].credibility) / 2
        points = np.full((3, len(sampler.names)), 0.5)
        points[[0, 2], sampler.names.index(name)] = edge, 1 - edge
        drawn = sampler.at(points, mixed=False)
        assert drawn[name].tolist() == pytest.approx([low, math.sqrt(low * high), high])
        for other in set(group.members) - {name}:
            assert len(set(drawn[other].tolist())) == 1


def test_a_tornado_moves_each_input_to_its_ends_from_the_middle_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Sum:
        sampler = type("Sampler", (), {"names": ["b", "a", "c"]})

        def __call__(self, points: np.ndarray) -> np.ndarray:
            return np.asarray(points @ [10.0, 100.0, 1.0])  # at the middle 5 + 50 + 0.5 = 55.5

    monkeypatch.setattr(sensitivity, "_change", lambda *given, **more: Sum())
    bars = sensitivity.tornado("x")
    assert bars["assumption"].tolist() == ["a", "b", "c"] and bars.index.tolist() == [0, 1, 2]
    assert bars["at_p50"].tolist() == [55.5] * 3
    assert bars["at_p05"].tolist() == pytest.approx([10.5, 51.0, 55.05])
    assert bars["at_p95"].tolist() == pytest.approx([100.5, 60.0, 55.95])
    assert bars["swing"].tolist() == pytest.approx([90.0, 9.0, 0.9])


def test_the_bar_of_an_h20_price_is_that_of_its_whole_range() -> None:
    """Units sold go as one over price: from the 95th to the 5th percentile by the square of p95 / p50."""
    bars = sensitivity.tornado("actual", None, Metric("acquired", "legal", "chips", "2024Q4")).set_index(
        "assumption"
    )
    low, high = gather().assumptions.uncertain["price_h20_usd"].range()
    sigma = math.log(high / low) / (2 * 1.2815515655446004)  # 10% to 90%
    ratio = math.exp(2 * 1.6448536269514722 * sigma)
    bar = bars.loc["price_h20_usd"]
    assert bar["at_p05"] / bar["at_p95"] == pytest.approx(ratio, rel=1e-6)
    assert bar["at_p05"] / bar["at_p50"] == pytest.approx(math.sqrt(ratio), rel=1e-6)


def test_the_table_of_all_combinations_is_that_of_their_runs() -> None:
    table = combination_results("letter-all", 64)
    assert table["scenario"].nunique() == 16 and table.index.tolist() == list(range(len(table)))
    run = simulate(["actual", "letter-all"], 64)
    at = {"variable": "stock", "channel": "total", "unit": "h100e", "quarter": "2028Q4"}
    for label, name in (("none", "actual"), (set_name(frozenset(ASKS)), "letter-all")):
        ours = table[(table[list(at)] == pd.Series(at)).all(axis=1) & (table["scenario"] == label)]
        theirs = run.results[
            (run.results[list(at)] == pd.Series(at)).all(axis=1) & (run.results["scenario"] == name)
        ]
        numbers = ["p05", "p25", "p50", "p75", "p95", "mean"]
        np.testing.assert_allclose(ours[numbers], theirs[numbers], rtol=1e-6)


def test_diverted_chips_that_do_not_balance_or_are_negative_are_refused() -> None:
    engine = Engine.of(["actual"], last="2022Q4")
    drawn = Sampler(engine.inputs.assumptions, 64, 1).block(0)
    ((_, outcome),) = engine.outcomes(drawn)
    gone = outcome.diverted
    lost = replace(gone, units=gone.units * 0.5)
    below = replace(gone, units=gone.units - 1e9, blocked=gone.blocked + 1e9)
    for broken, says in (
        (lost, "attempted = passed . blocked does not hold"),
        (below, "a negative number of diverted"),
    ):
        with pytest.raises(LedgerError, match=says):
            model._check_ledger(replace(outcome, diverted=broken), "x")


# ---- what is refused, and small sums


@pytest.mark.parametrize(
    ("levers", "says"),
    [
        ({"kyc_coverage": 1.01}, "kyc_coverage is 1.01; allowed is a number from 0 to 1"),
        ({"kyc_coverage": -0.01}, "allowed is a number from 0 to 1"),
        ({"to_diverted": 1.01}, "to_diverted is 1.01; allowed is a number from 0 to 1"),
        ({"kyc_coverage": True}, "kyc_coverage is True"),
        ({"kyc_coverage": None}, "kyc_coverage is None"),
        ({"allied_action": 1}, "allied_action is true or false"),
        ({"officers": 1}, "officers is not modelled"),
        ({"prc_regime": "opn"}, "Did you mean open"),
    ],
)
def test_a_lever_out_of_bounds_is_refused_with_what_is_allowed(levers: dict[str, object], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        check_levers(levers, "here")  # type: ignore[arg-type]


def test_a_lever_at_its_bounds_stands_and_a_blank_one_is_drawn_where_it_may_be() -> None:
    check_levers({"to_diverted": 0.0}, "here")
    check_levers({"to_diverted": 1.0}, "here")
    levers = {"kyc_coverage": 0.0, "transit_strength": 2, "displacement": None, "allied_action": True}
    assert check_levers(levers, "here") == levers
    settings = Settings("x").with_levers(kyc_coverage=0.5)
    assert (settings.number("kyc_coverage"), settings.number("kyc_strength")) == (0.5, 1.0)
    with pytest.raises(ScenarioError, match="kyc_coverag"):
        settings.with_levers(kyc_coverag=0.5)


def test_an_ask_that_is_none_of_the_four_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"h2o.*Did you mean h20"):
        settings_from("s", {"h2o": date(2025, 2, 3)}, {}, None, None)


def test_a_chips_figures_are_counted_in_h100s_and_memory_nobody_gives_is_none() -> None:
    # an H20: 296 of an H100's 1,979 dense 8-bit TOPS, 4,000 of its 3,350 GB/s
    spec = gather().spec("h20_96")
    assert (spec.h100e, spec.h100e_bandwidth, spec.mem_gb) == (296 / 1979, 4000 / 3350, 96)
    figures = {"chip_id": "x", "dense_8bit_tops": 1979.0, "mem_bw_gbps": 3350.0, "mem_gb": None}
    assert inputs._specs(pd.DataFrame([figures])) == {"x": inputs.Spec(1.0, 1.0, 0.0)}


def test_a_chip_without_figures_is_not_modelled() -> None:
    with pytest.raises(InputError, match="hbm3_stack has no dense 8-bit throughput or memory bandwidth"):
        gather().spec("hbm3_stack")


def test_a_combination_is_called_by_its_family_and_its_asks_in_order() -> None:
    names = [
        combination(frozenset(asks), "letter-all").settings.scenario for asks in ((), ("kyc", "h20"), ASKS)
    ]
    both = "+".join(ask for ask in ASKS if ask in ("h20", "kyc"))
    assert names == ["letter:none", f"letter:{both}", f"letter:{'+'.join(ASKS)}"]


def test_the_window_of_the_letter_ends_with_the_day_of_the_rule() -> None:
    ends = load_rules()["letter_nvidia_apr2025"].timeline[0].from_
    assert ends == answers.LAST_DAY
    assert (answers.LETTER_WINDOW_END - answers.LAST_DAY).days == 1


def test_named_priors_take_the_place_of_the_range() -> None:
    name, item = next((n, i) for n, i in gather().assumptions.uncertain.items() if i.alternatives)
    prior = next(iter(item.alternatives))
    changed = gather(priors={name: prior}).assumptions.uncertain[name]
    assert changed.range() == item.with_alternative(prior).range() != item.range()


def test_a_metric_sums_from_its_first_quarter_and_names_the_nearest_series() -> None:
    engine = Engine.of(["actual"], last="2022Q2")
    drawn = Sampler(engine.inputs.assumptions, 64, 1).block(0)
    ((_, outcome),) = engine.outcomes(drawn)
    grid = engine.inputs.grid
    one, two, both = (
        Metric("acquired", "legal", "chips", last, first).read(outcome, grid)
        for first, last in ((None, "2022Q1"), (None, "2022Q2"), ("2022Q1", "2022Q2"))
    )
    np.testing.assert_allclose(one + two, both)
    with pytest.raises(InputError, match="Did you mean stock total h100e"):
        Metric("stok").read(outcome, grid)


def test_a_scenario_whose_law_changes_on_two_dates_is_refused_but_for_the_h20_asks_own() -> None:
    opened = scenario("b30a-open")
    later = opened.model_copy(update={"id": "both", "base": "h200-open", "adopted_on": date(2028, 1, 1)})
    with pytest.raises(ScenarioError, match="both changes the law of chips on 2 dates"):
        resolve_scenario(later)
    asked = resolve_scenario(later.model_copy(update={"base": "letter-h20"})).settings
    assert (asked.law_from, asked.law_lag) == (date(2025, 2, 3), "h20")
    alone = resolve_scenario(opened).settings
    assert (alone.law_from, alone.law_lag) == (opened.adopted_on, None)
    unchanged = resolve_scenario(scenario("letter-kyc")).settings
    assert (unchanged.law_from, unchanged.law_lag) == (None, None)


def test_quarters_are_read_strictly() -> None:
    with pytest.raises(InputError, match="not a calendar quarter"):
        quarter_bounds("2025Q5")
    with pytest.raises(InputError, match="lies before the first"):
        quarters_between("2025Q2", "2025Q1")


def test_a_hazard_of_eight_percent_a_year_keeps_98_percent_a_quarter() -> None:
    # exp(-0.08 / 4) = 0.980199
    assert retention(Draws({"retirement_hazard": np.array([0.08])}, 1))[0] == pytest.approx(
        0.980199, abs=1e-6
    )
