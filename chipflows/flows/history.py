"""From what companies report to units by calendar quarter: the arithmetic behind the observed history.

The method is Epoch AI's (ai-chip-counts): units = revenue x share x hardware share / price, then fiscal
quarters spread evenly over their days. Frames and numbers in, frames and numbers out.
"""

from __future__ import annotations

import math

import pandas as pd

from chipflows.errors import InputError

__all__ = ["fiscal_to_calendar", "h100e", "log_sd", "ratio90", "units_from_revenue"]

Z80 = 1.2815515655446004
"""Half width of an 80% interval, in standard deviations."""
Z90 = 1.6448536269514722
"""Half width of a 90% interval, in standard deviations."""
H100_DENSE_8BIT_TOPS = 1979.0


def fiscal_to_calendar(fiscal: pd.DataFrame, value: str = "units_p50") -> pd.Series:
    """Return *value* by calendar quarter (index "2024Q1"), each fiscal quarter spread evenly over its days.

    *fiscal* has starts_on and ends_on (both days included) and *value*. 63 of the 91 days from 29 January to
    28 April 2024 lie in 2024Q1, so 200,372 units give 138,719 there. Raises InputError when a fiscal quarter
    ends before it starts or two of them overlap: a day would be counted twice.
    """
    _check_days(fiscal)
    days = [_per_day(row.starts_on, row.ends_on, amount) for row, amount in _rows(fiscal, value)]
    daily = pd.concat(days) if days else pd.Series(dtype=float)
    quarters = pd.PeriodIndex(daily.index, freq="Q").astype(str)
    return daily.groupby(quarters).sum().rename(value)


def units_from_revenue(revenue_usd: float, share: float, hardware_share: float, price_usd: float) -> float:
    """Return units sold: revenue (USD) x the chip's share x the part that is hardware / price per chip (USD).

    19.44bn USD x 0.13 x 0.975 / 12,247 USD is 201,163 H20.
    """
    if price_usd <= 0:
        raise InputError(f"price_usd is {price_usd}: a price per chip must be above zero")
    for name, value in (("share", share), ("hardware_share", hardware_share)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value}: a share lies between 0 and 1")
    return revenue_usd * share * hardware_share / price_usd


def log_sd(low: float, high: float, z: float = Z80) -> float:
    """Return the standard deviation of the logarithm of a lognormal whose interval is *low* to *high*.

    *z* is the interval's half width in standard deviations (Z80 for an 80% interval). A price of 10,000 to
    15,000 USD with 80% has ln(1.5) / (2 x 1.2816) = 0.158.
    """
    if not 0 < low <= high:
        raise InputError(f"an interval from {low} to {high}: both ends must be above zero, the low one first")
    return math.log(high / low) / (2 * z)


def ratio90(*log_sds: float) -> tuple[float, float]:
    """Return the 5th and 95th percentile over the median of a product of independent lognormals.

    exp(-+1.6449 x root of the sum of squared *log_sds*): a price with 0.158 and a hardware share with 0.012
    give 0.770 and 1.298.
    """
    spread = Z90 * math.sqrt(sum(sd * sd for sd in log_sds))
    return math.exp(-spread), math.exp(spread)


def h100e(units: float, dense_8bit_tops: float) -> float:
    """Return *units* as H100-equivalents by dense 8-bit throughput: 138,719 H20 x 296 / 1,979 is 20,748."""
    return units * dense_8bit_tops / H100_DENSE_8BIT_TOPS


def _rows(fiscal: pd.DataFrame, value: str) -> list[tuple[pd.Series, float]]:
    return [(row, float(row[value])) for _, row in fiscal.iterrows()]


def _per_day(first: pd.Timestamp, last: pd.Timestamp, amount: float) -> pd.Series:
    days = pd.date_range(first, last, freq="D")
    return pd.Series(amount / len(days), index=days)


def _check_days(fiscal: pd.DataFrame) -> None:
    backwards = fiscal[fiscal["ends_on"] < fiscal["starts_on"]]
    if len(backwards):
        raise InputError(f"a fiscal quarter ends before it starts: {backwards.iloc[0].to_dict()}")
    ordered = fiscal.sort_values("starts_on")
    overlap = ordered[ordered["starts_on"] <= ordered["ends_on"].shift()]
    if len(overlap):
        raise InputError(
            f"two fiscal quarters share days; the second starts on {overlap['starts_on'].iloc[0]:%Y-%m-%d}"
        )
