"""A figure's data as charts that an office program draws itself, so that their numbers can be edited there.

Only where such a chart says the same: lines over time, stacked bars, bars with an interval, points. A figure
that has no recipe here (a matrix, a timeline, an axis in several units) is shown as its picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle

import pandas as pd

from chipflows.charts.style import CHANNELS, PALETTE, scenario_style
from chipflows.charts.words import scenario_name

__all__ = ["RECIPES", "OfficeChart", "OfficeSeries", "Recipe", "office_charts"]


@dataclass(frozen=True)
class Recipe:
    """How the columns of a figure's data become charts.

    kind: line, stacked, bars or points. category: the column along the axis (points: the x value). drawn:
    the column to draw, or one for each series where *series* is "". low, high: the interval's columns.
    panel: a column that makes one chart of each of its values. label: what points are called. keep: a
    (column, value) that rows must have. scale divides the numbers; names puts values of columns in words.
    only: the series shown, in this order. axes: what the axes of points are called. remark: what such a chart
    leaves out, for the caption.
    """

    kind: str
    category: str
    drawn: tuple[str, ...] = ("p50",)
    series: str = ""
    low: str = "p05"
    high: str = "p95"
    panel: str = ""
    label: str = ""
    keep: tuple[str, str] | None = None
    scale: float = 1.0
    is_log: bool = False
    number_format: str = "#,##0"
    names: Mapping[str, str] | None = None
    only: tuple[str, ...] = ()
    axes: tuple[str, str] = ("", "")
    remark: str = ""


@dataclass(frozen=True)
class OfficeSeries:
    """One series: its name, colour ("#rrggbb"), numbers, and the ends of their intervals (() if none).

    is_second: another series before it has the same colour.
    """

    name: str
    colour: str
    numbers: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    x: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    is_second: bool = False


@dataclass(frozen=True)
class OfficeChart:
    """One chart: its kind, its heading ("" if it is alone), the categories and the series."""

    kind: str
    heading: str
    categories: tuple[str, ...]
    series: tuple[OfficeSeries, ...]
    is_log: bool = False
    number_format: str = "#,##0"
    axes: tuple[str, str] = ("", "")
    remark: str = ""


_UNITS = {"chips": "Chips", "h100e": "H100 equivalents", "h100e_bandwidth": "H100 equivalents by bandwidth"}
_CHANNELS = {name: name.capitalize() for name in CHANNELS} | {"diverted": "Diverted (estimated)"}
_REGIMES = {"barred": "Barred by Beijing", "rationed": "Rationed", "open": "Open"}
_ASKS = {"h20": "H20 ask", "kyc": "KYC ask", "diffusion": "Diffusion ask", "cxmt": "CXMT ask"}
_WHEN = {"letter": "Adopted on the letter's date", "now": "Adopted now"}
_REPLAY = {"as of then": "As of then", "as known now": "As known now", "observed": "Observed"}
_PACKAGES = {"dies_packages": "Dies allow", "stack_packages": "HBM allows", "built": "Built"}

_CLOSE = 0.04
_THOUSANDS = '#,##0,"k"'

RECIPES: dict[str, Recipe] = {
    "acquisitions": Recipe(
        "stacked", "year", ("mean",), series="channel", low="", high="", panel="scenario", names=_CHANNELS,
        only=("domestic", "legal", "diverted"),
        remark="Columns stack means. What stands outside the PRC and the intervals are in the report.",
    ),
    "break_even": Recipe(
        "line", "level", ("share_stopped",), series="target", low="", high="", number_format="0%",
        names={"0.25": "25% of draws", "0.5": "50% of draws", "0.75": "75% of draws"},
    ),
    "combinations": Recipe("bars", "combination", names=_ASKS, number_format=_THOUSANDS),
    "h20_cost": Recipe(
        "bars", "label", keep=("basis", "modelled"), scale=1e9, number_format='"$"#,##0"bn"',
        remark="What filings report is in the report's picture.",
    ),
    "h20_flows": Recipe(
        "line", "quarter", series="scenario", panel="unit", names=_UNITS, number_format=_THOUSANDS
    ),
    "h20_history_vs_epoch": Recipe(
        "line", "quarter", ("units_p50", "units_p50_epoch"), low="", high="",
        names={"units_p50": "Filings", "units_p50_epoch": "Epoch AI"},
    ),
    "h20_two_metrics": Recipe(
        "points", "throughput_pct", ("bandwidth_pct",), series="is_china_variant", low="", high="",
        label="label", number_format="0", names={"True": "China-only", "False": "Other"},
        axes=("8-bit throughput, % of an H100", "Memory bandwidth, % of an H100"),
    ),
    "hbm_bottleneck": Recipe(
        "line", "year", series="series", panel="scenario", is_log=True, names=_PACKAGES
    ),
    "nvda_billing": Recipe(
        "stacked", "period", ("share",), series="region", low="", high="", number_format="0%"
    ),
    "ratio": Recipe("line", "quarter", series="scenario", is_log=True, number_format="0.0"),
    "regimes": Recipe("bars", "prc_regime", series="scenario", names=_REGIMES, number_format=_THOUSANDS),
    "replay": Recipe("line", "quarter", series="series", names=_REPLAY, number_format=_THOUSANDS),
    "shapley": Recipe("bars", "ask", series="adopted", names=_ASKS | _WHEN, number_format=_THOUSANDS),
    "voi": Recipe("bars", "title", ("value",), low="", high="", names={"value": "Gain from learning it"}),
}  # fmt: skip


def office_charts(figure_id: str, data: pd.DataFrame) -> tuple[OfficeChart, ...]:
    """Return the charts of the figure called *figure_id*, () for one that only its picture can show.

    data is the figure's own (one row per mark), which must have the columns its recipe names; one that has
    not is shown as a picture too.
    """
    recipe = RECIPES.get(figure_id)
    if recipe is None or not _columns(recipe) <= set(data.columns):
        return ()
    rows = data[data[recipe.keep[0]] == recipe.keep[1]] if recipe.keep else data
    if not recipe.panel:
        return (_chart(recipe, "", rows),)
    panels = list(rows.groupby(recipe.panel, sort=False, dropna=False))
    return tuple(_chart(recipe, _named(name, recipe), part) for name, part in panels)


def _columns(recipe: Recipe) -> set[str]:
    """Return the columns a recipe needs."""
    kept = recipe.keep[0] if recipe.keep else ""
    named = (recipe.category, recipe.series, recipe.panel, recipe.label, recipe.low, recipe.high, kept)
    return {name for name in (*named, *recipe.drawn) if name}


def _chart(recipe: Recipe, heading: str, rows: pd.DataFrame) -> OfficeChart:
    """Return one chart of *rows*."""
    categories = tuple(dict.fromkeys(str(value) for value in rows[recipe.category]))
    if recipe.kind == "points":
        series = tuple(_points(recipe, rows))
    else:
        series = tuple(_lines(recipe, rows, categories))
    named = tuple(_named(category, recipe) for category in categories)
    return OfficeChart(
        recipe.kind,
        heading,
        named,
        tuple(_told_apart(series)),
        recipe.is_log,
        recipe.number_format,
        recipe.axes,
        recipe.remark,
    )


def _told_apart(series: tuple[OfficeSeries, ...]) -> Iterator[OfficeSeries]:
    """Yield the series, the second of a colour marked: "now" beside "letter" of one ask."""
    seen: set[str] = set()
    for one in series:
        yield replace(one, is_second=one.colour in seen)
        seen.add(one.colour)


def _points(recipe: Recipe, rows: pd.DataFrame) -> Iterator[OfficeSeries]:
    """Yield the groups of a scatter."""
    shown = rows.dropna(subset=[recipe.category, recipe.drawn[0]])
    shown = shown.assign(
        _label=_shared_labels(shown[recipe.category], shown[recipe.drawn[0]], shown[recipe.label])
    )
    for (name, part), colour in zip(shown.groupby(recipe.series, sort=False), cycle(PALETTE.values())):
        yield OfficeSeries(
            _named(name, recipe),
            colour,
            _numbers(part[recipe.drawn[0]], recipe),
            x=tuple(map(float, part[recipe.category])),
            labels=tuple(map(str, part["_label"])),
        )


def _shared_labels(x: pd.Series, y: pd.Series, labels: pd.Series) -> list[str]:
    """Return the points' labels; points too close for two labels share the first one's, the rest have ""."""
    reach = _CLOSE * (x.max() - x.min()), _CLOSE * (y.max() - y.min())
    heads: list[tuple[float, float, list[str]]] = []
    shared: list[list[str]] = []
    for at, up, label in zip(x, y, labels, strict=True):
        near = next((h for h in heads if abs(h[0] - at) <= reach[0] and abs(h[1] - up) <= reach[1]), None)
        if near is None:
            heads.append((at, up, [str(label)]))
            shared.append(heads[-1][2])
        else:
            near[2].append(str(label))
            shared.append([])
    return [", ".join(names) for names in shared]


def _lines(recipe: Recipe, rows: pd.DataFrame, categories: tuple[str, ...]) -> Iterator[OfficeSeries]:
    """Yield the series over *categories*, a blank where a series has no number."""
    parts: Iterable[tuple[object, pd.DataFrame, str]]
    if recipe.series:
        groups = {str(name): part for name, part in rows.groupby(recipe.series, sort=False)}
        shown = [name for name in recipe.only if name in groups] or groups
        parts = [(name, groups[name], recipe.drawn[0]) for name in shown]
    else:
        parts = [(column, rows, column) for column in recipe.drawn]
    for (name, part, column), spare in zip(parts, cycle(PALETTE.values())):
        by_category = part.assign(_at=part[recipe.category].astype(str)).drop_duplicates("_at")
        placed = by_category.set_index("_at").reindex(list(categories))
        low, high = (_numbers(placed[end], recipe) if end else () for end in (recipe.low, recipe.high))
        yield OfficeSeries(
            _named(name, recipe), _colour(str(name), spare), _numbers(placed[column], recipe), low, high
        )


def _numbers(column: pd.Series, recipe: Recipe) -> tuple[float | None, ...]:
    """Return numbers to scale, None for a blank and for what a log axis cannot hold."""
    scaled = [float(value) / recipe.scale for value in column]
    return tuple(value if value == value and not (recipe.is_log and value <= 0) else None for value in scaled)


def _named(value: object, recipe: Recipe) -> str:
    """Return what a value of the data is called: a scenario's or a recipe's name for it, else its own."""
    if value == "p50":
        return "Median"
    return (recipe.names or {}).get(str(value)) or scenario_name(str(value))


def _colour(name: str, spare: str) -> str:
    """Return the fixed colour of a scenario or channel, else *spare*."""
    if name in CHANNELS:
        return CHANNELS[name]
    return scenario_style(name).colour if scenario_name(name) != name else spare
