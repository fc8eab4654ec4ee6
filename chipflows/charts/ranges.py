"""Horizontal ranges: a light bar p05-p95, a darker one p25-p75, a dot for the median, the value beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.axes import category_axis, number_axis, zero_line
from chipflows.charts.colour import darken_for_text
from chipflows.charts.frames import need_columns
from chipflows.charts.numbers import compact
from chipflows.charts.roles import mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["draw_quantile_dots", "draw_range", "draw_ranges", "interval_words"]


def interval_words(row: pd.Series, unit: str = "") -> str:
    """Return "$4.2bn ($3.1bn to $5.6bn)" for a row's p50, p05 and p95; the value alone if they are equal."""
    middle = compact(row["p50"], unit)
    if pd.isna(row["p05"]) or row["p05"] == row["p95"]:
        return middle
    return f"{middle} ({compact(row['p05'], unit)} to {compact(row['p95'], unit)})"


def draw_ranges(
    stage: Stage,
    axes: Axes,
    rows: pd.DataFrame,
    colours: Sequence[str],
    unit: str = "",
    markers: Sequence[str] | None = None,
) -> None:
    """Draw a range for each row of *rows* (label, p05, p50, p95, optional p25 and p75), first at the top.

    A row whose p05 equals its p95 (a reported figure) is a hollow marker, so it is not read as an estimate.
    """
    need_columns(rows, ("label", "p05", "p50", "p95"), "rows for ranges")
    marks = markers or ["o"] * len(rows)
    for place, ((_, row), colour, sign) in enumerate(zip(rows.iterrows(), colours, marks, strict=True)):
        is_reported = pd.isna(row["p05"]) or row["p05"] == row["p95"]
        draw_range(stage, axes, row, place, colour, sign, hollow=is_reported)
        right = max(value for value in (0.0, row["p50"], row["p95"]) if pd.notna(value))
        note = axes.annotate(
            interval_words(row, unit),
            (right, place),
            xytext=(stage.size.text * 0.8, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            color=darken_for_text(colour),
            annotation_clip=False,
        )
        mark(note, "label")
    category_axis(axes, [str(label) for label in rows["label"]])
    axes.set_xlim(
        min(0.0, float(rows["p05"].min()) * 1.05), max(0.0, float(rows[["p50", "p95"]].max().max()) * 1.03)
    )
    number_axis(axes, "x", unit)
    zero_line(axes, "x")


def draw_range(
    stage: Stage,
    axes: Axes,
    row: pd.Series,
    place: float,
    colour: str,
    marker: str,
    height: float = 0.34,
    hollow: bool = False,
) -> None:
    """Draw p05-p95 (light), p25-p75 (darker, if there) and the median of one row."""
    for low, high, alpha in (("p05", "p95", 0.28), ("p25", "p75", 0.6)):
        if low in row and pd.notna(row[low]) and row[high] != row[low]:
            bars = axes.barh(
                place,
                row[high] - row[low],
                height,
                left=row[low],
                color=colour,
                alpha=alpha,
                linewidth=0,
                zorder=2,
            )
            mark(bars[0], "data")
    dot = axes.scatter(
        [row["p50"]],
        [place],
        s=stage.size.marker**2,
        marker=marker,
        facecolor="white" if hollow else colour,
        edgecolor=colour if hollow else "white",
        linewidth=stage.size.stroke * 0.5,
        zorder=4,
    )
    mark(dot, "data")


def draw_quantile_dots(
    stage: Stage,
    axes: Axes,
    samples: Sequence[float],
    place: float,
    colour: str,
    count: int = 20,
    height: float = 0.8,
) -> None:
    """Draw *count* equally likely dots for a distribution on row *place*, stacked upwards where they meet.

    For rows counted downwards, as `category_axis` sets them.
    """
    values = pd.Series(list(samples), dtype=float).dropna()
    quantiles = values.quantile([(k + 0.5) / count for k in range(count)]).to_numpy()
    width = max(float(values.quantile(0.99) - values.quantile(0.01)) / count, 1e-12)
    stack: dict[int, int] = {}
    for value in quantiles:
        bin_ = int(value // width)
        level = stack.get(bin_, 0)
        stack[bin_] = level + 1
        dot = axes.scatter(
            [(bin_ + 0.5) * width],
            [place - 0.1 - height * level / 8],
            s=stage.size.marker**2,
            color=colour,
            zorder=3,
        )
        mark(dot, "data")
