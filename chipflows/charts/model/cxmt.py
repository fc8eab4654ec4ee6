"""HBM and CXMT: packages that dies and stacks would each allow, and which controls reach CXMT already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import number_axis, zero_line
from chipflows.charts.colour import darken_for_text, mix
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.matrix import draw_matrix
from chipflows.charts.model.parts import log_axis, year_ticks
from chipflows.charts.numbers import compact
from chipflows.charts.roles import mark
from chipflows.charts.style import PALETTE, channel_colour, scenario_style
from chipflows.charts.words import first_that_fits, scenario_name, source_ids, wrapped
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["control_matrix", "hbm_bottleneck"]

_PACKAGES = ("year", "scenario", "series", "p05", "p50", "p95")
_SERIES = {
    "dies_packages": ("dies allow", PALETTE["navy"], "s", -0.2),
    "stack_packages": ("HBM stacks allow", PALETTE["green"], "^", 0.0),
    "built": ("built", channel_colour("domestic"), "o", 0.2),
}
_WIDE = 30.0  # from this ratio of the largest to the smallest on, the scale is logarithmic
_REACH = ("item", "rule", "reached", "with_listing")
_ADDED = "with listing"
_PERHAPS = "listing, perhaps"
_CELLS = {
    "yes": mix(PALETTE["navy"], 0.88),
    _ADDED: mix(PALETTE["purple"], 0.75),
    _PERHAPS: mix(PALETTE["purple"], 0.3),
    "cannot tell": mix(PALETTE["ochre"], 0.3),
    "no": "#eceef2",
}


def hbm_bottleneck(
    frame: pd.DataFrame,
    *,
    baseline: str = "actual",
    names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.hbm_bottleneck",
) -> Figure:
    """Return the figure of packages that dies and that HBM stacks would allow, and those built, by year.

    frame: year, scenario (a panel each: as it happened and with CXMT listed), series (dies_packages,
    stack_packages, built), p05, p50, p95 in packages per year, optional source_ids. Raises FigureError for
    missing columns or a series that is missing.
    """
    need_columns(frame, _PACKAGES, "packages by year")
    missing = [series for series in ("dies_packages", "stack_packages") if series not in set(frame["series"])]
    if missing:
        raise FigureError(
            f"packages by year: no rows of series {missing[0]!r}. Needed: {', '.join(_SERIES)}."
        )
    scenarios = sorted(dict.fromkeys(frame["scenario"]), key=lambda scenario: scenario != baseline)
    called = {scenario: (names or {}).get(scenario, scenario_name(scenario)) for scenario in scenarios}
    years = sorted(int(year) for year in frame["year"].unique())
    period = f"{years[0]} to {years[-1]}" if len(years) > 1 else str(years[0])
    title = _bottleneck_title(frame, scenarios)
    log = bool((frame["p05"] > 0).all() and frame["p95"].max() > _WIDE * frame["p50"].min())
    return Figure(
        id="hbm_bottleneck",
        title=title,
        subtitle="Good AI chip packages per year that logic dies and that HBM stacks would each allow"
        f"{', log scale' if log else ''}; made in the PRC, {period}",
        unit="packages",
        note=(
            "Marks: medians; lines: 5-95% of draws. Allowed by what arrives in the year alone: dies and "
            "stacks left from earlier years let more be built. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Ranges by year of packages allowed by dies and by HBM stacks, in {len(scenarios)} "
        f"panels. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(frame, _PACKAGES),
        draw=lambda stage: _draw_packages(stage, frame, scenarios, called, years, log),
    )


def _bottleneck_title(frame: pd.DataFrame, scenarios: list[str]) -> str:
    """Return in how many years stacks allow less than dies, and what listing changes in the last one."""
    medians = frame.pivot_table(index=["scenario", "year"], columns="series", values="p50")
    base = medians.loc[scenarios[0]]
    count, years = int((base["stack_packages"] < base["dies_packages"]).sum()), len(base)
    head = f"HBM allows fewer packages than dies in {count or 'none'} of {years} years"
    if len(scenarios) < 2:
        return first_that_fits(f"{head}, at the median")
    last = base.index.max()
    before = float(base.loc[last, "stack_packages"])
    after = float(medians.loc[(scenarios[1], last), "stack_packages"])
    if not before or round(after / before, 3) == 1:
        return first_that_fits(f"{head}; listing CXMT leaves the stacks of {last} as they are")
    return first_that_fits(
        f"{head}; {compact(before)} in {last}, {compact(after)} with CXMT listed",
    )


def _draw_packages(
    stage: Stage,
    frame: pd.DataFrame,
    scenarios: list[str],
    called: Mapping[str, str],
    years: list[int],
    log: bool,
) -> None:
    """Draw a panel per scenario on one scale; the key stands above the first."""
    panels = (
        stage.panels(1, len(scenarios)) if stage.size.is_wide else stage.panels(len(scenarios), 1, gap=2.4)
    )
    for axes, scenario in zip(panels, scenarios, strict=True):
        part = frame[frame["scenario"] == scenario]
        _draw_series(stage, axes, part)
        axes.set_title(called[scenario], pad=stage.size.text * 1.7)
        axes.title.set_color(darken_for_text(scenario_style(scenario).colour))
        year_ticks(stage, axes, years)
        if log:
            log_axis(axes, "y", float(frame["p05"].min()) / 1.2, float(frame["p95"].max()) * 1.2)
            continue
        number_axis(axes)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value, "", 3)))
        zero_line(axes)
        axes.set_ylim(0, float(frame["p95"].max()) * 1.05)
    present = [series for series in _SERIES if series in set(frame["series"])]
    entries = [KeyEntry(_SERIES[series][0], _SERIES[series][1], _SERIES[series][2]) for series in present]
    draw_key(stage, panels[0], entries)


def _draw_series(stage: Stage, axes: Axes, part: pd.DataFrame) -> None:
    """Draw one scenario's marks and intervals, side by side in each year."""
    for series, (_, colour, marker, shift) in _SERIES.items():
        rows = part[part["series"] == series].sort_values("year")
        if rows.empty:
            continue
        x = rows["year"] + shift
        axes.vlines(
            x, rows["p05"], rows["p95"], color=colour, alpha=0.45, linewidth=stage.size.stroke * 1.6, zorder=2
        )
        area = (stage.size.marker * 0.85) ** 2
        dots = axes.scatter(
            x, rows["p50"], s=area, marker=marker, color=colour, edgecolor="white", linewidth=0.4, zorder=4
        )
        mark(dots, "data")


def control_matrix(
    frame: pd.DataFrame,
    *,
    period: str,
    party: str = "CXMT",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.control_matrix",
) -> Figure:
    """Return the matrix of which rule reaches which item that goes to *party*, and what a listing adds.

    frame: item, rule, reached (yes, no, cannot tell), with_listing (bool: the answer if *party* were on the
    Entity List), optional source_ids; a pair without a row with_listing=True stays as it is. Raises
    FigureError for missing columns, another word, or a pair without an answer for today.
    """
    need_columns(frame, _REACH, "controls")
    strange = sorted(set(frame["reached"]) - {"yes", "no", "cannot tell"})
    if strange:
        raise FigureError(f"controls: reached is {strange[0]!r}. Allowed: yes, no, cannot tell.")
    cells = _cells(frame)
    title = _matrix_title(cells, party)
    return Figure(
        id="control_matrix",
        title=title,
        subtitle=f"Whether a rule reaches an item that goes to {party} in the PRC, licence required "
        "under the "
        f"rules modelled, {period}",
        unit="licence required",
        note=(
            f"yes: reached today; {_ADDED}: reached only if {party} were on the Entity List; cannot tell "
            f'and "{_PERHAPS}": the facts a rule asks for are not public. ' + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Matrix of {cells.shape[0]} items by {cells.shape[1]} rules. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(frame, _REACH),
        draw=lambda stage: _draw_matrix(stage, cells),
    )


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return items by rules, each cell the word to print."""
    listed = frame["with_listing"].astype(bool)
    pair = ["item", "rule"]
    now = frame[~listed].drop_duplicates(pair).set_index(pair)["reached"]
    then = frame[listed].drop_duplicates(pair).set_index(pair)["reached"].reindex(now.index).fillna(now)
    if now.empty:
        raise FigureError(
            "controls: no row with with_listing false. Give the answer for today for each pair."
        )
    words = now.mask((now != "yes") & (then == "yes"), _ADDED)
    words = words.mask((now == "no") & (then == "cannot tell"), _PERHAPS)
    items, rules = (list(dict.fromkeys(frame[column])) for column in pair)
    table = (
        words.rename("word")
        .reset_index()
        .pivot_table(index="item", columns="rule", values="word", aggfunc="first")
    )
    return table.reindex(index=items, columns=rules)


def _matrix_title(cells: pd.DataFrame, party: str) -> str:
    """Return how many items some rule reaches today, for how many none can tell, and what a listing adds."""
    table = cells.to_numpy(dtype=object)
    reached = (table == "yes").any(axis=1)
    unclear = int(((table == "cannot tell").any(axis=1) & ~reached).sum())
    sure = (table == _ADDED).any(axis=1)
    added = int((sure & ~reached).sum())
    maybe = int(((table == _PERHAPS).any(axis=1) & ~reached & ~sure).sum())
    count, whole = int(reached.sum()), len(cells)
    adds = f"listing adds {added}" if added else "listing adds no further item"
    adds += f", perhaps {maybe} more" if maybe else ""
    perhaps = f", perhaps {unclear} more" if unclear else ""
    if count:
        return first_that_fits(
            f"Some rule already reaches {count} of {whole} items that go to {party}{perhaps}; {adds}",
            f"Rules already reach {count} of {whole} items for {party}{perhaps}; {adds}",
        )
    surely = f"perhaps {unclear} of {whole}" if unclear else f"none of {whole}"
    return first_that_fits(
        f"Rules today surely reach no item that goes to {party}, {surely}; {adds}",
        f"No item for {party} is surely reached today, {surely}; {adds}",
    )


def _draw_matrix(stage: Stage, cells: pd.DataFrame) -> None:
    """Draw the matrix, words broken so that they fit their cells."""
    shown = cells.map(lambda word: wrapped(str(word), 8) if pd.notna(word) else "")
    shown.index = pd.Index([wrapped(str(item), 24) for item in cells.index])
    draw_matrix(stage.panel(), shown, {wrapped(word, 8): colour for word, colour in _CELLS.items()})
