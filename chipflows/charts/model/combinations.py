"""Every combination of the asks: which asks are in it, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.colour import darken_for_text
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.model.parts import (
    ASKS,
    ask_name,
    ask_style,
    axis_kind,
    changed,
    draw_changes,
    unit_words,
)
from chipflows.charts.numbers import compact, percent
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, GRID, SeriesStyle, scenario_style
from chipflows.charts.words import first_that_fits, listed, source_ids

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["combinations"]

_COLUMNS = ("combination", "asks", "p05", "p25", "p50", "p75", "p95", "mean", "prob_lower")


def combinations(
    effects: pd.DataFrame,
    *,
    period: str,
    when: str = "letter",
    unit: str = "h100e",
    what: str = "the PRC compute stock",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.combinations",
) -> Figure:
    """Return the figure of the effect of every combination of asks, the one that changes most at the top.

    effects: combination ("none", "h20", "h20+kyc" ...), asks (how many), p05, p25, p50, p75, p95, mean
    (change from none, in *unit*), prob_lower, as `flows.factorial.effects` gives. *when* is "letter" or
    "now". Raises FigureError for missing columns or an ask that is none of the four.
    """
    need_columns(effects, _COLUMNS, "effects of combinations")
    shown = effects[effects["asks"] > 0].sort_values("p50", kind="stable").reset_index(drop=True)
    sets = [tuple(str(name).split("+")) for name in shown["combination"]]
    for ask in {ask for members in sets for ask in members}:
        ask_name(ask)
    title = _title(shown, sets, unit)
    return Figure(
        id="combinations",
        title=title,
        subtitle=f"Change in {what} against none of the asks, every combination; PRC, "
        f"{unit_words(unit)}, {period}",
        unit=unit_words(unit),
        note=(
            "Filled dots at the left: the asks adopted together. Dot: median; bars: 25-75% and 5-95% "
            "of draws. "
            "The same draws are used for every combination. " + note
        ).strip(),
        sources=source_ids(effects, more=sources),
        alt=f"Ranges for {len(shown)} combinations of the asks beside a grid of which asks each "
        f"holds. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(effects, _COLUMNS),
        draw=lambda stage: _draw(stage, shown, sets, when, unit),
    )


def _title(shown: pd.DataFrame, sets: list[tuple[str, ...]], unit: str) -> str:
    """Return what the largest combination does, and the single ask that comes nearest."""
    whole = shown.iloc[int(shown["asks"].to_numpy().argmax())]
    singles = shown[shown["asks"] == 1]
    if singles.empty or whole["asks"] == 1 or not whole["p50"]:
        return first_that_fits(f"In the model, {_named(sets[0])} {changed(shown['p50'].iloc[0], unit)}")
    sign = 1 if whole["p50"] < 0 else -1
    best = singles.iloc[int((sign * singles["p50"]).to_numpy().argmin())]
    together = "all four asks" if whole["asks"] == len(ASKS) else f"{int(whole['asks'])} asks"
    effect = changed(float(whole["p50"]), unit).replace("lowers", "lower").replace("raises", "raise")
    alone = compact(abs(float(best["p50"])), axis_kind(unit))
    return first_that_fits(
        f"In the model, {together} {effect}; the {ask_name(best['combination'])} alone by {alone}",
        f"{together.capitalize()} {effect}; the {ask_name(best['combination'])} alone by {alone}",
    )


def _named(asks: tuple[str, ...]) -> str:
    """Return the asks of a combination in words."""
    return f"the {listed(ask_name(ask) for ask in asks)}"


def _draw(stage: Stage, shown: pd.DataFrame, sets: list[tuple[str, ...]], when: str, unit: str) -> None:
    """Draw the grid of asks at the left and the ranges at the right, on the same rows."""
    grid, ranges = stage.panels(1, 2, widths=(1.15, 4.0), gap=0.2)
    styles = [_look(members, when) for members in sets]
    lower = [percent(share) for share in shown["prob_lower"]]
    draw_changes(
        stage,
        ranges,
        shown.assign(label=""),
        styles,
        unit,
        "Median (5% to 95%)",
        {"Lower in": lower},
    )
    _draw_grid(stage, grid, sets, when)
    grid.set_ylim(ranges.get_ylim())


def _look(members: tuple[str, ...], when: str) -> SeriesStyle:
    """Return the ask's own look for one ask, that of all four for all, grey for what lies between."""
    if len(members) == 1:
        return ask_style(members[0], when)
    if len(members) == len(ASKS):
        return scenario_style(f"{when}-all")
    return SeriesStyle(BASELINE, "solid", "o")


def _draw_grid(stage: Stage, axes: Axes, sets: list[tuple[str, ...]], when: str) -> None:
    """Draw a column of dots per ask: filled where the combination holds it."""
    for column, ask in enumerate(ASKS):
        colour = ask_style(ask, when).colour
        held = [place for place, members in enumerate(sets) if ask in members]
        rest = [place for place in range(len(sets)) if place not in held]
        area = (stage.size.marker * 0.95) ** 2
        mark(axes.scatter([column] * len(held), held, s=area, color=colour, zorder=3), "data")
        axes.scatter([column] * len(rest), rest, s=area * 0.2, color=GRID, zorder=2)
        axes.annotate(
            ask_name(ask).removesuffix(" ask").replace("Diffusion", "Diff."),
            (column, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2.0),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=darken_for_text(colour),
            annotation_clip=False,
        )
    axes.set_xlim(-0.6, len(ASKS) - 0.4)
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
