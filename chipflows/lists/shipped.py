"""Between the frame in memory and the tables shipped: tuples of text here, cells of joined text there."""

from __future__ import annotations

import pandas as pd

from chipflows.lists.frame import firms

__all__ = ["SHIPPED_COLUMNS", "from_table", "to_table"]

SHIPPED_COLUMNS = (
    "entity_id", "list", "name", "aliases", "country", "addresses", "licence_requirement", "review_policy",
    "footnotes", "citations", "first_cited_on", "last_seen_on", "gone_by", "as_of", "source_ids",
)  # fmt: skip
_MANY = ("aliases", "addresses", "footnotes", "citations")


def from_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the shipped table as a frame like `parse` gives: tuples of text, is_person False."""
    frame = table.copy()
    for column in _MANY:
        texts = frame[column].fillna("").astype(str)
        frame[column] = [tuple(filter(None, text.split("; "))) for text in texts]
    for column in ("country", "licence_requirement", "review_policy"):
        frame[column] = frame[column].fillna("")
    return frame.assign(is_person=False)


def to_table(frame: pd.DataFrame, as_of: str, source_ids: str) -> pd.DataFrame:
    """Return the firms of a parsed *frame* with SHIPPED_COLUMNS, cells of several joined by "; "."""
    table = firms(frame)
    for column in _MANY:
        table[column] = ["; ".join(str(item).replace(";", ",") for item in items) for items in table[column]]
    table = table.assign(last_seen_on="", gone_by="", as_of=as_of, source_ids=source_ids)
    return table[list(SHIPPED_COLUMNS)]
