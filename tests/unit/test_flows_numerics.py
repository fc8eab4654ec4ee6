"""Numerics of a real run (BENCHMARKS G): the same bits for any workers and chunk, medians that settle."""

from __future__ import annotations

import numpy as np
import pytest

from chipflows.flows import Simulation, sampling, simulate
from chipflows.flows.engine import Engine, Metric
from chipflows.flows.sampling import Sampler

NAMES = ["actual", "letter-all"]
MAIN = [
    Metric("stock", "total", "h100e", "2025Q4"),
    Metric("stock", "total", "h100e", "2028Q4"),
    Metric("stock", "domestic", "h100e", "2028Q4"),
    Metric("acquired", "legal", "chips", "2025Q4", first="2022Q1"),
    Metric("acquired", "diverted", "h100e", "2026Q4", first="2024Q1"),
    Metric("us_prc_ratio", "total", "ratio", "2028Q4"),
    Metric("revenue_usd", "total", "usd", "2028Q4", first="2025Q1"),
]


def short(workers: int, draws: int = 2**13) -> Simulation:
    return simulate(NAMES, draws=draws, seed=5, last="2026Q4", workers=workers, detail=False)


@pytest.fixture(scope="module")
def alone() -> Simulation:
    return short(workers=1)


def same_bits(one: Simulation, other: Simulation) -> bool:
    assert one.keys == other.keys
    return all(np.array_equal(one.draws[n], other.draws[n], equal_nan=True) for n in NAMES)


@pytest.mark.parametrize("workers", [2, 5])
def test_g2_the_number_of_workers_changes_no_bit(alone: Simulation, workers: int) -> None:
    assert len(Sampler(Engine.of(NAMES).inputs.assumptions, 2**13, 5).starts()) == 4  # blocks to share out
    together = short(workers)
    assert same_bits(alone, together)
    assert np.array_equal(alone.regime, together.regime)
    assert alone.results.equals(together.results)


@pytest.mark.parametrize("block", [2**9, 2**13])
def test_g2_the_size_of_a_block_changes_no_bit(
    alone: Simulation, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    # numpy's ** takes a square root for a lone exponent of one half, depending on the shape of a block
    monkeypatch.setattr(sampling, "BLOCK", block)
    assert same_bits(alone, short(workers=2))


def test_g2_another_seed_changes_the_bits(alone: Simulation) -> None:
    other = simulate(NAMES, draws=2**13, seed=6, last="2026Q4", detail=False)
    assert not same_bits(alone, other)


@pytest.mark.slow
def test_medians_at_4096_and_65536_draws_agree_within_one_percent() -> None:
    engine = Engine.of(["letter-all"], last="2028Q4")
    sampler = Sampler(engine.inputs.assumptions, 2**16, 1)
    blocks = [read(engine, sampler, start) for start in sampler.starts()]
    every = np.concatenate(blocks, axis=-1)
    few, many = (np.median(every[..., :draws], axis=-1) for draws in (2**12, 2**16))
    assert every.shape == (1, len(MAIN), 2**16)
    assert few.ravel().tolist() == pytest.approx(many.ravel().tolist(), rel=0.01)


def read(engine: Engine, sampler: Sampler, start: int) -> np.ndarray:
    """Return the main outcomes of one block, shape (scenarios, metrics, draws)."""
    found = engine.outcomes(sampler.block(start))
    return np.array([Metric.read_all(MAIN, outcome, engine.inputs.grid) for _, outcome in found])


def test_a_power_by_logarithms_is_the_same_bits_for_any_block_and_close_to_numpys() -> None:
    base, years = np.random.default_rng(1).uniform(0.4, 3.0, 8192), np.array([[0.0], [0.5], [2.0], [2.75]])
    whole = sampling.power(base, years)
    parts = [sampling.power(base[start : start + 512], years) for start in range(0, 8192, 512)]
    assert np.array_equal(whole, np.concatenate(parts, axis=1))
    assert whole == pytest.approx(base**years, rel=1e-14)
