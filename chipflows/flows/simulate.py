"""Run scenarios over draws, block by block, and keep what tables, figures and comparisons need."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.errors import InputError, did_you_mean
from chipflows.flows.engine import Engine
from chipflows.flows.grid import Grid
from chipflows.flows.levers import Value
from chipflows.flows.results import SeriesKey, quantile_frame, quantiles, series_of
from chipflows.flows.sampling import Sampler

__all__ = ["Simulation", "simulate"]

DEFAULT_DRAWS = 4096
_REGIMES = ("barred", "rationed", "open")
_BY_REGIME = {
    ("acquired", "legal", "h100e"),
    ("acquired", "total", "h100e"),
    ("acquired", "legal", "chips"),
    ("stock", "total", "h100e"),
    ("stock", "legal", "h100e"),
    ("revenue_usd", "legal", "usd"),
}

Block = NDArray[np.float32]


@dataclass
class Simulation:
    """What a run gives: draws of every series by scenario, and tables of their quantiles.

    ``draws[scenario]`` has shape (series, quarters, draws), float32, in the order of ``keys[scenario]``.
    """

    grid: Grid
    seed: int
    size: int
    keys: dict[str, list[SeriesKey]]
    draws: dict[str, Block]
    regime: NDArray[np.int8]
    seconds: float
    used: frozenset[str]
    levers: Mapping[str, Value] = field(default_factory=dict)

    @property
    def scenarios(self) -> list[str]:
        """Return the scenarios run, in the order asked."""
        return list(self.keys)

    def series(
        self, scenario: str, variable: str, channel: str = "total", unit: str = "h100e", chip_id: str = ""
    ) -> Block:
        """Return the draws of one series, shape (quarters, draws); raises InputError with the nearest."""
        if scenario not in self.keys:
            raise InputError(did_you_mean(scenario, self.keys, "scenario in this run"))
        key = SeriesKey(variable, channel, unit, chip_id)
        if key not in self.keys[scenario]:
            known = [" ".join(filter(None, item)) for item in self.keys[scenario]]
            raise InputError(did_you_mean(" ".join(filter(None, key)), known, "series"))
        return np.asarray(self.draws[scenario][self.keys[scenario].index(key)])

    @cached_property
    def results(self) -> pd.DataFrame:
        """Return quantiles of every series: the mixture over regimes and all chips together."""
        return pd.concat([self._table(s, by_chip=False) for s in self.keys], ignore_index=True)

    @cached_property
    def by_chip(self) -> pd.DataFrame:
        """Return quantiles of the legal channel by chip, with a chip_id column."""
        return pd.concat([self._table(s, by_chip=True) for s in self.keys], ignore_index=True)

    @cached_property
    def by_regime(self) -> pd.DataFrame:
        """Return quantiles of the main series among the draws of each PRC policy regime."""
        frames = []
        for scenario, keys in self.keys.items():
            chosen = [i for i, key in enumerate(keys) if key[:3] in _BY_REGIME and not key.chip_id]
            for position, name in enumerate(_REGIMES):
                inside = self.regime == position
                if not inside.any():
                    continue
                table = quantiles(self.draws[scenario][chosen][:, :, inside])
                frame = quantile_frame(scenario, [keys[i] for i in chosen], self.grid.quarters, table)
                frame.insert(1, "prc_regime", name)
                frame["draws"] = int(inside.sum())
                frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def _table(self, scenario: str, *, by_chip: bool) -> pd.DataFrame:
        keys = self.keys[scenario]
        chosen = [i for i, key in enumerate(keys) if bool(key.chip_id) == by_chip]
        table = _quantiles_in_threads(self.draws[scenario], chosen)
        extra = ["chip_id"] if by_chip else []
        return quantile_frame(scenario, [keys[i] for i in chosen], self.grid.quarters, table, extra)


def _quantiles_in_threads(draws: Block, chosen: list[int]) -> NDArray[np.float64]:
    """Return quantiles of the chosen series, one at a time over two threads to bound memory."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return np.stack(list(pool.map(lambda i: quantiles(draws[i]), chosen)))


def simulate(
    scenarios: Sequence[str] | str,
    draws: int = DEFAULT_DRAWS,
    seed: int = 1,
    *,
    levers: Mapping[str, Value] | None = None,
    priors: Mapping[str, str] | None = None,
    last: str | None = None,
    workers: int = 2,
    detail: bool = True,
) -> Simulation:
    """Return a Simulation of *scenarios* (ids) over *draws* draws (a power of two) from *seed*.

    *levers* change every scenario alike, *priors* pick named alternatives by assumption, *last* ends the
    horizon early, *detail* keeps the series by chip. The bits do not depend on *workers*.
    Raises InputError, ScenarioError or AssumptionError before anything is computed.
    """
    began = time.perf_counter()
    names = [scenarios] if isinstance(scenarios, str) else list(dict.fromkeys(scenarios))
    if not names:
        raise InputError("no scenario to simulate. Name at least one, for example actual.")
    engine = Engine.of(names, levers, priors, last)
    sampler = Sampler(engine.inputs.assumptions, draws, seed)
    store = _Store(engine, sampler, detail)
    with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
        list(pool.map(store.fill, sampler.starts()))
    return Simulation(
        grid=engine.inputs.grid,
        seed=seed,
        size=draws,
        keys={name: store.keys[name] for name in names},
        draws=store.blocks,
        regime=store.regime,
        seconds=time.perf_counter() - began,
        used=frozenset(store.used),
        levers=dict(engine.levers),
    )


class _Store:
    """Where blocks put their series; allocated when the first block shows which series there are."""

    def __init__(self, engine: Engine, sampler: Sampler, detail: bool) -> None:
        self.engine, self.sampler, self.detail = engine, sampler, detail
        self.keys: dict[str, list[SeriesKey]] = {}
        self.blocks: dict[str, Block] = {}
        self.regime = np.zeros(sampler.draws, dtype=np.int8)
        self.used: set[str] = set()
        self._lock = Lock()

    def fill(self, start: int) -> None:
        """Compute the block that begins at draw *start* and put its series in place."""
        drawn = self.sampler.block(start)
        for name, outcome in self.engine.outcomes(drawn):
            self._put(name, start, list(series_of(outcome, self.detail)))
        forced = self.engine.base.settings.lever("prc_regime")
        position = drawn["prc_regime"] if forced == "drawn" else _REGIMES.index(str(forced))
        self.regime[start : start + drawn.size] = position
        self.used |= drawn.used

    def _put(self, scenario: str, start: int, series: list[tuple[SeriesKey, NDArray[np.float64]]]) -> None:
        with self._lock:
            if scenario not in self.blocks:
                self.keys[scenario] = [key for key, _ in series]
                shape = (len(series), len(self.engine.inputs.grid.quarters), self.sampler.draws)
                self.blocks[scenario] = np.empty(shape, dtype=np.float32)
        target = self.blocks[scenario]
        for row, (_, values) in enumerate(series):
            target[row, :, start : start + values.shape[1]] = values
