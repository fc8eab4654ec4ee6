"""Quantile dots: a distribution as equally likely dots, stacked where they meet, on any scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from chipflows.charts.roles import mark
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["DOTS", "dot_values", "draw_dots"]

DOTS = 50
_ACROSS = 44  # dots side by side over the whole panel, before they are shrunk to fit
Array = npt.NDArray[np.float64]


def dot_values(draws: Sequence[float] | npt.NDArray[np.generic], count: int = DOTS) -> Array:
    """Return *count* equally likely values of a distribution: its quantiles at (k + 0.5) / count.

    Raises FigureError when no draw is a finite number.
    """
    values = np.asarray(draws, dtype=np.float64).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        raise FigureError("draws: no finite number to draw. Pass the draws of one series in one quarter.")
    return np.asarray(np.quantile(values, (np.arange(count) + 0.5) / count))


def draw_dots(stage: Stage, axes: Axes, values: Array, place: float, colour: str, room: float = 0.86) -> None:
    """Stack a dot per value upwards from just below *place*, within *room* of a row's height.

    The dots shrink until the tallest stack fits. The panel's limits must be set before.
    """
    stage.later(lambda: _stack(stage, axes, values, place, colour, room))


def _stack(stage: Stage, axes: Axes, values: Array, place: float, colour: str, room: float) -> None:
    """Place the dots in pixels, where the panel now stands."""
    points = axes.transData.transform(np.column_stack([values, np.full(len(values), place)]))
    row = abs(float(axes.transData.transform((values[0], place + 1.0))[1]) - float(points[0, 1]))
    width = max(stage.size.marker * stage.page.dpi / 72, float(axes.get_window_extent().width) / _ACROSS)
    x, level = _bins(points[:, 0], width)
    while (level.max() + 1) * width > room * row and width > 1.5:
        width *= 0.94
        x, level = _bins(points[:, 0], width)
    y = points[0, 1] - room * row / 2 + (level + 0.5) * width
    spots = axes.transData.inverted().transform(np.column_stack([x, y]))
    dots = axes.scatter(
        spots[:, 0],
        spots[:, 1],
        s=(0.9 * width * 72 / stage.page.dpi) ** 2,
        color=colour,
        linewidth=0,
        zorder=3,
    )
    mark(dots, "data")


def _bins(pixels: Array, width: float) -> tuple[Array, Array]:
    """Return where each dot's column stands and how high in it the dot is."""
    bins = np.floor(pixels / width)
    level = np.zeros(len(bins))
    for number, held in enumerate(bins):
        level[number] = float((bins[:number] == held).sum())
    return (bins + 0.5) * width, level
