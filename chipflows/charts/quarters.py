"""Calendar quarters as positions on an axis: 2022Q1, 2022Q2 ... are whole numbers one apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["date_position", "position", "quarter_axis", "quarter_name", "span_name"]

_QUARTER = re.compile(r"(\d{4})Q([1-4])\Z")


def position(quarter: str) -> int:
    """Return the position of a quarter such as "2025Q2" (four a year); raises FigureError if it is none."""
    found = _QUARTER.match(str(quarter))
    if not found:
        raise FigureError(f"{quarter!r} is not a calendar quarter. Write it as 2025Q2.")
    return int(found[1]) * 4 + int(found[2]) - 1


def quarter_name(place: int) -> str:
    """Return the quarter at a position: the inverse of `position`."""
    return f"{place // 4}Q{place % 4 + 1}"


def span_name(quarters: Iterable[str]) -> str:
    """Return "2024Q1 to 2026Q4" for the first and last of *quarters* (one name if they are the same)."""
    places = sorted(position(quarter) for quarter in quarters)
    first, last = quarter_name(places[0]), quarter_name(places[-1])
    return first if first == last else f"{first} to {last}"


def date_position(day: date) -> float:
    """Return where a day lies on the axis, where a quarter's bar is centred on its whole number.

    1 January is the left edge of the bar of the first quarter, 31 March just inside its right edge.
    """
    quarter = (day.month - 1) // 3
    start = date(day.year, 3 * quarter + 1, 1)
    end = date(day.year + (quarter == 3), (3 * quarter + 3) % 12 + 1, 1)
    return day.year * 4 + quarter - 0.5 + (day - start).days / (end - start).days


def quarter_axis(axes: Axes, first: int, last: int) -> None:
    """Label an axis of quarters with its years, each under the middle of the quarters shown of it."""
    axes.set_xlim(first - 0.6, last + 0.6)
    years = range(first // 4, last // 4 + 1)
    edges = [year * 4 - 0.5 for year in years if first - 0.6 < year * 4 - 0.5 < last + 0.6]
    middles, names = [], []
    step = -(-len(years) // 10)
    for number, year in enumerate(years):
        shown = [place for place in range(year * 4, year * 4 + 4) if first <= place <= last]
        if number % step == 0 and (len(shown) > 1 or len(years) == 1):
            middles.append(sum(shown) / len(shown))
            names.append(str(year))
    axes.set_xticks(edges)
    axes.set_xticklabels([""] * len(edges))
    axes.set_xticks(middles, names, minor=True)
