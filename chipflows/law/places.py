"""Countries and dated country groups.

Hong Kong follows the PRC from 23 December 2020 (85 FR 83765) and is its own destination before. Macau is
always its own. Group membership is a dated table: Cambodia left D:5 in February 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.errors import InputError, did_you_mean
from chipflows.law.kleene import TRUE, Logic, constant, from_bool

__all__ = ["HK_FOLLOWS_CN", "Groups", "place_name"]

HK_FOLLOWS_CN = date(2020, 12, 23)
_FOREVER = date.max.toordinal()
_NAMES = {
    "AE": "the United Arab Emirates", "CH": "Switzerland", "CN": "the PRC", "GB": "the United Kingdom",
    "HK": "Hong Kong", "ID": "Indonesia", "IN": "India", "JP": "Japan", "KH": "Cambodia", "KR": "South Korea",
    "MO": "Macau", "MY": "Malaysia", "NL": "the Netherlands", "RU": "Russia", "SA": "Saudi Arabia",
    "SG": "Singapore", "TH": "Thailand", "TW": "Taiwan", "US": "the United States", "VN": "Vietnam",
}  # fmt: skip


def place_name(code: str) -> str:
    """Return the country's name where it is one that often comes up, else its code."""
    return _NAMES.get(code, code)


class Groups:
    """Who is in which country group on which day, from the table country, group, from, until."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.codes = frozenset(table["country"]) | {"US", "CN", "HK", "MO"}
        starts = [day.date().toordinal() for day in pd.to_datetime(table["from"])]
        ends = [_FOREVER if pd.isna(day) else pd.Timestamp(day).date().toordinal() for day in table["until"]]
        self._spans: dict[str, list[tuple[str, int, int]]] = {}
        for country, group, start, end in zip(table["country"], table["group"], starts, ends, strict=True):
            self._spans.setdefault(str(group), []).append((str(country), start, end))

    def canonical(self, codes: Iterable[Any], days: NDArray[np.int64], what: str) -> NDArray[np.object_]:
        """Return upper-case ISO codes, "" where unknown, HK as CN once it follows it.

        Raises InputError with the nearest codes when one is not known.
        """
        texts = pd.Series(list(codes), dtype=object)
        clean = texts.where(texts.notna(), "").astype(str).str.strip().str.upper()
        for code in clean.unique():
            if code and code not in self.codes:
                raise InputError(
                    did_you_mean(code, self.codes, what) + " Write ISO codes such as CN, HK, MY."
                )
        follows = (clean == "HK").to_numpy() & (days >= HK_FOLLOWS_CN.toordinal())
        return np.where(follows, "CN", clean.to_numpy(dtype=object)).astype(object)

    def within(self, codes: NDArray[np.object_], days: NDArray[np.int64], places: Iterable[str]) -> Logic:
        """Return, per row, whether the country is one of *places* on its day; unknown for a blank."""
        inside = np.zeros(len(codes), dtype=bool)
        numbers, names = pd.factorize(codes)
        position = {name: number for number, name in enumerate(names)}
        for place in places:
            if place == "worldwide":
                return constant(TRUE, len(codes))
            for country, start, end in self._spans.get(place, [(place, 0, _FOREVER)]):
                if country in position:
                    inside |= (numbers == position[country]) & (days >= start) & (days < end)
        return from_bool(inside, codes != "")

    def changes(self) -> set[date]:
        """Return every day on which a country joins or leaves a group, and the day Hong Kong moved."""
        days = {day for spans in self._spans.values() for _, *ends in spans for day in ends}
        return {date.fromordinal(day) for day in days if day < _FOREVER} | {HK_FOLLOWS_CN}
