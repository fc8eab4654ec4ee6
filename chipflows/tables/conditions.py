"""The tests of a rule: ``all``, ``any``, ``not``, ``unknown`` and leaves ``{field: {operator: value}}``.

Checked when the file is read, so that a typing slip in a rule is an error with the nearest name, never a
test that is silently false.
"""

from __future__ import annotations

import re
from typing import Any

from chipflows.errors import brief, did_you_mean
from chipflows.tables.fields import FIELDS, OPERATORS

__all__ = ["check_places", "check_test"]

_JOINS = ("all", "any", "not", "unknown")
_COUNTRY = re.compile(r"[A-Z]{2}")
_GROUP = re.compile(r"[A-E](:\d)?|SUPP4_742|SUPP5A_740|SUPP5B_740")


def check_places(places: list[str]) -> None:
    """Raise ValueError unless each place is an ISO code, a group code or ``worldwide``."""
    for place in places:
        known = isinstance(place, str) and (
            place == "worldwide" or _COUNTRY.fullmatch(place) or _GROUP.fullmatch(place)
        )
        if not known:
            raise ValueError(
                f"{brief(place)} is not a place. "
                'Write an ISO code (CN; quote "NO"), a group ("D:5") or worldwide.'
            )


def check_test(test: dict[str, Any] | None) -> None:
    """Raise ValueError with the nearest name unless *test* uses known fields, operators and values."""
    if test is None:
        return
    if not isinstance(test, dict) or len(test) != 1:
        raise ValueError(f"a test has one key (all, any, not, unknown or a field), got {brief(test)}")
    ((name, body),) = test.items()
    if name in ("all", "any"):
        if not isinstance(body, list) or not body:
            raise ValueError(f"{name} needs a list of tests, got {brief(body)}")
        for part in body:
            check_test(part)
    elif name == "not":
        check_test(body)
    elif name == "unknown":
        if not isinstance(body, str) or not body.strip():
            raise ValueError("unknown needs the reason, in words")
    else:
        _check_leaf(name, body)


def _check_leaf(name: str, body: Any) -> None:
    if name not in FIELDS:
        raise ValueError(did_you_mean(name, [*FIELDS, *_JOINS], "field"))
    kind = FIELDS[name].kind
    if not isinstance(body, dict) or not body:
        raise ValueError(f"{name} needs an operator, for example {{{name}: {{{OPERATORS[kind][0]}: ...}}}}")
    for operator, value in body.items():
        if operator not in OPERATORS[kind]:
            raise ValueError(did_you_mean(operator, OPERATORS[kind], f"operator for the {kind} {name}"))
        _check_value(name, kind, operator, value)


def _check_value(name: str, kind: str, operator: str, value: Any) -> None:
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"{name}: {operator} needs a number, got {brief(value)}")
    if kind == "flag" and not isinstance(value, bool):
        raise ValueError(f"{name}: is needs true or false, got {brief(value)}")
    if operator in ("in", "not_in") and (not isinstance(value, list) or not value):
        raise ValueError(f"{name}: {operator} needs a list, got {brief(value)}")
    if kind == "country":
        check_places(value if isinstance(value, list) else [value])
