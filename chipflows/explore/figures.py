"""The explorer's figures: the measure over time, acquisitions by year, what drives the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts import Figure
from chipflows.charts.bands import draw_bands
from chipflows.charts.model import acquisitions, drivers
from chipflows.charts.model.frames import named_inputs, yearly
from chipflows.charts.model.parts import changed
from chipflows.charts.model.rows import MODEL_SOURCES
from chipflows.charts.numbers import about, compact
from chipflows.charts.style import PALETTE, SeriesStyle, scenario_style
from chipflows.charts.words import first_that_fits, scenario_name, wrapped
from chipflows.errors import InputError, did_you_mean
from chipflows.explore.answer import Answer
from chipflows.explore.scenario import UNSAVED
from chipflows.flows.grid import quarters_between
from chipflows.flows.results import quantiles

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["FIGURES", "figure_of", "over_time"]

_QUANTILES = ["p05", "p25", "p50", "p75", "p95", "mean"]
_PER_UNIT = {"h100e": 1e6, "h100e_bandwidth": 1e6, "chips": 1e6, "usd": 1e9}
_UNITS = {
    "h100e": "million H100 equivalents",
    "h100e_bandwidth": "million H100 equivalents by memory bandwidth",
    "chips": "million chips",
    "usd": "billion US dollars",
}
_MEASURE = {
    "h100e": "AI compute in the PRC",
    "h100e_bandwidth": "AI compute in the PRC",
    "chips": "AI chips in the PRC",
    "usd": "US vendors' revenue per quarter from sales to the PRC",
}
_SHORT = {"h100e": "PRC compute", "h100e_bandwidth": "PRC compute by bandwidth", "chips": "PRC chips"}
FIRST_SHOWN = "2023Q1"


def _name(scenario: str) -> str:
    return "Your scenario" if scenario == UNSAVED else scenario_name(scenario)


def over_time(answer: Answer) -> Figure:
    """Return the figure of the measure by quarter, a band for each of the two scenarios."""
    state = answer.state
    rows = _rows(answer)
    period = f"{rows['quarter'].iloc[0]} to {state.quarter}"
    title = _over_time_title(answer)
    names = [name for name in (state.against, answer.ours) if name in answer.run.scenarios]
    names = list(dict.fromkeys(names))
    return Figure(
        id="explored",
        title=title,
        subtitle=f"{_MEASURE[state.metric]}, {_UNITS[state.metric]}, {period}",
        unit=_UNITS[state.metric],
        note=f"Line: median; bands: 25-75% and 5-95% of {answer.run.size:,} draws.",
        sources=MODEL_SOURCES,
        alt=f"Bands by quarter for {' and '.join(_name(name) for name in names)}. {title}.",
        period=period,
        made_by="chipflows.explore",
        data=rows,
        draw=lambda stage: _draw(stage, rows, names),
    )


def _rows(answer: Answer) -> pd.DataFrame:
    """Return scenario, quarter, p05 .. mean of the total, in the figure's unit."""
    state, run = answer.state, answer.run
    first = min(FIRST_SHOWN, state.quarter)
    shown = quarters_between(first, state.quarter)
    where = [run.grid.index[quarter] for quarter in shown]
    variable = "revenue_usd" if state.metric == "usd" else "stock"
    frames = []
    for scenario in run.scenarios:
        table = quantiles(run.series(scenario, variable, "total", state.metric)[where])
        frame = pd.DataFrame(table / _PER_UNIT[state.metric], columns=_QUANTILES)
        frame.insert(0, "scenario", scenario)
        frame.insert(1, "quarter", shown)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _over_time_title(answer: Answer) -> str:
    state, kind = answer.state, "usd" if answer.state.metric == "usd" else ""
    row = answer.headline.iloc[0]
    what = _SHORT.get(state.metric, "US revenue since the letter")
    if not answer.is_compared:
        level = compact(row["p50"], kind) if kind else about(row["p50"])
        return first_that_fits(f"{_name(answer.ours)}: {what} at a median of {level} by {state.quarter}")
    said = changed(row["difference_p50"], kind, f"{what} by the end of {state.quarter}")
    said_short = changed(row["difference_p50"], kind, what)
    return first_that_fits(
        f"{_name(answer.ours)} {said}, median of draws",
        f"{_name(answer.ours)} {said}",
        f"{_name(answer.ours)} {said_short}",
        f"The scenario {said_short}",
    )


def _draw(stage: Stage, rows: pd.DataFrame, names: list[str]) -> None:
    styles = {name: _style(name, names) for name in names}
    called = {name: wrapped(_name(name), 14) for name in names}
    draw_bands(stage, stage.panel(), rows, "scenario", styles, called)


def _style(name: str, names: list[str]) -> SeriesStyle:
    """Return a scenario's own look; the one explored is navy, or what it is compared with would match it."""
    own = scenario_style(name)
    other = [scenario_style(one) for one in names if one != name]
    if name == UNSAVED or (name == names[-1] and any(look.colour == own.colour for look in other)):
        return SeriesStyle(PALETTE["navy"], "solid", "D")
    return own


def by_year(answer: Answer) -> Figure:
    """Return the house figure of acquisitions by channel and year, a panel for each scenario."""
    state = answer.state
    unit = "h100e" if state.metric == "usd" else state.metric
    last = int(state.quarter[:4]) if state.quarter.endswith("Q4") else int(state.quarter[:4]) - 1
    years = range(2023, max(last, 2023) + 1)
    names = list(dict.fromkeys([state.against, answer.ours]))
    rows = yearly(answer.run, names, years, unit)
    called = {name: _name(name) for name in names}
    return acquisitions(
        rows,
        baseline=state.against,
        unit=unit,
        names=called,
        sources=MODEL_SOURCES,
        made_by="chipflows.explore",
    )


def what_drives(answer: Answer, frame: pd.DataFrame) -> Figure:
    """Return the house tornado of *frame*, what drives the answer (see `Explorer.drivers`)."""
    state = answer.state
    what = _SHORT.get(state.metric, "US revenue")
    return drivers(
        named_inputs(frame.head(8)),
        period=state.quarter,
        answer=f"the change in {what}" if answer.is_compared else what,
        unit=state.metric if state.metric in ("h100e", "h100e_bandwidth", "usd") else "chips",
        sources=MODEL_SOURCES,
        made_by="chipflows.explore",
    )


FIGURES = {"over_time": "Over time", "by_year": "By channel and year", "drivers": "What drives it"}


def figure_of(which: str, answer: Answer, drive: Callable[[], pd.DataFrame]) -> Figure:
    """Return the figure called *which* of FIGURES; *drive* is asked for the drivers when they are shown."""
    if which == "over_time":
        return over_time(answer)
    if which == "by_year":
        return by_year(answer)
    if which == "drivers":
        return what_drives(answer, drive())
    raise InputError(did_you_mean(which, FIGURES, "figure"))
