"""Dollars per kilogram, only where a weight was weighed."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["unit_values", "weighed_share"]

_SPREAD = 1.4826  # median absolute deviation to standard deviation, normal distribution
_FAR = 3.0
_FEWEST = 5


def unit_values(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of *frame* with a real weight, and usd_per_kg, usd_per_unit, log_z and is_far.

    A weight is real when it is above zero and its flag says that it was not estimated; where the flag is
    blank it counts as estimated. log_z is the distance of ln(USD/kg) from the median of the same code and
    flow, in robust standard deviations (1.4826 x median absolute deviation), blank for fewer than five rows
    or no spread; is_far is |log_z| > 3. Method: the |z| > 3 rule on log USD per kilogram in use for Comtrade
    unit values, made robust because diverted goods would widen a plain standard deviation.
    """
    rows = frame[_is_real(frame)].reset_index(drop=True)
    rows["usd_per_kg"] = rows["value_usd"] / rows["net_weight_kg"]
    rows["usd_per_unit"] = (rows["value_usd"] / rows["quantity"]).where(rows["quantity"] > 0)
    logs = np.log(rows["usd_per_kg"].where(rows["value_usd"] > 0))
    group = [rows["hs"], rows["flow"]]
    away = logs - logs.groupby(group).transform("median")
    spread = _SPREAD * away.abs().groupby(group).transform("median")
    enough = logs.groupby(group).transform("count") >= _FEWEST
    rows["log_z"] = (away / spread).where(enough & (spread > 0))
    rows["is_far"] = (rows["log_z"].abs() > _FAR).astype("boolean").mask(rows["log_z"].isna())
    return rows


def weighed_share(frame: pd.DataFrame) -> float:
    """Return the share of *frame*'s value that has a real weight (0 to 1); nan for no value at all."""
    total = float(frame["value_usd"].sum())
    return float(frame.loc[_is_real(frame), "value_usd"].sum()) / total if total else float("nan")


def _is_real(frame: pd.DataFrame) -> pd.Series:
    """Return whether each row's weight was weighed."""
    return (frame["net_weight_kg"] > 0) & ~frame["is_weight_estimated"].fillna(True).astype(bool)
