"""What a reader has chosen, as one value that can be checked, compared, and written into an address.

The text of a permalink comes from outside. It is bounded before it is read, read as plain JSON, and every
field is checked against what the project knows; what is not understood is refused, never skipped.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from chipflows import tables
from chipflows.errors import ChipflowsError, InputError, did_you_mean
from chipflows.flows.grid import Grid
from chipflows.flows.levers import ASKS, LEVERS, Value, check_levers
from chipflows.tables.scenarios import adopted, levers_of, scenario, world_of

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "METRICS",
    "POLICY_LEVERS",
    "PRESETS",
    "WORLD_LEVERS",
    "State",
    "checked",
    "decode",
    "encode",
    "preset",
    "standing",
]

FIRST_DAY, LAST_DAY = date(2022, 1, 1), date(2030, 12, 31)
MOST_CHARACTERS = 2000
WORLD_LEVERS = ("prc_regime", "displacement", "to_diverted", "offshore_window")
POLICY_LEVERS = tuple(name for name in LEVERS if name not in WORLD_LEVERS)
FORMS = ("wide", "narrow")
METRICS = {
    "h100e": "compute, H100 equivalents by 8-bit throughput",
    "h100e_bandwidth": "compute, H100 equivalents by memory bandwidth",
    "chips": "number of chips",
    "usd": "revenue of US vendors",
}
PRESETS = (
    "letter-h20", "letter-kyc", "letter-diffusion", "letter-cxmt", "letter-all",
    "now-h20", "now-kyc", "now-diffusion", "now-cxmt", "now-all",
    "actual", "no-controls", "h20-never-restricted", "h200-open", "h200-closed",
)  # fmt: skip

_LETTER_DAY, _NOW = date(2025, 2, 3), date(2027, 1, 1)
_TEXT = re.compile(r"[A-Za-z0-9_-]*\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")


class State(BaseModel):
    """A scenario being explored and what is shown of it; frozen, so that it can be a key of a cache.

    base: the scenario it stands on; asks: those adopted on adopted_on, the H20 ask in its wide or narrow
    form; levers: of the scenario, where they differ from those of its base; world: likewise, levers that hold
    in every scenario alike; against: what it is compared with; quarter and metric: what is shown; chip, to,
    on: the case put to the law.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    base: str = "actual"
    asks: tuple[str, ...] = ()
    h20_form: str = "wide"
    adopted_on: date = _LETTER_DAY
    levers: tuple[tuple[str, Value], ...] = ()
    world: tuple[tuple[str, Value], ...] = ()
    against: str = "actual"
    metric: str = "h100e"
    quarter: str = "2028Q4"
    chip: str = Field(default="h20_96", max_length=60)
    to: str = "CN"
    on: date = date(2025, 5, 1)

    @field_validator("base", "against")
    @classmethod
    def _scenario(cls, name: str) -> str:
        if len(name) > 60:
            raise InputError("that is too long for a scenario's id.")
        scenario(name)
        return name

    @field_validator("asks")
    @classmethod
    def _asks(cls, asks: tuple[str, ...]) -> tuple[str, ...]:
        for ask in asks:
            _among(ask, ASKS, "ask")
        return tuple(ask for ask in ASKS if ask in asks)

    @field_validator("h20_form")
    @classmethod
    def _form(cls, form: str) -> str:
        return _among(form, FORMS, "form of the H20 ask")

    @field_validator("metric")
    @classmethod
    def _metric(cls, metric: str) -> str:
        return _among(metric, METRICS, "measure")

    @field_validator("quarter")
    @classmethod
    def _quarter(cls, quarter: str) -> str:
        return _among(quarter, Grid().quarters, "quarter")

    @field_validator("adopted_on")
    @classmethod
    def _day(cls, day: date) -> date:
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InputError(f"{day} lies outside the model's years: choose {FIRST_DAY} to {LAST_DAY}.")
        return day

    @field_validator("on")
    @classmethod
    def _law_day(cls, day: date) -> date:
        if not date(2018, 1, 1) <= day <= LAST_DAY:
            raise InputError(f"the law is held from 2018-01-01 to {LAST_DAY}, not on {day}.")
        return day

    @field_validator("chip")
    @classmethod
    def _chip(cls, chip: str) -> str:
        return tables.chip_id(chip)

    @field_validator("to")
    @classmethod
    def _place(cls, code: str) -> str:
        if not _COUNTRY.match(code):
            raise InputError(f"{code[:20]!r} is not a country code. Write two letters, such as CN, HK, MY.")
        return code

    @field_validator("levers", "world")
    @classmethod
    def _levers(
        cls, pairs: tuple[tuple[str, Value], ...], info: ValidationInfo
    ) -> tuple[tuple[str, Value], ...]:
        given = check_levers(dict(pairs), "the explorer")
        before = standing(info.data.get("base", "actual"))
        # What is as in the base is not a change; numbers as floats, so that 1 and 1.0 are one state.
        kept = {name: _plain(value) for name, value in given.items() if value != before[name]}
        return tuple((name, kept[name]) for name in LEVERS if name in kept)

    @model_validator(mode="after")
    def _whole(self) -> State:
        for name, _ in self.levers:
            _among(name, POLICY_LEVERS, "lever of a scenario")
        for name, _ in self.world:
            _among(name, WORLD_LEVERS, "lever of every scenario")
        held = standing(self.base) | dict(self.world)
        for name, value in world_of(scenario(self.against)).items():
            if held[name] != value:
                raise InputError(
                    f"{self.against} has {name} {value!r} in every scenario of its run. Set that lever here "
                    "as well, or compare with another scenario."
                )
        taken = {reform.ask for reform, _ in adopted(scenario(self.base)) if reform.ask}
        for ask in self.asks:
            if ask in taken:
                raise InputError(
                    f"{self.base} has adopted the {ask} ask already. Take the ask off, or start from another "
                    "scenario."
                )
        return self

    def changed(self, **values: Any) -> State:
        """Return this state with some fields changed, checked anew; raises InputError in words."""
        return checked({**dict(self), **values})


def standing(base: str) -> dict[str, Value]:
    """Return every lever as the scenario *base* has it, those of the world among them."""
    item = scenario(base)
    defaults = {name: lever.default for name, lever in LEVERS.items()}
    return {**defaults, **levers_of(item), **world_of(item)}


def _among(name: str, allowed: Any, what: str) -> str:
    if name not in allowed:
        raise InputError(did_you_mean(name[:60], allowed, what))
    return name


def _plain(value: Value) -> Value:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def checked(values: Mapping[str, Any]) -> State:
    """Return a State of plain *values*; raises InputError naming the first field that is wrong."""
    try:
        return State.model_validate(dict(values))
    except ChipflowsError as problem:
        raise InputError(str(problem)) from None
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(step)[:40] for step in first["loc"]) or "the state"
        if first["type"] == "extra_forbidden":
            raise InputError(did_you_mean(field, State.model_fields, "field of a state")) from None
        raise InputError(f"{field}: {first['msg']}.") from None


def preset(name: str) -> State:
    """Return the State that is a shipped scenario, its asks taken apart so that each can be changed."""
    item = scenario(name)
    day = item.adopted_on or _NOW
    mine: dict[str, Any] = {"levers": tuple(item.levers.items()), "quarter": "2028Q4"}
    forms = {"h20_wide": "wide", "h20_narrow": "narrow"}
    asks = {"diffusion": "diffusion", "kyc": "kyc", "cxmt": "cxmt", "h20_wide": "h20", "h20_narrow": "h20"}
    if item.reforms and all(reform in asks for reform in item.reforms):
        form = next((forms[reform] for reform in item.reforms if reform in forms), "wide")
        chosen = tuple(asks[reform] for reform in item.reforms)
        return checked(
            {**mine, "base": item.base or "actual", "asks": chosen, "h20_form": form, "adopted_on": day}
        )
    return checked({"base": item.id, "adopted_on": _NOW if item.id == "actual" else day})


def encode(state: State) -> str:
    """Return *state* as text for an address: only what differs from the defaults, base64 for URLs."""
    plain: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in state
        if value != State.model_fields[name].default
    }
    for name in ("levers", "world"):
        if name in plain:
            plain[name] = dict(plain[name])
    text = json.dumps(plain, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str) -> State:
    """Return the State that *text* encodes; raises InputError, in words, for anything else."""
    try:
        return checked(_fields(text))
    except InputError as problem:
        raise InputError(f"This link cannot be read: {problem} Start from a preset instead.") from None


def _fields(text: str) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"it has {len(text):,} characters, at most {MOST_CHARACTERS:,}.")
    if not _TEXT.match(text):
        raise InputError("it holds characters that none of our links has.")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found = json.loads(raw.decode("utf-8"), parse_constant=_no_constant) if text else {}
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError):
        raise InputError("it was cut short or changed.") from None
    if not isinstance(found, dict):
        raise InputError("it was cut short or changed.")
    return {name: _field(str(name), value) for name, value in found.items()}


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _field(name: str, value: Any) -> Any:
    """Return one field of a link as State takes it: dates from text, lists as tuples."""
    if name in ("adopted_on", "on"):
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            raise InputError(f"{name} is {str(value)[:20]!r}, not a date such as 2025-02-03.") from None
    if name == "asks":
        return tuple(str(item)[:60] for item in value[:8]) if isinstance(value, list) else value
    if name in ("levers", "world"):
        if not isinstance(value, dict) or len(value) > len(LEVERS):
            raise InputError(f"{name} is not a short list of levers.")
        return tuple((str(key)[:60], _plain(item)) for key, item in value.items())
    return value
