"""Revenue by quarter and year from SEC EDGAR company facts: totals only, since they carry no geography."""

from __future__ import annotations

from datetime import date, timedelta
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
_SLACK = timedelta(days=7)


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

    Columns: ticker, concept, start, end (ISO, the end included), period ("FY2026Q3", or "FY2026" for a year;
    see `_period`), value_usd, form, filed_on, accession, item ("revenue"). Half-years and nine months are
    left out; companies do not report a fourth quarter by itself. Raises SourceError for an answer of another
    shape or of another company.
    """
    where = f"EDGAR company facts of {ticker}"
    content = json_object(body, where, "cik", "facts")
    if content["cik"] != edgar.COMPANIES[ticker]:
        raise SourceError(f"{where}: the facts are those of CIK {str(content['cik'])[:20]}. Ask again.")
    rows = []
    with documented(where):
        concepts = content["facts"].get("us-gaap") or {}
        by_concept = {name: _usd(concepts.get(name) or {}) for name in _CONCEPTS}
        year_ends = _year_ends([fact for facts in by_concept.values() for fact in facts])
        for concept, facts in by_concept.items():
            rows += _latest(ticker, concept, facts, year_ends)
    return pd.DataFrame(rows, columns=_COLUMNS)


def _usd(concept: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a concept's facts in dollars over a span of time."""
    facts = concept.get("units", {}).get("USD") or []
    return [fact for fact in facts if "start" in fact]


def _year_ends(facts: list[dict[str, Any]]) -> list[date]:
    """Return the days on which the company's fiscal years ended, oldest first."""
    return sorted(
        {iso_date(fact["end"], "EDGAR") for fact in facts if _length(fact["start"], fact["end"]) == "year"}
    )


def _latest(
    ticker: str, concept: str, facts: list[dict[str, Any]], year_ends: list[date]
) -> list[tuple[Any, ...]]:
    """Return a row per quarter and year with its newest value."""
    by_period: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for fact in facts:
        if _length(fact["start"], fact["end"]) is not None:
            by_period.setdefault((fact["start"], fact["end"]), []).append(fact)
    rows = []
    for (start, end), same in sorted(by_period.items()):
        last = max(same, key=lambda fact: (str(fact["filed"]), str(fact["accn"])))
        period = _period(iso_date(end, "EDGAR"), _length(start, end) == "year", year_ends)
        rows.append(
            (
                ticker, concept, start, end, period, number(last["val"]), str(last["form"]),
                str(last["filed"]), str(last["accn"]), "revenue",
            )
        )  # fmt: skip
    return rows


def _period(end: date, is_year: bool, year_ends: list[date]) -> str:
    """Return "FY2026Q3", or "FY2026" for a year, by the fiscal year's end (the calendar's if none is known).

    The API's own fy and fp are those of the filing, which also repeats earlier periods. A fiscal year is
    named after the year it ends in (a 53rd week that runs into January belongs to the year before).
    """
    ends = year_ends or [date(end.year, 12, 31)]
    last = next((day for day in ends if day >= end - _SLACK), None)
    if last is None:
        years_on = -(-(end - ends[-1]).days // 371)
        last = ends[-1] + years_on * timedelta(days=364)
    name = f"FY{(last - _SLACK).year}"
    return name if is_year else f"{name}Q{4 - round((last - end).days / 91)}"


def _length(start: str, end: str) -> str | None:
    """Return "quarter" or "year", None for another length."""
    days = (iso_date(end, "EDGAR") - iso_date(start, "EDGAR")).days + 1
    if days in _QUARTER_DAYS:
        return "quarter"
    return "year" if days in _YEAR_DAYS else None
