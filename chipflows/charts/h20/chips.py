"""The H20 by its two metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import StrMethodFormatter

from chipflows.charts.axes import zero_line
from chipflows.charts.contract import Figure
from chipflows.charts.frames import need_columns
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.numbers import percent
from chipflows.charts.points import draw_points, place_texts
from chipflows.charts.style import BASELINE, INK, PALETTE
from chipflows.charts.words import first_that_fits, short_chip_name, source_ids
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["h20_two_metrics"]

_UNIT = "% of an H100"


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
    shown = chips.dropna(subset=["dense_8bit_tops", "mem_bw_gbps"]).copy()
    if "label" not in shown:
        shown["label"] = shown["name"].map(short_chip_name)
    base, ours = (_one(shown, label) for label in (reference, subject))
    shown["throughput_pct"] = 100 * shown["dense_8bit_tops"] / base["dense_8bit_tops"]
    shown["bandwidth_pct"] = 100 * shown["mem_bw_gbps"] / base["mem_bw_gbps"]
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
        data=shown[
            [
                c
                for c in (
                    "chip_id",
                    "label",
                    "dense_8bit_tops",
                    "mem_bw_gbps",
                    "throughput_pct",
                    "bandwidth_pct",
                    "is_china_variant",
                    "group",
                )
                if c in shown
            ]
        ].reset_index(drop=True),
        draw=lambda stage: _draw(stage, shown, subject),
    )


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
    """Draw the points, the diagonal and the names."""
    axes = stage.panel()
    axes.grid(True, axis="x")
    top = 1.14 * max(shown["bandwidth_pct"].max(), shown["throughput_pct"].max() * 0.9)
    axes.set_xlim(0, shown["throughput_pct"].max() * 1.22)
    axes.set_ylim(0, top)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:.0f}%"))
    edge = min(axes.get_xlim()[1], top)
    axes.plot(
        [0, edge],
        [0, edge],
        color=BASELINE,
        linewidth=stage.size.stroke * 0.5,
        linestyle=(0, (3, 3)),
        zorder=1,
    )
    prc = shown["group"].eq("PRC-designed") if "group" in shown else pd.Series(False, index=shown.index)
    china = shown["is_china_variant"].fillna(False).astype(bool) & ~prc
    groups = (
        (~china & ~prc, INK, "o", "other US-designed"),
        (prc, PALETTE["green"], "s", "PRC-designed"),
        (china, PALETTE["blue"], "D", "China-only variant"),
    )
    for chosen, colour, marker, words in groups:
        if chosen.any():
            draw_points(
                stage,
                axes,
                shown[chosen],
                "throughput_pct",
                "bandwidth_pct",
                colour,
                marker,
                words.startswith("China"),
                words,
            )
    draw_key(
        stage,
        axes,
        [
            KeyEntry(words, colour, marker, words.startswith("China"))
            for chosen, colour, marker, words in groups[::-1]
            if chosen.any()
        ],
    )
    axes.set_xlabel("Dense 8-bit throughput", loc="right")
    axes.set_title("Memory bandwidth", fontweight="normal", pad=stage.size.text * 1.7)
    zero_line(axes)
    colours = {
        label: PALETTE["blue"] if is_china else PALETTE["green"] if is_prc else INK
        for label, is_china, is_prc in zip(shown["label"], china, prc, strict=True)
    }
    stage.later(lambda: _name(stage, shown, colours, subject))


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
