"""Between frames in memory and the tables under data/: tuples of text here, cells of joined text there."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from chipflows import paths, tables

__all__ = ["SHIPPED_COLUMNS", "as_cells", "from_table", "list_texts", "listed_firms"]

SHIPPED_COLUMNS = (
    "entity_id", "list", "record", "part_of", "name", "aliases", "country", "addresses",
    "licence_requirement", "review_policy", "footnotes", "citations", "first_cited_on", "listed_from",
    "last_seen_on", "gone_by", "as_of", "source_ids", "note",
)  # fmt: skip
_MANY = ("aliases", "addresses", "footnotes", "citations")
_TEXT = ("part_of", "country", "licence_requirement", "review_policy", "note")


def listed_firms() -> pd.DataFrame:
    """Return every firm on a list we hold, and those known to have stood there: a row each, SHIPPED_COLUMNS.

    ``record`` is ``entry`` (of the newest text), ``unit`` (named within another entry, ``part_of``) or
    ``gone`` (in an older text only). ``aliases``, ``addresses``, ``footnotes`` and ``citations`` are tuples;
    dates are days. No natural persons. Raises TableError when the table is damaged.
    """
    return _listed_firms(str(paths.tables())).copy()


@lru_cache(maxsize=2)
def _listed_firms(_folder: str) -> pd.DataFrame:
    return from_table(tables.table("listed_firms"))


def list_texts() -> pd.DataFrame:
    """Return the texts the lists were read from: list, as_of, what was counted in each, source_ids."""
    return tables.table("list_texts")


def from_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a shipped table as a frame like `parse` gives: tuples of text, is_person False."""
    frame = table.copy()
    for column in _MANY:
        texts = frame[column].fillna("").astype(str)
        frame[column] = [tuple(filter(None, text.split("; "))) for text in texts]
    for column in _TEXT:
        frame[column] = frame[column].fillna("")
    return frame.assign(is_person=False)


def as_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* with tuples joined by "; ", as a CSV holds them; a semicolon within becomes a comma."""
    table = frame.copy()
    for column in set(_MANY) & set(table.columns):
        table[column] = ["; ".join(str(item).replace(";", ",") for item in items) for items in table[column]]
    return table
