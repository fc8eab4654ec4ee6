"""The model's time grid: calendar quarters, and shares of a quarter by date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chipflows.errors import InputError
from chipflows.tables.assumptions import Profile

__all__ = ["FIRST_QUARTER", "LAST_QUARTER", "Grid", "quarter_bounds", "quarter_of", "quarters_between"]

FIRST_QUARTER = "2022Q1"
LAST_QUARTER = "2030Q4"
_QUARTER = re.compile(r"(\d{4})Q([1-4])")

Array = NDArray[np.float64]


def quarter_of(day: date) -> str:
    """Return the calendar quarter of *day*, for example 2025Q2."""
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def quarter_bounds(quarter: str) -> tuple[date, date]:
    """Return the first day of *quarter* and the first day after it; raises InputError when malformed."""
    match = _QUARTER.fullmatch(quarter)
    if match is None:
        raise InputError(f"{quarter!r} is not a calendar quarter. Write it like 2025Q2.")
    year, number = int(match[1]), int(match[2])
    start = date(year, 3 * number - 2, 1)
    end = date(year + 1, 1, 1) if number == 4 else date(year, 3 * number + 1, 1)
    return start, end


def quarters_between(first: str, last: str) -> list[str]:
    """Return every quarter from *first* to *last*, both included; raises InputError when reversed."""
    start, stop = quarter_bounds(first)[0], quarter_bounds(last)[0]
    if stop < start:
        raise InputError(f"the last quarter {last} lies before the first, {first}")
    found = []
    while start <= stop:
        found.append(quarter_of(start))
        start = quarter_bounds(found[-1])[1]
    return found


@dataclass(frozen=True)
class Grid:
    """The quarters simulated; arrays over them have shape (quarters,) or (quarters, draws)."""

    first: str = FIRST_QUARTER
    last: str = LAST_QUARTER

    def __post_init__(self) -> None:
        if quarter_bounds(self.first)[0] < quarter_bounds(FIRST_QUARTER)[0]:
            raise InputError(f"the horizon starts in {self.first}, before the data do ({FIRST_QUARTER})")
        quarters_between(self.first, self.last)

    @cached_property
    def quarters(self) -> list[str]:
        """Return the quarter names in order."""
        return quarters_between(self.first, self.last)

    @cached_property
    def index(self) -> dict[str, int]:
        """Return the position of each quarter."""
        return {quarter: i for i, quarter in enumerate(self.quarters)}

    @cached_property
    def starts(self) -> Array:
        """Return each quarter's first day as a day number, shape (quarters,)."""
        return np.array([quarter_bounds(q)[0].toordinal() for q in self.quarters], dtype=np.float64)

    @cached_property
    def ends(self) -> Array:
        """Return the first day after each quarter as a day number, shape (quarters,)."""
        return np.array([quarter_bounds(q)[1].toordinal() for q in self.quarters], dtype=np.float64)

    @cached_property
    def middle(self) -> Array:
        """Return the middle of each quarter as a decimal year, shape (quarters,)."""
        return np.array([_decimal_year(a, b) for a, b in map(quarter_bounds, self.quarters)])

    def share_after(self, day: Array) -> Array:
        """Return the share of each quarter on or after *day*, 0..1, shape (quarters, draws).

        *day* is a day number per draw, shape (draws,).
        """
        left = self.ends[:, None] - np.maximum(day[None, :], self.starts[:, None])
        return np.asarray(np.clip(left / (self.ends - self.starts)[:, None], 0.0, 1.0))

    def share_within(self, start: date, end: date) -> Array:
        """Return the share of each quarter between two dates (the end excluded), shape (quarters,)."""
        overlap = np.minimum(self.ends, end.toordinal()) - np.maximum(self.starts, start.toordinal())
        return np.asarray(np.clip(overlap / (self.ends - self.starts), 0.0, 1.0))

    def path(self, profile: Profile) -> Array:
        """Return *profile* at each quarter, shape (quarters,).

        Linear and log profiles are read at mid-quarter and held flat beyond their ends; a quarterly profile
        is zero where it names no quarter.
        """
        if profile.scale == "quarterly":
            return np.array([profile.at.get(quarter, 0.0) for quarter in self.quarters])
        years = np.array([float(key) for key in profile.at])
        values = np.array(list(profile.at.values()))
        if profile.scale == "step":
            position = np.searchsorted(years, self.middle, side="right") - 1
            return np.asarray(values[np.clip(position, 0, len(values) - 1)])
        if profile.scale == "log":
            return np.asarray(np.exp(np.interp(self.middle, years, np.log(values))))
        return np.asarray(np.interp(self.middle, years, values))


def _decimal_year(start: date, end: date) -> float:
    middle = start + timedelta(days=(end - start).days / 2)
    first = date(middle.year, 1, 1)
    length = (date(middle.year + 1, 1, 1) - first).days
    return middle.year + ((start - first).days + (end - start).days / 2) / length
