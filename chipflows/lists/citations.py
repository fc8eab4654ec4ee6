"""Federal Register citations as the lists write them, with the dates they carry.

A first citation is when an entry was first published as it stands: not always the listing's first day, and
a list of survivors says nothing of entries that were removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

__all__ = ["Citation", "citations", "date_undated", "first_cited", "read_date"]

_CITATION = re.compile(
    r"(?P<volume>\d{2,3})\s*F\.?\s?R\.?\s*(?P<page>\d[\d,]*\d|\d)"
    r"(?:\s*\((?P<iso>\d{4}-\d{2}-\d{2})\)"  # as we write it
    r"|[^\d/;]{0,30}?(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}|\d{2}))?"
)
_WORDS = re.compile(r"(?P<month>[A-Z][a-z]+)\.? (?P<day>\d{1,2}), (?P<year>\d{4})")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_FIRST_YEAR = 1936  # volume 1 of the Federal Register


class Citation(NamedTuple):
    """One citation: "84 FR 22963" and its date, None where the text gives none."""

    ref: str
    on: date | None

    @property
    def year(self) -> int:
        """Return the year of the volume, which every citation has."""
        return int(self.ref.split()[0]) + _FIRST_YEAR - 1

    @property
    def is_date_sound(self) -> bool:
        """Return whether the date, if any, lies in the volume's year."""
        return self.on is None or self.on.year == self.year

    def __str__(self) -> str:
        return f"{self.ref} ({self.on})" if self.on else self.ref


def citations(text: str) -> tuple[Citation, ...]:
    """Return the citations in *text*, in order, each once; "76 FR 71867, 11/21/11" and its many variants."""
    found: dict[str, Citation] = {}
    flat = re.sub(r"\s+", " ", text)
    for match in _CITATION.finditer(flat):
        ref = f"{match['volume']} FR {match['page'].replace(',', '')}"
        slashed = _date(match["year"], match["month"], match["day"])
        on = slashed or read_date(match["iso"] or "") or _worded(flat[match.end() :][:30])
        if ref not in found or found[ref].on is None:
            found[ref] = Citation(ref, on)
    return tuple(found.values())


def date_undated(cited: Iterable[Citation], known: dict[str, date]) -> tuple[Citation, ...]:
    """Return *cited* with dates from *known* (the same page, dated in another entry) where one is missing."""
    return tuple(item if item.on else Citation(item.ref, known.get(item.ref)) for item in cited)


def first_cited(cited: Iterable[Citation]) -> date | None:
    """Return the earliest date, or None when no citation is dated."""
    return min((item.on for item in cited if item.on), default=None)


def read_date(text: str) -> date | None:
    """Return the date written as 2021-08-02, 8/2/2021, 8/2/21 or "June 21, 2022"; None for anything else."""
    text = text.strip()
    iso = re.match(r"(\d{4})-(\d{2})-(\d{2})", text)
    if iso:
        return _date(*iso.groups())
    slashed = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})", text)
    if slashed:
        return _date(slashed[3], slashed[1], slashed[2])
    return _worded(text)


def _worded(text: str) -> date | None:
    """Return the first date in *text* written in words, if any."""
    match = _WORDS.search(text)
    month = match["month"].lower() if match else ""
    number = next((at for at, name in enumerate(_MONTHS, 1) if len(month) > 2 and name.startswith(month)), 0)
    return _date(match["year"], str(number), match["day"]) if match and number else None


def _date(year: str | None, month: str | None, day: str | None) -> date | None:
    """Return the date of the three texts, two-digit years from 1990 to 2089; None for no such day."""
    if not (year and month and day):
        return None
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 90 else 2000)
    if not _FIRST_YEAR <= full < 2200:  # "0097-06-30" is someone's typing error
        return None
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None
