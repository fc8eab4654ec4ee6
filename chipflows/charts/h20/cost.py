"""What the rules cost US firms: revenue forgone in the model beside what companies reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.contract import Figure
from chipflows.charts.frames import need_columns
from chipflows.charts.numbers import compact
from chipflows.charts.ranges import draw_ranges
from chipflows.charts.style import BASELINE, scenario_styles
from chipflows.charts.words import first_that_fits, scenario_name, source_ids, wrapped

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["h20_cost"]


def h20_cost(
    forgone: pd.DataFrame,
    filings: pd.DataFrame,
    *,
    period: str,
    reference: str = "no rule on the chip",
    names: Mapping[str, str] | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.h20.h20_cost",
) -> Figure:
    """Return the figure of revenue forgone by US chip vendors, by scenario, beside reported facts.

    forgone: scenario, p05, p25, p50, p75, p95 in USD, per-draw differences against *reference* (words for
    the subtitle), one row per scenario, summed over *period*; filings: label, value_usd, optional
    source_ids. Raises FigureError for missing columns or no rows.
    """
    need_columns(forgone, ("scenario", "p05", "p25", "p50", "p75", "p95"), "revenue forgone")
    need_columns(filings, ("label", "value_usd"), "filings")
    called = {
        scenario: (names or {}).get(scenario, scenario_name(scenario)) for scenario in forgone["scenario"]
    }
    modelled = forgone.assign(label=forgone["scenario"].map(called), basis="modelled")
    reported = filings.assign(
        basis="reported",
        scenario="",
        **dict.fromkeys(("p05", "p25", "p50", "p75", "p95"), filings["value_usd"]),
    )
    columns = ["basis", "scenario", "label", "p05", "p25", "p50", "p75", "p95"]
    data = pd.concat([modelled[columns], reported[columns]], ignore_index=True)
    title = _title(modelled, reference)
    return Figure(
        id="h20_cost",
        title=title,
        subtitle=f"Revenue from PRC sales forgone by US chip vendors against {reference}, "
        f"US dollars, {period}; below, as reported",
        unit="US dollars",
        note=(
            "Dot: median; bars: 25-75% and 5-95% of draws. Hollow: a figure a company reported; "
            "reported figures overlap and "
            "do not add up. " + note
        ).strip(),
        sources=source_ids(filings, forgone, more=sources),
        alt=f"Ranges of revenue forgone for {len(modelled)} scenarios above {len(filings)} reported figures. "
        f"{title}.",
        period=period,
        made_by=made_by,
        data=data,
        draw=lambda stage: _draw(stage, data),
    )


def _title(modelled: pd.DataFrame, reference: str) -> str:
    """Return what is forgone against the reference: as it stands, and at most of the scenarios shown."""
    top = modelled.sort_values("p50").iloc[-1]
    most, stands = compact(top["p50"], "usd"), modelled[modelled["scenario"] == "actual"]
    if stands.empty or top["scenario"] == "actual":
        low, high = compact(top["p05"], "usd"), compact(top["p95"], "usd")
        return first_that_fits(f"Against {reference}, vendors forgo about {most}, between {low} and {high}")
    already = compact(float(stands["p50"].iloc[0]), "usd")
    return first_that_fits(
        f"Against {reference}, vendors forgo about {already} as things stand, {most} with the ask",
        f"Vendors forgo about {already} as things stand, {most} with the ask",
    )


def _draw(stage: Stage, data: pd.DataFrame) -> None:
    """Draw modelled ranges above reported figures, on one dollar scale each of the same length."""
    is_model = data["basis"] == "modelled"
    named = data.assign(label=[wrapped(label, 26) for label in data["label"]])
    upper, lower = stage.panels(
        2, 1, heights=(int(is_model.sum()) + 0.8, int((~is_model).sum()) + 0.8), gap=2.0
    )
    styles = scenario_styles(data.loc[is_model, "scenario"])
    draw_ranges(
        stage,
        upper,
        named[is_model],
        [style.colour for style in styles.values()],
        "usd",
        [style.marker for style in styles.values()],
    )
    draw_ranges(
        stage,
        lower,
        named[~is_model],
        [BASELINE] * int((~is_model).sum()),
        "usd",
        ["D"] * int((~is_model).sum()),
    )
    upper.set_title("In the model")
    lower.set_title("As companies reported")
    right = max(upper.get_xlim()[1], lower.get_xlim()[1])
    left = min(upper.get_xlim()[0], lower.get_xlim()[0])
    for axes in (upper, lower):
        axes.set_xlim(left, right)
