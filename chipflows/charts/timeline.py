"""Rules over time: one lane each, a span while it holds and a dot for a day, named beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflows.charts.frames import need_columns
from chipflows.charts.quarters import date_position
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, GRID, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["draw_timeline", "drop_lines", "lanes_needed"]


def _day(value: Any) -> date | None:
    """Return a date for a date or ISO text, None for a blank."""
    blank = value is None or pd.isna(value) or str(value) == ""
    return None if blank else date.fromisoformat(str(value)[:10])


def lanes_needed(events: pd.DataFrame) -> float:
    """Return the height a timeline wants, in lines of text."""
    return 1.4 * len(events)


def draw_timeline(
    stage: Stage,
    axes: Axes,
    events: pd.DataFrame,
    limits: tuple[float, float],
    colours: Mapping[str, str] | None = None,
) -> None:
    """Draw *events* (label, on, optional until and kind), earliest at the top, on positions of quarters.

    *on* and *until* are ISO dates; an event with neither *until* nor a successor is a dot. *limits* are the
    x limits of the panel of quarters below. Each label stands right of its start, or left where there is
    no room. *colours* maps a kind to its colour.
    """
    need_columns(events, ("label", "on"), "timeline events")
    rows = (
        events.assign(start=events["on"].map(_day)).sort_values("start", kind="stable").reset_index(drop=True)
    )
    axes.set_xlim(*limits)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(False)
    axes.set_yticks([])
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    for lane, row in rows.iterrows():
        colour = (colours or {}).get(str(row.get("kind", "")), BASELINE)
        _draw_event(stage, axes, row, int(str(lane)), limits, colour)


def _draw_event(
    stage: Stage, axes: Axes, row: pd.Series, lane: int, limits: tuple[float, float], colour: str
) -> None:
    """Draw one lane: the span, the day it starts, its name."""
    start = date_position(row["start"])
    until = _day(row.get("until"))
    if until is not None:
        end = min(date_position(until), limits[1])
        bar = axes.barh(lane, end - start, 0.22, left=start, color=colour, alpha=0.45, linewidth=0, zorder=2)
        mark(bar[0], "data")
    mark(axes.scatter([start], [lane], s=(stage.size.marker * 0.8) ** 2, color=colour, zorder=4), "data")
    stage.later(lambda: _name_event(stage, axes, str(row["label"]), lane, start, until, limits))


def _name_event(
    stage: Stage,
    axes: Axes,
    words: str,
    lane: int,
    start: float,
    until: date | None,
    limits: tuple[float, float],
) -> None:
    """Write an event's name where it fits: left of its start if it can, else right of its end."""
    gap = stage.size.text * 0.75
    end = min(date_position(until), limits[1]) if until is not None else start
    inches = stage.width_of(words, stage.size.text) + 1.5 * gap / 72
    frame = axes.get_window_extent()
    pixels_left = float(axes.transData.transform((start, 0))[0] - frame.x0)
    goes_left = pixels_left / stage.page.dpi > inches
    x, shift, side = (start, -gap, "right") if goes_left else (end, gap, "left")
    note = axes.annotate(
        words,
        (x, lane),
        xytext=(shift, 0),
        textcoords="offset points",
        va="center",
        ha=side,
        color=INK,
        annotation_clip=False,
        backgroundcolor="none",
    )
    mark(note, "label")


def drop_lines(axes: Axes, starts: list[float], width: float) -> None:
    """Draw faint vertical lines at the days rules took effect, through a panel of flows."""
    for x in starts:
        axes.axvline(x, color=GRID, linewidth=width, zorder=0.5)
