"""What moves an answer: one input at a time, shares of its spread, and what knowing an input is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import number_axis, zero_line
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.model.parts import axis_kind, clipped, room_for, row_names, side_columns, unit_words
from chipflows.charts.numbers import about, compact, percent
from chipflows.charts.roles import mark
from chipflows.charts.style import MUTED, PALETTE
from chipflows.charts.words import first_that_fits, source_ids

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["drivers", "input_words", "sobol", "voi"]

_TORNADO = ("assumption", "title", "unit", "at_p05", "at_p50", "at_p95", "input_p05", "input_p95")
_LOW, _HIGH = PALETTE["ochre"], PALETTE["blue"]


def input_words(low: float, high: float, unit: str) -> str:
    """Return an input's range in words: shares as percentages, dollars with a sign, others with the unit."""
    if unit == "share":
        return f"{percent(low)} to {percent(high)}"
    if unit == "usd":
        return f"{compact(low, 'usd')} to {compact(high, 'usd')}"
    ends = [compact(end) if abs(end) >= 1e4 else about(end) for end in (low, high)]
    return f"{ends[0]} to {ends[1]}" + ("" if unit.startswith("ratio") else f" {unit}")


def drivers(
    rows: pd.DataFrame,
    *,
    period: str,
    answer: str = "the answer",
    unit: str = "h100e",
    most: int = 8,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.drivers",
) -> Figure:
    """Return the tornado of what moves an answer when one input alone goes from low to high.

    rows: assumption, title, unit (of the input), at_p05, at_p50, at_p95 (the answer in *unit*), input_p05,
    input_p95, optional input_words (the range in words) and source_ids; the *most* influential are kept.
    *answer* says what is moved, in words that follow "moves". Raises FigureError for missing columns.
    """
    need_columns(rows, _TORNADO, "rows of the tornado")
    swing = (rows["at_p95"] - rows["at_p05"]).abs()
    shown = rows.loc[swing.sort_values(ascending=False, kind="stable").index].head(most)
    shown = shown.reset_index(drop=True)
    title = _tornado_title(shown.iloc[0], answer, unit)
    return Figure(
        id="drivers",
        title=title,
        subtitle=f"{answer[:1].upper()}{answer[1:]} when one input alone moves and the others stay at their "
        f"medians; PRC, {unit_words(unit)}, {period}",
        unit=unit_words(unit),
        note=(
            "Vertical line: every input at its median. Only the inputs that move the answer most are shown. "
            + note
        ).strip(),
        sources=source_ids(shown, more=sources),
        alt=f"Tornado of {len(shown)} inputs, widest first. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, _TORNADO),
        draw=lambda stage: _draw_tornado(stage, shown, unit),
    )


def _tornado_title(top: pd.Series, answer: str, unit: str) -> str:
    """Return which input moves the answer most, and between what."""
    kind = axis_kind(unit)
    low, high = (compact(top[end], kind) for end in ("at_p05", "at_p95"))
    name = str(top["title"])
    return first_that_fits(
        f"{name} moves {answer} most: from {low} to {high}",
        f"{name} moves the answer most: from {low} to {high}",
        f"{clipped(name, 44)} moves the answer most: {low} to {high}",
    )


def _draw_tornado(stage: Stage, shown: pd.DataFrame, unit: str) -> None:
    """Draw both ends of each input from the common middle; the input's own range stands at the right."""
    axes = stage.panel()
    centre = float(shown["at_p50"].iloc[0])
    for place, row in enumerate(shown.to_dict("records")):
        for end, colour, marker in (("at_p05", _LOW, "o"), ("at_p95", _HIGH, "D")):
            bars = axes.barh(place, row[end] - centre, 0.5, left=centre, color=colour, linewidth=0, zorder=2)
            mark(bars[0], "data")
            _dot(stage, axes, row[end], place, colour, marker, hollow=end == "at_p05")
    row_names(stage, axes, [str(title) for title in shown["title"]], 0.33, stage.size.small)
    ends = [*shown["at_p05"], *shown["at_p95"], centre]
    span = (max(ends) - min(ends)) or 1.0
    axes.set_xlim(min(ends) - 0.05 * span, max(ends) + 0.05 * span)
    _value_axis(axes, unit)
    axes.axvline(centre, color=MUTED, linewidth=stage.size.stroke * 0.6, zorder=3)
    words = [_range_words(row) for _, row in shown.iterrows()]
    side_columns(stage, axes, {"Input, 5% to 95%": words})
    draw_key(stage, axes, [KeyEntry("input low", _LOW, "o", True), KeyEntry("input high", _HIGH, "D")])


def _range_words(row: pd.Series) -> str:
    """Return the input's range in the frame's own words, else as numbers with their unit."""
    given = row.get("input_words")
    if isinstance(given, str) and given:
        return given
    return input_words(row["input_p05"], row["input_p95"], str(row["unit"]))


def _dot(
    stage: Stage, axes: Axes, x: float, place: float, colour: str, marker: str, hollow: bool = False
) -> None:
    """Draw one marker."""
    dot = axes.scatter(
        [x],
        [place],
        s=(stage.size.marker * 0.85) ** 2,
        marker=marker,
        facecolor="white" if hollow else colour,
        edgecolor=colour,
        linewidth=stage.size.stroke * 0.7,
        zorder=4,
    )
    mark(dot, "data")


def _value_axis(axes: Axes, unit: str) -> None:
    """Give the x axis few compact ticks."""
    number_axis(axes, "x", axis_kind(unit), steps=4)
    if not axis_kind(unit):
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value, "", 3)))


def sobol(
    frame: pd.DataFrame,
    *,
    period: str,
    answer: str = "the answer",
    most: int = 8,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.sobol",
) -> Figure:
    """Return the figure of total-order Sobol indices: the share of an answer's variance an input touches.

    frame: assumption, title, total_order, half_width (of its 95% interval), optional source_ids; the *most*
    influential are kept. Raises FigureError for missing columns.
    """
    columns = ("assumption", "title", "total_order", "half_width")
    need_columns(frame, columns, "Sobol indices")
    shown = frame.sort_values("total_order", ascending=False, kind="stable").head(most).reset_index(drop=True)
    top = shown.iloc[0]
    share = percent(top["total_order"])
    half = f"± {round(100 * float(top['half_width']))}"
    title = first_that_fits(
        f"{top['title']} bears on {share} ({half}) of the variance of {answer}",
        f"{top['title']} bears on {share} ({half}) of the variance",
        f"{clipped(str(top['title']), 44)} bears on {share} ({half}) of the variance",
    )
    return Figure(
        id="sobol",
        title=title,
        subtitle=f"Total-order Sobol index of each input, share of the variance of {answer}, with all its "
        f"interactions; PRC, {period}",
        unit="share of the variance",
        note=(
            "Bars: 95% interval of the estimate. Interactions are counted with every input in them, "
            "so shares can sum to more than the whole. " + note
        ).strip(),
        sources=source_ids(shown, more=sources),
        alt=f"Points with intervals for {len(shown)} inputs. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, columns),
        draw=lambda stage: _draw_sobol(stage, shown),
    )


def _draw_sobol(stage: Stage, shown: pd.DataFrame) -> None:
    """Draw each index with its interval, the number beside it."""
    axes = stage.panel()
    colour = PALETTE["blue"]
    for place, row in enumerate(shown.to_dict("records")):
        half = row["half_width"]
        bars = axes.barh(
            place,
            2 * half,
            0.3,
            left=row["total_order"] - half,
            color=colour,
            alpha=0.3,
            linewidth=0,
            zorder=2,
        )
        mark(bars[0], "data")
        _dot(stage, axes, row["total_order"], place, colour, "o")
    row_names(stage, axes, [str(title) for title in shown["title"]], 0.33, stage.size.small)
    ends = [*(shown["total_order"] + shown["half_width"]), *(shown["total_order"] - shown["half_width"])]
    axes.set_xlim(*room_for(ends, 0.04))
    number_axis(axes, "x")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
    zero_line(axes, "x")
    words = [percent(value) for value in shown["total_order"]]
    side_columns(stage, axes, {"": words}, [colour] * len(shown))


def voi(
    frame: pd.DataFrame,
    *,
    period: str,
    unit: str = "h100e",
    most: int = 8,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.voi",
) -> Figure:
    """Return the figure of what learning each input would be worth to a reader who picks among the asks.

    frame: assumption, title, value (expected gain in *unit*), share_of_draws_choice_changes, optional
    source_ids; the *most* valuable are kept. Raises FigureError for missing columns.
    """
    columns = ("assumption", "title", "value", "share_of_draws_choice_changes")
    need_columns(frame, columns, "values of information")
    shown = frame.sort_values("value", ascending=False, kind="stable").head(most).reset_index(drop=True)
    shown = shown[(shown["value"] > 0) | (shown.index == 0)]
    title = _voi_title(shown.iloc[0], unit)
    return Figure(
        id="voi",
        title=title,
        subtitle="Expected gain from learning one input before choosing the ask with the largest effect on "
        f"PRC compute, {unit_words(unit)}, {period}",
        unit=unit_words(unit),
        note=(
            "At the right: share of draws in which the choice would change. The gain is in the metric chosen "
            "and counts no cost of an ask; an input worth no more than chance is left out. " + note
        ).strip(),
        sources=source_ids(shown, more=sources),
        alt=f"Bars for {len(shown)} inputs by the value of learning them. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, columns),
        draw=lambda stage: _draw_voi(stage, shown, unit),
    )


def _voi_title(top: pd.Series, unit: str) -> str:
    """Return which input is worth most to a reader who picks one ask, and what, or that none is."""
    if not top["value"] > 0:
        return "Learning any one input would not change which ask has the largest effect"
    gain, name = f"{compact(top['value'], axis_kind(unit))} {unit_words(unit)}".strip(), str(top["title"])
    return first_that_fits(
        f"{name}: learning it first gains {gain} in expectation",
        f"{name}: learning it gains {gain}",
        f"{clipped(name, 44)}: learning it gains {gain}",
    )


def _draw_voi(stage: Stage, shown: pd.DataFrame, unit: str) -> None:
    """Draw a bar per input; gain and share of draws at the right."""
    axes = stage.panel()
    for place, value in enumerate(shown["value"]):
        mark(axes.barh(place, value, 0.5, color=PALETTE["blue"], linewidth=0, zorder=2)[0], "data")
    row_names(stage, axes, [str(title) for title in shown["title"]], 0.33, stage.size.small)
    axes.set_xlim(*room_for(list(shown["value"]), 0.03))
    _value_axis(axes, unit)
    zero_line(axes, "x")
    gains = [compact(value, axis_kind(unit)) for value in shown["value"]]
    shares = [percent(share) for share in shown["share_of_draws_choice_changes"]]
    side_columns(stage, axes, {"Gain": gains, "Choice changes": shares})
