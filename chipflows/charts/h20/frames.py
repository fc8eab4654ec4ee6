"""The frames the H20 figures are drawn from: chips against rules, rules in time, money."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from chipflows import law, tables
from chipflows.flows import Simulation, window_sum
from chipflows.law.items import performance_density, total_processing_performance
from chipflows.tables.assumptions import load_assumptions
from chipflows.tables.rules import rules

__all__ = [
    "CHIP_SOURCES",
    "FLOW_SOURCES",
    "assumption_title",
    "chips_against_rules",
    "filings",
    "revenue_forgone",
    "rule_events",
    "thresholds",
    "two_metrics",
    "window_rows",
]

CHIP_SOURCES = ("epoch_hw", "chip_controls_tracker")  # each chip's own sources stand in chips.csv
FLOW_SOURCES = ("epoch_repo_apr", "sec_nvda_10q_fy26q2", "nvda_pr_fy26q1", "judgement")
_WINDOW = {"chips": "units", "h100e": "h100e", "h100e_bandwidth": "h100e_bandwidth", "usd": "revenue_usd"}

_SHOWN = [
    "a100_sxm_80",
    "a800_sxm_80",
    "h100_sxm_80",
    "h800_sxm_80",
    "h200_sxm_141",
    "h20_96",
    "l40",
    "l20",
    "l4",
    "l2",
    "rtx4090",
    "rtx4090d",
    "rtx5090d_v2",
    "rtx6000d",
    "b200",
    "b300",
    "b30a",
    "mi250x",
    "mi300x",
    "asc910b",
    "asc910c",
    "br100",
]
_METRICS = [
    "h100_sxm_80",
    "h800_sxm_80",
    "a800_sxm_80",
    "a100_sxm_80",
    "h200_sxm_141",
    "h20_96",
    "asc910b",
    "asc910c",
    "b30a",
]
_CLASSES = {"eccn_3a090_2022": "October 2022", "eccn_3a090_a": "October 2023", "eccn_3a090_b": "October 2023"}
_EVENTS = {
    "letter_nvidia_aug2022": ("Letter: A100 and H100 need a licence", "letter"),
    "licence_3a090_2022": ("October 2022 rule", "rule"),
    "letter_nvidia_oct2023": ("Letter: at once, with A800 and H800", "letter"),
    "licence_3a090_a": ("October 2023 rule", "rule"),
    "letter_nvidia_apr2025": ("Letter: H20 needs a licence", "letter"),
    "licences_h20_2025": ("H20 licences promised, then issued", "licensing"),
    "prc_h20": ("PRC urges firms to avoid the H20", "prc"),
}


def chips_against_rules(on: date) -> pd.DataFrame:
    """Return some two dozen chips: name, tpp, performance_density, is_china_variant, group, and two answers.

    ``region`` is the ECCN that the law of *on* gives, "none" outside 3A090. ``caught_by_letter`` is true
    where a licence to China is needed on *on* although the chip is not 3A090.
    """
    chips = tables.chips()
    shown = chips[chips["chip_id"].isin(_SHOWN)].reset_index(drop=True)
    shown["tpp"] = total_processing_performance(shown)
    shown["performance_density"], _ = performance_density(
        shown["tpp"], shown["die_area_mm2"], shown["is_nonplanar"]
    )
    decided = law.decide_table(pd.DataFrame({"chip": shown["chip_id"], "to": "CN", "on": on}))
    outside = decided["eccn"].eq("not 3A090") & decided["licence_required"].fillna(False)
    shown["caught_by_letter"] = outside.to_numpy(dtype=bool)
    shown["region"] = decided["eccn"].replace("not 3A090", "none").to_numpy()
    shown["group"] = np.where(shown["designer_hq"] == "CN", "PRC-designed", "")
    return shown.drop(columns="source_ids")


def thresholds() -> pd.DataFrame:
    """Return the rectangles of the chip tests in the law: rule, vintage, tpp and density bounds, needs."""
    rows: list[dict[str, Any]] = []
    known = rules()
    for name, vintage in _CLASSES.items():
        entry = known[name].timeline[0]
        for leaf in _alternatives(entry.test or {}):
            needs = [
                f"interconnect of {bound['min']:g} GB/s"
                for field, bound in leaf.items()
                if field == "io_bw_gbps"
            ]
            tpp, density = leaf.get("tpp", {}), leaf.get("performance_density", {})
            rows.append(
                {
                    "rule": known[name].eccn or name,
                    "vintage": vintage,
                    "tpp_min": tpp.get("min", np.nan),
                    "tpp_max": tpp.get("below", np.nan),
                    "pd_min": density.get("min", np.nan),
                    "pd_max": density.get("below", np.nan),
                    "needs": "; ".join(needs),
                    "source_ids": entry.citation.source,
                }
            )
    return pd.DataFrame(rows)


def two_metrics() -> pd.DataFrame:
    """Return chips by dense 8-bit throughput and memory bandwidth."""
    chips = tables.chips()
    shown = chips[chips["chip_id"].isin(_METRICS)].copy()
    shown["group"] = np.where(shown["designer_hq"] == "CN", "PRC-designed", "")
    return shown.drop(columns="source_ids").reset_index(drop=True)


def assumption_title(name: str) -> str:
    """Return an assumption's title in lower-case first letter, to be said within a sentence."""
    title = load_assumptions().uncertain[name].title
    return title if title[:2].isupper() else title[0].lower() + title[1:]


def rule_events(end: date) -> pd.DataFrame:
    """Return the rules that bear on the chips sold to the PRC: label, on, until, kind, source_ids.

    A rule or letter that still holds is drawn to *end*, the last day of the picture.
    """
    known = rules()
    rows = []
    for name, (label, kind) in _EVENTS.items():
        dated = known[name].timeline
        rows.append(
            {
                "label": label,
                "on": dated[0].from_.isoformat(),
                "until": (dated[-1].until or end).isoformat() if kind in ("rule", "letter") else None,
                "kind": kind,
                "source_ids": dated[0].citation.source,
            }
        )
    return pd.DataFrame(rows)


def filings() -> pd.DataFrame:
    """Return what filings say the H20 rule cost: label, value_usd, source_ids."""
    facts = tables.table("h20_disclosures").set_index("fact_id")
    chosen = {
        "h20_unshipped_fy26q1": "Could not ship, fiscal 2026 Q1",
        "h20_charge_fy26q1": "Inventory charge, fiscal 2026 Q1",
        "h20_guided_loss_fy26q2": "Sales lost as guided, fiscal 2026 Q2",
    }
    said = facts.loc[list(chosen)]
    return pd.DataFrame(
        {
            "label": list(chosen.values()),
            "value_usd": said["usd_m"].to_numpy() * 1e6,
            "source_ids": said["source_ids"].to_list(),
        }
    )


def window_rows(shipped: pd.DataFrame) -> pd.DataFrame:
    """Return what shipped between two dates for the letter-window figure: metric, p05 .. p95, sources."""
    rows = shipped.assign(metric=shipped["unit"].map(_WINDOW), source_ids=";".join(FLOW_SOURCES[:3]))
    return rows[["metric", "p05", "p25", "p50", "p75", "p95", "source_ids"]]


def revenue_forgone(
    run: Simulation, scenarios: list[str], reference: str, first: str, last: str
) -> pd.DataFrame:
    """Return lawful revenue forgone against *reference*, summed over quarters: p05 .. p95 in USD.

    A scenario named twice (a notebook run for one that it compares with anyway) has one row.
    """
    base = window_sum(run, reference, "revenue_usd", first, last, "legal", "usd")
    rows = []
    for name in dict.fromkeys(scenarios):
        lost = base - window_sum(run, name, "revenue_usd", first, last, "legal", "usd")
        rows.append((name, *np.quantile(lost, [0.05, 0.25, 0.50, 0.75, 0.95])))
    return pd.DataFrame(rows, columns=["scenario", "p05", "p25", "p50", "p75", "p95"])


def _alternatives(test: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a test as alternatives of leaves (disjunctive form), for tests over chip figures."""
    found: list[dict[str, Any]] = [{}]
    for key, value in test.items():
        if key == "all":
            for item in value:
                found = [_merged(left, right) for left in found for right in _alternatives(item)]
        elif key == "any":
            inner = [leaf for item in value for leaf in _alternatives(item)]
            if not any("is_datacenter" in leaf for leaf in inner):  # Note 2 is told in words, not drawn
                found = [_merged(left, right) for left in found for right in inner]
        else:
            found = [_merged(left, {key: value}) for left in found]
    return found


def _merged(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {key: {**left.get(key, {}), **right.get(key, {})} for key in {**left, **right}}
