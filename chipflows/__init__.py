"""What follows from US export controls on AI chips to China: dated law joined to chip flows, with intervals.

    import chipflows as cf
    cf.decide("h20", to="CN", on="2025-05-01")
    run = cf.simulate(["actual", "letter-h20"], draws=4096, seed=1)
    cf.compare(run, "letter-h20")

Everything is loaded when first used, so importing costs little.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "classify": "chipflows.law",
    "decide": "chipflows.law",
    "decide_table": "chipflows.law",
    "refresh": "chipflows.live",
    "screen": "chipflows.lists.screening",
    "snapshot": "chipflows.live",
    "compare": "chipflows.flows",
    "simulate": "chipflows.flows",
    "number": "chipflows.reports",
    "record": "chipflows.reports",
    "say": "chipflows.reports",
    "show": "chipflows.reports",
    "sources_table": "chipflows.reports",
}
_MODULES = ("charts", "flows", "law", "lists", "live", "reports", "tables", "trade")

__all__ = [*_WHERE, *_MODULES]  # noqa: PLE0604 - names are strings


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    if name in _MODULES:
        return import_module(f"chipflows.{name}")
    raise AttributeError(f"module 'chipflows' has no attribute {name!r}")
