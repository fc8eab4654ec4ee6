"""The bilateral rows the project ships, with those of a Comtrade extract a user pulled, if one is named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from chipflows import tables
from chipflows.trade.bilateral import KEY, bilateral
from chipflows.trade.comtrade import read_comtrade
from chipflows.trade.extracts import totals

__all__ = ["held"]


def held(extract: Path | str = "") -> pd.DataFrame:
    """Return everything held as one bilateral table at six digits: US exports (FAS, monthly), US imports
    (customs value, yearly), Taiwan's exports (FOB, yearly), and the rows of *extract* for codes the project
    looks at.

    *extract* is a Parquet extract or one saved Comtrade answer; where it repeats a key that is shipped, the
    shipped row stays, for it comes from the producer itself.
    """
    shipped = pd.concat([_us_exports(), _us_imports(), _taiwan()], ignore_index=True)
    if not str(extract):
        return bilateral(shipped)
    pulled = _pulled(Path(extract))
    known = pd.MultiIndex.from_frame(shipped[KEY])
    fresh = pulled[~pd.MultiIndex.from_frame(pulled[KEY]).isin(known)]
    return bilateral(pd.concat([shipped, fresh], ignore_index=True))


def _us_exports() -> pd.DataFrame:
    """Return US exports by month."""
    rows = tables.table("us_exports_monthly").rename(columns={"month": "period", "hs6": "hs"})
    return _table(rows, reporter="US", flow="export", valuation="FAS")


def _us_imports() -> pd.DataFrame:
    """Return US imports by year."""
    rows = tables.table("us_imports_yearly").rename(columns={"origin": "partner", "hs6": "hs"})
    rows["period"] = rows["year"].astype(int).astype(str)
    return _table(rows, reporter="US", flow="import", valuation="customs")


def _taiwan() -> pd.DataFrame:
    """Return Taiwan's exports by year; the part year is preliminary."""
    rows = tables.table("taiwan_ic_exports").rename(columns={"destination": "partner", "hs6": "hs"})
    rows["period"] = rows["year"].astype(int).astype(str)
    rows["is_preliminary"] = rows["is_part_year"]
    return _table(rows, reporter="TW", flow="export", valuation="FOB")


def _table(rows: pd.DataFrame, **fixed: str) -> pd.DataFrame:
    """Return the columns of a bilateral table with *fixed* values."""
    whole = rows.assign(source=rows["source_ids"], **fixed)
    kept = [
        *KEY,
        "value_usd",
        "valuation",
        "source",
        *(["is_preliminary"] if "is_preliminary" in whole else []),
    ]
    return whole[kept]


def _pulled(extract: Path) -> pd.DataFrame:
    """Return the rows of an extract for the codes of hs_codes, at six digits."""
    codes = sorted(set(tables.table("hs_codes")["hs6"]) | {"854233", "854290"})
    if extract.suffix != ".parquet" and not extract.is_dir():
        answer = read_comtrade(extract)
        return answer[answer["hs"].isin(codes)]
    summed = totals(extract, by=[*KEY, "valuation", "source"], where={"hs": codes})
    return bilateral(summed.drop(columns="rows"))
