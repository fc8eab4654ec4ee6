"""The figure of what the know-your-customer ask changes when its checks only search names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns, need_rows
from chipflows.charts.numbers import compact
from chipflows.charts.ranges import draw_ranges
from chipflows.charts.style import PALETTE
from chipflows.charts.words import first_that_fits, source_ids, wrapped

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["kyc_effect"]

_COLUMNS = ("label", "stopped", "p05", "p50", "p95")
_WIDTH = 26


def kyc_effect(
    frame: pd.DataFrame,
    *,
    draws: int,
    seed: int,
    period: str,
    sources: tuple[str, ...] = (),
    made_by: str = "chipflows.charts.lists.kyc_effect",
) -> Figure:
    """Return the figure of the change by how buyers hide, beside that of the checks the model assumes.

    frame: `flows.kyc.change_by_checks` (label, stopped, p05, p50, p95), in H100e; *period* is the quarter.
    Raises FigureError for missing columns or no row.
    """
    need_columns(frame, _COLUMNS, "effect of checks")
    need_rows(frame, "effect of checks")
    named = frame[frame["stopped"].notna()]
    least, most = compact(named["p50"].abs().min()), compact(named["p50"].abs().max())
    title = first_that_fits(
        f"Were names alone searched: {least} to {most} H100e less, by how buyers hide",
        f"Names alone: {least} to {most} H100e less, by how buyers hide",
    )
    return Figure(
        id="kyc_effect",
        title=title,
        subtitle=f"Change of the PRC's stock of AI compute by the know-your-customer ask, H100e, {period}",
        unit="H100e",
        note=(
            "Dots: medians; bars: 90% of draws. As if every hit ended the attempt, nobody had searched "
            "before and each pathway hid alike; some of the stopped try again. The mixes are ours, nobody "
            "has counted. "
            f"{draws:,} draws, seed {seed}."
        ),
        sources=source_ids(frame, more=sources),
        alt=f"Dots with intervals for {len(named)} mixes of evasion and for the checks assumed. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(frame, _COLUMNS),
        draw=lambda stage: _draw(stage, frame),
    )


def _draw(stage: Stage, frame: pd.DataFrame) -> None:
    """Draw a range a row; what the model assumes in another colour and mark."""
    measured = frame["stopped"].notna()
    rows = frame.assign(label=[wrapped(str(label), _WIDTH) for label in frame["label"]])
    colours = [PALETTE["ochre"] if known else PALETTE["green"] for known in measured]
    draw_ranges(stage, stage.panel(), rows, colours, markers=["o" if known else "D" for known in measured])
