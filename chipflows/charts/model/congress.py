"""What Congress can do without BIS: bills, their stage, and the lever of the model each would move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.colour import mix
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.model.parts import ASKS
from chipflows.charts.model.texts import draw_text_table
from chipflows.charts.style import PALETTE
from chipflows.charts.words import first_that_fits, source_ids

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["NO_LEVER", "congress_levers"]

NO_LEVER = "not modelled"
_COLUMNS = ("bill", "status", "lever", "what")
_STATUS = {
    "proposed": mix(PALETTE["ochre"], 0.3),
    "passed the Senate": mix(PALETTE["blue"], 0.25),
    "passed the House": mix(PALETTE["blue"], 0.25),
    "enacted": mix(PALETTE["green"], 0.9),
    "left out": "#dfe2e7",
}


def congress_levers(
    frame: pd.DataFrame,
    *,
    period: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.congress_levers",
) -> Figure:
    """Return the table of what Congress can do without BIS, each bill with its stage and the model's lever.

    frame: bill, status (open to Congress, proposed, passed the House, left out, enacted ...), lever (blank:
    not modelled), what (one sentence), optional source_ids. Raises FigureError for missing columns, and
    when the words do not fit a size.
    """
    need_columns(frame, _COLUMNS, "what Congress can do")
    blank = frame["lever"].isna() | (frame["lever"].astype(str).str.strip() == "")
    shown = frame.assign(lever=frame["lever"].where(~blank, NO_LEVER)).reset_index(drop=True)
    count = int((~blank).sum())
    enacted = int((shown["status"] == "enacted").sum())
    passed = int(shown["status"].astype(str).str.startswith("passed").sum())
    one = f"; {passed} passed one chamber" if passed else ""
    law = f", {enacted} enacted" if enacted else ", none is enacted"
    title = first_that_fits(
        f"{count} of {len(shown)} acts that Congress could pass move a lever of the model{one}{law}",
        f"{count} of {len(shown)} acts Congress could pass move a lever{one}{law}",
    )
    return Figure(
        id="congress_levers",
        title=title,
        subtitle=f"What the US Congress can do without BIS, by stage and lever of the model, {period}",
        unit="lever of the model",
        note=("A lever that is not modelled changes nothing in any result. " + note).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Table of {len(shown)} bills and resolutions with stage and lever. {title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, _COLUMNS),
        draw=lambda stage: _draw(stage, shown),
    )


def _draw(stage: Stage, shown: pd.DataFrame) -> None:
    """Draw the table."""
    rows = [
        [str(row["bill"]), str(row["status"]).replace("_", " "), _lever(str(row["lever"])), str(row["what"])]
        for _, row in shown.iterrows()
    ]
    headings = ["Act", "Stage", "Lever", "What it would do"]
    draw_text_table(stage, stage.panel(), rows, headings, (2.5, 1.15, 1.5, 4.3), _STATUS)


def _lever(lever: str) -> str:
    """Return a lever as a reader names it: an ask by its name, others in plain words."""
    return ASKS.get(lever, lever.replace("_", " ").replace("kyc", "KYC"))
