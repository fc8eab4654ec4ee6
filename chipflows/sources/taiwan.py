"""Taiwan customs: exports of integrated circuits by destination, from a CSV a person downloads.

The statistics database (https://portal.sw.nat.gov.tw/APGA/GA30) has a form and a download but documents no
interface for programs; the ministry's documented open data hold only monthly totals of all goods. So this
source is refreshed by hand: chipflows refresh taiwan_customs --file exports.csv
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pandas as pd

from chipflows.errors import SourceError
from chipflows.sources.feed import About, Body, Feed
from chipflows.sources.http import Access, Client

__all__ = ["TaiwanCustoms", "parse"]

_PORTAL = "https://portal.sw.nat.gov.tw/APGA/GA30"
_HEADS = ("Year", "Country", "HS Code", "Export Value (USD)")
_SHAPES = tuple(map(re.compile, (r"\d{4}", r".+", r"\d{6,11}", r"[\d,]+(?:\.\d+)?")))


class TaiwanCustoms(Feed):
    """Exports by year, destination and 11-digit code, as the CSV has them."""

    about = About(
        id="taiwan_customs",
        title="Taiwan customs, exports of integrated circuits by destination",
        producer="Customs Administration, Ministry of Finance, Taiwan",
        licence="Taiwan Open Government Data Licence, version 1.0",
        url=_PORTAL,
        noun="flow",
        key=_HEADS[:3],
        label=_HEADS[:3],
        every_days=30,
        stale_after_days=400,
        by_hand=True,
        access=Access("taiwan_customs", ()),
    )

    def fetch(self, client: Client, today: date) -> list[Body]:
        """Raise SourceError with the steps: no interface for programs is documented."""
        raise SourceError(
            f"taiwan_customs: no interface for programs is documented. Download the CSV (columns "
            f"{', '.join(_HEADS)}) at {_PORTAL}, then: chipflows refresh taiwan_customs --file FILE"
        )

    def from_file(self, content: bytes, as_of: date) -> list[Body]:
        """Return the CSV downloaded by hand."""
        return [Body("the file", content, as_of)]

    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return one row per year, destination and code; see `parse`."""
        return parse(bodies[0].content)


def parse(body: bytes) -> pd.DataFrame:
    """Return the CSV's rows under its own names, as text (`trade.from_taiwan` makes bilateral rows of them).

    Raises SourceError for other columns, text that is not UTF-8, or a cell that does not fit.
    """
    where = "Taiwan customs"
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError as problem:
        raise SourceError(
            f"{where}: byte {problem.start:,} is not UTF-8. Save the file as CSV UTF-8."
        ) from problem
    missing = [head for head in _HEADS if head not in (reader.fieldnames or ())]
    if missing:
        raise SourceError(f"{where}: no column {', '.join(missing)}. Needed: {', '.join(_HEADS)}.")
    rows = []
    for row in reader:
        cells = [(row[head] or "").strip() for head in _HEADS]
        if not all(shape.fullmatch(cell) for shape, cell in zip(_SHAPES, cells, strict=True)):
            raise SourceError(f"{where}: line {reader.line_num} does not fit: {cells}. Download it again.")
        rows.append(cells)
    return pd.DataFrame(rows, columns=list(_HEADS))
