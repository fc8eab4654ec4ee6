"""The US lead: how many times the PRC's compute the US holds, by quarter and in one quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import category_axis, number_axis
from chipflows.charts.bands import draw_bands
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns, need_rows
from chipflows.charts.model.dots import dot_values, draw_dots
from chipflows.charts.model.parts import log_axis, room_for, side_columns
from chipflows.charts.numbers import about
from chipflows.charts.quarters import position, span_name
from chipflows.charts.style import MUTED, scenario_style, scenario_styles
from chipflows.charts.words import first_that_fits, scenario_name, source_ids, wrapped
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["ratio", "ratio_dots"]

_TIDY = ("scenario", "quarter", "channel", "variable", "unit", "p05", "p25", "p50", "p75", "p95")
_VARIABLE = "us_prc_ratio"


def ratio(
    results: pd.DataFrame,
    *,
    scenarios: Sequence[str] | None = None,
    baseline: str = "actual",
    names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.ratio",
) -> Figure:
    """Return the figure of the ratio of US to PRC compute stock by quarter, a band per scenario, log scale.

    results: tidy results (scenario, quarter, channel, variable, unit, p05 ... p95); rows of variable
    us_prc_ratio are drawn. Raises FigureError when a scenario has none, or a ratio is not above zero.
    """
    need_columns(results, _TIDY, "results")
    wanted = list(scenarios or dict.fromkeys(results["scenario"]))
    wanted.sort(key=lambda scenario: scenario != baseline)
    rows = results[(results["variable"] == _VARIABLE) & results["scenario"].isin(wanted)]
    for scenario in wanted:
        need_rows(rows[rows["scenario"] == scenario], f"results of {scenario}, {_VARIABLE}")
    if not (rows["p05"] > 0).all():
        raise FigureError(
            "results: a ratio of US to PRC stock is not above zero and has no place on a log axis."
        )
    called = {scenario: (names or {}).get(scenario, scenario_name(scenario)) for scenario in wanted}
    period = span_name(rows["quarter"])
    title = _title(rows, wanted, called)
    return Figure(
        id="ratio",
        title=title,
        subtitle=f"US compute stock over the PRC's, ratio on a log scale, by quarter, {period}",
        unit="ratio",
        note=(
            "Line: median; bands: 25-75% and 5-95% of draws; ratios are taken in each draw. PRC "
            "stock is what "
            "is held in the PRC, without offshore-owned and remote. " + note
        ).strip(),
        sources=source_ids(results, more=sources),
        alt=f"Bands of the ratio of US to PRC compute for {_counted(len(wanted))}. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(rows, _TIDY),
        draw=lambda stage: _draw(stage, rows, wanted, called),
    )


def _counted(scenarios: int) -> str:
    """Return "1 scenario" or "3 scenarios"."""
    return f"{scenarios} scenario" + "s" * (scenarios != 1)


def _title(rows: pd.DataFrame, wanted: list[str], called: Mapping[str, str]) -> str:
    """Return the median ratio in the last quarter, in the first scenario and in the one farthest from it."""
    last = max(rows["quarter"], key=position)
    ends = rows[rows["quarter"] == last].set_index("scenario")["p50"]
    first = wanted[0]
    words = f"In {last} the US holds {about(float(ends[first]))} times the PRC's compute at the median"
    if len(wanted) < 2:
        return first_that_fits(words)
    gap = np.abs(np.log(ends / ends[first]))
    other = str(gap.idxmax()) if gap.max() > 0 else wanted[1]
    name, times = called[other], about(float(ends[other]))
    if about(float(ends[first])) == times:
        return first_that_fits(
            f"{words}, in every scenario shown",
            f"In {last} the median ratio is {times} in every scenario shown",
        )
    return first_that_fits(
        f"{words}; {name}: {times}",
        f"In {last} the US holds {about(float(ends[first]))} times the PRC's compute; {name}: {times}",
        f"The median ratio in {last} is {about(float(ends[first]))}; {name.split(',')[0]}: {times}",
    )


def _draw(stage: Stage, rows: pd.DataFrame, wanted: list[str], called: Mapping[str, str]) -> None:
    """Draw a band per scenario on a log scale."""
    axes = stage.panel()
    short = {scenario: wrapped(name, 14) for scenario, name in called.items()}
    draw_bands(stage, axes, rows, "scenario", scenario_styles(wanted), short)
    for line in axes.get_lines():
        if np.allclose(np.asarray(line.get_ydata(), dtype=float), 0.0):
            line.remove()  # the zero line has no place on a log scale
    log_axis(axes, "y", float(rows["p05"].min()) / 1.15, float(rows["p95"].max()) * 1.15)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{about(value, 3)}x"))


def ratio_dots(
    draws: Mapping[str, Sequence[float] | npt.NDArray[np.generic]],
    *,
    period: str,
    names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.ratio_dots",
) -> Figure:
    """Return the figure of the US:PRC compute ratio in one quarter as quantile dots, a row per scenario.

    draws: scenario -> one ratio per draw, in the quarter named by *period*. Raises FigureError for no
    scenario or no finite draw.
    """
    if not draws:
        raise FigureError("draws: no scenario to draw. Pass scenario -> draws of the ratio.")
    called = {scenario: (names or {}).get(scenario, scenario_name(scenario)) for scenario in draws}
    dots = {scenario: dot_values(values) for scenario, values in draws.items()}
    ends = {
        scenario: tuple(float(q) for q in np.nanquantile(np.asarray(values, dtype=float), (0.05, 0.5, 0.95)))
        for scenario, values in draws.items()
    }
    low, middle, high = (about(value) for value in next(iter(ends.values())))
    title = first_that_fits(
        f"In {period} the US holds {middle} times the PRC's compute at the median, {low} to {high} in "
        "most draws"
    )
    data = pd.concat(
        [pd.DataFrame({"scenario": scenario, "ratio": values}) for scenario, values in dots.items()],
        ignore_index=True,
    )
    return Figure(
        id="ratio_dots",
        title=title,
        subtitle=f"US compute stock over the PRC's, ratio, {period}",
        unit="ratio",
        note=(
            f"Each of {len(data) // len(dots)} dots is equally likely; at the right the median and 5-95%. "
            + note
        ).strip(),
        sources=source_ids(more=sources),
        alt=f"Quantile dots of the ratio of US to PRC compute for {_counted(len(dots))}. {title}.",
        period=period,
        made_by=made_by,
        data=data,
        draw=lambda stage: _draw_ratio_dots(stage, dots, ends, called),
    )


def _draw_ratio_dots(
    stage: Stage,
    dots: Mapping[str, npt.NDArray[np.float64]],
    ends: Mapping[str, tuple[float, ...]],
    called: Mapping[str, str],
) -> None:
    """Draw a row of dots per scenario and its median and interval at the right."""
    axes = stage.panel()
    category_axis(axes, [wrapped(called[scenario], 20) for scenario in dots])
    values = [float(value) for row in dots.values() for value in row]
    axes.set_xlim(*room_for(values, 0.04))
    number_axis(axes, "x")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{about(value, 3)}x"))
    colours = [scenario_style(scenario).colour for scenario in dots]
    for place, (values_, colour) in enumerate(zip(dots.values(), colours, strict=True)):
        draw_dots(stage, axes, values_, float(place), colour)
    for place, (_, middle, _) in enumerate(ends.values()):
        axes.plot(
            [middle, middle], [place - 0.43, place + 0.43], color=MUTED, linewidth=stage.size.stroke * 0.6
        )
    words = [f"{about(m)}x ({about(low)} to {about(high)})" for low, m, high in ends.values()]
    side_columns(stage, axes, {"": words}, colours)
