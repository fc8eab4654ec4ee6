"""Figures: one contract, one house style, one way out of the door.

A figure is a `Figure` (words, data and a draw function). `render` draws it in the house style at a named
size, `export` writes its folder, `show` puts it in a notebook with its alt text. All three refuse, with a
FigureError, a figure that breaks the contract. matplotlib is imported only when one of them is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chipflows.charts.contract import Figure
from chipflows.charts.sizes import SIZES, Size
from chipflows.charts.source import source_line

if TYPE_CHECKING:
    from chipflows.charts.folder import export, html, picture, show
    from chipflows.charts.page import render

__all__ = ["SIZES", "Figure", "Size", "export", "html", "picture", "render", "show", "source_line"]

# The modules are not called like the functions: importing a submodule would put it in the function's place.
_LAZY = {"export": "folder", "html": "folder", "picture": "folder", "render": "page", "show": "folder"}


def __getattr__(name: str) -> Any:
    """Import what needs matplotlib on first use."""
    if name in _LAZY:
        return getattr(import_module(f"chipflows.charts.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
