"""A one-line key above a panel, for what a direct label cannot say (filled against hollow, ringed)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from chipflows.charts.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["KeyEntry", "draw_key"]


@dataclass(frozen=True)
class KeyEntry:
    """One sign and what it means; without a marker it is a coloured area."""

    words: str
    colour: str
    marker: str = ""
    hollow: bool = False
    alpha: float = 1.0


def draw_key(stage: Stage, axes: Axes, entries: Sequence[KeyEntry]) -> None:
    """Write the key above the panel, left-aligned, outside the data."""
    handles = [_sign(stage, entry) for entry in entries]
    axes.legend(
        handles,
        [entry.words for entry in entries],
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=len(entries),
        frameon=False,
        borderaxespad=0.2,
        borderpad=0,
        handletextpad=0.5,
        columnspacing=1.4,
        handlelength=1.2,
        fontsize=stage.size.text,
        labelcolor=INK,
    )


def _sign(stage: Stage, entry: KeyEntry) -> Line2D | Patch:
    """Return the sign of one entry."""
    if not entry.marker:
        return Patch(facecolor=entry.colour, alpha=entry.alpha, linewidth=0)
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=entry.marker,
        markersize=stage.size.marker,
        markeredgecolor=entry.colour,
        markerfacecolor="white" if entry.hollow else entry.colour,
        markeredgewidth=stage.size.stroke * 0.7,
    )
