"""Shapley values and interactions on cases worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflows.errors import InputError
from chipflows.flows.factorial import all_sets, attribution, effects, interactions, set_name, shapley

TWO = {
    frozenset(): np.array([0.0]),
    frozenset("a"): np.array([10.0]),
    frozenset("b"): np.array([4.0]),
    frozenset("ab"): np.array([12.0]),
}


def test_an_ask_that_is_none_of_them_is_refused():
    with pytest.raises(InputError, match="none of the asks: a, b"):
        shapley(TWO, "c")


def test_shapley_averages_over_both_orders():
    # a first adds 10, a last adds 12 - 4 = 8: (10 + 8) / 2 = 9; b: (4 + 2) / 2 = 3
    assert shapley(TWO, "a")[0] == 9.0
    assert shapley(TWO, "b")[0] == 3.0


def test_an_overlap_shows_as_a_negative_interaction():
    assert interactions(TWO).loc[0, "p50"] == 12 - 10 - 4
    assert interactions(TWO).columns[0] == "pair"


def test_four_asks_have_sixteen_combinations():
    sets = all_sets(("cxmt", "diffusion", "h20", "kyc"))
    assert len(sets) == 16
    assert set_name(sets[0]) == "none"
    assert set_name(sets[-1]) == "cxmt+diffusion+h20+kyc"


@given(st.lists(st.floats(-1e6, 1e6), min_size=16, max_size=16))
def test_shapley_values_add_up_to_the_effect_of_all(numbers):
    sets = all_sets(("a", "b", "c", "d"))
    values = {s: np.array([v]) for s, v in zip(sets, numbers, strict=True)}
    total = sum(shapley(values, ask)[0] for ask in "abcd")
    assert total == pytest.approx(values[sets[-1]][0] - values[sets[0]][0], abs=1e-6)


def test_a_combinations_effect_is_what_it_changes_from_no_ask() -> None:
    values = {frozenset(): np.array([100.0]), frozenset("a"): np.array([70.0])}
    assert effects(values).set_index("combination")["p50"].to_dict() == {"none": 0.0, "a": -30.0}


def test_the_share_of_draws_that_fall_counts_falls_alone():
    # of -1, 0, 0.5 and 2 one is below nought
    values = {frozenset(): np.zeros(4), frozenset("a"): np.array([-1.0, 0.0, 0.5, 2.0])}
    assert effects(values).set_index("combination")["prob_lower"].to_dict() == {"none": 0.0, "a": 0.25}


def test_the_share_in_which_an_ask_leads_is_of_the_draws() -> None:
    # Shapley values of a: 9, 1, 9, 9; of b: 3, 2, 3, 3, so a leads in three of four draws
    one, two, both = (np.array(values) for values in ([10, 1, 10, 10], [4, 2, 4, 4], [12, 3, 12, 12]))
    values = {frozenset(): np.zeros(4), frozenset("a"): one, frozenset("b"): two, frozenset("ab"): both}
    assert attribution(values).set_index("ask")["share_of_draws_leading"].to_dict() == {"a": 0.75, "b": 0.25}


def test_tables_name_every_combination_and_ask():
    frame = effects(TWO)
    assert list(frame["combination"]) == ["none", "a", "b", "a+b"]
    assert list(attribution(TWO)["share_of_draws_leading"]) == [1.0, 0.0]
