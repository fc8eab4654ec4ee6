"""One line with its bands per series over quarters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.axes import end_labels, number_axis, zero_line
from chipflows.charts.frames import need_columns
from chipflows.charts.quarters import position, quarter_axis
from chipflows.charts.roles import mark
from chipflows.charts.style import SeriesStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["draw_bands"]

_NEEDED = ("quarter", "p05", "p25", "p50", "p75", "p95")


def draw_bands(
    stage: Stage,
    axes: Axes,
    rows: pd.DataFrame,
    by: str,
    styles: Mapping[str, SeriesStyle],
    names: Mapping[str, str],
    unit: str = "",
    label_ends: bool = True,
) -> None:
    """Draw p05-p95 (light), p25-p75 (darker) and p50 (line) for each value of column *by*.

    *rows* has quarter, p05, p25, p50, p75, p95 and *by*; *styles* and *names* map its values to how each
    looks and what its end label says. The zero line is always shown.
    """
    need_columns(rows, (*_NEEDED, by), "rows for bands")
    rows = rows.assign(place=rows["quarter"].map(position))
    places = rows["place"]
    ends: dict[str, tuple[float, float, str]] = {}
    for depth, (series, style) in enumerate(styles.items()):
        part = rows[rows[by] == series].sort_values("place")
        _draw_one(stage, axes, part, style, series, 3 + depth / 10)
        known = part.dropna(subset=["p50"])
        if len(known):
            ends[names.get(series, series)] = (
                float(places.max()),
                float(known["p50"].iloc[-1]),
                style.colour,
            )
    quarter_axis(axes, int(places.min()), int(places.max()))
    axes.set_ylim(bottom=min(0.0, float(rows["p05"].min())))
    number_axis(axes, unit=unit)
    zero_line(axes)
    if label_ends and ends:
        end_labels(stage, axes, ends)


def _draw_one(
    stage: Stage, axes: Axes, part: pd.DataFrame, style: SeriesStyle, series: str, depth: float
) -> None:
    """Draw one series: two bands, its median and a marker at its end."""
    x = part["place"]
    for low, high, alpha in (("p05", "p95", 0.14), ("p25", "p75", 0.26)):
        mark(
            axes.fill_between(
                x, part[low], part[high], color=style.colour, alpha=alpha, linewidth=0, zorder=depth - 1
            ),
            "data",
        )
    (line,) = axes.plot(x, part["p50"], color=style.colour, linestyle=style.line, label=series, zorder=depth)
    mark(line, "data")
    last = part.dropna(subset=["p50"]).tail(1)
    axes.plot(
        last["place"],
        last["p50"],
        color=style.colour,
        marker=style.marker,
        linestyle="none",
        markersize=stage.size.marker * 0.8,
        zorder=depth + 1,
        clip_on=False,
    )
