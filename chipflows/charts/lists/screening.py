"""Figures of screening: the case audit, accuracy beside a peer, and what a rule on names catches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import PercentFormatter

from chipflows.charts.axes import category_axis, zero_line
from chipflows.charts.colour import darken_for_text, mix
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns, need_rows
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.model.texts import draw_text_table
from chipflows.charts.numbers import percent
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, INK, PALETTE
from chipflows.charts.words import first_that_fits, source_ids, wrapped
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["case_audit", "kyc_catch", "screening_accuracy"]

_AUDIT = ("case", "stage", "firms", "flagged", "reason")
_ACCURACY = ("label", "engine", "share", "low", "high")
_CATCH = ("label", "group", "p05", "p50", "p95")
_OURS, _PEER = PALETTE["blue"], BASELINE
_GROUPS = (PALETTE["blue"], PALETTE["ochre"], PALETTE["green"])
_SEARCHED = "the Entity List and the MEU List"


def case_audit(
    frame: pd.DataFrame,
    *,
    period: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.lists.case_audit",
) -> Figure:
    """Return the table of documented cases: of the firms named, how many the lists of the day flag, and why.

    frame: case, stage, firms and flagged (counts), reason, optional source_ids, a row a case. Raises
    FigureError for missing columns and more firms flagged than asked.
    """
    need_columns(frame, _AUDIT, "case audit")
    need_rows(frame, "case audit")
    if (frame["flagged"] > frame["firms"]).any():
        raise FigureError("case audit: a case with more firms flagged than asked.")
    with_hit = int((frame["flagged"] > 0).sum())
    title = first_that_fits(
        f"The lists of the day point to a firm in {with_hit} of {len(frame)} documented cases",
    )
    data = keep_columns(frame, _AUDIT)
    return Figure(
        id="case_audit",
        title=title,
        subtitle=f"Firms flagged of firms named, by case, on the day before it was public; world, {period}",
        unit="firms",
        note=(
            f"Searched: {_SEARCHED} as they stood, by name, alias and owner; sources give no addresses. "
            "Cases are at different stages and do not add up; an allegation is one. Flagged: a possible "
            "match or relation to review. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Table of {len(frame)} cases with stage, firms flagged and the reason. {title}.",
        period=period,
        made_by=made_by,
        data=data,
        draw=lambda stage: _draw_audit(stage, data),
    )


def _draw_audit(stage: Stage, data: pd.DataFrame) -> None:
    """Draw the table."""
    counts = [f"{flagged} of {firms}" for flagged, firms in zip(data["flagged"], data["firms"], strict=True)]
    rows = [
        [str(row["case"]), str(row["stage"]), count, str(row["reason"])]
        for (_, row), count in zip(data.iterrows(), counts, strict=True)
    ]
    paints = {
        count: mix(PALETTE["green"], 0.4) if not count.startswith("0") else "#dfe2e7" for count in counts
    }
    headings = ["Case", "Stage", "Flagged", "Why"]
    draw_text_table(stage, stage.panel(), rows, headings, (2.1, 3.3, 0.8, 3.0), paints)


def screening_accuracy(
    frame: pd.DataFrame,
    *,
    period: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.lists.screening_accuracy",
) -> Figure:
    """Return the figure of shares found by kind of change, ours and a peer's, with intervals.

    frame: label (the kind), engine (chipflows and one other), share, low, high, optional source_ids. Raises
    FigureError for missing columns.
    """
    need_columns(frame, _ACCURACY, "accuracy of screening")
    need_rows(frame, "accuracy of screening")
    wide = frame.pivot_table(index="label", columns="engine", values="share", sort=False)
    peer = next(str(engine) for engine in frame["engine"] if engine != "chipflows")
    ahead = int((wide["chipflows"] >= wide[peer]).sum())
    title = first_that_fits(
        f"Screening finds more than {peer} in {ahead} of {len(wide)} ways of writing a listed name",
        f"Screening finds more than {peer} in {ahead} of {len(wide)} tests",
    )
    return Figure(
        id="screening_accuracy",
        title=title,
        subtitle=f"Share of listed firms found, by how the name differs; world lists, {period}",
        unit="share",
        note=(
            "Each engine at the threshold where at most 2% of training customers on no list hit; scored on "
            "firms not used for tuning. Bars: 95% intervals. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Pairs of dots with intervals for {len(wide)} kinds of change to a name. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(frame, _ACCURACY),
        draw=lambda stage: _draw_accuracy(stage, frame, list(wide.index), peer),
    )


def _draw_accuracy(stage: Stage, frame: pd.DataFrame, labels: list[str], peer: str) -> None:
    """Draw two dots a row."""
    axes = stage.panel()
    category_axis(axes, labels)
    for engine, colour, offset in (("chipflows", _OURS, -0.17), (peer, _PEER, 0.17)):
        for row in frame[frame["engine"] == engine].to_dict("records"):
            _interval(stage, axes, (row["low"], row["share"], row["high"]),
                      labels.index(row["label"]) + offset, colour)  # fmt: skip
    _share_axis(axes)
    draw_key(stage, axes, [KeyEntry("chipflows", _OURS), KeyEntry(peer, _PEER)])


def kyc_catch(
    frame: pd.DataFrame,
    *,
    period: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.lists.kyc_catch",
) -> Figure:
    """Return the figure of what a rule that screens names catches, beside what the model assumes of checks.

    frame: label, group (way of evasion, mix, assumption ...), p05, p50, p95, optional source_ids; rows of a
    group stand together. Raises FigureError for missing columns or more than three groups.
    """
    need_columns(frame, _CATCH, "catch of a rule")
    need_rows(frame, "catch of a rule")
    groups = list(dict.fromkeys(frame["group"]))
    if len(groups) > len(_GROUPS):
        raise FigureError(f"catch of a rule: {len(groups)} groups, at most {len(_GROUPS)}.")
    ways = frame[frame["group"] == groups[0]]
    least, most = ways.loc[ways["p50"].idxmin()], ways.loc[ways["p50"].idxmax()]
    title = first_that_fits(
        f"A search by name hits {percent(least['p50'])} to {percent(most['p50'])}, by how the buyer hides",
    )
    return Figure(
        id="kyc_catch",
        title=title,
        subtitle=f"Share of hidden buyers with a hit, and what the model assumes of checks; PRC, {period}",
        unit="share",
        note=(
            "Dots: medians; bars: 90% intervals. Mixes are ours, nobody has counted. Assumed: extra share of "
            "attempts stopped, all checks together. A hit is a firm to review, not an attempt stopped; for a "
            "fresh shell it is chance. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Dots with intervals for {len(frame)} rows in {len(groups)} groups. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(frame, _CATCH),
        draw=lambda stage: _draw_catch(stage, frame.reset_index(drop=True), groups),
    )


def _draw_catch(stage: Stage, frame: pd.DataFrame, groups: list[str]) -> None:
    """Draw a dot a row, a colour a group."""
    axes = stage.panel()
    category_axis(axes, [wrapped(str(label), 40) for label in frame["label"]])
    colours = dict(zip(groups, _GROUPS, strict=False))
    for place, row in enumerate(frame.to_dict("records")):
        colour = colours[row["group"]]
        _interval(stage, axes, (row["p05"], row["p50"], row["p95"]), place, colour)
        words = f"{percent(row['p50'])} ({percent(row['p05'])} to {percent(row['p95'])})"
        note = axes.annotate(
            words, (row["p95"], place), xytext=(stage.size.text * 0.6, 0), textcoords="offset points",
            va="center", annotation_clip=False, color=darken_for_text(colour),
        )  # fmt: skip
        mark(note, "label")
    _share_axis(axes)
    draw_key(stage, axes, [KeyEntry(group, colours[group]) for group in groups])


def _interval(
    stage: Stage, axes: Axes, ends: tuple[float, float, float], place: float, colour: str
) -> None:  # fmt: skip
    """Draw an interval as a bar and its middle as a dot."""
    low, middle, high = ends
    bar = axes.barh(place, high - low, 0.2, left=low, color=colour, alpha=0.4, linewidth=0, zorder=2)
    mark(bar[0], "data")
    dot = axes.scatter([middle], [place], s=stage.size.marker**2, color=colour, edgecolor=INK,
                       linewidth=stage.size.stroke * 0.3, zorder=4)  # fmt: skip
    mark(dot, "data")


def _share_axis(axes: Axes) -> None:
    """Set the axis of shares, nought to one."""
    axes.set_xlim(-0.025, 1.02)  # room for half a dot at either end
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    zero_line(axes, "x")
