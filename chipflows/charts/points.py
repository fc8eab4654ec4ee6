"""Labelled points on two axes, with regions; labels find free places by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from chipflows.charts.colour import darken_for_text
from chipflows.charts.labels import Box, place
from chipflows.charts.roles import mark, role

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["draw_points", "merge_close", "place_texts"]


def merge_close(points: pd.DataFrame, x: str, y: str, name: str, within: float = 0.02) -> pd.DataFrame:
    """Return one row per place: points closer than *within* (in log10 of both axes) share one label, "A, B".

    Columns x, y, name. Points keep their own marks; only their labels are merged.
    """
    merged: list[dict[str, Any]] = []
    for row in points.sort_values([x, y, name]).to_dict("records"):
        here = np.log10([row[x], row[y]])
        twin = next((m for m in merged if np.max(np.abs(np.log10([m["x"], m["y"]]) - here)) < within), None)
        if twin is None:
            merged.append({"x": row[x], "y": row[y], "names": [row[name]]})
        elif row[name] not in twin["names"]:
            twin["names"].append(row[name])
    return pd.DataFrame([{**spot, "name": ", ".join(spot["names"])} for spot in merged])[["x", "y", "name"]]


def draw_points(
    stage: Stage,
    axes: Axes,
    points: pd.DataFrame,
    x: str,
    y: str,
    colour: str,
    marker: str,
    hollow: bool = False,
    name: str = "",
) -> None:
    """Draw one group of points; hollow ones are larger and lie below, so both kinds show at one place."""
    scale, depth = (1.45, 4.5) if hollow else (1.0, 5)
    dots = axes.scatter(
        points[x],
        points[y],
        s=(stage.size.marker * scale) ** 2,
        marker=marker,
        zorder=depth,
        label=name,
        facecolor="white" if hollow else colour,
        edgecolor=colour,
        linewidth=stage.size.stroke * 0.75,
    )
    mark(dots, "data")


def place_texts(
    stage: Stage,
    axes: Axes,
    anchors: Mapping[str, tuple[float, float]],
    colours: Mapping[str, str],
    leader: bool = True,
    bold: Sequence[str] = (),
) -> None:
    """Write each label of *anchors* (label -> data x, y) near its point, off data, text and one another.

    Call it from `stage.later`. A label that had to go far keeps a thin line to its point.
    """
    gap = stage.size.marker * 1.05 * stage.page.dpi / 72
    texts = [
        axes.text(
            0,
            0,
            words,
            color=darken_for_text(colours[words]),
            ha="left",
            va="bottom",
            zorder=6,
            fontweight="bold" if words in bold else "normal",
        )
        for words in anchors
    ]
    sizes = [
        (box.width + 2, box.height) for box in (text.get_window_extent(stage.renderer) for text in texts)
    ]
    pixels = [_pair(axes.transData.transform(point)) for point in anchors.values()]
    for text in texts:
        text.set_visible(False)
    frame = axes.get_window_extent()
    boxes = place(
        pixels,
        sizes,
        Box(frame.x0, frame.y0, frame.x1, frame.y1),
        _obstacles(stage, axes),
        _lines(axes),
        list(anchors),
        gap,
    )
    for text, box, pixel, words in zip(texts, boxes, pixels, anchors, strict=True):
        text.set_position(_pair(axes.transData.inverted().transform((box.x0 + 1, box.y0))))
        text.set_visible(True)
        mark(text, "label")
        if leader:
            _tie(stage, axes, pixel, box, colours[words], gap)


def _pair(point: Any) -> tuple[float, float]:
    """Return a transformed point as two plain numbers."""
    return float(point[0]), float(point[1])


def _tie(stage: Stage, axes: Axes, pixel: tuple[float, float], box: Box, colour: str, gap: float) -> None:
    """Draw a line from a point to a label that had to go far."""
    near = (min(max(pixel[0], box.x0), box.x1), min(max(pixel[1], box.y0 + 2), box.y1 - 2))
    if np.hypot(near[0] - pixel[0], near[1] - pixel[1]) > 1.9 * gap:
        ends = axes.transData.inverted().transform([pixel, near])
        axes.plot(
            ends[:, 0],
            ends[:, 1],
            color=colour,
            linewidth=stage.size.stroke * 0.35,
            zorder=4,
            scalex=False,
            scaley=False,
        )


def _obstacles(stage: Stage, axes: Axes) -> list[Box]:
    """Return what labels must not touch: points, bars, whiskers and texts already there."""
    boxes = []
    half = stage.size.marker * 0.7 * stage.page.dpi / 72
    for artist in axes.get_children():
        if isinstance(artist, PathCollection):
            for px, py in artist.get_offset_transform().transform(np.ma.filled(artist.get_offsets(), np.nan)):
                boxes.append(Box(px - half, py - half, px + half, py + half))
        elif isinstance(artist, Rectangle) and role(artist) == "data":
            bar = artist.get_window_extent()
            boxes.append(Box(bar.x0, bar.y0, bar.x1, bar.y1))
        elif isinstance(artist, LineCollection):
            for path in artist.get_paths():
                (x0, y0), (x1, y1) = axes.transData.transform(np.asarray(path.vertices)[[0, -1]])
                boxes.append(Box(min(x0, x1) - 2, min(y0, y1) - 2, max(x0, x1) + 2, max(y0, y1) + 2))
        elif isinstance(artist, Text) and artist.get_visible() and artist.get_text():
            box = artist.get_window_extent(stage.renderer)
            boxes.append(Box(box.x0, box.y0, box.x1, box.y1))
    return [box for box in boxes if np.isfinite([box.x0, box.y0, box.x1, box.y1]).all()]


def _lines(axes: Axes) -> list[Box]:
    """Return a trail of small boxes along each line, which labels avoid where they can."""
    boxes = []
    for line in axes.get_lines():
        ends = line.get_transform().transform(np.column_stack(line.get_data()).astype(float))
        for (x0, y0), (x1, y1) in pairwise(ends):
            count = max(int(np.hypot(x1 - x0, y1 - y0) / 8), 1) if np.isfinite([x0, y0, x1, y1]).all() else 0
            steps = np.linspace(0, 1, count + 1)[:, None]
            boxes += [
                Box(x - 2, y - 2, x + 2, y + 2) for x, y in (1 - steps) * [x0, y0] + steps * [x1, y1] if count
            ]
    return boxes
