"""A tornado: how far one outcome moves when each input goes from low to high, widest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.axes import category_axis, number_axis
from chipflows.charts.colour import darken_for_text
from chipflows.charts.frames import need_columns
from chipflows.charts.roles import mark
from chipflows.charts.style import MUTED, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["draw_tornado"]

LOW, HIGH = PALETTE["ochre"], PALETTE["blue"]


def draw_tornado(
    stage: Stage, axes: Axes, rows: pd.DataFrame, centre: float, unit: str = "", most: int = 12
) -> None:
    """Draw the outcome at both ends of each input of *rows* (label, at_low, at_high, low_words, high_words).

    *centre* is the outcome at the middle; the bars are named by the input's value at each end, so colour
    is not the only cue. The *most* influential are kept, widest at the top.
    """
    need_columns(rows, ("label", "at_low", "at_high", "low_words", "high_words"), "rows for a tornado")
    swing = (rows["at_high"] - rows["at_low"]).abs()
    kept = rows.loc[swing.sort_values(ascending=False, kind="stable").index].head(most)
    for place, (_, row) in enumerate(kept.iterrows()):
        for end, words, colour in (("at_low", "low_words", LOW), ("at_high", "high_words", HIGH)):
            bar = axes.barh(place, row[end] - centre, 0.56, left=centre, color=colour, linewidth=0, zorder=2)
            mark(bar[0], "data")
            goes_right = row[end] >= centre and not (row["at_low"] == row["at_high"] and end == "at_low")
            note = axes.annotate(
                str(row[words]),
                (row[end], place),
                xytext=(stage.size.text * (0.5 if goes_right else -0.5), 0),
                textcoords="offset points",
                ha="left" if goes_right else "right",
                va="center",
                color=darken_for_text(colour),
                annotation_clip=False,
            )
            mark(note, "label")
    category_axis(axes, [str(label) for label in kept["label"]])
    axes.tick_params(axis="y", pad=stage.size.text * 4.5)
    number_axis(axes, "x", unit)
    axes.axvline(centre, color=MUTED, linewidth=stage.size.stroke * 0.6, zorder=3)
