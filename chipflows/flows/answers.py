"""Direct answers from what was observed: what shipped between two dates, by every metric.

Nothing here depends on a scenario or on latent demand; only price, hardware share and allocation are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.flows.inputs import Inputs, Segment, gather
from chipflows.flows.legal import segment_revenue, segment_units
from chipflows.flows.results import quantiles
from chipflows.flows.sampling import Sampler

__all__ = ["GAP_CHIPS", "GAP_OPENED", "LETTER_DAY", "LETTER_WINDOW_END", "shipped_between"]

LETTER_DAY = date(2025, 2, 3)
LETTER_WINDOW_END = date(2025, 4, 10)  # the day after the letter of 9 April, when the last H20 could ship
GAP_OPENED = date(2022, 10, 21)
GAP_CHIPS = ("a800_sxm_80", "h800_sxm_80")

Array = NDArray[np.float64]


def shipped_between(
    chips: Sequence[str],
    start: date,
    end: date,
    draws: int = 4096,
    seed: int = 1,
    inputs: Inputs | None = None,
) -> pd.DataFrame:
    """Return what shipped lawfully from *start* to *end* (excluded): one row per unit, p05 .. p95 and mean.

    Units are chips, h100e, h100e_bandwidth and usd. Chips are taken to have shipped evenly within each
    observed segment: 377,878 H20 over 73 days, 66 of them in the window, is 377,878 x 66 / 73 = 341,643.
    """
    given = inputs or gather()
    sampler = Sampler(given.assumptions, draws, seed)
    totals: dict[str, list[Array]] = {"chips": [], "h100e": [], "h100e_bandwidth": [], "usd": []}
    for drawn in sampler.blocks():
        sums = {unit: np.zeros(drawn.size) for unit in totals}
        for segment in given.segments:
            share = _share(segment, start, end)
            if segment.chip_id not in chips or not share:
                continue
            units, spec = share * segment_units(given, segment, drawn), given.spec(segment.chip_id)
            sums["chips"] += units
            sums["h100e"] += units * spec.h100e
            sums["h100e_bandwidth"] += units * spec.h100e_bandwidth
            sums["usd"] += share * segment_revenue(given, segment, drawn)
        for unit, values in sums.items():
            totals[unit].append(values)
    table = quantiles(np.stack([np.concatenate(parts) for parts in totals.values()]).astype(np.float64))
    return pd.DataFrame(table, columns=["p05", "p25", "p50", "p75", "p95", "mean"]).assign(unit=list(totals))


def _share(segment: Segment, start: date, end: date) -> float:
    """Return the share of a segment's days that lie between two dates."""
    days = (min(segment.end, end) - max(segment.start, start)).days
    return max(days, 0) / (segment.end - segment.start).days
