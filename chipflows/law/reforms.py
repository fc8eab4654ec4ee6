"""Reforms: the same rules, saying something else from a day on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from chipflows.errors import RuleError, did_you_mean
from chipflows.tables.rules import Entry, Rule, explain
from chipflows.tables.scenarios import Change, Reform

__all__ = ["reformed"]


@dataclass(frozen=True)
class _Dated:
    """A change with its day settled, and the reform it comes from."""

    start: date
    change: Change
    reform: str


def reformed(rules: Mapping[str, Rule], adopted: Iterable[tuple[Reform, date]]) -> dict[str, Rule]:
    """Return *rules* with the reforms applied, each from its day; a later day wins over an earlier one.

    From its day on a change overwrites what it sets in every entry of the rule. Where the rule says nothing
    yet on that day and the change sets a status, its first text is brought forward to it. Raises RuleError
    when two reforms set the same key of the same rule to different values from the same day, or when what
    results is not a valid entry.
    """
    dated = [
        _Dated(day if change.from_ == "adopted_on" else change.from_, change, reform.id)
        for reform, day in adopted
        for change in reform.law
    ]
    _refuse_conflicts(dated)
    out = dict(rules)
    for item in sorted(dated, key=lambda one: one.start):
        if item.change.rule not in out:
            raise RuleError(did_you_mean(item.change.rule, out, "rule", f"reform {item.reform}"))
        out[item.change.rule] = _changed(out[item.change.rule], item)
    return out


def _refuse_conflicts(dated: list[_Dated]) -> None:
    seen: dict[tuple[str, str, date], tuple[Any, str]] = {}
    for item in dated:
        for key, value in item.change.set.items():
            place = (item.change.rule, key, item.start)
            other = seen.setdefault(place, (value, item.reform))
            if other[0] != value:
                raise RuleError(
                    f"reforms {other[1]} and {item.reform} both set {key} of {item.change.rule} from "
                    f"{item.start}, to {other[0]!r} and to {value!r}. Give one a later day, or drop one."
                )


def _changed(rule: Rule, item: _Dated) -> Rule:
    timeline = [piece for entry in rule.timeline for piece in _pieces(entry, item)]
    early = rule.timeline[0]
    if "status" in item.change.set and item.start < early.from_:
        brought = early.model_copy(update={"from_": item.start, "until": early.from_})
        timeline = [*_pieces(brought, item), *timeline]
    return rule.model_copy(update={"timeline": sorted(timeline, key=lambda entry: entry.from_)})


def _pieces(entry: Entry, item: _Dated) -> list[Entry]:
    """Split *entry* at the change's first and last day; the piece between says what the change sets."""
    start, stop = item.start, item.change.until
    if (entry.until is not None and entry.until <= start) or (stop is not None and stop <= entry.from_):
        return [entry]
    pieces = []
    if entry.from_ < start:
        pieces.append(entry.model_copy(update={"until": start}))
    inside = entry.model_copy(update={"from_": max(entry.from_, start), "until": _earlier(entry.until, stop)})
    pieces.append(_set(inside, item))
    if stop is not None and (entry.until is None or stop < entry.until):
        pieces.append(entry.model_copy(update={"from_": stop}))
    return pieces


def _earlier(one: date | None, two: date | None) -> date | None:
    days = [day for day in (one, two) if day is not None]
    return min(days) if days else None


def _set(entry: Entry, item: _Dated) -> Entry:
    content = {**entry.model_dump(by_alias=True), **item.change.set}
    try:
        return Entry.model_validate(content)
    except ValidationError as error:
        raise RuleError(explain(error, Entry, f"reform {item.reform}, {item.change.rule}")) from error
