"""Where NVIDIA's revenue was billed: shares by region and fiscal period. Billing is not destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.axes import end_labels, zero_line
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.numbers import percent
from chipflows.charts.quarters import date_position
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, PALETTE
from chipflows.charts.words import first_that_fits, source_ids

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["nvda_billing"]

_COLUMNS = ("period", "starts_on", "ends_on", "region", "usd_m", "share")
_STYLES: dict[str, tuple[str, str | tuple[int, tuple[float, ...]]]] = {
    "United States": (PALETTE["navy"], "solid"),
    "Singapore": (PALETTE["red"], "solid"),
    "Taiwan": (PALETTE["green"], (0, (4.0, 1.6))),
    "China including Hong Kong": (PALETTE["purple"], "solid"),
    "Other": (BASELINE, (0, (1.0, 1.2))),
}


def nvda_billing(
    frame: pd.DataFrame,
    *,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.trade.nvda_billing",
) -> Figure:
    """Return the figure of NVIDIA's revenue by region billed, as shares of each fiscal period.

    frame: period, starts_on, ends_on, region, usd_m, share (0 to 1), optional source_ids; a region not named
    in a period is left out there. Raises FigureError for missing columns or no rows.
    """
    need_columns(frame, _COLUMNS, "billing by region")
    rows = frame[frame["region"].isin(_STYLES)].sort_values(["region", "starts_on"]).reset_index(drop=True)
    last = rows[rows["ends_on"] == rows["ends_on"].max()].set_index("region")
    first, end = str(rows.sort_values("starts_on")["period"].iloc[0]), str(last["period"].iloc[0])
    period = f"{first} to {end}"
    title = first_that_fits(
        f"{percent(last.loc['Singapore', 'share'])} of NVIDIA's revenue was billed to Singapore in {end}, "
        f"{percent(last.loc['China including Hong Kong', 'share'])} to China and Hong Kong"
    )
    data = keep_columns(rows, _COLUMNS)
    for name in ("starts_on", "ends_on"):
        data[name] = pd.to_datetime(data[name]).dt.strftime("%Y-%m-%d")
    return Figure(
        id="nvda_billing",
        title=title,
        subtitle=f"Where NVIDIA sent the invoice, which is not where the goods went: share of revenue by "
        f"region, worldwide, {period}",
        unit="share of revenue",
        note=(
            "Billing is not destination: NVIDIA says that customers use Singapore to centralise invoicing "
            "and that products are almost always shipped elsewhere. Reported figures; Singapore is "
            "inside Other before fiscal 2023; one step covers two quarters where filings do not part them. "
            + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Step lines of the share of NVIDIA's revenue billed to five regions by fiscal period. {title}. "
        "Billing is not destination.",
        period=period,
        made_by=made_by,
        data=data,
        draw=lambda stage: _draw(stage, stage.panel(), rows),
    )


def _draw(stage: Stage, axes: Axes, rows: pd.DataFrame) -> None:
    """Draw each region's share as steps from the first to the last day of each period."""
    ends = {}
    start = pd.Timestamp(rows["starts_on"].min())
    end = pd.Timestamp(rows["ends_on"].max())
    for region, (colour, dashes) in _STYLES.items():
        part = rows[rows["region"] == region]
        x = [date_position(day.date()) for day in pd.to_datetime(part["starts_on"])]
        x.append(date_position(pd.Timestamp(part["ends_on"].max()).date()))
        y = [*part["share"], part["share"].iloc[-1]]
        (line,) = axes.step(x, y, where="post", color=colour, linestyle=dashes, label=region)
        mark(line, "data")
        name = region.replace(" including ", " incl. ")
        ends[f"{name} {percent(y[-1])}"] = (x[-1], y[-1], colour)
    axes.set_xlim(date_position(start.date()) - 0.2, date_position(end.date()) + 0.1)
    years = range(start.year, end.year + 1)
    spots = [(date_position(pd.Timestamp(year, 1, 1).date()), str(year)) for year in years]
    shown = [(x, name) for x, name in spots if x >= date_position(start.date()) - 0.2]
    axes.set_xticks([x for x, _ in shown], [name for _, name in shown], ha="left")
    axes.set_ylim(0, float(rows["share"].max()) * 1.08)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value) if value else "0"))
    zero_line(axes)
    end_labels(stage, axes, ends)
