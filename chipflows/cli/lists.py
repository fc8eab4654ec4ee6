"""`chipflows lists`: read a list's text, compare two, ask what they say of a name."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipflows.cli.output import json_option, plain, print_json, print_table, records
from chipflows.cli.types import ISO_DATE
from chipflows.errors import InputError, printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["lists"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)
_WIDTH = 100
_SHOWN = 15  # rows on the screen; --json and --out give all
_FORMS = "eCFR XML or HTML, a Consolidated Screening List CSV or JSON, or BIS's CSV; plain or gzip"


@click.group(epilog="Example: chipflows lists status Inspur --on 2024-01-31")
def lists() -> None:
    """Read the Entity List and other lists, compare two of them, and ask what they said of a name on a day.

    Each verb below has --help with an example, and takes --json.
    """


@lists.command(epilog="Example: chipflows lists parse part744.xml --out entities.csv")
@click.argument("file", type=_FILE)
@click.option("--out", type=_OUT, help="Write CSV here, not to the screen.")
@click.option("--list", "which", default="Entity List", show_default=True, help="A list's name, or all.")
@json_option
def parse(file: Path, out: Path | None, which: str, as_json: bool) -> None:
    """Read FILE and give one row per entry. FILE is eCFR XML or HTML, a screening list, or BIS's CSV.

    Rows of natural persons are counted, their names withheld.
    """
    from chipflows import lists as library
    from chipflows.csvtext import write_csv

    frame = _wanted(_parsed(file), which, file)
    shown = library.withhold_persons(frame)
    columns = [name for name in library.COLUMNS if name not in ("list", "is_person") or which == "all"]
    shown = shown[[name for name in columns if name != "is_person"]]
    if out is not None:
        write_csv(shown, out)
    if as_json:
        print_json(records(shown))
    elif out is None:
        _print(shown[["name", "country", "footnotes", "first_cited_on", "citations"]])
    if not as_json:
        click.echo(f"\n{_counted(frame)}{f': {out}' if out else ''}")


@lists.command(epilog="Example: chipflows lists diff old.csv new.xml --out changes.csv")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--out", type=_OUT, help="Write CSV here, not to the screen.")
@click.option("--list", "which", default="Entity List", show_default=True, help="A list's name, or all.")
@json_option
def diff(old: Path, new: Path, out: Path | None, which: str, as_json: bool) -> None:
    """Say what was added, removed and amended from OLD to NEW, two files that `lists parse` reads."""
    from chipflows import lists as library
    from chipflows.csvtext import write_csv

    changes = library.diff(_wanted(_parsed(old), which, old), _wanted(_parsed(new), which, new))
    if out is not None:
        write_csv(changes, out)
    if as_json:
        print_json(records(changes))
        return
    counts = changes["change"].value_counts()
    if out is None:
        _print(changes.drop(columns="entity_id"))
    tally = ", ".join(f"{counts.get(name, 0):,} {name}" for name in ("added", "removed", "amended"))
    click.echo(f"\n{tally}{f': {out}' if out else ''}")


@lists.command(epilog='Example: chipflows lists status "Changxin Memory"')
@click.argument("name")
@click.option("--on", type=ISO_DATE, help="A day; by default that of the newest text held.")
@json_option
def status(name: str, on: date | None, as_json: bool) -> None:
    """Say whether a firm called NAME stood on the Entity List, MEU, 1260H or NS-CMIC lists on a day.

    A name counts when it is an entry's name or alias, or all its words stand in one. No screening: a name
    spelt otherwise is not found.
    """
    from chipflows.lists.answers import status_answer

    if not any(letter.isalnum() for letter in name):
        raise InputError(f"{name!r} is no name. Give a firm's name, for example Inspur.")
    answer = status_answer(name, on)
    if as_json:
        print_json(answer.as_dict())
        return
    click.echo(_filled(answer.headline))
    if len(answer.entries):
        click.echo()
        shown = answer.entries.assign(
            citations=[", ".join(cited[:2]) for cited in answer.entries["citations"]]
        )
        shown["since"] = [plain(day) for day in shown["since"]]
        _print(shown[["name", "list", "country", "status", "since", "citations"]])
    for line in answer.notes:
        click.echo("\n" + _filled(line))


def _parsed(file: Path) -> pd.DataFrame:
    """Return the list in *file*."""
    from chipflows.lists import parse as read
    from chipflows.lists.hostile import LIMIT

    if file.stat().st_size > LIMIT:
        raise InputError(f"{file} has more than {LIMIT:,} bytes. Give {_FORMS}.")
    return read(file.read_bytes(), file.name)


def _wanted(frame: pd.DataFrame, which: str, file: Path) -> pd.DataFrame:
    """Return the rows of the list called *which*; raises InputError naming those the file holds."""
    from chipflows.errors import did_you_mean

    if which == "all":
        return frame
    held = sorted(frame["list"].unique())
    if which not in held:
        raise InputError(did_you_mean(which, [*held, "all"], "list", file.name))
    return frame[frame["list"] == which].reset_index(drop=True)


def _counted(frame: pd.DataFrame) -> str:
    """Return how many entries there are, and what a reader should know of them."""
    undated = sum("(" not in item for cited in frame["citations"] for item in cited)
    parts = [f"{len(frame):,} entries", f"{int((frame['country'] == 'CN').sum()):,} under China"]
    parts += [f"{int(frame['is_person'].sum()):,} natural persons or not to be told (names withheld)"]
    parts += [f"{undated:,} citations without a date"]
    return ", ".join(parts)


def _print(frame: pd.DataFrame) -> None:
    """Print the first rows, and say how many there are."""
    shown = frame.head(_SHOWN).copy()
    for column in shown.columns[shown.dtypes == "datetime64[ns]"]:
        shown[column] = [plain(day) for day in shown[column]]
    print_table(shown)
    if len(frame) > _SHOWN:
        click.echo(f"… and {len(frame) - _SHOWN:,} more rows (--json gives all)")


def _filled(text: str) -> str:
    """Return *text* wrapped for the screen."""
    return textwrap.fill(printable(text), _WIDTH, break_long_words=False, break_on_hyphens=False)
