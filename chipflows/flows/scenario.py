"""A scenario as the flow model needs it: the law's treatment of each chip, the asks' dates, the levers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import pandas as pd

from chipflows import law
from chipflows.errors import ScenarioError
from chipflows.flows.access import Access, Span, spans_from
from chipflows.flows.legal import FLAGSHIP, LEGAL_CHIPS
from chipflows.flows.levers import ASKS, Settings, Value, settings_from
from chipflows.tables.scenarios import Scenario, adopted, levers_of, reforms, scenario, world_of

__all__ = ["BASE", "ScenarioRun", "combination", "resolve", "resolve_scenario", "shared_world"]

BASE = "actual"
_DESTINATION = "CN"


@dataclass(frozen=True)
class ScenarioRun:
    """What the model runs: settings, and access to each chip beside that on ``actual``."""

    settings: Settings
    access: Access


def resolve(name: str, levers: Mapping[str, Value] | None = None) -> ScenarioRun:
    """Return the scenario called *name*, with *levers* on top of its own; raises with the nearest id."""
    return resolve_scenario(scenario(name), levers)


def resolve_scenario(item: Scenario, levers: Mapping[str, Value] | None = None) -> ScenarioRun:
    """Return *item* ready to run; raises ScenarioError when its reforms change chip law on two dates."""
    taken = adopted(item)
    asks: dict[str, date] = {reform.ask: day for reform, day in taken if reform.ask is not None}
    own = {**levers_of(item), **(levers or {})}
    spans = _spans(item)
    law_from, law_lag = _switch(item, asks) if spans != _spans(scenario(BASE)) else (None, None)
    settings = settings_from(item.id, asks, own, law_from, law_lag)
    return ScenarioRun(settings, Access(_spans(scenario(BASE)), spans))


def shared_world(items: Iterable[Scenario], levers: Mapping[str, Value] | None = None) -> dict[str, Value]:
    """Return the levers that hold in every scenario of a run: what *items* want in the world, then *levers*.

    Raises ScenarioError when two of them want different worlds: a difference must be the law's alone.
    """
    given, wanted = dict(levers or {}), dict[str, tuple[str, Value]]()
    for item in items:
        for name, value in world_of(item).items():
            first, before = wanted.setdefault(name, (item.id, value))
            if before != value and name not in given:
                raise ScenarioError(
                    f"{first} has {name} {before!r} in every scenario of its run, {item.id} has {value!r}. "
                    f"Run them apart, or choose one for both: --lever {name}=VALUE."
                )
    return {name: value for name, (_, value) in wanted.items()} | given


def combination(asks: frozenset[str], like: str) -> ScenarioRun:
    """Return the scenario that adopts *asks* only, with the date and levers of *like* (all four asks)."""
    whole = scenario(like)
    library = reforms()
    kept = [name for name in whole.reforms if library[name].ask in asks]
    return resolve_scenario(whole.model_copy(update={"id": _named(asks, like), "reforms": kept}))


def _named(asks: frozenset[str], like: str) -> str:
    family = like.partition("-")[0]
    return f"{family}:{'+'.join(a for a in ASKS if a in asks) or 'none'}"


def _switch(item: Scenario, asks: Mapping[str, date]) -> tuple[date, str | None]:
    """Return the day the scenario's chip law starts, and the ask whose lag delays it.

    The H20 ask changes which chips need a licence; the other asks do not reach lawful sales to the PRC.
    """
    if "h20" in asks:
        return asks["h20"], "h20"
    days = {day for _, day in adopted(item)}
    if len(days) != 1:
        raise ScenarioError(
            f"{item.id} changes the law of chips on {len(days)} dates; split it into scenarios"
        )
    return days.pop(), None


def _spans(item: Scenario) -> dict[str, tuple[Span, ...]]:
    """Return spans by chip.

    Reforms of asks that change no chip law are left out, so that combinations share their spans.
    """
    chip_law = {name for name, reform in reforms().items() if reform.ask not in ("kyc", "cxmt")}
    kept = [name for name in item.reforms if name in chip_law]
    day = item.adopted_on if kept else None
    plain = item.model_copy(
        update={
            "id": "law",
            "title": "",
            "summary": "",
            "reforms": kept,
            "adopted_on": day,
            "levers": {},
            "world": {},
        }
    )
    return _spans_of(plain.model_dump_json())


@lru_cache(maxsize=64)
def _spans_of(content: str) -> dict[str, tuple[Span, ...]]:
    item = Scenario.model_validate_json(content)
    days = law.breakpoints(item)
    chips = (*LEGAL_CHIPS, FLAGSHIP)
    cases = pd.DataFrame(
        {
            "chip": [c for c in chips for _ in days],
            "to": _DESTINATION,
            "on": [d for _ in chips for d in days],
        }
    )
    decided = law.decide_table(cases, item)
    return spans_from(decided)
