"""`chipflows explore`: the explorer as a page of this machine."""

from __future__ import annotations

import click

from chipflows.cli.output import json_option

__all__ = ["explore"]


@click.command(epilog="Example: chipflows explore --port 8866")
@click.option("--port", default=8866, show_default=True, help="The next free one is taken if it is in use.")
@click.option("--sessions", default=6, show_default=True, help="Most sessions at once.")
@click.option(
    "--idle", "idle_seconds", default=1800, show_default=True, help="Seconds till an idle one ends."
)
@click.option("--preheated", default=1, show_default=True, help="Sessions started ahead; 0 for none.")
@json_option
def explore(port: int, sessions: int, idle_seconds: int, preheated: int, as_json: bool) -> None:
    """Serve the explorer as a web page on this machine, and print the one address that opens it.

    A scenario is chosen and changed there without editing a file. CHIPFLOWS_EXPLORE_TOKEN sets the token of
    the address; it is drawn anew otherwise. Ctrl-C stops the page and every session. With --json the address
    and the limit on sessions are printed as one object.
    """
    from chipflows.explore.server import Settings, serve

    serve(Settings(port, sessions, idle_seconds, preheated, as_json))
