"""Whether published figures are still what the code draws: their data, rounded, and their words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from chipflows.errors import FigureError
from chipflows.yamltext import read_yaml

__all__ = ["TOLERANCE", "drift"]

TOLERANCE = 1e-5
"""How far a number may be off, as a share of the largest in its column: processors differ in last digits."""

_WORDS = ("title", "subtitle", "unit", "note", "source", "alt", "period")


def drift(published: Path, drawn: Path) -> list[str]:
    """Return how the folder *published* differs from the same figure as just *drawn*, [] if it does not.

    Numbers are compared to TOLERANCE, texts exactly; the pictures follow from both and are not compared.
    """
    files = [place / "figure.yaml" for place in (published, drawn)]
    before, after = (read_yaml(file, str(file), FigureError) for file in files)
    words = [
        f"{name} was {before.get(name)!r}, is {after.get(name)!r}"
        for name in _WORDS
        if before.get(name) != after.get(name)
    ]
    return words + list(_rows(*(pd.read_csv(place / "data.csv") for place in (published, drawn))))


def _rows(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[str]:
    """Yield what differs between two versions of a figure's data."""
    if list(before.columns) != list(after.columns):
        yield f"columns were {', '.join(before.columns)}, are {', '.join(after.columns)}"
    elif len(before) != len(after):
        yield f"{len(before)} rows were published, {len(after)} are drawn"
    else:
        for column in before.columns:
            yield from _column(column, before[column], after[column])


def _column(name: str, before: pd.Series, after: pd.Series) -> Iterator[str]:
    """Yield the first row where a column differs, and in how many it does."""
    if before.dtype.kind in "iuf" and after.dtype.kind in "iuf":
        first, second = before.to_numpy(float), after.to_numpy(float)
        reach = TOLERANCE * np.nanmax(np.abs(np.concatenate([first, second, [0.0]])))
        is_off = ~np.isclose(first, second, rtol=TOLERANCE, atol=reach, equal_nan=True)
    else:
        is_off = (before.astype(str) != after.astype(str)).to_numpy()
    if is_off.any():
        row = int(is_off.argmax())
        yield (
            f"{name} differs in {int(is_off.sum())} of {len(before)} rows, "
            f"first in row {row + 2}: was {before.iloc[row]}, is {after.iloc[row]}"
        )
