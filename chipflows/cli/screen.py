"""`chipflows screen`: a table of customers against the lists, in parts that a stopped run takes up again."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipflows.cli.output import json_option, print_json, print_table, records
from chipflows.cli.parts import one_at_a_time, parts_folder, sweep

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["screen"]

_AT_ONCE = 5_000  # customers screened and written together
_SHOWN = 20
_NUMBERS = ("row", "rank", "score")


@click.command(epilog="Example: chipflows screen customers.csv --out hits.csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here: CSV, or XLSX by its ending."
)
@click.option(
    "--lists", "wanted", multiple=True, metavar="NAME", help="A list to search; by default all held."
)
@click.option("--threshold", type=float, help="Score, 0 to 1, from which a name is a possible match.")
@json_option
def screen(
    file: Path, out: Path | None, wanted: tuple[str, ...], threshold: float | None, as_json: bool
) -> None:  # fmt: skip
    """Find the listed firms that customers may be: FILE is a CSV or XLSX with a column name.

    Columns id, country, address and owner are used where they are there. Hits are possible matches for a
    person to review, not determinations; no hit is no clearance. Natural persons are out of scope. No log is
    kept.
    """
    import pandas as pd

    from chipflows.cli.customers import read_customers
    from chipflows.lists.screening import THRESHOLD

    limit = THRESHOLD if threshold is None else threshold
    customers = read_customers(file)
    if out is None:
        each = [_hits(part, first, wanted, limit) for first, part in _parts(customers)]
        hits = pd.concat(each, ignore_index=True)
        _show(hits, as_json=as_json)
        return
    with one_at_a_time(out):
        sweep(out.parent)
        parts = _screened(customers, out, wanted, limit)
        _join(parts, out)
        found = pd.concat([pd.read_csv(part, dtype=str, keep_default_na=False) for part in parts])
        shutil.rmtree(parts[0].parent)
    if as_json:
        print_json(records(found))
    else:
        click.echo(f"{_tally(found)}: {out}")


def _screened(customers: pd.DataFrame, out: Path, wanted: tuple[str, ...], limit: float) -> list[Path]:
    """Return the parts in order, each screened unless a stopped run has left it; tell how far it is."""
    from chipflows.csvtext import write_csv

    folder = parts_folder(out, _question(customers, wanted, limit))
    written = []
    for first, part in _parts(customers):
        target = folder / f"{first:09}.csv"
        written.append(target)
        if not target.is_file():
            write_csv(_hits(part, first, wanted, limit), target)
        click.echo(f"\r{first + len(part):,} of {len(customers):,} customers", err=True, nl=False)
    click.echo("", err=True)
    return written


def _hits(part: pd.DataFrame, first: int, wanted: tuple[str, ...], limit: float) -> pd.DataFrame:
    """Return the hits with the row of the customer's file (1 is the first below the header) and its id."""
    from chipflows.lists.screening import screen as search

    hits = search(part, wanted, limit)
    place = (hits["rank"] == 1).cumsum() - 1
    hits.insert(0, "row", place + first + 1)
    if "id" in part:
        hits.insert(1, "id", part["id"].iloc[place].to_numpy())
    return hits


def _parts(customers: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the customers in parts of _AT_ONCE, at least one, each with the place of its first."""
    for start in range(0, max(1, len(customers)), _AT_ONCE):
        yield start, customers.iloc[start : start + _AT_ONCE]


def _question(customers: pd.DataFrame, wanted: tuple[str, ...], threshold: float) -> str:
    """Return a hash of what is asked, so that another question starts afresh."""
    from chipflows import __version__, tables

    asked = f"{__version__} {tables.data_hash()} {sorted(wanted)} {threshold!r} {customers.to_csv()}"
    return hashlib.sha256(asked.encode()).hexdigest()


def _join(parts: Sequence[Path], out: Path) -> None:
    """Write the parts as one CSV or XLSX, by rename."""
    from chipflows import paths

    with paths.atomic_write(out) as temporary:
        if out.suffix.lower() == ".xlsx":
            from chipflows.cli.sheets import write_rows

            rows = _rows(parts)
            header = next(rows)
            write_rows(temporary, chain([header], rows), [header.index(name) for name in _NUMBERS])
            return
        with temporary.open("w", encoding="utf-8") as whole:
            for number, part in enumerate(parts):
                text = part.read_text(encoding="utf-8")
                whole.write(text if number == 0 else text.partition("\n")[2])


def _rows(parts: Sequence[Path]) -> Iterator[list[str]]:
    """Yield the header once, then the rows of every part."""
    for number, part in enumerate(parts):
        with part.open(encoding="utf-8", newline="") as opened:
            rows = csv.reader(opened)
            header = next(rows)
            if number == 0:
                yield header
            yield from rows


def _show(hits: pd.DataFrame, *, as_json: bool) -> None:
    """Print the hits."""
    if as_json:
        print_json(records(hits))
        return
    print_table(hits.head(_SHOWN)[["query", "score", "entity", "list", "matched_on", "reason"]])
    if len(hits) > _SHOWN:
        click.echo(f"… and {len(hits) - _SHOWN:,} more rows (--out or --json gives all)")
    click.echo(f"\n{_tally(hits)}")


def _tally(hits: pd.DataFrame) -> str:
    """Return how many customers have a hit."""
    first = hits[hits["rank"].astype(int) == 1]
    found = int((first["entity"] != "").sum())
    return f"{len(first):,} customers, {found:,} with a possible match or relation to review"
