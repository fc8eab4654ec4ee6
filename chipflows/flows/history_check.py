"""How the model's past compares with what others observed or estimated, and draws weighted by it.

A check is a row of ``data/tables/history_checks.csv``: a series over a span of quarters against an interval,
a floor or a ceiling. Checks whose source is also an input can only fail by a mistake of ours, and say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.errors import InputError
from chipflows.flows.simulate import Simulation

__all__ = ["effective_sample_size", "history_check", "importance_weights", "weighted_quantiles"]

Array = NDArray[np.float64]
_LEVELS = (0.05, 0.50, 0.95)
_WIDTH90 = 3.2897
"""Width of a 90% interval, in standard deviations."""


@dataclass(frozen=True)
class Check:
    """One row of the checks: a series over a span of quarters, and what was observed (not a number: blank).

    Without a first quarter the last is read alone.
    """

    check_id: str
    variable: str
    channel: str
    unit: str
    first_quarter: str | None
    last_quarter: str
    low: float
    mid: float
    high: float


def history_check(run: Simulation, checks: pd.DataFrame) -> pd.DataFrame:
    """Return *checks* with the model's p05, p50, p95 and a verdict in words, one row each.

    Verdicts: "agrees" (the model's median lies inside), "overlaps" (only the intervals do), "misses".
    """
    rows = []
    for check in _checks(checks):
        values = simulated(run, check)
        p05, p50, p95 = np.quantile(values, _LEVELS)
        rows.append((check.check_id, p05, p50, p95, _verdict(check, p05, p50, p95)))
    found = pd.DataFrame(rows, columns=["check_id", "p05", "p50", "p95", "verdict"])
    return checks.merge(found, on="check_id", validate="one_to_one")


def simulated(run: Simulation, check: Check) -> Array:
    """Return the model's draws of what a check observes, on ``actual``, shape (draws,)."""
    series = run.series("actual", check.variable, check.channel, check.unit)
    last = run.grid.index[check.last_quarter]
    if check.first_quarter is None:
        return np.asarray(series[last].astype(np.float64))
    first = run.grid.index[check.first_quarter]
    return np.asarray(series[first : last + 1].sum(axis=0, dtype=np.float64))


def importance_weights(run: Simulation, checks: pd.DataFrame) -> Array:
    """Return a weight per draw, mean 1, shape (draws,).

    It is the product over interval checks of a lognormal likelihood whose 5th and 95th percentiles are the
    interval. Raises InputError when no check has a full interval.
    """
    usable = checks[(checks["kind"] == "interval") & (checks["low"] > 0) & checks["high"].notna()]
    if usable.empty:
        raise InputError("no check has an interval above zero to weight by")
    log_weight = np.zeros(run.size)
    for check in _checks(usable):
        middle = (np.log(check.low) + np.log(check.high)) / 2
        spread = np.log(check.high / check.low) / _WIDTH90
        log_weight -= 0.5 * ((np.log(np.maximum(simulated(run, check), 1.0)) - middle) / spread) ** 2
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.mean())


def effective_sample_size(weights: Array) -> float:
    """Return (sum w)^2 / sum w^2 (Kish): 4 draws of weight 1, 1, 1, 0 are worth 3."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_quantiles(values: Array, weights: Array, levels: tuple[float, ...] = _LEVELS) -> Array:
    """Return quantiles of weighted draws, shape (levels,)."""
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return np.asarray(np.interp(np.array(levels) * cumulative[-1], cumulative, values[order]))


def _checks(frame: pd.DataFrame) -> list[Check]:
    return [
        Check(
            check_id=str(row["check_id"]),
            variable=str(row["variable"]),
            channel=str(row["channel"]),
            unit=str(row["unit"]),
            first_quarter=None if pd.isna(row["first_quarter"]) else str(row["first_quarter"]),
            last_quarter=str(row["last_quarter"]),
            low=float(row["low"]),
            mid=float(row["mid"]),
            high=float(row["high"]),
        )
        for row in frame.to_dict("records")
    ]


def _verdict(check: Check, p05: float, p50: float, p95: float) -> str:
    low = -math.inf if math.isnan(check.low) else check.low
    high = math.inf if math.isnan(check.high) else check.high
    if math.isnan(check.low) and math.isnan(check.high):
        low = high = check.mid
    if low <= p50 <= high:
        return "agrees"
    return "overlaps" if p05 <= high and p95 >= low else "misses"
