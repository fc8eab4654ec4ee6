"""UN Comtrade answers that a user pulled, as bilateral rows. None are shipped: Comtrade's terms forbid it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from chipflows.errors import SourceError
from chipflows.trade.bilateral import bilateral
from chipflows.trade.extracts import write_extract
from chipflows.trade.places import countries

__all__ = ["comtrade_to_parquet", "from_comtrade", "read_comtrade"]

_NEEDED = ("reporterCode", "partnerCode", "flowCode", "cmdCode", "period", "primaryValue")
_FLOWS = {"X": "export", "M": "import", "RX": "re_export", "RM": "re_import"}
_TOTALS = {"partner2Code": "0", "motCode": "0", "customsCode": "C00"}
_CUT_AT = (500, 100_000, 250_000)
_MOST_BYTES = 400 * 2**20


def read_comtrade(path: Path | str, source: str = "un_comtrade") -> pd.DataFrame:
    """Return a saved Comtrade answer (JSON envelope, or CSV with the same column names) as a bilateral table.

    Raises SourceError for an error envelope, a file over 400 MB, one that is not whole, or exactly 500,
    100,000 or 250,000 rows: the API has no paging and cuts there without a word.
    """
    file = Path(path)
    if not file.is_file():
        raise SourceError(f"UN Comtrade: {file} is not a file. Give the answer you saved, JSON or CSV.")
    if file.stat().st_size > _MOST_BYTES:
        raise SourceError(f"UN Comtrade: {file.name} is over {_MOST_BYTES >> 20} MB. Pull it in parts.")
    if file.suffix == ".csv":
        records = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    else:
        records = pd.DataFrame(_envelope(file), dtype=object)
    if len(records) in _CUT_AT:
        raise SourceError(
            f"UN Comtrade: {file.name} has exactly {len(records):,} rows, where the API cuts. "
            "Split the pull by period, reporter or code."
        )
    return from_comtrade(records, source)


def _envelope(file: Path) -> list[dict[str, Any]]:
    """Return the records of a JSON answer; raises SourceError when it is not the documented envelope."""
    try:
        body = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as problem:
        raise SourceError(f"UN Comtrade: {file.name} is not whole JSON in UTF-8. Pull it again.") from problem
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        said = body.get("message") or body.get("error") if isinstance(body, dict) else ""
        raise SourceError(
            f"UN Comtrade: {file.name} holds no data{f': {said}' if said else ''}. Pull it again."
        )
    if body.get("error"):
        raise SourceError(f"UN Comtrade: {file.name} is an error: {body['error']}. Pull it again.")
    records: list[dict[str, Any]] = body["data"]
    return records


def from_comtrade(records: pd.DataFrame, source: str = "un_comtrade") -> pd.DataFrame:
    """Return Comtrade records (the API's own column names) as a bilateral table.

    Kept are whole flows: rows by second partner, transport or customs procedure are parts of others, World,
    blocs and the code TOTAL are sums of others. Imports are CIF unless only an FOB value is given; exports
    are FOB and hold re-exports (flow RX is also inside X). A quantity that is estimated is left blank; a
    weight keeps its flag. Raises SourceError for a missing column, another flow, or breakdown rows alone.
    """
    for name in _NEEDED:
        if name not in records.columns:
            raise SourceError(f"UN Comtrade: no column {name}. Needed: {', '.join(_NEEDED)}.")
    text = records.astype(dict.fromkeys([*_NEEDED[:5], *(c for c in _TOTALS if c in records)], str))
    strange = sorted(set(text["flowCode"]) - set(_FLOWS))
    if strange:
        raise SourceError(f"UN Comtrade: flow {strange[0]!r}. Read are {', '.join(_FLOWS)}: ask for those.")
    whole = text[_is_whole(text)]
    if whole.empty and len(text):
        raise SourceError("UN Comtrade: only rows by second partner, transport or procedure. Ask for totals.")
    rows = whole.assign(
        reporter=countries(whole["reporterCode"], "un_comtrade"),
        partner=countries(whole["partnerCode"], "un_comtrade"),
    )
    rows = rows[
        (rows["reporter"] != "") & (rows["partner"] != "") & rows["cmdCode"].str.fullmatch(r"\d{4,11}")
    ]
    return bilateral(
        pd.DataFrame(
            {
                "reporter": rows["reporter"],
                "partner": rows["partner"],
                "flow": rows["flowCode"].map(_FLOWS),
                "hs": rows["cmdCode"],
                "period": rows["period"].str.replace(r"^(\d{4})(\d\d)$", r"\1-\2", regex=True),
                "value_usd": pd.to_numeric(rows["primaryValue"], errors="raise"),
                "valuation": _valuation(rows),
                "quantity": _number(rows, "qty").mask(_flag(rows, "isQtyEstimated")),
                "quantity_unit": rows.get("qtyUnitAbbr"),
                "net_weight_kg": _number(rows, "netWgt"),
                "is_weight_estimated": _flag(rows, "isNetWgtEstimated"),
                "source": source,
            }
        )
    )


def _is_whole(text: pd.DataFrame) -> pd.Series:
    """Return which rows are totals over second partner, transport and customs procedure."""
    whole = pd.Series(True, index=text.index)
    for name, total in _TOTALS.items():
        if name in text.columns:
            whole &= text[name].isin([total, "", "None", "nan"])
    return whole


def _valuation(rows: pd.DataFrame) -> pd.Series:
    """Return CIF for imports with a CIF value or none given, FOB for the rest."""
    imports = rows["flowCode"].isin(["M", "RM"])
    only_fob = _number(rows, "cifvalue").isna() & _number(rows, "fobvalue").notna()
    return pd.Series("FOB", index=rows.index).mask(imports & ~only_fob, "CIF")


def _number(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as numbers above zero, blank where it is missing, zero or not there."""
    if name not in rows.columns:
        return pd.Series(float("nan"), index=rows.index)
    numbers = pd.to_numeric(rows[name], errors="coerce").astype(float)
    return numbers.where(numbers > 0)


def _flag(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return a flag; a column that is not there counts as set: what nobody vouches for was estimated."""
    if name not in rows.columns:
        return pd.Series(True, index=rows.index)
    return ~rows[name].astype(str).str.lower().isin(["false", "0"])


def comtrade_to_parquet(files: Iterable[Path | str], target: Path | str) -> Path:
    """Write saved Comtrade answers, one after the other, to one Parquet extract and return its path."""
    return write_extract((read_comtrade(file) for file in files), target)
