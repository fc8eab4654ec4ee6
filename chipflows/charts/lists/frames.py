"""Rows of the figures of screening, from the tables and from a search."""

from __future__ import annotations

import pandas as pd

from chipflows import tables
from chipflows.lists.screening.policy import assumed_ranges, catch_rates, mix_rates

__all__ = ["GROUPS", "accuracy_rows", "audit_rows", "catch_rows", "measured"]

PEER = "rapidfuzz token_sort_ratio"
GROUPS = ("measured", "under a mix", "assumed")
_TESTS = {
    "variation: name_order": "words in another order",
    "variation: title_affix": "a title added",
    "variation: homoglyph": "letters that look alike",
    "variation: invisible_char": "invisible letters",
    "variation: phonetic": "spelt as it sounds",
    "variation: ocr": "misread by a scan",
    "variation: double_collapse": "doubled letters",
    "variation: transpose": "letters swapped",
    "variation: typo": "a wrong letter",
    "variation: token_drop": "a word left out",
    "variation: vowel_drop": "vowels left out",
    "Chinese name of a listed company": "Chinese name, company",
    "Chinese name of a listed institute": "Chinese name, institute",
    "held-out PRC alias, other aliases kept": "PRC alias not on the list",
    "held-out PRC alias, primary name only": "PRC alias, one name listed",
}


def audit_rows(audit: pd.DataFrame) -> pd.DataFrame:
    """Return the case audit by case: case, stage, firms, flagged, reason, source_ids."""
    named = tables.diversion_cases().set_index("case_id")
    rows = []
    for case, group in audit.groupby("case_id", sort=True):
        hits = group[group["flagged"] != "no"]
        stages = list(dict.fromkeys(group["stage"]))
        rows.append(
            {"case": named.loc[str(case), "case"], "stage": "; ".join(stages), "firms": len(group),
             "flagged": len(hits), "reason": _reason(hits, group), "source_ids": group["source_ids"].iloc[0]}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _reason(hits: pd.DataFrame, named: pd.DataFrame) -> str:
    """Return what flagged the firms of a case, or that nothing did, and how many were listed afterwards."""
    if hits.empty:
        later = int(named["reason"].str.contains("; listed itself from").sum())
        return "no listed name, alias or owner" + (f"; {later} listed later" if later else "")
    found = [
        f"{entity}: "
        + ", ".join(f"{count} by {on}" for on, count in ways.groupby("matched_on").size().items())
        for entity, ways in hits.groupby("entity")
    ]
    return "; ".join(found)


def accuracy_rows() -> pd.DataFrame:
    """Return shares found by kind of change, ours and the peer's: label, engine, share, low, high."""
    measured = tables.table("screening_accuracy")
    kept = measured[measured["test"].isin(list(_TESTS)) & measured["engine"].isin(["chipflows", PEER])]
    rows = kept.assign(label=kept["test"].map(_TESTS), engine=kept["engine"].replace(PEER, "rapidfuzz"))
    order = {label: place for place, label in enumerate(_TESTS.values())}
    return rows.assign(place=rows["label"].map(order)).sort_values("place", kind="stable", ignore_index=True)


def measured() -> pd.DataFrame:
    """Return our measured shares by test, as rows that a sentence can say: p05, p50, p95, unit, source_ids.

    The ends are those of the 95% interval.
    """
    rows = tables.table("screening_accuracy")
    ours = rows[rows["engine"] == "chipflows"].set_index("test")
    exact = ours.rename(columns={"low": "p05", "high": "p95"}).assign(p50=ours["hits"] / ours["tried"])
    return exact.assign(unit="share")[["p05", "p50", "p95", "unit", "source_ids"]]


def catch_rows() -> pd.DataFrame:
    """Return what a rule on names catches by way of evasion and mix, and what the model assumes of checks."""
    parts = zip(GROUPS, (catch_rates(), mix_rates(), assumed_ranges()), strict=True)
    rows = pd.concat([part.assign(group=group) for group, part in parts], ignore_index=True)
    return rows[["label", "group", "p05", "p50", "p95"]]
