"""What the know-your-customer ask changes when the share that checks stop is given instead of assumed."""

from __future__ import annotations

import numpy as np
import pytest

import chipflows as cf
from chipflows.errors import InputError
from chipflows.flows.diverted import PATHWAYS
from chipflows.flows.engine import Metric
from chipflows.flows.kyc import ASSUMED, change_by_checks, with_checks
from chipflows.flows.sampling import Sampler
from chipflows.lists.screening.policy import MIXES, mix_draws, mix_rates
from chipflows.tables.assumptions import load_assumptions

DRAWS = 256


def test_every_pathway_gets_the_share_and_nothing_else_changes() -> None:
    drawn = Sampler(load_assumptions(), 64, 1).block(0)
    share = np.linspace(0, 1, 64)
    changed = with_checks(drawn, share)
    assert all((changed[f"kyc_{name}"] == share).all() for name in PATHWAYS)
    others = set(drawn.values) - {f"kyc_{name}" for name in PATHWAYS}
    assert all((changed[name] == drawn[name]).all() for name in others)


def test_no_stop_changes_nothing_more_stops_change_more_and_the_assumed_is_the_ask_itself() -> None:
    shares = {"none": np.zeros(DRAWS), "a tenth": np.full(DRAWS, 0.1), "half": np.full(DRAWS, 0.5)}
    found = change_by_checks(shares, draws=DRAWS).set_index("label")
    ends = ["p05", "p50", "p95"]
    assert (found.loc["none", ends] == 0).all()
    assert (found.loc["half", ends] < found.loc["a tenth", ends]).all()
    assert (found.loc["a tenth", ends] < 0).all()
    # The same three quantiles, from the draws of simulate.
    run = cf.flows.simulate(["actual", "letter-kyc"], draws=DRAWS)
    change = cf.flows.difference(run, "letter-kyc", "actual", "stock", "2028Q4")
    assert found.loc[ASSUMED, ends].to_list() == pytest.approx(
        np.quantile(change, (0.05, 0.5, 0.95)).tolist()
    )


def test_the_metric_chosen_is_the_one_read() -> None:
    shares = {"half": np.full(64, 0.5)}
    early = change_by_checks(shares, metric=Metric(quarter="2024Q4"), draws=64)
    assert (early[["p05", "p50", "p95"]] == 0).all(axis=None)  # the ask is adopted in February 2025


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (np.zeros(32), "half: give 64 shares, one a draw; their shape is"),
        (np.full(64, 1.5), "half: give shares from 0 to 1; they go from 1.5 to 1.5"),
        (np.full(64, -0.1), "half: give shares from 0 to 1; they go from -0.1"),
        (np.full(64, np.nan), "half: give shares from 0 to 1; they go from nan"),
    ],
)
def test_shares_of_another_shape_or_range_are_refused(share: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        change_by_checks({"half": share}, draws=64)


def test_the_draws_of_a_mix_have_the_rates_of_the_mix() -> None:
    drawn, rates = mix_draws(4096), mix_rates().set_index("label")
    assert list(drawn) == list(MIXES) and all(share.shape == (4096,) for share in drawn.values())
    for name, share in drawn.items():
        assert np.median(share) == pytest.approx(rates.loc[name, "p50"], abs=0.005)
