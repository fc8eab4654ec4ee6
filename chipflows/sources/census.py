"""US Census international trade: monthly exports and imports of servers and chips, by country.

Documented at https://www.census.gov/data/developers/data-sets/international-trade.html. A key is asked for
(CENSUS_API_KEY); without one, or with a wrong one, a web page comes, some with status 200. Census asks for
the notice: "This product uses the Census Bureau Data API but is not endorsed or certified by the Census
Bureau."
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd

from chipflows.errors import SourceError
from chipflows.sources.answers import json_list
from chipflows.sources.feed import About, Body, Feed
from chipflows.sources.http import Access, Client
from chipflows.sources.keys import Key
from chipflows.sources.months import years

__all__ = ["CODES", "Census", "parse", "tidy"]

CODES = ("847150", "847180", "847330", "854231", "854232", "854239", "848620")
_WHERE = "US Census international trade"
_API = "https://api.census.gov/data/timeseries/intltrade"
# A country's Schedule C code; blocs and totals are "-", 0003, 0020, 4XXX and the like.
_COUNTRY = re.compile(r"[1-9]\d{3}")
# Ours -> the API's names: the two directions are not alike.
_NAMES = {
    "exports": {
        "hs": "E_COMMODITY", "value_usd": "ALL_VAL_MO", "quantity": "QTY_1_MO", "flag": "QTY_1_MO_FLAG",
    },
    "imports": {
        "hs": "I_COMMODITY", "value_usd": "GEN_VAL_MO", "quantity": "GEN_QY1_MO", "flag": "GEN_QY1_MO_FLAG",
    },
}  # fmt: skip
_TIDY = [
    "country_code", "country", "flow", "hs", "period", "value_usd", "valuation", "quantity", "quantity_unit",
]  # fmt: skip


class Census(Feed):
    """US exports and general imports of CODES with every country, monthly."""

    about = About(
        id="us_census",
        title="US international trade, monthly, servers and chips by country",
        producer="US Census Bureau",
        licence="US Government work, public domain; not endorsed or certified by the Census Bureau",
        url="https://www.census.gov/data/developers/data-sets/international-trade.html",
        noun="flow",
        key=("country_code", "flow", "hs", "period"),
        label=("period", "flow", "country", "hs"),
        every_days=30,
        stale_after_days=100,
        access=Access(
            "us_census", ("api.census.gov",), per_second=2, key=Key("CENSUS_API_KEY", "query", "key")
        ),
    )

    def __init__(self, first_month: str = "2022-01", codes: tuple[str, ...] = CODES) -> None:
        self.first_month = first_month
        self.codes = codes

    def fetch(self, client: Client, today: date) -> list[Body]:
        """Return one answer a direction, code and year: each stays small, and a stopped run goes on."""
        bodies = []
        for way, names in _NAMES.items():
            for code in self.codes:
                for year in years(self.first_month, today):
                    params = {
                        "get": ",".join(
                            (
                                "CTY_CODE",
                                "CTY_NAME",
                                names["value_usd"],
                                names["quantity"],
                                names["flag"],
                                "UNIT_QY1",
                            )
                        ),
                        names["hs"]: code,
                        "COMM_LVL": "HS6",
                        "SUMMARY_LVL": "DET",
                        "time": f"from {year[0]} to {year[-1]}",
                    }
                    bodies.append(Body(f"{way} {code} {year[0]}", client.get(f"{_API}/{way}/hs", params)))
        return bodies

    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return one row per country, direction, code and month; see `tidy`."""
        frames = [tidy(parse(body.content), body.what.split()[0]) for body in bodies]
        return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def tidy(raw: pd.DataFrame, way: str) -> pd.DataFrame:
    """Return the API's rows in our columns, one row per country, flow, code and month.

    Columns are named as in the trade layer's bilateral table, with the Census's own country code in place of
    partner. *way* is "exports" (free alongside ship, domestic and foreign goods together) or "imports"
    (general imports, customs value); value_usd is in US dollars. A quantity whose flag says "M" is missing
    and blank, a zero without a flag is a zero; a code without a unit ("X") has no quantity. Rows of blocs
    and totals are left out. Raises SourceError for a missing column or a value that is no number.
    """
    if raw.empty:
        return pd.DataFrame(columns=_TIDY)
    names = _NAMES[way]
    missing = [name for name in (*names.values(), "CTY_CODE", "CTY_NAME", "time") if name not in raw]
    if missing:
        raise SourceError(f"{_WHERE}: the {way} have no column {', '.join(missing)}. Ask for them.")
    rows = raw[[bool(_COUNTRY.fullmatch(str(code))) for code in raw["CTY_CODE"]]]
    units = rows["UNIT_QY1"] if "UNIT_QY1" in rows else pd.Series("", index=rows.index)
    units = units.fillna("").replace({"-": "", "X": ""})
    quantity = _numbers(rows[names["quantity"]], way)
    is_export = way == "exports"
    tidied = {
        "country_code": rows["CTY_CODE"].astype(str),
        "country": rows["CTY_NAME"].astype(str),
        "flow": "export" if is_export else "import",
        "hs": rows[names["hs"]].astype(str),
        "period": rows["time"].astype(str),
        "value_usd": _numbers(rows[names["value_usd"]], way),
        "valuation": "FAS" if is_export else "customs",
        "quantity": quantity.mask(rows[names["flag"]].eq("M") | units.eq("")),
        "quantity_unit": units,
    }
    return pd.DataFrame(tidied)[_TIDY].reset_index(drop=True)


def _numbers(column: pd.Series, way: str) -> pd.Series:
    """Return a column of digits as numbers, blanks missing; raises SourceError for anything else."""
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column[~np.isfinite(numbers) & column.notna() & column.ne("")]
    if len(wrong):
        raise SourceError(
            f"{_WHERE}: {wrong.iloc[0]!r} in {column.name} of the {way} is not a number. Ask again."
        )
    return numbers.astype("float64")


def parse(body: bytes) -> pd.DataFrame:
    """Return the API's rows, one a row, every cell text as published; no rows for an empty (204) body.

    The API answers with an array of arrays whose first is the header. A predicate that was also asked for
    comes twice; one copy is kept when both agree. A "0" quantity may mean missing, so nothing is turned
    into numbers here. Raises SourceError for HTML (a refused key answers so, with status 200), for a body
    that is cut off, and for rows that do not fit the header.
    """
    if not body.strip():
        return pd.DataFrame()
    rows = _rows(body)
    header = rows[0]
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise SourceError(
                f"{_WHERE}: row {number} has {len(row)} cells and the header {len(header)}. "
                "The answer is damaged: ask again."
            )
    frame = pd.DataFrame(rows[1:], columns=range(len(header)), dtype=object)
    return _without_repeats(frame, header)


def _rows(body: bytes) -> list[list[str | None]]:
    """Return the arrays of *body*; raises SourceError when it is not the documented shape."""
    if body.lstrip().startswith(b"<"):
        raise SourceError(
            f"{_WHERE}: a web page came instead of data, as it does for a missing or refused key. "
            "Check the key in your environment."
        )
    rows = json_list(body, _WHERE)
    if not rows or not all(isinstance(row, list) for row in rows):
        raise SourceError(f"{_WHERE}: expected an array of arrays, the first the header. Ask again.")
    if any(not (cell is None or isinstance(cell, str)) for row in rows for cell in row):
        raise SourceError(f"{_WHERE}: a cell is not text, as every cell of this API is. Ask again.")
    return rows


def _without_repeats(frame: pd.DataFrame, header: list[str | None]) -> pd.DataFrame:
    """Return *frame* named by *header*, a repeated column once; raises SourceError when copies differ."""
    first: dict[str, int] = {}
    for at, name in enumerate(map(str, header)):
        if name in first and not frame[first[name]].equals(frame[at]):
            raise SourceError(f"{_WHERE}: two columns called {name!r} differ. Ask for it once.")
        first.setdefault(name, at)
    kept = frame[list(first.values())]
    kept.columns = pd.Index(list(first))
    return kept
