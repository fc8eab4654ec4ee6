"""Ours beside theirs: published results re-run, and the model's past against what was observed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from chipflows.charts.contract import Figure
from chipflows.charts.frames import keep_columns, need_columns
from chipflows.charts.model.parts import axis_kind, log_axis, not_blank, row_names, side_columns
from chipflows.charts.numbers import about, compact
from chipflows.charts.roles import mark
from chipflows.charts.style import BASELINE, MUTED, PALETTE
from chipflows.charts.words import first_that_fits, listed, source_ids

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflows.charts.page import Stage

__all__ = ["history_check", "peers"]

_PEERS = (
    "id",
    "label",
    "unit",
    "theirs_low",
    "theirs_mid",
    "theirs_high",
    "ours_low",
    "ours_mid",
    "ours_high",
    "status",
)
_CHECKS = (
    "check_id",
    "title",
    "unit",
    "low",
    "mid",
    "high",
    "kind",
    "used_as_input",
    "p05",
    "p50",
    "p95",
    "verdict",
)
_OURS = PALETTE["blue"]
_ENDS = ("low", "mid", "high")
_ROOMY = 8  # rows up to which the words beside a wide chart keep the size of labels
_ASIDE = re.compile(r"\s*\([^)]*\)")  # what a title says in brackets has no room beside a chart
_FARTHEST = 30.0  # ratios beyond this are drawn at the edge, with an arrow


def peers(
    frame: pd.DataFrame,
    *,
    period: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.peers",
) -> Figure:
    """Return the figure of published results beside ours, each relative to what was published.

    frame: id, label, unit, theirs_low, theirs_mid, theirs_high, ours_low, ours_mid, ours_high (ends blank
    where there is none), status in words (reproduced, differs ...), optional source_ids. Raises FigureError
    for missing columns.
    """
    need_columns(frame, _PEERS, "peers")
    rows = _rows(frame, [f"theirs_{end}" for end in _ENDS], [f"ours_{end}" for end in _ENDS]).assign(
        label=frame["label"].to_numpy(),
        kind=_kinds(frame),
        hollow=False,
        verdict=frame["status"].to_numpy(str),
    )
    title = _peers_title(frame)
    return Figure(
        id="peers",
        title=title,
        subtitle="Our result over the published one, each in its own unit at the right; compute and chips of "
        f"the PRC and US, ratio on a log scale, {period}",
        unit="ratio",
        note=("Line at one: as published. Grey: the range published; blue: ours. " + note).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"Ranges of {len(frame)} published results beside ours, relative to the published middle. "
        f"{title}.",
        period=period,
        made_by=made_by,
        data=not_blank(keep_columns(frame, _PEERS)),
        draw=lambda stage: _draw(stage, rows, "Published", "Ours"),
    )


def _kinds(frame: pd.DataFrame) -> list[str]:
    """Return floor where only a low end was published, ceiling where only a high one, else interval."""
    known = frame[["theirs_low", "theirs_mid", "theirs_high"]].notna().to_numpy()
    alone = {(True, False, False): "floor", (False, False, True): "ceiling"}
    return [alone.get((bool(low), bool(mid), bool(high)), "interval") for low, mid, high in known]


def _rows(frame: pd.DataFrame, theirs: list[str], ours: list[str]) -> pd.DataFrame:
    """Return unit, and low, mid and high of theirs and ours from the columns named."""
    columns = [f"{whose}_{end}" for whose in ("their", "our") for end in _ENDS]
    values = frame[[*theirs, *ours]].astype(float).set_axis(columns, axis=1)
    return values.assign(unit=frame["unit"]).reset_index(drop=True)


def _peers_title(frame: pd.DataFrame) -> str:
    """Return how many of the results re-run come out as published, and how many others stand beside."""
    statuses = frame["status"].astype(str)
    again, failed = (statuses == "reproduced").sum(), statuses.str.contains("not reproduce").sum()
    others = len(frame) - again - failed
    tail = f"; {others} more are held beside our model" if others else ""
    short = f"; {others} more stand beside" if others else ""
    if not again + failed:
        return first_that_fits(f"{len(frame)} published results are held beside our model")
    words = f"Of {again + failed} published results re-run {again} reproduce"
    return first_that_fits(words + tail, words + short, words)


def history_check(
    frame: pd.DataFrame,
    *,
    period: str,
    sources: tuple[str, ...] = (),
    note: str = "",
    made_by: str = "chipflows.charts.model.history_check",
) -> Figure:
    """Return the figure of the model's past beside what was observed, each relative to the observation.

    frame: check_id, title, unit, low, mid, high, kind (interval, floor, ceiling ...), used_as_input (bool),
    p05, p50, p95, verdict (agrees, overlaps, misses), optional label (short, for the row) and source_ids, as
    `flows.history_check` gives. An observation of zero stands at one if the model has zero too, else at the
    edge. Raises FigureError for missing columns.
    """
    need_columns(frame, _CHECKS, "history checks")
    is_input = frame["used_as_input"].map(lambda value: str(value).lower() == "true")
    rows = _rows(frame, list(_ENDS), ["p05", "p50", "p95"]).assign(
        label=frame["label" if "label" in frame else "title"].to_numpy(str),
        kind=frame["kind"].to_numpy(str),
        hollow=is_input.to_numpy(),
        verdict=frame["verdict"].to_numpy(str),
    )
    title = _history_title(frame, is_input)
    return Figure(
        id="history_check",
        title=title,
        subtitle="The model's past over what was observed or estimated by others, each in its own "
        "unit at the "
        f"right; US and PRC, ratio on a log scale, {period}",
        unit="ratio",
        note=(
            "Line at one: as observed; grey: the observed range, an arrow for a floor or a ceiling; "
            "blue: the "
            "model's 5-95% and median, hollow where the same source is an input. " + note
        ).strip(),
        sources=source_ids(frame, more=sources),
        alt=f"The model's intervals beside {len(frame)} observations. {title}.",
        period=period,
        made_by=made_by,
        data=not_blank(keep_columns(frame, _CHECKS)),
        draw=lambda stage: _draw(stage, rows, "Observed", "Model"),
    )


def _history_title(frame: pd.DataFrame, is_input: pd.Series) -> str:
    """Return how the model does on observations it was not given."""
    free = frame[~is_input]
    if free.empty:
        missed = int((frame["verdict"] == "misses").sum())
        return first_that_fits(
            f"Every one of {len(frame)} observations is an input; the model misses {missed}"
        )
    if len(free) == 1:
        kind, verdict = str(free["kind"].iloc[0]), str(free["verdict"].iloc[0])
        called = "range" if kind == "interval" else kind
        says = {"agrees": "agrees with", "overlaps": "overlaps", "misses": "misses"}[verdict]
        return first_that_fits(f"The model {says} the one observation that is not an input, a {called}")
    counts = free["verdict"].value_counts()
    agrees, overlaps, misses = (int(counts.get(word, 0)) for word in ("agrees", "overlaps", "misses"))
    others = [f"{word} {count}" for word, count in (("overlaps", overlaps), ("misses", misses)) if count]
    says = listed([f"agrees with {agrees}", *others])
    return first_that_fits(
        f"Of {len(free)} observations that are not inputs the model {says}",
    )


def _reference(row: pd.Series) -> float:
    """Return the middle of the published range: its mid, else its ends' geometric mean, else one end."""
    low, mid, high = (float(row[f"their_{end}"]) for end in ("low", "mid", "high"))
    if np.isfinite(mid):
        return mid
    if np.isfinite(low) and np.isfinite(high):
        return float(np.sqrt(low * high)) if low > 0 else high
    return low if np.isfinite(low) else high


def _relative(row: pd.Series) -> pd.Series:
    """Return the row's six numbers over its reference; against zero, zero counts as one, the rest as far."""
    names = [f"{whose}_{end}" for whose in ("their", "our") for end in ("low", "mid", "high")]
    values, base = row[names].astype(float), _reference(row)
    if base == 0:
        return values.where(values.isna(), np.where(values == 0, 1.0, np.inf))
    return values / base


def _draw(stage: Stage, rows: pd.DataFrame, theirs: str, ours: str) -> None:
    """Draw theirs above ours in each row on one scale of ratios; the numbers and the verdict at the right."""
    axes = stage.panel()
    ratios = rows.apply(_relative, axis=1)
    known = ratios.to_numpy(dtype=float)
    known = np.clip(known[np.isfinite(known) & (known > 0)], 1 / _FARTHEST, _FARTHEST)
    low, high = min(float(known.min()), 0.5) / 1.3, max(float(known.max()), 2.0) * 1.3
    small = stage.size.text if stage.size.is_wide and len(rows) <= _ROOMY else stage.size.small
    row_names(stage, axes, [_ASIDE.sub("", label) for label in rows["label"]], 0.3, small)
    log_axis(axes, "x", low, high)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{about(value, 3)}x"))
    axes.axvline(1.0, color=MUTED, linewidth=stage.size.stroke * 0.6, zorder=1)
    for place, (_, row) in enumerate(ratios.iterrows()):
        kind, hollow = str(rows["kind"].iloc[place]), bool(rows["hollow"].iloc[place])
        _draw_theirs(stage, axes, row, place - 0.17, kind)
        _draw_ours(stage, axes, row, place + 0.17, hollow)
    columns = {
        theirs: [_words(row, "their") for _, row in rows.iterrows()],
        ours: [_words(row, "our") for _, row in rows.iterrows()],
        "": list(rows["verdict"]),
    }
    side_columns(stage, axes, columns, heads={theirs: BASELINE, ours: _OURS}, points=small)


def _words(row: pd.Series, whose: str) -> str:
    """Return "140k (10k to 650k) chips", or what of it is there."""
    kind = axis_kind(str(row["unit"]))
    low, mid, high = (row[f"{whose}_{end}"] for end in ("low", "mid", "high"))
    ends = [compact(value, kind) if pd.notna(value) else "" for value in (low, mid, high)]
    if whose == "their" and row["kind"] in ("floor", "ceiling"):
        end = next((word for word in (ends[0], ends[1], ends[2]) if word), "")
        return f"{'at least' if row['kind'] == 'floor' else 'at most'} {end}"
    span = f"{ends[0]} to {ends[2]}" if ends[0] and ends[2] and ends[0] != ends[2] else ""
    if ends[0] and ends[1] and not ends[2]:
        return f"{ends[1]} (from {ends[0]})"
    return f"{ends[1]} ({span})" if ends[1] and span else ends[1] or span or ends[0] or ends[2]


def _draw_theirs(stage: Stage, axes: Axes, row: pd.Series, place: float, kind: str) -> None:
    """Draw the published range in grey: a bar, or an arrow from a floor or a ceiling."""
    low, high = (row[f"their_{end}"] for end in ("low", "high"))
    left, right = axes.get_xlim()
    if kind == "floor":
        high = right
    elif kind == "ceiling":
        low = left
    elif pd.isna(high) and pd.notna(row["their_mid"]):
        high = row["their_mid"]  # no upper end was printed
    _bar(axes, low, high, place, BASELINE, 0.4)
    sign = {"floor": ">", "ceiling": "<"}.get(kind, "D")
    _dot(stage, axes, 1.0, place, BASELINE, sign)  # what the rest is relative to


def _draw_ours(stage: Stage, axes: Axes, row: pd.Series, place: float, hollow: bool) -> None:
    """Draw our range in blue."""
    _bar(axes, row["our_low"], row["our_high"], place, _OURS, 0.35)
    _dot(stage, axes, row["our_mid"], place, _OURS, "o", hollow)


def _bar(axes: Axes, low: float, high: float, place: float, colour: str, alpha: float) -> None:
    """Draw a bar cut at the panel's edges, nothing when an end is unknown or both are alike."""
    left, right = axes.get_xlim()
    low, high = (min(max(value, left), right) for value in (low, high))
    if np.isfinite([low, high]).all() and high > low:
        bars = axes.barh(place, high - low, 0.24, left=low, color=colour, alpha=alpha, linewidth=0, zorder=2)
        mark(bars[0], "data")


def _dot(
    stage: Stage, axes: Axes, x: float, place: float, colour: str, marker: str, hollow: bool = False
) -> None:
    """Draw a median, or an arrow at the edge for one that lies beyond it."""
    if pd.isna(x):
        return
    left, right = axes.get_xlim()
    if x > right:
        x, marker = right / 1.06, ">"
    elif x < left:
        x, marker = left * 1.06, "<"
    dot = axes.scatter(
        [x],
        [place],
        s=(stage.size.marker * 0.8) ** 2,
        marker=marker,
        facecolor="white" if hollow else colour,
        edgecolor=colour,
        linewidth=stage.size.stroke * 0.6,
        zorder=4,
    )
    mark(dot, "data")
