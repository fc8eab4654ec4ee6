"""Direct answers from what was observed: what shipped between two dates, by every metric.

Nothing here depends on a scenario or on latent demand; only price, hardware share and allocation are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.errors import LedgerError
from chipflows.flows.compare import difference
from chipflows.flows.inputs import Inputs, Segment, gather
from chipflows.flows.legal import flow_of, segment_revenue, segment_units
from chipflows.flows.results import quantiles
from chipflows.flows.sampling import Sampler
from chipflows.flows.simulate import Simulation

__all__ = [
    "GAP_CHIPS",
    "GAP_CLOSED",
    "GAP_OPENED",
    "HISTORY_ENDS",
    "LAST_DAY",
    "LETTER_DAY",
    "LETTER_REGIME_DAY",
    "LETTER_WINDOW_END",
    "REGIMES",
    "by_regime",
    "h20_history_holds",
    "regime_mix",
    "share_unmoved",
    "shipped_between",
    "training_months",
]

REGIMES = ("barred", "rationed", "open")

LETTER_DAY = date(2025, 2, 3)
LETTER_REGIME_DAY = date(2025, 9, 10)
HISTORY_ENDS = date(2025, 12, 31)
LAST_DAY = date(2025, 4, 9)
LETTER_WINDOW_END = date(2025, 4, 10)  # the day after the letter of 9 April, when the last H20 could ship
GAP_OPENED, GAP_CLOSED = date(2022, 10, 21), date(2023, 11, 17)
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
            units, revenue = segment_units(given, segment, drawn), segment_revenue(given, segment, drawn)
            sold = flow_of(given, drawn, segment.chip_id, share * units, share * revenue)
            sums["chips"] += sold.units
            sums["h100e"] += sold.h100e
            sums["h100e_bandwidth"] += sold.h100e_bandwidth
            sums["usd"] += sold.revenue_usd
        for unit, values in sums.items():
            totals[unit].append(values)
    table = quantiles(np.stack([np.concatenate(parts) for parts in totals.values()]).astype(np.float64))
    return pd.DataFrame(table, columns=["p05", "p25", "p50", "p75", "p95", "mean"]).assign(unit=list(totals))


def regime_mix(run: Simulation) -> str:
    """Return how many draws each PRC policy regime holds in: "barred in 50% of draws, rationed in 35%"."""
    shares = [(name, float((run.regime == place).mean())) for place, name in enumerate(REGIMES)]
    held = [f"{name} in {share:.0%}" for name, share in shares if share]
    return ", ".join([f"{held[0]} of draws", *held[1:]])


def by_regime(
    run: Simulation,
    scenario: str,
    quarter: str,
    variable: str = "cumulative",
    channel: str = "legal",
    unit: str = "h100e",
    against: str = "actual",
) -> dict[str, Array]:
    """Return *scenario* minus *against* among the draws of each PRC policy regime: arrays by regime name.

    A regime that no draw falls into is left out.
    """
    change = difference(run, scenario, against, variable, quarter, channel, unit)
    found = {name: change[run.regime == place] for place, name in enumerate(REGIMES)}
    return {name: values for name, values in found.items() if len(values)}


def share_unmoved(run: Simulation, scenario: str, chip_id: str, against: str = "actual") -> float:
    """Return the share of draws in which *scenario* moves a chip's lawful sales, all told, by under 1%."""
    ours, theirs = (
        run.series(name, "acquired", "legal", "chips", chip_id).sum(axis=0, dtype=np.float64)
        for name in (scenario, against)
    )
    return float((np.abs(ours - theirs) < 0.01 * np.maximum(theirs, 1.0)).mean())


def training_months(
    stock_h100e: Array, operations: float = 1e27, cluster_share: float = 0.10, utilisation: float = 0.35
) -> Array:
    """Return months to train a run of *operations* on a share of a stock, shape as *stock_h100e*.

    operations / (stock x share x 1,979e12 dense 8-bit operations a second x utilisation). One million H100e,
    a tenth of them at 35%: 1e27 / (1e5 x 1.979e15 x 0.35) = 1.44e7 seconds = 5.5 months.
    """
    per_second = np.asarray(stock_h100e, dtype=np.float64) * cluster_share * 1979e12 * utilisation
    return np.asarray(operations / per_second / (86_400 * 365.25 / 12))


def h20_history_holds(run: Simulation, booked_usd: float, tolerance: float = 0.02) -> pd.DataFrame:
    """Return checks of the H20's history on ``actual``: check, expected, found, one row each.

    No H20 after the quarter of the cut-off, and revenue of the segments from 27 January 2025 equal to what
    the filing booked. Raises LedgerError when one does not hold, since nothing after it could be trusted.
    """
    grid, units = run.grid, run.series("actual", "acquired", "legal", "chips", "h20_96")
    after = float(units[grid.index["2025Q3"] :].max())
    usd = shipped_between(["h20_96"], date(2025, 1, 27), LETTER_WINDOW_END, draws=64).set_index("unit")
    found = float(usd["p50"]["usd"])
    rows = [
        ("H20 sold to the PRC after 2025Q2, chips (none counted in a filing)", 0.0, after),
        ("H20 revenue from 27 January to 9 April 2025, USD", booked_usd, found),
    ]
    if after > 0 or abs(found / booked_usd - 1) > tolerance:
        raise LedgerError(f"the H20 history contradicts the filing: {rows}")
    return pd.DataFrame(rows, columns=["check", "expected", "found"])


def _share(segment: Segment, start: date, end: date) -> float:
    """Return the share of a segment's days that lie between two dates."""
    days = (min(segment.end, end) - max(segment.start, start)).days
    return max(days, 0) / (segment.end - segment.start).days
