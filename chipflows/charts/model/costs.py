"""What each ask costs, beside what it does: a table whose cells say "not modelled" where that is so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from chipflows.charts.colour import mix
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.model.parts import ASKS, ask_name, axis_kind, changed, not_blank, unit_words
from chipflows.charts.model.texts import draw_text_table
from chipflows.charts.numbers import compact
from chipflows.charts.style import PALETTE
from chipflows.charts.words import first_that_fits, source_ids

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["NOT_MODELLED", "costs"]

NOT_MODELLED = "not modelled"
_COLUMNS = ("ask", "cost", "p05", "p50", "p95", "unit", "source_ids", "modelled")
_EFFECT = ("ask", "p05", "p50", "p95", "unit")


def costs(
    frame: pd.DataFrame,
    effects: pd.DataFrame,
    *,
    period: str,
    what: str = "PRC compute stock",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.costs",
) -> Figure:
    """Return the table of what each ask costs, by kind of cost, under what it does to *what*.

    frame: ask (h20, kyc, diffusion, cxmt), cost (its kind in words), p05, p50, p95 in unit (ends blank for a
    point), source_ids, modelled (bool; false prints "not modelled" whatever stands in the numbers); effects:
    ask, p05, p50, p95, unit, optional source_ids, the change in *what*. A kind of cost without a row for an
    ask is not modelled either. Raises FigureError for missing columns or an ask that is none of the four.
    """
    need_columns(frame, _COLUMNS, "costs")
    need_columns(effects, _EFFECT, "effects of the asks")
    for ask in {*frame["ask"], *effects["ask"]}:
        ask_name(str(ask))
    asks = [ask for ask in ASKS if ask in set(frame["ask"]) | set(effects["ask"])]
    modelled = frame["modelled"].map(lambda value: str(value).lower() == "true") & frame["p50"].notna()
    shown = frame.assign(modelled=modelled)
    title = _title(shown, effects)
    drawn = pd.concat([effects.assign(cost=f"change in {what}", modelled=True), shown], ignore_index=True)
    return Figure(
        id="costs",
        title=title,
        subtitle=f"Change in {what} and costs of each ask, each in its unit; PRC and US, {period}",
        unit="each in its unit",
        note=(
            "Medians, 5-95% of draws in brackets. A minus is less than without the ask. "
            f"{NOT_MODELLED.capitalize()}: no source and no response in the model, not a cost of zero. "
            + note
        ).strip(),
        sources=source_ids(frame, effects, more=sources),
        alt=f"Table of effect and costs for {len(asks)} asks. {title}.",
        period=period,
        made_by=made_by,
        data=not_blank(keep_columns(drawn, _COLUMNS)),
        draw=lambda stage: _draw(stage, shown, effects, asks, what),
    )


def _title(shown: pd.DataFrame, effects: pd.DataFrame) -> str:
    """Return the ask with the largest cost in dollars at the median, and its effect."""
    money = shown[shown["modelled"] & (shown["unit"] == "usd")]
    rest = "; other costs are not modelled" if (~shown["modelled"]).any() else ""
    if money.empty:
        return first_that_fits(f"No cost in dollars is modelled for any ask{rest}")
    top = money.iloc[int(money["p50"].to_numpy().argmax())]
    effect = effects[effects["ask"] == top["ask"]]
    does = (
        f"{changed(float(effect['p50'].iloc[0]), str(effect['unit'].iloc[0]))} at "
        if len(effect)
        else "costs "
    )
    name, cost, price = ask_name(str(top["ask"])), str(top["cost"]), compact(top["p50"], "usd")
    return first_that_fits(
        f"The {name} {does}{price} of {cost.lower()} at the median{rest}",
        f"{cost} is largest for the {name}, {price} at the median{rest}",
        f"{cost} is largest for the {name}, {price} at the median",
    )


def _draw(stage: Stage, shown: pd.DataFrame, effects: pd.DataFrame, asks: list[str], what: str) -> None:
    """Draw the effect first, then a row per kind of cost."""
    held_effects = {str(row["ask"]): _words(row) for _, row in effects.iterrows()}
    first = [held_effects.get(ask, NOT_MODELLED) for ask in asks]
    rows = [[f"Change in {what}", *first]]
    paints: dict[str, str] = {words.replace("\n", " "): mix(PALETTE["blue"], 0.22) for words in first}
    for cost, part in shown.groupby("cost", sort=False):
        held: Mapping[str, str] = {
            str(row["ask"]): _words(row) if row["modelled"] else NOT_MODELLED for _, row in part.iterrows()
        }
        cells = [held.get(ask, NOT_MODELLED) for ask in asks]
        paints |= {
            cell.replace("\n", " "): mix(PALETTE["ochre"], 0.26) for cell in cells if cell != NOT_MODELLED
        }
        rows.append([str(cost), *cells])
    paints[NOT_MODELLED] = "#ffffff"
    headings = ["", *(ask_name(ask) for ask in asks)]
    draw_text_table(stage, stage.panel(), rows, headings, (1.5, *[1.0] * len(asks)), paints)


def _words(row: pd.Series) -> str:
    """Return a cell: the median with its unit, and the interval on its own line where there is one."""
    unit = str(row["unit"])
    kind = axis_kind(unit)
    middle = compact(row["p50"], kind) + _after(unit)
    if pd.isna(row["p05"]) or row["p05"] == row["p95"]:
        return middle
    return f"{middle}\n({compact(row['p05'], kind)} to {compact(row['p95'], kind)})"


def _after(unit: str) -> str:
    """Return what stands after a number in its cell: nothing for dollars, a short unit otherwise."""
    if unit.startswith("usd"):
        return unit.removeprefix("usd")
    return " H100e" if unit in ("h100e", "h100e_bandwidth") else f" {unit_words(unit)}"
