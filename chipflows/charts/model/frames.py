"""The frames the model's figures are drawn from, where a run's draws are needed to make them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from chipflows.errors import InputError, did_you_mean
from chipflows.flows.compare import window_sum
from chipflows.flows.prim import Box
from chipflows.flows.sampling import quantile
from chipflows.flows.simulate import Simulation
from chipflows.tables.assumptions import Assumption, load_assumptions

__all__ = ["named_box", "named_inputs", "yearly"]

_Z90 = 1.6448536269514722
_LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)
_CHANNELS = ("legal", "diverted", "domestic", "total", "offshore", "remote")


def yearly(
    run: Simulation,
    scenarios: Sequence[str],
    years: Iterable[int],
    unit: str = "h100e",
    variable: str = "acquired",
) -> pd.DataFrame:
    """Return a series summed over each year per draw: scenario, year, channel, p05 .. p95, mean.

    Channels that the run does not count in *unit* are left out. Raises InputError for a year outside the run.
    """
    held = {(key.channel, key.unit) for key in run.keys[scenarios[0]] if key.variable == variable}
    rows = []
    for year in years:
        first, last = f"{year}Q1", f"{year}Q4"
        if first not in run.grid.index or last not in run.grid.index:
            span = f"{run.grid.quarters[0]} to {run.grid.quarters[-1]}"
            raise InputError(f"the run has no whole year {year}; it holds {span}. Ask for years inside it.")
        for scenario in scenarios:
            for channel in _CHANNELS:
                if (channel, unit) in held:
                    values = window_sum(run, scenario, variable, first, last, channel, unit)
                    found = np.quantile(values, _LEVELS)
                    rows.append((scenario, year, channel, *found, float(values.mean())))
    columns = ["scenario", "year", "channel", "p05", "p25", "p50", "p75", "p95", "mean"]
    return pd.DataFrame(rows, columns=columns)


def named_inputs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* (column assumption) with title, unit, input_p05, input_p95, input_words and source_ids.

    input_words is the range in words for named regimes, blank for numbers. Judgement is no source and is left
    out of source_ids. Raises InputError for an unknown assumption.
    """
    known = load_assumptions().uncertain
    unknown = [name for name in frame["assumption"] if name not in known]
    if unknown:
        raise InputError(did_you_mean(unknown[0], known, "assumption"))
    items = [known[name] for name in frame["assumption"]]
    ends = [quantile(item, np.array([-_Z90, _Z90]), np.array([0.05, 0.95])) for item in items]
    return frame.assign(
        title=[item.title for item in items],
        unit=[item.unit for item in items],
        input_p05=[float(pair[0]) for pair in ends],
        input_p95=[float(pair[1]) for pair in ends],
        input_words=[_regime_range(item, pair) for item, pair in zip(items, ends, strict=True)],
        source_ids=[";".join(s for s in item.sources if s != "judgement") for item in items],
    )


def named_box(found: Box) -> pd.DataFrame:
    """Return a PRIM box as its figure takes it: the limits of each input within its 5-95% range.

    Columns of `named_inputs` and low, high, range_low, range_high, coverage, density, limits_words,
    range_words.
    """
    rows = named_inputs(found.table())
    known = load_assumptions().uncertain
    limits = [
        _regimes_within(known[str(row["assumption"])], row["low"], row["high"]) for _, row in rows.iterrows()
    ]
    return rows.assign(
        range_low=rows["input_p05"],
        range_high=rows["input_p95"],
        range_words=rows["input_words"],
        limits_words=limits,
        coverage=found.coverage,
        density=found.density,
    )


def _regimes_within(item: Assumption, low: float, high: float) -> str:
    """Return the named regimes whose position lies within limits, "" for a number."""
    names = list(item.regimes or {})
    return " or ".join(name for place, name in enumerate(names) if low <= place <= high).replace("_", " ")


def _regime_range(item: Assumption, ends: np.ndarray) -> str:
    """Return "barred to open" for an input of named regimes, "" for a number."""
    if item.dist != "regimes":
        return ""
    names = list(item.regimes or {})
    return f"{names[int(ends[0])]} to {names[int(ends[1])]}".replace("_", " ")
