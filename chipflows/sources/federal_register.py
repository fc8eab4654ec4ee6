"""Rules of the Bureau of Industry and Security, and notices under section 1260H, from the Federal Register.

API documented at https://www.federalregister.gov/developers/documentation/api/v1: at most 1,000 a page and
10,000 in all, and past page 50 it silently gives page 1 again. So: windows of one year, cut in two when one
would need more than 50 pages, and a document that comes twice is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd

from chipflows.errors import SourceError
from chipflows.sources.answers import documented, iso_date, json_object, number
from chipflows.sources.feed import About, Body, Feed
from chipflows.sources.http import Access, Client

__all__ = ["MilitaryCompanies", "Rules"]

_API = "https://www.federalregister.gov/api/v1/documents.json"
_LAST_PAGE = 50
_FIELDS = [
    "document_number", "type", "title", "action", "citation", "publication_date", "effective_on", "html_url",
]  # fmt: skip


class _Documents(Feed):
    """Documents that meet some conditions, one a row."""

    conditions: dict[str, str | list[str]]
    first_day = date(2018, 1, 1)
    per_page = 1000

    def fetch(self, client: Client, today: date) -> list[Body]:
        """Return every page of every window from the first day on."""
        bodies: list[Body] = []
        start = self.first_day
        while start <= today:
            end = min(date(start.year, 12, 31), today)
            bodies += self._window(client, start, end)
            start = end + timedelta(days=1)
        return bodies

    def _window(self, client: Client, start: date, end: date) -> Iterator[Body]:
        """Yield the pages of one window; the window is halved when it needs too many."""
        first = self._page(client, start, end, 1)
        pages = _pages(first)
        if pages > _LAST_PAGE:
            if start == end:
                raise SourceError(f"{self.about.id}: {start} alone has more than {_LAST_PAGE} pages.")
            middle = start + (end - start) // 2
            yield from self._window(client, start, middle)
            yield from self._window(client, middle + timedelta(days=1), end)
            return
        yield first
        for page in range(2, pages + 1):
            yield self._page(client, start, end, page)

    def _page(self, client: Client, start: date, end: date, page: int) -> Body:
        """Return one page."""
        params: dict[str, str | list[str]] = {
            **self.conditions,
            "conditions[publication_date][gte]": start.isoformat(),
            "conditions[publication_date][lte]": end.isoformat(),
            "fields[]": _FIELDS,
            "order": "oldest",
            "per_page": str(self.per_page),
            "page": str(page),
        }
        return Body(f"{start} to {end}, page {page}", client.get(_API, params))

    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return one row per document: number, dates, citation, type, title, action, address.

        Raises SourceError when a document comes twice, or when fewer came than the API counted.
        """
        rows: list[dict[str, Any]] = []
        counted = 0
        for body in bodies:
            content = _content(body)
            if body.what.endswith("page 1"):
                counted += content["count"]
            with documented(f"Federal Register, {body.what}"):
                rows += [_row(row) for row in content.get("results") or []]
        frame = pd.DataFrame(rows, columns=_FIELDS)
        twice = frame.loc[frame["document_number"].duplicated(), "document_number"]
        if len(twice):
            raise SourceError(
                f"{self.about.id}: {twice.iloc[0]} came twice; past page {_LAST_PAGE} the API repeats its "
                "first page. Nothing was kept."
            )
        if len(frame) != counted:
            raise SourceError(
                f"{self.about.id}: {len(frame):,} documents came where {counted:,} were counted. Ask again."
            )
        return frame


def _content(body: Body) -> dict[str, Any]:
    """Return a page's content; raises SourceError unless it has the documented keys."""
    content = json_object(body.content, f"Federal Register, {body.what}", "count")
    if not isinstance(content["count"], int) or (content["count"] and not content.get("results")):
        raise SourceError(f"Federal Register, {body.what}: a count without results. Ask again.")
    return content


def _pages(body: Body) -> int:
    """Return how many pages the first page announces; none when nothing was found."""
    with documented(f"Federal Register, {body.what}"):
        return int(number(_content(body).get("total_pages") or 1))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a document's fields, its dates checked; raises SourceError for one without number or date."""
    number = str(row.get("document_number") or "")
    if not number:
        raise SourceError("Federal Register: a document without number. Ask again.")
    iso_date(row.get("publication_date"), f"Federal Register {number}")
    return {name: None if row.get(name) is None else str(row[name]) for name in _FIELDS}


class Rules(_Documents):
    """Every rule of the Bureau of Industry and Security since 2018."""

    about = About(
        id="federal_register_bis",
        title="Rules of the Bureau of Industry and Security",
        producer="Office of the Federal Register",
        licence="US Government work, public domain",
        url="https://www.federalregister.gov/developers/documentation/api/v1",
        noun="rule",
        key=("document_number",),
        label=("citation", "title"),
        every_days=1,
        stale_after_days=30,
        access=Access("federal_register_bis", ("www.federalregister.gov",), per_second=2),
    )
    conditions = {  # noqa: RUF012 - never changed
        "conditions[agencies][]": "industry-and-security-bureau",
        "conditions[type][]": "RULE",
    }


class MilitaryCompanies(_Documents):
    """Notices that name Chinese military companies under section 1260H. The names stand in their text."""

    about = About(
        id="dod_1260h_notices",
        title="Notices of Chinese military companies (section 1260H), dates and citations",
        producer="Department of Defense, in the Federal Register",
        licence="US Government work, public domain",
        url="https://www.federalregister.gov/developers/documentation/api/v1",
        noun="notice",
        key=("document_number",),
        label=("citation", "title"),
        every_days=90,
        stale_after_days=400,
        access=Access("dod_1260h_notices", ("www.federalregister.gov",), per_second=2),
    )
    first_day = date(2021, 1, 1)
    conditions = {  # noqa: RUF012 - never changed
        "conditions[agencies][]": "defense-department",
        "conditions[type][]": "NOTICE",
        "conditions[term]": '"Chinese military companies"',
    }
