"""Tier-2 countries under the Diffusion Rule's caps: what would have stood inside and outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import category_axis, number_axis, zero_line
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.model.parts import log_axis, unit_words
from chipflows.charts.numbers import compact, percent
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, PALETTE
from chipflows.charts.words import first_that_fits, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["tier2_caps"]

_COLUMNS = ("country", "inside", "outside", "authorised", "older", "unit")
_NAMES = {
    "AE": "United Arab Emirates", "AR": "Argentina", "AT": "Austria", "BR": "Brazil", "CH": "Switzerland",
    "CL": "Chile", "CZ": "Czechia", "GR": "Greece", "HU": "Hungary", "ID": "Indonesia", "IL": "Israel",
    "IN": "India", "IS": "Iceland", "KZ": "Kazakhstan", "LU": "Luxembourg", "MX": "Mexico", "MY": "Malaysia",
    "OM": "Oman", "PL": "Poland", "PT": "Portugal", "QA": "Qatar", "RO": "Romania", "SA": "Saudi Arabia",
    "SG": "Singapore", "TH": "Thailand", "TR": "Turkey", "UA": "Ukraine", "VN": "Vietnam",
    "ZA": "South Africa",
}  # fmt: skip
_INSIDE, _OUTSIDE = PALETTE["blue"], PALETTE["ochre"]
_FREE = {"authorised": ("authorised", PALETTE["green"], "s"), "older": ("older", BASELINE, "o")}


def tier2_caps(
    frame: pd.DataFrame,
    *,
    period: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.tier2_caps",
) -> Figure:
    """Return the figure of Tier-2 compute that would have counted against the country cap, and what not.

    frame: country (a name or an ISO code), inside and outside (counted: no VEU, licensed from 2025 on; within
    the cap and beyond it), authorised (a VEU, for example US-headquartered clouds) and older (there before),
    all in unit, the same on every row; optional source_ids. Raises FigureError for missing columns, mixed
    units or a negative amount.
    """
    need_columns(frame, _COLUMNS, "Tier-2 countries")
    units = list(dict.fromkeys(frame["unit"]))
    amounts = frame[["inside", "outside", "authorised", "older"]].fillna(0.0).to_numpy(dtype=float)
    if len(units) > 1 or (amounts < 0).any():
        raise FigureError(
            f"Tier-2 countries: units {', '.join(units)}, least amount {amounts.min():g}. Allowed: one unit, "
            "no amount below zero."
        )
    counted = frame["inside"].fillna(0) + frame["outside"].fillna(0)
    shown = frame.assign(counted=counted).sort_values("counted", ascending=False, kind="stable")
    shown = shown.reset_index(drop=True)
    title = _title(shown, units[0])
    return Figure(
        id="tier2_caps",
        title=title,
        subtitle=f"AI compute in Tier-2 countries under the Diffusion Rule's country cap, "
        f"{unit_words(units[0])}, {period}",
        unit=unit_words(units[0]),
        note=(
            "Counted against the cap: what needs a licence under the rule, by buyers without a validated end "
            "user authorisation. Authorised: such buyers' own allocation; older: there before the rule. "
            + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt="Bars by country of compute inside and outside the cap, with authorised and older "
        "compute apart. "
        f"{title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, _COLUMNS),
        draw=lambda stage: _draw(stage, shown),
    )


def _title(shown: pd.DataFrame, unit: str) -> str:
    """Return how much would have stood outside the cap, and in how many countries."""
    inside, outside = float(shown["inside"].sum()), float(shown["outside"].sum())
    total = inside + outside
    words = "H100e" if unit == "h100e" else unit_words(unit)
    if not total:
        return first_that_fits("Nothing shown would have counted against a Tier-2 country cap")
    if not outside:
        return first_that_fits(
            f"All {compact(total)} {words} that count against a cap would have stood inside it"
        )
    where = int((shown["outside"] > 0).sum())
    places = "1 country" if where == 1 else f"{where} countries"
    return first_that_fits(
        f"{percent(outside / total)} of the {compact(total)} {words} that count against a cap would "
        "have stood "
        f"outside, in {places}",
        f"{percent(outside / total)} of {compact(total)} {words} counted would have stood outside a cap, "
        f"in {places}",
    )


def _draw(stage: Stage, shown: pd.DataFrame) -> None:
    """Draw what counts at the left, what does not at the right on its own log scale."""
    left, right = stage.panels(1, 2, widths=(1.35, 1.0), gap=0.8)
    for axes, heading in ((left, "Counts against the cap"), (right, "Does not count, log scale")):
        category_axis(axes, [_NAMES.get(str(country), str(country)) for country in shown["country"]])
        axes.set_title(heading, pad=stage.size.text * 1.7)
    _draw_counted(left, shown)
    _draw_free(stage, right, shown)
    right.tick_params(labelleft=False)
    draw_key(stage, left, [KeyEntry("inside", _INSIDE), KeyEntry("outside", _OUTSIDE)])


def _draw_counted(axes: Axes, shown: pd.DataFrame) -> None:
    """Draw inside and outside as one bar per country, hatched beyond the cap; the sum at its end."""
    for place, row in enumerate(shown.fillna(0.0).to_dict("records")):
        start = 0.0
        for column, colour, hatch in (("inside", _INSIDE, ""), ("outside", _OUTSIDE, "////")):
            bars = axes.barh(
                place,
                row[column],
                0.62,
                left=start,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
                zorder=2,
            )
            mark(bars[0], "data")
            start += row[column]
        note = axes.annotate(
            compact(start) if start else "none",
            (start, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )
        mark(note, "label")
    axes.set_xlim(0, float(shown["counted"].max() or 1.0) * 1.02)
    number_axis(axes, "x", steps=4)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value, "", 3)))
    zero_line(axes, "x")


def _draw_free(stage: Stage, axes: Axes, shown: pd.DataFrame) -> None:
    """Draw authorised and older compute as marks on a log scale; nothing is drawn for none."""
    known = shown[["authorised", "older"]].to_numpy(dtype=float)
    known = known[np.isfinite(known) & (known > 0)]
    if not known.size:
        known = np.array([1.0, 10.0])
    log_axis(axes, "x", known.min() / 1.6, max(known.max() * 1.6, known.min() * 4))
    for column, (words, colour, marker) in _FREE.items():
        values = shown[column].where(shown[column] > 0).astype(float)
        dots = axes.scatter(
            values,
            np.arange(len(shown)) + (-0.14 if column == "authorised" else 0.14),
            s=(stage.size.marker * 0.9) ** 2,
            marker=marker,
            color=colour,
            linewidth=0,
            zorder=3,
            label=words,
        )
        if values.notna().any():
            mark(dots, "data")
    if not (shown[["authorised", "older"]] > 0).any(axis=None):
        raise FigureError(
            "Tier-2 countries: nothing authorised and nothing older, so half the figure is empty."
        )
    present = [_FREE[column] for column in _FREE if (shown[column] > 0).any()]
    draw_key(stage, axes, [KeyEntry(words, colour, marker) for words, colour, marker in present])
