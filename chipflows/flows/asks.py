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
from chipflows.flows.results import SeriesKey, quantile_frame, quantiles, series_of
from chipflows.flows.sampling import Sampler
from chipflows.flows.scenario import combination
from chipflows.flows.simulate import Simulation

__all__ = ["combination_results", "effect_by_regime", "run_combinations"]

Array = NDArray[np.float64]
Block = NDArray[np.float32]
_GROUP = 2  # combinations held in memory at once
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

    Combinations are run a few at a time, so memory does not grow with their number; a series that two
    combinations share is sorted once.
    """
    tabulator = _Tabulator(like, draws, seed, workers)
    sets = all_sets(ASKS)
    groups = [sets[:1], *(sets[i : i + _GROUP] for i in range(1, len(sets), _GROUP))]
    return pd.concat([frame for group in groups for frame in tabulator.run(group)], ignore_index=True)


class _Tabulator:
    """Runs groups of combinations and tabulates their series; a series seen before is known by its means."""

    def __init__(self, like: str, draws: int, seed: int, workers: int) -> None:
        self.like, self.draws, self.workers = like, draws, workers
        self.inputs = gather()
        self.sampler = Sampler(self.inputs.assumptions, draws, seed)
        self.keys: list[SeriesKey] = []
        self._seen: dict[bytes, Array] = {}

    def run(self, sets: Sequence[Asks]) -> list[pd.DataFrame]:
        """Return one tidy frame per combination."""
        engine = Engine.for_runs(self.inputs, [combination(s, self.like) for s in sets])
        if not self.keys:
            middle = self.sampler.at(np.full((1, len(self.sampler.names)), 0.5))
            self.keys = [key for key, _ in series_of(next(engine.outcomes(middle))[1])]
        quarters = self.inputs.grid.quarters
        stores = [np.empty((len(self.keys), len(quarters), self.draws), np.float32) for _ in sets]

        def fill(start: int) -> None:
            drawn = self.sampler.block(start)
            for store, (_, outcome) in zip(stores, engine.outcomes(drawn), strict=True):
                for row, (_, values) in enumerate(series_of(outcome)):
                    store[row, :, start : start + drawn.size] = values

        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            list(pool.map(fill, self.sampler.starts()))
            tables = [
                np.stack(list(pool.map(lambda row, s=store: self._quantiles(s, row), range(len(self.keys)))))
                for store in stores
            ]
        return [
            quantile_frame(set_name(s), self.keys, quarters, t) for s, t in zip(sets, tables, strict=True)
        ]

    def _quantiles(self, store: Block, row: int) -> Array:
        means = store[row].mean(axis=-1, dtype=np.float64).tobytes()  # every quarter's mean, to the last bit
        if means not in self._seen:
            self._seen[means] = quantiles(store[row])
        return self._seen[means]


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
