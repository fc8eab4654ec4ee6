"""Tier-2 countries under the Diffusion Rule's caps: what runs and what is planned, inside and outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflows.charts.axes import category_axis
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.model.parts import log_axis, side_columns, unit_words
from chipflows.charts.numbers import compact
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, INK, PALETTE
from chipflows.charts.words import first_that_fits, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["tier2_caps"]

_COLUMNS = ("country", "running", "planned", "authorised", "older", "cap", "unit")
_NAMES = {
    "AE": "United Arab Emirates", "AR": "Argentina", "AT": "Austria", "BR": "Brazil", "CH": "Switzerland",
    "CL": "Chile", "CZ": "Czechia", "GR": "Greece", "HU": "Hungary", "ID": "Indonesia", "IL": "Israel",
    "IN": "India", "IS": "Iceland", "KZ": "Kazakhstan", "LU": "Luxembourg", "MX": "Mexico", "MY": "Malaysia",
    "OM": "Oman", "PL": "Poland", "PT": "Portugal", "QA": "Qatar", "RO": "Romania", "SA": "Saudi Arabia",
    "SG": "Singapore", "TH": "Thailand", "TR": "Turkey", "UA": "Ukraine", "VN": "Vietnam",
    "ZA": "South Africa",
}  # fmt: skip
_AMOUNTS = ["running", "planned", "authorised", "older"]
_SIGNS = {
    "running": KeyEntry("running, counts", PALETTE["blue"], "o"),
    "planned": KeyEntry("with plans", PALETTE["ochre"], "D", hollow=True),
    "authorised": KeyEntry("authorised users", PALETTE["green"], "s"),
    "older": KeyEntry("older", BASELINE, "^"),
}


def tier2_caps(
    frame: pd.DataFrame,
    *,
    period: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.tier2_caps",
) -> Figure:
    """Return the figure of Tier-2 compute that would have counted against the country cap, and what not.

    frame: country (a name or an ISO code); running and planned, which count (no VEU, licensed from 2025 on);
    authorised (a VEU, for example US-headquartered clouds) and older (there before), which do not; cap, of
    one country; all in unit, cap and unit the same on every row; optional source_ids. Raises FigureError for
    missing columns, mixed units or caps, or a negative amount.
    """
    need_columns(frame, _COLUMNS, "Tier-2 countries")
    units, caps = list(dict.fromkeys(frame["unit"])), list(dict.fromkeys(frame["cap"]))
    amounts = frame[_AMOUNTS].fillna(0.0).to_numpy(dtype=float)
    if len(units) > 1 or len(caps) > 1 or (amounts < 0).any():
        raise FigureError(
            f"Tier-2 countries: units {', '.join(units)}, caps {', '.join(map(str, caps))}, least amount "
            f"{amounts.min():g}. Allowed: one unit, one cap, no amount below zero."
        )
    counted = frame["running"].fillna(0) + frame["planned"].fillna(0)
    shown = frame.assign(counted=counted).sort_values("counted", ascending=False, kind="stable")
    shown = shown.reset_index(drop=True)
    title = _title(shown, float(caps[0]))
    return Figure(
        id="tier2_caps",
        title=title,
        subtitle=f"AI compute in Tier-2 countries against the Diffusion Rule's cap per country, "
        f"{unit_words(units[0])}, log scale, {period}",
        unit=unit_words(units[0]),
        note=(
            f"Line: the cap, {compact(float(caps[0]))}. Counts: by owners without a validated end user "
            "authorisation, from 2025 on; plans may never be built. Authorised users have an allocation of "
            "their own; older stood before the rule. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Marks by country of compute running, planned, authorised and older, with the cap. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, _COLUMNS),
        draw=lambda stage: _draw(stage, shown, float(caps[0])),
    )


def _title(shown: pd.DataFrame, cap: float) -> str:
    """Return in how many countries with any what runs, and what is planned with it, passes the cap."""
    running = int((shown["running"].fillna(0) > cap).sum())
    whole = int((shown["counted"] > cap).sum())
    some = int((shown["running"].fillna(0) > 0).sum())
    if not (shown["counted"] > 0).any():
        return first_that_fits("Nothing known would have counted against a Tier-2 country cap")
    passes = "passes" if whole == 1 else "pass"
    then = f"with plans, {whole} {passes} it" if whole > running else "plans change nothing"
    if not some:
        return first_that_fits(f"No known new clusters run; {then}")
    places = "1 country" if some == 1 else f"{some} countries"
    inside = f"inside the cap in all {places}" if some > 1 else f"inside the cap in {places}"
    now = f"outside the cap in {running} of {places}" if running else inside
    return first_that_fits(f"Known new clusters that run are {now}; {then}")


def _draw(stage: Stage, shown: pd.DataFrame, cap: float) -> None:
    """Draw a row per country, the four amounts as marks, none for zero; what counts at the right."""
    axes = stage.panel()
    category_axis(axes, [_NAMES.get(str(country), str(country)) for country in shown["country"]])
    known = shown[[*_AMOUNTS, "counted"]].to_numpy(dtype=float)
    known = known[np.isfinite(known) & (known > 0)]
    log_axis(axes, "x", min(known.min(), cap) / 1.6, max(known.max(), cap) * 1.6)
    axes.axvline(cap, color=INK, linewidth=stage.size.stroke * 0.7, zorder=1)
    for column in _AMOUNTS:
        _marks(stage, axes, shown["counted" if column == "planned" else column], column)
    present = [_SIGNS[column] for column in _AMOUNTS if (shown[column] > 0).any()]
    draw_key(stage, axes, present)
    sums = [compact(value) if value else "none" for value in shown["counted"]]
    side_columns(stage, axes, {"Counts": sums})


def _marks(stage: Stage, axes: Axes, values: pd.Series, column: str) -> None:
    """Draw one amount's marks; nothing is drawn for none."""
    sign, some = _SIGNS[column], values > 0
    if not some.any():
        return
    dots = axes.scatter(
        values[some].astype(float),
        np.flatnonzero(some),
        s=(stage.size.marker * (1.3 if sign.hollow else 0.9)) ** 2,
        marker=sign.marker,
        facecolor="none" if sign.hollow else sign.colour,
        edgecolor=sign.colour,
        linewidth=stage.size.stroke * 0.8 if sign.hollow else 0,
        zorder=2 if sign.hollow else 3,
    )
    mark(dots, "data")
