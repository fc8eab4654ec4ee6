"""Running notebooks: parameters checked first, papermill in a process of its own, one report at the end."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chipflows import lean  # noqa: F401 - before anything imports nbformat

if TYPE_CHECKING:
    from chipflows.runs.report import Finished, make_figures, make_report

__all__ = ["Finished", "make_figures", "make_report"]


def __getattr__(name: str) -> Any:
    """Load the report when it is asked for: the warm parent of the kernels need not wait for it."""
    if name in __all__:
        return getattr(import_module("chipflows.runs.report"), name)
    raise AttributeError(f"module 'chipflows.runs' has no attribute {name!r}")
