"""The rows the trade figures are drawn from: billing, routes, mirror gaps and rises, with their sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from chipflows import tables, trade
from chipflows.tables.rules import rules
from chipflows.trade.anomaly import Standing

__all__ = [
    "IC_CODES",
    "SERVER_CODES",
    "TRADE_SOURCES",
    "billing",
    "holdings",
    "mirror",
    "pair_ratio",
    "risen",
    "route_legs",
    "rule_day",
    "server_standing",
]

IC_CODES = ("854231", "854239")  # processors and other circuits: two countries part them differently
SERVER_CODES = ("847150", "847180", "847330")  # servers, other units, parts such as accelerator modules
TRADE_SOURCES = (
    "us_census_exports_hs10",
    "us_census_exports_china",
    "us_census_imports_2024",
    "taiwan_customs_ic_exports",
)
_PLACES = (*trade.HUBS, *trade.PLACEBOS)
_GROUPS = {"Servers and modules": SERVER_CODES, "Processors": ("854231",)}
_CORRIDORS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("TW", "US", ("854231",), "processors"),
    ("TW", "US", ("854239",), "other circuits"),
    ("TW", "US", IC_CODES, "the two together"),
    ("US", "CN", SERVER_CODES, "servers, modules"),
    ("US", "VN", SERVER_CODES, "servers, modules"),
    ("TW", "MY", IC_CODES, "the two together"),
    ("MY", "CN", SERVER_CODES, "servers, modules"),
    ("SG", "CN", SERVER_CODES, "servers, modules"),
)


def rule_day() -> date:
    """Return the day the first chip rule took effect: trade before it is the base of every rise."""
    return rules()["licence_3a090_2022"].timeline[0].from_


def _base(kind: str) -> tuple[str, str]:
    """Return the base: the eight quarters before the rule ("quarter"), or its year and the two before."""
    day = rule_day()
    if kind == "year":
        return str(day.year - 2), str(day.year)
    quarter = pd.Period(day, freq="Q")
    return str(quarter - 8), str(quarter - 1)


def billing() -> pd.DataFrame:
    """Return NVIDIA's revenue by region billed, with its share of the period's total (0 to 1)."""
    rows = tables.table("nvda_revenue_by_region")
    return rows.assign(share=rows["usd_m"] / rows["total_usd_m"])


def risen(held: pd.DataFrame, codes: Sequence[str] = SERVER_CODES) -> pd.DataFrame:
    """Return the rise of US exports of *codes* to hubs and placebos held, by quarter (see `trade.rises`)."""
    return trade.rises(trade.quarters(held), "US", codes, _base("quarter"), _PLACES)


def scored(held: pd.DataFrame) -> pd.DataFrame:
    """Return rises by quarter and group of codes, as multiples of the base, with names and sources."""
    parts = [risen(held, codes).assign(group=group) for group, codes in _GROUPS.items()]
    own = held[(held["reporter"] == "US") & (held["flow"] == "export") & held["partner"].isin(_PLACES)]
    rows = pd.concat(parts, ignore_index=True).dropna(subset=["log_rise"])
    return rows.assign(
        name=rows["partner"].map(trade.place_name),
        is_hub=rows["partner"].isin(trade.HUBS),
        multiple=np.exp(rows["log_rise"]),
        source_ids=_sources(own),
    )


def server_standing(held: pd.DataFrame, hub: str, codes: Sequence[str] = SERVER_CODES) -> Standing:
    """Return where a hub's largest rise since the rule stands among the placebos' (see `trade.standing`)."""
    first = str(pd.Period(rule_day(), freq="Q"))
    return trade.standing(risen(held, codes), hub, trade.PLACEBOS, first)


def route_legs(held: pd.DataFrame) -> pd.DataFrame:
    """Return each leg of each route, one row per leg and place: what it was in the base and in the last year.

    Columns: leg, place, name, is_hub, base_usd, last_usd (yearly, USD), multiple, base_period, last_period,
    status (held, no base, not held), source_ids.
    """
    second = held[
        (held["flow"] == "export") & held["reporter"].isin(_PLACES) & held["partner"].isin(trade.ENDS)
    ]
    onward = trade.quarters(second).assign(partner=lambda rows: rows["reporter"], reporter="XX")
    keys = ["partner", "reporter", "flow", "hs", "period", "source"]
    onward = onward.groupby(keys)["value_usd"].sum().reset_index()
    legs = (
        ("Taiwan to hub: circuits", trade.years(held), "TW", IC_CODES, _base("year")),
        ("US to hub: servers, modules", trade.quarters(held), "US", SERVER_CODES, _base("quarter")),
        ("Hub to PRC or Hong Kong", onward, "XX", (*SERVER_CODES, *IC_CODES), _first_year(onward)),
    )
    rows = [row for leg, frame, origin, codes, base in legs for row in _leg(leg, frame, origin, codes, base)]
    return pd.DataFrame(rows)


def _first_year(onward: pd.DataFrame) -> tuple[str, str]:
    """Return the first four quarters of second legs that were pulled, the base there is for them."""
    known = sorted(set(onward["period"])) if len(onward) else ["2000Q1"]
    return known[0], known[min(3, len(known) - 1)]


def _leg(
    leg: str, frame: pd.DataFrame, origin: str, codes: Sequence[str], base: tuple[str, str]
) -> list[dict[str, object]]:
    """Return one row per place of a leg."""
    own = frame[frame["reporter"] == origin]
    own = own[own["hs"].isin(list(codes))] if origin == "XX" else _complete(own, codes)
    found = trade.rises(own, origin, codes, base, _PLACES) if len(own) else pd.DataFrame({"partner": []})
    rows = []
    for place in _PLACES:
        last = found[found["partner"] == place].tail(1).to_dict("records")
        is_held = place in set(own["partner"])
        values: dict[Any, Any] = last[0] if last else {"base_usd": np.nan, "year_usd": np.nan, "period": ""}
        rows.append(
            {
                "leg": leg,
                "place": place,
                "name": trade.place_name(place),
                "is_hub": place in trade.HUBS,
                "base_usd": values["base_usd"],
                "last_usd": values["year_usd"],
                "multiple": values["year_usd"] / values["base_usd"],
                "base_period": f"{base[0]} to {base[1]}",
                "last_period": values["period"],
                "status": "held" if last else "no base" if is_held else "not held",
                "source_ids": _sources(own[own["partner"] == place]),
            }
        )
    return rows


def _sources(rows: pd.DataFrame) -> str:
    """Return the sources of *rows*, joined by ;."""
    return ";".join(dict.fromkeys(";".join(rows["source"].unique()).split(";")))


def _complete(frame: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """Return the rows of *codes* for periods in which their reporter reports every one of them to someone.

    A code that was not pulled for a period would make the sum of its group fall.
    """
    rows = frame[frame["hs"].isin(list(codes))]
    known = rows.groupby(["reporter", "flow", "period"])["hs"].transform("nunique")
    return rows[known == len(set(codes))]


def mirror(held: pd.DataFrame) -> pd.DataFrame:
    """Return one row per corridor: the last whole year both sides report, else the last that one does.

    Columns: label, exporter, importer, period, export_usd, import_usd, import_valuation, fob_low, fob_high
    (what the imports may have been worth FOB, USD), log_gap, status, source_ids.
    """
    yearly = trade.years(held)
    return pd.DataFrame([_corridor(yearly, *corridor) for corridor in _CORRIDORS])


def _corridor(
    yearly: pd.DataFrame, exporter: str, importer: str, codes: tuple[str, ...], what: str
) -> dict[str, object]:
    """Return one corridor's row; its codes are summed, so that the gap is of their total."""
    ends = [exporter, importer]
    own = _complete(yearly, codes)
    own = own[own["reporter"].isin(ends) & own["partner"].isin(ends)]
    keys = ["reporter", "partner", "flow", "period", "valuation", "source"]
    summed = own.groupby(keys)["value_usd"].sum().reset_index().assign(hs=codes[0])
    gaps = trade.mirror_gaps(summed)
    gaps = gaps[(gaps["exporter"] == exporter) & (gaps["importer"] == importer)]
    label = f"{trade.place_name(exporter)} to {trade.place_name(importer)}: {what}"
    blank = {"label": label, "exporter": exporter, "importer": importer, "period": "", "export_usd": np.nan,
             "import_usd": np.nan, "import_valuation": "", "fob_low": np.nan, "fob_high": np.nan,
             "log_gap": np.nan, "status": "neither", "source_ids": ""}  # fmt: skip
    if gaps.empty:
        return blank
    both = gaps[gaps["status"] == "both"]
    last = (both if len(both) else gaps).sort_values("period").iloc[-1]
    known = [last[side] for side in ("export_source", "import_source") if isinstance(last[side], str)]
    low, _, high = trade.house_ratio().to_fob(last["import_usd"])
    freight = last["import_valuation"] == "CIF"
    return blank | {
        **{name: last[name] for name in ("period", "export_usd", "import_usd", "log_gap", "status")},
        "import_valuation": last["import_valuation"] if isinstance(last["import_valuation"], str) else "",
        "fob_low": low if freight else np.nan,
        "fob_high": high if freight else np.nan,
        "source_ids": ";".join(known),
    }


def pair_ratio(rows: pd.DataFrame, label: str) -> float:
    """Return the larger report over the smaller of the corridor whose label ends in *label* (at least 1)."""
    row = rows[rows["label"].str.endswith(label) & (rows["status"] == "both")].iloc[0]
    return float(max(row["import_usd"], row["export_usd"]) / min(row["import_usd"], row["export_usd"]))


def holdings(held: pd.DataFrame) -> pd.DataFrame:
    """Return what is held of trade per reporter and flow: partners, codes, first and last period, rows."""
    groups = held.groupby(["reporter", "flow", "valuation"])
    table = groups.agg(
        partners=("partner", "nunique"),
        codes=("hs", "nunique"),
        first=("period", "min"),
        last=("period", "max"),
        rows=("period", "size"),
    )
    return table.reset_index()
