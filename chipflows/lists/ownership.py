"""Who owns whom around listed firms, and the 50% rule: direct, indirect and together, by the law of a day.

A firm counts as half-owned when listed firms hold at least 50% of it together. A firm so held counts as
listed when its own holdings are added up, so that ownership passes down a chain (the method of the Affiliates
rule, 90 FR 47201). A share that no source states stays unknown: the answer is "cannot tell", never "no".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from chipflows import tables
from chipflows.lists.history import exact_names, state_on
from chipflows.lists.shipped import listed_firms
from chipflows.lists.words import LEGAL_FORMS, words
from chipflows.tables.rules import rules

__all__ = ["HALF", "Affiliate", "affiliate_status", "ownership_edges"]

HALF = 50.0  # %
RULE = "affiliates_50_percent"
_REACHING = ("Entity List", "MEU")  # lists whose entries the rule extends
EDGES = ("owner", "owned", "owned_pct", "as_of", "basis", "source_ids", "note")


@dataclass(frozen=True)
class Holder:
    """One holder: its share in % (None when not stated), as of when, and whether it counts as listed."""

    name: str
    owned_pct: float | None
    as_of: date | None
    is_listed: bool | None
    source_ids: str


@dataclass(frozen=True)
class Affiliate:
    """What the 50% rule says of a firm on a day.

    ``owned_pct_min`` to ``owned_pct_max`` bounds what listed firms hold together; ``is_half_owned`` is True,
    False or None (cannot tell). ``rule`` is the rule's status that day: not yet, in force, suspended, cannot
    tell. ``is_treated_as_listed`` joins the two; ``reason`` says why in a sentence.
    """

    name: str
    on: date
    owned_pct_min: float
    owned_pct_max: float
    is_half_owned: bool | None
    rule: str
    citation: str
    is_treated_as_listed: bool | None
    holders: tuple[Holder, ...]
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a mapping."""
        return asdict(self)


def ownership_edges() -> pd.DataFrame:
    """Return who owns how much of whom: a row per owner, firm and day, with EDGES; shares in %.

    The units that the lists name within an entry are edges without a share. Far from complete.
    """
    sourced = tables.table("ownership")
    firms = listed_firms()
    units = firms[firms["part_of"] != ""]
    owner = units["part_of"].map(firms.set_index("entity_id")["name"])
    named = pd.DataFrame(
        {
            "owner": owner, "owned": units["name"], "owned_pct": float("nan"), "as_of": units["as_of"],
            "basis": "named by the list as a unit", "source_ids": units["source_ids"], "note": "",
        }
    )  # fmt: skip
    return pd.concat([sourced, named], ignore_index=True)[list(EDGES)]


def affiliate_status(
    name: str, on: date, edges: pd.DataFrame | None = None, firms: pd.DataFrame | None = None
) -> Affiliate:
    """Return what the 50% rule says of the firm *name* on the day *on*.

    *edges* are `ownership_edges`, *firms* `listed_firms`, unless others are given. Of several reports of one
    holding the newest up to *on* counts, else the earliest. A firm no edge names has bounds of 0 to 100%.
    """
    edges = ownership_edges() if edges is None else edges
    firms = listed_firms() if firms is None else firms
    holdings = _holdings(edges, on)
    reached = _reached(holdings, _listed_on(firms, on))
    key = _key(name)
    holders = tuple(_holder(row, reached) for row in holdings.get(key, ()))
    low, high = _bounds(holders)
    half = True if low >= HALF else False if high < HALF else None
    rule, citation, applies = _rule_on(on)
    return Affiliate(
        name=_as_written(key, edges) or name, on=on, owned_pct_min=low, owned_pct_max=high,
        is_half_owned=half, rule=rule, citation=citation, is_treated_as_listed=_both(half, applies),
        holders=holders, reason=_reason(holders, low, half, rule),
    )  # fmt: skip


Key = tuple[str, ...]
Holdings = dict[Key, tuple[Mapping[Any, Any], ...]]


def _key(name: str) -> Key:
    """Return the words of a name without legal forms."""
    return tuple(word for word in words(name) if word not in LEGAL_FORMS)


def _holdings(edges: pd.DataFrame, on: date) -> Holdings:
    """Return each firm's holders as the reports up to *on* give them, one report a holder."""
    day = pd.Timestamp(on)
    chosen: dict[tuple[Key, Key], Mapping[Any, Any]] = {}
    ordered: list[Mapping[Any, Any]] = [*edges.sort_values("as_of").to_dict("records")]
    for row in ordered:
        pair = (_key(row["owned"]), _key(row["owner"]))
        if pair not in chosen or row["as_of"] <= day:
            chosen[pair] = row
    found: dict[Key, list[Mapping[Any, Any]]] = {}
    for (owned, _), row in chosen.items():
        found.setdefault(owned, []).append(row)
    return {owned: tuple(rows) for owned, rows in found.items()}


def _listed_on(firms: pd.DataFrame, on: date) -> Callable[[str], bool]:
    """Return a function that says whether a firm stood on a list that the rule extends."""
    day = pd.Timestamp(on)
    listed: set[Key] = set()
    for row in firms[firms["list"].isin(_REACHING)].to_dict("records"):
        if state_on(row, day)[0] == "listed":
            listed.update(bare for name in (row["name"], *row["aliases"]) for bare in exact_names(name))
    return lambda name: _key(name) in listed


def _reached(holdings: Holdings, is_listed: Callable[[str], bool]) -> dict[Key, bool | None]:
    """Return whether each owner counts as listed: True, False, or None when that hangs on an unknown share.

    Grown from the listed owners down the chains until nothing changes, so that circles end.
    """
    owners = {_key(row["owner"]): str(row["owner"]) for rows in holdings.values() for row in rows}
    reached: dict[Key, bool | None] = {key: is_listed(name) for key, name in owners.items()}
    for _ in range(len(owners) + 1):
        before = dict(reached)
        for key in owners:
            if reached[key] is not True and key in holdings:
                low, high = _bounds(_holder(row, reached) for row in holdings[key])
                reached[key] = True if low >= HALF else False if high < HALF else None
        if reached == before:
            break
    return reached


def _holder(row: Mapping[Any, Any], reached: Mapping[Key, bool | None]) -> Holder:
    """Return one holding as a holder."""
    share = None if pd.isna(row["owned_pct"]) else float(row["owned_pct"])
    day = None if pd.isna(row["as_of"]) else pd.Timestamp(row["as_of"]).date()
    return Holder(row["owner"], share, day, reached.get(_key(row["owner"])), row["source_ids"])


def _bounds(holders: Iterable[Holder]) -> tuple[float, float]:
    """Return what listed firms hold together at least and at most, in %: unknown holders may be listed."""
    known = [holder for holder in holders if holder.owned_pct is not None]
    low = sum(holder.owned_pct or 0 for holder in known if holder.is_listed)
    free = sum(holder.owned_pct or 0 for holder in known if holder.is_listed is False)
    return min(low, 100.0), max(min(low, 100.0), 100.0 - min(free, 100.0))


def _rule_on(on: date) -> tuple[str, str, bool | None]:
    """Return (status, citation, whether it applies) of the Affiliates rule on a day."""
    entry = rules()[RULE].on(on)
    if entry is None:
        return "not yet", rules()[RULE].timeline[0].citation.ref, False
    if entry.cannot_tell:
        return "cannot tell", entry.citation.ref, None
    return entry.status.replace("_", " "), entry.citation.ref, entry.status == "in_force"


def _both(one: bool | None, other: bool | None) -> bool | None:
    """Return one AND other in three values."""
    if one is False or other is False:
        return False
    return True if one and other else None


def _as_written(key: Key, edges: pd.DataFrame) -> str:
    """Return the firm's name as the edges write it, "" when none does."""
    return next((str(name) for name in edges["owned"] if _key(name) == key), "")


def _reason(holders: tuple[Holder, ...], low: float, half: bool | None, rule: str) -> str:
    """Return why, in a sentence."""
    if not holders:
        return "No holder of this firm is recorded here; that says nothing of who owns it."
    listed = [holder for holder in holders if holder.is_listed]
    named = "; ".join(f"{h.name} ({_share(h)})" for h in listed) or "no listed holder recorded"
    if half is None:
        return f"Listed holders: {named}. The rest, or a share, is not known: cannot tell whether half."
    if not half:
        return f"Listed holders: {named}. Together below half, whoever holds the rest."
    return f"Listed holders: {named}, together {low:g}%. The rule on that day: {rule}."


def _share(holder: Holder) -> str:
    """Return a holder's share as text."""
    return "share unknown" if holder.owned_pct is None else f"{holder.owned_pct:g}%, {holder.as_of}"
