"""The whole flow model: it balances, moves the right way, and does the obvious at the limits."""

import sys
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from flows_world import actual, asks, free, inputs, outcomes, total

from chipflows.errors import LedgerError, ScenarioError
from chipflows.flows import model
from chipflows.flows.engine import Engine
from chipflows.flows.levers import LEVERS, Settings, check_levers
from chipflows.flows.results import series_of
from chipflows.flows.sampling import Sampler


@pytest.mark.parametrize(
    ("levers", "says"),
    [
        ({"kyc_coverge": 0.5}, "kyc_coverage"),
        ({"kyc_coverage": 1.5}, "from 0 to 1"),
        ({"kyc_coverage": True}, "number"),
        ({"remote_access": "strong"}, "strengthened"),
        ({"allied_action": "yes"}, "true or false"),
        ({"displacement": -0.1}, "from 0 to 1"),
        ({"country_cap": 2.0}, "country_cap is not modelled: no source"),
    ],
)
def test_a_lever_unknown_or_out_of_bounds_is_refused(levers, says):
    with pytest.raises(ScenarioError, match=says):
        check_levers(levers, "scenario x")


def test_a_ledger_that_does_not_balance_is_refused():
    base, _ = outcomes(asks("kyc"))
    base.domestic.dies_left[3] += 1e6
    with pytest.raises(LedgerError, match="dies in = used"):
        model._check_ledger(base, "broken")


def test_a_scenario_that_changes_nothing_gives_the_same_bits():
    base, same = outcomes(asks())
    for (key, ours), (_, theirs) in zip(series_of(same, True), series_of(base, True), strict=True):
        assert np.array_equal(ours, theirs), key


def test_asks_adopted_after_the_horizon_change_nothing():
    base, late = outcomes(asks("h20", "kyc", "diffusion", "cxmt", on=date(2031, 1, 1)))
    assert np.array_equal(total(base), total(late))


def test_nothing_is_negative_and_shares_lie_between_0_and_1():
    for outcome in outcomes(asks("h20", "kyc", "diffusion", "cxmt"), free(), draws=1024):
        for key, values in series_of(outcome, True):
            if (key.channel, key.variable) == ("remote", "acquired") or key.variable == "unmet_usd":
                continue  # a net change, and demand less purchases: both may fall below zero
            assert values.min() >= -1e-6, key
            if key.unit == "share":
                assert values.max() <= 1 + 1e-9, key


def test_total_is_possession_and_leaves_out_what_is_abroad():
    base = outcomes()[0]
    series = dict(series_of(base))
    parts = [series["acquired", c, "h100e", ""] for c in ("legal", "diverted", "domestic")]
    assert np.allclose(series["acquired", "total", "h100e", ""], sum(parts))


def test_cumulative_dies_and_stacks_never_exceed_what_arrived():
    made = outcomes(asks("cxmt"), draws=1024)[1].domestic
    for name in ("dies", "stacks"):
        came = np.cumsum(getattr(made, f"{name}_in"), axis=0)
        used = np.cumsum(getattr(made, f"{name}_used"), axis=0)
        assert (used <= came * (1 + 1e-12)).all()


@pytest.mark.parametrize("ask", ["h20", "kyc", "diffusion"])
def test_each_ask_lowers_total_compute_in_the_median_draw(ask):
    base, changed = outcomes(asks(ask), draws=1024)
    assert np.median(total(changed) - total(base)) < 0


def test_listing_cxmt_lowers_domestic_output_though_diversion_may_take_some_of_it_back():
    base, listed = outcomes(asks("cxmt", cxmt_branch="works"), draws=1024)
    assert np.median(listed.domestic.h100e.sum(axis=0) - base.domestic.h100e.sum(axis=0)) < 0
    more = listed.diverted.attempted.sum(axis=0) - base.diverted.attempted.sum(axis=0)
    assert np.median(more) > 0  # unmet spend rises; dies saved early let some draws catch up later


def test_in_the_branch_where_a_listing_does_nothing_nothing_changes_before_2028():
    base, idle = outcomes(asks("cxmt", cxmt_branch="nothing_before_2028"), draws=256)
    before = inputs().grid.middle < 2028
    assert np.array_equal(base.domestic.h100e[before], idle.domestic.h100e[before])
    assert (idle.domestic.stacks.cxmt[~before] < base.domestic.stacks.cxmt[~before]).any()


@pytest.mark.parametrize(
    ("ask", "lever", "low", "high", "reads"),
    [
        ("kyc", "kyc_coverage", 0.2, 1.0, "diverted"),
        ("kyc", "kyc_strength", 0.5, 2.0, "diverted"),
        ("diffusion", "transit_strength", 0.0, 2.0, "diverted"),
    ],
)
def test_more_of_a_lever_lets_less_through_in_every_draw(ask, lever, low, high, reads):
    _, weak, strong = outcomes(asks(ask, **{lever: low}), asks(ask, **{lever: high}), draws=512)
    assert (getattr(strong, reads).units <= getattr(weak, reads).units + 1e-6).all()


def test_allied_action_makes_a_listing_bite_more():
    _, alone, together = outcomes(
        asks("cxmt", cxmt_branch="works"), asks("cxmt", allied_action=True), draws=512
    )
    assert (together.domestic.stacks.cxmt <= alone.domestic.stacks.cxmt + 1e-6).all()


def test_displacement_at_one_lets_more_through_than_at_zero():
    none, full = (
        outcomes(asks("kyc", displacement=d), base=actual(displacement=d), draws=512) for d in (0.0, 1.0)
    )
    cuts = [1 - changed.diverted.units.sum() / base.diverted.units.sum() for base, changed in (none, full)]
    assert cuts[0] > cuts[1] > 0


def test_only_a_strengthened_rule_cuts_rented_compute():
    base, published, strong = outcomes(
        asks("diffusion", remote_access="published"),
        asks("diffusion", remote_access="strengthened"),
        draws=256,
    )
    assert np.allclose(published.remote_h100e, base.remote_h100e)
    assert (strong.remote_h100e[-1] <= base.remote_h100e[-1]).all()


def test_the_offshore_window_can_be_left_out():
    with_it, without = outcomes(asks(offshore_window=False))
    grid = inputs().grid
    window = grid.index["2025Q3"]
    assert with_it.offshore.units[window].min() > 0
    assert without.offshore.units[window].max() == 0


def test_with_everything_stopped_nothing_diverted_passes():
    given = inputs()
    drawn = Sampler(given.assumptions, 64, 1).block(0)
    for name in ("resellers", "cloud_fronts", "small_orders", "resale"):
        drawn.values[f"kyc_{name}"] = np.ones(64)
    drawn.values["lag_kyc"] = np.zeros(64)
    from chipflows.flows.engine import Engine

    run = asks("kyc", on=date(2022, 1, 1), displacement=0.0)
    engine = Engine(given, [run], actual())
    outcome = engine.outcome(run, drawn, engine.baseline(drawn))
    assert outcome.diverted.units.max() == pytest.approx(0.0, abs=1e-9)


def test_without_controls_lawful_sales_dwarf_history_and_diversion_ends():
    base, opened = outcomes(free(), draws=1024)
    late = inputs().grid.index["2024Q1"]
    assert np.median(total(opened)) > 3 * np.median(total(base))
    assert opened.diverted.units[late:].max() == 0.0


def test_bandwidth_and_throughput_rank_the_h20_differently():
    h20 = outcomes()[0].legal.by_chip["h20_96"]
    assert h20.h100e_bandwidth.sum() > 5 * h20.h100e.sum()


def test_every_assumption_is_used_and_every_draw_declared():
    # A lever or a branch may leave an assumption idle in one scenario, so all of them are run.
    given = inputs("2030Q4")
    drawn = Sampler(given.assumptions, 64, 1).block(0)
    from chipflows.flows.engine import Engine

    runs = [
        asks("h20", "kyc", "diffusion", "cxmt", remote_access="strengthened", tools_bought_ahead=True),
        asks("cxmt", allied_action=True),
        free(),
    ]
    engine = Engine(given, runs, actual())
    fixed = engine.baseline(drawn)
    for run in runs:
        engine.outcome(run, drawn, fixed)
    for ask in ("h20", "kyc", "diffusion", "cxmt"):
        drawn[f"lag_{ask}"]
    assert drawn.used == set(given.assumptions.uncertain)


def test_levers_have_a_meaning_a_reader_can_read():
    assert all(len(lever.meaning) > 20 for lever in LEVERS.values())
    assert {f.name for f in fields(Settings)} >= {"adopted", "levers", "law_from"}


# ---- one scenario's arithmetic, from its own parts


def parts(*runs, last="2028Q4"):
    """The baseline, and the outcome and series of each run, on the same draws."""
    given = inputs(last)
    engine = Engine(given, list(runs), actual())
    drawn = Sampler(given.assumptions, 64, 1).block(0)
    base = engine.baseline(drawn)
    found = [engine.outcome(run, drawn, base) for run in runs]
    return given, engine, drawn, base, found


def test_unmet_spend_is_latent_less_what_was_sold_lawfully_and_made_at_home():
    *_, found = parts(asks("h20"), free())
    for one in found:
        met = one.legal.total("revenue_usd") + one.domestic.spend_usd
        np.testing.assert_allclose(one.unmet_usd, one.latent_usd - met, rtol=1e-12)


def test_what_is_wanted_of_chinese_makers_is_latent_spend_less_lawful_sales():
    # Latent spend is never below what was spent, so in the past supply is the smaller of the two.
    *_, base, _ = parts(actual())
    wanted = np.maximum(base.latent_usd - base.legal_usd, 0.0)
    np.testing.assert_allclose(base.domestic_wanted_usd, wanted, rtol=1e-12)


def test_chinese_makers_are_asked_for_a_share_of_what_is_no_longer_sold_lawfully(monkeypatch):
    asked = []
    make = model.domestic_output
    monkeypatch.setattr(model, "domestic_output", lambda *given: asked.append(given[3]) or make(*given))
    *_, drawn, base, (one,) = parts(asks("h20"))
    lost = base.legal_usd - one.legal.total("revenue_usd")
    assert lost.max() > 0
    wanted = np.maximum(base.domestic_wanted_usd + drawn["to_domestic"] * lost, 0.0)
    np.testing.assert_allclose(asked[-1], wanted, rtol=1e-12)


def test_an_asks_change_of_law_comes_after_its_lag_and_another_on_its_day(monkeypatch):
    days = []
    settle = model.switch_day
    monkeypatch.setattr(
        model, "switch_day", lambda *given: days.append((given[1], settle(*given))) or days[-1][1]
    )
    parts(asks("h20"), free(on=date(2025, 2, 3)))
    (lag, after), (none, at_once) = days[-2:]
    assert (lag > 0).all() and none is None
    np.testing.assert_allclose(after, date(2025, 2, 3).toordinal() + lag)
    assert set(at_once) == {date(2025, 2, 3).toordinal()}


def test_an_ask_is_in_force_from_its_day_and_lag_on():
    # 2025Q1 has 90 days: from 1 January at once all of it, 45 days later half, a quarter later nothing
    given, drawn = inputs("2025Q1"), Sampler(inputs("2025Q1").assumptions, 64, 1).block(0)
    kyc = Settings("x", {"kyc": date(2025, 1, 1)})
    for lag, share in ((None, 1.0), (45.0, 0.5), (90.0, 0.0)):
        lags = {} if lag is None else {"kyc": np.full(64, lag)}
        found = model._in_force(given, drawn, kyc, lags, "kyc")
        assert set(found[-1]) == {share} and not found[:-1].any()
        assert not model._in_force(given, drawn, kyc, lags, "cxmt").any()


def test_nothing_attempted_stays_nothing_where_nothing_changes():
    _, engine, drawn, base, _ = parts(actual())
    still = engine.outcome(actual(), drawn, replace(base, attempts=np.zeros_like(base.attempts)))
    assert not still.diverted.attempted.any() and not still.diverted.units.any()


def test_a_set_share_takes_the_place_of_the_drawn_one():
    """At nought no unmet spend turns to diversion: attempts are those of the baseline."""
    *_, base, (none, some) = parts(asks("h20", to_diverted=0.0), asks("h20", to_diverted=0.9))
    np.testing.assert_allclose(none.diverted.attempted, base.attempts)
    assert (some.diverted.attempted.sum(axis=0) > base.attempts.sum(axis=0)).all()


def test_what_is_blocked_is_what_was_attempted_and_did_not_pass_in_every_unit():
    *_, (one,) = parts(asks("kyc"))
    series = {(key.variable, key.unit): value for key, value in series_of(one) if key.channel == "diverted"}
    for unit in ("chips", "h100e"):
        blocked = series["attempted", unit] - series["acquired", unit]
        np.testing.assert_allclose(series["blocked", unit], blocked, atol=1e-9 * blocked.max())


def test_without_rules_latent_spend_is_what_free_access_makes_of_it():
    _, _, drawn, base, (one,) = parts(free(on=date(2022, 1, 1)))
    uplift = drawn["free_access_uplift"]
    assert (uplift != 1).any()
    np.testing.assert_allclose(one.latent_usd[-1], base.latent_usd[-1] * uplift)
