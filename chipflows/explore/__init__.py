"""The explorer: change a scenario and see what follows, without editing a file.

`Explorer` answers a `State` without any widget; `panel` shows it in a notebook; `chipflows explore` serves
that notebook as a page.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Explorer", "State", "panel"]

_WHERE = {"Explorer": "model", "State": "state", "panel": "panel"}


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use: widgets and matplotlib take a second."""
    if name in _WHERE:
        # A module may be called like what it holds, and importing it would put it in the function's place.
        found = getattr(import_module(f"chipflows.explore.{_WHERE[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
