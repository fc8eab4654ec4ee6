"""`chipflows sources`: every source we hold, what it is, how old, and under which licence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from chipflows.cli.output import json_option, print_json, print_table, records

__all__ = ["sources"]


@click.command(epilog="Example: chipflows sources nvda_10q_fy26q2")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@json_option
def sources(ids: tuple[str, ...], as_json: bool) -> None:
    """List every source: what it holds, its date and age, its licence; or show all of those called ID."""
    from chipflows import tables
    from chipflows.errors import InputError, did_you_mean

    cards = tables.cards()
    for source in ids:
        if source not in cards:
            raise InputError(did_you_mean(source, cards, "source"))
    # Age today is the one thing here that the clock decides; no result depends on it.
    overview = tables.sources_overview(datetime.now(UTC).date())
    if ids:
        overview = overview[overview["id"].isin(ids)]
    rows = records(overview)
    if as_json:
        print_json([{**cards[row["id"]].model_dump(), **row} for row in rows])
    elif ids:
        click.echo("\n\n".join(_in_full({**cards[row["id"]].model_dump(), **row}) for row in rows))
    else:
        print_table(overview[["id", "producer", "title", "as_of", "age_days", "kind", "licence", "rows"]])
        click.echo(f"\n{len(rows)} sources. All of one: chipflows sources ID")


def _in_full(row: dict[str, Any]) -> str:
    """Return one source's fields, one a line."""
    shown = {name: value for name, value in row.items() if value not in (None, "", [], ())}
    width = max(map(len, shown))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in shown.items())
