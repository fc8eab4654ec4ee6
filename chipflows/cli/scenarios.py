"""`chipflows scenarios`: what can be simulated, one line each."""

from __future__ import annotations

import click

from chipflows.cli.output import json_option, print_json, print_table, records

__all__ = ["scenarios"]


@click.command(epilog="Example: chipflows scenarios")
@json_option
def scenarios(as_json: bool) -> None:
    """List the scenarios: id, when its reforms are adopted, which they are, and what it asks."""
    import pandas as pd

    from chipflows.tables.scenarios import scenarios as known

    rows = [
        {
            "id": name,
            "base": scenario.base,
            "adopted_on": scenario.adopted_on,
            "reforms": list(scenario.reforms),
            "title": scenario.title,
        }
        for name, scenario in known().items()
    ]
    frame = pd.DataFrame(rows)
    if as_json:
        print_json(records(frame))
    else:
        print_table(frame[["id", "adopted_on", "reforms", "title"]])
