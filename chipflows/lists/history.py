"""What changed between two snapshots of a list, and whether a name stood on it on a day.

A snapshot holds survivors only. The first citation says since when an entry stood, an entry missing from the
newer of two snapshots was removed at some time between them, and everything removed earlier is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from chipflows.lists.frame import WITHHELD
from chipflows.lists.pairing import paired, respelt, unit_key
from chipflows.lists.words import LEGAL_FORMS, name_key, words

__all__ = [
    "CHANGES",
    "STATUS_COLUMNS",
    "diff",
    "exact_names",
    "names_within",
    "standing",
    "state_on",
    "status",
]

CHANGES = ("change", "entity_id", "name", "what")
STATUS_COLUMNS = (
    "entity_id", "name", "list", "country", "status", "since", "footnotes", "matched_on", "citations", "note",
    "remark",
)  # fmt: skip
_CODES = ("licence_requirement", "review_policy")
_DATES = ("first_cited_on", "last_seen_on", "gone_by", "as_of")
_ORDER = ["_order", "list", "since", "_aliases", "name"]
_ACRONYM = re.compile(r"\s*\(([A-Z][A-Za-z0-9&-]{1,11})\)\s*\Z")
_BEGAN = {"1260H": pd.Timestamp(2021, 1, 1)}  # section 1260H of the act for fiscal 2021, Pub. L. 116-283
_SAME_ADDRESS = 0.6  # share of an address's words that must come back for it to count as the same


def diff(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return added, removed and amended entries, a row each with CHANGES, in that order.

    Entries are paired by list, name and country (Hong Kong counts as CN), then by a shared alias. A field
    that one snapshot does not hold at all (addresses, review policy) is not compared. A removal that may be a
    new spelling says so. Names of natural persons are withheld, their rows counted.
    """
    pairs, added, removed = paired(old, new)
    compared = _compared(old, new)
    rows: list[tuple[str, Any, str]] = []
    here, there = (dict(zip(x.index, x.to_dict("records"), strict=True)) for x in (old, new))
    before, after, spelt = names_within(old), names_within(new), respelt(new)
    for at in added:
        holder = before(str(there[at]["name"]))
        what = f"was within {holder}" if holder else ""
        rows.append(("amended" if holder else "added", there[at], what))
    for at in removed:
        name = str(here[at]["name"])
        holder, alike = after(name), spelt(name)
        what = f"now within {holder}" if holder else f"may stand as {alike}" if alike else ""
        rows.append(("amended" if holder else "removed", here[at], what))
    for one, other in pairs:
        what = "; ".join(_amendments(here[one], there[other], compared))
        if what:
            rows.append(("amended", there[other], what))
    shown: list[tuple[str, str, str, str]] = [
        (change, "", WITHHELD, "") if row["is_person"] else (change, row["entity_id"], row["name"], what)
        for change, row, what in rows
    ]
    order = {change: rank for rank, change in enumerate(("added", "removed", "amended"))}
    return pd.DataFrame(sorted(shown, key=lambda row: order[str(row[0])]), columns=list(CHANGES))


def status(frame: pd.DataFrame, name: str, on: date) -> pd.DataFrame:
    """Return what the lists say of *name* on the day *on*: a row per entry it may be, with STATUS_COLUMNS.

    *frame* is `listed_firms` or another frame of firms. An entry is meant when a name or alias is the name
    given (legal forms aside), or holds all its words. ``status`` is listed, not yet listed, removed or
    cannot tell; ``note`` says why, ``remark`` is the row's own. Exact names come first, then the
    entries of longest standing and most aliases. No rows mean that no firm of that name is held.
    """
    asked = next(iter(exact_names(name)), ())
    if not asked:
        return pd.DataFrame(columns=list(STATUS_COLUMNS))
    rows = []
    for row in frame.to_dict("records"):
        matched = _how_matched(asked, row)
        if matched:
            state, note = state_on(row, pd.Timestamp(on))
            since = row.get("listed_from", row["first_cited_on"])
            rows.append(
                (row["entity_id"], row["name"], row["list"], row["country"], state, since, row["footnotes"],
                 matched, row["citations"], note, row.get("note", ""), -len(row["aliases"]))
            )  # fmt: skip
    found = pd.DataFrame(rows, columns=[*STATUS_COLUMNS, "_aliases"])
    order = found["matched_on"].map({"name": 0, "alias": 1, "part of name": 2, "part of alias": 3})
    found = found.assign(_order=order).sort_values(_ORDER, kind="stable")
    return found[list(STATUS_COLUMNS)].reset_index(drop=True)


def standing(frame: pd.DataFrame, on: date) -> pd.DataFrame:
    """Return *frame* as it stood on the day *on*, so far as the record goes, with ``status`` and ``why``.

    Rows not yet listed or removed by then are left out. ``cannot tell`` marks what may have stood; what was
    added and removed between the texts held is missing altogether.
    """
    day = pd.Timestamp(on)
    states = [state_on(row, day) for row in frame.to_dict("records")]
    found = frame.assign(status=[state for state, _ in states], why=[note for _, note in states])
    return found[found["status"].isin(["listed", "cannot tell"])].reset_index(drop=True)


def names_within(frame: pd.DataFrame) -> Callable[[str], str]:
    """Return a function from a name to the firm of *frame* that holds it, "" when none does.

    A firm holds a name of two words or more as its own, as an alias, or within an address: units of an entry
    stand there. *frame* is one list's.
    """
    known: dict[str, str] = {}
    places: list[tuple[str, str]] = []
    for row in frame[~frame["is_person"]].to_dict("records"):
        for key in _keys(row):
            known.setdefault(key, row["name"])
        places.extend((f" {name_key(place)} ", row["name"]) for place in row["addresses"])
    everywhere = "".join(place for place, _ in places)

    def holder(name: str) -> str:
        key = unit_key(name)
        if " " not in key:
            return ""
        if key in known or f" {key} " not in everywhere:
            return known.get(key, "")
        return next((firm for place, firm in places if f" {key} " in place), "")

    return holder


def exact_names(text: str) -> list[tuple[str, ...]]:
    """Return the words of a name as people may give it: whole, without its "(ABC)", and ABC alone.

    Legal forms are left out.
    """
    found = _ACRONYM.search(text)
    spellings = (text, text[: found.start()], found[1]) if found else (text,)
    bare = (tuple(word for word in words(each) if word not in LEGAL_FORMS) for each in spellings)
    return [each for each in bare if each]


def _how_matched(asked: tuple[str, ...], row: dict[Any, Any]) -> str:
    """Return how *row* answers to the words *asked*, "" when it does not."""
    name = exact_names(row["name"])
    aliases = [bare for alias in row["aliases"] for bare in exact_names(alias)]
    if asked in name:
        return "name"
    if asked in aliases:
        return "alias"
    wanted = set(asked)
    if any(wanted <= set(bare) for bare in name):
        return "part of name"
    return "part of alias" if any(wanted <= set(bare) for bare in aliases) else ""


def state_on(row: Mapping[Any, Any], on: pd.Timestamp) -> tuple[str, str]:
    """Return (status, note) of an entry on a day."""
    cited, seen, gone, newest = (row.get(key, pd.NaT) for key in _DATES)
    since = row.get("listed_from", cited)
    if pd.notna(gone) and on >= gone:
        return "removed", _how_gone(seen, gone)
    if pd.notna(gone) and on > seen:
        return "cannot tell", _how_gone(seen, gone)
    if pd.notna(since) and on < since:
        return "not yet listed", f"first listed {since:%Y-%m-%d}; an earlier, removed listing is not excluded"
    if pd.isna(since) and pd.isna(cited):
        return "cannot tell", "the source gives no date"
    if on < _BEGAN.get(row["list"], on):
        return "not yet listed", f"the law behind the list is of {_BEGAN[row['list']]:%Y-%m-%d}"
    if pd.isna(since) and on < cited:
        return "cannot tell", f"in the list published {cited:%Y-%m-%d}; earlier lists are not held"
    if pd.notna(newest) and on > newest:
        return "listed", f"as of the newest text, {newest:%Y-%m-%d}; later changes are not known"
    return "listed", ""


def _how_gone(seen: pd.Timestamp, gone: pd.Timestamp) -> str:
    """Return what is known of a removal."""
    if (gone - seen).days == 1:
        return f"removed on {gone:%Y-%m-%d}"
    return f"stood there on {seen:%Y-%m-%d}; by {gone:%Y-%m-%d} removed, renamed or merged"


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
