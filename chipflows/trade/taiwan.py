"""Taiwan customs' exports by destination as bilateral rows."""

from __future__ import annotations

import re

import pandas as pd

from chipflows.errors import TableError
from chipflows.trade.bilateral import bilateral
from chipflows.trade.places import countries

__all__ = ["from_taiwan", "roc_period"]

_NEEDED = ("Year", "Country", "HS Code", "Export Value (USD)")
_ROC = re.compile(r"(\d{2,3})年(?:(\d{1,2})月)?(?:~(\d{2,3})年(\d{1,2})月)?")
_FIRST = 1911  # year 1 of the Republic of China calendar is 1912


def from_taiwan(
    frame: pd.DataFrame, part_year: str = "", source: str = "taiwan_customs_ic_exports"
) -> pd.DataFrame:
    """Return the portal's yearly exports by destination (Chinese names, 11-digit codes) as a bilateral table.

    frame: Year, Country, HS Code, Export Value (USD), all text. Values are free on board and include
    re-exports. *part_year* names the year that is not whole: its rows are marked preliminary. Raises
    TableError for a missing column, an unknown country or a value that is no number.
    """
    for name in _NEEDED:
        if name not in frame.columns:
            raise TableError(f"Taiwan customs: no column {name!r}. Needed: {', '.join(_NEEDED)}.")
    values = pd.to_numeric(frame["Export Value (USD)"].astype(str).str.replace(",", ""), errors="coerce")
    if values.isna().any():
        bad = frame.loc[values.isna(), "Export Value (USD)"].iloc[0]
        raise TableError(f"Taiwan customs: {bad!r} is not a value. Check the file.")
    rows = pd.DataFrame(
        {
            "reporter": "TW",
            "partner": countries(frame["Country"], "taiwan_customs"),
            "flow": "export",
            "hs": frame["HS Code"].astype(str),
            "period": frame["Year"].astype(str),
            "value_usd": values,
            "valuation": "FOB",
            "is_preliminary": frame["Year"].astype(str) == part_year,
            "source": source,
        }
    )
    return bilateral(rows)


def roc_period(text: str) -> str:
    """Return a date of the Republic of China calendar as a period: 102年 is 2013.

    A span such as 114年1月~114年7月 is 2025-01/2025-07.

    Raises TableError for text of another form.
    """
    found = _ROC.match(text)
    if not found:
        raise TableError(f"Taiwan customs: {text!r} is not a date such as 102年 or 114年1月~114年7月.")
    year, month, last_year, last_month = found.groups()
    start = f"{int(year) + _FIRST}" + (f"-{int(month):02d}" if month else "")
    return start if not last_year else f"{start}/{int(last_year) + _FIRST}-{int(last_month):02d}"
