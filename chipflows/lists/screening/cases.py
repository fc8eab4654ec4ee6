"""Would the lists in force that day have flagged the firms of documented cases, and by what?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from chipflows import tables
from chipflows.lists.history import standing
from chipflows.lists.ownership import ownership_edges
from chipflows.lists.screening.screen import BY_NAME, THRESHOLD, Screener
from chipflows.lists.shipped import listed_firms

__all__ = ["AUDIT_COLUMNS", "case_audit"]

_SAME = 0.95  # score from which a firm named is the one listed
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
    later = _later(
        parties, Screener(firms, edges), dict(zip(firms["entity_id"], firms["listed_from"], strict=True))
    )
    rows: list[dict[Any, Any]] = []
    for day, group in parties.groupby("checked_on", sort=True):
        on = pd.Timestamp(str(day)).date()
        screener = Screener(_standing(firms, on), edges[edges["as_of"] <= pd.Timestamp(on)])
        asked = group.rename(columns={"party": "name"})
        hits = screener.screen(asked[["name", "country", "owner"]], threshold, ranks=1)
        for party, hit in zip(group.to_dict("records"), hits.to_dict("records"), strict=True):
            reason = hit["reason"] if hit["entity"] else f"{hit['reason']} that day{later[party['party']]}"
            rows.append(dict(party) | dict(hit) | {"flagged": _flag(hit), "reason": reason})
    found = pd.DataFrame(rows)[list(AUDIT_COLUMNS)]
    return found.sort_values(["case_id", "party"]).reset_index(drop=True)


def _later(parties: pd.DataFrame, screener: Screener, listed_from: dict[Any, Any]) -> dict[str, str]:
    """Return for each party what the lists and the owners on record say of it since the day asked about."""
    hits = screener.screen(parties.rename(columns={"party": "name"})[["name", "country"]], _SAME, ranks=1)
    found = {}
    for party, hit in zip(parties.to_dict("records"), hits.to_dict("records"), strict=True):
        since = listed_from.get(hit["entity_id"])
        is_itself = hit["matched_on"] in BY_NAME and not pd.isna(since)
        said = f"; listed itself from {since:%Y-%m-%d}" if is_itself and since > party["checked_on"] else ""
        if hit["matched_on"] == "owner":
            said = f"; later: {hit['reason'].removeprefix('related, review: ')}"
        found[party["party"]] = said
    return found


def _standing(firms: pd.DataFrame, on: date) -> pd.DataFrame:
    """Return the firms that stood on the Entity List or the MEU List that day."""
    kept = standing(firms[firms["list"].isin(["Entity List", "MEU"])], on)
    return kept[kept["status"] == "listed"]


def _flag(hit: dict[Any, Any]) -> str:
    """Return match, related or no."""
    if not hit["entity"]:
        return "no"
    return "match" if hit["matched_on"] in BY_NAME else "related"
