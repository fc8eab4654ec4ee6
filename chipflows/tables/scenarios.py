"""Scenarios, ``scenarios/<id>.yaml``, and the reforms they adopt, ``scenarios/reforms/<id>.yaml``."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chipflows import paths
from chipflows.errors import ScenarioError, did_you_mean
from chipflows.tables.codebook import SAFE_LOADER
from chipflows.tables.rules import explain_validation

__all__ = ["LawChange", "Reform", "Scenario", "load_reforms", "load_scenarios", "reform", "scenario"]

LeverValue = bool | float | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LawChange(_Strict):
    """One change of the law: in *rule*, from a date (or the scenario's ``adopted_on``), *set* these fields."""

    rule: str
    set: dict[str, Any] = Field(min_length=1)
    from_: Annotated[date | Literal["adopted_on"], Field(alias="from")] = "adopted_on"
    why: str = Field(min_length=10)


class Reform(_Strict):
    """One ask, or one counterfactual, as changes of law and levers of the flow model."""

    id: str
    title: str
    ask: Literal["diffusion", "h20", "kyc", "cxmt"] | None = None
    summary: str
    law: list[LawChange] = Field(default_factory=list)
    levers: dict[str, LeverValue] = Field(default_factory=dict)


class Scenario(_Strict):
    """A base scenario and the reforms adopted on one date. ``lag`` names the asks' rule-making lags as drawn."""

    id: str
    title: str
    summary: str
    base: str | None = None
    reforms: list[str] = Field(default_factory=list)
    adopted_on: date | None = None
    lag: Literal["drawn", "none"] = "drawn"
    levers: dict[str, LeverValue] = Field(default_factory=dict)


@lru_cache(maxsize=4)
def _scenarios(folder: Path) -> dict[str, Scenario]:
    found = {path.stem: _read(path, Scenario) for path in sorted(folder.glob("*.yaml"))}
    reforms = _reforms(folder / "reforms")
    for item in found.values():
        for name in item.reforms:
            if name not in reforms:
                raise ScenarioError(did_you_mean(name, reforms, "reform", f"scenario {item.id}"))
        if item.reforms and item.adopted_on is None:
            raise ScenarioError(f"scenario {item.id} adopts reforms but has no adopted_on date")
        _refuse_circles(item, found)
    return found


def _refuse_circles(item: Scenario, found: dict[str, Scenario]) -> None:
    seen = [item.id]
    while item.base is not None:
        if item.base not in found:
            raise ScenarioError(did_you_mean(item.base, found, "base", f"scenario {item.id}"))
        if item.base in seen:
            raise ScenarioError(f"scenario {seen[0]} bases on itself: {' -> '.join([*seen, item.base])}")
        seen.append(item.base)
        item = found[item.base]


@lru_cache(maxsize=4)
def _reforms(folder: Path) -> dict[str, Reform]:
    return {path.stem: _read(path, Reform) for path in sorted(folder.glob("*.yaml"))}


def _read(path: Path, model: type[Any]) -> Any:
    what = f"{model.__name__.lower()} {path.name}"
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)  # noqa: S506 - safe
        item = model.model_validate(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{what} is not readable YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "extra_forbidden":
            known = {*model.model_fields, *LawChange.model_fields} - {"from_"} | {"from"}
            raise ScenarioError(did_you_mean(str(first["loc"][-1]), known, "key", what)) from error
        raise ScenarioError(explain_validation(error, what)) from error
    if item.id != path.stem:
        raise ScenarioError(f"{what} says its id is {item.id!r}; make the two the same")
    return item


def load_scenarios(folder: Path | None = None) -> dict[str, Scenario]:
    """Return every scenario by id; raises ScenarioError when one is malformed, unknown or circular."""
    return dict(_scenarios(folder or paths.scenarios()))


def load_reforms(folder: Path | None = None) -> dict[str, Reform]:
    """Return every reform by id."""
    return dict(_reforms((folder or paths.scenarios()) / "reforms"))


def scenario(name: str) -> Scenario:
    """Return one scenario; raises ScenarioError with the nearest id."""
    known = _scenarios(paths.scenarios())
    if name not in known:
        raise ScenarioError(did_you_mean(name, known, "scenario"))
    return known[name]


def reform(name: str) -> Reform:
    """Return one reform; raises ScenarioError with the nearest id."""
    known = _reforms(paths.scenarios() / "reforms")
    if name not in known:
        raise ScenarioError(did_you_mean(name, known, "reform"))
    return known[name]
