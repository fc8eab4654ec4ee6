"""What drives the answer on show: each uncertain input moved alone, the others at their medians."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.flows.engine import Engine, Metric
from chipflows.flows.sampling import Sampler

__all__ = ["FIRST_OF_SUM", "drivers_of", "metric_of"]

FIRST_OF_SUM = "2025Q1"  # revenue is summed from the quarter of the senators' letter


def metric_of(metric: str, quarter: str) -> Metric:
    """Return what *metric* means in *quarter*: a stock, or US vendors' revenue summed to it."""
    if metric == "usd":
        first = min(FIRST_OF_SUM, quarter)
        return Metric("revenue_usd", "total", "usd", quarter, first)
    return Metric("stock", "total", metric, quarter)


def drivers_of(engine: Engine, sampler: Sampler, metric: str, quarter: str) -> pd.DataFrame:
    """Return assumption, at_p05, at_p50, at_p95, swing, widest first, as `flows.sensitivity.tornado` does.

    The metric of the engine's first scenario, less that of the second if there is one.
    """
    names = sampler.names
    points = np.full((2 * len(names) + 1, len(names)), 0.5)
    for place in range(len(names)):
        points[2 * place, place], points[2 * place + 1, place] = 0.05, 0.95
    values = _values(engine, sampler, points, metric_of(metric, quarter))
    frame = pd.DataFrame(
        {"assumption": names, "at_p05": values[0:-1:2], "at_p50": values[-1], "at_p95": values[1::2]}
    )
    frame["swing"] = frame["at_p95"] - frame["at_p05"]
    order = frame["swing"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _values(
    engine: Engine, sampler: Sampler, points: NDArray[np.float64], metric: Metric
) -> NDArray[np.float64]:
    drawn = sampler.at(points, mixed=False)
    fixed = engine.baseline(drawn)
    read = [metric.read(engine.outcome(run, drawn, fixed), engine.inputs.grid) for run in engine.runs]
    return read[0] if len(read) == 1 else np.asarray(read[0] - read[1])
