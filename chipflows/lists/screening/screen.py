"""Screening: for each customer the listed firms it may be, or be related to, with score and grounds.

The threshold is set so that about 2% of firms on no list get a possible match in a search of the whole list.
A hit is a possible match for a person to review; no hit is not a clearance: a fresh shell shares nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from chipflows import paths
from chipflows.errors import InputError, did_you_mean
from chipflows.lists.ownership import ownership_edges
from chipflows.lists.screening.index import Candidate, NameIndex, same_firms
from chipflows.lists.screening.initials import bracketed
from chipflows.lists.screening.institutes import other_names, remark
from chipflows.lists.screening.matching import Match, matches
from chipflows.lists.screening.tokens import is_common, is_number, tokens
from chipflows.lists.shipped import listed_firms

__all__ = ["BY_NAME", "COLUMNS", "THRESHOLD", "Screener", "named_index", "screen"]

COLUMNS = (
    "query", "rank", "score", "entity_id", "entity", "list", "country", "matched_on", "matched_text",
    "reason",
)  # fmt: skip
FIELDS = ("name", "country", "address", "owner")
THRESHOLD = 0.727
_LOOKED_AT = 8  # addresses looked at for each one asked
_SAME_ADDRESS = 0.8
BY_NAME = ("name", "alias", "other name")  # what a hit on the firm itself matched on
_KINDS = (*BY_NAME, "owner", "address")  # of hits of one score, in order
_RANKS = 3


class Screener:
    """An index over listed firms, to be asked many times. ``firms`` is a frame like `listed_firms`."""

    def __init__(self, firms: pd.DataFrame, edges: pd.DataFrame | None = None) -> None:
        self.firms: list[dict[Any, Any]] = firms.to_dict("records")
        self._names = named_index(self.firms)
        self._addresses = NameIndex(*_owned(row["addresses"] for row in self.firms))
        self._owners = _owners(ownership_edges() if edges is None else edges)

    def screen(
        self, customers: pd.DataFrame, threshold: float = THRESHOLD, ranks: int = _RANKS
    ) -> pd.DataFrame:
        """Return the hits of *customers*, a row each with COLUMNS; one row with an empty entity for no hit.

        *customers* has a column name, and may have country (ISO), address and owner. Raises InputError for
        another column or a threshold outside 0 to 1.
        """
        _check(customers, threshold)
        asked = {name: _texts(customers, name) for name in FIELDS}
        by_name = self._matched(asked["name"])
        by_address = [
            self._addresses.search(self._addresses.canonical(tokens(text))) for text in asked["address"]
        ]
        by_owner = self._matched(asked["owner"])
        rows: list[tuple[Any, ...]] = []
        for at, values in enumerate(zip(*asked.values(), strict=True)):
            customer = dict(zip(FIELDS, values, strict=True))
            hits = self._name_hits(by_name[at], threshold)
            hits += self._address_hits(customer["address"], by_address[at])
            hits += self._owner_hits(customer["owner"], by_owner[at], threshold)
            hits += self._known_owner_hits(customer["name"], threshold)
            rows += _rows(customer, _best_of_each(hits), ranks)
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _matched(self, names: Sequence[str]) -> list[list[Match]]:
        """Return the matches of each name; a column without any text is not searched."""
        return list(matches(self._names, names)) if any(map(str.strip, names)) else [[] for _ in names]

    def _name_hits(self, found: Sequence[Match], threshold: float) -> list[dict[str, Any]]:
        """Return the firms whose name or alias agrees well enough."""
        hits = []
        for place, verdict in found:
            if verdict.score >= threshold:
                row = self.firms[int(self._names.owners[place])]
                text = self._names.texts[place]
                on, reason = "name" if text == row["name"] else "alias", verdict.reason()
                if text not in (row["name"], bracketed(row["name"]), *row["aliases"]):
                    on, reason = "other name", f"{reason}; {remark(text)}"
                hits.append(_hit(row, verdict.score, on, text, f"possible match, review: {reason}"))
        return hits

    def _address_hits(self, address: str, found: Sequence[Candidate]) -> list[dict[str, Any]]:
        """Return the firms at *address*: the same words and numbers."""
        index = self._addresses
        numbers = {token for token in tokens(address) if is_number(token)}
        hits = []
        for place, score in found[:_LOOKED_AT]:
            if score >= _SAME_ADDRESS and numbers & set(index.tokens[place]):
                row = self.firms[int(index.owners[place])]
                reason = "related, review: shares an address, which many firms in one building do"
                hits.append(_hit(row, score, "address", index.texts[place], reason))
        return hits

    def _owner_hits(self, owner: str, found: Sequence[Match], threshold: float) -> list[dict[str, Any]]:
        """Return the listed firms that the owner given may be."""
        hits = self._name_hits(found, threshold) if owner.strip() else []
        return [
            hit | {"matched_on": "owner", "reason": f"related, review: its owner {owner} may be this firm"}
            for hit in hits
        ]

    def _known_owner_hits(self, name: str, threshold: float) -> list[dict[str, Any]]:
        """Return the listed owners that the table of ownership knows of."""
        hits = []
        asked = tokens(name)
        for edge in self._owners.get(frozenset(asked), ()):
            share = "share unknown" if pd.isna(edge["owned_pct"]) else f"{edge['owned_pct']:g}%"
            owner = str(edge["owner"])
            for hit in self._name_hits(self._matched([owner])[0], max(threshold, 0.95)):
                reason = (
                    f"related, review: owner on record of {edge['owned']}, {share} "
                    f"({edge['basis']}, {edge['as_of']:%Y-%m-%d})"
                )
                hits.append(hit | {"matched_on": "owner", "reason": reason})
        return hits


def screen(
    customers: pd.DataFrame | Sequence[str], lists: Sequence[str] | None = None, threshold: float = THRESHOLD,
    ranks: int = _RANKS,
) -> pd.DataFrame:  # fmt: skip
    """Return the listed firms that *customers* may be, or be related to: a row per hit with COLUMNS.

    *customers* are names, or a frame with a column name and, where known, country, address and owner. *lists*
    narrows the lists searched. Raises InputError for an unknown list.
    """
    frame = customers if isinstance(customers, pd.DataFrame) else pd.DataFrame({"name": list(customers)})
    return _screener(tuple(sorted(lists)) if lists else (), str(paths.tables())).screen(
        frame, threshold, ranks
    )


@lru_cache(maxsize=4)
def _screener(wanted: tuple[str, ...], _folder: str) -> Screener:
    """Return a screener over the shipped firms of the lists wanted, kept for the next call."""
    firms = listed_firms()
    for name in wanted:
        if name not in set(firms["list"]):
            raise InputError(did_you_mean(name, firms["list"].unique(), "list"))
    return Screener(firms[firms["list"].isin(wanted)] if wanted else firms)


def _texts(customers: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text, empty where there is none."""
    if column not in customers:
        return [""] * len(customers)
    return ["" if value is None or value != value else str(value) for value in customers[column].tolist()]


def _check(customers: pd.DataFrame, threshold: float) -> None:
    """Raise InputError unless the columns and the threshold are what they must be."""
    if "name" not in customers:
        raise InputError(
            f"the customers have no column name; theirs are: {', '.join(map(str, customers))[:120]}."
        )
    if not 0 < threshold <= 1:
        raise InputError(f"a threshold of {threshold:g} is not between 0 and 1.")


def named_index(
    firms: Iterable[Mapping[Any, Any]], others: Callable[[list[str]], list[str]] = other_names
) -> NameIndex:
    """Return an index over the names and aliases of *firms*, and what *others* adds to them."""
    texts, owners = _owned(
        (
            row["name"],
            bracketed(row["name"]),
            *filter(_says_something, row["aliases"]),
            *others([row["name"], *row["aliases"]]),
        )
        for row in firms
    )
    return NameIndex(texts, owners, same_firms(texts, owners))


def _says_something(alias: str) -> bool:
    """Return whether an alias is more than one word that many firms have: "Technology" names nobody."""
    found = tokens(alias)
    return len(found) > 1 or not all(map(is_common, found))


def _owned(texts: Iterable[Iterable[str]]) -> tuple[list[str], list[int]]:
    """Return the texts of all firms, and for each the place of its firm."""
    pairs = [(text, owner) for owner, each in enumerate(texts) for text in each if text]
    return [text for text, _ in pairs], [owner for _, owner in pairs]


def _owners(edges: pd.DataFrame) -> dict[frozenset[str], list[Mapping[Any, Any]]]:
    """Return the holdings of each firm by the words of its name, the newest report of each owner.

    A firm whose one telling word no other firm has stands under it alone too: "Aivres" for Aivres Systems.
    """
    found: dict[frozenset[str], dict[str, Mapping[Any, Any]]] = {}
    sourced: list[Mapping[Any, Any]] = [*edges.sort_values("as_of").to_dict("records")]
    for edge in sourced:
        found.setdefault(frozenset(tokens(edge["owned"])), {})[edge["owner"]] = edge
    known = {firm: list(owners.values()) for firm, owners in found.items()}
    alone = Counter(map(_telling, known))
    short = {word: edges for firm, edges in known.items() if len(word := _telling(firm)) == alone[word] == 1}
    return short | known


def _telling(found: Iterable[str]) -> frozenset[str]:
    """Return the words that tell a firm: neither places nor in the names of many."""
    return frozenset(word for word in found if not is_common(word))


def _hit(row: Mapping[Any, Any], score: float, on: str, text: str, reason: str) -> dict[str, Any]:
    """Return a hit as a mapping."""
    if row["record"] == "gone":
        reason += f"; no longer listed ({row['gone_by']:%Y-%m-%d} at the latest)"
    return {
        "score": round(score, 3), "entity_id": row["entity_id"], "entity": row["name"], "list": row["list"],
        "country": row["country"], "matched_on": on, "matched_text": text, "reason": reason,
    }  # fmt: skip


def _best_of_each(hits: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the best hit on each entity, best first."""
    best: dict[str, dict[str, Any]] = {}
    for hit in hits:
        held = best.get(hit["entity_id"])
        if held is None or hit["score"] > held["score"]:
            best[hit["entity_id"]] = hit
    return sorted(
        best.values(), key=lambda hit: (-hit["score"], _KINDS.index(hit["matched_on"]), hit["entity_id"])
    )


def _rows(customer: Mapping[Any, Any], hits: Sequence[dict[str, Any]], ranks: int) -> list[tuple[Any, ...]]:
    """Return the rows of one customer."""
    if not hits:
        why = "no listed firm of a name like it" if tokens(customer["name"]) else "no name to search for"
        return [(customer["name"], 1, None, *[""] * 6, why)]
    rows = []
    for rank, hit in enumerate(hits[:ranks], start=1):
        country = customer["country"].strip().upper()
        differs = country and hit["country"] and country not in hit["country"].split(";")
        reason = f"{hit['reason']}; the place differs ({country})" if differs else hit["reason"]
        rows.append((customer["name"], rank, *(hit[name] for name in COLUMNS[2:-1]), reason))
    return rows
