"""Revenue by quarter and year from SEC EDGAR company facts: totals only, since they carry no geography."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from chipflows.errors import SourceError
from chipflows.sources import edgar
from chipflows.sources.answers import documented, iso_date, json_object, number
from chipflows.sources.feed import About, Body, Feed
from chipflows.sources.http import Client

__all__ = ["CompanyFacts", "parse"]

_CONCEPTS = ("Revenues", "RevenueFromContractWithCustomerExcludingAssessedTax", "SalesRevenueNet")
_COLUMNS = [
    "ticker", "concept", "start", "end", "period", "value_usd", "form", "filed_on", "accession", "item",
]  # fmt: skip
_QUARTER_DAYS = range(80, 101)
_YEAR_DAYS = range(350, 380)


class CompanyFacts(Feed):
    """Reported revenue of the companies in `edgar.COMPANIES`, for periods that end in 2018 or later."""

    about = About(
        id="edgar_revenue",
        title="Revenue as reported to the SEC: " + ", ".join(edgar.COMPANIES),
        producer="The companies, through SEC EDGAR",
        licence="Public filings; facts only",
        url="https://www.sec.gov/search-filings/edgar-application-programming-interfaces",
        noun="fact",
        key=("ticker", "concept", "start", "end"),
        label=("ticker", "period", "item"),
        every_days=30,
        stale_after_days=120,
        least_rows=20,
        access=edgar.access("edgar_revenue"),
    )

    def __init__(
        self, tickers: tuple[str, ...] = tuple(edgar.COMPANIES), since: date = date(2018, 1, 1)
    ) -> None:
        self.tickers = tickers
        self.since = since

    def fetch(self, client: Client, today: date) -> list[Body]:
        """Return the company facts of every ticker."""
        return [
            Body(
                ticker,
                client.get(f"{edgar.DATA}/api/xbrl/companyfacts/CIK{edgar.COMPANIES[ticker]:010d}.json"),
            )
            for ticker in self.tickers
        ]

    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return one row per company, concept and period; see `parse`."""
        frames = [parse(body.content, body.what) for body in bodies]
        frame = pd.concat(frames, ignore_index=True)
        return frame[frame["end"] >= self.since.isoformat()].reset_index(drop=True)

    def validate(self, frame: pd.DataFrame) -> None:
        """Refuse, beside the usual, a set in which a company has no revenue."""
        super().validate(frame)
        missing = sorted(set(self.tickers) - set(frame["ticker"]))
        if missing:
            raise SourceError(f"{self.about.id}: no revenue of {', '.join(missing)}. Ask again.")


def parse(body: bytes, ticker: str) -> pd.DataFrame:
    """Return a company's revenue of single quarters and years in US dollars, the latest filed of each.

    Columns: ticker, concept, start, end (ISO, the end included), period ("FY2026Q3", or "FY2026" for a year,
    as the filing that first gave it says), value_usd, form, filed_on, accession, item ("revenue"). Half-years
    and nine months are left out. Raises SourceError for an answer of another shape or of another company.
    """
    where = f"EDGAR company facts of {ticker}"
    content = json_object(body, where, "cik", "facts")
    if content["cik"] != edgar.COMPANIES[ticker]:
        raise SourceError(f"{where}: the facts are those of CIK {str(content['cik'])[:20]}. Ask again.")
    rows = []
    with documented(where):
        concepts = content["facts"].get("us-gaap") or {}
        for concept in _CONCEPTS:
            facts = (concepts.get(concept) or {}).get("units", {}).get("USD") or []
            rows += _latest(ticker, concept, facts)
    return pd.DataFrame(rows, columns=_COLUMNS)


def _latest(ticker: str, concept: str, facts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return a row per period: its newest value, its name from the filing that gave it first."""
    by_period: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for fact in facts:
        if "start" in fact and _length(fact["start"], fact["end"]) is not None:
            by_period.setdefault((fact["start"], fact["end"]), []).append(fact)
    rows = []
    for (start, end), same in sorted(by_period.items()):
        ordered = sorted(same, key=lambda fact: (str(fact["filed"]), str(fact["accn"])))
        first, last = ordered[0], ordered[-1]
        period = f"FY{first['fy']}" + ("" if _length(start, end) == "year" else str(first["fp"]))
        rows.append(
            (
                ticker, concept, start, end, period, number(last["val"]), str(last["form"]),
                str(last["filed"]), str(last["accn"]), "revenue",
            )
        )  # fmt: skip
    return rows


def _length(start: str, end: str) -> str | None:
    """Return "quarter" or "year", None for another length."""
    days = (iso_date(end, "EDGAR") - iso_date(start, "EDGAR")).days + 1
    if days in _QUARTER_DAYS:
        return "quarter"
    return "year" if days in _YEAR_DAYS else None
