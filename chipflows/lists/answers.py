"""What the lists say of a name on a day: a sentence, the entries meant, and what the record cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from chipflows.lists.frame import ENTITY_LIST
from chipflows.lists.history import status
from chipflows.lists.ownership import affiliate_status, ownership_edges
from chipflows.lists.shipped import list_texts, listed_firms
from chipflows.lists.words import LEGAL_FORMS, words

__all__ = ["StatusAnswer", "status_answer"]

_EFFECTS = {
    "1260H": "The 1260H list bears on defence procurement; it requires no export licence.",
    "NS-CMIC": "The NS-CMIC List bars dealings in securities; it requires no export licence.",
}
_MOST_AFFILIATES = 3


@dataclass(frozen=True)
class StatusAnswer:
    """The answer for one name and day: a sentence, the entries meant (STATUS_COLUMNS), and notes.

    ``on_entity_list`` is True, False or None (cannot tell); ``other_lists`` names those it stood on.
    """

    name: str
    on: date
    headline: str
    on_entity_list: bool | None
    other_lists: tuple[str, ...]
    entries: pd.DataFrame
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a mapping, entries as a list of mappings."""
        return {
            "name": self.name, "on": self.on, "headline": self.headline,
            "on_entity_list": self.on_entity_list, "other_lists": self.other_lists,
            "entries": self.entries.to_dict("records"), "notes": self.notes,
        }  # fmt: skip


def status_answer(name: str, on: date | None = None) -> StatusAnswer:
    """Return what the lists held say of *name* on the day *on*, by default that of the newest text."""
    texts = list_texts()
    day = on or pd.Timestamp(texts["as_of"].max()).date()
    found = status(listed_firms(), name, day)
    own, others = found[found["list"] == ENTITY_LIST], found[found["list"] != ENTITY_LIST]
    on_list = _three_valued(own)
    standing = tuple(sorted(others.loc[others["status"] == "listed", "list"].unique()))
    said = f"{_own_list(own, on_list, texts)}{_others(others, standing)}"
    if found.empty:
        said += "; nor on the 1260H, MEU and NS-CMIC lists. A name spelt otherwise is not found"
    return StatusAnswer(
        name=name, on=day, headline=f"{name}, {day}: {said}.",
        on_entity_list=on_list, other_lists=standing, entries=found,
        notes=tuple(_notes(name, day, found, texts, is_absent=own.empty)),
    )  # fmt: skip


def _three_valued(own: pd.DataFrame) -> bool | None:
    """Return whether an entry stood on the Entity List, None when that cannot be told."""
    states = set(own["status"])
    if "listed" in states:
        return True
    return None if "cannot tell" in states else False


def _own_list(own: pd.DataFrame, on_list: bool | None, texts: pd.DataFrame) -> str:
    """Return what the Entity List said, as part of a sentence."""
    if own.empty:
        return f"not on the Entity List: no firm of that name in the texts held ({_days(texts, ENTITY_LIST)})"
    wanted = "listed" if on_list else "cannot tell" if on_list is None else ""
    rows = own[own["status"] == wanted] if wanted else own
    first = rows.iloc[0]
    several = f" and {len(rows) - 1:,} more of that name" if len(rows) > 1 else ""
    who = f"{first['name']} ({first['country'] or 'no country'}){several}"
    if on_list:
        return f"on the Entity List. {who}: listed since {_since(first)}"
    if on_list is None:
        return f"cannot tell whether on the Entity List. {who}: {first['note']}"
    if first["status"] == "removed":
        return f"not on the Entity List. {who}: listed from {_since(first)}, {first['note']}"
    return f"not on the Entity List on that day. {who}: listed later, from {_since(first)}"


def _since(row: Any) -> str:
    """Return the first day and its citation."""
    cited = f" ({row['citations'][0].split(' (')[0]})" if row["citations"] else ""
    return f"{row['since']:%Y-%m-%d}{cited}" if pd.notna(row["since"]) else f"a day not known{cited}"


def _others(others: pd.DataFrame, standing: tuple[str, ...]) -> str:
    """Return what the other lists said, as the end of a sentence."""
    parts = []
    for name in standing:
        rows = others[(others["list"] == name) & (others["status"] == "listed")]
        since = rows["since"].min()
        parts.append(f"{name}{f' since {since:%Y-%m-%d}' if pd.notna(since) else ''}")
    return f"; on other lists: {', '.join(parts)}" if parts else ""


def _days(texts: pd.DataFrame, name: str) -> str:
    """Return the days of the texts held of a list."""
    days = sorted(texts.loc[texts["list"] == name, "as_of"].dt.date.unique())
    return ", ".join(map(str, days))


def _notes(
    name: str, day: date, found: pd.DataFrame, texts: pd.DataFrame, *, is_absent: bool
) -> Iterator[str]:  # fmt: skip
    """Yield what a reader must know beside the entries."""
    for listed in sorted(set(found["list"]) & set(_EFFECTS)):
        yield _EFFECTS[listed]
    yield from dict.fromkeys(f"{text.rstrip('.')}." for text in found["remark"] if text)
    yield from _affiliates(name, day, is_absent=is_absent)
    held = texts[texts["list"] == ENTITY_LIST]["as_of"]
    if pd.Timestamp(day) > held.max():
        yield f"The newest texts held are of {_newest(texts)}; what changed after them is not known here."
    elif pd.Timestamp(day) < held.max():
        yield (
            f"The record is that of the texts held (Entity List: {_days(texts, ENTITY_LIST)}): a firm listed "
            "and removed between two of them, or before the first, is not in it."
        )


def _newest(texts: pd.DataFrame) -> str:
    """Return each list's newest text."""
    newest = texts.groupby("list")["as_of"].max()
    return ", ".join(f"{day:%Y-%m-%d} ({name})" for name, day in newest.items())


def _affiliates(name: str, day: date, *, is_absent: bool) -> Iterator[str]:
    """Yield what the 50% rule says of firms of that name, when the list itself names none."""
    if not is_absent:
        return
    asked = {word for word in words(name) if word not in LEGAL_FORMS}
    edges = ownership_edges()
    owned = dict.fromkeys(firm for firm in edges["owned"] if asked <= set(words(firm)))
    for firm in list(owned)[:_MOST_AFFILIATES]:
        answer = affiliate_status(firm, day, edges)
        yield f"Ownership of {firm}: {answer.reason} 50% rule on {day}: {answer.rule} ({answer.citation})."
