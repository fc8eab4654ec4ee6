"""`chipflows sources`: every source we hold, what it is, how old, and under which licence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from chipflows.cli.output import json_option, print_json, print_table, records

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["sources"]


@click.command(epilog="Example: chipflows sources nvda_10q_fy26q2")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@json_option
def sources(ids: tuple[str, ...], as_json: bool) -> None:
    """List every source: what it holds, its date and age, its licence; or show all of those called ID.

    First the sources of the figures that the project ships, then the live ones, which `chipflows refresh`
    pulls: what is held of them, how old and large, and when to expect more.
    """
    from chipflows import live, tables
    from chipflows.errors import InputError, did_you_mean

    cards = tables.cards()
    # Age today is the one thing here that the clock decides; no result depends on it.
    today = datetime.now(UTC).date()
    pulled = live.overview(today)
    for source in ids:
        if source not in (known := {*cards, *pulled["id"]}):
            raise InputError(did_you_mean(source, known, "source"))
    # Counting what each card's figures fill means reading every table: only where it is shown.
    shipped = tables.sources_overview(today) if not ids or set(ids) & set(cards) else pulled.head(0)
    rows = [
        {**cards[row["id"]].model_dump(), **row} if row["id"] in cards else row
        for row in (*records(shipped), *records(pulled))
        if not ids or row["id"] in ids
    ]
    if as_json:
        print_json(rows)
    elif ids:
        click.echo("\n\n".join(map(_in_full, rows)))
    else:
        print_table(shipped[["id", "producer", "title", "as_of", "age_days", "kind", "licence", "rows"]])
        click.echo(f"\n{len(shipped)} sources of what is shipped. All of one: chipflows sources ID\n")
        if changed := tables.changed_tables():
            click.echo(f"Not as shipped, in data/tables: {', '.join(changed)}\n", err=True)
        _print_live(pulled)


def _print_live(pulled: pd.DataFrame) -> None:
    """Print what is held of the live sources."""
    size = [f"{size / 1e3:,.0f} kB" if size else "" for size in pulled["size_bytes"]]
    mark = ["stale" if stale else "" for stale in pulled["stale"]]
    shown = pulled[["id", "title", "as_of", "age_days", "rows"]].assign(
        age_days=pulled["age_days"].astype("Int64"),
        size=size,
        next_expected=pulled["next_expected"],
        licence=pulled["licence"],
        state=mark,
    )
    print_table(shown)
    click.echo(f"\n{len(pulled)} live sources. To pull them: chipflows refresh [ID]...")


def _in_full(row: dict[str, Any]) -> str:
    """Return one source's fields, one a line."""
    shown = {name: value for name, value in row.items() if value not in (None, "", [], ())}
    width = max(map(len, shown))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in shown.items())
