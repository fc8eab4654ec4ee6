"""How many chips are diverted (estimated): the model's draws as dots, published estimates below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from chipflows.charts.axes import category_axis
from chipflows.charts.colour import darken_for_text
from chipflows.charts.contract import Figure
from chipflows.charts.frames import need_columns
from chipflows.charts.model.dots import dot_values, draw_dots
from chipflows.charts.model.parts import log_axis, not_blank, side_columns
from chipflows.charts.numbers import about, compact
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, INK, channel_colour
from chipflows.charts.words import first_that_fits, source_ids, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["diverted_estimates"]

_PEERS = ("label", "low", "mid", "high", "stance")


def diverted_estimates(
    draws: Sequence[float] | npt.NDArray[np.generic],
    peers: pd.DataFrame,
    *,
    period: str,
    unit: str = "chips",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.diverted_estimates",
) -> Figure:
    """Return the figure of chips diverted (estimated) in *period*: the model's draws, and others' estimates.

    draws: one number per draw, in *unit*; peers: label, low, mid, high (blank where not given), stance (who
    an advocate speaks for, else blank), optional source_ids. Drawn on a log scale, so every value must be
    above zero. Raises FigureError for missing columns.
    """
    need_columns(peers, _PEERS, "published estimates")
    values = dot_values(draws)
    values = values[values > 0]
    given = np.asarray(draws, dtype=np.float64).ravel()
    p05, p50, p95 = (float(q) for q in np.nanquantile(given, (0.05, 0.5, 0.95)))
    known = peers[["low", "mid", "high"]].to_numpy(dtype=float)
    title = _title((p05, p50, p95), known, period)
    shown = peers.assign(label=[_called(row) for _, row in peers.iterrows()])
    data = pd.concat(
        [
            pd.DataFrame({"row": "model", "label": "one of equally likely values", "mid": values}),
            peers.assign(row="published")[["row", *_PEERS]],
        ],
        ignore_index=True,
    )
    return Figure(
        id="diverted_estimates",
        title=title,
        subtitle=f"{unit.capitalize()} diverted (estimated) to the PRC, log scale: the model's draws and "
        f"published estimates, {period}",
        unit=unit,
        note=(
            f"Each of {len(values)} dots is equally likely. Published ranges differ in what they "
            "count and in "
            "how sure they are meant to be. " + note
        ).strip(),
        sources=source_ids(peers, more=sources),
        alt=f"Quantile dots of the model above {len(peers)} published estimates. {title}.",
        period=period,
        made_by=made_by,
        data=not_blank(data),
        draw=lambda stage: _draw(stage, values, (p05, p50, p95), shown),
    )


def _called(row: pd.Series) -> str:
    """Return a published estimate's name, with the stance of an advocate."""
    stance = row["stance"]
    return f"{row['label']} (advocate)" if isinstance(stance, str) and stance.strip() else str(row["label"])


def _title(model: tuple[float, float, float], known: npt.NDArray[np.float64], period: str) -> str:
    """Return the model's median and interval, and what published estimates span."""
    low, middle, high = (compact(value) for value in model)
    least, most = (compact(float(end)) for end in (np.nanmin(known), np.nanmax(known)))
    return first_that_fits(
        f"{about(model[1])} chips diverted (estimated) in {period}, {low} to {high}; others say "
        f"{least} to {most}",
        f"Diverted chips (estimated): {middle}, {low} to {high}; others say {least} to {most}",
    )


def _draw(
    stage: Stage, values: npt.NDArray[np.float64], model: tuple[float, float, float], peers: pd.DataFrame
) -> None:
    """Draw the dots above and the estimates below, on one log scale."""
    lower_height = 0.35 + 0.34 * len(peers)
    upper, lower = stage.panels(2, 1, heights=(1.3, lower_height), gap=0.6)
    known = peers[["low", "mid", "high"]].to_numpy(dtype=float)
    ends = [*values, *known[np.isfinite(known) & (known > 0)]]
    limits = (min(ends) / 1.25, max(ends) * 1.25)
    colour = channel_colour("diverted")
    category_axis(upper, ["The model"], [True])
    category_axis(lower, [wrapped(str(label), 26) for label in peers["label"]])
    for axes in (upper, lower):
        log_axis(axes, "x", *limits)
    upper.tick_params(axis="x", labelbottom=False)
    upper.get_yticklabels()[0].set_color(darken_for_text(colour))
    draw_dots(stage, upper, values, 0.0, colour, 0.92)
    for place, (_, row) in enumerate(peers.iterrows()):
        _draw_estimate(stage, lower, row, place)
    for axes in (upper, lower):
        axes.axvline(model[1], color=colour, linewidth=stage.size.stroke * 0.5, zorder=1)
    low, middle, high = (compact(value) for value in model)
    side_columns(stage, upper, {"": [f"{middle} ({low} to {high})"]}, [colour])
    side_columns(stage, lower, {"": [_words(row) for _, row in peers.iterrows()]}, [INK] * len(peers))


def _words(row: pd.Series) -> str:
    """Return "140k (10k to 650k)" for what of an estimate is given."""
    low, mid, high = (compact(row[end]) if pd.notna(row[end]) else "" for end in ("low", "mid", "high"))
    span = (
        f"{low} to {high}"
        if low and high
        else f"at least {low}"
        if low
        else f"at most {high}"
        if high
        else ""
    )
    return f"{mid} ({span})" if mid and span else mid or span


def _draw_estimate(stage: Stage, axes: Axes, row: pd.Series, place: int) -> None:
    """Draw one published estimate: its range as a bar, its middle as a diamond, a lone end as an arrow."""
    low, mid, high = (row[end] for end in ("low", "mid", "high"))
    if pd.notna(low) and pd.notna(high):
        bars = axes.barh(place, high - low, 0.34, left=low, color=BASELINE, alpha=0.35, linewidth=0, zorder=2)
        mark(bars[0], "data")
    at, sign = (mid, "D") if pd.notna(mid) else (low, ">") if pd.notna(low) else (high, "<")
    if pd.notna(mid) or pd.isna(low) or pd.isna(high):
        area = (stage.size.marker * 0.9) ** 2
        dot = axes.scatter([at], [place], s=area, marker=sign, color=INK, linewidth=0, zorder=4)
        mark(dot, "data")
