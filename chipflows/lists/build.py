"""From parsed texts to the tables under data/tables: firms as facts, counts, rules. No natural persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from chipflows.lists.citations import citations, first_cited
from chipflows.lists.frame import COLUMNS, ENTITY_LIST, firms
from chipflows.lists.history import names_within
from chipflows.lists.pairing import paired, parent_and_unit, respelt
from chipflows.lists.rules import additions, citation_pages, rule_page
from chipflows.lists.shipped import SHIPPED_COLUMNS, as_cells
from chipflows.lists.words import name_key

__all__ = ["Text", "build"]

Row = dict[str, Any]
# Published whole each time: the day of the newest publication says nothing of the first listing.
_WHOLE = frozenset({"1260H"})
_BINDS_BEFORE = 10  # days; a rule that binds before its publication does so by less
_RANK = {"entry": 0, "unit": 1, "gone": 2}
_COUNTS = (
    "list", "text", "as_of", "entries", "cn_entries", "hk_entries", "firms", "undated_citations",
    "source_ids",
)  # fmt: skip


@dataclass(frozen=True)
class Text:
    """One text as parsed, the day it shows, and the id of the card it is described on."""

    frame: pd.DataFrame
    as_of: date
    source: str

    def of(self, name: str) -> pd.DataFrame:
        """Return the rows of the list called *name*."""
        return self.frame[self.frame["list"] == name].reset_index(drop=True)


def build(
    regulations: Text, screening: Text, earlier: Text, others: Sequence[Text], dates: pd.DataFrame,
    effective: Mapping[str, date],
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Return the tables listed_firms, list_texts, entity_list_additions and citation_pages, cells as text.

    *regulations* is the newest Entity List of the eCFR, *screening* the newest Consolidated Screening List
    (for review policies and units), *earlier* an older one (for what stood then), *others* further lists, one
    each. *dates* are listings and removals that no text shows (the table listing_dates); *effective* the day
    a rule bound, by its first page, where that was read.
    """
    newest, now = regulations.of(ENTITY_LIST), screening.of(ENTITY_LIST)
    pages = citation_pages(now, newest)
    rule_of = dict(zip(pages["entry_citation"], pages["rule_citation"], strict=True))
    rows = _with_policies(_entries(newest, regulations), now, newest)
    rows += _units(
        now, newest, screening, dict(zip(pages["rule_citation"], pages["published_on"], strict=True))
    )
    for text in others:
        rows += _entries(text.frame, text)
    _bind_earlier(rows, effective, rule_of)
    _start_earlier(rows, earlier)
    rows += _gone(rows, earlier, screening, regulations.as_of)
    _set_dates(rows, dates)
    return {
        "listed_firms": as_cells(_shipped(rows)),
        "list_texts": _texts(regulations, screening, earlier, others),
        "entity_list_additions": _additions((regulations, earlier), rule_of),
        "citation_pages": pages.assign(source_ids=f"{regulations.source};{screening.source}"),
    }


def _entries(frame: pd.DataFrame, text: Text) -> list[Row]:
    """Return the rows of *frame* as entries that stand on the text's day."""
    more = {"record": "entry", "part_of": "", "last_seen_on": None, "gone_by": None, "note": ""}
    rows = [
        {**row, **more, "as_of": text.as_of, "source_ids": text.source} for row in frame.to_dict("records")
    ]
    for row in rows:
        row["first_cited_on"] = _day(row["first_cited_on"])
        row["listed_from"] = None if row["list"] in _WHOLE else row["first_cited_on"]
    return rows


def _day(value: Any) -> date | None:
    """Return a date, or None for a missing one."""
    return None if pd.isna(value) else pd.Timestamp(value).date()


def _with_policies(rows: list[Row], screening: pd.DataFrame, entries: pd.DataFrame) -> list[Row]:
    """Return *rows*, of *entries* in order, with the screening list's review policy where they have none."""
    policies = screening["review_policy"].to_dict()
    for there, here in paired(screening, entries)[0]:
        rows[here]["review_policy"] = rows[here]["review_policy"] or policies[there]
    return rows


def _units(
    screening: pd.DataFrame, entries: pd.DataFrame, text: Text, day_of: Mapping[str, Any]
) -> list[Row]:
    """Return the units that have a row of their own in the screening list and none in the regulations."""
    parents = {name_key(name): at for name, at in zip(entries["name"], entries["entity_id"], strict=True)}
    found: dict[str, Row] = {}
    for row in _entries(screening.loc[paired(screening, entries)[2]], text):
        parent, unit = parent_and_unit(row["name"])
        if not parent or row["is_person"]:
            continue
        holder = parents.get(name_key(parent)) or parents.get(name_key(parent.split(" (")[0])) or ""
        days = [day_of.get(item.ref) for item in citations("; ".join(row["citations"]))]
        first = min((day for day in days if day), default=None)
        at = f"{holder or 'el'}__{name_key(unit).replace(' ', '_')[:60]}"
        found[at] = {
            **row, "entity_id": at, "name": unit, "part_of": holder, "record": "unit",
            "first_cited_on": first, "listed_from": first,
        }  # fmt: skip
    return list(found.values())


def _bind_earlier(rows: Iterable[Row], effective: Mapping[str, date], rule_of: Mapping[str, str]) -> None:
    """Set the first day to the day the rule bound, where that is known to be some days before publication."""
    for row in rows:
        found = citations("; ".join(row["citations"]))
        on = first_cited(found)
        if row["list"] != ENTITY_LIST or on is None or row["listed_from"] != on:
            continue
        refs = [item.ref for item in found if item.on == on]
        days = [effective.get(rule_page(ref, rule_of)) or effective.get(ref) for ref in refs]
        day = min((day for day in days if day), default=on)
        if (on - day).days <= _BINDS_BEFORE:
            row["listed_from"] = min(day, on)


def _start_earlier(rows: Sequence[Row], earlier: Text) -> None:
    """Set an earlier first day where the older text gives one."""
    for name in {row["list"] for row in rows}:
        before = earlier.of(name)
        days = [_day(value) for value in before["first_cited_on"]]
        for there, at in paired(before, _frame(rows, name))[0]:
            row, day = rows[at], days[there]
            if day and (row["listed_from"] is None or day < row["listed_from"]):
                row["listed_from"] = day
                row["source_ids"] = f"{row['source_ids']};{earlier.source}"


def _gone(rows: Sequence[Row], earlier: Text, screening: Text, now: date) -> list[Row]:
    """Return what the older text has and no newer one, neither as an entry nor within one."""
    gone: list[Row] = []
    for name in sorted({row["list"] for row in rows}):
        before, here = earlier.of(name), _frame(rows, name)
        holder, spelt = names_within(here), respelt(here)
        left = before.loc[paired(before, here)[2]]
        left = left.loc[paired(left, screening.of(name))[2]]
        gone += [row for row in _entries(left, earlier) if not (holder(row["name"]) or spelt(row["name"]))]
    until = {"record": "gone", "last_seen_on": earlier.as_of, "gone_by": now}
    return [{**row, **until} for row in gone]


def _frame(rows: Sequence[Row], name: str) -> pd.DataFrame:
    """Return the rows of one list as a frame indexed by their place in *rows*."""
    at = [place for place, row in enumerate(rows) if row["list"] == name]
    return pd.DataFrame([rows[place] for place in at], index=at, columns=list(COLUMNS))


def _set_dates(rows: list[Row], dates: pd.DataFrame) -> None:
    """Set the listings and removals of the table listing_dates; a firm in no text gets a row of its own."""
    for known in dates.to_dict("records"):
        gone = _day(known["gone_by"])
        last = (pd.Timestamp(gone) - pd.Timedelta(days=1)).date() if gone else None
        listed = _day(known["listed_from"])
        fields = {"listed_from": listed, "last_seen_on": last, "gone_by": gone, "note": known["note"]}
        key = (known["list"], name_key(known["name"]))
        row = next((row for row in rows if (row["list"], name_key(row["name"])) == key), None)
        if row is None:
            rows.append(_dated(known, fields))
        else:
            row.update(fields, source_ids=f"{row['source_ids']};{known['source_ids']}")


def _dated(known: Mapping[Any, Any], fields: Row) -> Row:
    """Return a row for a firm that stood on a list only between two texts."""
    many = dict.fromkeys(("aliases", "addresses", "footnotes"), ())
    slug = name_key(known["name"]).replace(" ", "_")
    return {
        **dict.fromkeys(SHIPPED_COLUMNS, ""), **many, **fields,
        "entity_id": f"el_{known['country'].lower()}_{slug}",
        "list": known["list"], "record": "gone", "name": known["name"], "country": known["country"],
        "citations": tuple(map(str, citations(known["citations"]))), "first_cited_on": fields["listed_from"],
        "as_of": fields["gone_by"], "source_ids": known["source_ids"], "is_person": False,
    }  # fmt: skip


def _shipped(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the firms among *rows* with SHIPPED_COLUMNS, ids made unique, in a stable order."""
    ordered = sorted(rows, key=lambda row: (row["list"], _RANK[row["record"]], row["entity_id"]))
    for row in ordered:  # "Group subordinate institution: X" is asked for as X
        parent, unit = parent_and_unit(row["name"])
        if parent and unit and unit not in row["aliases"]:
            row["aliases"] = (unit, *row["aliases"])
    taken: Counter[str] = Counter()
    for row in ordered:  # an entry that is gone may share the id of one that stands
        taken[row["entity_id"]] += 1
        if taken[row["entity_id"]] > 1:
            row["entity_id"] += f"_r{taken[row['entity_id']]}"
    return firms(pd.DataFrame(ordered).astype({"is_person": bool}))[list(SHIPPED_COLUMNS)]


def _texts(regulations: Text, screening: Text, earlier: Text, others: Iterable[Text]) -> pd.DataFrame:
    """Return what each text holds of each list shipped, natural persons counted."""
    rows = [_counts(ENTITY_LIST, "regulations", regulations.of(ENTITY_LIST), regulations)]
    rows += [_counts(str(text.frame["list"].iloc[0]), "list", text.frame, text) for text in others]
    for text in (screening, earlier):
        rows += [
            _counts(name, "screening list", text.of(name), text) for name in (ENTITY_LIST, "MEU", "NS-CMIC")
        ]
    return pd.DataFrame(rows, columns=list(_COUNTS))


def _counts(name: str, what: str, frame: pd.DataFrame, text: Text) -> tuple[Any, ...]:
    """Return one row of counts."""
    country = frame["country"].str.split(";").str[0]
    undated = sum(item.on is None for cited in frame["citations"] for item in citations("; ".join(cited)))
    return (
        name, what, text.as_of, len(frame), int((country == "CN").sum()), int((country == "HK").sum()),
        int((~frame["is_person"]).sum()), undated, text.source,
    )  # fmt: skip


def _additions(texts: Iterable[Text], rule_of: Mapping[str, str]) -> pd.DataFrame:
    """Return additions to the Entity List by rule, as each text shows them."""
    parts = [
        additions(text.of(ENTITY_LIST), rule_of).assign(as_of=text.as_of, source_ids=text.source)
        for text in texts
    ]
    both = pd.concat(parts, ignore_index=True)
    return both[["as_of", *both.columns.drop(["as_of", "source_ids"]), "source_ids"]]
