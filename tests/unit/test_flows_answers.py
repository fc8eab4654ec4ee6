"""Direct answers: what shipped between two dates, what a regime changes, how long a run takes."""

from datetime import date

import numpy as np
import pytest

from chipflows import flows, tables
from chipflows.errors import InputError, LedgerError
from chipflows.flows import answers
from chipflows.flows.asks import effect_by_regime, run_combinations
from chipflows.flows.engine import Metric
from chipflows.flows.factorial import shapley
from chipflows.flows.history_check import effective_sample_size, history_check, importance_weights


@pytest.fixture(scope="module")
def run():
    return flows.simulate(["actual", "letter-all", "now-h20"], draws=256, seed=1, last="2028Q4")


def test_an_unknown_series_says_the_nearest(run):
    with pytest.raises(InputError, match="stock total h100e"):
        run.series("actual", "stocks")
    with pytest.raises(InputError, match="letter-all"):
        run.series("letter-al", "stock")


def test_a_history_that_contradicts_the_filing_is_refused(run):
    with pytest.raises(LedgerError, match="contradicts the filing"):
        answers.h20_history_holds(run, booked_usd=9e9)


def test_the_h20_history_agrees_with_the_filing(run):
    booked = tables.table("h20_disclosures").set_index("fact_id").loc["h20_revenue_fy26q1", "usd_m"] * 1e6
    checks = answers.h20_history_holds(run, booked)
    after, revenue = checks["found"]
    assert after == 0
    # 377,878 units x 11,868 USD / 0.97488 = 4.60bn
    assert revenue == pytest.approx(4.6e9, rel=0.001)


def test_from_the_letter_to_9_april_66_of_73_days_of_sales_went_on():
    # 377,878 x 66/73 = 341,643 chips; x 296/1979 = 51,100 H100e; x 4000/3350 = 407,932
    # 4.6bn x 66/73 = 4.16bn
    shipped = answers.shipped_between(["h20_96"], answers.LETTER_DAY, answers.LETTER_WINDOW_END, draws=1024)
    median = shipped.set_index("unit")["p50"]
    assert median["chips"] == pytest.approx(341_643, rel=0.005)
    assert median["h100e"] == pytest.approx(51_100, rel=0.005)
    assert median["h100e_bandwidth"] == pytest.approx(407_932, rel=0.005)
    assert median["usd"] == pytest.approx(4.16e9, rel=0.005)


def test_the_gap_of_2022_to_2023_let_about_154_thousand_h100e_through():
    # medians: 121,421 A800 x 0.3153 + 115,429 H800 = 38,285 + 115,429 = 153,714
    shipped = answers.shipped_between(answers.GAP_CHIPS, answers.GAP_OPENED, answers.GAP_CLOSED, draws=4096)
    found = shipped.set_index("unit").loc["h100e", "p50"]
    # 20 days of 2022Q4 lie before the rule of 21 October: 28,132 x 20/92 x 0.3153 = 1,928 fewer
    assert found == pytest.approx(153_714 - 1_928, rel=0.01)


def test_nothing_ships_outside_the_window():
    shipped = answers.shipped_between(["h20_96"], date(2025, 4, 10), date(2026, 1, 1), draws=64)
    assert (shipped[["p05", "p50", "p95"]] == 0).all().all()


def test_a_training_run_takes_operations_over_what_the_cluster_does():
    # 1e27 / (1e6 x 0.1 x 1979e12 x 0.35) = 1.4437e7 s = 167.1 days = 5.49 months of 30.4375 days
    assert answers.training_months(np.array([1e6]))[0] == pytest.approx(5.49, abs=0.01)


def test_effects_are_shown_by_the_prc_s_own_policy(run):
    frame = effect_by_regime(run, ["now-h20"], "2028Q4", "cumulative", "legal").set_index("prc_regime")
    assert frame.loc["open", "p50"] < frame.loc["rationed", "p50"] < frame.loc["barred", "p50"] <= 0
    assert frame["draws"].sum() == 256


def test_the_factorial_holds_every_combination_and_its_ends_are_the_shipped_scenarios(run):
    metric = Metric(quarter="2028Q4")
    values = run_combinations("letter-all", [metric], draws=256, seed=1)[metric]
    assert len(values) == 16
    row = run.grid.index["2028Q4"]
    assert values[frozenset()] == pytest.approx(run.series("actual", "stock")[row], rel=1e-6)
    whole = values[max(values, key=len)]
    assert whole == pytest.approx(run.series("letter-all", "stock")[row], rel=1e-6)
    total = sum(shapley(values, ask) for ask in ("h20", "kyc", "diffusion", "cxmt"))
    assert total == pytest.approx(whole - values[frozenset()], rel=1e-6)


def test_the_past_is_held_against_what_others_observed(run):
    found = history_check(run, tables.history_checks()).set_index("check_id")
    assert found.loc["legal_2023", "verdict"] == "agrees"
    assert found.loc["h20_fy26q2", "verdict"] == "agrees"
    assert found.loc["huawei_2025_bis", "verdict"] == "misses"  # a disagreement of sources, shown


def test_weights_by_observation_cost_effective_draws(run):
    checks = tables.history_checks()
    weights = importance_weights(run, checks[checks["check_id"] == "diverted_2026_substrate"])
    assert weights.mean() == pytest.approx(1.0)
    assert 10 < effective_sample_size(weights) < 256
    # four draws of weight 1, 1, 1, 0 are worth 9 / 3 = 3
    assert effective_sample_size(np.array([1.0, 1.0, 1.0, 0.0])) == 3.0


def test_the_mix_of_regimes_is_that_of_the_assumption(run):
    # legal.yaml weighs barred 0.50, rationed 0.35, open 0.15; 256 Sobol points: within one of 128, 90, 38.
    assert answers.regime_mix(run) == "barred in 50% of draws, rationed in 35%, open in 15%"
    held = flows.simulate(["actual"], draws=64, seed=1, last="2026Q4", levers={"prc_regime": "rationed"})
    assert answers.regime_mix(held) == "rationed in 100% of draws"


def test_the_throughput_of_the_mi308_is_disputed_and_so_drawn():
    shipped = answers.shipped_between(["mi308"], date(2024, 1, 1), date(2026, 1, 1), draws=64)
    table = shipped.set_index("unit")
    # Bandwidth is a multiple of units, so its spread is that of units; throughput adds its own.
    spread = table["p95"] / table["p05"]
    assert spread["h100e_bandwidth"] == pytest.approx(spread["chips"], rel=1e-9)
    assert spread["h100e"] > 1.2 * spread["chips"]
