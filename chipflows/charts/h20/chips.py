"""The H20 by its two metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import StrMethodFormatter

from chipflows.charts.axes import zero_line
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.numbers import percent
from chipflows.charts.points import draw_points, place_texts
from chipflows.charts.style import BASELINE, INK, PALETTE
from chipflows.charts.words import first_that_fits, short_chip_name, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["h20_two_metrics"]

_UNIT = "% of an H100"
_COLUMNS = (
    "chip_id",
    "label",
    "dense_8bit_tops",
    "mem_bw_gbps",
    "throughput_pct",
    "bandwidth_pct",
    "is_china_variant",
    "group",
)


def h20_two_metrics(
    chips: pd.DataFrame,
    *,
    subject: str = "H20",
    reference: str = "H100",
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.h20.h20_two_metrics",
) -> Figure:
    """Return the figure of chips by dense 8-bit throughput and memory bandwidth, both relative to the H100.

    chips: name (or short `label`), dense_8bit_tops (TOPS), mem_bw_gbps (GB/s), is_china_variant; optional
    group ("PRC-designed"), released_on (ISO, for the period), source_ids. *subject* and *reference* are
    labels that must be among them. Raises FigureError if they are not or a column is missing.
    """
    need_columns(chips, ("name", "dense_8bit_tops", "mem_bw_gbps", "is_china_variant"), "chips")
    shown = _relative(chips, reference)
    base, ours = (_one(shown, label) for label in (reference, subject))
    throughput, bandwidth = (ours[c] / base[c] for c in ("dense_8bit_tops", "mem_bw_gbps"))
    title = first_that_fits(
        f"The {subject} has {percent(throughput)} of an {reference}'s 8-bit throughput, "
        f"{percent(bandwidth, 3)} of its bandwidth"
    )
    period = _period(shown)
    return Figure(
        id="h20_two_metrics",
        title=title,
        subtitle=f"Dense 8-bit throughput and memory bandwidth of one chip, {_UNIT}; "
        f"chips in the PRC market, {period}",
        unit=_UNIT,
        note=(
            "On the diagonal both metrics agree; above it a chip offers more memory bandwidth "
            "for its throughput. " + note
        ).strip(),
        sources=source_ids(shown, more=sources),
        alt=f"Scatter of {len(shown)} chips by throughput and memory bandwidth relative to the {reference}. "
        f"{title}.",
        period=period,
        made_by=made_by,
        data=keep_columns(shown, _COLUMNS),
        draw=lambda stage: _draw(stage, shown, subject),
    )


def _relative(chips: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the chips with both metrics, labelled, and as percentages of the reference's."""
    shown = chips.dropna(subset=["dense_8bit_tops", "mem_bw_gbps"]).copy()
    if "label" not in shown:
        shown["label"] = shown["name"].map(short_chip_name)
    base = _one(shown, reference)
    shown["throughput_pct"] = 100 * shown["dense_8bit_tops"] / base["dense_8bit_tops"]
    shown["bandwidth_pct"] = 100 * shown["mem_bw_gbps"] / base["mem_bw_gbps"]
    return shown


def _one(shown: pd.DataFrame, label: str) -> pd.Series:
    """Return the row labelled *label*."""
    rows = shown[shown["label"] == label]
    if rows.empty:
        raise FigureError(
            f"chips: no row labelled {label!r} with throughput and bandwidth. "
            f"There are: {', '.join(shown['label'])}."
        )
    return rows.iloc[0]


def _period(shown: pd.DataFrame) -> str:
    """Return the years the chips came out, "as published" if the frame does not say."""
    years = (
        shown["released_on"].dropna().astype(str).str[:4] if "released_on" in shown else pd.Series(dtype=str)
    )
    years = years[years.str.fullmatch(r"\d{4}")]
    if years.empty:
        return "as published"
    return (
        f"released {years.min()} to {years.max()}"
        if years.min() != years.max()
        else f"released {years.min()}"
    )


def _draw(stage: Stage, shown: pd.DataFrame, subject: str) -> None:
    """Draw the scales, the diagonal, the points and the names."""
    axes = stage.panel()
    axes.grid(True, axis="x")
    top = 1.14 * max(shown["bandwidth_pct"].max(), shown["throughput_pct"].max() * 0.9)
    axes.set_xlim(0, shown["throughput_pct"].max() * 1.22)
    axes.set_ylim(0, top)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:.0f}%"))
    edge = min(axes.get_xlim()[1], top)
    thin = stage.size.stroke * 0.5
    axes.plot([0, edge], [0, edge], color=BASELINE, linewidth=thin, linestyle=(0, (3, 3)), zorder=1)
    axes.set_xlabel("Dense 8-bit throughput", loc="right")
    axes.set_title("Memory bandwidth", fontweight="normal", pad=stage.size.text * 1.7)
    zero_line(axes)
    colours = _draw_groups(stage, axes, shown)
    stage.later(lambda: _name(stage, shown, colours, subject))


def _draw_groups(stage: Stage, axes: Axes, shown: pd.DataFrame) -> dict[str, str]:
    """Draw each kind of chip with its sign and the key above; return the colour of each label."""
    prc = shown["group"].eq("PRC-designed") if "group" in shown else pd.Series(False, index=shown.index)
    china = shown["is_china_variant"].fillna(False).astype(bool) & ~prc
    groups = (
        (china, PALETTE["blue"], "D", "China-only variant"),
        (prc, PALETTE["green"], "s", "PRC-designed"),
        (~china & ~prc, INK, "o", "other US-designed"),
    )
    entries: list[KeyEntry] = []
    colours: dict[str, str] = {}
    for chosen, colour, marker, words in groups:
        if chosen.any():
            hollow, part = chosen is china, shown[chosen]
            draw_points(stage, axes, part, "throughput_pct", "bandwidth_pct", colour, marker, hollow, words)
            entries.append(KeyEntry(words, colour, marker, hollow))
            colours |= dict.fromkeys(part["label"], colour)
    draw_key(stage, axes, entries)
    return colours


def _name(stage: Stage, shown: pd.DataFrame, colours: dict[str, str], subject: str) -> None:
    """Name the chips; those at one place share a label."""
    places: dict[tuple[float, float], list[str]] = {}
    for row in shown.to_dict("records"):
        names = places.setdefault((round(row["throughput_pct"], 1), round(row["bandwidth_pct"], 1)), [])
        if row["label"] not in names:
            names.append(row["label"])
    anchors = {", ".join(names): place for place, names in places.items()}
    paints = {words: colours[words.split(", ")[0]] for words in anchors}
    place_texts(
        stage,
        stage.page.axes[0],
        anchors,
        paints,
        bold=[words for words in anchors if subject in words.split(", ")],
    )
