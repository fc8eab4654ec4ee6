"""The bilateral rows the project ships, and beside them those a user pulled, where asked for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from chipflows import tables
from chipflows.trade.bilateral import KEY, aggregate, bilateral
from chipflows.trade.comtrade import read_comtrade
from chipflows.trade.extracts import totals
from chipflows.trade.pulled import pulled

__all__ = ["SHIPPED", "held"]

SHIPPED = "shipped"


def held(snapshot: str = SHIPPED, extract: Path | str = "") -> pd.DataFrame:
    """Return everything held as one bilateral table at six digits: US exports (FAS, monthly), US imports
    (customs value, yearly) and Taiwan's exports (FOB, yearly), as shipped.

    *snapshot* "newest" or a date adds what a refresh pulled onto this machine: a customs office's own rows
    stand before those shipped, for they are revised, UN Comtrade's after, for they are second-hand.
    *extract* (a Parquet extract, or one saved Comtrade answer) adds the rows a user pulled by other means for
    the codes the project looks at; where it repeats a key, what was held stays.
    """
    whole = pd.concat([_us_exports(), _us_imports(), _taiwan()], ignore_index=True)
    if snapshot != SHIPPED:
        fresh = pulled(snapshot)
        fresh = fresh[fresh["hs"].astype(str).str[:6].isin(_codes())]
        whole = whole if fresh.empty else _with_pulled(aggregate(fresh), whole)
    if str(extract):
        whole = _beside(whole, _extracted(Path(extract)))
    return bilateral(whole)


def _with_pulled(fresh: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Return *whole* with pulled rows: the offices' own first, then *whole*, then UN Comtrade's."""
    second_hand = fresh["source"] == "comtrade"
    return _beside(_beside(fresh[~second_hand], whole), fresh[second_hand])


def _beside(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return *first* and those rows of *second* whose key it does not hold."""
    known = pd.MultiIndex.from_frame(first[KEY])
    return pd.concat([first, second[~pd.MultiIndex.from_frame(second[KEY]).isin(known)]], ignore_index=True)


def _codes() -> list[str]:
    """Return the codes the project looks at: those of hs_codes and the rest of Taiwan's heading 8542."""
    return sorted({*tables.table("hs_codes")["hs6"], *tables.table("taiwan_ic_exports")["hs6"]})


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


def _extracted(extract: Path) -> pd.DataFrame:
    """Return the rows of an extract for the codes the project looks at, at six digits."""
    if extract.suffix != ".parquet" and not extract.is_dir():
        answer = read_comtrade(extract)
        return aggregate(answer[answer["hs"].str[:6].isin(_codes()) & (answer["hs"].str.len() >= 6)])
    summed = totals(extract, by=[*KEY, "valuation", "source"], where={"hs": _codes()})
    return bilateral(summed.drop(columns="rows"))
