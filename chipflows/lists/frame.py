"""One frame for every list: its columns, how an entry becomes a row, and what may be shipped or shown."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from anyascii import anyascii

from chipflows.lists.citations import citations, date_undated, first_cited
from chipflows.lists.codes import footnotes, requirement_code, review_code
from chipflows.lists.persons import firm_names, is_person

__all__ = ["COLUMNS", "ENTITY_LIST", "WITHHELD", "Entry", "firms", "to_frame", "withhold_persons"]

ENTITY_LIST = "Entity List"
COLUMNS = (
    "entity_id", "name", "aliases", "country", "addresses", "licence_requirement", "review_policy",
    "footnotes", "citations", "first_cited_on", "list", "is_person",
)  # fmt: skip
WITHHELD = "(natural person, or cannot be told: name withheld)"
_CARE_OF = re.compile(r"\b(?:c/o|care of|attn|attention)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One entry as a source writes it, before anything is reduced to codes.

    ``country`` is ISO codes joined by semicolons; ``kind`` the source's own type ("Individual", "Entity") or
    ""; ``listed_on`` a start date the source gives beside its citations.
    """

    name: str
    aliases: tuple[str, ...] = ()
    country: str = ""
    addresses: tuple[str, ...] = ()
    requirement: str = ""
    policy: str = ""
    cited: str = ""
    listed_on: date | None = None
    list: str = ENTITY_LIST
    kind: str = ""


def to_frame(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return one row per entry with COLUMNS: tuples of text, codes, and ``first_cited_on`` as a date.

    An undated citation takes the date that the same page has in another entry. ``is_person`` is True for
    natural persons and for what cannot be told.
    """
    found = list(entries)
    cited = [citations(entry.cited) for entry in found]
    known = {item.ref: item.on for row in cited for item in row if item.on}
    taken: Counter[str] = Counter()
    rows = []
    for entry, refs in zip(found, cited, strict=True):
        dated = date_undated(refs, known)
        listed = first_cited(dated)
        rows.append(
            (
                _entity_id(entry, taken), entry.name, entry.aliases, entry.country, entry.addresses,
                requirement_code(entry.requirement), review_code(entry.policy), footnotes(entry.requirement),
                tuple(map(str, dated)), entry.listed_on or listed, entry.list,
                is_person(entry.name, entry.aliases, entry.kind),
            )
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["first_cited_on"] = pd.to_datetime(frame["first_cited_on"])
    return frame.astype({"is_person": bool})


def firms(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are firms, with only a firm's names as aliases and no address "care of" someone.

    This is what may be shipped, screened and shown.
    """
    kept = frame[~frame["is_person"]].copy()
    kept["aliases"] = [
        firm_names(name, aliases) for name, aliases in zip(kept["name"], kept["aliases"], strict=True)
    ]
    kept["addresses"] = [
        tuple(place for place in places if not _CARE_OF.search(place)) for places in kept["addresses"]
    ]
    return kept.reset_index(drop=True)


def withhold_persons(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* with every row kept and counted, but no name, alias or address of a natural person."""
    shown = frame.copy()
    hidden = shown["is_person"].to_numpy()
    shown.loc[hidden, "name"] = WITHHELD
    shown.loc[hidden, "entity_id"] = [f"person_{number}" for number in range(1, int(hidden.sum()) + 1)]
    for column in ("aliases", "addresses"):
        shown[column] = pd.Series(
            [() if person else value for person, value in zip(hidden, shown[column], strict=True)],
            index=shown.index,
            dtype=object,
        )
    return shown


def _entity_id(entry: Entry, taken: Counter[str]) -> str:
    """Return a readable id that stays the same from one snapshot to the next: list, country, name.

    A repeated one (the same name twice under a country) gets _2, _3 in the list's order.
    """
    words: Sequence[str] = re.findall(r"[a-z0-9]+", anyascii(entry.name).lower())
    slug = "_".join(words)
    if len(slug) > 60:
        digest = hashlib.sha256(slug.encode()).hexdigest()[:6]
        slug = f"{slug[:52].rstrip('_')}_{digest}"
    code = re.sub(r"[^a-z0-9]", "", entry.list.lower()).replace("entitylist", "el")
    base = "_".join(part for part in (code, entry.country.split(";")[0].lower(), slug) if part)
    taken[base] += 1
    return base if taken[base] == 1 else f"{base}_{taken[base]}"
