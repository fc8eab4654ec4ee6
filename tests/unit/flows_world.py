"""A small world for tests of the flow model: the real assumptions, a few chips, a law written by hand."""

from __future__ import annotations

from datetime import date

import numpy as np

from chipflows.flows.access import Access, Span
from chipflows.flows.engine import Engine
from chipflows.flows.grid import Grid
from chipflows.flows.inputs import Inputs, Segment, Spec
from chipflows.flows.levers import ASKS, Settings
from chipflows.flows.sampling import Sampler
from chipflows.flows.scenario import ScenarioRun
from chipflows.tables.assumptions import load_assumptions

SPECS = {
    "a100_sxm_80": Spec(624 / 1979, 2039 / 3350, 80),
    "a800_sxm_80": Spec(624 / 1979, 2000 / 3350, 80),
    "h100_sxm_80": Spec(1.0, 1.0, 80),
    "h800_sxm_80": Spec(1.0, 1.0, 80),
    "h20_96": Spec(296 / 1979, 4000 / 3350, 96),
    "mi308": Spec(475 / 1979, 5300 / 3350, 192),
    "h200_sxm_141": Spec(1.0, 4800 / 3350, 141),
    "b30a": Spec(2250 / 1979, 4000 / 3350, 144),
    "b200": Spec(5000 / 1979, 8000 / 3350, 192),
    "rubin": Spec(17500 / 1979, 22000 / 3350, 288),
    "asc910b": Spec(752 / 1979, 1600 / 3350, 64),
    "asc910c": Spec(1504 / 1979, 3200 / 3350, 128),
    "asc950dt": Spec(1000 / 1979, 4000 / 3350, 144),
    "asc960": Spec(2000 / 1979, 9600 / 3350, 288),
    "mlu590": Spec(512 / 1979, 2000 / 3350, 96),
}
FAR = date(2200, 1, 1).toordinal()
LETTER = date(2025, 2, 3)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def segment(chip: str, quarter: str, start: str, end: str, units: float, price: float) -> Segment:
    return Segment(chip, quarter, date.fromisoformat(start), date.fromisoformat(end), units, price)


SEGMENTS = (
    segment("a100_sxm_80", "2022Q1", "2022-01-01", "2022-04-01", 30_000, 12_247),
    segment("a800_sxm_80", "2023Q1", "2023-01-01", "2023-04-01", 30_000, 12_247),
    segment("h800_sxm_80", "2023Q3", "2023-07-01", "2023-10-01", 56_000, 29_580),
    segment("h20_96", "2024Q4", "2024-10-01", "2025-01-01", 324_380, 12_247),
    segment("h20_96", "2025Q1", "2025-01-01", "2025-04-01", 427_206, 11_868),
    segment("h20_96", "2025Q2", "2025-04-01", "2025-04-10", 46_588, 11_868),
    segment("mi308", "2025Q4", "2025-10-01", "2026-01-01", 31_859, 12_000),
)
_START = day("2018-01-01")


def _law(*changes: tuple[str, str]) -> tuple[Span, ...]:
    starts = [_START, *(day(on) for on, _ in changes), FAR]
    kinds = ["free", *(kind for _, kind in changes)]
    return tuple(Span(a, b, k) for a, b, k in zip(starts, starts[1:], kinds, strict=False))


ACTUAL = {
    "a100_sxm_80": _law(("2022-08-26", "denial")),
    "a800_sxm_80": _law(("2023-10-23", "denial")),
    "h800_sxm_80": _law(("2023-10-23", "denial")),
    "h20_96": _law(("2025-04-09", "denial")),
    "mi308": _law(("2025-04-15", "denial"), ("2025-08-08", "case_by_case")),
    "h200_sxm_141": _law(("2023-11-17", "denial"), ("2026-01-15", "case_by_case")),
    "b30a": _law(("2018-01-02", "denial")),
    "b200": _law(("2022-08-26", "denial")),
}


def denied_from(on: date, *chips: str) -> dict[str, tuple[Span, ...]]:
    """The same law, these chips denied from a date on."""
    return {c: _changed(s, on, "denial") if c in chips else s for c, s in ACTUAL.items()}


def freed_from(on: date) -> dict[str, tuple[Span, ...]]:
    """The same law, every chip free from a date on."""
    return {chip: _changed(spans, on, "free") for chip, spans in ACTUAL.items()}


def _changed(spans: tuple[Span, ...], on: date, kind: str) -> tuple[Span, ...]:
    before = [
        Span(s.start, min(s.end, on.toordinal()), s.category) for s in spans if s.start < on.toordinal()
    ]
    return (*before, Span(on.toordinal(), FAR, kind))


def inputs(last: str = "2028Q4") -> Inputs:
    return Inputs(Grid(last=last), load_assumptions(), SPECS, SEGMENTS)


def actual(**levers) -> ScenarioRun:
    return ScenarioRun(Settings("actual", levers=levers), Access(ACTUAL, ACTUAL))


def asks(*names: str, on: date = LETTER, **levers) -> ScenarioRun:
    """A scenario that adopts these asks on one date."""
    assert set(names) <= set(ASKS)
    h20 = "h20" in names
    law = denied_from(on, "h20_96", "mi308", "h200_sxm_141") if h20 else ACTUAL
    settings = Settings(
        "+".join(names) or "nothing",
        dict.fromkeys(names, on),
        levers,
        on if h20 else None,
        "h20" if h20 else None,
    )
    return ScenarioRun(settings, Access(ACTUAL, law))


def free(on: date = date(2022, 10, 1)) -> ScenarioRun:
    """A scenario without chip rules."""
    return ScenarioRun(Settings("free", law_from=on), Access(ACTUAL, freed_from(on)))


def outcomes(
    *runs: ScenarioRun, draws: int = 256, seed: int = 1, last: str = "2028Q4", base: ScenarioRun | None = None
):
    """Outcomes of the runs on the same draws, after the base's."""
    given = inputs(last)
    engine = Engine(given, runs, base or actual())
    drawn = Sampler(given.assumptions, draws, seed).block(0)
    fixed = engine.baseline(drawn)
    return [engine.outcome(run, drawn, fixed) for run in (engine.base, *runs)]


def total(outcome) -> np.ndarray:
    """Compute acquired in the PRC over the horizon, H100e per draw."""
    parts = outcome.legal.total("h100e") + outcome.diverted.h100e + outcome.domestic.h100e
    return parts.sum(axis=0)
