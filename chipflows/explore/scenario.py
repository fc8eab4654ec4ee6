"""From a state to a scenario like those in ``scenarios/``: to run, to say what it changes, to save."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chipflows import paths
from chipflows.errors import ScenarioError
from chipflows.explore.state import WORLD_LEVERS, State, standing
from chipflows.flows.levers import LEVERS, Value
from chipflows.law.explain import plain_date
from chipflows.tables.assumptions import load_assumptions
from chipflows.tables.scenarios import Scenario, adopted, forget, levers_of, scenario, scenarios

__all__ = ["Change", "changes", "command", "lever_sources", "save", "scenario_of", "world_held", "yaml_text"]

UNSAVED = "explored"
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_LONGEST_ID = 48
_NAMES = {"diffusion": "Diffusion", "h20": "H20", "kyc": "KYC", "cxmt": "CXMT"}
# The uncertain inputs a lever scales or replaces: where its sources stand.
_BEHIND = {
    "remote_access": ("diffusion_remote",),
    "transit_strength": ("diffusion_transit",),
    "kyc_coverage": ("kyc_resellers", "kyc_cloud_fronts", "kyc_small_orders", "kyc_resale"),
    "kyc_strength": ("kyc_resellers", "kyc_cloud_fronts", "kyc_small_orders", "kyc_resale"),
    "displacement": ("displacement",),
    "to_diverted": ("to_diverted",),
    "allied_action": ("listing_allied_factor",),
    "cxmt_branch": ("listing_no_effect_before_2028",),
    "tools_bought_ahead": ("listing_tools_ahead",),
    "offshore_window": ("offshore_window_units",),
    "prc_regime": ("prc_regime",),
}


@dataclass(frozen=True)
class Change:
    """One thing that is not as on ``actual``, or not at its default: what, value, default, why, sources."""

    what: str
    value: str
    default: str
    meaning: str
    sources: tuple[str, ...] = ()


def scenario_of(state: State) -> Scenario:
    """Return the scenario of *state*: the shipped one that says the same, else one called ``explored``."""
    if not state.asks and not state.levers:
        return scenario(state.base)
    made = Scenario(
        id=UNSAVED,
        title=_title(state),
        summary=_summary(state),
        base=state.base,
        reforms=_reforms(state),
        adopted_on=state.adopted_on if state.asks else None,
        lag=f"lag_{state.asks[0]}" if len(state.asks) == 1 else None,
        levers=dict(state.levers),
    )
    same = (known for known in scenarios().values() if _same(known, made))
    return next((known for known in same if not known.world or known.world == dict(state.world)), made)


def world_held(state: State) -> dict[str, Value]:
    """Return the levers that hold in every scenario of the run and are not at their defaults."""
    held = standing(state.base) | dict(state.world)
    return {name: held[name] for name in WORLD_LEVERS if held[name] != LEVERS[name].default}


def _reforms(state: State) -> list[str]:
    return [f"h20_{state.h20_form}" if ask == "h20" else ask for ask in state.asks]


def _same(known: Scenario, made: Scenario) -> bool:
    """Return whether two scenarios do the same to the law and the flows, whatever they are called."""
    day = known.adopted_on if known.reforms else None
    return (known.base, set(known.reforms), day, known.levers) == (
        made.base,
        set(made.reforms),
        made.adopted_on,
        made.levers,
    )


def _title(state: State) -> str:
    asks = [_NAMES[ask] for ask in state.asks]
    if not asks:
        return f"{scenario(state.base).title}, with levers changed"
    said = " and ".join(filter(None, [", ".join(asks[:-1]), asks[-1]]))
    form = ", the H20 ask read narrowly" if "h20" in state.asks and state.h20_form == "narrow" else ""
    plural = "asks" if len(asks) > 1 else "ask"
    return f"The {said} {plural} from {plain_date(state.adopted_on)}{form}"


def _summary(state: State) -> str:
    parts = [f"Made in the explorer, on top of the scenario {state.base}."]
    if state.levers:
        told = "; ".join(f"{_words(name)} {value_words(value)}" for name, value in state.levers)
        parts.append(f"Levers changed: {told}.")
    return " ".join(parts)


def _words(name: str) -> str:
    return name.replace("_", " ")


def value_words(value: Value) -> str:
    """Return a lever's value as it is said: yes and no, numbers without needless decimals."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "drawn from its range"
    return f"{value:g}" if isinstance(value, int | float) else value.replace("_", " ")


def lever_sources(name: str) -> tuple[str, ...]:
    """Return the source ids of the inputs behind the lever *name*; "judgement" is one of them."""
    known = load_assumptions().uncertain
    return tuple(dict.fromkeys(source for item in _BEHIND[name] for source in known[item].sources))


def changes(state: State) -> list[Change]:
    """Return everything that differs from ``actual`` with every lever at its default, first the law."""
    item = scenario_of(state)
    found = []
    for reform, day in adopted(item):
        sources = tuple(dict.fromkeys(change.rule for change in reform.law))
        found.append(
            Change(reform.title, f"from {plain_date(day)}", "not adopted", reform.summary.strip(), sources)
        )
    held = levers_of(item) | world_held(state)
    for name, value in held.items():
        lever = LEVERS[name]
        if value == lever.default:
            continue
        where = ", in every scenario alike" if name in WORLD_LEVERS else ""
        default = value_words(lever.default)
        found.append(
            Change(_words(name), value_words(value) + where, default, lever.meaning, lever_sources(name))
        )
    return found


def yaml_text(state: State, name: str) -> str:
    """Return the file ``scenarios/<name>.yaml`` of *state*; raises ScenarioError for an unfit name."""
    _check_name(name)
    item = scenario_of(state)
    made = item.model_copy(update={"id": name})
    if made.base is None:  # what happened, under another name
        made = made.model_copy(update={"base": "actual"})
    lines: dict[str, Any] = {"id": name, "title": made.title, "summary": " ".join(made.summary.split())}
    lines |= {"base": made.base, "reforms": made.reforms}
    if made.adopted_on is not None:
        lines["adopted_on"] = made.adopted_on
    if made.lag is not None:
        lines["lag"] = made.lag
    if made.levers:
        lines["levers"] = dict(made.levers)
    if world := {**made.world, **dict(state.world)}:
        lines["world"] = world
    return yaml.safe_dump(lines, sort_keys=False, allow_unicode=True, width=110)


def save(state: State, name: str) -> Path:
    """Write ``scenarios/<name>.yaml`` and return it; the run of it gives the numbers shown.

    Raises ScenarioError for a name that is malformed, taken, or reads as a combination of asks.
    """
    text = yaml_text(state, name)
    target = paths.scenarios() / f"{name}.yaml"
    if target.exists() or name in scenarios():
        raise ScenarioError(f"there is a scenario called {name} already. Choose another name.")
    with paths.atomic_write(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
    forget()
    return target


def _check_name(name: str) -> None:
    if len(name) > _LONGEST_ID or not _ID.match(name) or name == UNSAVED:
        raise ScenarioError(
            f"{name[:60]!r} cannot be a scenario's name. Use small letters, digits and hyphens, "
            f"starting with a letter, at most {_LONGEST_ID}: my-h20-variant."
        )


def command(state: State, name: str, draws: int, seed: int) -> str:
    """Return the command that gives the numbers shown once *state* is saved as *name*."""
    return f"chipflows compare {name} {state.against} --draws {draws} --seed {seed}"
