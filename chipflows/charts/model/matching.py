"""Break-even: how many attempts checks would have to stop to match each other ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import category_axis, zero_line
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.model.parts import side_columns
from chipflows.charts.numbers import percent
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, scenario_style
from chipflows.charts.words import first_that_fits, scenario_name, source_ids, wrapped
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["break_even"]

_COLUMNS = ("target", "level", "share_stopped", "cannot")
_MARKERS = ("v", "o", "^", "D", "s")


def break_even(
    frame: pd.DataFrame,
    *,
    period: str,
    names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.break_even",
) -> Figure:
    """Return the figure of the share of diversion attempts checks would have to stop to match each ask.

    frame: target (a scenario), level (quantile of draws, 0..1), share_stopped (0..1, blank where even
    stopping all would not do), cannot (share of draws in which nothing would), optional source_ids. Raises
    FigureError for missing columns or a share outside 0..1.
    """
    need_columns(frame, _COLUMNS, "break-even shares")
    known = frame["share_stopped"].dropna()
    if not known.between(0, 1).all():
        raise FigureError(
            f"break-even shares: share_stopped is {known.max():g}. Allowed: 0 to 1, or blank for cannot."
        )
    called = {target: (names or {}).get(target, scenario_name(target)) for target in frame["target"]}
    title = _title(frame, called)
    return Figure(
        id="break_even",
        title=title,
        subtitle="Share of attempts to divert chips to the PRC that checks would have to stop to "
        "match each ask, "
        f"{period}",
        unit="share of attempts",
        note=(
            "One share for every pathway, solved in each draw and read at quantiles of the draws. "
            "Cannot: even "
            "stopping every attempt would not match the ask. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Marks of the share of attempts to stop for {len(called)} asks. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(frame if len(known) else frame.assign(share_stopped="cannot"), _COLUMNS),
        draw=lambda stage: _draw(stage, frame, called),
    )


def _middle(part: pd.DataFrame) -> pd.Series:
    """Return the row nearest to the median draw."""
    return part.iloc[int((part["level"] - 0.5).abs().to_numpy().argmin())]


def _title(frame: pd.DataFrame, called: Mapping[str, str]) -> str:
    """Return the share for the ask hardest to match at the median that can be matched, or that none can."""
    rows = {target: _middle(part) for target, part in frame.groupby("target", sort=False)}
    able = {target: row for target, row in rows.items() if pd.notna(row["share_stopped"])}
    if not able:
        return first_that_fits(
            "In the median draw checks cannot match any of the asks, whatever share they stop"
        )
    target = max(able, key=lambda key: float(able[key]["share_stopped"]))
    name = called[str(target)].split(",")[0]
    share = percent(able[target]["share_stopped"])
    cannot = able[target]["cannot"]
    rest = f"; in {percent(cannot)} of draws they cannot" if cannot > 0 else ""
    return first_that_fits(
        f"Checks would have to stop {share} of attempts to match the {name} at the median{rest}",
        f"Matching the {name} at the median takes stopping {share} of attempts{rest}",
        f"Matching the {name} takes stopping {share} of attempts{rest}",
    )


def _draw(stage: Stage, frame: pd.DataFrame, called: Mapping[str, str]) -> None:
    """Draw each target's shares at the levels given; a blank stands at the right edge as "cannot"."""
    axes = stage.panel()
    levels = sorted(frame["level"].unique())
    signs = {level: _MARKERS[place % len(_MARKERS)] for place, level in enumerate(levels)}
    cannot, words = [], []
    for place, target in enumerate(called):
        part = frame[frame["target"] == target].sort_values("level")
        _draw_target(stage, axes, part, place, scenario_style(target).colour, signs)
        middle = _middle(part)["share_stopped"]
        words.append(percent(middle) if pd.notna(middle) else "cannot")
        cannot.append(percent(float(part["cannot"].iloc[0])))
    category_axis(axes, [wrapped(name, 22) for name in called.values()])
    axes.set_xlim(0, 1.02)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
    zero_line(axes, "x")
    side_columns(stage, axes, {"At the median": words, "Cannot, of draws": cannot})
    entries = [KeyEntry(percent(level), BASELINE, sign) for level, sign in signs.items()]
    entries[-1] = replace(entries[-1], words=f"{entries[-1].words} of draws")
    draw_key(stage, axes, entries)


def _draw_target(
    stage: Stage, axes: Axes, part: pd.DataFrame, place: int, colour: str, signs: Mapping[float, str]
) -> None:
    """Draw one ask's marks, joined."""
    known = part.dropna(subset=["share_stopped"])
    shares = list(known["share_stopped"])
    if not shares or len(known) < len(part):
        shares.append(1.0)
    bars = axes.barh(
        place,
        max(shares) - min(shares),
        0.3,
        left=min(shares),
        color=colour,
        alpha=0.3,
        linewidth=0,
        zorder=2,
        hatch="" if len(known) == len(part) else "////",
        edgecolor=colour,
    )
    mark(bars[0], "data")
    if known.empty:
        edge = axes.scatter([1.0], [place], s=stage.size.marker**2, marker=">", color=colour, zorder=4)
        mark(edge, "data")
    for _, row in known.iterrows():
        dot = axes.scatter(
            [row["share_stopped"]],
            [place],
            s=stage.size.marker**2,
            marker=signs[row["level"]],
            color=colour,
            edgecolor="white",
            linewidth=stage.size.stroke * 0.4,
            zorder=4,
            clip_on=False,
        )
        mark(dot, "data")
