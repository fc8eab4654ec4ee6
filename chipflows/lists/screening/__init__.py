"""Customers against the lists: possible matches to review, each with its grounds. Not a determination."""

from __future__ import annotations

from chipflows.lists.screening.cases import case_audit
from chipflows.lists.screening.screen import COLUMNS, THRESHOLD, Screener, screen

__all__ = ["COLUMNS", "THRESHOLD", "Screener", "case_audit", "screen"]
