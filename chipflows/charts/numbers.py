"""Numbers as figures print them: about two significant figures, separators, units."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["about", "compact", "percent", "rounded", "thousands"]

_STEPS = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def rounded(value: float, figures: int = 2) -> float:
    """Return *value* to *figures* significant figures (0 stays 0)."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, figures - 1 - math.floor(math.log10(abs(value))))


def _plain(value: float) -> str:
    """Return a number with separators and no needless decimals; a true minus sign."""
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.10f}".rstrip("0").rstrip(".")
    return text.replace("-", "\N{MINUS SIGN}")


def about(value: float, figures: int = 2) -> str:
    """Return *value* to two significant figures with separators: 342,118 -> "340,000"."""
    return _plain(rounded(float(value), figures))


def compact(value: float, unit: str = "", figures: int = 2) -> str:
    """Return a short number: 342,118 -> "340k", 4.17e9 in "usd" -> "$4.2bn"."""
    number = rounded(float(value), figures)
    size, suffix = next(((step, name) for step, name in _STEPS if abs(number) >= step), (1.0, ""))
    text = _plain(rounded(number / size, figures)) + suffix
    if unit == "usd":
        return text.replace("\N{MINUS SIGN}", "\N{MINUS SIGN}$") if number < 0 else "$" + text
    return text


def percent(share: float, figures: int = 2) -> str:
    """Return a share as a percentage: 0.1496 -> "15%"."""
    return about(100 * share, figures) + "%"


def thousands(value: float, _position: int | None = None) -> str:
    """Return a tick label with thousands separators (usable as a matplotlib formatter)."""
    return _plain(float(np.round(value, 10)))
