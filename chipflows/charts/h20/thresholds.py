"""Where each chip stands against each vintage of the rules."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from chipflows.charts.colour import darken_for_text, mix
from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns, need_rows
from chipflows.charts.keys import KeyEntry, draw_key
from chipflows.charts.numbers import thousands
from chipflows.charts.points import draw_points, merge_close, place_texts
from chipflows.charts.roles import mark
from chipflows.charts.style import INK, PALETTE
from chipflows.charts.words import first_that_fits, listed, short_chip_name, source_ids

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

    from chipflows.charts.page import Stage

__all__ = ["chip_thresholds"]

_UNIT = "TPP"
_NEEDED = ("rule", "vintage", "tpp_min", "tpp_max", "pd_min", "pd_max", "needs")
_COLUMNS = (
    "chip_id",
    "label",
    "tpp",
    "performance_density",
    "group",
    "is_china_variant",
    "caught_by_letter",
    "region",
)
_TINTS = (mix(PALETTE["red"], 0.13), mix(PALETTE["ochre"], 0.22), mix(PALETTE["purple"], 0.16))
_WORDS = (PALETTE["red"], PALETTE["ochre"], PALETTE["purple"])
_TICKS = [m * 10.0**e for e in range(-1, 7) for m in (1, 2, 5)]


def chip_thresholds(
    chips: pd.DataFrame,
    thresholds: pd.DataFrame,
    *,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.h20.chip_thresholds",
) -> Figure:
    """Return the figure of chips by total processing performance and performance density against the rules.

    chips: name (or short `label`), tpp, performance_density (TPP per mm2 of die), is_china_variant (bool);
    optional group ("PRC-designed" is set apart), region (the rule that holds the chip, "none" if none; else
    it is read from the rectangles), caught_by_letter (bool), source_ids. Rows without TPP or
    density are left out and counted in the note. thresholds: one row per rectangle of a rule: rule
    ("3A090.a"), vintage ("October 2023"), tpp_min, tpp_max, pd_min, pd_max (minimum included, maximum
    excluded, blank = none), needs ("" or a further condition in words); rectangles of a rule that needs more
    are drawn as a line, not a region. Raises FigureError for missing columns.
    """
    need_columns(chips, ("name", "tpp", "performance_density", "is_china_variant"), "chips")
    need_columns(thresholds, _NEEDED, "thresholds")
    shown = _prepared(chips)
    regions = thresholds[thresholds["needs"].fillna("") == ""]
    drawn_in = pd.Series(
        [_region(row["tpp"], row["performance_density"], regions) for _, row in shown.iterrows()], shown.index
    )
    shown["region"] = shown.get("region", drawn_in)
    exempt = list(dict.fromkeys(shown.loc[(drawn_in != "none") & (shown["region"] == "none"), "label"]))
    vintage = listed(dict.fromkeys(regions["vintage"]))
    return Figure(
        id="chip_thresholds",
        title=_title(shown, vintage),
        subtitle="Total processing performance (TPP) by performance density (TPP per mm² of die), log "
        f"scales; chips the PRC could buy or makes, against the rules of {_period(thresholds)}",
        unit=_UNIT,
        note=_note(len(chips) - len(shown), thresholds, note, bool(shown["caught_by_letter"].any()), exempt),
        sources=source_ids(shown, thresholds, more=sources),
        alt=f"Scatter of {len(shown)} chips by performance density and TPP with the rules' thresholds drawn. "
        f"{_title(shown, vintage)}.",
        period=_period(thresholds),
        made_by=made_by,
        data=keep_columns(shown, _COLUMNS),
        draw=lambda stage: _draw(stage, shown, thresholds),
    )


def _prepared(chips: pd.DataFrame) -> pd.DataFrame:
    """Return the chips that can be drawn, with a label, a group and plain booleans."""
    shown = chips.dropna(subset=["tpp", "performance_density"]).copy()
    need_rows(shown, "chips with TPP and performance density")
    if "label" not in shown:
        shown["label"] = shown["name"].map(short_chip_name)
    shown["is_china_variant"] = shown["is_china_variant"].fillna(False).astype(bool)
    given = shown["group"] if "group" in shown else pd.Series("", index=shown.index)
    shown["group"] = np.where(
        given == "PRC-designed", "PRC-designed", np.where(shown["is_china_variant"], "China-only", "Other")
    )
    caught = shown["caught_by_letter"] if "caught_by_letter" in shown else pd.Series(False, index=shown.index)
    shown["caught_by_letter"] = caught.fillna(False).astype(bool)
    return shown


def _period(thresholds: pd.DataFrame) -> str:
    """Return the vintages as words: "October 2022 and October 2023"."""
    return listed(dict.fromkeys(str(vintage) for vintage in thresholds["vintage"]))


def _region(tpp: float, density: float, regions: pd.DataFrame) -> str:
    """Return the first rule whose rectangle holds the chip, "none" if none does."""
    for row in regions.to_dict("records"):
        low = tpp >= _or(row["tpp_min"], 0) and density >= _or(row["pd_min"], 0)
        if low and tpp < _or(row["tpp_max"], np.inf) and density < _or(row["pd_max"], np.inf):
            return str(row["rule"])
    return "none"


def _or(value: float, otherwise: float) -> float:
    """Return a bound, or *otherwise* where it is blank."""
    return otherwise if pd.isna(value) else float(value)


def _title(shown: pd.DataFrame, vintage: str) -> str:
    """Return the finding: how many China-only chips stand outside the latest regions."""
    made = shown[shown["is_china_variant"]].drop_duplicates("label")
    free = made[made["region"] == "none"]
    count = f"{len(free)} of {len(made)} China-only chips"
    h20 = ", the H20 among them" if "H20" in set(free["label"]) else ""
    if made.empty or free.empty:
        return first_that_fits(f"No China-only chip shown lies outside the rule of {vintage}")
    return first_that_fits(
        f"{count} shown lie outside the {vintage} rule{h20}",
        f"{count} lie outside the {vintage} rule",
        f"{count} lie outside the rule",
    )


def _note(left_out: int, thresholds: pd.DataFrame, note: str, has_letter: bool, exempt: list[str]) -> str:
    """Return how to read the figure."""
    parts = ["Labels share a place where chips do."]
    further = thresholds[thresholds["needs"].fillna("") != ""].to_dict("records")
    parts.extend(f"The {row['vintage']} test also needs {row['needs']}." for row in further)
    if has_letter:
        parts.append("The April letters test bandwidth, not these axes.")
    if exempt:
        parts.append(f"Outside for not being made for data centres (Note 2): {listed(exempt)}.")
    if left_out:
        parts.append(f"Left out for want of a public die area or TPP: {left_out}.")
    return " ".join([*parts, note]).strip()


def _draw(stage: Stage, shown: pd.DataFrame, thresholds: pd.DataFrame) -> None:
    """Draw regions, lines, points; name everything."""
    axes = stage.panel()
    axes.set_xscale("log")
    axes.set_yscale("log")
    _limits(axes, shown)
    _draw_regions(stage, axes, thresholds)
    for group, colour, marker in (
        ("Other", INK, "o"),
        ("PRC-designed", PALETTE["green"], "s"),
        ("China-only", PALETTE["blue"], "D"),
    ):
        part = shown[shown["group"] == group]
        if len(part):
            draw_points(
                stage,
                axes,
                part,
                "performance_density",
                "tpp",
                colour,
                marker,
                hollow=group == "China-only",
                name=group,
            )
    entries = [
        KeyEntry("China-only variant", PALETTE["blue"], "D", hollow=True),
        KeyEntry("other US-designed", INK, "o"),
    ]
    if (shown["group"] == "PRC-designed").any():
        entries.append(KeyEntry("PRC-designed", PALETTE["green"], "s"))
    if shown["caught_by_letter"].any():
        _ring(stage, axes, shown[shown["caught_by_letter"]])
        entries.append(KeyEntry("ring: caught by letter", PALETTE["navy"], "o", hollow=True))
    draw_key(stage, axes, entries)
    axes.set_xlabel("Performance density, TPP per mm²", loc="right")
    axes.set_title("TPP", color=INK, fontweight="normal", loc="left", pad=stage.size.text * 1.7)
    regions = thresholds[thresholds["needs"].fillna("") == ""].drop_duplicates("rule")
    several = len(set(regions["vintage"])) > 1
    for number, (rule, vintage) in enumerate(zip(regions["rule"], regions["vintage"], strict=True)):
        words = f"{rule} ({vintage})" if several else str(rule)
        stage.later(partial(_name_region, stage, axes, words, number, shown))
    stage.later(lambda: _name_points(stage, axes, shown))


def _limits(axes: Axes, shown: pd.DataFrame) -> None:
    """Give both log axes room for labels and ticks in plain numbers."""
    x, y = shown["performance_density"], shown["tpp"]
    axes.set_xlim(x.min() / 1.7, x.max() * 1.7)
    axes.set_ylim(y.min() / 1.7, y.max() * 1.9)
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        axis.set_major_locator(FixedLocator([tick for tick in _TICKS if limits[0] <= tick <= limits[1]]))
        axis.set_major_formatter(FuncFormatter(thousands))
        axis.set_minor_locator(NullLocator())


def _draw_regions(stage: Stage, axes: Axes, thresholds: pd.DataFrame) -> None:
    """Fill each rule's rectangles in one flat tint, the first on top; draw rules that need more as lines."""
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    regions = thresholds[thresholds["needs"].fillna("") == ""]
    rules = list(dict.fromkeys(regions["rule"]))
    for number, rule in enumerate(rules):
        rows = regions[regions["rule"] == rule]
        for row in rows.to_dict("records"):
            left, low = max(_or(row["pd_min"], x0), x0), max(_or(row["tpp_min"], y0), y0)
            right, high = min(_or(row["pd_max"], x1), x1), min(_or(row["tpp_max"], y1), y1)
            axes.add_patch(
                Rectangle(
                    (left, low),
                    right - left,
                    high - low,
                    facecolor=_TINTS[number % 3],
                    linewidth=0,
                    zorder=0.9 - number / 10,
                )
            )
    for row in thresholds[thresholds["needs"].fillna("") != ""].to_dict("records"):
        level = float(row["tpp_min"])
        axes.axhline(
            level, color=PALETTE["navy"], linestyle=(0, (4, 2)), linewidth=stage.size.stroke * 0.6, zorder=1
        )
        axes.annotate(
            f"{row['vintage']}: {thousands(level)} TPP",
            (1, level),
            xycoords=("axes fraction", "data"),
            va="bottom",
            ha="right",
            xytext=(-3, 2),
            textcoords="offset points",
            color=PALETTE["navy"],
        )


def _name_region(stage: Stage, axes: Axes, words: str, number: int, points: pd.DataFrame) -> None:
    """Name a region in the first of its rectangles' corners where no chip stands."""
    patches = [
        p
        for p in axes.patches
        if isinstance(p, Rectangle) and p.get_facecolor() == to_rgba(_TINTS[number % 3])
    ]
    text = axes.annotate(
        words,
        (1, 1),
        xytext=(0, 0),
        textcoords="offset points",
        color=darken_for_text(_WORDS[number % 3], 6),
        fontweight="bold",
    )
    for patch, (side, up) in product(patches, ((0, 1), (1, 1), (1, 0), (0, 0))):
        text.xy = (patch.get_x() + side * patch.get_width(), patch.get_y() + up * patch.get_height())
        text.set_position((stage.size.text * 0.4 * (1 - 2 * side), stage.size.text * 0.4 * (1 - 2 * up)))
        text.set_horizontalalignment("right" if side else "left")
        text.set_verticalalignment("top" if up else "bottom")
        if _is_free(text.get_window_extent(stage.renderer), patch, axes, points, stage):
            return


def _is_free(box: Bbox, patch: Rectangle, axes: Axes, points: pd.DataFrame, stage: Stage) -> bool:
    """Return whether a region's name fits its rectangle and covers no chip, line or other name."""
    pixels = axes.transData.transform(points[["performance_density", "tpp"]].to_numpy(dtype=float))
    reach = stage.size.marker * 1.4 * stage.page.dpi / 72
    near = (pixels > [box.x0 - reach, box.y0 - reach]) & (pixels < [box.x1 + reach, box.y1 + reach])
    frame = patch.get_window_extent()
    fits = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
    others = [t.get_window_extent(stage.renderer) for t in axes.texts if t.get_text() and t.get_visible()]
    return fits and not near.all(axis=1).any() and sum(bool(box.overlaps(other)) for other in others) <= 1


def _ring(stage: Stage, axes: Axes, rows: pd.DataFrame) -> None:
    """Ring the chips a letter catches."""
    ring = axes.scatter(
        rows["performance_density"],
        rows["tpp"],
        s=(stage.size.marker * 2.1) ** 2,
        facecolor="none",
        edgecolor=PALETTE["navy"],
        linewidth=stage.size.stroke * 0.8,
        zorder=4,
    )
    mark(ring, "ring")


def _name_points(stage: Stage, axes: Axes, shown: pd.DataFrame) -> None:
    """Name the chips; those at one place share a label, China-only ones are bold."""
    merged = merge_close(shown, "performance_density", "tpp", "label", within=0.012)
    paint = {"China-only": PALETTE["blue"], "PRC-designed": PALETTE["green"], "Other": INK}
    of_label = dict(zip(shown["label"], shown["group"], strict=True))
    anchors = {row["name"]: (row["x"], row["y"]) for _, row in merged.iterrows()}
    groups = {words: {of_label[part] for part in words.split(", ")} for words in anchors}
    colours = {words: paint[next(iter(kinds))] if len(kinds) == 1 else INK for words, kinds in groups.items()}
    place_texts(
        stage,
        axes,
        anchors,
        colours,
        bold=[words for words, kinds in groups.items() if kinds == {"China-only"}],
    )
