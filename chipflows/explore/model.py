"""Answers to a state: quick on few draws, then again on many, without any widget.

What does not change from one state to the next is kept: the draws, what ``actual`` fixes, the comparison's
series, and the law of each scenario. A run holds only the series that are shown.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.explore.drivers import drivers_of
from chipflows.explore.scenario import scenario_of, world_held
from chipflows.explore.state import State
from chipflows.flows.engine import Engine
from chipflows.flows.inputs import gather
from chipflows.flows.levers import Value
from chipflows.flows.model import Baseline
from chipflows.flows.results import SeriesKey, series_of
from chipflows.flows.sampling import BLOCK, Draws, Sampler, check_draws
from chipflows.flows.scenario import BASE, ScenarioRun, resolve, resolve_scenario
from chipflows.flows.simulate import Simulation
from chipflows.tables.scenarios import Scenario, scenario

__all__ = ["QUICK", "REFINED", "Explorer", "StoppedError", "shown_keys"]

QUICK, REFINED = 2**11, 2**14
_REGIMES = ("barred", "rationed", "open")
_CHANNELS = ("legal", "diverted", "domestic", "total", "offshore", "remote")
_KEPT_QUICK, _KEPT_REFINED, _KEPT_LAW = 6, 2, 64

Series = NDArray[np.float32]  # (series, quarters, draws), the series in the order of `shown_keys`
World = tuple[tuple[str, Value], ...]
Made = TypeVar("Made")


class StoppedError(Exception):
    """The answer is no longer wanted: the reader has changed something since."""


def shown_keys(metric: str) -> tuple[SeriesKey, ...]:
    """Return the series that answer in *metric*: by channel, with what is always told beside them."""
    beside = [
        SeriesKey("us_prc_ratio", "total", "ratio"),
        SeriesKey("us_designed_share", "total", "share"),
        SeriesKey("revenue_usd", "total", "usd"),
        SeriesKey("stock", "total", "h100e"),
    ]
    if metric == "usd":
        acquired = [SeriesKey("acquired", channel, "h100e") for channel in _CHANNELS]  # for the years' figure
        money = [SeriesKey("revenue_usd", channel, "usd") for channel in _MONEY]
        return tuple(dict.fromkeys([*money, *acquired, *beside]))
    held = [channel for channel in _CHANNELS if channel != "remote" or metric == "h100e"]
    shown = [SeriesKey(variable, c, metric) for variable in ("stock", "acquired") for c in held]
    return tuple(dict.fromkeys([*shown, *beside]))


_MONEY = ("legal", "diverted", "offshore", "total")


class _Kept(OrderedDict[Hashable, Any]):
    """The things made last, by what they were made from; safe to ask from two threads."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.lock = most, Lock()

    def made(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what is kept under *key*, made now if it is not."""
        with self.lock:
            if key in self:
                self.move_to_end(key)
                return self[key]  # type: ignore[no-any-return]
        value = make()
        with self.lock:
            self[key] = value
            while len(self) > self.most:
                self.popitem(last=False)
        return value


@dataclass
class Explorer:
    """Answers states from *seed*, on *draws* draws at first and *refined* draws in the end."""

    draws: int = QUICK
    refined: int = REFINED
    seed: int = 1
    _law: _Kept = field(default_factory=lambda: _Kept(_KEPT_LAW), repr=False)
    _blocks: _Kept = field(default_factory=lambda: _Kept(2 + 64), repr=False)
    _bases: _Kept = field(default_factory=lambda: _Kept(3), repr=False)
    _quick: _Kept = field(default_factory=lambda: _Kept(_KEPT_QUICK), repr=False)
    _fine: _Kept = field(default_factory=lambda: _Kept(_KEPT_REFINED), repr=False)
    _driven: _Kept = field(default_factory=lambda: _Kept(16), repr=False)

    def __post_init__(self) -> None:
        """Refuse numbers of draws that are not powers of two."""
        check_draws(self.draws)
        check_draws(self.refined)

    @cached_property
    def _inputs(self) -> Any:
        return gather()

    def run(self, state: State, draws: int = 0, stop: Callable[[], bool] = lambda: False) -> Simulation:
        """Return the run of *state*'s scenario and of what it is compared with, on *draws* draws (the quick).

        It holds the series `shown_keys` names, bit for bit those of ``chipflows.simulate`` with the state's
        levers of every scenario. Raises StoppedError soon after *stop* says so.
        """
        began = time.perf_counter()
        size = draws or self.draws
        ours, theirs, world = scenario_of(state), scenario(state.against), _world(state)
        found = {theirs.id: self._series(theirs, world, state.metric, size, stop)}
        if ours.id != theirs.id:
            found = {ours.id: self._series(ours, world, state.metric, size, stop), **found}
        keys = list(shown_keys(state.metric))
        return Simulation(
            grid=self._inputs.grid,
            seed=self.seed,
            size=size,
            keys=dict.fromkeys(found, keys),
            draws=found,
            regime=self._regime(size, world),
            seconds=time.perf_counter() - began,
            used=frozenset(),
            levers=dict(world),
        )

    def drivers(self, state: State) -> pd.DataFrame:
        """Return the tornado of what *state* shows: the change, or the level without a comparison."""
        return self._driven.made(self._drivers_key(state), lambda: self._tornado(state))

    def _drivers_key(self, state: State) -> Hashable:
        item = scenario_of(state)
        return (_content(item), _world(state), state.against, state.metric, state.quarter)

    def _tornado(self, state: State) -> pd.DataFrame:
        ours, theirs = scenario_of(state), scenario(state.against)
        names, world = [ours] if ours.id == theirs.id else [ours, theirs], _world(state)
        runs = [self._resolved(item, world) for item in names]
        engine = Engine(self._inputs, runs, self._base(world))
        return drivers_of(engine, Sampler(self._inputs.assumptions, 64, 0), state.metric, state.quarter)

    def _series(
        self, item: Scenario, world: World, metric: str, size: int, stop: Callable[[], bool]
    ) -> Series:
        store = self._quick if size <= self.draws else self._fine
        key = (_content(item), world, metric, size)
        return store.made(key, lambda: self._computed(item, world, metric, size, stop))

    def _computed(
        self, item: Scenario, world: World, metric: str, size: int, stop: Callable[[], bool]
    ) -> Series:
        run, base = self._resolved(item, world), self._base(world)
        engine = Engine(self._inputs, [run], base)
        place = {key: row for row, key in enumerate(shown_keys(metric))}
        made = np.empty((len(place), len(self._inputs.grid.quarters), size), dtype=np.float32)

        def fill(start: int) -> None:
            if stop():
                raise StoppedError
            drawn = self._block(size, start)
            fixed = self._baseline(engine, size, start, world, drawn)
            for key, values in series_of(engine.outcome(run, drawn, fixed)):
                if key in place:
                    made[place[key], :, start : start + drawn.size] = values
            if size > BLOCK:  # what formulas remember is large: only the quick block keeps it
                drawn.kept.clear()

        for start in self._sampler(size).starts():  # one at a time: refining leaves room for the next change
            fill(start)
        return made

    def _sampler(self, size: int) -> Sampler:
        return self._blocks.made(size, lambda: Sampler(self._inputs.assumptions, size, self.seed))

    def _block(self, size: int, start: int) -> Draws:
        return self._blocks.made((size, start), lambda: self._sampler(size).block(start))

    def _baseline(self, engine: Engine, size: int, start: int, world: World, drawn: Draws) -> Baseline:
        if size > BLOCK:
            return engine.baseline(drawn)
        return self._bases.made((size, start, world), lambda: engine.baseline(drawn))

    def _base(self, world: World) -> ScenarioRun:
        return self._law.made((BASE, world), lambda: resolve(BASE, dict(world)))

    def _resolved(self, item: Scenario, world: World) -> ScenarioRun:
        levers: dict[str, Value] = dict(world)
        return self._law.made((_content(item), world), lambda: resolve_scenario(item, levers))

    def _regime(self, size: int, world: World) -> NDArray[np.int8]:
        forced = dict(world).get("prc_regime", "drawn")
        if forced != "drawn":
            return np.full(size, _REGIMES.index(str(forced)), dtype=np.int8)
        starts = self._sampler(size).starts()
        return np.concatenate([self._block(size, start)["prc_regime"] for start in starts]).astype(np.int8)


def _world(state: State) -> World:
    return tuple(world_held(state).items())


def _content(item: Scenario) -> str:
    return item.model_dump_json()
