"""Routes through hubs: the legs that are held, and an empty, labelled place for those that are not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator

from chipflows.charts.axes import category_axis
from chipflows.charts.colour import darken_for_text
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.model.parts import log_axis
from chipflows.charts.numbers import about
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, INK, MUTED, PALETTE
from chipflows.charts.words import first_that_fits, source_ids, wrapped
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["EMPTY", "trade_routes"]

_COLUMNS = (
    "leg",
    "name",
    "is_hub",
    "base_usd",
    "last_usd",
    "multiple",
    "base_period",
    "last_period",
    "status",
)
_HUB, _PLACEBO = PALETTE["blue"], BASELINE
EMPTY = "#eceef2"


def trade_routes(
    frame: pd.DataFrame,
    *,
    pull: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.trade.trade_routes",
) -> Figure:
    """Return the figure of routes: a panel per leg, a row per hub and placebo, base and last year in USD.

    frame: leg, name, is_hub, base_usd, last_usd, multiple, base_period, last_period, status (held, no base,
    not held), optional source_ids, a row for every leg and place; *pull* is the command that fills what is
    empty. Raises FigureError for missing columns or when no leg is held.
    """
    need_columns(frame, _COLUMNS, "legs of routes")
    held = frame[frame["status"] == "held"]
    if held.empty:
        raise FigureError(f"legs of routes: none is held. Run {pull} first.")
    title = _title(frame, held)
    period = f"{held['base_period'].str[:4].min()} to {held['last_period'].max()[:4]}"
    spans = held.groupby("leg", sort=False).agg(base=("base_period", "first"), last=("last_period", "max"))
    said = "; ".join(
        f"{str(leg).split(':')[0]}: {base} and {_year_to(last)}"
        for leg, base, last in zip(spans.index, spans["base"], spans["last"], strict=True)
    )
    return Figure(
        id="trade_routes",
        title=title,
        subtitle="Exports as the seller reports them, US dollars a year, log scale; hubs to the PRC and "
        f"three placebos, {period}",
        unit="US dollars",
        note=(
            f"Hollow: yearly mean of the base; filled: last year; squares: placebos. {said}. Circuits: HS "
            "8542.31 and 8542.39; servers, modules: 8471.50, 8471.80, 8473.30. Each code holds far more than "
            f"AI chips; a rise is no sign of what a hub sold on. Empty places: {pull}. " + note
        ).strip(),
        sources=source_ids(held, more=sources),
        alt=f"Base and last year of exports by leg for {frame['name'].nunique()} places in "
        f"{frame['leg'].nunique()} panels; legs that are not held are empty. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(frame, _COLUMNS),
        draw=lambda stage: _draw(stage, frame, pull),
    )


def _year_to(period: str) -> str:
    """Return "2024" for a year, "the year to 2025Q4" for a quarter."""
    return period if len(period) == len("2024") else f"the year to {period}"


def _title(frame: pd.DataFrame, held: pd.DataFrame) -> str:
    """Return where the first leg rose most, and whether any second leg is held."""
    legs = list(dict.fromkeys(frame["leg"]))
    first = held[held["leg"] == legs[0]]
    top = (first if len(first) else held).sort_values("multiple").iloc[-1]
    seller = str(top["leg"]).split(" to ")[0]
    head = f"{seller}'s chip exports rose most to {top['name']}, {about(top['multiple'])}-fold"
    onward = held["leg"].eq(legs[-1]).any()
    return first_that_fits(head if onward else f"{head}; where goods went on is not held", head)


def _draw(stage: Stage, frame: pd.DataFrame, pull: str) -> None:
    """Draw a panel per leg side by side, rows named once."""
    legs = list(dict.fromkeys(frame["leg"]))
    panels = stage.panels(1, len(legs), gap=1.0)
    for number, (axes, leg) in enumerate(zip(panels, legs, strict=True)):
        rows = frame[frame["leg"] == leg].reset_index(drop=True)
        _draw_leg(stage, axes, rows, pull)
        category_axis(axes, [str(name) for name in rows["name"]] if number == 0 else [""] * len(rows))
        axes.set_title("\n".join(wrapped(part, 16) for part in leg.split(": ")))


def _draw_leg(stage: Stage, axes: Axes, rows: pd.DataFrame, pull: str) -> None:
    """Draw one leg: base to last year per place, or its empty place."""
    held = rows[rows["status"] == "held"]
    if held.empty:
        _draw_empty(axes, len(rows), pull)
        return
    ends = [*held["base_usd"], *held["last_usd"]]
    log_axis(axes, "x", min(ends) / 2, max(ends) * 12, "usd")
    axes.xaxis.set_major_locator(FixedLocator(_decades(min(ends) / 2, max(ends) * 12)))
    for place, row in rows.iterrows():
        if row["status"] == "held":
            _draw_place(stage, axes, row, int(str(place)))
        else:
            axes.text(
                0.02, float(str(place)), str(row["status"]), transform=axes.get_yaxis_transform(),
                va="center", ha="left", color=MUTED,
            )  # fmt: skip


def _draw_place(stage: Stage, axes: Axes, row: pd.Series, place: int) -> None:
    """Draw one place's base (hollow), last year (filled) and the multiple beside them."""
    colour, sign = (_HUB, "o") if row["is_hub"] else (_PLACEBO, "s")
    ends = [row["base_usd"], row["last_usd"]]
    mark(axes.plot(ends, [place, place], color=colour, linewidth=stage.size.stroke, zorder=2)[0], "data")
    area = stage.size.marker**2
    for value, face in ((ends[0], "white"), (ends[1], colour)):
        dot = axes.scatter(
            [value], [place], s=area, marker=sign, facecolor=face, edgecolor=colour,
            linewidth=stage.size.stroke * 0.6, zorder=3,
        )  # fmt: skip
        mark(dot, "data")
    note = axes.annotate(
        f"×{about(row['multiple'])}", (max(ends), place), xytext=(stage.size.marker * 0.9, 0),
        textcoords="offset points", va="center", ha="left", color=darken_for_text(colour),
    )  # fmt: skip
    mark(note, "label")


def _draw_empty(axes: Axes, rows: int, pull: str) -> None:
    """Draw the place of a leg nobody pulled, and what fills it."""
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.add_patch(mark(Rectangle((0, -0.5), 1, rows, facecolor=EMPTY, linewidth=0), "data"))
    words = f"not held\n\nto fill it:\n{wrapped(pull, 18)}"
    text = axes.text(0.5, (rows - 1) / 2, words, ha="center", va="center", color=INK, linespacing=1.3)
    mark(text, "inside")


def _decades(low: float, high: float) -> list[float]:
    """Return the lowest and highest power of ten from *low* to *high*: a narrow panel holds two ticks."""
    powers = math.ceil(math.log10(low)), math.floor(math.log10(high))
    return [10.0**power for power in powers]
