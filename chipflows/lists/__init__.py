"""The lists of the US government that name firms: parsing, history, ownership. Nothing here reads a file."""

from __future__ import annotations

from chipflows.lists.answers import status_answer
from chipflows.lists.frame import COLUMNS, ENTITY_LIST, firms, withhold_persons
from chipflows.lists.history import diff, status
from chipflows.lists.reading import parse
from chipflows.lists.rules import additions, citation_pages
from chipflows.lists.shipped import list_texts, listed_firms

__all__ = [
    "COLUMNS",
    "ENTITY_LIST",
    "additions",
    "citation_pages",
    "diff",
    "firms",
    "list_texts",
    "listed_firms",
    "parse",
    "status",
    "status_answer",
    "withhold_persons",
]
