"""Jupyter's packages without their slowest import, a second and a half: nbformat, papermill, Voila."""

from __future__ import annotations

import sys

__all__ = ["BLOCKED", "unblock"]

# An optional checker of one JSON-schema format that no notebook uses; it compiles a large grammar.
BLOCKED = "rfc3987_syntax"
sys.modules.setdefault(BLOCKED, None)  # type: ignore[arg-type]


def unblock() -> None:
    """Let the module be imported again, in a kernel that someone else's code runs in."""
    if sys.modules.get(BLOCKED) is None:
        sys.modules.pop(BLOCKED, None)
