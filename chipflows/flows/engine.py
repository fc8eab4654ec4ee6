"""One place that turns draws into outcomes, for simulation, sensitivity and solvers alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chipflows.errors import InputError, did_you_mean
from chipflows.flows.grid import Grid
from chipflows.flows.inputs import Inputs, gather
from chipflows.flows.levers import ASKS, Value
from chipflows.flows.model import Baseline, Outcome, baseline, run
from chipflows.flows.results import SeriesKey, series_of
from chipflows.flows.sampling import Draws
from chipflows.flows.scenario import BASE, ScenarioRun, resolve, resolve_scenario, shared_world
from chipflows.tables.scenarios import scenario

__all__ = ["Engine", "Metric"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """One number per draw: a series in one quarter, or summed from *first* to *quarter*."""

    variable: str = "stock"
    channel: str = "total"
    unit: str = "h100e"
    quarter: str = "2028Q4"
    first: str | None = None

    def read(self, outcome: Outcome, grid: Grid) -> Array:
        """Return the metric of one outcome, shape (draws,); raises InputError for an unknown series."""
        return self.read_all([self], outcome, grid)[0]

    @staticmethod
    def read_all(metrics: Sequence[Metric], outcome: Outcome, grid: Grid) -> list[Array]:
        """Return several metrics of one outcome, each of shape (draws,)."""
        series = dict(series_of(outcome))
        found = []
        for item in metrics:
            key = SeriesKey(item.variable, item.channel, item.unit)
            if key not in series:
                known = [" ".join(known[:3]) for known in series]
                raise InputError(did_you_mean(" ".join(key[:3]), known, "series"))
            first = grid.index[item.first or item.quarter]
            found.append(np.asarray(series[key][first : grid.index[item.quarter] + 1].sum(axis=0)))
        return found


@dataclass(frozen=True)
class Engine:
    """Inputs, the scenarios asked for, ``actual``, and the levers they share, ready to take draws."""

    inputs: Inputs
    runs: Sequence[ScenarioRun]
    base: ScenarioRun
    levers: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        scenarios: Sequence[str],
        levers: Mapping[str, Value] | None = None,
        priors: Mapping[str, str] | None = None,
        last: str | None = None,
    ) -> Engine:
        """Return an engine for scenario ids; raises before anything is computed when one is unknown."""
        inputs = gather(Grid(last=last) if last else None, priors)
        items = [scenario(name) for name in scenarios]
        world = shared_world(items, levers)
        return cls.for_runs(inputs, [resolve_scenario(item, world) for item in items], world)

    @classmethod
    def for_runs(
        cls, inputs: Inputs, runs: Sequence[ScenarioRun], levers: Mapping[str, Value] | None = None
    ) -> Engine:
        """Return an engine for resolved scenarios; ``actual`` is added as what they are measured against."""
        found = next((item for item in runs if item.settings.scenario == BASE), None)
        return cls(inputs, runs, found or resolve(BASE, levers), dict(levers or {}))

    def baseline(self, drawn: Draws) -> Baseline:
        """Return what ``actual`` fixes for every scenario at these draws."""
        return baseline(self.inputs, drawn, self.base.access, self.base.settings)

    def outcome(self, item: ScenarioRun, drawn: Draws, fixed: Baseline) -> Outcome:
        """Return one scenario's outcome at these draws."""
        lags = {ask: drawn[f"lag_{ask}"] for ask in ASKS}
        return run(self.inputs, drawn, item.access, item.settings, lags, fixed)

    def outcomes(self, drawn: Draws) -> Iterator[tuple[str, Outcome]]:
        """Yield (scenario, outcome) for every scenario asked for."""
        fixed = self.baseline(drawn)
        for item in self.runs:
            yield item.settings.scenario, self.outcome(item, drawn, fixed)
