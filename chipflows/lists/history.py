"""What changed between two snapshots of a list, and whether a name stood on it on a day.

A snapshot holds survivors only. The first citation says since when an entry stood, an entry missing from the
newer of two snapshots was removed at some time between them, and everything removed earlier is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

from chipflows.lists.frame import WITHHELD
from chipflows.lists.pairing import paired, unit_key
from chipflows.lists.words import name_key, words

__all__ = ["CHANGES", "STATUS_COLUMNS", "diff", "status"]

CHANGES = ("change", "entity_id", "name", "what")
STATUS_COLUMNS = (
    "entity_id",
    "name",
    "list",
    "country",
    "status",
    "since",
    "matched_on",
    "citations",
    "note",
)
_CODES = ("licence_requirement", "review_policy")
_SAME_ADDRESS = 0.6  # share of an address's words that must come back for it to count as the same
_FORMS = frozenset(
    ["co", "ltd", "corp", "inc", "llc", "limited", "company", "corporation", "incorporated", "the"]
)


def diff(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return added, removed and amended entries, a row each with CHANGES, in that order.

    Entries are paired by list, name and country (Hong Kong counts as CN), then by a shared alias. A field
    that one snapshot does not hold at all (addresses, review policy) is not compared. Names of natural
    persons are withheld; the rows are counted.
    """
    pairs, added, removed = paired(old, new)
    compared = _compared(old, new)
    within_old, within_new = _names_within(old), _names_within(new)
    rows: list[tuple[str, Any, str]] = []
    for at in added:
        holder = _holder(new.loc[at], within_old)
        rows.append(
            ("amended", new.loc[at], f"was within {holder}") if holder else ("added", new.loc[at], "")
        )
    for at in removed:
        holder = _holder(old.loc[at], within_new)
        rows.append(
            ("amended", old.loc[at], f"now within {holder}") if holder else ("removed", old.loc[at], "")
        )
    for before, after in pairs:
        what = "; ".join(_amendments(old.loc[before], new.loc[after], compared))
        if what:
            rows.append(("amended", new.loc[after], what))
    shown: list[tuple[str, str, str, str]] = [
        (change, "", WITHHELD, "") if row["is_person"] else (change, row["entity_id"], row["name"], what)
        for change, row, what in rows
    ]
    order = {change: rank for rank, change in enumerate(("added", "removed", "amended"))}
    return pd.DataFrame(sorted(shown, key=lambda row: order[str(row[0])]), columns=list(CHANGES))


def status(frame: pd.DataFrame, name: str, on: date) -> pd.DataFrame:
    """Return what the lists say of *name* on the day *on*: a row per entry it may be, with STATUS_COLUMNS.

    *frame* holds firms, with ``last_seen_on`` and ``gone_by`` where an entry is known to have been removed.
    An entry is meant when a name or alias is the name given (legal forms aside), or holds all its words.
    ``status`` is listed, not yet listed, removed, or cannot tell; no rows mean no such entry.
    """
    asked = _bare(name)
    if not asked:
        return pd.DataFrame(columns=list(STATUS_COLUMNS))
    rows = []
    for row in frame.to_dict("records"):
        matched = _how_matched(asked, row)
        if matched:
            state, note = _state(row, pd.Timestamp(on))
            rows.append(
                (row["entity_id"], row["name"], row["list"], row["country"], state, row["first_cited_on"],
                 matched, "; ".join(row["citations"]), note)
            )  # fmt: skip
    found = pd.DataFrame(rows, columns=list(STATUS_COLUMNS))
    order = found["matched_on"].map({"name": 0, "alias": 1, "part of name": 2, "part of alias": 3})
    return (
        found.assign(_order=order)
        .sort_values(["_order", "list", "name"])
        .drop(columns="_order")
        .reset_index(drop=True)
    )


def _names_within(frame: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return {(list, name or alias): the entry's name} for firms whose names have two words or more."""
    rows = frame[~frame["is_person"]].to_dict("records")
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        for key in filter(lambda text: " " in text, _keys(row)):
            found.setdefault((row["list"], key), row["name"])
    return found


def _holder(row: Any, within: dict[tuple[str, str], str]) -> str:
    """Return the entry that holds *row*'s name in the other snapshot, "" when none does."""
    return within.get((row["list"], unit_key(row["name"])), "")


def _bare(name: str) -> tuple[str, ...]:
    """Return the words of *name* without legal forms."""
    return tuple(word for word in words(name) if word not in _FORMS)


def _how_matched(asked: tuple[str, ...], row: dict[Any, Any]) -> str:
    """Return how *row* answers to the words *asked*, "" when it does not."""
    name = _bare(row["name"])
    aliases = [_bare(alias) for alias in row["aliases"]]
    if asked == name:
        return "name"
    if asked in aliases:
        return "alias"
    wanted = set(asked)
    if wanted <= set(name):
        return "part of name"
    return "part of alias" if any(wanted <= set(alias) for alias in aliases) else ""


def _state(row: dict[Any, Any], on: pd.Timestamp) -> tuple[str, str]:
    """Return (status, note) of an entry on a day."""
    since, seen, gone = (row.get(key, pd.NaT) for key in ("first_cited_on", "last_seen_on", "gone_by"))
    if pd.notna(since) and on < since:
        return (
            "not yet listed",
            f"first cited {since:%Y-%m-%d}; an earlier listing under another citation is not excluded",
        )
    if pd.notna(gone) and on >= gone:
        return "removed", f"last seen {seen:%Y-%m-%d}, gone by {gone:%Y-%m-%d}"
    if pd.notna(gone) and on > seen:
        return "cannot tell", f"removed at some time after {seen:%Y-%m-%d} and by {gone:%Y-%m-%d}"
    if pd.isna(since):
        return "cannot tell", "the source gives no date"
    return "listed", ""


def _compared(old: pd.DataFrame, new: pd.DataFrame) -> set[str]:
    """Return the fields that both snapshots hold."""
    fields = ("aliases", "addresses", "footnotes", *_CODES)
    return {name for name in fields if all(any(map(bool, frame[name])) for frame in (old, new))}


def _amendments(old: Any, new: Any, compared: set[str]) -> Iterator[str]:
    """Yield what changed, a phrase a field."""
    if name_key(old["name"]) != name_key(new["name"]):
        yield f"name was {old['name']}"
    if "aliases" in compared:
        yield from _plus_minus("aliases", _keys(old), _keys(new))
    if "addresses" in compared:
        here, there = (
            [set(words(place)) for place in old["addresses"]],
            [set(words(x)) for x in new["addresses"]],
        )
        plus = sum(not any(_overlap(place, other) for other in here) for place in there)
        minus = sum(not any(_overlap(place, other) for other in there) for place in here)
        if plus or minus:
            yield f"addresses +{plus} -{minus}"
    if "footnotes" in compared and old["footnotes"] != new["footnotes"]:
        yield f"footnotes {','.join(old['footnotes']) or 'none'} -> {','.join(new['footnotes']) or 'none'}"
    for field in sorted(compared & set(_CODES)):
        before, after = (str(row[field]).split(" [")[0] for row in (old, new))
        if before != after and before and after:
            yield f"{field} {before} -> {after}"


def _keys(row: Any) -> set[str]:
    """Return the entry's names and aliases as keys."""
    return {name_key(text) for text in (row["name"], *row["aliases"])}


def _plus_minus(what: str, old: set[str], new: set[str]) -> Iterator[str]:
    """Yield "aliases +2 -1" when the sets differ."""
    if old != new:
        yield f"{what} +{len(new - old)} -{len(old - new)}"


def _overlap(one: set[str], other: set[str]) -> bool:
    """Return whether two addresses share most of the shorter one's words."""
    return len(one & other) >= _SAME_ADDRESS * max(1, min(len(one), len(other)))
