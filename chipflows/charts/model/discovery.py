"""The box that scenario discovery finds: the limits within which a finding holds in most draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.model.drivers import input_words
from chipflows.charts.model.parts import row_names, side_columns
from chipflows.charts.numbers import percent
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, PALETTE
from chipflows.charts.words import first_that_fits, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["box"]

_COLUMNS = (
    "assumption",
    "title",
    "unit",
    "low",
    "high",
    "range_low",
    "range_high",
    "coverage",
    "density",
)


def box(
    frame: pd.DataFrame,
    *,
    period: str,
    finding: str = "the asks change little",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.box",
) -> Figure:
    """Return the figure of the limits on each input within which *finding* holds in most draws (PRIM).

    frame: assumption, title, unit, low, high (the limits; infinite or blank means the end of the range),
    range_low, range_high, coverage and density (the same on every row, 0..1), optional limits_words and
    range_words (for named regimes), source_ids. *finding* is a clause in words. Raises FigureError for
    missing columns or a range that is empty.
    """
    need_columns(frame, _COLUMNS, "the box")
    shown = _within_range(frame)
    density, coverage = (float(frame[name].iloc[0]) for name in ("density", "coverage"))
    limits = "1 limit holds" if len(shown) == 1 else f"{len(shown)} limits hold"
    title = first_that_fits(
        f"Where {limits}, {finding} in {percent(density)} of draws; they hold {percent(coverage)} of "
        "such draws",
        f"Where {limits}, {finding} in {percent(density)} of draws",
    )
    return Figure(
        id="box",
        title=title,
        subtitle=f"Limits on each input within its range, share of the range, within which {finding}; "
        f"PRC, {period}",
        unit="share of the range",
        note=(
            "Grey: the input's range over all draws; blue: the limits found by peeling (PRIM), "
            "narrowest first. "
            "Limits bind together, not one by one. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Bars of the limits on {len(shown)} inputs within their ranges. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, _COLUMNS),
        draw=lambda stage: _draw(stage, shown),
    )


def _within_range(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the limits cut to each input's range, narrowest share of it first."""
    if not (frame["range_high"] > frame["range_low"]).all():
        raise FigureError(
            "the box: range_high is not above range_low on every row. Give each input its range."
        )
    low = frame["low"].where(np.isfinite(frame["low"]), frame["range_low"])
    high = frame["high"].where(np.isfinite(frame["high"]), frame["range_high"])
    shown = frame.assign(
        low=np.maximum(low, frame["range_low"]), high=np.minimum(high, frame["range_high"])
    ).reset_index(drop=True)
    width = (shown["high"] - shown["low"]) / (shown["range_high"] - shown["range_low"])
    return shown.loc[width.sort_values(kind="stable").index].reset_index(drop=True)


def _draw(stage: Stage, shown: pd.DataFrame) -> None:
    """Draw each input's range in grey and its limits in blue, all to one length; the numbers at the right."""
    axes = stage.panel()
    for place, row in enumerate(shown.to_dict("records")):
        span = row["range_high"] - row["range_low"]
        start, end = ((row[side] - row["range_low"]) / span for side in ("low", "high"))
        whole = axes.barh(place, 1.0, 0.16, color=BASELINE, alpha=0.45, linewidth=0, zorder=2)
        held = axes.barh(place, end - start, 0.46, left=start, color=PALETTE["blue"], linewidth=0, zorder=3)
        mark(whole[0], "data")
        mark(held[0], "data")
    row_names(stage, axes, [str(title) for title in shown["title"]], 0.33, stage.size.small)
    axes.grid(False)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks([0.0, 1.0], ["lowest", "highest"])
    limits = [_words(row, "limits_words", "low", "high") for _, row in shown.iterrows()]
    ranges = [_words(row, "range_words", "range_low", "range_high") for _, row in shown.iterrows()]
    side_columns(stage, axes, {"Limits": limits, "Range": ranges})


def _words(row: pd.Series, given: str, low: str, high: str) -> str:
    """Return the frame's own words for a span (named regimes), else its two ends with the unit."""
    own = row.get(given)
    return str(own) if isinstance(own, str) and own else input_words(row[low], row[high], str(row["unit"]))
