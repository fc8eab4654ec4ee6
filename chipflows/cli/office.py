"""`chipflows deck`, `memo` and `fact-sheet`: a notebook, or a few figures, as the office's own files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipflows.cli.notebooks import failures, given, progress_bar, run_options, shown_path, tell
from chipflows.cli.output import json_option, print_json

if TYPE_CHECKING:
    from chipflows.runs import Finished

__all__ = ["deck", "fact_sheet", "memo"]


def _office_options(suffix: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the argument and options that deck and memo share."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        place = click.Path(path_type=Path)
        for option in (
            json_option,
            click.option("--out", type=place, help="The file.  [default: runs/<notebook>" + suffix + "]"),
            click.option("--template", type=place, help="An office template to set it in."),
            run_options,
            click.argument("ids", nargs=-1, metavar="[ID]..."),
        ):
            command = option(command)
        return command

    return add


@click.command(epilog="Example: chipflows deck h20_flows --scenario letter-h20 --out h20.pptx")
@_office_options(".pptx")
def deck(ids: tuple[str, ...], **options: Any) -> None:
    """Make a deck (PPTX) of a notebook, or of the figures called ID.

    Without ID and --notebook it is the briefing of all four asks. Findings are the titles; charts can be
    edited in PowerPoint where their kind allows, else they are pictures with alt text; each slide has its
    sources and the words to say in its notes. --template takes a .potx or .pptx.
    """
    from chipflows.runs.office import make_deck

    _run(make_deck, "Deck", ids, options)


@click.command(epilog="Example: chipflows memo --notebook 20-h20 --template office.dotx --out h20.docx")
@_office_options(".docx")
def memo(ids: tuple[str, ...], **options: Any) -> None:
    """Make a memo (DOCX) of a notebook, or of the figures called ID.

    Without ID and --notebook it is the briefing of all four asks. Figures have captions and alt text, tables
    a header row, all in named styles. --template takes a .dotx or .docx.
    """
    from chipflows.runs.office import make_memo

    _run(make_memo, "Memo", ids, options)


@click.command(name="fact-sheet", epilog="Example: chipflows fact-sheet h20 kyc --out briefing/")
@click.argument("asks", nargs=-1, metavar="[ASK]...")
@click.option("--draws", help="How many draws.  [default: the notebook's]")
@click.option("--template", type=click.Path(path_type=Path), help="An office template to set it in.")
@click.option("--out", type=click.Path(path_type=Path), help="A folder.  [default: runs/fact-sheets]")
@json_option
def fact_sheet(
    asks: tuple[str, ...], draws: str | None, template: Path | None, out: Path | None, as_json: bool
) -> None:
    """Make a page of facts (DOCX) for each ASK: diffusion, h20, kyc, cxmt; all four without ASK.

    What it would do, how sure, what it costs, what would change our mind, who disagrees.
    """
    from chipflows.runs.office import make_fact_sheets

    values = {"draws": draws} if draws else {}
    with progress_bar(as_json) as progress, failures():
        made = make_fact_sheets(asks, values, out, template=template, progress=progress)
    if as_json:
        print_json({"files": [str(path) for path in made]})
    else:
        for path in made:
            click.echo(f"Fact sheet: {shown_path(path)}")


def _run(make: Callable[..., Finished], what: str, ids: tuple[str, ...], options: dict[str, Any]) -> None:
    """Run what was asked and say where it is."""
    began = time.monotonic()
    quiet, as_json = options["quiet"], options["as_json"]
    with progress_bar(quiet or as_json) as progress, failures():
        made = make(
            ids,
            options["notebooks"],
            given(options),
            options["out"],
            template=options["template"],
            workers=options["workers"],
            progress=progress,
        )
    tell(made, as_json, f"{what}: {shown_path(made.path)}", began, quiet)
