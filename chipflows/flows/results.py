"""From an outcome's arrays to tidy tables: which series exist, and their quantiles over draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.flows.model import Outcome
from chipflows.flows.stock import accumulate

__all__ = ["QUANTILES", "SeriesKey", "quantile_frame", "quantiles", "series_of"]

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
_METRICS = {"chips": "units", "h100e": "h100e", "h100e_bandwidth": "h100e_bandwidth", "gb": "mem_gb"}

Array = NDArray[np.float64]
Block = NDArray[np.float32]


class SeriesKey(NamedTuple):
    """What a series is: variable, channel, unit, and a chip where it is one chip's."""

    variable: str
    channel: str
    unit: str
    chip_id: str = ""


def series_of(outcome: Outcome, detail: bool = False) -> Iterator[tuple[SeriesKey, Array]]:
    """Yield every series of an outcome, each of shape (quarters, draws); *detail* adds those by chip."""
    acquired = _acquired(outcome)
    for (channel, unit), flow in acquired.items():
        yield SeriesKey("acquired", channel, unit), flow
    yield from _stocks(outcome, acquired)
    for channel in ("legal", "diverted", "total"):
        yield SeriesKey("cumulative", channel, "h100e"), np.cumsum(acquired[channel, "h100e"], axis=0)
    yield from _diversion(outcome)
    yield from _money(outcome)
    yield from _production(outcome)
    if detail:
        yield from _by_chip(outcome)


def _acquired(outcome: Outcome) -> dict[tuple[str, str], Array]:
    flows: dict[tuple[str, str], Array] = {}
    for unit, name in _METRICS.items():
        flows["legal", unit] = outcome.legal.total(name)
        flows["diverted", unit] = getattr(outcome.diverted, name)
        flows["domestic", unit] = getattr(outcome.domestic, "packages" if unit == "chips" else name)
        flows["offshore", unit] = getattr(outcome.offshore, name)
        flows["total", unit] = flows["legal", unit] + flows["diverted", unit] + flows["domestic", unit]
    flows["remote", "h100e"] = np.diff(outcome.remote_h100e, axis=0, prepend=0.0)
    return flows


def _stocks(outcome: Outcome, acquired: dict[tuple[str, str], Array]) -> Iterator[tuple[SeriesKey, Array]]:
    for unit in ("chips", "h100e", "h100e_bandwidth"):
        stocks: dict[str, Array] = {}
        for channel in ("legal", "diverted", "domestic", "offshore"):
            start = outcome.start_h100e if (channel, unit) == ("legal", "h100e") else 0.0
            stocks[channel] = accumulate(acquired[channel, unit], outcome.retention, start)
            yield SeriesKey("stock", channel, unit), stocks[channel]
        total = stocks["legal"] + stocks["diverted"] + stocks["domestic"]
        yield SeriesKey("stock", "total", unit), total
        if unit == "h100e":
            yield SeriesKey("us_prc_ratio", "total", "ratio"), outcome.us_stock_h100e / total
            designed = (stocks["legal"] + stocks["diverted"]) / total
            yield SeriesKey("us_designed_share", "total", "share"), designed
    yield SeriesKey("stock", "remote", "h100e"), outcome.remote_h100e
    yield SeriesKey("stock", "us", "h100e"), outcome.us_stock_h100e


def _diversion(outcome: Outcome) -> Iterator[tuple[SeriesKey, Array]]:
    gone = outcome.diverted
    yield SeriesKey("attempted", "diverted", "chips"), gone.attempted
    yield SeriesKey("attempted", "diverted", "h100e"), gone.attempted_h100e
    yield SeriesKey("blocked", "diverted", "chips"), gone.blocked
    yield SeriesKey("blocked", "diverted", "h100e"), gone.attempted_h100e - gone.h100e


def _money(outcome: Outcome) -> Iterator[tuple[SeriesKey, Array]]:
    legal = outcome.legal.total("revenue_usd")
    yield SeriesKey("revenue_usd", "legal", "usd"), legal
    yield SeriesKey("revenue_usd", "diverted", "usd"), outcome.diverted.revenue_usd
    yield SeriesKey("revenue_usd", "offshore", "usd"), outcome.offshore.revenue_usd
    yield (
        SeriesKey("revenue_usd", "total", "usd"),
        legal + outcome.diverted.revenue_usd + outcome.offshore.revenue_usd,
    )
    yield SeriesKey("spend_usd", "domestic", "usd"), outcome.domestic.spend_usd
    yield SeriesKey("unmet_usd", "total", "usd"), outcome.unmet_usd
    yield SeriesKey("latent_usd", "total", "usd"), outcome.latent_usd


def _production(outcome: Outcome) -> Iterator[tuple[SeriesKey, Array]]:
    made = outcome.domestic
    yield SeriesKey("dies_in", "domestic", "dies"), made.dies_in
    yield SeriesKey("dies_used", "domestic", "dies"), made.dies_used
    yield SeriesKey("hbm_stacks_in", "domestic", "stacks"), made.stacks_in
    yield SeriesKey("hbm_stacks_used", "domestic", "stacks"), made.stacks_used
    yield SeriesKey("hbm_stacks_left", "domestic", "stacks"), made.stacks_left
    yield SeriesKey("hbm_stacks_cxmt", "domestic", "stacks"), made.stacks.cxmt
    yield SeriesKey("packages_by_dies", "domestic", "chips"), made.packages_by_dies
    yield SeriesKey("packages_by_stacks", "domestic", "chips"), made.packages_by_stacks
    for position, name in enumerate(("dies", "hbm", "assembly", "demand")):
        yield SeriesKey(f"{name}_binds", "domestic", "share"), (made.binding == position).astype(np.float64)


def _by_chip(outcome: Outcome) -> Iterator[tuple[SeriesKey, Array]]:
    for chip, flow in outcome.legal.by_chip.items():
        for unit, name in _METRICS.items():
            yield SeriesKey("acquired", "legal", unit, chip), getattr(flow, name)
        yield SeriesKey("revenue_usd", "legal", "usd", chip), flow.revenue_usd


def quantiles(values: Block | Array) -> Array:
    """Return p05 .. p95 and the mean over the last axis, shape (..., 6).

    Linear interpolation between order statistics, as numpy.percentile does, on one sort, which is quickest
    in float32.
    """
    ordered = np.sort(values, axis=-1)
    size = ordered.shape[-1]
    found = []
    for level in QUANTILES:
        place = level * (size - 1)
        low = int(place)
        weight = place - low
        found.append(ordered[..., low] * (1.0 - weight) + ordered[..., min(low + 1, size - 1)] * weight)
    found.append(values.mean(axis=-1, dtype=np.float64))
    return np.stack(found, axis=-1).astype(np.float64)


def quantile_frame(
    scenario: str, keys: Sequence[SeriesKey], quarters: Sequence[str], table: Array, extra: Iterable[str] = ()
) -> pd.DataFrame:
    """Return tidy rows from a table of quantiles, shape (series, quarters, 6)."""
    count = len(quarters)
    frame = pd.DataFrame(
        {
            "scenario": scenario,
            "quarter": list(quarters) * len(keys),
            "channel": np.repeat([key.channel for key in keys], count),
            "variable": np.repeat([key.variable for key in keys], count),
            "unit": np.repeat([key.unit for key in keys], count),
        }
    )
    for name in extra:
        frame[name] = np.repeat([getattr(key, name) for key in keys], count)
    names = ["p05", "p25", "p50", "p75", "p95", "mean"]
    frame[names] = table.reshape(-1, len(names))
    return frame
