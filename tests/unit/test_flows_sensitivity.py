"""What drives an answer: tornado, Sobol indices, value of information and break-even, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chipflows.errors import InputError
from chipflows.flows.engine import Engine, Metric
from chipflows.flows.sampling import Sampler
from chipflows.flows.sensitivity import (
    _solve,
    break_even,
    input_draws,
    sobol_indices,
    tornado,
    value_of_information,
)
from chipflows.tables.assumptions import load_assumptions

END = Metric(quarter="2026Q4")


@pytest.fixture(scope="module")
def flip() -> dict[str, np.ndarray]:
    """Return two inputs of 4,096 draws: the state of the world, half of them 1, and one without bearing."""
    random = np.random.default_rng(7)
    state = np.repeat([0.0, 1.0], 2048)
    random.shuffle(state)
    return {"state": state, "nothing": random.random(4096)}


def test_an_input_that_decides_which_ask_is_best_is_worth_what_choosing_by_it_gains(
    flip: dict[str, np.ndarray],
) -> None:
    # ask a: 10 in state 1, else 0, so 5 on average; ask b: 4 always. Not knowing, take a: 5.
    # Knowing: 10 half of the time, 4 the other half: 7. Worth 7 - 5 = 2; b instead of a in half of draws.
    effects = {"a": 10 * flip["state"], "b": np.full(4096, 4.0)}
    found = value_of_information(effects, flip).set_index("assumption")
    assert found.loc["state", "value"] == pytest.approx(2.0, abs=0.02)
    assert found.loc["state", "share_of_draws_choice_changes"] == pytest.approx(0.5)
    assert found.loc["nothing"].tolist() == [0.0, 0.0]
    assert list(found.index) == ["state", "nothing"]


def test_knowing_is_worth_nothing_where_one_ask_is_best_in_every_state(flip: dict[str, np.ndarray]) -> None:
    effects = {"a": 10 + 5 * flip["state"], "b": 4 - flip["state"]}
    assert (value_of_information(effects, flip)["value"] == 0).all()


def test_an_input_that_bears_on_nothing_is_worth_nothing_even_between_close_asks() -> None:
    # bins of few draws alone would find a gain here: the asks differ by far less than they vary
    random = np.random.default_rng(2)
    effects = {"a": random.normal(1.00, 1, 2048), "b": random.normal(1.01, 1, 2048)}
    inputs = {f"nothing_{i}": random.random(2048) for i in range(5)}
    assert (value_of_information(effects, inputs)["value"] == 0).all()


def test_a_continuous_input_is_worth_the_area_between_the_asks() -> None:
    # a rises from 0 to 10, b is 5. Not knowing: 5. Knowing: mean of max(10x, 5) = 5/2 + 7.5/2 = 6.25.
    # Sixteen bins cut exactly at one half: 1.25. Taken off is what bins by chance show where asks tie: a mean
    # of 256 draws strays by 10 / sqrt(12) / sqrt(256) = .180; .180 / sqrt(2 pi) = .072 is gain: 1.178.
    x = (np.random.default_rng(1).permutation(4096) + 0.5) / 4096
    found = value_of_information({"a": 10 * x, "b": np.full(4096, 5.0)}, {"x": x})
    assert found.loc[0, "value"] == pytest.approx(1.178, abs=0.01)


def test_the_draws_of_inputs_are_those_of_the_sampler() -> None:
    drawn = input_draws(draws=256, seed=3)
    block = Sampler(load_assumptions(), 256, 3).block(0)
    assert set(drawn) == set(load_assumptions().uncertain)
    assert all(np.array_equal(values, block[name]) for name, values in drawn.items())


def test_a_scenario_compared_with_itself_is_refused() -> None:
    with pytest.raises(InputError, match="compared with itself"):
        tornado("actual", "actual", END)


def test_a_tornado_moves_one_input_at_a_time_from_the_same_middle() -> None:
    found = tornado("letter-h20", metric=END)
    assert set(found["assumption"]) == set(load_assumptions().uncertain)
    assert found["at_p50"].nunique() == 1
    assert found["swing"].tolist() == (found["at_p95"] - found["at_p05"]).tolist()
    assert found["swing"].abs().is_monotonic_decreasing
    # a listing of CXMT is no part of this scenario: its effect moves nothing
    assert found.set_index("assumption").loc["listing_phase_in", "swing"] == 0


def test_a_row_of_the_tornado_is_the_model_run_at_those_two_points() -> None:
    row = tornado("letter-h20", metric=END).iloc[0]
    engine = Engine.of(["letter-h20", "actual"], last="2026Q4")
    sampler = Sampler(engine.inputs.assumptions, 64, 0)
    points = np.full((2, len(sampler.names)), 0.5)
    points[:, sampler.names.index(row["assumption"])] = [0.05, 0.95]
    drawn = sampler.at(points)
    changed, base = (END.read(found, engine.inputs.grid) for _, found in engine.outcomes(drawn))
    assert (changed - base).tolist() == pytest.approx([row["at_p05"], row["at_p95"]], rel=1e-12)


def test_sobol_indices_of_a_product_are_shares_of_the_variance_of_its_logarithm() -> None:
    # A100 sold in 2022Q1 = revenue x allocation x hardware share / price. The variance of the logarithm is
    # the sum of the three; each index is its part.
    known = load_assumptions().uncertain
    names = ["a100_allocation", "price_a100_usd", "hw_share"]
    spread = [known[name].range() for name in names]
    z = [1.6448536 if known[name].credibility == 0.90 else 1.2815516 for name in names]
    variance = [(math.log(h / low) / (2 * q)) ** 2 for (low, h), q in zip(spread, z, strict=True)]
    metric = Metric("acquired", "legal", "h100e", "2022Q1")
    found = sobol_indices("actual", None, metric, base_draws=256, log=True).set_index("assumption")
    for name, part in zip(names, variance, strict=True):
        assert found.loc[name, "total_order"] == pytest.approx(part / sum(variance), abs=0.03)
    others = found.drop(index=names)
    assert (others[["first_order", "total_order"]].abs() < 1e-12).all(axis=None)
    assert found["total_order"].is_monotonic_decreasing


def test_matching_a_scenario_that_changes_nothing_needs_no_attempt_stopped() -> None:
    found = break_even("actual", metric=END, draws=64)
    assert found["share_stopped"].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert (found["cannot"] == 0).all()


def test_the_share_found_reaches_the_effect_it_is_to_match() -> None:
    engine = Engine.of(["letter-h20", "letter-kyc"], last="2026Q4")
    drawn = Sampler(engine.inputs.assumptions, 64, 1).block(0)
    shares = _solve(engine, drawn, END)
    fixed = engine.baseline(drawn)
    wanted = END.read(engine.outcome(engine.runs[0], drawn, fixed), engine.inputs.grid)
    possible = np.isfinite(shares)
    forced = np.where(possible, shares, 1.0)
    drawn.values.update(
        {f"kyc_{name}": forced for name in ("resellers", "cloud_fronts", "small_orders", "resale")}
    )
    reached = END.read(engine.outcome(engine.runs[1], drawn, fixed), engine.inputs.grid)
    assert reached[possible] == pytest.approx(wanted[possible], rel=1e-5)
    assert (reached[~possible] > wanted[~possible]).all()  # even stopping all leaves more


def test_what_checks_cannot_match_is_blank_and_counted() -> None:
    found = break_even("letter-h20", metric=END, draws=64)
    shares = found["share_stopped"].dropna()
    assert shares.is_monotonic_increasing
    assert shares.between(0, 1).all()
    assert 0 < found.loc[0, "cannot"] < 1
    blank = found["level"] > 1 - found["cannot"]
    assert found.loc[blank, "share_stopped"].isna().all()
