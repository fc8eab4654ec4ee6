"""Which ask does what: Shapley values then and now, by metric, and by PRC policy regime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.model.parts import (
    ask_name,
    ask_style,
    axis_kind,
    changed,
    draw_changes,
    unit_words,
)
from chipflows.charts.numbers import compact, percent
from chipflows.charts.style import SeriesStyle, scenario_style
from chipflows.charts.words import first_that_fits, listed, scenario_name, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["metric_flip", "regimes", "shapley"]

_VALUES = ("ask", "p05", "p25", "p50", "p75", "p95", "mean", "share_of_draws_leading")
_REGIME_COLUMNS = ("scenario", "prc_regime", "p05", "p25", "p50", "p75", "p95")
_REGIME_MARKERS = {"barred": "s", "rationed": "o", "open": "^"}
_METRICS = {"h100e": "throughput", "h100e_bandwidth": "bandwidth", "chips": "number of chips", "gb": "memory"}


def shapley(
    then: pd.DataFrame,
    now: pd.DataFrame,
    *,
    period: str,
    what: str = "the PRC compute stock",
    unit: str = "h100e",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.shapley",
) -> Figure:
    """Return the figure of each ask's Shapley value, adopted on the letter's date and from now on.

    then, now: ask (h20, kyc, diffusion, cxmt), p05, p25, p50, p75, p95, mean, share_of_draws_leading, as
    `flows.factorial.attribution` gives; negative lowers *what*. Raises FigureError for missing columns.
    """
    need_columns(then, _VALUES, "Shapley values, then")
    need_columns(now, _VALUES, "Shapley values, now")
    rows = pd.concat([_ordered(then, "letter"), _ordered(now, "now")], ignore_index=True)
    title = _shapley_title(rows)
    return Figure(
        id="shapley",
        title=title,
        subtitle=f"Shapley value of each ask: its average effect on {what} over every order of adding the "
        f"asks; PRC, {unit_words(unit)}, {period}",
        unit=unit_words(unit),
        note=(
            "Dot: median; bars: 25-75% and 5-95% of draws. In each draw the four add up to the effect of all "
            "together; medians do not. " + note
        ).strip(),
        sources=source_ids(then, now, more=sources),
        alt=f"Ranges of the four asks' Shapley values in two panels, then and now. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(rows, ("adopted", *_VALUES)),
        draw=lambda stage: _draw_pair(
            stage,
            rows,
            {"letter": "If adopted on the letter's date", "now": "If adopted from now on"},
            unit,
        ),
    )


def _ordered(frame: pd.DataFrame, when: str) -> pd.DataFrame:
    """Return Shapley values with the most often leading ask first, named, with the date of adoption."""
    named = frame.assign(label=frame["ask"].map(ask_name), adopted=when, panel=when)
    return named.sort_values("share_of_draws_leading", ascending=False, kind="stable")


def _leader(rows: pd.DataFrame, panel: str) -> pd.Series:
    """Return the row of the ask that leads in most draws."""
    part = rows[rows["panel"] == panel]
    return part.iloc[int(part["share_of_draws_leading"].to_numpy().argmax())]


def _shapley_title(rows: pd.DataFrame) -> str:
    """Return which ask moves the outcome most, and in how many draws, then and now."""
    old, new = (_leader(rows, when) for when in ("letter", "now"))
    before, after = (percent(row["share_of_draws_leading"]) for row in (old, new))
    if old["ask"] == new["ask"]:
        return first_that_fits(
            f"The {old['label']} moves PRC compute most in {before} of draws if adopted then, {after} if now"
        )
    return first_that_fits(
        f"Adopted then, the {old['label']} moves PRC compute most ({before} of draws); "
        f"now, the {new['label']} ({after})",
        f"Then the {old['label']} leads in {before} of draws, now the {new['label']} in {after}",
    )


def _draw_pair(
    stage: Stage, rows: pd.DataFrame, headings: Mapping[str, str], unit: str | Mapping[str, str]
) -> None:
    """Draw one panel of asks per value of column panel, with how often each leads at the right."""
    panels = stage.panels(len(headings), 1, gap=1.9)
    for axes, (panel, heading) in zip(panels, headings.items(), strict=True):
        part = rows[rows["panel"] == panel].reset_index(drop=True)
        leads = [f"leads {percent(share)}" for share in part["share_of_draws_leading"]]
        kind = unit if isinstance(unit, str) else unit[panel]
        styles = [ask_style(ask, str(row)) for ask, row in zip(part["ask"], part["adopted"], strict=True)]
        draw_changes(stage, axes, part, styles, kind, before={"Of draws": leads})
        axes.set_title(heading)
    if isinstance(unit, str):
        low, high = (pick(axes.get_xlim()[k] for axes in panels) for k, pick in ((0, min), (1, max)))
        for axes in panels:
            axes.set_xlim(low, high)


def metric_flip(
    frame: pd.DataFrame,
    *,
    period: str,
    when: str = "now",
    what: str = "the PRC compute stock",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.metric_flip",
) -> Figure:
    """Return the figure of Shapley values by two or more metrics, and whether the asks' ranking flips.

    frame: metric (h100e, h100e_bandwidth, chips, gb), ask, p05, p25, p50, p75, p95, mean,
    share_of_draws_leading; *when* is "letter" or "now", for the colours. Each metric has its own scale.
    Raises FigureError for missing columns or a single metric.
    """
    need_columns(frame, ("metric", *_VALUES), "Shapley values by metric")
    metrics = list(dict.fromkeys(frame["metric"]))
    if len(metrics) < 2:
        raise FigureError(f"Shapley values by metric: only {metrics[0]!r}. Pass at least two metrics.")
    parts = [_ordered(frame[frame["metric"] == m], when).assign(panel=m) for m in metrics]
    rows = pd.concat(parts, ignore_index=True)
    names = {metric: _METRICS.get(metric, metric) for metric in metrics}
    title = _flip_title(rows, names)
    return Figure(
        id="metric_flip",
        title=title,
        subtitle=f"Shapley value of each ask for {what} by {listed(names.values())}, "
        f"each in its own unit; PRC, {period}",
        unit="its own unit",
        note=(
            "Dot: median; bars: 25-75% and 5-95% of draws. Asks in the order of how often they lead. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Ranges of the asks' Shapley values, a panel for each of {len(metrics)} metrics. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(rows, ("metric", *_VALUES)),
        draw=lambda stage: _draw_pair(
            stage,
            rows,
            {m: f"By {names[m]}, {unit_words(m).removesuffix(' by memory bandwidth')}" for m in metrics},
            {m: m for m in metrics},
        ),
    )


def _flip_title(rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Return whether the leading ask is another by another metric."""
    leaders = {metric: _leader(rows, metric) for metric in names}
    first, *others = leaders
    flips = [metric for metric in others if leaders[metric]["ask"] != leaders[first]["ask"]]
    words = {m: f"{leaders[m]['label']} ({percent(leaders[m]['share_of_draws_leading'])})" for m in names}
    if not flips:
        orders = {m: tuple(rows.loc[rows["panel"] == m, "ask"]) for m in names}
        also = "" if len(set(orders.values())) == 1 else "; the order of the others changes"
        shares = ", ".join(percent(leaders[m]["share_of_draws_leading"]) for m in names)
        return first_that_fits(
            f"The {leaders[first]['label']} leads most often by {listed(names.values())} ({shares}){also}",
            f"The {leaders[first]['label']} leads most often by {listed(names.values())}{also}",
            f"The {leaders[first]['label']} leads most often by every metric{also}",
        )
    other = flips[0]
    return first_that_fits(
        f"By {names[first]} the {words[first]} leads most often, by {names[other]} the {words[other]}",
        f"The leading ask changes with the metric: {leaders[first]['label']} or {leaders[other]['label']}",
    )


def regimes(
    frame: pd.DataFrame,
    *,
    period: str,
    unit: str = "h100e",
    what: str = "the PRC compute stock",
    names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.regimes",
) -> Figure:
    """Return the figure of each ask's effect by PRC policy regime (barred, rationed, open).

    frame: scenario, prc_regime, p05, p25, p50, p75, p95 (change from *actual*, in *unit*), as
    `flows.asks.effect_by_regime` gives. Raises FigureError for missing columns.
    """
    need_columns(frame, _REGIME_COLUMNS, "effects by regime")
    called = {s: (names or {}).get(s, scenario_name(s)) for s in dict.fromkeys(frame["scenario"])}
    shown = frame.sort_values("scenario", key=lambda c: c.map(list(called).index), kind="stable")
    shown = shown.reset_index(drop=True)
    first = ~shown["scenario"].duplicated()
    shown["label"] = shown["scenario"].map(called).where(first, "")
    title = _regime_title(shown, called, unit)
    return Figure(
        id="regimes",
        title=title,
        subtitle=f"Change in {what} if an ask is adopted, by what PRC policy lets firms buy; PRC, "
        f"{unit_words(unit)}, {period}",
        unit=unit_words(unit),
        note=(
            "Dot: median; bars: 25-75% and 5-95% of the draws of that regime. Barred, rationed and open are "
            "what the PRC allows its firms to buy of what the US allows. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Ranges of the effect of {len(called)} asks under each PRC policy regime. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, _REGIME_COLUMNS),
        draw=lambda stage: _draw_regimes(stage, shown, unit),
    )


def _regime_title(shown: pd.DataFrame, called: Mapping[str, str], unit: str) -> str:
    """Return the ask whose median differs most between regimes, and what it is in each extreme."""
    table = shown.pivot_table(index="scenario", columns="prc_regime", values="p50", sort=False)
    present = [regime for regime in _REGIME_MARKERS if regime in table.columns]
    spread = table.max(axis=1) - table.min(axis=1)
    scenario = str(spread.idxmax())
    name = called[scenario].split(",")[0]
    medians = shown[shown["scenario"] == scenario].set_index("prc_regime")["p50"].astype(float).to_dict()
    if len(present) < 2:
        words = changed(medians[present[0]], unit)
        return first_that_fits(f"The {name} {words} while PRC buying is {present[0]}")
    low, high = present[0], present[-1]
    ends = [medians[regime] for regime in (low, high)]
    a, b = (changed(value, unit) for value in ends)
    if min(ends) < 0 and max(ends) < 0:
        b = f"by {compact(abs(ends[1]), axis_kind(unit))}"
    return first_that_fits(
        f"In the model the {name} {a} while PRC buying is {low}, {b} if {high}",
        f"The {name} {a} while PRC buying is {low}, {b} if {high}",
        f"{name}: if {low}, {a}; if {high}, {b}",
        f"The effect of the {name} differs most between {low} and {high} buying",
    )


def _draw_regimes(stage: Stage, shown: pd.DataFrame, unit: str) -> None:
    """Draw every ask's regimes under one another, a thin line between asks."""
    axes = stage.panel()
    styles = [
        SeriesStyle(
            scenario_style(str(row["scenario"])).colour,
            "solid",
            _REGIME_MARKERS.get(str(row["prc_regime"]), "D"),
        )
        for _, row in shown.iterrows()
    ]
    draw_changes(stage, axes, shown, styles, unit, before={"PRC policy": list(shown["prc_regime"])})
    for place in range(1, len(shown)):
        if shown["scenario"].iloc[place] != shown["scenario"].iloc[place - 1]:
            axes.axhline(place - 0.5, color="#d9dce1", linewidth=stage.size.stroke * 0.4, zorder=0.6)
