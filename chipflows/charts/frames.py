"""Refusing frames that lack what a chart needs."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from chipflows.errors import FigureError

__all__ = ["keep_columns", "need_columns", "need_rows"]


def need_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise FigureError if *frame* (called *what*) lacks one of *columns*, or has no row."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise FigureError(
            f"{what}: no column {', '.join(missing)}. It has: {', '.join(map(str, frame.columns))}."
        )
    need_rows(frame, what)


def need_rows(frame: pd.DataFrame, what: str) -> None:
    """Raise FigureError if *frame* (called *what*) is empty."""
    if frame.empty:
        raise FigureError(
            f"{what}: no rows to draw. Check the filter, or the scenario and quarters asked for."
        )


def keep_columns(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return *frame* with those of *columns* it has, in that order, rows numbered anew."""
    return frame[[column for column in columns if column in frame.columns]].reset_index(drop=True)
