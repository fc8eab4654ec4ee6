"""`chipflows refresh`: pull live data into new dated snapshots."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipflows.cli.app import PartialError
from chipflows.cli.output import json_option, print_json
from chipflows.cli.types import ISO_DATE

if TYPE_CHECKING:
    from chipflows.sources.refresh import Outcome

__all__ = ["refresh"]

_WIDTH = 100


@click.command(epilog="Example: chipflows refresh csl ecfr_entity_list")
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@click.option("--offline", is_flag=True, help="Use only what earlier runs fetched; ask no server.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A download made by hand, for one SOURCE.",
)
@click.option("--as-of", type=ISO_DATE, help="The day whose content FILE holds; today if not said.")
@click.option("--allow-shrink", is_flag=True, help="Accept a table that lost more than a fifth of its rows.")
@json_option
def refresh(
    names: tuple[str, ...],
    offline: bool,
    file: Path | None,
    as_of: date | None,
    allow_shrink: bool,
    as_json: bool,
) -> None:
    """Pull live data, all sources or those called SOURCE, into a new dated snapshot beside the old.

    Says what changed. A source that fails keeps its last good snapshot, the others go on, and the exit
    status is 1. An interrupted refresh goes on where it stopped. Keys and contact come from the environment:
    CHIPFLOWS_CONTACT (the SEC asks for a name and e-mail), CENSUS_API_KEY, COMTRADE_API_KEY.
    """
    from tqdm import tqdm

    from chipflows import live

    known = live.feeds()
    total = len(names) or sum(not feed.about.by_hand for feed in known.values())
    # On a terminal only: a log wants the lines, not the bar.
    with tqdm(total=total, unit="source", leave=False, disable=None, dynamic_ncols=True) as bar:

        def tell(text: str) -> None:
            bar.set_description_str(text)

        def done(outcome: Outcome) -> None:
            bar.update()
            if not as_json:
                with bar.external_write_mode():
                    click.echo(_line(outcome))

        outcomes = live.pull(
            names,
            offline=offline,
            file=file.read_bytes() if file else None,
            as_of=as_of,
            allow_shrink=allow_shrink,
            tell=tell,
            done=done,
        )
    if as_json:
        print_json([vars(outcome) for outcome in outcomes])
    failed = [outcome.source for outcome in outcomes if outcome.failed]
    if failed:
        raise PartialError(
            f"{len(failed)} of {len(outcomes)} sources could not be brought up to date: {', '.join(failed)}. "
            "Mend what is said above and run the command again; what was fetched is not fetched twice."
        )


def _line(outcome: Outcome) -> str:
    """Return an outcome as lines: the source, what became of it, then the words."""
    head = f"{outcome.source}: {outcome.status}"
    if outcome.status == "new":
        head += f" snapshot {outcome.snapshot}"
    words = [
        textwrap.fill(
            line,
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in outcome.text.splitlines()
    ]
    return "\n".join([head, *words])
