"""Export controls as dated data: what a rule asks, on which day, of which chip, place and buyer."""

from chipflows.law.api import Decision, breakpoints, classify, decide, decide_table, law_of
from chipflows.law.explain import KNOWN_THROUGH

__all__ = ["KNOWN_THROUGH", "Decision", "breakpoints", "classify", "decide", "decide_table", "law_of"]
