"""Mirror gaps: what the seller reports beside what the buyer reports, and the sides nobody holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.model.parts import log_axis, row_names, side_columns
from chipflows.charts.numbers import about
from chipflows.charts.roles import mark
from chipflows.charts.style import INK, MUTED, PALETTE
from chipflows.charts.words import first_that_fits, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["mirror_gap"]

_COLUMNS = (
    "label",
    "period",
    "export_usd",
    "import_usd",
    "import_valuation",
    "fob_low",
    "fob_high",
    "status",
)
_SELLER, _BUYER = PALETTE["navy"], PALETTE["red"]
_MISSING = {"exporter only": "buyer's side not held", "importer only": "seller's side not held"}


def mirror_gap(
    frame: pd.DataFrame,
    *,
    pull: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.trade.mirror_gap",
) -> Figure:
    """Return the figure of both reports of each corridor, raw, and of the sides that are not held.

    frame: label, period, export_usd, import_usd (USD, as reported), import_valuation, fob_low, fob_high (the
    FOB value a CIF import may stand for), status (both, exporter only, importer only, neither), optional
    source_ids; *pull* is the command that fills what is empty. Raises FigureError for missing columns or when
    no corridor has both sides.
    """
    need_columns(frame, _COLUMNS, "mirror gaps")
    both = frame[frame["status"] == "both"]
    if both.empty:
        raise FigureError(f"mirror gaps: no corridor has both sides. Run {pull} first.")
    known = frame[frame["status"] != "neither"]
    years = sorted(set(known["period"]) - {""})
    period = f"{years[0]} to {years[-1]}" if len(years) > 1 else years[0]
    title = _title(both)
    return Figure(
        id="mirror_gap",
        title=title,
        subtitle="Each corridor in two countries' statistics, not reconciled, US dollars in the last year "
        f"held, log scale; US, Taiwan, hubs and PRC, {period}",
        unit="US dollars",
        note=(
            "Processors: HS 8542.31, other circuits: 8542.39; servers, modules: 8471.50, 8471.80, 8473.30. "
            "No value shown holds freight, unless a bar says what a CIF import may be worth FOB. Exports "
            "name the destination known when goods left, imports where they were made, and customs offices "
            f"differ on codes: a gap is no evidence of diversion. Empty places: {pull}. " + note
        ).strip(),
        sources=source_ids(known, more=sources),
        alt=f"Two marks a row, the seller's and the buyer's report, for {len(both)} of {len(frame)} "
        f"corridors; the other rows lack a side. {title}.",
        period=period,
        made_by=made_by,
        data=_data(frame),
        draw=lambda stage: _draw(stage, stage.panel(), frame),
    )


def _data(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what is drawn, without columns that are blank on every row."""
    kept = keep_columns(frame, _COLUMNS)
    return kept.dropna(axis=1, how="all")


def _title(both: pd.DataFrame) -> str:
    """Return how far apart the two reports of one corridor lie by code, and with the codes together."""
    apart = (both["import_usd"] / both["export_usd"]).pipe(lambda ratio: ratio.where(ratio >= 1, 1 / ratio))
    widest, narrowest = apart.max(), apart.min()
    seller, buyer = str(both["label"].iloc[int(apart.argmax())]).split(":")[0].split(" to ")
    return first_that_fits(
        f"{seller}'s exports and {buyer} imports of chips lie {about(widest)}-fold apart in one code, "
        f"{about(narrowest)}-fold in two",
        f"Two reports of the same trade lie {about(widest)}-fold apart by code",
    )


def _draw(stage: Stage, axes: Axes, frame: pd.DataFrame) -> None:
    """Draw both reports per row on one dollar scale; the last column says the ratio or what is missing."""
    rows = frame.reset_index(drop=True)
    values = rows[["export_usd", "import_usd"]]
    log_axis(axes, "x", float(values.min().min()) / 2.5, float(values.max().max()) * 2, "usd")
    for place, (_, row) in enumerate(rows.iterrows()):
        _draw_row(stage, axes, row, place)
    row_names(stage, axes, [str(label) for label in rows["label"]], share=0.3)
    columns = {
        "year": [str(year) for year in rows["period"]],
        "buyer / seller": [_said(row) for _, row in rows.iterrows()],
    }
    side_columns(
        stage, axes, columns, [INK if row["status"] == "both" else MUTED for _, row in rows.iterrows()]
    )
    draw_key(
        stage, axes, [KeyEntry("seller's exports", _SELLER, "s"), KeyEntry("buyer's imports", _BUYER, "o")]
    )


def _said(row: pd.Series) -> str:
    """Return the ratio of the two reports, or which side is missing."""
    if row["status"] == "both":
        return f"×{about(row['import_usd'] / row['export_usd'])}"
    return _MISSING.get(row["status"], "neither side held")


def _draw_row(stage: Stage, axes: Axes, row: pd.Series, place: int) -> None:
    """Draw one corridor: a line between both reports, the freight bar of a CIF import, the marks."""
    if row["status"] == "both":
        ends = [row["export_usd"], row["import_usd"]]
        axes.plot(ends, [place, place], color=MUTED, linewidth=stage.size.stroke * 0.5, zorder=1.5)
    if pd.notna(row["fob_low"]):
        width = row["fob_high"] - row["fob_low"]
        bar = axes.barh(
            place, width, 0.3, left=row["fob_low"], color=_BUYER, alpha=0.35, linewidth=0, zorder=2
        )
        mark(bar[0], "data")
    for side, colour, sign in (("export_usd", _SELLER, "s"), ("import_usd", _BUYER, "o")):
        if pd.notna(row[side]):
            dot = axes.scatter(
                [row[side]], [place], s=stage.size.marker**2, marker=sign, color=colour, zorder=3
            )
            mark(dot, "data")
