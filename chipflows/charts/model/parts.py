"""What the model's figures share: names and looks of the asks, units in words, ranges around zero."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from chipflows.charts.axes import category_axis, number_axis, zero_line
from chipflows.charts.colour import darken_for_text
from chipflows.charts.frames import need_columns
from chipflows.charts.model.texts import wrapped_to
from chipflows.charts.numbers import compact
from chipflows.charts.ranges import draw_range, interval_words
from chipflows.charts.roles import mark
from chipflows.charts.style import MUTED, SeriesStyle, scenario_style
from chipflows.errors import FigureError, did_you_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = [
    "ASKS",
    "ask_name",
    "ask_style",
    "axis_kind",
    "changed",
    "clipped",
    "draw_changes",
    "log_axis",
    "not_blank",
    "room_for",
    "row_names",
    "side_columns",
    "unit_words",
    "year_ticks",
]

ASKS = {"h20": "H20 ask", "kyc": "KYC ask", "diffusion": "Diffusion ask", "cxmt": "CXMT ask"}
_SMALL_WORDS = frozenset(
    [
        "a",
        "after",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "of",
        "on",
        "or",
        "per",
        "relative",
        "since",
        "that",
        "the",
        "to",
        "with",
    ]
)
_UNITS = {
    "h100e": "H100 equivalents",
    "h100e_bandwidth": "H100 equivalents by memory bandwidth",
    "gb": "gigabytes of memory",
    "usd": "US dollars",
    "ratio": "ratio",
    "share": "share",
}


def ask_name(ask: str) -> str:
    """Return what an ask is called on figures; raises FigureError for one that is none of the four."""
    if ask not in ASKS:
        raise FigureError(did_you_mean(ask, ASKS, "ask"))
    return ASKS[ask]


def ask_style(ask: str, when: str) -> SeriesStyle:
    """Return the look of an ask adopted on the letter's date (*when* "letter") or from now on ("now")."""
    ask_name(ask)
    return scenario_style(f"{when}-{ask}")


def unit_words(unit: str) -> str:
    """Return a unit of the model's results in words ("h100e": "H100 equivalents"), itself if it has none."""
    return _UNITS.get(unit, unit)


def axis_kind(unit: str) -> str:
    """Return how `compact` writes a unit: "usd" for dollars, "" for everything else."""
    return "usd" if unit in ("usd", "usd a year", "usd a chip") else ""


def changed(value: float, unit: str = "", subject: str = "the median") -> str:
    """Return what a change does: "lowers the median by 220k"; for 0, "leaves the median as it is"."""
    if not math.isfinite(value) or value == 0:
        return f"leaves {subject} as it is"
    verb = "lowers" if value < 0 else "raises"
    return f"{verb} {subject} by {compact(abs(value), axis_kind(unit))}"


def clipped(words: str, width: int) -> str:
    """Return *words* cut at a comma or a space to at most *width* characters, not after a small word."""
    if len(words) <= width:
        return words
    head = words[: width + 1]
    kept = (head.rsplit(", ", 1)[0] if ", " in head else head.rsplit(" ", 1)[0]).rstrip(",;: ").split(" ")
    while len(kept) > 1 and kept[-1] in _SMALL_WORDS:
        kept.pop()
    return " ".join(kept)


def not_blank(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* without columns that are blank on every row: they say nothing in a figure's data."""
    return frame.dropna(axis=1, how="all")


def room_for(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """Return limits that hold zero and every finite value of *values*, with some room at the outer ends."""
    known = np.array([value for value in values if math.isfinite(value)] or [1.0])
    low, high = min(0.0, float(known.min())), max(0.0, float(known.max()))
    span = (high - low) or 1.0
    return low - share * span * (low < 0), high + share * span * (high > 0 or low == 0)


def log_axis(axes: Axes, which: str, low: float, high: float, unit: str = "") -> None:
    """Put an axis on a log scale from *low* to *high* (both above 0) with few, plain ticks."""
    if not 0 < low < high:
        raise FigureError(f"a log axis cannot run from {low:g} to {high:g}: it needs two values above zero.")
    set_scale, set_limits = (
        (axes.set_xscale, axes.set_xlim) if which == "x" else (axes.set_yscale, axes.set_ylim)
    )
    set_scale("log")
    set_limits(low, high)
    axis = axes.xaxis if which == "x" else axes.yaxis
    subs = (1.0, 2.0, 5.0) if math.log10(high / low) < 1.5 else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value, unit, 3)))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def side_columns(
    stage: Stage,
    axes: Axes,
    columns: Mapping[str, Sequence[str]],
    colours: Sequence[str] | None = None,
    heads: Mapping[str, str] | None = None,
    points: float = 0.0,
) -> None:
    """Write columns of words to the right of a panel, one cell per row, each column under its heading.

    *colours* has one colour per row, *heads* one per heading (for its column, over those of the rows);
    *points* is the type size, that of labels if 0.
    """
    type_size = points or stage.size.text
    left = 0.8 * type_size
    for heading, cells in columns.items():
        width = stage.width_of(heading, type_size)
        own = (heads or {}).get(heading, "")
        for place, words in enumerate(cells):
            ink = darken_for_text(own or (colours[place] if colours else MUTED))
            _aside(axes, words, (1.0, float(place)), left, ink, type_size)
            width = max([width, *(stage.width_of(line, type_size) for line in words.split("\n"))])
        if heading:
            _aside(axes, heading, None, left, darken_for_text(own or MUTED), type_size)
        left += width * 72 + 1.1 * type_size


def _aside(
    axes: Axes, words: str, at: tuple[float, float] | None, left: float, ink: str, points: float
) -> None:
    """Write one text *left* points right of the panel: beside a row, or above the panel for a heading."""
    note = axes.annotate(
        words,
        at or (1.0, 1.0),
        xycoords=("axes fraction", "data" if at else "axes fraction"),
        xytext=(left, 0.0 if at else 2.0),
        textcoords="offset points",
        va="center" if at else "bottom",
        ha="left",
        color=ink,
        fontsize=points,
        linespacing=1.05,
        annotation_clip=False,
    )
    mark(note, "label")


def row_names(
    stage: Stage, axes: Axes, names: Sequence[str], share: float = 0.3, points: float = 0.0
) -> None:
    """Name the rows of a horizontal chart, each wrapped to *share* of the page's width.

    *points* is the type size, that of labels if 0. A name longer than its row holds ends in an ellipsis.
    """
    type_size = points or stage.size.text
    room = share * stage.size.width * 72
    height = (stage.region.top - stage.region.bottom) * 72 - 3.5 * stage.size.text  # less ticks and headings
    most = max(int(height / max(len(names), 1) / (1.2 * type_size)), 1)
    lines = [_shortened(wrapped_to(stage, name, room, type_size), most) for name in names]
    category_axis(axes, ["\n".join(kept) for kept in lines])
    for label in axes.get_yticklabels():
        label.set_fontsize(type_size)
        label.set_linespacing(1.05)


def _shortened(lines: list[str], most: int) -> list[str]:
    """Return at most *most* lines, the last of them ending in an ellipsis if words were left out."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], lines[most - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"]


def year_ticks(stage: Stage, axes: Axes, years: Sequence[int]) -> None:
    """Name the years below a panel, as many as there is room for once it has its place."""
    axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
    axes.set_xticks([years[0], years[-1]], [str(years[0]), str(years[-1])])
    axes.tick_params(axis="x", length=0)

    def thin() -> None:
        room = float(axes.get_window_extent().width) / stage.page.dpi / (years[-1] - years[0] + 1.2)
        step = max(math.ceil(1.35 * stage.width_of(str(years[0]), stage.size.text) / room), 1)
        axes.set_xticks(years[::step], [str(year) for year in years[::step]])

    stage.later(thin)


def draw_changes(
    stage: Stage,
    axes: Axes,
    rows: pd.DataFrame,
    styles: Sequence[SeriesStyle],
    unit: str = "",
    heading: str = "",
    before: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Draw a range per row of *rows* (label, p05, p50, p95, optional p25, p75), on either side of zero.

    The interval is written in a column at the right, under *heading*, after the columns of *before*; a dot
    marks the median.
    """
    need_columns(rows, ("label", "p05", "p50", "p95"), "rows for ranges")
    for place, ((_, row), style) in enumerate(zip(rows.iterrows(), styles, strict=True)):
        draw_range(stage, axes, row, place, style.colour, style.marker)
    row_names(stage, axes, [str(label) for label in rows["label"]])
    axes.set_xlim(*room_for([*rows["p05"], *rows["p95"], *rows["p50"]]))
    number_axis(axes, "x", axis_kind(unit), steps=4)
    if not axis_kind(unit):
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value, "", 3)))
    zero_line(axes, "x")
    words = [interval_words(row, axis_kind(unit)) for _, row in rows.iterrows()]
    side_columns(stage, axes, {**(before or {}), heading: words}, [style.colour for style in styles])
