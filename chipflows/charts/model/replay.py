"""Replay: the model with the law of a past date, beside the law as it followed and what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import number_axis
from chipflows.charts.bands import draw_bands
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.model.parts import axis_kind, unit_words
from chipflows.charts.numbers import compact
from chipflows.charts.quarters import position, quarter_axis, span_name
from chipflows.charts.roles import mark
from chipflows.charts.style import INK, PALETTE, SeriesStyle
from chipflows.charts.words import first_that_fits, source_ids, wrapped
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["replay"]

_COLUMNS = ("quarter", "series", "p05", "p50", "p95")
_THEN, _NOW, _SEEN = "as of then", "as known now", "observed"
_STYLES = {
    _THEN: SeriesStyle(PALETTE["ochre"], (0, (4.0, 1.6)), "D"),
    _NOW: SeriesStyle(PALETTE["blue"], "solid", "o"),
}


def replay(
    frame: pd.DataFrame,
    *,
    as_of: str,
    what: str = "Compute sold lawfully to the PRC",
    unit: str = "h100e",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.replay",
) -> Figure:
    """Return the figure of what the model says with the law of *as_of* going on for good, and what followed.

    frame: quarter, series ("as of then", "as known now", "observed"), p05, p50, p95 in *unit*, optional p25,
    p75, source_ids; an observation with p05 = p95 is a point. *as_of* is a date in words. Raises FigureError
    for missing columns or a series that is missing.
    """
    need_columns(frame, _COLUMNS, "replay")
    strange = sorted(set(frame["series"]) - {_THEN, _NOW, _SEEN})
    if strange or _THEN not in set(frame["series"]):
        raise FigureError(
            f"replay: series {strange[0]!r} is none of ours." if strange else f"replay: no series {_THEN!r}."
        )
    rows = frame.assign(
        p25=frame["p25"] if "p25" in frame else frame["p50"],
        p75=frame["p75"] if "p75" in frame else frame["p50"],
    )
    period = span_name(frame["quarter"])
    title = _title(frame, as_of)
    return Figure(
        id="replay",
        title=title,
        subtitle=f"{what} per quarter, {unit_words(unit)}: with the law of {as_of} for good, and as it "
        f"followed; PRC, {period}",
        unit=unit_words(unit),
        note=(
            "Lines: medians; bands: 5-95% of draws. What was observed is an input of the model: until the "
            "law changed, agreement proves nothing. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Bands of what the model says with the law of {as_of} and with what followed, and "
        f"observations. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(frame, ("quarter", "series", "p05", "p25", "p50", "p75", "p95")),
        draw=lambda stage: _draw(stage, rows, unit),
    )


def _title(frame: pd.DataFrame, as_of: str) -> str:
    """Return how many observations, or else medians of now, the interval of then held."""
    table = frame.set_index("quarter")
    then = table[table["series"] == _THEN]
    for series, words in ((_SEEN, "what was observed"), (_NOW, "what followed")):
        after = table.loc[table["series"] == series, "p50"].dropna()
        both = after.index.intersection(then.index)
        if len(both):
            held = int(after[both].between(then.loc[both, "p05"], then.loc[both, "p95"]).sum())
            return first_that_fits(
                f"With the law of {as_of} the model's interval holds {words} in {held} of "
                f"{len(both)} quarters",
                f"With the law of {as_of} the interval holds {words} in {held} of {len(both)} quarters",
                f"With the law of {as_of} it holds {words} in {held} of {len(both)} quarters",
            )
    last = max(then.index, key=position)
    return first_that_fits(
        f"With the law of {as_of} the median for {last} is {compact(then.loc[last, 'p50'])}"
    )


def _draw(stage: Stage, rows: pd.DataFrame, unit: str) -> None:
    """Draw both bands with end labels, and observations as points with their own intervals."""
    axes = stage.panel()
    bands = rows[rows["series"] != _SEEN]
    styles = {series: style for series, style in _STYLES.items() if series in set(bands["series"])}
    draw_bands(stage, axes, bands, "series", styles, {series: wrapped(series, 8) for series in styles})
    number_axis(axes, unit=axis_kind(unit))
    if not axis_kind(unit):
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value, "", 3)))
    seen = rows[rows["series"] == _SEEN].dropna(subset=["p50"])
    if len(seen):
        _draw_seen(stage, axes, seen)
    places = rows["quarter"].map(position)
    quarter_axis(axes, int(places.min()), int(places.max()))


def _draw_seen(stage: Stage, axes: Axes, seen: pd.DataFrame) -> None:
    """Draw the observations and their key."""
    x = seen["quarter"].map(position)
    axes.vlines(x, seen["p05"], seen["p95"], color=INK, linewidth=stage.size.stroke * 0.5, zorder=5)
    area = (stage.size.marker * 0.8) ** 2
    dots = axes.scatter(
        x,
        seen["p50"],
        s=area,
        marker="s",
        facecolor="white",
        edgecolor=INK,
        linewidth=stage.size.stroke * 0.5,
        zorder=6,
        clip_on=False,  # a quarter without sales stands on the axis
    )
    mark(dots, "data")
    draw_key(stage, axes, [KeyEntry(_SEEN, INK, "s", True)])
