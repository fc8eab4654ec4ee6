"""What verbs accept: dates, and name=value pairs, checked as they are parsed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import click

from chipflows.errors import InputError

__all__ = ["ISO_DATE", "number_or_text", "pairs"]


class _IsoDate(click.ParamType):  # type: ignore[type-arg]  # generic only in the newest click
    """A date written as 2025-05-01."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date; raises click.BadParameter with the form that is allowed."""
        if isinstance(value, date):
            return value
        text = str(value)
        try:
            if len(text) != len("2025-05-01"):
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is not a date. Write year-month-day, for example 2025-05-01.", param, ctx)


ISO_DATE = _IsoDate()


def pairs(items: Iterable[str], option: str) -> dict[str, str]:
    """Return {"name": "value"} from "name=value" texts; raises InputError for another form or a repeat."""
    found: dict[str, str] = {}
    for item in items:
        name, sign, value = item.partition("=")
        if not sign or not name.strip():
            raise InputError(f"{option} {item!r} is not of the form name=value, for example draws=1024.")
        if name.strip() in found:
            raise InputError(f"{option} gives {name.strip()!r} twice. Give it once.")
        found[name.strip()] = value.strip()
    return found


def number_or_text(text: str) -> float | bool | str:
    """Return a value given on the command line as the type it looks like; what takes it checks it."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text
