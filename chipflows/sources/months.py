"""Months as text, 2025-06, and spans of them."""

from __future__ import annotations

from datetime import date

__all__ = ["months", "years"]


def months(first: str, until: date) -> list[str]:
    """Return every month from *first* ("2023-01") to that of *until*."""
    year, month = map(int, first.split("-"))
    found = []
    while (year, month) <= (until.year, until.month):
        found.append(f"{year}-{month:02d}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def years(first: str, until: date) -> list[list[str]]:
    """Return the months from *first* to *until*, a list a calendar year."""
    by_year: dict[str, list[str]] = {}
    for month in months(first, until):
        by_year.setdefault(month[:4], []).append(month)
    return list(by_year.values())
