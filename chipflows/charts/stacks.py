"""Columns stacked per quarter, each part with the whisker of its own interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflows.charts.axes import end_labels, number_axis, zero_line
from chipflows.charts.colour import mix
from chipflows.charts.frames import need_columns
from chipflows.charts.quarters import position, quarter_axis
from chipflows.charts.roles import mark
from chipflows.charts.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["draw_stacks"]

BAR_WIDTH = 0.74


def draw_stacks(
    stage: Stage,
    axes: Axes,
    rows: pd.DataFrame,
    by: str,
    order: Sequence[str],
    colours: Mapping[str, str],
    names: Mapping[str, str],
    unit: str = "",
    total: pd.DataFrame | None = None,
) -> None:
    """Draw p50 of each value of *by* stacked in *order*, with p05-p95 whiskers and a direct label each:
    beside the last column for the parts it has, above its thickest bar for a part that ended before.

    *rows* has quarter, *by*, p05, p50, p95. A whisker stands on the top of its own part and is that part's
    interval, never a sum of quantiles; with *total* (quarter, p05, p95, p50) one whisker shows the interval
    of the whole instead.
    """
    need_columns(rows, ("quarter", by, "p05", "p50", "p95"), "rows for stacked columns")
    rows = rows.assign(place=rows["quarter"].map(position)).reset_index(drop=True)
    places = rows["place"]
    base = dict.fromkeys(places, 0.0)
    tops: dict[str, tuple[float, float, float, float]] = {}
    for number, series in enumerate(order):
        part = rows[rows[by] == series].sort_values("place")
        part = part[part["p50"] > 0]
        if part.empty:
            continue
        bottom = np.array([base[place] for place in part["place"]])
        _draw_part(axes, part, bottom, colours[series], series)
        if total is None:
            _draw_whiskers(
                stage, axes, _beside(part["place"], rows, by, order, number), bottom, part, colours[series]
            )
        for place, amount in zip(part["place"], part["p50"], strict=True):
            base[place] += amount
        tops[series] = _widest(part, bottom)
    if total is not None:
        _draw_whiskers(stage, axes, total["quarter"].map(position), np.zeros(len(total)), total, INK)
    quarter_axis(axes, int(places.min()), int(places.max()))
    axes.set_ylim(bottom=0)
    number_axis(axes, unit=unit)
    zero_line(axes)
    ends = _ends(rows, by, order, colours, names)
    if ends:
        end_labels(stage, axes, ends)
    rest = {series: top for series, top in tops.items() if names.get(series, series) not in ends}
    stage.later(lambda: _name_parts(stage, axes, rest, colours, names))


def _ends(
    rows: pd.DataFrame, by: str, order: Sequence[str], colours: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, tuple[float, float, str]]:
    """Return, for each part of the last column, its name, the middle of its segment and its colour."""
    last = rows[rows["place"] == rows["place"].max()].set_index(by)["p50"]
    ends: dict[str, tuple[float, float, str]] = {}
    base = 0.0
    for series in order:
        amount = float(last.get(series, 0.0))
        if amount > 0:
            x = float(rows["place"].max()) + BAR_WIDTH / 2
            ends[names.get(series, series)] = (x, base + amount / 2, colours[series])
            base += amount
    return ends


def _beside(places: pd.Series, rows: pd.DataFrame, by: str, order: Sequence[str], number: int) -> list[float]:
    """Return where one part's whiskers stand: beside those of the column's other parts."""
    at: list[float] = []
    for place in places:
        there = set(rows.loc[(rows["place"] == place) & (rows["p50"] > 0), by])
        present = [series for series in order if series in there]
        share = (present.index(order[number]) + 1) / (len(present) + 1)
        at.append(place + 0.8 * BAR_WIDTH * (share - 0.5))
    return at


def _draw_part(axes: Axes, part: pd.DataFrame, bottom: np.ndarray, colour: str, series: str) -> None:
    """Draw the bars of one series."""
    for bar in axes.bar(
        part["place"],
        part["p50"],
        BAR_WIDTH,
        bottom=bottom,
        color=colour,
        edgecolor="white",
        linewidth=0.6,
        label=series,
        zorder=2,
    ):
        mark(bar, "data")


def _draw_whiskers(
    stage: Stage,
    axes: Axes,
    x: Sequence[float] | pd.Series,
    bottom: np.ndarray,
    part: pd.DataFrame,
    colour: str,
) -> None:
    """Draw p05-p95 of one part from where the part starts; dark, so it shows on its bar and above it."""
    dark = mix(colour, 0.45, "#000000")
    axes.vlines(
        x,
        bottom + part["p05"],
        bottom + part["p95"],
        color="white",
        linewidth=stage.size.stroke * 1.5,
        zorder=3,
    )
    axes.vlines(
        x,
        bottom + part["p05"],
        bottom + part["p95"],
        color=dark,
        linewidth=stage.size.stroke * 0.7,
        zorder=3.1,
    )


def _widest(part: pd.DataFrame, bottom: np.ndarray) -> tuple[float, float, float, float]:
    """Return where a series is thickest: x, bottom, height and top of its whisker."""
    at = int(np.argmax(part["p50"].to_numpy()))
    row = part.iloc[at]
    return float(row["place"]), float(bottom[at]), float(row["p50"]), float(bottom[at] + row["p95"])


def _name_parts(
    stage: Stage,
    axes: Axes,
    tops: Mapping[str, tuple[float, float, float, float]],
    colours: Mapping[str, str],
    names: Mapping[str, str],
) -> None:
    """Name each series above its thickest bar, free of bars and whiskers and of other names."""
    from chipflows.charts.points import place_texts

    anchors = {names.get(series, series): (x, top) for series, (x, _, _, top) in tops.items()}
    paints = {names.get(series, series): colours[series] for series in tops}
    place_texts(stage, axes, anchors, paints, leader=True)
