"""What a notebook shows and a report keeps: sentences with intervals, figures with alt text, sources."""

from __future__ import annotations

from chipflows.reports.cells import show, sources_table
from chipflows.reports.sentences import Number, Sentence, number, record, say

__all__ = ["Number", "Sentence", "number", "record", "say", "show", "sources_table"]
