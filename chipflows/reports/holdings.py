"""What the project holds, how old it is, what a refresh brought, where the gaps are: tables for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from chipflows import tables
from chipflows.tables.assumptions import load_assumptions

if TYPE_CHECKING:
    from chipflows.live import Outcome

__all__ = [
    "blanks",
    "corrected",
    "disagreements",
    "on_judgement",
    "past_limit",
    "pulled",
    "refreshed",
    "sources",
    "tables_held",
]


def sources() -> pd.DataFrame:
    """Return one row per kind of source: how many, oldest and newest date, past their limit, table rows."""
    overview = tables.sources_overview()
    groups = overview.groupby("kind")
    return groups.agg(
        sources=("id", "size"),
        oldest=("as_of", "min"),
        newest=("as_of", "max"),
        past_limit=("stale", "sum"),
        table_rows=("rows", "sum"),
    ).reset_index()


def past_limit() -> pd.DataFrame:
    """Return the sources older than their card allows, oldest first.

    Columns: id, producer, title, as_of, age_days (to the newest source held), limit_days.
    """
    overview = tables.sources_overview()
    limits = {item.id: item.stale_after_days for item in tables.cards().values()}
    late = overview[overview["stale"]].assign(limit_days=lambda rows: rows["id"].map(limits).astype(int))
    columns = ["id", "producer", "title", "as_of", "age_days", "limit_days"]
    return late.sort_values("age_days", ascending=False)[columns].reset_index(drop=True)


def disagreements() -> pd.DataFrame:
    """Return where two sources differ: on, one says, another says (each with who), what we do about it."""
    rows, cards = tables.disagreements(), tables.cards()

    def said(side: str) -> list[str]:
        makers = (
            ", ".join(dict.fromkeys(cards[source].producer for source in str(cell).split(";")))
            for cell in rows[f"source_ids_{side}"]
        )
        return [f"{value} ({who})" for value, who in zip(rows[f"value_{side}"], makers, strict=True)]

    return pd.DataFrame(
        {
            "on": rows["topic"],
            "one says": said("a"),
            "another says": said("b"),
            "what we do": rows["handling"],
        }
    )


def tables_held() -> pd.DataFrame:
    """Return one row per shipped table: table, title, as_of, rows, newest first."""
    book = tables.codebook()
    rows = [
        (name, spec.title, spec.as_of.isoformat(), len(tables.table(name))) for name, spec in book.items()
    ]
    frame = pd.DataFrame(rows, columns=["table", "title", "as_of", "rows"])
    return frame.sort_values(["as_of", "table"], ascending=[False, True]).reset_index(drop=True)


def corrected() -> pd.DataFrame:
    """Return the known errors of sources that we correct: id, title and why we differ."""
    rows = [(item.id, item.title, item.reason) for item in tables.corrections().values()]
    return pd.DataFrame(rows, columns=["correction", "what", "why"])


def refreshed(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Return what became of each source that was refreshed: source, status, snapshot, rows, what changed.

    One row that says so where none was asked.
    """
    rows: list[tuple[object, ...]] = [
        (item.source, item.status, item.snapshot, item.rows, item.text) for item in outcomes
    ]
    rows = rows or [("none", "not asked", "", "", "refresh is off: what is held stands")]
    return pd.DataFrame(rows, columns=["source", "status", "snapshot", "rows", "what changed"])


def pulled() -> pd.DataFrame:
    """Return each live source: what of it was pulled onto this machine, of what date, what changed then."""
    from chipflows import live

    overview = live.overview()
    columns = ["id", "title", "snapshot", "as_of", "rows", "next_expected", "changes"]
    return overview[columns].fillna("").reset_index(drop=True)


def on_judgement() -> tuple[int, int]:
    """Return how many of the uncertain inputs rest on judgement alone, and how many there are."""
    uncertain = load_assumptions().uncertain.values()
    alone = [item for item in uncertain if set(item.sources) == {"judgement"}]
    return len(alone), len(uncertain)


def blanks(name: str) -> pd.DataFrame:
    """Return the columns of table *name* with blanks (unknown values): column, unknown, of, most first."""
    frame = tables.table(name)
    counts = frame.isna().sum().sort_values(ascending=False, kind="stable")
    known = counts[counts > 0].rename("unknown").rename_axis("column").reset_index()
    return known.assign(of=len(frame))
