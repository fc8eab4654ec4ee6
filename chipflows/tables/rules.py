"""The law as dated data: ``data/rules/<id>.yaml``, read strictly. How to write one: docs/rules.md.

A rule has a kind, a summary that can be read aloud, and a timeline. Each entry of the timeline holds from
``from`` up to, not including, ``until``, with its own citation. Five kinds:

classification  gives a chip its ECCN on a date, from its own figures
requirement     asks for a licence: a place or a headquarters, and a test
policy          changes how applications under the rules it ``amends`` are reviewed, or adds conditions
exception       an authorisation that may be used although a licence is required
fact            stands on the timeline and in explanations; never decides
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from chipflows import paths
from chipflows.errors import RuleError, brief, did_you_mean
from chipflows.tables.cards import cards
from chipflows.tables.conditions import check_places, check_test
from chipflows.yamltext import read_yaml

__all__ = [
    "KINDS", "STATUSES", "Citation", "Destinations", "Entry", "PolicyLeg", "Rule", "check_timeline",
    "explain", "load_rules", "rules", "worst",
]  # fmt: skip

KINDS = ("classification", "requirement", "policy", "exception", "fact")
STATUSES = (
    "in_force", "reported", "not_yet_due", "not_enforced", "suspended", "proposed", "withdrawn",
)  # fmt: skip

Kind = Literal["classification", "requirement", "policy", "exception", "fact"]
Status = Literal["in_force", "reported", "not_yet_due", "not_enforced", "suspended", "proposed", "withdrawn"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Citation(_Strict):
    """Where the text stands: a reference a reader can look up, and the id of its source card."""

    ref: str = Field(min_length=3)
    source: str
    url: str | None = None


class Destinations(_Strict):
    """Places: country codes, group codes such as D:5, or worldwide. ``perhaps`` is where it is not public."""

    in_: list[str] = Field(alias="in", default_factory=list)
    except_: list[str] = Field(alias="except", default_factory=list)
    perhaps: list[str] = Field(default_factory=list)

    @field_validator("in_", "except_", "perhaps")
    @classmethod
    def _known(cls, places: list[str]) -> list[str]:
        check_places(places)
        return places


class PolicyLeg(_Strict):
    """One leg of a review policy: the first whose destination, headquarters and test hold is said."""

    say: str
    when: str = ""
    destinations: Destinations | None = None
    or_headquartered_in: list[str] = Field(default_factory=list)
    test: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _checked(self) -> PolicyLeg:
        check_places(self.or_headquartered_in)
        check_test(self.test)
        return self


class Entry(_Strict):
    """What the rule says from ``from_`` up to, not including, ``until``."""

    from_: date = Field(alias="from")
    until: date | None = None
    status: Status
    destinations: Destinations | None = None
    or_headquartered_in: list[str] = Field(default_factory=list)
    test: dict[str, Any] | None = None
    cannot_tell: str | None = None
    policy: str | list[PolicyLeg] | None = None
    conditions: list[str] = Field(default_factory=list)
    exceptions: list[str] = Field(default_factory=list)
    footnote: int | None = None
    citation: Citation
    note: str = ""

    @model_validator(mode="after")
    def _checked(self) -> Entry:
        if self.until is not None and self.until <= self.from_:
            raise ValueError(f"until {self.until} is not after from {self.from_}")
        check_places(self.or_headquartered_in)
        check_test(self.test)
        return self

    @property
    def decides(self) -> bool:
        """True when the entry counts in a decision: in force, or reported and not denied."""
        return self.status in ("in_force", "reported")


class Rule(_Strict):
    """One rule and its history."""

    id: str
    title: str
    kind: Kind
    issuer: str
    summary: str
    timeline: list[Entry] = Field(min_length=1)
    eccn: str | None = None
    order: int = 100
    amends: list[str] = Field(default_factory=list)
    applies_to: list[str] = Field(default_factory=list)
    is_listing: bool = False
    group: str | None = None

    def on(self, day: date) -> Entry | None:
        """Return the entry that holds on *day*, or None (a fact's timeline may overlap: the last one)."""
        holding = [e for e in self.timeline if e.from_ <= day and (e.until is None or day < e.until)]
        return holding[-1] if holding else None


def rules(folder: Path | None = None) -> dict[str, Rule]:
    """Return every rule by id, checked. Raises RuleError naming the file, the key and the nearest name."""
    return dict(load_rules(folder))


def load_rules(folder: Path | None = None) -> dict[str, Rule]:
    """Return the rules of *folder*, read and checked once; the same mapping is shared: do not change it."""
    return _load(folder or paths.rules())


@lru_cache(maxsize=4)
def _load(folder: Path) -> dict[str, Rule]:
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.yaml"))}
    for name, rule in found.items():
        where = f"data/rules/{name}.yaml"
        for other in (*rule.amends, *rule.applies_to):
            if other not in found:
                raise RuleError(did_you_mean(other, found, "rule", where))
        for entry in rule.timeline:
            if entry.citation.source not in cards():
                raise RuleError(did_you_mean(entry.citation.source, cards(), "source card", where))
    return found


def _read(path: Path) -> Rule:
    where = f"data/rules/{path.name}"
    content = read_yaml(path, where, RuleError)
    if not isinstance(content, dict):
        raise RuleError(f"{where} is not a rule: it needs id, title, kind, issuer, summary and timeline")
    try:
        rule = Rule.model_validate(content)
    except ValidationError as error:
        raise RuleError(explain(error, Rule, where)) from error
    if rule.id != path.stem:
        raise RuleError(f"{where} says its id is {brief(rule.id)}; make the two the same")
    check_timeline(rule, where)
    return rule


def check_timeline(rule: Rule, where: str) -> None:
    """Raise RuleError unless the kind has what it needs and, for a rule that decides, no entries overlap."""
    if rule.kind == "classification" and not rule.eccn:
        raise RuleError(f"{where}: a classification rule needs eccn, the class it gives")
    if rule.kind == "policy" and not rule.amends:
        raise RuleError(f"{where}: a policy rule needs amends, the rules whose review it changes")
    if rule.kind == "requirement":
        for entry in rule.timeline:
            if entry.destinations is None and not entry.or_headquartered_in:
                raise RuleError(f"{where}: the entry from {entry.from_} says no destinations")
    if rule.kind == "fact" or rule.is_listing:
        return  # a fact's events and a list's additions stand beside each other
    for one, two in zip(rule.timeline, rule.timeline[1:], strict=False):
        if one.until is None or two.from_ < one.until:
            raise RuleError(
                f"{where}: the entry from {two.from_} starts before the one from {one.from_} ends "
                f"({one.until or 'no until'}). Give the earlier one an until, or write a second rule."
            )


def explain(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """Return one line for the first problem in *error*: the key, the nearest allowed, the place."""
    first = worst(error)
    steps = [str(step) for step in first["loc"] if not (isinstance(step, str) and "[" in step)]
    place = ".".join(steps)
    if first["type"] == "extra_forbidden":
        options = _keys(model, first["loc"])
        above = ".".join(steps[:-1])
        return did_you_mean(steps[-1], options, "key", where + (f", {above}" if above else ""))
    if first["type"] == "missing":
        return f"{where}: {place} is missing. Each dated entry has its own citation, status and from."
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {place}: {message}" + (
        f" (got {brief(first['input'])})" if first["type"] != "value_error" else ""
    )


def worst(error: ValidationError) -> ErrorDetails:
    """Return the problem to tell first: a misspelled key explains the missing one beside it."""
    problems = error.errors()
    return next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys allowed where *location* points: those of the innermost model named on the way."""
    inner: dict[str, type[BaseModel]] = {
        "timeline": Entry,
        "citation": Citation,
        "destinations": Destinations,
        "policy": PolicyLeg,
    }
    for step in location[:-1]:
        model = inner.get(str(step), model)
    return [field.alias or name for name, field in model.model_fields.items()]
