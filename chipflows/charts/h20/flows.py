"""What reached the PRC by quarter under the scenarios, and what passed between the two letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.bands import draw_bands
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns, need_rows
from chipflows.charts.numbers import about, compact
from chipflows.charts.quarters import span_name
from chipflows.charts.ranges import draw_ranges
from chipflows.charts.source import long_date
from chipflows.charts.style import PALETTE, scenario_styles
from chipflows.charts.words import first_that_fits, scenario_name, source_ids, wrapped
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["h20_flows", "letter_window"]

_TIDY = ("scenario", "quarter", "channel", "variable", "unit", "p05", "p25", "p50", "p75", "p95")
_PANELS = (("chips", "Chips"), ("h100e", "H100 equivalents"))


def h20_flows(
    results: pd.DataFrame,
    *,
    scenarios: Sequence[str] | None = None,
    baseline: str = "actual",
    channel: str = "legal",
    names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.h20.h20_flows",
) -> Figure:
    """Return the figure of chips and H100e reaching the PRC by quarter, a band per scenario.

    results: tidy results (scenario, quarter, channel, variable, unit, p05 ... p95); rows of *channel*,
    variable "acquired", units chips and h100e are drawn, for *scenarios* (all, in the order met, if None);
    *baseline* is drawn first and compared with the first other one in the title. Raises FigureError when a
    scenario or unit is missing.
    """
    need_columns(results, _TIDY, "results")
    wanted = list(scenarios or dict.fromkeys(results["scenario"]))
    wanted.sort(key=lambda scenario: scenario != baseline)
    rows = results[(results["variable"] == "acquired") & (results["channel"] == channel)]
    rows = rows[rows["scenario"].isin(wanted) & rows["unit"].isin([unit for unit, _ in _PANELS])]
    for scenario in wanted:
        for unit, _ in _PANELS:
            need_rows(
                rows[(rows["scenario"] == scenario) & (rows["unit"] == unit)],
                f"results of {scenario}, {channel}, {unit}",
            )
    called = {scenario: (names or {}).get(scenario, scenario_name(scenario)) for scenario in wanted}
    period = span_name(rows["quarter"])
    title = _flows_title(rows[rows["unit"] == "h100e"], wanted, baseline, called, channel)
    return Figure(
        id="h20_flows",
        title=title,
        subtitle=f"{channel.capitalize()} channel to the PRC per quarter, thousand chips and thousand "
        "H100 equivalents "
        f"(8-bit throughput), {period}",
        unit="thousand",
        note=(
            "Line: median; bands: 25-75% and 5-95% of draws. "
            "H100 equivalent: dense 8-bit throughput over an H100's. " + note
        ).strip(),
        sources=source_ids(results, more=sources),
        alt=f"Two charts of quarterly flows to the PRC with bands for {len(wanted)} scenarios. {title}.",
        period=period,
        made_by=made_by,
        data=rows[list(_TIDY)].reset_index(drop=True),
        draw=lambda stage: _draw_flows(stage, rows, wanted, called),
    )


def _flows_title(
    rows: pd.DataFrame, wanted: list[str], baseline: str, called: Mapping[str, str], channel: str
) -> str:
    """Return the quarter in which the first scenario's median differs most from the baseline's."""
    others = [scenario for scenario in wanted if scenario != baseline]
    if baseline not in wanted or not others:
        peak = rows.sort_values("p50").iloc[-1]
        return first_that_fits(
            f"{channel.capitalize()} flows peak at a median of {about(peak['p50'])} H100e "
            f"in {peak['quarter']}"
        )
    medians = rows.pivot_table(index="quarter", columns="scenario", values="p50")
    gap = (medians[others[0]] - medians[baseline]).abs()
    if not gap.max() > 0:
        return first_that_fits(
            f"{called[others[0]]}: {channel} flows equal those that happened in every quarter",
            f"{called[others[0]]}: {channel} flows are as they happened",
        )
    quarter = str(gap.idxmax())
    a, b = (about(float(medians[scenario][quarter])) for scenario in (others[0], baseline))
    return first_that_fits(
        f"{called[others[0]]}: {channel} flows in {quarter} have a median of {a} H100e, not {b}",
        f"{called[others[0]]}: {channel} flows in {quarter} are {a} H100e, not {b}",
        f"Scenario {others[0]}: {channel} flows in {quarter} are {a} H100e, not {b}",
    )


def _draw_flows(stage: Stage, rows: pd.DataFrame, wanted: list[str], called: Mapping[str, str]) -> None:
    """Draw one panel per unit, in thousands."""
    wide = stage.size.is_wide
    panels = stage.panels(1, 2) if wide else stage.panels(2, 1)
    styles = scenario_styles(wanted)
    short = {scenario: wrapped(name, 12) for scenario, name in called.items()}
    for axes, (unit, heading) in zip(panels, _PANELS, strict=True):
        part = rows[rows["unit"] == unit].copy()
        quantiles = ["p05", "p25", "p50", "p75", "p95"]
        part[quantiles] = part[quantiles] / 1000
        draw_bands(stage, axes, part, "scenario", styles, short)
        axes.set_title(f"{heading}, thousand")


def letter_window(
    window: pd.DataFrame,
    *,
    start: date,
    end: date,
    chip: str = "H20",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.h20.letter_window",
) -> Figure:
    """Return the figure of what passed between the senators' letter and the licence letter.

    window: metric ("units", "h100e", "h100e_bandwidth", "revenue_usd", one row each), p05, p50, p95,
    optional p25, p75 and source_ids. *start* and *end* are the days of the two letters. Raises FigureError
    for a missing metric or an end before the start.
    """
    need_columns(window, ("metric", "p05", "p50", "p95"), "window")
    if end <= start:
        raise FigureError(f"the window ends on {end}, not after its start {start}: swap the dates.")
    shown = _window_rows(window)
    middle = shown.set_index("metric")["p50"]
    period = f"{long_date(start)} to {long_date(end)}"
    title = _window_title(middle, chip, (end - start).days)
    return Figure(
        id="letter_window",
        title=title,
        subtitle=f"{chip} shipped to the PRC between the senators' letter and the licence letter, "
        "units, H100 equivalents and "
        f"dollars, {period}",
        unit="units, H100 equivalents and dollars",
        note=(
            "Dot: median; bars: 5-95% (and 25-75%) of draws; a hollow dot is a point estimate. " + note
        ).strip(),
        sources=source_ids(window, more=sources),
        alt=f"Ranges for four measures of what passed in the window. {title}; "
        f"worth {compact(middle['revenue_usd'], 'usd')}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, ("metric", "label", "p05", "p25", "p50", "p75", "p95")),
        draw=lambda stage: _draw_window(stage, shown),
    )


_WINDOW = {
    "units": "Chips shipped",
    "h100e": "H100 equivalents, by 8-bit throughput",
    "h100e_bandwidth": "H100 equivalents, by memory bandwidth",
    "revenue_usd": "Revenue",
}


def _window_rows(window: pd.DataFrame) -> pd.DataFrame:
    """Return the four measures in order, each with its label."""
    rows = window.set_index("metric")
    missing = [metric for metric in _WINDOW if metric not in rows.index]
    if missing:
        held = ", ".join(map(str, rows.index))
        raise FigureError(f"window: no row for {', '.join(missing)}. It has: {held}.")
    return rows.loc[list(_WINDOW)].assign(label=list(_WINDOW.values())).reset_index()


def _window_title(middle: pd.Series, chip: str, days: int) -> str:
    """Return how many chips passed, by both metrics."""
    throughput, bandwidth = compact(middle["h100e"]), compact(middle["h100e_bandwidth"])
    return first_that_fits(
        f"{about(middle['units'])} {chip}s passed in {days} days: {throughput} H100e by throughput, "
        f"{bandwidth} by bandwidth",
        f"{compact(middle['units'])} {chip}s: {throughput} H100e by throughput, {bandwidth} by bandwidth",
    )


def _draw_window(stage: Stage, shown: pd.DataFrame) -> None:
    """Draw counts on one scale and dollars on another, one panel each."""
    upper, lower = stage.panels(2, 1, heights=(3.0, 1.25), gap=1.0)
    named = shown.assign(label=[wrapped(label, 22) for label in shown["label"]])
    is_usd = named["metric"] == "revenue_usd"
    draw_ranges(
        stage,
        upper,
        named[~is_usd],
        [PALETTE["blue"], PALETTE["blue"], PALETTE["purple"]],
        markers=["o", "D", "s"],
    )
    draw_ranges(stage, lower, named[is_usd], [PALETTE["ochre"]], unit="usd", markers=["^"])
    upper.set_title("Chips and H100 equivalents")
    lower.set_title("Dollars")
