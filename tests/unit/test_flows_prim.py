"""Scenario discovery: a planted box is found, limits that do nothing are given up, nothing is invented."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows.errors import InputError
from chipflows.flows.prim import _best_cut, _needed, peel


@pytest.fixture
def inputs() -> dict[str, np.ndarray]:
    """Return three independent inputs, uniform on 0..1."""
    random = np.random.default_rng(11)
    return {name: random.random(4096) for name in ("smuggled", "memory", "yield")}


def planted(inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Return the draws of a box of two inputs: 30% x 40% of them, 12% of all."""
    return (inputs["smuggled"] > 0.7) & (inputs["memory"] < 0.4)


def test_no_interesting_draw_is_refused(inputs: dict[str, np.ndarray]) -> None:
    with pytest.raises(InputError, match="no draw is interesting"):
        peel(inputs, np.zeros(4096, dtype=bool))


def test_where_every_draw_is_interesting_no_limit_is_needed(inputs: dict[str, np.ndarray]) -> None:
    found = peel(inputs, np.ones(4096, dtype=bool))
    assert found.limits == {}
    assert (found.coverage, found.density, found.mass) == (1.0, 1.0, 1.0)


def test_a_planted_box_in_three_inputs_is_found(inputs: dict[str, np.ndarray]) -> None:
    found = peel(inputs, planted(inputs), min_density=0.95)
    assert set(found.limits) == {"smuggled", "memory"}
    assert found.limits["smuggled"][0] == pytest.approx(0.7, abs=0.03)
    assert found.limits["memory"][1] == pytest.approx(0.4, abs=0.03)
    assert found.limits["smuggled"][1] == pytest.approx(1, abs=0.05)
    assert found.limits["memory"][0] == pytest.approx(0, abs=0.05)
    assert found.density >= 0.95
    assert found.coverage > 0.9
    assert found.mass == pytest.approx(0.12, abs=0.02)


def test_the_path_begins_with_all_draws_and_its_density_never_falls(inputs: dict[str, np.ndarray]) -> None:
    interesting = planted(inputs)
    path = peel(inputs, interesting).path
    assert path.iloc[0].tolist() == pytest.approx([1.0, interesting.mean(), 1.0])
    assert path["density"].is_monotonic_increasing
    assert path["mass"].is_monotonic_decreasing
    # each step takes off one draw in twenty of what is left
    assert (path["mass"] / path["mass"].shift()).dropna().to_numpy() == pytest.approx(0.95, abs=0.002)


def test_give_takes_off_a_limit_that_does_next_to_nothing() -> None:
    random = np.random.default_rng(3)
    inputs = {name: random.random(4096) for name in ("a", "b", "c")}
    # a decides; b moves the odds from 86% to 94% only
    odds = np.where(inputs["a"] > 0.6, np.where(inputs["b"] > 0.3, 0.94, 0.86), 0.02)
    interesting = random.random(4096) < odds
    strict = peel(inputs, interesting, min_density=0.93)
    lenient = peel(inputs, interesting, min_density=0.93, give=0.10)
    assert "b" in strict.limits
    assert set(lenient.limits) == {"a"}
    assert lenient.density >= 0.93 - 0.10
    assert lenient.coverage > strict.coverage
    assert lenient.path.equals(strict.path)  # the path is that of the peeling alone


def test_an_input_of_few_values_loses_a_whole_value_at_a_time() -> None:
    # three regimes, 60%, 25%, 15%: a slice of one draw in twenty cannot part draws that are alike
    random = np.random.default_rng(4)
    regime = random.choice([0.0, 1.0, 2.0], size=4096, p=[0.60, 0.25, 0.15])
    inputs = {"regime": regime, "other": random.random(4096)}
    found = peel(inputs, regime == 2, min_density=0.95)
    assert found.limits == {"regime": (2.0, 2.0)}
    assert (found.coverage, found.density) == (1.0, 1.0)


def test_a_whole_value_goes_only_where_it_costs_less_than_a_slice() -> None:
    # half of the draws of regime 0 are interesting too: cutting "other" at .5 costs nothing interesting
    random = np.random.default_rng(4)
    inputs = {"regime": random.choice([0.0, 1.0], size=4096), "other": random.random(4096)}
    assert set(peel(inputs, inputs["other"] > 0.5, min_density=0.95).limits) == {"other"}


def test_at_least_one_limit_is_kept_however_much_is_given(inputs: dict[str, np.ndarray]) -> None:
    assert len(peel(inputs, planted(inputs), give=1.0).limits) == 1


def test_the_numbers_are_those_of_the_box_described(inputs: dict[str, np.ndarray]) -> None:
    interesting = planted(inputs)
    found = peel(inputs, interesting, give=0.05)
    inside = np.ones(4096, dtype=bool)
    for row in found.table().itertuples():
        values = inputs[str(row.assumption)]
        inside &= (values >= row.low) & (values <= row.high)
    assert found.mass == inside.mean()
    assert found.density == interesting[inside].mean()
    assert found.coverage == interesting[inside].sum() / interesting.sum()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.02, 0.6))
def test_a_box_is_never_less_dense_than_all_draws(seed: int, odds: float) -> None:
    random = np.random.default_rng(seed)
    inputs = {name: random.random(256) for name in ("a", "b")}
    interesting = random.random(256) < odds
    interesting[0] = True
    found = peel(inputs, interesting)
    assert found.density >= interesting.mean() - 1e-12
    assert 0 < found.coverage <= 1
    assert 0 < found.mass <= 1


def test_a_limit_that_does_nothing_goes_and_those_that_matter_stay() -> None:
    # All eight corners of a cube; the two with a and b at 1 are interesting, whatever c is. Without c the
    # limits hold these two alone (density 1), without a or b half of what they hold is of no interest.
    table = np.array([[(n >> bit) & 1 for n in range(8)] for bit in range(3)], dtype=float)
    limits = dict.fromkeys("abc", (1.0, 1.0))
    left = _needed(table, list("abc"), limits, (table[0] == 1) & (table[1] == 1), floor=1.0)
    assert set(left) == {"a", "b"}


def test_the_best_peel_raises_density_most_for_each_draw_taken_off() -> None:
    # 20 draws, half of interest. Without the ten at 0 the first input's density is 7 / 10: 0.2 more, 0.02 a
    # draw; without its lowest draw the second's is 10 / 19: 0.026 more for a single one.
    two = np.repeat([0.0, 1.0], 10)
    many = np.arange(20.0)
    interesting = np.isin(many, [1, 2, 3, 10, 11, 12, 13, 14, 15, 19])
    table, all_of = np.stack([two, many]), np.ones(20, dtype=bool)
    row, low, high, kept = _best_cut(table, all_of, interesting, 0.05) or (None,) * 4
    assert (row, high, int(kept.sum())) == (1, np.inf, 19) and low == pytest.approx(0.95)
