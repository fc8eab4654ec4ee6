"""SEC EDGAR: the companies, their filings, and how the SEC wants to be asked.

Documented at https://www.sec.gov/search-filings/edgar-application-programming-interfaces: a User-Agent with a
contact (CHIPFLOWS_CONTACT), at most 10 requests a second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from chipflows.errors import SourceError
from chipflows.sources.answers import documented, iso_date, json_object
from chipflows.sources.http import Access, Client

__all__ = ["COMPANIES", "Filing", "access", "filings", "parse_filings"]

# Ticker -> central index key.
COMPANIES = {
    "NVDA": 1045810, "AMD": 2488, "INTC": 50863, "MU": 723125, "AMAT": 6951, "LRCX": 707549, "KLAC": 319201,
}  # fmt: skip
DATA = "https://data.sec.gov"
_ARCHIVE = "https://www.sec.gov/Archives/edgar/data"
_FORMS = ("10-Q", "10-K")
_ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")
_DOCUMENT = re.compile(r"[A-Za-z0-9._-]+\.html?")


@dataclass(frozen=True)
class Filing:
    """A quarterly or annual report: its accession number, form, period's end, day filed, and address."""

    accession: str
    form: str
    period_end: date
    filed_on: date
    url: str


def access(source: str) -> Access:
    """Return how EDGAR may be reached by a source of ours."""
    return Access(source, ("data.sec.gov", "www.sec.gov"), per_second=5, wants_contact=True)


def filings(client: Client, ticker: str, since: date) -> list[Filing]:
    """Return a company's 10-Q and 10-K filings for periods that end on *since* or later, oldest first."""
    cik = COMPANIES[ticker]
    return parse_filings(client.get(f"{DATA}/submissions/CIK{cik:010d}.json"), ticker, since)


def parse_filings(body: bytes, ticker: str, since: date) -> list[Filing]:
    """Return the filings in a submissions answer; raises SourceError when its columns are uneven or odd."""
    where = f"EDGAR submissions of {ticker}"
    content = json_object(body, where, "filings")
    with documented(where):
        recent = content["filings"]["recent"]
        names = ("accessionNumber", "form", "reportDate", "filingDate", "primaryDocument")
        rows = list(zip(*(list(recent[name]) for name in names), strict=True))
    found = [
        Filing(
            accession,
            form,
            iso_date(period_end, where),
            iso_date(filed_on, where),
            _address(row, ticker, where),
        )
        for row in rows
        if row[1] in _FORMS and iso_date(row[2], where) >= since
        for accession, form, period_end, filed_on, _ in [row]
    ]
    return sorted(found, key=lambda filing: filing.period_end)


def _address(row: tuple[Any, ...], ticker: str, where: str) -> str:
    """Return a filing's address; raises SourceError when what names it could lead elsewhere."""
    accession, document = str(row[0]), str(row[4])
    if not _ACCESSION.fullmatch(accession) or not _DOCUMENT.fullmatch(document):
        raise SourceError(f"{where}: {accession[:40]!r} {document[:40]!r} is not a filing's address.")
    return f"{_ARCHIVE}/{COMPANIES[ticker]}/{accession.replace('-', '')}/{document}"
