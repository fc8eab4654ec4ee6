"""What is observed: units by chip and quarter under the rules of the day, ours against Epoch's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.axes import number_axis, zero_line
from chipflows.charts.contract import Figure
from chipflows.charts.frames import need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.numbers import about
from chipflows.charts.quarters import date_position, position, quarter_axis, span_name
from chipflows.charts.roles import mark
from chipflows.charts.stacks import BAR_WIDTH, draw_stacks
from chipflows.charts.style import BASELINE, PALETTE, chip_colour
from chipflows.charts.timeline import draw_timeline, drop_lines, lanes_needed
from chipflows.charts.words import first_that_fits, source_ids

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["h20_history_vs_epoch", "rules_over_flows"]

_FLOWS = ("chip_id", "quarter", "units_p05", "units_p50", "units_p95")
_KINDS = {
    "rule": PALETTE["navy"],
    "letter": PALETTE["red"],
    "licensing": PALETTE["green"],
    "prc": PALETTE["purple"],
}
_KIND_WORDS = {"rule": "rule", "letter": "letter", "licensing": "licensing", "prc": "PRC measure"}


def rules_over_flows(
    flows: pd.DataFrame,
    events: pd.DataFrame,
    *,
    chip_names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.h20.rules_over_flows",
) -> Figure:
    """Return the figure of rules as a timeline over observed units by chip and quarter.

    flows: chip_id, quarter, units_p05, units_p50, units_p95, optional source_ids (a zero quarter is kept, so
    the axis runs on); events: label (at most about 40 characters), on and optional until (ISO dates),
    optional kind (rule, letter, licensing, prc), source_ids. Raises FigureError for missing columns.
    """
    need_columns(flows, _FLOWS, "flows")
    need_columns(events, ("label", "on"), "events")
    rows = flows.rename(columns={f"units_{q}": q for q in ("p05", "p50", "p95")}).reset_index(drop=True)
    names = {chip: (chip_names or {}).get(chip, chip.split("_")[0].upper()) for chip in rows["chip_id"]}
    period = span_name(rows["quarter"])
    title = _flow_title(rows, names)
    data = pd.concat(
        [
            rows.assign(row="units")[["row", "chip_id", "quarter", "p05", "p50", "p95"]],
            events.assign(row="event")[
                ["row", *[c for c in ("label", "on", "until", "kind") if c in events]]
            ],
        ],
        ignore_index=True,
    )
    return Figure(
        id="rules_over_flows",
        title=title,
        subtitle="Observed legal sales to the PRC by chip, thousand units per quarter, under the rules "
        f"of the day, {period}",
        unit="thousand units",
        note=(
            "Bars: medians, whiskers: 5-95% of each chip, so whiskers do not add up. "
            "Spans show how long a rule or practice held. " + note
        ).strip(),
        sources=source_ids(flows, events, more=sources),
        alt=f"Timeline of {len(events)} rules and letters over stacked columns of quarterly units by chip. "
        f"{title}.",
        period=period,
        made_by=made_by,
        data=data,
        draw=lambda stage: _draw_rules(stage, rows, events, names),
    )


def _flow_title(rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Return through how many chips sales passed, and after which quarter none is observed."""
    sold = rows[rows["p50"] > 0]
    chips = sold["chip_id"].map(names).nunique()
    last = max(sold["quarter"], key=position)
    if position(last) < max(rows["quarter"].map(position)):
        return first_that_fits(
            f"Observed legal sales moved through {chips} chips, and none is seen after {last}"
        )
    peak = sold.groupby("quarter")["p50"].sum()
    return first_that_fits(f"Observed legal sales moved through {chips} chips, most in {peak.idxmax()}")


def _draw_rules(stage: Stage, rows: pd.DataFrame, events: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Draw the timeline above, the flows below, on the same quarters."""
    lanes = lanes_needed(events) * stage.size.text / 72
    share = min(lanes / (stage.region.top - stage.region.bottom), 0.55)
    upper, lower = stage.panels(2, 1, heights=(share, 1 - share), gap=1.4)
    thousands = rows.copy()
    thousands[["p05", "p50", "p95"]] = thousands[["p05", "p50", "p95"]] / 1000
    order = sorted(
        dict.fromkeys(rows["chip_id"]),
        key=lambda chip: (
            min(rows.loc[(rows["chip_id"] == chip) & (rows["p50"] > 0), "quarter"].map(position), default=0),
            chip,
        ),
    )
    draw_stacks(stage, lower, thousands, "chip_id", order, {chip: chip_colour(chip) for chip in order}, names)
    lower.set_title("Thousand units", fontweight="normal")
    draw_timeline(stage, upper, events, lower.get_xlim(), _KINDS)
    drop_lines(
        lower, [date_position(pd.Timestamp(on).date()) for on in events["on"]], stage.size.stroke * 0.5
    )
    kinds = [kind for kind in _KINDS if "kind" in events and (events["kind"] == kind).any()]
    if kinds:
        draw_key(stage, upper, [KeyEntry(_KIND_WORDS[kind], _KINDS[kind], "o") for kind in kinds])


def h20_history_vs_epoch(
    ours: pd.DataFrame,
    epoch: pd.DataFrame,
    *,
    chip: str = "H20",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.h20.h20_history_vs_epoch",
) -> Figure:
    """Return the figure of our corrected quarterly units of one chip beside Epoch's printed ones.

    Both frames: quarter, units_p05, units_p50, units_p95, optional source_ids; rows of one chip only;
    ours may have zero quarters. Raises FigureError for missing columns.
    """
    for frame, what in ((ours, "our history"), (epoch, "Epoch's history")):
        need_columns(frame, _FLOWS[1:], what)
    data = ours[list(_FLOWS[1:])].merge(
        epoch[list(_FLOWS[1:])], on="quarter", how="outer", suffixes=("", "_epoch")
    )
    data = data.sort_values("quarter", key=lambda column: column.map(position), ignore_index=True)
    data["difference"] = data["units_p50"].fillna(0) - data["units_p50_epoch"].fillna(0)
    period = span_name(data["quarter"])
    title = _history_title(data, chip)
    return Figure(
        id="h20_history_vs_epoch",
        title=title,
        subtitle=f"{chip} reaching the PRC by legal sale, thousand units per quarter, {period}",
        unit="thousand units",
        note=("Columns and circles: medians; whiskers: 5-95%. " + note).strip(),
        sources=source_ids(ours, epoch, more=sources),
        alt=f"Columns of our quarterly {chip} history with Epoch AI's printed figures beside them. {title}.",
        period=period,
        made_by=made_by,
        data=data,
        draw=lambda stage: _draw_history(stage, data),
    )


def _history_title(data: pd.DataFrame, chip: str) -> str:
    """Return the difference of the two totals of medians."""
    gap = float(data["difference"].sum())
    if abs(gap) < 1:
        return first_that_fits(f"Filings and Epoch AI agree on the number of {chip}s that reached the PRC")
    word = "fewer" if gap < 0 else "more"
    return first_that_fits(
        f"Our count, which follows filings, has {about(abs(gap))} {word} {chip}s in the PRC than Epoch AI's"
    )


def _draw_history(stage: Stage, data: pd.DataFrame) -> None:
    """Draw ours as columns, Epoch's as hollow circles, each with whiskers."""
    axes = stage.panel()
    place = data["quarter"].map(position)
    _draw_both(stage, axes, data, place)
    quarter_axis(axes, int(place.min()), int(place.max()))
    axes.set_xticks([], minor=True)
    names = [f"Q{p % 4 + 1}\n{p // 4}" if p % 4 == 0 or p == place.min() else f"Q{p % 4 + 1}" for p in place]
    axes.set_xticks(place, names)
    axes.tick_params(axis="x", length=0)
    axes.set_ylim(bottom=0)
    number_axis(axes)
    zero_line(axes)
    axes.set_title("Thousand units", fontweight="normal", pad=stage.size.text * 1.7)
    ours = KeyEntry("corrected by company filings (ours)", PALETTE["blue"])
    draw_key(stage, axes, [ours, KeyEntry("as printed by Epoch AI", BASELINE, "o", hollow=True)])


def _draw_both(stage: Stage, axes: Axes, data: pd.DataFrame, place: pd.Series) -> None:
    """Draw the two series side by side, in thousands."""
    units = data.drop(columns="quarter") / 1000
    ours, theirs, thin = place - 0.14, place + 0.24, stage.size.stroke * 0.7
    for bar in axes.bar(
        ours, units["units_p50"], BAR_WIDTH * 0.6, color=PALETTE["blue"], zorder=2, label="ours"
    ):
        mark(bar, "data")
    for x, ending, colour in ((ours, "", PALETTE["navy"]), (theirs, "_epoch", BASELINE)):
        low, high = units[f"units_p05{ending}"], units[f"units_p95{ending}"]
        axes.vlines(x, low, high, color=colour, linewidth=thin, zorder=3)
    dots = axes.scatter(
        theirs,
        units["units_p50_epoch"],
        s=(stage.size.marker * 1.1) ** 2,
        facecolor="white",
        edgecolor=BASELINE,
        linewidth=thin * 1.4,
        zorder=4,
        label="Epoch AI",
    )
    mark(dots, "data")
