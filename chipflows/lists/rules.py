"""The rule behind a citation: screening lists cite a rule's first page, the regulations the entry's page.

Joined entry by entry, the two tell which pages belong to one rule, so that entries can be counted by rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from chipflows.lists.citations import Citation, citations
from chipflows.lists.pairing import paired

__all__ = ["additions", "citation_pages", "rule_page"]

_LONGEST = 120  # pages of the longest rule that adds entries, with room
NOT_CITED = "not cited"
PAGES = ("entry_citation", "rule_citation", "published_on", "entries")
ADDITIONS = ("rule_citation", "first_cited_on", "entries", "cn_entries", "hk_entries", "firms")


def citation_pages(screening: pd.DataFrame, regulations: pd.DataFrame) -> pd.DataFrame:
    """Return which rule an entry's page belongs to: a row per page with PAGES, in order of volume and page.

    *screening* cites rules' first pages, *regulations* entries' pages; both are frames of `parse`. A page's
    rule is the nearest first page at or before it that most of its entries cite in the other text; an entry
    whose text cites no such page counts for nothing.
    """
    votes: dict[Citation, Counter[str]] = {}
    pairs, _, _ = paired(screening, regulations)
    cited = screening["citations"].to_dict(), regulations["citations"].to_dict()
    for there, here in pairs:
        starts = citations("; ".join(cited[0][there]))
        for page in citations("; ".join(cited[1][here])):
            start = _start(page, starts)
            if start:
                votes.setdefault(Citation(page.ref, page.on), Counter())[start] += 1
    rows = []
    for page, counted in votes.items():
        rule, entries = counted.most_common(1)[0]
        rows.append((page.ref, rule, page.on, entries))
    found = pd.DataFrame(rows, columns=list(PAGES))
    order = sorted(found.index, key=lambda at: _place(str(found.loc[at, "entry_citation"])))
    return found.loc[order].drop_duplicates("entry_citation").reset_index(drop=True)


def rule_page(ref: str, pages: Mapping[str, str]) -> str:
    """Return the first page of the rule that *ref* ("84 FR 22963 (2019-05-21)") is in; itself if unknown."""
    bare = ref.split(" (", maxsplit=1)[0]
    return pages.get(bare, bare)


def additions(frame: pd.DataFrame, pages: Mapping[str, str]) -> pd.DataFrame:
    """Return how many of *frame*'s entries each rule added: a row per rule with ADDITIONS, by date.

    Entries are counted at their earliest citation. The frame holds survivors: what a rule added and another
    removed is not in it. ``entries`` counts natural persons too, ``firms`` does not.
    """
    dated = frame.dropna(subset="first_cited_on")
    rule = [rule_page(_earliest(cited), pages) for cited in dated["citations"]]
    country = dated["country"].str.split(";").str[0]
    flags = pd.DataFrame(
        {
            "rule_citation": rule,
            "first_cited_on": dated["first_cited_on"],
            "entries": 1,
            "cn_entries": (country == "CN").astype(int),
            "hk_entries": (country == "HK").astype(int),
            "firms": (~dated["is_person"]).astype(int),
        }
    )
    return flags.groupby(["first_cited_on", "rule_citation"], as_index=False).sum()[list(ADDITIONS)]


def _start(page: Citation, starts: Iterable[Citation]) -> str:
    """Return the nearest of *starts* at or before *page* within one rule's length, "" when there is none."""
    volume, number = _place(page.ref)
    near = [_place(start.ref)[1] for start in starts if _place(start.ref)[0] == volume]
    before = [first for first in near if 0 <= number - first <= _LONGEST]
    return f"{volume} FR {max(before)}" if before else ""


def _place(ref: str) -> tuple[int, int]:
    """Return (volume, page)."""
    volume, page = ref.split(" FR ")
    return int(volume), int(page)


def _earliest(cited: Iterable[str]) -> str:
    """Return the earliest of the citations as text, NOT_CITED when there is none."""
    refs = [item.ref for item in citations("; ".join(cited))]
    return min(refs, key=_place, default=NOT_CITED)
