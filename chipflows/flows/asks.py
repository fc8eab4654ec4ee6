"""The letter's four asks: every combination run on the same draws, one by one by regime, and costs."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.flows.compare import difference
from chipflows.flows.engine import Engine, Metric
from chipflows.flows.factorial import Asks, all_sets, set_name
from chipflows.flows.grid import Grid
from chipflows.flows.inputs import gather
from chipflows.flows.levers import ASKS
from chipflows.flows.results import quantile_frame, quantiles, series_of
from chipflows.flows.sampling import Sampler
from chipflows.flows.scenario import combination
from chipflows.flows.simulate import Simulation

__all__ = ["combination_results", "effect_by_regime", "run_combinations"]

Array = NDArray[np.float64]
_GROUP = 4  # combinations held in memory at once
_LEVELS = [0.05, 0.25, 0.50, 0.75, 0.95]
_REGIMES = ("barred", "rationed", "open")


def run_combinations(
    like: str, metrics: Sequence[Metric], draws: int = 4096, seed: int = 1, workers: int = 2
) -> dict[Metric, dict[Asks, Array]]:
    """Return each metric for every combination of asks, one array of shape (draws,) each.

    *like* is the scenario that adopts all four (letter-all or now-all): its date and levers are used.
    """
    last = max(metric.quarter for metric in metrics)
    sets = all_sets(ASKS)
    engine = Engine.for_runs(gather(Grid(last=last)), [combination(s, like) for s in sets])
    sampler = Sampler(engine.inputs.assumptions, draws, seed)

    def block(start: int) -> list[list[Array]]:
        drawn = sampler.block(start)
        return [Metric.read_all(metrics, found, engine.inputs.grid) for _, found in engine.outcomes(drawn)]

    with ThreadPoolExecutor(max_workers=workers) as pool:
        blocks = list(pool.map(block, sampler.starts()))
    return {
        metric: {s: np.concatenate([part[i][m] for part in blocks]) for i, s in enumerate(sets)}
        for m, metric in enumerate(metrics)
    }


def combination_results(like: str, draws: int = 4096, seed: int = 1, workers: int = 2) -> pd.DataFrame:
    """Return quantiles of every series for all 16 combinations, in tidy rows (scenario = combination).

    Combinations are run a few at a time, so memory does not grow with their number.
    """
    sets = all_sets(ASKS)
    frames = [
        _group_results(sets[i : i + _GROUP], like, draws, seed, workers) for i in range(0, len(sets), _GROUP)
    ]
    return pd.concat(frames, ignore_index=True)


def _group_results(sets: list[Asks], like: str, draws: int, seed: int, workers: int) -> pd.DataFrame:
    engine = Engine.for_runs(gather(), [combination(s, like) for s in sets])
    sampler, quarters = Sampler(engine.inputs.assumptions, draws, seed), engine.inputs.grid.quarters
    stores: list[NDArray[np.float32]] = []
    keys = [
        key
        for key, _ in series_of(next(engine.outcomes(sampler.at(np.full((1, len(sampler.names)), 0.5))))[1])
    ]
    stores = [np.empty((len(keys), len(quarters), draws), dtype=np.float32) for _ in sets]

    def fill(start: int) -> None:
        drawn = sampler.block(start)
        for store, (_, outcome) in zip(stores, engine.outcomes(drawn), strict=True):
            for row, (_, values) in enumerate(series_of(outcome)):
                store[row, :, start : start + drawn.size] = values

    def tabulate(item: tuple[Asks, NDArray[np.float32]]) -> pd.DataFrame:
        table = np.stack([quantiles(values) for values in item[1]])
        return quantile_frame(set_name(item[0]), keys, quarters, table)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(fill, sampler.starts()))
        return pd.concat(list(pool.map(tabulate, zip(sets, stores, strict=True))), ignore_index=True)


def effect_by_regime(
    run: Simulation,
    scenarios: Sequence[str],
    quarter: str,
    variable: str = "stock",
    channel: str = "total",
    unit: str = "h100e",
    against: str = "actual",
) -> pd.DataFrame:
    """Return each scenario's change by PRC policy regime: scenario, prc_regime, p05 .. p95, draws."""
    rows = []
    for name in scenarios:
        change = difference(run, name, against, variable, quarter, channel, unit)
        for place, regime in enumerate(_REGIMES):
            inside = change[run.regime == place]
            if len(inside):
                rows.append((name, regime, *np.quantile(inside, _LEVELS), len(inside)))
    return pd.DataFrame(rows, columns=["scenario", "prc_regime", "p05", "p25", "p50", "p75", "p95", "draws"])
