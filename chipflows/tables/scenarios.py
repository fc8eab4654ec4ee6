"""Scenarios and reforms: ``scenarios/<id>.yaml`` and ``scenarios/reforms/<id>.yaml``, read strictly.

A scenario stands on a base scenario and adopts reforms on a day. A reform changes dated rules of
``data/rules`` from that day (or a day of its own) and may set levers of the flow model.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chipflows import paths
from chipflows.errors import RuleError, ScenarioError, brief, did_you_mean
from chipflows.tables.rules import Entry, load_rules, worst
from chipflows.yamltext import read_yaml

__all__ = [
    "Change", "Reform", "Scenario", "adopted", "forget", "levers_of", "reforms", "scenario", "scenarios",
    "world_of",
]  # fmt: skip

Ask = Literal["diffusion", "h20", "kyc", "cxmt"]
Lever = bool | float | str | None
_FIXED = {"from", "until", "citation"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Change(_Strict):
    """From ``from_`` on (``adopted_on`` = the scenario's day) *rule* says what ``set`` says, and why."""

    rule: str
    set: dict[str, Any] = Field(min_length=1)
    from_: date | Literal["adopted_on"] = Field(alias="from", default="adopted_on")
    until: date | None = None
    why: str = Field(min_length=8)


class Reform(_Strict):
    """What one ask, or one other change, does to the law and to the levers of the flow model."""

    id: str
    title: str
    ask: Ask | None = None
    summary: str
    law: list[Change] = Field(default_factory=list)
    levers: dict[str, Lever] = Field(default_factory=dict)


class Scenario(_Strict):
    """A base, the reforms added to it, the day they are adopted, and levers of its own.

    ``world`` holds levers that are beliefs about the world, not law: a run has them in every scenario alike.
    """

    id: str
    title: str
    summary: str
    base: str | None = None
    reforms: list[str] = Field(default_factory=list)
    adopted_on: date | None = None
    lag: str | None = None
    levers: dict[str, Lever] = Field(default_factory=dict)
    world: dict[str, Lever] = Field(default_factory=dict)


Model = TypeVar("Model", Reform, Scenario)


def scenarios(folder: Path | None = None) -> dict[str, Scenario]:
    """Return every scenario by id, ``actual`` first. Raises ScenarioError naming file and key."""
    return dict(_scenarios(folder or paths.scenarios()))


def scenario(name: str) -> Scenario:
    """Return one scenario; raises ScenarioError with the nearest id when there is none.

    "letter-h20+kyc" is letter-all with those two asks only, so every combination has a name.
    """
    known = _scenarios(paths.scenarios())
    if name not in known and (whole := known.get(f"{name.partition('-')[0]}-all")) and "+" in name:
        return _combination(name, whole)
    if name not in known:
        raise ScenarioError(did_you_mean(name, known, "scenario") + " List them: chipflows scenarios.")
    return known[name]


def _combination(name: str, whole: Scenario) -> Scenario:
    """Return *whole* with the asks that *name* lists after its first hyphen, joined by plus signs."""
    library = _reforms(paths.scenarios())
    reform_of = {str(library[reform].ask): reform for reform in whole.reforms}
    asks = name.partition("-")[2].split("+")
    for ask in asks:
        if ask not in reform_of:
            raise ScenarioError(did_you_mean(ask, reform_of, "ask", f"scenario {name!r}"))
    kept = [reform for ask, reform in reform_of.items() if ask in asks]
    title = f"{', '.join(ask for ask in reform_of if ask in asks)}: as {whole.id}, without the other asks"
    return whole.model_copy(update={"id": name, "title": title, "reforms": kept})


def reforms(folder: Path | None = None) -> dict[str, Reform]:
    """Return every reform by id. Raises ScenarioError or RuleError naming file, key and nearest name."""
    return dict(_reforms(folder or paths.scenarios()))


def adopted(item: Scenario, known: dict[str, Scenario] | None = None) -> list[tuple[Reform, date]]:
    """Return the reforms of *item* and of the scenarios below it, oldest base first, each with its day."""
    known = known if known is not None else _scenarios(paths.scenarios())
    below = adopted(known[item.base], known) if item.base else []
    library = _reforms(paths.scenarios())
    return below + [(library[name], item.adopted_on) for name in item.reforms if item.adopted_on]


def levers_of(item: Scenario) -> dict[str, Lever]:
    """Return the levers of *item*: of the scenarios below it, then of its reforms, then its own."""
    found = levers_of(scenario(item.base)) if item.base else {}
    library = _reforms(paths.scenarios())
    for name in item.reforms:
        found |= library[name].levers
    return found | item.levers


def world_of(item: Scenario) -> dict[str, Lever]:
    """Return the levers that *item*, or a scenario below it, wants in every scenario of a run."""
    return (world_of(scenario(item.base)) if item.base else {}) | item.world


def forget() -> None:
    """Read the scenario files anew when next asked: one was written since."""
    _scenarios.cache_clear()


@lru_cache(maxsize=4)
def _scenarios(folder: Path) -> dict[str, Scenario]:
    found = {path.stem: _read(path, Scenario) for path in sorted(folder.glob("*.yaml"))}
    library = _reforms(folder)
    for name, item in found.items():
        _check_scenario(item, found, library, f"scenarios/{name}.yaml")
    return dict(sorted(found.items(), key=lambda pair: pair[0] != "actual"))


def _check_scenario(
    item: Scenario, found: dict[str, Scenario], library: dict[str, Reform], where: str
) -> None:
    for name in item.reforms:
        if name not in library:
            raise ScenarioError(did_you_mean(name, library, "reform", where))
    if item.reforms and item.adopted_on is None:
        raise ScenarioError(f"{where}: reforms need adopted_on, the day they are adopted")
    seen, base = [item.id], item.base
    while base is not None:
        if base not in found:
            raise ScenarioError(did_you_mean(base, found, "base scenario", where))
        if base in seen:
            raise ScenarioError(f"{where}: base runs in a circle: {' -> '.join([*seen, base])}")
        seen.append(base)
        base = found[base].base


@lru_cache(maxsize=4)
def _reforms(folder: Path) -> dict[str, Reform]:
    found = {path.stem: _read(path, Reform) for path in sorted((folder / "reforms").glob("*.yaml"))}
    law = load_rules(paths.rules())
    keys = {field.alias or name for name, field in Entry.model_fields.items()} - _FIXED
    for name, reform in found.items():
        where = f"scenarios/reforms/{name}.yaml"
        for change in reform.law:
            if change.rule not in law:
                raise RuleError(did_you_mean(change.rule, law, "rule", where))
            for key in change.set:
                if key not in keys:
                    raise RuleError(did_you_mean(key, keys, "key to set", f"{where}, {change.rule}"))
    return found


def _read(path: Path, model: type[Model]) -> Model:
    where = f"scenarios/{path.parent.name + '/' if model is Reform else ''}{path.name}"
    content = read_yaml(path, where, ScenarioError)
    if not isinstance(content, dict):
        raise ScenarioError(f"{where} is empty: it needs {', '.join(model.model_fields)}")
    try:
        item = model.model_validate(content)
    except ValidationError as error:
        raise ScenarioError(_explain(error, model, where)) from error
    if item.id != path.stem:
        raise ScenarioError(f"{where} says its id is {brief(item.id)}; make the two the same")
    return item


def _explain(error: ValidationError, model: type[BaseModel], where: str) -> str:
    first = worst(error)
    place = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        inner = Change if first["loc"][0] == "law" else model
        keys = [field.alias or name for name, field in inner.model_fields.items()]
        return did_you_mean(str(first["loc"][-1]), keys, "key", where)
    return f"{where}: {place}: {first['msg']} (got {brief(first['input'])})"
