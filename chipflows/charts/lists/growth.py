"""How the Entity List grew, with the PRC's share and the rules that added most PRC entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows import tables
from chipflows.charts.axes import category_axis, end_labels, number_axis, zero_line
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.numbers import percent
from chipflows.charts.quarters import date_position
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, INK, PALETTE
from chipflows.charts.words import first_that_fits, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["additions", "earlier_text", "entity_list_growth"]

_COLUMNS = ("first_cited_on", "rule_citation", "entries", "prc_entries")
_PRC, _OTHERS = PALETTE["red"], BASELINE
_MOST_RULES = 8


def additions() -> pd.DataFrame:
    """Return the entries of the newest text by rule; Hong Kong counts as the PRC.

    Columns: first_cited_on, rule_citation, entries, prc_entries, source_ids.
    """
    rows: pd.DataFrame = tables.table("entity_list_additions")
    rows = rows[rows["as_of"] == rows["as_of"].max()]
    prc = rows["cn_entries"] + rows["hk_entries"]
    shown: pd.DataFrame = rows.assign(prc_entries=prc)[[*_COLUMNS, "source_ids"]]
    return shown.reset_index(drop=True)


def earlier_text() -> tuple[str, float]:
    """Return the day of the oldest text held of the Entity List, and how many entries it had."""
    texts = tables.table("list_texts")
    oldest = texts[texts["list"] == "Entity List"].sort_values("as_of").iloc[0]
    return f"{oldest['as_of']:%Y-%m-%d}", float(oldest["entries"])


def entity_list_growth(
    frame: pd.DataFrame,
    *,
    earlier: tuple[str, float] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.lists.entity_list_growth",
) -> Figure:
    """Return the figure of entries by day of first citation, and the rules that added most PRC ones.

    frame: first_cited_on (a date), rule_citation, entries, prc_entries, optional source_ids. *earlier* is a
    day and the number of entries an earlier text held then: what stands above the line has gone since.
    Raises FigureError for missing columns, or more PRC entries than entries.
    """
    need_columns(frame, _COLUMNS, "additions to the Entity List")
    if (frame["prc_entries"] > frame["entries"]).any():
        raise FigureError("additions to the Entity List: a rule with more PRC entries than entries.")
    rows = frame.sort_values("first_cited_on", kind="stable").reset_index(drop=True)
    rows["first_cited_on"] = pd.to_datetime(rows["first_cited_on"])
    rows["total"], rows["prc_total"] = rows["entries"].cumsum(), rows["prc_entries"].cumsum()
    last = rows.iloc[-1]
    first, end = (rows["first_cited_on"].iloc[place] for place in (0, -1))
    period = f"{first:%Y} to {end:%B %Y}"
    share = percent(last["prc_total"] / last["total"])
    data = keep_columns(rows, (*_COLUMNS, "total", "prc_total"))
    data["first_cited_on"] = rows["first_cited_on"].dt.strftime("%Y-%m-%d")
    title = first_that_fits(
        f"{share} of the {last['total']:,.0f} entries on the Entity List are in the PRC, "
        f"{_latest_share(rows)} of those added since 2023",
        f"{share} of {last['total']:,.0f} Entity List entries are in the PRC",
    )
    return Figure(
        id="entity_list_growth",
        title=title,
        subtitle=f"Entries by day of first citation, and by the rule that added them; world, {period}",
        unit="entries",
        note=(
            "Only entries that still stand: what was removed is missing. Bars: the rules with most PRC "
            "entries. The PRC includes Hong Kong; natural persons are counted, never named. "
            + _earlier_note(earlier)
            + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Step lines of entries, all and in the PRC, and bars of additions by rule. {title}.",
        period=period,
        made_by=made_by,
        data=data,
        draw=lambda stage: _draw(stage, rows, earlier),
    )


def _latest_share(rows: pd.DataFrame) -> str:
    """Return the PRC's share of what was first cited from 2023 on."""
    late = rows[rows["first_cited_on"] >= pd.Timestamp(2023, 1, 1)]
    return percent(late["prc_entries"].sum() / late["entries"].sum()) if len(late) else "none"


def _earlier_note(earlier: tuple[str, float] | None) -> str:
    if earlier is None:
        return ""
    return f"Ring: a text of {pd.Timestamp(earlier[0]):%B %Y} held {earlier[1]:,.0f} entries. "


def _draw(stage: Stage, rows: pd.DataFrame, earlier: tuple[str, float] | None) -> None:
    """Draw the two lines, and the bars beside or below them."""
    if stage.size.is_wide:
        left, right = stage.panels(1, 2, widths=(1.3, 1.0), gap=2.0)
    else:
        left, right = stage.panels(2, 1, gap=3.2)
    _draw_lines(stage, left, rows, earlier)
    _draw_rules(stage, right, rows)


def _draw_lines(stage: Stage, axes: Axes, rows: pd.DataFrame, earlier: tuple[str, float] | None) -> None:
    """Draw running totals as steps."""
    x = [date_position(day.date()) for day in rows["first_cited_on"]]
    ends = {}
    for column, name, colour in (("total", "all", INK), ("prc_total", "PRC", _PRC)):
        (line,) = axes.step(x, rows[column], where="post", color=colour, label=name)
        mark(line, "data")
        ends[f"{name} {rows[column].iloc[-1]:,.0f}"] = (x[-1], float(rows[column].iloc[-1]), colour)
    if earlier is not None:
        day = date_position(pd.Timestamp(earlier[0]).date())
        ring = axes.scatter(
            [day], [earlier[1]], s=stage.size.marker**2 * 1.3, facecolor="white", edgecolor=INK, zorder=4
        )
        mark(ring, "data")
    years = range(2000, rows["first_cited_on"].iloc[-1].year + 1, 5)
    axes.set_xticks(
        [date_position(pd.Timestamp(year, 1, 1).date()) for year in years], [str(y) for y in years]
    )
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(0, float(rows["total"].iloc[-1]) * 1.05)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_title("Entries that stand now")
    zero_line(axes)
    end_labels(stage, axes, ends)


def _draw_rules(stage: Stage, axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the rules with most PRC entries as bars, the PRC's part first."""
    most = rows.nlargest(_MOST_RULES, "prc_entries").sort_values("first_cited_on").reset_index(drop=True)
    names = [f"{row.first_cited_on:%b %Y}, {row.rule_citation}" for row in most.itertuples()]
    category_axis(axes, names)
    places = np.arange(len(most))
    others = most["entries"] - most["prc_entries"]
    for values, start, colour in ((most["prc_entries"], 0, _PRC), (others, most["prc_entries"], _OTHERS)):
        for bar in axes.barh(places, values, 0.62, left=start, color=colour, linewidth=0, zorder=2):
            mark(bar, "data")
    for place, row in most.iterrows():
        note = axes.annotate(
            f"{row['prc_entries']:,.0f}", (row["entries"], place), xytext=(4, 0), textcoords="offset points",
            va="center", annotation_clip=False, color=INK,
        )  # fmt: skip
        mark(note, "label")
    axes.set_xlim(0, float(most["entries"].max()) * 1.1)
    number_axis(axes, "x", steps=3)
    zero_line(axes, "x")
    draw_key(stage, axes, [KeyEntry("PRC entries", _PRC), KeyEntry("others", _OTHERS)])
