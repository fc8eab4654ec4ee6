"""A scenario's headline numbers, few enough to review by eye: what its golden file holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.flows.compare import window_sum
from chipflows.flows.simulate import Simulation, simulate

__all__ = ["GOLDEN_DRAWS", "GOLDEN_SEED", "golden_run", "headline"]

GOLDEN_DRAWS, GOLDEN_SEED = 1024, 1
FIRST, NEAR, LAST = "2025Q1", "2025Q4", "2028Q4"
_LEVELS = [0.05, 0.50, 0.95]
_AT_END = (
    ("stock", "legal", "h100e"),
    ("stock", "diverted", "h100e"),
    ("stock", "domestic", "h100e"),
    ("stock", "total", "h100e"),
    ("stock", "total", "h100e_bandwidth"),
    ("stock", "offshore", "h100e"),
    ("stock", "remote", "h100e"),
    ("us_prc_ratio", "total", "ratio"),
    ("us_designed_share", "total", "share"),
)
_SUMMED = (
    ("acquired", "legal", "chips"),
    ("acquired", "diverted", "chips"),
    ("acquired", "domestic", "chips"),
    ("blocked", "diverted", "chips"),
    ("revenue_usd", "total", "usd"),
)


def golden_run(scenarios: Sequence[str]) -> Simulation:
    """Return the run that golden files are of: *scenarios* and ``actual``, fixed draws, seed and horizon."""
    names = list(dict.fromkeys(["actual", *scenarios]))
    return simulate(names, GOLDEN_DRAWS, GOLDEN_SEED, last=LAST, detail=False)


def headline(run: Simulation, scenario: str) -> pd.DataFrame:
    """Return *scenario*'s headline numbers to three significant digits.

    Columns: variable, channel, unit, first_quarter (blank: the last quarter alone), last_quarter, p05, p50,
    p95. "stock_less_actual" is the stock less that on ``actual``, draw by draw. *run* must hold both.
    """
    rows = []
    for quarter in (NEAR, LAST):
        rows += [_row(key, "", quarter, _at(run, scenario, key, quarter)) for key in _AT_END]
        total = ("stock", "total", "h100e")
        change = _at(run, scenario, total, quarter) - _at(run, "actual", total, quarter)
        rows.append(_row(("stock_less_actual", "total", "h100e"), "", quarter, change))
    for key in _SUMMED:
        variable, channel, unit = key
        rows.append(_row(key, FIRST, LAST, window_sum(run, scenario, variable, FIRST, LAST, channel, unit)))
    names = ["variable", "channel", "unit", "first_quarter", "last_quarter", "p05", "p50", "p95"]
    return pd.DataFrame(rows, columns=names)


def _at(run: Simulation, scenario: str, key: tuple[str, str, str], quarter: str) -> NDArray[np.float64]:
    return np.asarray(run.series(scenario, *key)[run.grid.index[quarter]].astype(np.float64))


def _row(
    key: tuple[str, str, str], first: str, last: str, draws: NDArray[np.float64]
) -> tuple[str | float, ...]:
    ends = (float(f"{value:.3g}") for value in np.quantile(draws, _LEVELS))
    return *key, first, last, *ends
