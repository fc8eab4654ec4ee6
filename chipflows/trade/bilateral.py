"""The one bilateral table: who reports what trade with whom, in which code and period, valued how."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chipflows.errors import TableError, did_you_mean, first_rows

__all__ = ["COLUMNS", "KEY", "aggregate", "bilateral", "quarters", "years"]

KEY = ["reporter", "partner", "flow", "hs", "period"]
COLUMNS = (
    *KEY,
    "value_usd",
    "valuation",
    "quantity",
    "quantity_unit",
    "net_weight_kg",
    "is_weight_estimated",
    "is_preliminary",
    "source",
)
_AMOUNTS = ("value_usd", "quantity", "net_weight_kg")
_REQUIRED = [*KEY, "value_usd", "valuation", "source"]
_PATTERNS = {
    "reporter": r"[A-Z]{2}",
    "partner": r"[A-Z]{2}",
    "hs": r"\d{4,11}",
    "period": r"(?:19|20)\d\d(?:Q[1-4]|-(?:0[1-9]|1[0-2]))?",
}
_WORDS = {
    "flow": ("export", "import", "re_export", "re_import"),
    "valuation": ("FOB", "FAS", "CIF", "customs"),
}


def bilateral(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* as a bilateral table: the columns of COLUMNS in order, checked, one row per key.

    reporter and partner are ISO 3166 alpha-2 codes; flow is what the reporter calls it (export, import,
    re_export, re_import); hs is 4 to 11 digits as text; period is 2024, 2024Q1 or 2024-01; value_usd in US
    dollars; valuation is FOB, FAS (US exports), CIF or customs (US imports: without freight and insurance).
    Columns that are not given are blank: a quantity or weight nobody reported is unknown, never zero. Raises
    TableError with the first offending rows for a missing column, a code or period of another form, a value
    below zero, or a key that occurs twice.
    """
    _refuse_columns(frame)
    table = frame.reindex(columns=list(COLUMNS)).reset_index(drop=True)
    for name, pattern in _PATTERNS.items():
        table[name] = table[name].astype(str)
        _refuse(table, ~table[name].str.fullmatch(pattern), f"{name} is not of the form {pattern}")
    for name, words in _WORDS.items():
        _refuse(table, ~table[name].isin(words), f"{name} is not one of {', '.join(words)}")
    for name in _AMOUNTS:
        table[name] = pd.to_numeric(table[name], errors="raise").astype(float)
        _refuse(table, table[name] < 0, f"{name} is below zero")
    _refuse(table, ~np.isfinite(table["value_usd"]), "value_usd is missing or infinite")
    for name in ("is_weight_estimated", "is_preliminary"):
        table[name] = table[name].astype("boolean")
    _refuse(table, table.duplicated(KEY, keep=False), f"the key ({', '.join(KEY)}) occurs twice")
    return table


def _refuse_columns(frame: pd.DataFrame) -> None:
    """Raise TableError for a column that is missing or unknown."""
    for name in _REQUIRED:
        if name not in frame.columns:
            raise TableError(f"bilateral table: no column {name!r}. Needed: {', '.join(_REQUIRED)}.")
    for name in frame.columns:
        if name not in COLUMNS:
            raise TableError(did_you_mean(name, COLUMNS, "column", "the bilateral table"))


def _refuse(table: pd.DataFrame, bad: pd.Series, problem: str) -> None:
    """Raise TableError showing the first rows where *bad* holds."""
    if bad.any():
        rows = first_rows(table.loc[bad, [*KEY, "value_usd"]])
        raise TableError(f"bilateral table: {problem} in {int(bad.sum())} rows. Mend the reader.\n{rows}")


def aggregate(frame: pd.DataFrame, digits: int = 6) -> pd.DataFrame:
    """Return *frame* summed to the first *digits* of the code, one row per key.

    Values add up. A quantity survives where every row has one in the same unit, a weight where every row has
    one: a sum of what happens to be known is no total. Rows with fewer digits are refused (TableError), for
    they would be counted beside their own parts.
    """
    short = frame["hs"].str.len() < digits
    _refuse(frame, short, f"hs has fewer than {digits} digits")
    cut = frame.assign(hs=frame["hs"].str[:digits])
    groups = cut.groupby(KEY, sort=True)
    rows = groups.size()
    table = pd.DataFrame({name: groups[name].sum(min_count=1) for name in _AMOUNTS})
    for name in ("valuation", "quantity_unit", "source"):  # what all rows share, else blank
        kinds = groups[name].nunique()
        table[name] = groups[name].first().where(kinds == 1)
    for name in ("is_weight_estimated", "is_preliminary"):
        table[name] = groups[name].max()
    one_unit = table["quantity_unit"].notna() & (groups["quantity_unit"].count() == rows)
    table["quantity"] = table["quantity"].where(one_unit & (groups["quantity"].count() == rows))
    table["quantity_unit"] = table["quantity_unit"].where(table["quantity"].notna())
    table["net_weight_kg"] = table["net_weight_kg"].where(groups["net_weight_kg"].count() == rows)
    return bilateral(table.reset_index())


def quarters(frame: pd.DataFrame, last: str = "") -> pd.DataFrame:
    """Return monthly rows of *frame* summed to whole calendar quarters.

    A month without a row had no trade, so a quarter counts as whole when all its months lie within the months
    the reporter's flow with that partner is held for; the first and the last are dropped where they are not.
    *last* drops quarters after it. Rows of other periods are left out.
    """
    made = _whole(frame, "Q")
    return made[made["period"] <= last].reset_index(drop=True) if last else made


def years(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* by calendar year: rows that are yearly and not preliminary, and months summed to whole
    years (as `quarters` sums them) where the reporter gives no yearly row of the key.
    """
    given = frame[(frame["period"].str.len() == len("2024")) & ~frame["is_preliminary"].fillna(False)]
    summed = _whole(frame, "Y")
    known = pd.MultiIndex.from_frame(given[KEY])
    fresh = summed[~pd.MultiIndex.from_frame(summed[KEY]).isin(known)]
    parts = [part for part in (given, fresh) if len(part)]
    return bilateral(pd.concat(parts, ignore_index=True)) if parts else given


def _whole(frame: pd.DataFrame, frequency: str) -> pd.DataFrame:
    """Return monthly rows summed to whole quarters ("Q") or years ("Y"), as a bilateral table."""
    monthly = frame[frame["period"].str.len() == len("2024-01")]
    if monthly.empty:
        return monthly.copy()
    when = pd.PeriodIndex(monthly["period"], freq="M")
    whole = when.asfreq(frequency)
    rows = monthly.assign(month=when.to_timestamp(), period=whole.astype(str))
    held = rows.groupby(["reporter", "partner", "flow"])["month"]
    kept = rows[
        (whole.start_time >= held.transform("min"))
        & (whole.asfreq("M", how="E").to_timestamp() <= held.transform("max"))
    ]
    groups = kept.groupby([*KEY, "valuation"])
    summed = groups.agg(value_usd=("value_usd", "sum"), source=("source", _joined))
    return bilateral(summed.reset_index())


def _joined(sources: pd.Series) -> str:
    """Return the sources of a sum, joined by ;."""
    return ";".join(dict.fromkeys(sources))
