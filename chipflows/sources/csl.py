"""The trade.gov Consolidated Screening List: one download, no key, CSV or JSON.

It holds the Entity List, the MEU list, NS-CMIC and the Unverified List, which we keep, and sanctions
lists, which we do not; the 1260H list is not in it (see `federal_register.MilitaryCompanies`). Documented at https://www.trade.gov/consolidated-screening-list.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from chipflows.errors import SourceError
from chipflows.sources.ecfr import Reader
from chipflows.sources.feed import About, Body, Feed
from chipflows.sources.http import Access, Client

__all__ = ["KEPT", "ScreeningList"]

_DOWNLOAD = "https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated"
# The lists of firms that export controls use; the rest of the file is sanctions, mostly of persons.
KEPT = ("Entity List", "MEU", "NS-CMIC", "UVL")
_NEVER_EMPTY = KEPT[:3]


class ScreeningList(Feed):
    """The lists in KEPT. *reader* turns CSV or JSON into the lists' table (`lists.parse`)."""

    about = About(
        id="csl",
        title="Consolidated Screening List: Entity List, MEU, NS-CMIC and Unverified List",
        producer="International Trade Administration",
        licence="US Government work, public domain",
        url="https://www.trade.gov/consolidated-screening-list",
        noun="entity",
        key=("entity_id",),
        label=("name",),
        group="list",
        every_days=1,
        stale_after_days=30,
        least_rows=1500,
        access=Access("csl", ("data.trade.gov",), per_second=1),
    )

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def fetch(self, client: Client, today: date) -> list[Body]:
        """Return the CSV; the JSON of the same list when the CSV cannot be had."""
        try:
            return [Body("CSL, CSV", client.get(f"{_DOWNLOAD}.csv"))]
        except SourceError:
            if client.network.unreachable or client.offline:
                raise
            return [Body("CSL, JSON", client.get(f"{_DOWNLOAD}.json"))]

    def from_file(self, content: bytes, as_of: date) -> list[Body]:
        """Return consolidated.csv or consolidated.json, downloaded by hand."""
        return [Body("the file", content, as_of)]

    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return one row per firm and list, with the columns of the lists' table."""
        return self._reader(bodies[0].content, bodies[0].what)

    def validate(self, frame: pd.DataFrame) -> None:
        """Refuse, beside the usual, a download in which a list we use is missing."""
        super().validate(frame)
        missing = [name for name in _NEVER_EMPTY if not (frame["list"] == name).any()]
        if missing:
            raise SourceError(f"csl: no entry of {', '.join(missing)}. The download is not whole: try again.")
