"""The lists of the US government that name firms: parsing, history, ownership. Nothing here reads a file."""

from __future__ import annotations

from chipflows.lists.frame import COLUMNS, ENTITY_LIST, firms, withhold_persons
from chipflows.lists.history import diff, status
from chipflows.lists.reading import parse
from chipflows.lists.shipped import from_table, to_table

__all__ = [
    "COLUMNS",
    "ENTITY_LIST",
    "diff",
    "firms",
    "from_table",
    "parse",
    "status",
    "to_table",
    "withhold_persons",
]
