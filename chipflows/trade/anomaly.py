"""How far trade with a hub rose beyond that with placebo hubs, and what so few placebos allow one to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from chipflows.errors import InputError

__all__ = ["Standing", "rises", "scores", "standing"]

_WINDOW = {4: 1, 6: 4}  # periods in a year, by the length of a period: 2024, 2024Q1
_FREQUENCIES = {4: "Y", 6: "Q"}


@dataclass(frozen=True)
class Standing:
    """Where a hub's largest rise stands among those of placebo places: rank 1 is the largest.

    chance is rank / out_of: how often a place drawn at random would stand as high or higher were the hub like
    the placebos. It cannot be less than 1 / out_of, so with three placebos it is at least one in four: no
    p-value worth the name.
    """

    hub: str
    rank: int
    out_of: int
    rise: float
    periods_first: int
    periods: int

    @property
    def chance(self) -> float:
        """Return rank / out_of, the permutation share."""
        return self.rank / self.out_of

    @property
    def multiple(self) -> float:
        """Return the largest rise as a multiple of the base."""
        return float(np.exp(self.rise))


def rises(
    frame: pd.DataFrame,
    reporter: str,
    hs: Sequence[str],
    base: tuple[str, str],
    partners: Sequence[str] = (),
    floor_usd: float = 0.0,
) -> pd.DataFrame:
    """Return the log rise of *reporter*'s exports of the codes *hs*, per partner and period, over a base.

    Columns: partner, period, year_usd (sum of the year that ends with the period), base_usd (yearly mean over
    *base*, first and last period), log_rise = ln(year_usd / base_usd). frame: whole quarters (see `quarters`)
    or years; a period without a row between a partner's first and last counts as no trade, outside them as
    not held. Partners not held for the whole base are left out, and those whose base is below *floor_usd* a
    year, or zero: they would rise without bound. Raises InputError when periods are of two kinds or there is
    nothing in *base*.
    """
    rows = frame[(frame["reporter"] == reporter) & (frame["flow"] == "export") & frame["hs"].isin(list(hs))]
    rows = rows[rows["partner"].isin(list(partners))] if partners else rows
    lengths = sorted(set(rows["period"].str.len()))
    if len(lengths) != 1 or lengths[0] not in _WINDOW:
        raise InputError(f"rises of {reporter}: give quarters alone or years alone, not months or a mixture.")
    window = _WINDOW[lengths[0]]
    table = rows.pivot_table(index="period", columns="partner", values="value_usd", aggfunc="sum")
    table.index = pd.PeriodIndex(table.index, freq=_FREQUENCIES[lengths[0]])
    table = table.reindex(pd.period_range(table.index.min(), table.index.max(), freq=table.index.freq))
    inside = table.notna()  # before its first row and after its last a corridor is not held, not empty
    values = table.fillna(0.0).where(inside.cummax() & inside[::-1].cummax()[::-1])
    if not len(values.loc[base[0] : base[1]]):
        raise InputError(f"rises of {reporter}: no period from {base[0]} to {base[1]}. Choose a base inside.")
    level = values.loc[base[0] : base[1]].mean(skipna=False) * window
    yearly = values.rolling(window).sum().dropna(how="all")
    kept = level.index[(level > 0) & (level >= floor_usd)]
    named = yearly[kept].rename_axis(index="period", columns="partner")
    long = named.reset_index().melt(id_vars="period", value_name="year_usd").dropna()
    long["period"] = long["period"].astype(str)
    long["base_usd"] = long["partner"].map(level)
    long["log_rise"] = np.log(long["year_usd"].where(long["year_usd"] > 0) / long["base_usd"])
    return long[["partner", "period", "year_usd", "base_usd", "log_rise"]]


def scores(risen: pd.DataFrame, hubs: Sequence[str], placebos: Sequence[str]) -> pd.DataFrame:
    """Return the anomaly score per hub and period: its log rise less the median of the placebos' then.

    risen: as `rises` gives it. Columns: hub, period, log_rise, placebo_median, placebo_low, placebo_high,
    score, rank (1 is the largest rise), out_of (hub and placebos with a figure). Raises InputError when no
    placebo has a figure.
    """
    table = risen.pivot_table(index="period", columns="partner", values="log_rise")
    beside = table[[place for place in placebos if place in table.columns]]
    if beside.empty or not beside.notna().any(axis=None):
        raise InputError(f"no figure for any placebo of {', '.join(placebos)}. Check partners and floor.")
    parts = []
    for hub in (place for place in hubs if place in table.columns):
        own = table[hub].dropna()
        around = beside.loc[own.index]
        parts.append(
            pd.DataFrame(
                {
                    "hub": hub,
                    "period": own.index,
                    "log_rise": own.to_numpy(),
                    "placebo_median": around.median(axis=1).to_numpy(),
                    "placebo_low": around.min(axis=1).to_numpy(),
                    "placebo_high": around.max(axis=1).to_numpy(),
                    "rank": 1 + around.ge(own, axis=0).sum(axis=1).to_numpy(),
                    "out_of": 1 + around.notna().sum(axis=1).to_numpy(),
                }
            )
        )
    found = pd.concat(parts, ignore_index=True)
    found.insert(6, "score", found["log_rise"] - found["placebo_median"])
    return found


def standing(risen: pd.DataFrame, hub: str, placebos: Sequence[str], first: str) -> Standing:
    """Return where the largest rise of *hub* from period *first* on stands among the placebos' largest rises.

    One figure per place, so that looking at many periods does not give a hub many chances to lead; a tie
    counts against it. Method: in-space placebos of synthetic control, by rank alone. Raises InputError for a
    hub or placebos without a figure.
    """
    table = risen[risen["period"] >= first].pivot_table(index="period", columns="partner", values="log_rise")
    others = [place for place in placebos if place in table.columns and place != hub]
    if hub not in table.columns or not others:
        raise InputError(f"no figure for {hub} or for any placebo from {first} on. Check partners and floor.")
    peaks = table[[hub, *others]].max()
    leads = table[hub].gt(table[others].max(axis=1))
    return Standing(
        hub=hub,
        rank=1 + int((peaks[others] >= peaks[hub]).sum()),
        out_of=1 + len(others),
        rise=float(peaks[hub]),
        periods_first=int(leads.sum()),
        periods=int(table[hub].notna().sum()),
    )
