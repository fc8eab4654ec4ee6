"""Which rules reach an item or a service that goes to a party, with and without a listing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from chipflows.law.api import findings_of
from chipflows.tables.scenarios import scenario

_WORDS = {0: "no", 1: "cannot tell", 2: "yes"}

__all__ = ["CXMT_FACTS", "CXMT_ITEMS", "CXMT_RULES", "reach_matrix"]

# What is reported of CXMT's newest die (G4): cell 0.0020 um2, 0.239 Gb/mm2: just outside the limits of
# December 2024.
CXMT_FACTS: dict[str, Any] = {
    "party_hq": "CN",
    "end_user": "ChangXin Memory Technologies",
    "end_use": "ic_fabrication",
    "fab_dram_cell_um2": 0.0020,
    "fab_dram_density_gb_mm2": 0.239,
    "fab_dram_meets_tsv_limb": False,
    "fab_node_is_known": True,
}
"""Facts of a CXMT fab, as reported; the lead's source is data/tables/cxmt_series.csv (cxmt_dieg4)."""

CXMT_ITEMS: dict[str, dict[str, Any]] = {
    "Etch or deposition tool": {"item_is_sme_set": True, "item_is_category_3_bcde": True},
    "Spare part, US-made": {},
    "Service by a US person": {"us_person": True, "end_use": "us_person_support"},
    "Tool made in Japan with US chips": {
        "item_is_sme_set": True,
        "item_is_category_3_bcde": True,
        "has_us_technology_chip": True,
        "is_us_technology_product": True,
        "origin": "abroad",
        "exporting_country": "JP",
    },
    "Chip-design software": {"item_is_ecad_tcad": True},
}
CXMT_RULES: dict[str, str] = {
    "fab_end_use_dram": "DRAM node test (Dec 2024)",
    "fab_end_use_dram_2025": "DRAM node test (Jan 2025, reported)",
    "fab_end_use_unknown_node": "Node not known",
    "us_persons_support": "US persons",
    "fdp_sme": "Tools made abroad (FDP)",
    "ask_cxmt_listing": "Entity List",
}


def reach_matrix(
    items: Mapping[str, Mapping[str, Any]],
    rules: Mapping[str, str],
    facts: Mapping[str, Any],
    on: date,
    scenarios: Sequence[tuple[str, bool]],
    to: str = "CN",
) -> pd.DataFrame:
    """Return one row per item, rule and scenario.

    Columns: item, rule, rule_id, reached (yes, no, cannot tell), with_listing. *scenarios* pairs a scenario
    id with whether it lists the party; a rule is looked at by itself, whatever others say. Facts an item does
    not give are those of *facts*.
    """
    frame = pd.DataFrame([{"to": to, "on": on, "name": name, **facts, **own} for name, own in items.items()])
    rows = []
    for scenario_id, with_listing in scenarios:
        found = findings_of(frame, scenario(scenario_id)).by_rule
        for rule, label in rules.items():
            for name, truth in zip(items, found[rule].truth, strict=True):
                rows.append((name, label, rule, _WORDS[int(truth)], with_listing))
    return pd.DataFrame(rows, columns=["item", "rule", "rule_id", "reached", "with_listing"])
