"""Draws: the right distributions, the same bits for any block or worker, one draw per shared input."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from chipflows.errors import AssumptionError, InputError
from chipflows.flows.sampling import BLOCK, Sampler, check_draws
from chipflows.tables.assumptions import Assumption, Assumptions, Group

ITEM = {"topic": "t", "title": "t", "unit": "x", "sources": ["s"], "confidence": "low"}


def assumption(name: str, **fields) -> Assumption:
    return Assumption(id=name, **ITEM, **fields)


def assumptions(*items: Assumption, groups: tuple[Group, ...] = ()) -> Assumptions:
    return Assumptions(uncertain={i.id: i for i in items}, profiles={}, groups={g.id: g for g in groups})


ONE = assumptions(
    assumption("ln", dist="lognormal", p05=38, p95=150),
    assumption("share", dist="logit_normal", p05=0.05, p95=0.5),
    assumption("flat", dist="uniform", min=2, max=8),
    assumption("ln80", dist="lognormal", p10=10_000, p90=15_000),
    assumption("normal", dist="normal", p05=-0.2, p95=0.2),
    assumption("regime", dist="regimes", regimes={"a": 0.5, "b": 0.35, "c": 0.15}),
)


@pytest.mark.parametrize("draws", [0, -1, 63, 2**21, 10**12])
def test_a_number_of_draws_out_of_bounds_is_refused(draws):
    with pytest.raises(InputError, match="power of two"):
        check_draws(draws)


def test_a_number_of_draws_that_is_no_power_of_two_names_its_neighbours():
    with pytest.raises(InputError, match="8192 and 16384"):
        check_draws(10_000)


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="seed"):
        Sampler(ONE, 64, -1)


def test_correlations_that_contradict_each_other_are_refused():
    items = [assumption(n, dist="uniform", min=0, max=1, group="g") for n in ("a", "b", "c")]
    matrix = [[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]
    group = Group(id="g", title="g", members=["a", "b", "c"], rank_correlation=matrix, sources=["s"])
    with pytest.raises(AssumptionError, match="contradict each other"):
        Sampler(assumptions(*items, groups=(group,)), 64, 1)


def test_reading_an_undeclared_draw_says_what_is_nearest():
    drawn = Sampler(ONE, 64, 1).block(0)
    with pytest.raises(AssumptionError, match="share"):
        drawn["shares"]


def test_quantiles_are_those_declared():
    drawn = Sampler(ONE, 2**14, 1)
    values = {name: np.concatenate([b[name] for b in drawn.blocks()]) for name in drawn.names}
    assert np.percentile(values["ln"], [5, 95]) == pytest.approx([38, 150], rel=2e-3)
    assert np.percentile(values["share"], [5, 95]) == pytest.approx([0.05, 0.5], rel=2e-3)
    assert np.percentile(values["ln80"], [10, 90]) == pytest.approx([10_000, 15_000], rel=2e-3)
    assert np.percentile(values["normal"], [5, 95]) == pytest.approx([-0.2, 0.2], rel=2e-3)
    assert np.percentile(values["flat"], [0, 50, 100]) == pytest.approx([2, 5, 8], abs=2e-3)
    # a lognormal's median is the root of the product of its ends: sqrt(38 x 150) = 75.5
    assert np.median(values["ln"]) == pytest.approx(75.498, rel=1e-3)
    counts = np.bincount(values["regime"].astype(int), minlength=3) / 2**14
    assert counts == pytest.approx([0.5, 0.35, 0.15], abs=1e-3)


def test_rank_correlation_is_what_the_group_says():
    items = [assumption(n, dist="lognormal", p05=1, p95=9, group="g") for n in ("a", "b")]
    group = Group(id="g", title="g", members=["a", "b"], rank_correlation=[[1, 0.5], [0.5, 1]], sources=["s"])
    drawn = Sampler(assumptions(*items, groups=(group,)), 4096, 3).block(0)
    assert spearmanr(drawn["a"], drawn["b"]).statistic == pytest.approx(0.5, abs=0.01)


def test_the_same_seed_gives_the_same_bits_block_by_block():
    whole = Sampler(ONE, 4 * BLOCK, 7)
    again = Sampler(ONE, 4 * BLOCK, 7)
    for start in reversed(list(whole.starts())):
        for name in whole.names:
            assert np.array_equal(whole.block(start)[name], again.block(start)[name])
    assert not np.array_equal(whole.block(0)["ln"], Sampler(ONE, 4 * BLOCK, 8).block(0)["ln"])


def test_a_shorter_run_is_the_start_of_a_longer_one():
    assert np.array_equal(Sampler(ONE, 64, 1).block(0)["ln"], Sampler(ONE, 4096, 1).block(0)["ln"][:64])


def test_a_shared_input_is_drawn_once():
    drawn = Sampler(ONE, 1024, 1).block(0)
    assert (drawn["normal"] * drawn["normal"] >= 0).all()  # G3: a redraw would give negative products
    assert drawn["normal"] is drawn["normal"]


def test_sobol_beats_plain_monte_carlo_at_equal_draws():
    # G1, on CNAS's first pathway, a product of two lognormals with an exact median of 118,125.
    pair = assumptions(
        assumption("vendors", dist="lognormal", p05=38, p95=150),
        assumption("chips", dist="lognormal", p05=17, p95=1000),
    )
    exact, sobol, plain = 12 * np.sqrt(38 * 150) * np.sqrt(17 * 1000), [], []
    for seed in range(10):
        drawn = Sampler(pair, 2**12, seed)
        points = np.random.default_rng(seed).random((2**12, 2))
        for found, block in ((sobol, drawn.block(0)), (plain, drawn.at(points))):
            found.append(abs(np.median(12 * block["vendors"] * block["chips"]) / exact - 1))
    assert exact == pytest.approx(118_125, rel=1e-4)
    assert np.mean(sobol) < np.mean(plain) / 3
