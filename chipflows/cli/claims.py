"""`chipflows check-claims`: whether the numbers of a briefing are still what the notebooks say."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from chipflows.cli.app import PartialError
from chipflows.cli.output import json_option, print_json, print_table

__all__ = ["check_claims"]

_BAD = ("stale", "unknown")


@click.command(name="check-claims", epilog="Example: chipflows check-claims memo.docx --against runs/report")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...", required=True)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="A report's folder, or the published figures.  [default: runs/report, else figures]",
)
@click.option("--all", "show_all", is_flag=True, help="List every number, not only stale and unknown ones.")
@json_option
def check_claims(files: tuple[Path, ...], against: Path | None, show_all: bool, as_json: bool) -> None:
    """Hold every number in a briefing against what was recorded (claims.csv).

    FILE is Markdown, text, HTML, DOCX, PPTX or a notebook. A number is "recorded" when a notebook computed
    it, "cited" when its passage names a source (a link, or a source's id in code), "stale" when the sentence
    was recorded with another number, else "unknown". Dates, names and rule numbers do not count. Exits 1
    when one is stale or unknown.
    """
    import pandas as pd

    from chipflows import paths, tables
    from chipflows.reports.claims import check_text, record_of
    from chipflows.reports.texts import text_of

    report = paths.runs() / "report"
    folder = against or (report if report.is_dir() else paths.figures())
    cards = tables.cards()
    record = record_of(folder, [str(card.title) for card in cards.values()])
    found = [
        {"file": str(path), **asdict(finding)}
        for path in files
        for finding in check_text(text_of(path), record, cards.__contains__)
    ]
    shown = [row for row in found if show_all or row["status"] in _BAD]
    counts = {
        status: sum(row["status"] == status for row in found) for status in ("recorded", "cited", *_BAD)
    }
    if as_json:
        print_json({"against": str(folder), "counts": counts, "numbers": found})
    else:
        if shown:
            columns = ["file", "line", "number", "status", "says", "claim"]
            print_table(pd.DataFrame(shown)[columns])
        click.echo(f"{len(found)} numbers: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    if bad := counts["stale"] + counts["unknown"]:
        raise PartialError(f"{bad} of {len(found)} numbers are neither recorded in {folder} nor cited.")
