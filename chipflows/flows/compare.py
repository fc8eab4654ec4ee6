"""Differences between two scenarios of one run, draw by draw (common random numbers)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.errors import InputError, did_you_mean
from chipflows.flows.results import SeriesKey, quantiles
from chipflows.flows.simulate import Simulation

__all__ = ["compare", "difference", "window_sum"]

_NAMES = ["p05", "p25", "p50", "p75", "p95", "mean"]

Block = NDArray[np.float32]


def compare(
    run: Simulation, scenario: str, against: str = "actual", variables: Iterable[str] | None = None
) -> pd.DataFrame:
    """Return *scenario* minus *against* per draw: one row per variable, quarter, channel and unit.

    Columns: variable, quarter, channel, unit, difference_p05 .. difference_p95, difference_mean, ratio_p05 ..
    ratio_p95 (blank where the base can be zero), and prob_lower, the share of draws in which *scenario* is
    lower. Raises InputError when a scenario is not in the run.
    """
    _check(run, scenario)
    _check(run, against)
    chosen = set(variables) if variables is not None else None
    frames = [
        _one(run, scenario, against, key)
        for key in run.keys[against]
        if not key.chip_id and (chosen is None or key.variable in chosen)
    ]
    if not frames:
        known = {key.variable for key in run.keys[against]}
        raise InputError(did_you_mean(next(iter(chosen or {""})), known, "variable"))
    return pd.concat(frames, ignore_index=True)


def difference(
    run: Simulation,
    scenario: str,
    against: str,
    variable: str,
    quarter: str,
    channel: str = "total",
    unit: str = "h100e",
) -> NDArray[np.float64]:
    """Return *scenario* minus *against* of one series in one quarter, shape (draws,)."""
    row = run.grid.index[quarter]
    ours = run.series(scenario, variable, channel, unit)[row].astype(np.float64)
    return np.asarray(ours - run.series(against, variable, channel, unit)[row])


def window_sum(
    run: Simulation, scenario: str, variable: str, first: str, last: str, channel: str, unit: str
) -> NDArray[np.float64]:
    """Return a series summed over the quarters *first* to *last*, both included, shape (draws,)."""
    rows = slice(run.grid.index[first], run.grid.index[last] + 1)
    return np.asarray(run.series(scenario, variable, channel, unit)[rows].sum(axis=0, dtype=np.float64))


def _one(run: Simulation, scenario: str, against: str, key: SeriesKey) -> pd.DataFrame:
    ours, theirs = (run.series(name, *key[:3]) for name in (scenario, against))
    change = ours - theirs
    frame = pd.DataFrame(
        {
            "variable": key.variable,
            "quarter": run.grid.quarters,
            "channel": key.channel,
            "unit": key.unit,
        }
    )
    frame[[f"difference_{name}" for name in _NAMES]] = quantiles(change)
    frame[[f"ratio_{name}" for name in _NAMES[:5]]] = _ratio(ours, theirs)
    frame["prob_lower"] = (change < 0).mean(axis=1)
    return frame


def _ratio(ours: Block, theirs: Block) -> NDArray[np.float64]:
    """Return quantiles of ours / theirs by quarter; blank in quarters where any base draw is not above 0."""
    table = np.full((len(ours), 5), np.nan)
    positive = (theirs > 0).all(axis=1)
    if positive.any():
        table[positive] = quantiles(ours[positive] / theirs[positive])[:, :5]
    return table


def _check(run: Simulation, scenario: str) -> None:
    if scenario not in run.keys:
        raise InputError(did_you_mean(scenario, run.keys, "scenario in this run"))
