"""Country codes of customs statistics as ISO codes, and names for figures."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from chipflows import paths, tables
from chipflows.errors import TableError, did_you_mean

__all__ = ["countries", "place_name", "places"]

_BLOC = r"0\d{3}|.*X.*|-"  # Census writes groups as 0003, 4XXX and the total as -


def places(system: str) -> dict[str, str]:
    """Return ISO codes by the codes of *system* (us_census, un_comtrade, taiwan_customs); "" for a bloc.

    Raises TableError for a system that is not in the table trade_places.
    """
    table = tables.table("trade_places")
    if system not in set(table["system"]):
        raise TableError(did_you_mean(system, table["system"], "code system", "trade_places"))
    rows = table[table["system"] == system]
    return dict(zip(rows["code"], rows["country"].fillna(""), strict=True))


def countries(codes: pd.Series, system: str) -> pd.Series:
    """Return *codes* of *system* as ISO codes, "" for blocs and totals, which would count countries twice.

    Raises TableError naming a code that the table does not hold: a country that is not read would be missed.
    """
    known = places(system)
    text = codes.astype(str).str.strip()
    found = text.map(known)
    if system == "us_census":
        found = found.mask(found.isna() & text.str.fullmatch(_BLOC), "")
    unknown = sorted(set(text[found.isna()]))
    if unknown:
        raise TableError(did_you_mean(unknown[0], known, f"{system} code") + " Add it to trade_places.csv.")
    return found


def place_name(country: str) -> str:
    """Return a country's English name by its ISO code, the code itself where no row names it."""
    return _names(str(paths.home())).get(country, country)


@lru_cache(maxsize=2)
def _names(_home: str) -> dict[str, str]:
    """Return names by ISO code. Cached per home."""
    table = tables.table("trade_places").dropna(subset=["country"])
    return dict(zip(table["country"], table["name"], strict=True)) | {"AE": "UAE", "CN": "PRC", "US": "US"}
