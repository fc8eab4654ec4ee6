"""Peers' published numbers beside ours, row by row: the table of the notebook and what its figure draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows import law, tables
from chipflows.charts.model.peer_ours import ours
from chipflows.charts.numbers import compact
from chipflows.flows import Simulation

__all__ = ["SCENARIOS", "chip_vintages", "epoch_quarters", "figure_rows", "peer_rows", "peer_table"]

Array = NDArray[np.float64]
SCENARIOS = ("actual", "h200-open", "b30a-open", "no-controls")
"""What a run must hold for every row; rows of a scenario it lacks are left out."""
STATUS = {
    "reproduced": "reproduced",
    "differs": "does not reproduce",
    "model": "beside the model",
    "stated": "stated only, not asserted",
}
_CHIPS = (
    *("a100_sxm_80", "a800_sxm_80", "h100_sxm_80", "h800_sxm_80", "h200_sxm_141", "h20_96"),
    *("mi300x", "mi325x", "mi308", "b200", "b300", "b30a"),
)


def peer_rows(run: Simulation) -> pd.DataFrame:
    """Return peers' published numbers beside ours, in the table's order.

    Columns: id, peer, label, unit, theirs_low .. theirs_high, ours_low .. ours_high (5th, 50th and 95th
    percentile of draws), expect, shown, source_ids, note, status.
    """
    checks = tables.table("peer_checks")
    found = {name: _ends(values) for name, values in ours(run).items()}
    rows = checks[checks["check_id"].isin(found)].rename(columns={"check_id": "id"})
    for place, column in enumerate(("ours_low", "ours_mid", "ours_high")):
        rows[column] = [found[name][place] for name in rows["id"]]
    return rows.assign(status=rows["expect"].map(STATUS)).reset_index(drop=True)


def figure_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that the figure draws, labelled with whose they are."""
    chosen = rows[rows["shown"].astype(bool)]
    return chosen.assign(label=chosen["peer"] + ": " + chosen["label"]).reset_index(drop=True)


def peer_table(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Return the rows of the peers named as a table in words: published, ours, status and the reason."""
    chosen = rows[rows["peer"].isin(names)]
    words = {
        head: [_range_words(row, whose) for _, row in chosen.iterrows()]
        for head, whose in (("published", "theirs"), ("ours", "ours"))
    }
    first = chosen["label"].str[:1].str.upper() + chosen["label"].str[1:]
    columns = {"peer": chosen["peer"], "what": first, "unit": chosen["unit"], **words}
    table = pd.DataFrame({**columns, "status": chosen["status"], "why": chosen["note"].fillna("")})
    return table.set_index("peer") if len(names) > 1 else table.drop(columns="peer").set_index("what")


def epoch_quarters(run: Simulation) -> pd.DataFrame:
    """Return NVIDIA's sales to the PRC by quarter, H100e: Epoch AI's medians added over chips, and ours.

    Index quarter; columns epoch, p05, p50, p95, difference (ours at the median less Epoch AI's).
    """
    epoch = tables.epoch_flows_prc().groupby("quarter")["h100e_p50"].sum()
    legal = run.series("actual", "acquired", "legal").astype(np.float64)
    places = [run.grid.index[quarter] for quarter in epoch.index]
    found = pd.DataFrame(
        np.quantile(legal[places], [0.05, 0.50, 0.95], axis=1).T, columns=["p05", "p50", "p95"]
    )
    found.insert(0, "epoch", epoch.to_numpy(dtype=float))
    found.insert(0, "quarter", list(epoch.index))
    found["difference"] = found["p50"] - found["epoch"]
    return found.set_index("quarter").round().astype(int)


def chip_vintages(days: Sequence[str], chips: Sequence[str] = _CHIPS) -> pd.DataFrame:
    """Return chips by day: ECCN and, where the rules modelled require a licence to China, how it is reviewed.

    Columns: chip, tpp, density (TPP per mm2), then one a day.
    """
    known = tables.chips().set_index("chip_id").loc[list(chips)].reset_index()
    found: dict[str, list[str]] = {}
    for day in days:
        classes = law.classify(known, "CN", day)
        found[day] = [_class_words(row) for _, row in classes.iterrows()]
    measured = {
        "tpp": classes["tpp"].to_numpy(),
        "density": classes["performance_density"].round(2).to_numpy(),
    }
    return pd.DataFrame({"chip": known["name"], **measured, **found}).set_index("chip")


def _class_words(row: pd.Series) -> str:
    """Return "3A090.a: presumption of denial", "not 3A090: no licence" or that it cannot be told."""
    if pd.isna(row["licence_required"]):
        return f"{row['eccn']}: cannot tell" if row["eccn"] != "cannot tell" else "cannot tell"
    if not row["licence_required"]:
        return f"{row['eccn']}: no licence"
    policy = str(row["review_policy"]).split(":")[0].split(",")[0]
    return f"{row['eccn']}: {'licence required' if policy == 'not stated' else policy}"


def _ends(values: Array | float) -> tuple[float, float, float]:
    """Return p05, p50 and p95 of draws; a triple as it is; a single value alone in the middle."""
    found = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if len(found) == 1:
        return np.nan, float(found[0]), np.nan
    low, middle, high = found if len(found) == 3 else np.quantile(found, [0.05, 0.50, 0.95])
    return float(low), float(middle), float(high)


def _range_words(row: pd.Series, whose: str) -> str:
    """Return "140k (10k to 650k)", "at most 4" or what there is, to three significant figures."""
    low, mid, high = (
        compact(float(row[f"{whose}_{end}"]), figures=3) if pd.notna(row[f"{whose}_{end}"]) else ""
        for end in ("low", "mid", "high")
    )
    if low and high:
        return f"{mid} ({low} to {high})" if mid else f"{low} to {high}"
    return mid or (f"at least {low}" if low else f"at most {high}")
