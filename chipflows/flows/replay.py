"""Replay: what the model says when it knows only the law of a past date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows import law
from chipflows.errors import InputError
from chipflows.flows.access import Access, Span
from chipflows.flows.engine import Engine
from chipflows.flows.grid import Grid, quarter_of
from chipflows.flows.inputs import gather
from chipflows.flows.levers import Settings
from chipflows.flows.results import quantiles, series_of
from chipflows.flows.sampling import Draws, Sampler
from chipflows.flows.scenario import BASE, ScenarioRun, resolve

__all__ = ["frozen_law", "replay"]

Array = NDArray[np.float64]
FIRST_REPLAY = date(2022, 10, 21)


def frozen_law(spans: Mapping[str, tuple[Span, ...]], known_on: date) -> dict[str, tuple[Span, ...]]:
    """Return spans as someone saw them on *known_on*: what held that day goes on for good.

    Free until 2025-04-09, denied after: seen on 2025-02-03, free for good.
    """
    day = known_on.toordinal()
    found = {}
    for chip, parts in spans.items():
        past = [part for part in parts if part.start <= day]
        found[chip] = (*past[:-1], Span(past[-1].start, parts[-1].end, past[-1].category))
    return found


def replay(known_on: date, draws: int = 4096, seed: int = 1, last: str = "2026Q4") -> pd.DataFrame:
    """Return compute sold lawfully per quarter, H100e: as it followed, and as the law of *known_on* had it.

    Columns: series ("as of then", "as known now", "observed"), quarter, p05 .. p95, mean. Priors are today's:
    only the law is wound back, so the difference is what later rules did, not what later data taught. Raises
    InputError for a date before the first chip rule or after the last known law.
    """
    if not FIRST_REPLAY <= known_on <= law.KNOWN_THROUGH:
        raise InputError(f"{known_on}: replay runs from {FIRST_REPLAY} to {law.KNOWN_THROUGH}")
    base = resolve(BASE)
    then = ScenarioRun(
        Settings("as of then", law_from=known_on),
        Access(base.access.actual, frozen_law(base.access.actual, known_on)),
    )
    engine = Engine(gather(Grid(last=last)), [then, base], base)
    sampler = Sampler(engine.inputs.assumptions, draws, seed)
    frames = []
    blocks = [dict(_acquired(engine, sampler.block(start))) for start in sampler.starts()]
    for name, label in ((then.settings.scenario, "as of then"), (BASE, "as known now")):
        table = quantiles(_joined([block[name] for block in blocks]))
        frame = pd.DataFrame(table, columns=["p05", "p25", "p50", "p75", "p95", "mean"])
        frame.insert(0, "series", label)
        frame.insert(1, "quarter", engine.inputs.grid.quarters)
        frames.append(frame)
    frames.append(_observed(engine))
    rows = pd.concat(frames, ignore_index=True)
    return rows[rows["quarter"] >= quarter_of(known_on)].reset_index(drop=True)


def _observed(engine: Engine) -> pd.DataFrame:
    """Return the median of what was observed sold per quarter, H100e, as points.

    Every quarter from the first sale to the last: one without a row had none.
    """
    sold = [segment.quarter for segment in engine.inputs.segments]
    quarters = engine.inputs.grid.quarters
    first, last = quarters.index(min(sold)), quarters.index(min(max(sold), quarters[-1]))
    totals = dict.fromkeys(quarters[first : last + 1], 0.0)
    for segment in engine.inputs.segments:
        h100e = segment.units * engine.inputs.spec(segment.chip_id).h100e
        if segment.quarter in totals:
            totals[segment.quarter] += h100e
    names = ["p05", "p25", "p50", "p75", "p95", "mean"]
    points = {name: list(totals.values()) for name in names}
    return pd.DataFrame({"series": "observed", "quarter": list(totals), **points})


def _acquired(engine: Engine, drawn: Draws) -> Iterator[tuple[str, Array]]:
    for name, outcome in engine.outcomes(drawn):
        for key, values in series_of(outcome):
            if key[:3] == ("acquired", "legal", "h100e"):
                yield name, values


def _joined(parts: list[Array]) -> NDArray[np.float32]:
    return np.concatenate(parts, axis=1).astype(np.float32)
