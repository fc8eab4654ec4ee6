"""US Census international trade as bilateral rows."""

from __future__ import annotations

import pandas as pd

from chipflows.errors import TableError
from chipflows.trade.bilateral import bilateral
from chipflows.trade.places import countries

__all__ = ["from_census"]

_VALUES = {
    "export": ("ALL_VAL_MO", "ALL_VAL_YR"),
    "import": ("GEN_VAL_MO", "CON_VAL_MO", "GEN_VAL_YR", "CON_VAL_YR"),
}
_COMMODITY = {"export": "E_COMMODITY", "import": "I_COMMODITY"}
_QUANTITY = {"export": "QTY_1_MO", "import": "GEN_QY1_MO"}
_VALUATION = {"export": "FAS", "import": "customs"}
_MODES = ("AIR", "VES")


def from_census(frame: pd.DataFrame, flow: str, value: str = "", source: str = "us_census") -> pd.DataFrame:
    """Return the rows of the Census API (as `sources.census.parse` gives them, text) as a bilateral table.

    *flow* is export or import as the United States reports it; *value* names the value column (by default the
    first that is there: ALL_VAL_MO, or GEN_VAL_MO, CON_VAL_MO; a _YR column gives years, read in December's
    rows). Blocs and totals are left out. A quantity is kept only where its flag does not say it is missing,
    and a zero without a flag is unknown (the API writes 0 for both). A weight covers air and sea only, so it
    is kept only where those two make up the whole value. Raises TableError for an unknown flow, a missing
    column, commodities of more than one level (they would be counted twice) or an unknown country code.
    """
    if flow not in _COMMODITY:
        raise TableError(f"Census trade: flow is {flow!r}. Allowed: export, import.")
    column = value or next((name for name in _VALUES[flow] if name in frame.columns), _VALUES[flow][0])
    for name in (column, _COMMODITY[flow], "CTY_CODE", "time"):
        if name not in frame.columns:
            raise TableError(f"Census trade: no column {name}. Ask the API for it.")
    if "COMM_LVL" in frame.columns and len(set(frame["COMM_LVL"])) > 1:
        levels = ", ".join(sorted(frame["COMM_LVL"].unique()))
        raise TableError(f"Census trade: commodities of levels {levels} together. Ask for one COMM_LVL.")
    rows = frame.assign(partner=countries(frame["CTY_CODE"], "us_census"))
    rows = rows[rows["partner"] != ""]
    yearly = column.endswith("_YR")
    if yearly:
        rows = rows[rows["time"].str.endswith("-12")]
    quantity, unit = _quantity(rows, flow) if not yearly else (None, None)
    return bilateral(
        pd.DataFrame(
            {
                "reporter": "US",
                "partner": rows["partner"],
                "flow": flow,
                "hs": rows[_COMMODITY[flow]],
                "period": rows["time"].str[:4] if yearly else rows["time"],
                "value_usd": pd.to_numeric(rows[column], errors="raise"),
                "valuation": _VALUATION[flow],
                "quantity": quantity,
                "quantity_unit": unit,
                "net_weight_kg": _weight(rows, column) if not yearly else None,
                "is_weight_estimated": False,
                "source": source,
            }
        )
    )


def _quantity(rows: pd.DataFrame, flow: str) -> tuple[pd.Series | None, pd.Series | None]:
    """Return the first quantity and its unit where it is known, else None."""
    name = _QUANTITY[flow]
    if name not in rows.columns or "UNIT_QY1" not in rows.columns:
        return None, None
    amount = pd.to_numeric(rows[name], errors="raise").astype(float)
    flag = f"{name}_FLAG"
    known = rows[flag].ne("M") if flag in rows.columns else amount.ne(0)
    known &= rows["UNIT_QY1"].ne("-") & rows["UNIT_QY1"].ne("X")  # a code without a unit of quantity
    return amount.where(known), rows["UNIT_QY1"].where(known)


def _weight(rows: pd.DataFrame, column: str) -> pd.Series | None:
    """Return kilograms by air and sea where they carry the whole value, else blank; None if not asked."""
    needed = [f"{mode}_{what}_MO" for mode in _MODES for what in ("WGT", "VAL")]
    if any(name not in rows.columns for name in needed):
        return None
    numbers = rows[needed].apply(pd.to_numeric)
    value = pd.to_numeric(rows[column])
    covered = numbers["AIR_VAL_MO"] + numbers["VES_VAL_MO"] == value
    kilograms: pd.Series = (numbers["AIR_WGT_MO"] + numbers["VES_WGT_MO"]).astype(float)
    return kilograms.where(covered & (kilograms > 0))
