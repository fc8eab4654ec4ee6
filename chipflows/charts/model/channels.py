"""What the PRC acquires by channel and year under the scenarios, with what stands outside it shown apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import end_labels, number_axis, zero_line
from chipflows.charts.colour import darken_for_text
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns, need_rows
from chipflows.charts.model.parts import axis_kind, unit_words, year_ticks
from chipflows.charts.model.texts import wrapped_to
from chipflows.charts.numbers import compact, percent
from chipflows.charts.roles import mark
from chipflows.charts.style import INK, channel_colour, scenario_style
from chipflows.charts.words import first_that_fits, scenario_name, source_ids, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["CHANNEL_NAMES", "acquisitions"]

CHANNEL_NAMES = {
    "legal": "legal",
    "diverted": "diverted (estimated)",
    "domestic": "domestic",
    "offshore": "offshore owned",
    "remote": "remote access",
}
_STACK = ("domestic", "legal", "diverted")
_APART = {"offshore": "^", "remote": "s"}
_COLUMNS = ("scenario", "year", "channel", "p05", "p50", "p95", "mean")
_BAR = 0.72
_LONGEST = {word for name in CHANNEL_NAMES.values() for word in name.split()}
_DODGE = 0.16


def acquisitions(
    yearly: pd.DataFrame,
    *,
    scenarios: Sequence[str] | None = None,
    baseline: str = "actual",
    unit: str = "h100e",
    names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.acquisitions",
) -> Figure:
    """Return the figure of compute acquired by channel and year, a panel per scenario.

    yearly: scenario, year (whole), channel (legal, diverted, domestic, total; offshore and remote apart),
    p05, p50, p95, mean of the year's sum over draws, as `frames.yearly` gives (quantiles of quarters do not
    sum to those of a year). Columns stack means, which add up; the whisker is the interval of the total.
    Raises FigureError for a scenario or a total that is missing.
    """
    need_columns(yearly, _COLUMNS, "acquisitions by year")
    wanted = list(scenarios or dict.fromkeys(yearly["scenario"]))
    rows = yearly[yearly["scenario"].isin(wanted)]
    for scenario in wanted:
        part = rows[(rows["scenario"] == scenario) & (rows["channel"] == "total")]
        need_rows(part, f"acquisitions of {scenario}, total")
    called = {scenario: (names or {}).get(scenario, scenario_name(scenario)) for scenario in wanted}
    years = sorted(int(year) for year in rows["year"].unique())
    period = f"{years[0]} to {years[-1]}" if len(years) > 1 else str(years[0])
    title = _title(rows, wanted, baseline, called, period)
    return Figure(
        id="acquisitions",
        title=title,
        subtitle=f"Compute acquired per year by channel, {unit_words(unit)}; above in the PRC, below outside "
        f"it, {period}",
        unit=unit_words(unit),
        note=(
            "Columns: means, which add up; whisker: 5-95% of the total, dot: its median. Offshore-owned and "
            "remote are not possession in the PRC and may overlap with diverted. " + note
        ).strip(),
        sources=source_ids(yearly, more=sources),
        alt=f"Stacked columns by year for {len(wanted)} scenarios, with offshore-owned and remote compute "
        f"below. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(rows, _COLUMNS),
        draw=lambda stage: _draw(stage, rows, wanted, called, unit),
    )


def _title(
    rows: pd.DataFrame, wanted: list[str], baseline: str, called: Mapping[str, str], period: str
) -> str:
    """Return how another scenario's mean total compares with the baseline's, or the top channel's share."""
    sums = rows.groupby(["scenario", "channel"])["mean"].sum()
    others = [scenario for scenario in wanted if scenario != baseline]
    first = baseline if baseline in wanted else wanted[0]
    total = float(sums[first, "total"])
    if not others or not total > 0:
        parts = {c: float(sums.get((first, c), 0.0)) for c in _STACK}
        top = max(parts, key=lambda c: parts[c])
        share = percent(parts[top] / total) if total > 0 else "none"
        return first_that_fits(
            f"Over {period} the {CHANNEL_NAMES[top]} channel brings {share} of PRC acquisitions on average",
            f"The {CHANNEL_NAMES[top]} channel brings {share} of PRC acquisitions over {period}",
        )
    ratio = float(sums[others[0], "total"]) / total
    name = called[others[0]].split(",")[0]
    words = (
        f"{percent(abs(1 - ratio))} {'less' if ratio < 1 else 'more'} compute than {_lower(called[first])}"
    )
    if ratio >= 2:
        words = f"{compact(ratio)} times the compute acquired {_lower(called[first])}"
    return first_that_fits(
        f"{name}: over {period} the PRC acquires {words}, on average",
        f"{name}: over {period}, {words}",
    )


def _lower(words: str) -> str:
    """Return a scenario's name as it stands within a sentence."""
    return words if words[1:2].isupper() else words[0].lower() + words[1:]


def _draw(stage: Stage, rows: pd.DataFrame, wanted: list[str], called: Mapping[str, str], unit: str) -> None:
    """Draw a column of two panels per scenario: possession in the PRC above, outside it below."""
    outside = [channel for channel in _APART if (rows["channel"] == channel).any()]
    count = len(wanted)
    heights = (2.1, 1.0) if outside else (1.0,)
    room = max(stage.width_of(word, stage.size.text, bold=True) for word in _LONGEST)
    wide = max((stage.region.right - stage.region.left - 1.3 * room) / count, 0.6)
    widths = [*[1.0] * (count - 1), 1.0 + room / wide]
    panels = stage.panels(len(heights), count, heights=heights, widths=widths, gap=1.7)
    heads = [wrapped_to(stage, called[s], 68 * wide, stage.size.text, bold=True) for s in wanted]
    apart = wrapped_to(stage, "Outside the PRC, not in the columns", 56 * wide, stage.size.text)
    for number, scenario in enumerate(wanted):
        part = rows[rows["scenario"] == scenario]
        last = number == count - 1
        upper = panels[number]
        _draw_stack(stage, upper, part, last)
        upper.set_title("\n".join(heads[number]))
        upper.title.set_color(darken_for_text(scenario_style(scenario).colour))
        if outside:
            _draw_apart(stage, panels[count + number], part, outside, last)
            if number == 0:
                panels[count].set_title("\n".join(apart), fontweight="normal")
    for start in range(0, len(panels), count):
        _share(
            stage, panels[start : start + count], sorted(int(year) for year in rows["year"].unique()), unit
        )


def _draw_stack(stage: Stage, axes: Axes, part: pd.DataFrame, labelled: bool) -> None:
    """Draw one scenario's columns and the whisker of each total."""
    base: dict[int, float] = {}
    ends: dict[str, tuple[float, float, str]] = {}
    for channel in _STACK:
        colour = channel_colour(channel)
        for row in part[part["channel"] == channel].sort_values("year").to_dict("records"):
            year, amount = int(row["year"]), float(row["mean"])
            bottom = base.get(year, 0.0)
            bar = axes.bar(
                year, amount, _BAR, bottom=bottom, color=colour, edgecolor="white", linewidth=0.5, zorder=2
            )
            mark(bar[0], "data")
            base[year] = bottom + amount
            ends[CHANNEL_NAMES[channel]] = (year + _BAR / 2, bottom + amount / 2, colour)
    total = part[part["channel"] == "total"]
    for colour, width, depth in (("white", 1.8, 3.0), (INK, 0.7, 3.1)):
        line = stage.size.stroke * width
        axes.vlines(total["year"], total["p05"], total["p95"], color=colour, linewidth=line, zorder=depth)
    area = (stage.size.marker * 0.55) ** 2
    mark(axes.scatter(total["year"], total["p50"], s=area, color=INK, linewidth=0, zorder=4), "data")
    if labelled:
        end_labels(stage, axes, {wrapped(name, 10): end for name, end in ends.items()})


def _draw_apart(stage: Stage, axes: Axes, part: pd.DataFrame, channels: list[str], labelled: bool) -> None:
    """Draw what stands outside the PRC as medians with whiskers, side by side in each year."""
    ends: dict[str, tuple[float, float, str]] = {}
    for number, channel in enumerate(channels):
        rows = part[part["channel"] == channel].sort_values("year")
        if rows.empty:
            continue
        colour, shift = channel_colour(channel), _DODGE * (2 * number - len(channels) + 1)
        x = rows["year"] + shift
        axes.vlines(x, rows["p05"], rows["p95"], color=colour, linewidth=stage.size.stroke * 0.8, zorder=3)
        area = (stage.size.marker * 0.75) ** 2
        dots = axes.scatter(x, rows["p50"], s=area, marker=_APART[channel], color=colour, zorder=4)
        mark(dots, "data")
        ends[wrapped(CHANNEL_NAMES[channel], 10)] = (
            float(rows["year"].max()) + _BAR / 2,
            float(rows["p50"].iloc[-1]),
            colour,
        )
    if labelled and ends:
        end_labels(stage, axes, ends)


def _share(stage: Stage, row: list[Axes], years: list[int], unit: str) -> None:
    """Give the panels of one row the same scales, numbers at the left one only, and years below."""
    top = max(axes.get_ylim()[1] for axes in row)
    low = min(0.0, *(axes.get_ylim()[0] for axes in row))
    for number, axes in enumerate(row):
        axes.set_ylim(low, top)
        year_ticks(stage, axes, years)
        number_axis(axes, unit=axis_kind(unit), steps=4)
        if not axis_kind(unit):
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value, "", 3)))
        axes.tick_params(labelleft=number == 0)
        zero_line(axes)
