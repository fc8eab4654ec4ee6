"""How far trade with a hub rose beside placebo places, and how little so few placebos prove."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import end_labels
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.model.parts import log_axis
from chipflows.charts.numbers import about
from chipflows.charts.quarters import date_position, position, quarter_axis, span_name
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, MUTED, PALETTE
from chipflows.charts.words import first_that_fits, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["hub_rises"]

_COLUMNS = ("group", "name", "is_hub", "period", "multiple")
_DASHES = ("solid", (0, (4.0, 1.6)), (0, (1.0, 1.2)))
_YEARS_SHOWN = 2


def hub_rises(
    frame: pd.DataFrame,
    *,
    since: date,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.trade.hub_rises",
) -> Figure:
    """Return the figure of the rise of exports to a hub and to placebo places over a base, by quarter.

    frame: group (a panel each), name, is_hub, period (2025Q4), multiple (year to the quarter over the base),
    optional source_ids; *since* is the day before which the base lies, drawn as a line. Raises FigureError
    for missing columns, or without a hub and a placebo.
    """
    need_columns(frame, _COLUMNS, "rises of hubs")
    start = since.year - _YEARS_SHOWN
    rows = frame[frame["period"].str[:4].astype(int) >= start].reset_index(drop=True)
    if rows["is_hub"].nunique() < 2:
        raise FigureError("rises of hubs: a hub and a placebo are needed. Check what is held.")
    period = span_name(rows["period"])
    title = _title(rows, since)
    return Figure(
        id="hub_rises",
        title=title,
        subtitle="US exports in the year to each quarter as a multiple of the two years before the rule of "
        f"{since:%B %Y}, log scale; hub and placebo places, {period}",
        unit="multiple",
        note=(
            f"Grey: placebos, unlikely as routes. Vertical line: {since.day} {since:%B %Y}. Chance: of "
            f"standing as high by rank; {_places(rows)} places allow no better than 1 in {_places(rows)}, "
            "and two panels are two tries. Codes hold far more than AI chips. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Lines by quarter for {_places(rows)} places in {rows['group'].nunique()} panels. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(rows, _COLUMNS),
        draw=lambda stage: _draw(stage, rows, since),
    )


def _places(rows: pd.DataFrame) -> int:
    """Return how many places are compared."""
    return int(rows["name"].nunique())


def _title(rows: pd.DataFrame, since: date) -> str:
    """Return how far the hub rose in the first group, where that stands, and what chance alone gives."""
    group = next(iter(dict.fromkeys(rows["group"])))
    part = rows[(rows["group"] == group) & (rows["period"] >= str(pd.Period(since, freq="Q")))]
    peaks = part.groupby("name")["multiple"].max()
    hub = part.loc[part[part["is_hub"]]["multiple"].idxmax(), "name"]
    rank = 1 + int((peaks.drop(hub) >= peaks[hub]).sum())
    what = f"{group[0].lower()}{group[1:]}"
    place = "most" if rank == 1 else f"rank {rank}"
    chance = f"{place} of {len(peaks)}: by chance {rank} in {len(peaks)}"
    return first_that_fits(
        f"US exports of {what} to {hub} rose {about(peaks[hub])}-fold, {chance}",
        f"US exports to {hub} rose {about(peaks[hub])}-fold, {chance}",
    )


def _draw(stage: Stage, rows: pd.DataFrame, since: date) -> None:
    """Draw a panel per group on one scale."""
    groups = list(dict.fromkeys(rows["group"]))
    panels = stage.panels(1, len(groups), gap=2.0)
    low, high = float(rows["multiple"].min()) / 1.15, float(rows["multiple"].max()) * 1.15
    for axes, group in zip(panels, groups, strict=True):
        _draw_group(stage, axes, rows[rows["group"] == group])
        axes.set_title(group)
        log_axis(axes, "y", low, high)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"×{about(value)}"))
        axes.axhline(1, color=MUTED, linewidth=stage.size.stroke * 0.5, zorder=1.5)
        axes.axvline(date_position(since), color=MUTED, linewidth=stage.size.stroke * 0.5, zorder=1.5)


def _draw_group(stage: Stage, axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the placebos grey, each with its own dashes, and the hubs in colour, all labelled at the end."""
    ends = {}
    quiet = [
        name for name in dict.fromkeys(rows["name"]) if not rows.loc[rows["name"] == name, "is_hub"].any()
    ]
    colours = dict(
        zip(
            [name for name in dict.fromkeys(rows["name"]) if name not in quiet],
            PALETTE.values(),
            strict=False,
        )
    )
    for name, part in rows.groupby("name", sort=True):
        line = part.assign(x=part["period"].map(position)).sort_values("x")
        colour = BASELINE if name in quiet else colours[str(name)]
        dashes = _DASHES[quiet.index(name) % len(_DASHES)] if name in quiet else "solid"
        width = stage.size.stroke * (0.8 if name in quiet else 1.3)
        (drawn,) = axes.plot(
            line["x"], line["multiple"], color=colour, linestyle=dashes, linewidth=width, zorder=3
        )
        mark(drawn, "data")
        ends[str(name)] = (float(line["x"].iloc[-1]), float(line["multiple"].iloc[-1]), colour)
    places = rows["period"].map(position)
    quarter_axis(axes, int(places.min()), int(places.max()))
    _thin_years(stage, axes)
    end_labels(stage, axes, ends)


def _thin_years(stage: Stage, axes: Axes) -> None:
    """Name only as many years below a panel as there is room for once it has its place."""

    def thin() -> None:
        ticks = axes.get_xticks(minor=True)
        names = [label.get_text() for label in axes.get_xticklabels(minor=True)]
        inches = float(axes.get_window_extent().width) / stage.page.dpi / max(len(names), 1)
        step = math.ceil(1.3 * stage.width_of("2000", stage.size.text) / inches)
        first = (len(names) - 1) % step  # the last year keeps its name
        axes.set_xticks(ticks[first::step], names[first::step], minor=True)

    stage.later(thin)
