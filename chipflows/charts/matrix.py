"""A table drawn as a chart: rows by columns, each cell a word on its colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.colour import ink_on
from chipflows.charts.frames import need_rows
from chipflows.charts.roles import mark
from chipflows.charts.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes


__all__ = ["draw_matrix"]


def draw_matrix(axes: Axes, table: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw *table* (index: rows, columns: columns, cells: words) with the cell colour of each word.

    A word not in *colours* stands on white. The word itself is written in every cell, so colour is never the
    only cue; column names stand above and wrap at spaces.
    """
    from matplotlib.patches import Rectangle

    need_rows(table, "table for a matrix")
    for place, (_, row) in enumerate(table.iterrows()):
        for column, cell in enumerate(row):
            words = "" if pd.isna(cell) else str(cell)
            colour = colours.get(words, "#ffffff")
            axes.add_patch(
                mark(
                    Rectangle((column - 0.48, place - 0.44), 0.96, 0.88, facecolor=colour, linewidth=0),
                    "data",
                )
            )
            text = axes.text(column, place, words, ha="center", va="center", color=ink_on(colour))
            mark(text, "inside")
    axes.grid(False)
    axes.set_xlim(-0.5, len(table.columns) - 0.5)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(table.columns)), [str(name).replace(" ", "\n") for name in table.columns])
    axes.set_yticks(range(len(table)), [str(name) for name in table.index])
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines["bottom"].set_visible(False)
