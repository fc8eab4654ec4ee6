"""Every uncertain input, read from ``data/assumptions/*.yaml`` and checked before anything is computed.

An assumption is a distribution (given by its 5th and 95th, or 10th and 90th, percentiles, by bounds, or by
named regimes with weights) with a unit, sources and a confidence. A profile is a path over time that an
assumption may scale. Groups hold rank correlations.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chipflows import paths
from chipflows.errors import AssumptionError, did_you_mean
from chipflows.yamltext import read_yaml

__all__ = ["Alternative", "Assumption", "Assumptions", "Group", "Profile", "load_assumptions"]

_BOUNDED = {"logit_normal": (0.0, 1.0), "lognormal": (0.0, float("inf"))}

Finite = Annotated[float, Field(allow_inf_nan=False)]
Model = TypeVar("Model", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Alternative(_Strict):
    """A named prior that replaces an assumption's own range when a scenario or a user picks it."""

    p05: Finite | None = None
    p95: Finite | None = None
    min: Finite | None = None
    max: Finite | None = None
    sources: list[str] = Field(min_length=1)
    note: str = ""


class Assumption(_Strict):
    """One uncertain input. ``range()`` is its interval, ``credibility`` the weight between its ends."""

    id: str
    topic: str
    title: str
    unit: str
    dist: Literal["lognormal", "normal", "logit_normal", "uniform", "regimes"]
    p05: Finite | None = None
    p95: Finite | None = None
    p10: Finite | None = None
    p90: Finite | None = None
    min: Finite | None = None
    max: Finite | None = None
    regimes: dict[str, Finite] | None = None
    sources: list[str] = Field(min_length=1)
    confidence: Literal["high", "med", "low"]
    group: str | None = None
    note: str = ""
    alternatives: dict[str, Alternative] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Assumption:
        if self.dist == "regimes":
            weights = list((self.regimes or {}).values())
            if len(weights) < 2 or min(weights) < 0 or abs(sum(weights) - 1) > 1e-9:
                raise ValueError("regimes need two or more weights, none negative, that sum to 1")
            return self
        low, high = self.range()
        floor, ceiling = _BOUNDED.get(self.dist, (float("-inf"), float("inf")))
        if not low < high:
            raise ValueError(f"low {low:g} is not below high {high:g}")
        if not (floor < low and high < ceiling):
            raise ValueError(f"a {self.dist} lies between {floor:g} and {ceiling:g}, not {low:g} to {high:g}")
        return self

    def range(self) -> tuple[float, float]:
        """Return (low, high) of the interval the file states; raises ValueError when no pair is given."""
        for low, high in ((self.p05, self.p95), (self.p10, self.p90), (self.min, self.max)):
            if low is not None and high is not None:
                return low, high
        raise ValueError("give p05 and p95, p10 and p90, or min and max")

    @property
    def credibility(self) -> float:
        """Return the probability between the two ends of ``range()``: 0.90, 0.80 or 1.0."""
        if self.p05 is not None:
            return 0.90
        return 0.80 if self.p10 is not None else 1.0

    def with_alternative(self, name: str) -> Assumption:
        """Return this assumption with its named prior in place of its range; an unknown name raises."""
        if name not in self.alternatives:
            raise AssumptionError(did_you_mean(name, self.alternatives, f"prior of {self.id}"))
        prior = self.alternatives[name]
        changed = {"p05": prior.p05, "p95": prior.p95, "p10": None, "p90": None}
        return self.model_copy(
            update={**changed, "min": prior.min, "max": prior.max, "sources": prior.sources}
        )


class Profile(_Strict):
    """A path over time: value at decimal years (``scale`` linear, log or step) or at named quarters."""

    id: str
    topic: str
    title: str
    unit: str
    scale: Literal["linear", "log", "step", "quarterly"]
    at: dict[str | float, Finite] = Field(min_length=1)
    sources: list[str] = Field(min_length=1)
    spread: str | None = None
    note: str = ""


class Group(_Strict):
    """Assumptions drawn with a rank-correlation matrix."""

    id: str
    title: str
    members: list[str] = Field(min_length=2)
    rank_correlation: list[list[Finite]]
    sources: list[str] = Field(min_length=1)

    @model_validator(mode="after")
    def _square(self) -> Group:
        size, rows = len(self.members), self.rank_correlation
        if len(rows) != size or any(len(row) != size for row in rows):
            raise ValueError(f"{size} members need a {size} by {size} matrix")
        if any(rows[i][i] != 1.0 or rows[i][j] != rows[j][i] for i in range(size) for j in range(size)):
            raise ValueError("the matrix is not symmetric with ones on its diagonal")
        return self


class Assumptions(_Strict):
    """All of them: uncertain inputs and profiles by id, groups by id."""

    uncertain: dict[str, Assumption]
    profiles: dict[str, Profile]
    groups: dict[str, Group]

    def with_priors(self, priors: dict[str, str]) -> Assumptions:
        """Return a copy in which each assumption named in *priors* uses that named alternative."""
        for name in priors:
            if name not in self.uncertain:
                raise AssumptionError(did_you_mean(name, self.uncertain, "assumption"))
        changed = {key: self.uncertain[key].with_alternative(name) for key, name in priors.items()}
        return self.model_copy(update={"uncertain": {**self.uncertain, **changed}})


def load_assumptions(folder: Path | None = None) -> Assumptions:
    """Return every assumption under *folder* (default data/assumptions).

    Raises AssumptionError, naming the file, on a malformed entry, a duplicate id, or a dangling reference.
    """
    return _load(folder or paths.assumptions())


@lru_cache(maxsize=4)
def _load(folder: Path) -> Assumptions:
    uncertain: dict[str, Assumption] = {}
    profiles: dict[str, Profile] = {}
    groups: dict[str, Group] = {}
    for path in sorted(folder.glob("*.yaml")):
        content = _read(path)
        topic = {"topic": str(content.get("topic", path.stem))}
        _collect(uncertain, Assumption, content.get("assumptions"), topic, path)
        _collect(profiles, Profile, content.get("profiles"), topic, path)
        _collect(groups, Group, content.get("groups"), {}, path)
    _check_references(uncertain, profiles, groups)
    return Assumptions(uncertain=uncertain, profiles=profiles, groups=groups)


def _read(path: Path) -> dict[str, object]:
    content = read_yaml(path, path.name, AssumptionError)
    if not isinstance(content, dict):
        raise AssumptionError(f"{path.name} is not a mapping with topic, assumptions and profiles")
    allowed = {"topic", "title", "assumptions", "profiles", "groups"}
    for key in content:
        if key not in allowed:
            raise AssumptionError(did_you_mean(key, allowed, "key", path.name))
    return content


def _collect(
    into: dict[str, Model], model: type[Model], entries: object, extra: dict[str, str], path: Path
) -> None:
    if entries is None:
        return
    if not isinstance(entries, dict):
        raise AssumptionError(f"{path.name}: expected a mapping of ids to entries")
    for key, entry in entries.items():
        place = f"{path.name}: {key}"
        if key in into:
            raise AssumptionError(f"{place} is declared twice")
        if not isinstance(entry, dict):
            raise AssumptionError(f"{place} is not a mapping")
        try:
            into[key] = model.model_validate({"id": key, **extra, **entry})
        except ValidationError as error:
            raise AssumptionError(_explain(error, model, place)) from error


def _explain(error: ValidationError, model: type[BaseModel], place: str) -> str:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return did_you_mean(field, model.model_fields, "key", place)
    return f"{place}: {field or 'entry'}: {first['msg']}"


def _check_references(
    uncertain: dict[str, Assumption], profiles: dict[str, Profile], groups: dict[str, Group]
) -> None:
    for profile in profiles.values():
        if profile.spread is not None and profile.spread not in uncertain:
            raise AssumptionError(did_you_mean(profile.spread, uncertain, "spread", f"profile {profile.id}"))
    for group in groups.values():
        for member in group.members:
            if member not in uncertain:
                raise AssumptionError(did_you_mean(member, uncertain, "member", f"group {group.id}"))
            if uncertain[member].group != group.id:
                raise AssumptionError(
                    f"{member} is a member of {group.id}: give it the line group: {group.id}"
                )
    for item in uncertain.values():
        if item.group is not None and item.group not in groups:
            raise AssumptionError(did_you_mean(item.group, groups, "group", item.id))
