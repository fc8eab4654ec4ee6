"""Small things every panel needs: number axes, value labels, end labels that do not collide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MaxNLocator

from chipflows.charts.colour import darken_for_text
from chipflows.charts.labels import spread
from chipflows.charts.numbers import compact, thousands
from chipflows.charts.roles import mark
from chipflows.charts.style import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

    from chipflows.charts.page import Stage

__all__ = ["category_axis", "end_labels", "number_axis", "zero_line"]


def number_axis(axes: Axes, which: str = "y", unit: str = "", steps: int = 5) -> None:
    """Give an axis few, plain ticks with separators ("usd": $2bn)."""
    axis = axes.yaxis if which == "y" else axes.xaxis

    def write(value: float, _position: int | None = None) -> str:
        if not unit:
            return thousands(value)
        return compact(value, unit, 3) if value else "0"

    axis.set_major_locator(MaxNLocator(nbins=steps, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(write))


def zero_line(axes: Axes, which: str = "y") -> None:
    """Draw the line at zero, a little darker than the grid."""
    draw = axes.axhline if which == "y" else axes.axvline
    draw(0, color=MUTED, linewidth=axes.spines["bottom"].get_linewidth() * 1.2, zorder=1.5)


def category_axis(axes: Axes, names: list[str], bold: list[bool] | None = None) -> None:
    """Name the rows of a horizontal chart, first at the top, grid across instead of along."""
    axes.grid(False, axis="y")
    axes.grid(True, axis="x")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.45, -0.55)
    for label, heavy in zip(axes.get_yticklabels(), bold or [False] * len(names), strict=True):
        label.set_color(INK)
        label.set_fontweight("bold" if heavy else "normal")
    axes.spines["bottom"].set_visible(False)


def end_labels(stage: Stage, axes: Axes, ends: Mapping[str, tuple[float, float, str]]) -> None:
    """Label series at their right ends: *ends* maps a label to (x, y, colour); labels move apart vertically.

    A label that had to move keeps a thin line to its series.
    """
    x_end = max(x for x, _, _ in ends.values())
    notes: list[tuple[Annotation, float, str]] = []
    for words, (_, y, colour) in ends.items():
        note = axes.annotate(
            words,
            (x_end, y),
            xytext=(stage.size.text * 1.1, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            color=darken_for_text(colour),
            annotation_clip=False,
            fontweight="bold",
        )
        notes.append((mark(note, "label"), y, colour))
    stage.later(lambda: _settle(stage, axes, notes, x_end))


def _settle(stage: Stage, axes: Axes, notes: list[tuple[Annotation, float, str]], x_end: float) -> None:
    """Move end labels apart once the panel has its place, and tie each to its series."""
    dpi_scale = 72 / stage.page.dpi
    wished = [float(axes.transData.transform((x_end, y))[1]) for _, y, _ in notes]
    heights = [note.get_window_extent(stage.renderer).height * 1.04 for note, _, _ in notes]
    frame = axes.get_window_extent()
    room = max(sum(heights) - frame.height, 0) / 2 + heights[0] / 2
    moved = spread(wished, heights, frame.y0 - room, frame.y1 + room)
    for (note, y, colour), target, wish in zip(notes, moved, wished, strict=True):
        note.xyann = (stage.size.text * 1.1, (target - wish) * dpi_scale)
        if abs(target - wish) > 3:
            axes.annotate(
                "",
                (x_end, y),
                xytext=(stage.size.text * 1.0, (target - wish) * dpi_scale),
                textcoords="offset points",
                arrowprops={
                    "arrowstyle": "-",
                    "color": colour,
                    "linewidth": stage.size.stroke * 0.4,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
                annotation_clip=False,
            )
