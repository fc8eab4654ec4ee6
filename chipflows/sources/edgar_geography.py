"""Revenue by geography from filings' inline XBRL (the company facts API carries no such facts).

What a member means, the place billed or the customer's headquarters, differs by company and year: the filing
says, and two bases must never be joined into one series.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pandas as pd
from lxml import etree

from chipflows.errors import SourceError
from chipflows.sources import edgar
from chipflows.sources.feed import About, Body, Feed
from chipflows.sources.http import Client

__all__ = ["Geography", "parse"]

_AXIS = "srt:StatementGeographicalAxis"
_REVENUE = ("us-gaap:Revenues", "us-gaap:RevenueFromContractWithCustomerExcludingAssessedTax")
_NEEDED = {"explicitmember", "startdate", "enddate"}
_COLUMNS = ["concept", "member", "start", "end", "value_usd"]


class Geography(Feed):
    """Revenue by geography in every 10-Q and 10-K of `edgar.COMPANIES` since a day."""

    about = About(
        id="edgar_geography",
        title="Revenue by geography in filings: " + ", ".join(edgar.COMPANIES),
        producer="The companies, through SEC EDGAR",
        licence="Public filings; facts only",
        url="https://www.sec.gov/search-filings/edgar-application-programming-interfaces",
        noun="fact",
        key=("ticker", "accession", "concept", "member", "start", "end"),
        label=("ticker", "form", "start", "end", "member"),
        every_days=30,
        stale_after_days=120,
        least_rows=10,
        access=edgar.access("edgar_geography"),
    )

    def __init__(
        self, tickers: tuple[str, ...] = tuple(edgar.COMPANIES), since: date = date(2024, 1, 1)
    ) -> None:
        self.tickers = tickers
        self.since = since

    def fetch(self, client: Client, today: date) -> list[Body]:
        """Return the filings themselves; a filing never changes, so each is downloaded once."""
        bodies = []
        for ticker in self.tickers:
            for filing in edgar.filings(client, ticker, self.since):
                what = f"{ticker} {filing.form} {filing.accession} {filing.filed_on}"
                body = client.get(filing.url, markup=True, never_changes=True)
                bodies.append(Body(what, body))
        return bodies

    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return every filing's facts: ticker, form, accession, filed_on, then the columns of `parse`."""
        frames = []
        for body in bodies:
            ticker, form, accession, filed_on = body.what.split()
            try:
                facts = parse(body.content)
            except SourceError as problem:
                raise SourceError(f"{body.what}: {problem}") from problem
            facts.insert(0, "filed_on", filed_on)
            facts.insert(0, "accession", accession)
            facts.insert(0, "form", form)
            facts.insert(0, "ticker", ticker)
            frames.append(facts)
        if not frames:
            raise SourceError(f"{self.about.id}: no filing since {self.since}. Ask again.")
        frame = pd.concat([part for part in frames if len(part)] or frames[:1], ignore_index=True)
        silent = sorted(set(self.tickers) - set(frame["ticker"]))
        frame.attrs["note"] = f"no revenue by geography tagged: {', '.join(silent)}" if silent else ""
        return frame


def parse(body: bytes) -> pd.DataFrame:
    """Return one row per revenue fact whose only dimension is geography, values in US dollars.

    Columns: concept, member (as the filer names it, "country:SG"), start, end (ISO, the end included),
    value_usd. What a member means, billing place or headquarters, the filing says and this does not.
    Raises SourceError when the body is no filing, or when one fact is tagged with two values.
    """
    # The HTML reader expands no entity and opens no file; names come out in lower case.
    root = etree.fromstring(body, etree.HTMLParser(no_network=True)) if body.strip() else None
    if root is None:
        raise SourceError("SEC filing: the body is empty or no web page. Ask again.")
    places = {node.get("id"): _place(node) for node in root.iter() if _local(node) == "context"}
    rows = set()
    for node in root.iter():
        if _local(node) == "nonfraction" and node.get("name") in _REVENUE:
            place = places.get(node.get("contextref"))
            if place:
                rows.add((node.get("name"), *place, _value(node)))
    frame = pd.DataFrame(sorted(rows), columns=_COLUMNS)
    twice = frame[frame.duplicated(_COLUMNS[:-1])]
    if len(twice):
        raise SourceError(
            f"SEC filing: {twice['member'].tolist()[0]!r} has two values for one period. Check the filing."
        )
    return frame


def _local(node: etree._Element) -> str:
    """Return the tag without its prefix; "" for comments."""
    return node.tag.rpartition(":")[2] if isinstance(node.tag, str) else ""


def _place(context: etree._Element) -> tuple[str, str, str] | None:
    """Return (member, start, end) of a period whose one dimension is geography, else None."""
    texts = {_local(node): (node.text or "").strip() for node in context.iter()}
    members = [node for node in context.iter() if _local(node) in ("explicitmember", "typedmember")]
    if len(members) != 1 or members[0].get("dimension") != _AXIS or not texts.keys() >= _NEEDED:
        return None
    return texts["explicitmember"], texts["startdate"], texts["enddate"]


def _value(node: etree._Element) -> float:
    """Return the fact in dollars: printed digits x 10^scale, negative where its sign says so."""
    text = "".join(str(part) for part in node.itertext()).replace(",", "").strip()
    try:
        value = Decimal("0" if text in ("—", "-", "–") else text).scaleb(int(node.get("scale") or 0))
        if not math.isfinite(value):
            raise ValueError(text)
    except (ArithmeticError, ValueError) as problem:
        raise SourceError(f"SEC filing: {text!r} is not a number. Check the filing.") from problem
    return float(-value if node.get("sign") == "-" else value)
