"""Would the lists in force that day have flagged the firms of documented cases, and by what?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from chipflows import tables
from chipflows.lists.history import standing
from chipflows.lists.ownership import ownership_edges
from chipflows.lists.screening.screen import THRESHOLD, Screener
from chipflows.lists.shipped import listed_firms

__all__ = ["AUDIT_COLUMNS", "case_audit"]

AUDIT_COLUMNS = (
    "case_id", "party", "role", "stage", "checked_on", "flagged", "matched_on", "entity", "list", "score",
    "reason", "source_ids",
)  # fmt: skip


def case_audit(threshold: float = THRESHOLD) -> pd.DataFrame:
    """Return for every named firm of a documented case what screening on the day would have said.

    A row a party with AUDIT_COLUMNS; ``flagged`` is match, related or no. The lists are those standing on
    ``checked_on``, the day before the case or the listing became public, the owners those reported by then.
    Cases at different stages do not add
    up, and an allegation stays one.
    """
    parties = tables.table("case_parties")
    edges = ownership_edges()
    firms = listed_firms()
    rows: list[dict[Any, Any]] = []
    for day, group in parties.groupby("checked_on", sort=True):
        on = pd.Timestamp(str(day)).date()
        screener = Screener(_standing(firms, on), edges[edges["as_of"] <= pd.Timestamp(on)])
        asked = group.rename(columns={"party": "name"})
        hits = screener.screen(asked[["name", "country", "owner"]], threshold, ranks=1)
        for party, hit in zip(group.to_dict("records"), hits.to_dict("records"), strict=True):
            rows.append(dict(party) | dict(hit) | {"flagged": _flag(hit)})
    found = pd.DataFrame(rows)[list(AUDIT_COLUMNS)]
    return found.sort_values(["case_id", "party"]).reset_index(drop=True)


def _standing(firms: pd.DataFrame, on: date) -> pd.DataFrame:
    """Return the firms that stood on the Entity List or the MEU List that day."""
    kept = standing(firms[firms["list"].isin(["Entity List", "MEU"])], on)
    return kept[kept["status"] == "listed"]


def _flag(hit: dict[Any, Any]) -> str:
    """Return match, related or no."""
    if not hit["entity"]:
        return "no"
    return "match" if hit["matched_on"] in ("name", "alias") else "related"
