"""`chipflows sources`: every source we hold, what it is, how old, and under which licence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import click

from chipflows.cli.output import json_option, print_json, print_table

__all__ = ["sources"]

_DATES = ("as_of", "published_on", "accessed_on")


@click.command(epilog="Example: chipflows sources epoch_repo_apr")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@json_option
def sources(ids: tuple[str, ...], as_json: bool) -> None:
    """List every source: what it holds, its date and age, its licence; or show all of those called ID."""
    import pandas as pd

    from chipflows import tables
    from chipflows.errors import InputError, did_you_mean

    cards = tables.cards()
    for source in ids:
        if source not in cards:
            raise InputError(did_you_mean(source, cards, "source"))
    # Age is the one thing here that the clock decides; no result depends on it.
    today = datetime.now(UTC).date()
    rows = [_row(source, cards[source], today) for source in ids or sorted(cards)]
    if as_json:
        print_json(rows)
    elif ids:
        click.echo("\n\n".join(_in_full(row) for row in rows))
    else:
        print_table(pd.DataFrame(rows)[["id", "producer", "title", "kind", "date", "age_days", "licence"]])
        click.echo(f"\n{len(rows)} sources. All of one: chipflows sources ID")


def _row(source: str, card: Any, today: date) -> dict[str, Any]:
    """Return a card as a row: every field it has, its date, and its age in days."""
    fields = card.model_dump() if hasattr(card, "model_dump") else dict(vars(card))
    day = next((fields[name] for name in _DATES if fields.get(name)), None)
    limit, age = fields.get("stale_after_days"), _age(day, today)
    is_stale = None if limit is None or age is None else age > limit
    return {"id": source, **fields, "date": None if day is None else str(day), "age_days": age, "is_stale": is_stale}


def _age(day: Any, today: date) -> int | None:
    """Return the days since *day*; None when only its month or year is known."""
    try:
        return (today - date.fromisoformat(str(day))).days
    except ValueError:
        return None


def _in_full(row: dict[str, Any]) -> str:
    """Return one source's fields, one a line."""
    shown = {name: value for name, value in row.items() if value not in (None, "", [], ())}
    width = max(map(len, shown))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in shown.items())
