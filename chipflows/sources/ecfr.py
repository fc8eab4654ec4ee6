"""The Entity List as codified: the eCFR versioner's XML of 15 CFR part 744, which holds Supplement No. 4.

Documented at https://www.ecfr.gov/developers/documentation/api/v1. Today's date often has no text yet, so
the date comes from the list of titles.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd

from chipflows.errors import SourceError
from chipflows.sources.answers import iso_date, json_object
from chipflows.sources.feed import About, Body, Feed
from chipflows.sources.http import Access, Client

__all__ = ["EntityList", "Reader"]

Reader = Callable[[bytes, str], pd.DataFrame]
_API = "https://www.ecfr.gov/api/versioner/v1"


class EntityList(Feed):
    """Supplement No. 4 to part 744. *reader* turns the markup into the lists' table (`lists.parse`)."""

    about = About(
        id="ecfr_entity_list",
        title="Entity List, Supplement No. 4 to 15 CFR part 744",
        producer="US Government Publishing Office and Bureau of Industry and Security",
        licence="US Government work, public domain",
        url="https://www.ecfr.gov/current/title-15/part-744",
        noun="entity",
        key=("entity_id",),
        label=("name",),
        every_days=7,
        stale_after_days=45,
        least_rows=2000,
        access=Access("ecfr_entity_list", ("www.ecfr.gov",), per_second=1),
    )

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def fetch(self, client: Client, today: date) -> list[Body]:
        """Return part 744 as of the newest date the eCFR has."""
        where = "eCFR titles"
        titles = json_object(client.get(f"{_API}/titles.json"), where, "titles")["titles"]
        on = next(
            (
                item.get("up_to_date_as_of")
                for item in titles
                if isinstance(item, dict) and item.get("number") == 15
            ),
            None,
        )
        if on is None:
            raise SourceError(f"{where}: title 15 is not among them, or has no date. Try again later.")
        day = iso_date(on, where)
        body = client.get(f"{_API}/full/{day}/title-15.xml", {"part": "744"}, markup=True)
        return [Body(f"eCFR part 744 of {day}", body, day)]

    def from_file(self, content: bytes, as_of: date) -> list[Body]:
        """Return the XML or HTML of the supplement, saved from the eCFR's site."""
        return [Body("the file", content, as_of)]

    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return one row per firm, with the columns of the lists' table."""
        return self._reader(bodies[0].content, bodies[0].what)
