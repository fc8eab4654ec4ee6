"""Routes through hubs: origin to hub, hub to the PRC or Hong Kong; legs held, lags at which they move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from chipflows.errors import InputError

__all__ = ["ENDS", "HUBS", "ORIGINS", "PLACEBOS", "lagged", "legs"]

ORIGINS = ("TW", "US")
HUBS = ("MY", "SG", "VN", "AE", "TH", "IN")
PLACEBOS = ("TR", "CH", "IE")  # buy such goods and are no plausible route to the PRC
ENDS = ("CN", "HK")
_A_YEAR = {4: 1, 6: 4, 7: 12}  # by the length of a period: 2024, 2024Q1, 2024-01
_FREQUENCIES = {4: "Y", 6: "Q", 7: "M"}


def legs(
    frame: pd.DataFrame,
    hs: Sequence[str],
    origins: Sequence[str] = ORIGINS,
    hubs: Sequence[str] = (*HUBS, *PLACEBOS),
    ends: Sequence[str] = ENDS,
) -> pd.DataFrame:
    """Return which legs of each route *frame* holds for the codes *hs*: one row per origin and hub.

    Columns: origin, hub, first_from, first_to, first_periods (the exporter's reports origin to hub),
    second_from, second_to, second_periods (the hub's exports to any of *ends*), status: both legs, first leg
    only, second leg only, neither.
    """
    sold = frame[(frame["flow"] == "export") & frame["hs"].isin(list(hs))]
    rows = []
    for origin in origins:
        for hub in hubs:
            first = sold[(sold["reporter"] == origin) & (sold["partner"] == hub)]["period"]
            second = sold[(sold["reporter"] == hub) & sold["partner"].isin(list(ends))]["period"]
            status = {
                (True, True): "both legs",
                (True, False): "first leg only",
                (False, True): "second leg only",
            }
            rows.append(
                {
                    "origin": origin,
                    "hub": hub,
                    **_span(first, "first"),
                    **_span(second, "second"),
                    "status": status.get((len(first) > 0, len(second) > 0), "neither"),
                }
            )
    return pd.DataFrame(rows)


def _span(periods: pd.Series, leg: str) -> dict[str, object]:
    """Return the first and last period of a leg and how many it has."""
    known = sorted(set(periods))
    ends = (known[0], known[-1]) if known else ("", "")
    return {f"{leg}_from": ends[0], f"{leg}_to": ends[1], f"{leg}_periods": len(known)}


def lagged(
    frame: pd.DataFrame,
    origin: str,
    hub: str,
    hs: Sequence[str],
    ends: Sequence[str] = ENDS,
    lags: Sequence[int] = tuple(range(7)),
    fewest: int = 12,
) -> pd.DataFrame:
    """Return how the rise of origin to hub goes with that of hub to *ends*, *lags* periods later.

    One row per lag: lag, pairs, correlation of year-on-year log changes (blank with fewer than *fewest*
    pairs). A period without a row counts as no trade and gives no change. Periods are the frame's own
    (months, quarters or years; they must be of one kind, else InputError). Goods held in stock, sold on at
    home or re-exported under another code break the link, and a common boom makes one without any goods
    moving on: read it beside the same figure for placebo hubs.
    """
    rows = frame[(frame["flow"] == "export") & frame["hs"].isin(list(hs))]
    into = rows[(rows["reporter"] == origin) & (rows["partner"] == hub)]
    onward = rows[(rows["reporter"] == hub) & rows["partner"].isin(list(ends))]
    first, second = (_changes(part) for part in (into, onward))
    if len(first) and len(second) and first.index.dtype != second.index.dtype:
        raise InputError(f"{origin} to {hub}: the two legs have periods of different length. Sum one first.")
    found = []
    for lag in lags:
        pairs = pd.concat([first, second.shift(-lag)], axis=1, keys=["first", "second"]).dropna()
        known = len(pairs) >= max(fewest, 2) and float(pairs.std().min()) > 0
        value = float(np.corrcoef(pairs["first"], pairs["second"])[0, 1]) if known else float("nan")
        found.append((lag, len(pairs), value))
    return pd.DataFrame(found, columns=["lag", "pairs", "correlation"])


def _changes(rows: pd.DataFrame) -> pd.Series:
    """Return year-on-year log changes of a leg's value, by period, without gaps in the index."""
    if rows.empty:
        return pd.Series(dtype=float, index=pd.PeriodIndex([], freq="M"))
    lengths = sorted(set(rows["period"].str.len()))
    if len(lengths) > 1:
        raise InputError("a leg mixes months, quarters and years. Keep one kind of period.")
    values = rows.groupby("period")["value_usd"].sum()
    values.index = pd.PeriodIndex(values.index, freq=_FREQUENCIES[lengths[0]])
    whole = values.reindex(pd.period_range(values.index.min(), values.index.max(), freq=values.index.freq))
    logs = np.log(whole.where(whole > 0))
    changes: pd.Series = logs - logs.shift(_A_YEAR[lengths[0]])
    return changes
