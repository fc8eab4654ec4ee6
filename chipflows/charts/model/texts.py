"""A table of sentences: columns wrapped to their width, rows as tall as their longest cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chipflows.charts.colour import ink_on
from chipflows.charts.roles import mark
from chipflows.charts.style import INK, MUTED
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["draw_text_table", "wrapped_to"]

_LEADING = 1.22
_PAD = 0.45


def draw_text_table(
    stage: Stage,
    axes: Axes,
    rows: Sequence[Sequence[str]],
    headings: Sequence[str],
    widths: Sequence[float],
    paints: Mapping[str, str],
    bold: int = 0,
) -> None:
    """Draw *rows* of words under *headings*, columns in proportion to *widths*, column *bold* in bold.

    A cell stands on the colour that *paints* has for its words; every second row is tinted. Raises
    FigureError, once the panel has its place, when the rows do not fit.
    """
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    stage.later(lambda: _fill(stage, axes, rows, headings, widths, paints, bold))


def _fill(
    stage: Stage,
    axes: Axes,
    rows: Sequence[Sequence[str]],
    headings: Sequence[str],
    widths: Sequence[float],
    paints: Mapping[str, str],
    bold: int,
) -> None:
    """Wrap every cell, give each row its height in points, and write."""
    frame = axes.get_window_extent()
    scale = 72 / stage.page.dpi
    across, down = float(frame.width) * scale, float(frame.height) * scale
    points, lines = _fitting(stage, rows, widths, across, down, bold)
    line = points * _LEADING
    heights = [max(len(cell) for cell in row) * line + 2 * _PAD * points for row in lines]
    spare = max(down - line - sum(heights), 0.0) / max(len(heights), 1)
    heights = [height + min(spare, 1.2 * points) for height in heights]
    axes.set_ylim(down, 0)
    axes.set_xlim(0, across)
    edges = [across * sum(widths[:k]) / sum(widths) for k in range(len(widths) + 1)]
    for left, heading in zip(edges, headings, strict=False):
        text = axes.text(left + _PAD * points, 0, heading, va="top", color=MUTED, fontsize=points)
        mark(text, "label")
    top = line + 0.2 * points
    for number, (row, height) in enumerate(zip(lines, heights, strict=True)):
        tint = "#eef1f5" if number % 2 == 0 else "#ffffff"
        _cell(axes, (0.0, top, across, height), tint)
        for column, cell in enumerate(row):
            words = " ".join(cell)
            ground = paints.get(words, tint)
            box = (edges[column], top, edges[column + 1] - edges[column], height)
            if words in paints:
                _cell(
                    axes, (box[0], top + 0.15 * points, box[2] - 0.6 * points, height - 0.3 * points), ground
                )
            _write(axes, cell, box, points, INK if ground == tint else ink_on(ground), column == bold)
        top += height


def _fitting(
    stage: Stage,
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    across: float,
    down: float,
    bold: int,
) -> tuple[float, list[list[list[str]]]]:
    """Return the largest type size at which the rows fit, and their wrapped cells."""
    size = stage.size
    for share in (1.0, 0.75, 0.5, 0.25, 0.0):
        points = size.small + share * (size.text - size.small)
        room = [across * width / sum(widths) - 2 * _PAD * points for width in widths]
        lines = [
            [wrapped_to(stage, cell, room[c], points, c == bold) for c, cell in enumerate(row)]
            for row in rows
        ]
        tall = sum(max(len(cell) for cell in row) * points * _LEADING + 2 * _PAD * points for row in lines)
        if tall + 1.5 * points * _LEADING <= down:
            return points, lines
    raise FigureError(
        f"{len(rows)} rows of words need {tall:.0f} points of height at size {size.name!r}, there are "
        f"{down:.0f}: shorten the cells, show fewer rows or use a larger size"
    )


def wrapped_to(stage: Stage, words: str, room: float, points: float, bold: bool = False) -> list[str]:
    """Return *words* in lines no wider than *room* points; a line break in *words* is kept."""
    lines: list[str] = []
    for part in str(words).split("\n"):
        fresh = True
        for word in part.split():
            longer = word if fresh else f"{lines[-1]} {word}"
            if not fresh and stage.width_of(longer, points, bold) * 72 <= room:
                lines[-1] = longer
            else:
                lines.append(word)
            fresh = False
    return lines or [""]


def _cell(axes: Axes, box: tuple[float, float, float, float], colour: str) -> None:
    """Paint one rectangle: left, top, width, height."""
    from matplotlib.patches import Rectangle

    left, top, width, height = box
    axes.add_patch(mark(Rectangle((left, top), width, height, facecolor=colour, linewidth=0), "data"))


def _write(
    axes: Axes,
    lines: Sequence[str],
    box: tuple[float, float, float, float],
    points: float,
    ink: str,
    bold: bool,
) -> None:
    """Write one cell's lines, centred in its height."""
    left, top, _, height = box
    text = axes.text(
        left + _PAD * points,
        top + height / 2,
        "\n".join(lines),
        va="center",
        ha="left",
        color=ink,
        fontsize=points,
        linespacing=1.08,
        fontweight="bold" if bold else "normal",
    )
    mark(text, "inside")
