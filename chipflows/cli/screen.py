"""`chipflows screen`: a table of customers against the lists, in parts that a stopped run takes up again."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipflows.cli.output import json_option, print_json, print_table, records
from chipflows.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["screen"]

_AT_ONCE = 5_000  # customers screened and written together
_SHOWN = 20
_NAMES = ("name", "customer", "company", "firm", "名称", "公司名称", "企业名称")
_ENCODINGS = ("utf-8-sig", "gb18030")
_LIMIT = 512 * 2**20  # bytes of a customer file


@click.command(epilog="Example: chipflows screen customers.csv --out hits.csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write CSV here.")
@click.option(
    "--lists", "wanted", multiple=True, metavar="NAME", help="A list to search; by default all held."
)
@click.option("--threshold", type=float, help="Score, 0 to 1, from which a name is a possible match.")
@json_option
def screen(
    file: Path, out: Path | None, wanted: tuple[str, ...], threshold: float | None, as_json: bool
) -> None:  # fmt: skip
    """Find the listed firms that customers may be: FILE is a CSV with a column name.

    Columns country, address and owner are used where they are there. Hits are possible matches for a person
    to review, not determinations; no hit is no clearance. Natural persons are out of scope. No log is kept.
    """
    import pandas as pd

    from chipflows.lists.screening import THRESHOLD
    from chipflows.lists.screening import screen as search

    limit = THRESHOLD if threshold is None else threshold
    customers = _read(file)
    if out is None:
        hits = pd.concat([search(part, wanted, limit) for part in _parts(customers)], ignore_index=True)
        _show(hits, as_json=as_json)
        return
    parts = _folder(out, customers, wanted, limit)
    done = 0
    for number, part in enumerate(_parts(customers)):
        target = parts / f"{number:06}.csv"
        if not target.is_file():
            from chipflows.csvtext import write_csv

            write_csv(search(part, wanted, limit), target)
        done += len(part)
        click.echo(f"\r{done:,} of {len(customers):,} customers", err=True, nl=False)
    click.echo("", err=True)
    _join(parts, out)
    hits = pd.read_csv(out, dtype=str, keep_default_na=False)
    _summary(hits, out, as_json=as_json)


def _read(file: Path) -> pd.DataFrame:
    """Return the customers as text, the name column called name; raises InputError for no such table."""
    import pandas as pd

    body = file.read_bytes() if file.stat().st_size <= _LIMIT else b""
    if not body:
        raise InputError(f"{file} is empty or has more than {_LIMIT:,} bytes. Give a CSV with a column name.")
    encodings = ("utf-16",) if body[:2] in (b"\xff\xfe", b"\xfe\xff") else _ENCODINGS
    for encoding in encodings:
        try:
            frame = pd.read_csv(file, dtype=str, keep_default_na=False, encoding=encoding)
            return _named(frame, file)
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as problem:
            raise InputError(f"{file} is not a CSV table: {problem}. It needs a header row.") from None
    raise InputError(f"{file} is neither UTF-8, UTF-16 nor GB18030 text. Save it as CSV UTF-8.")


def _named(frame: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Return *frame* with its one name column called name; raises InputError for none or several."""
    lowered = {str(column).strip().lower(): column for column in frame.columns}
    found = [name for name in _NAMES if name in lowered]
    if "name" in found:
        found = ["name"]
    if len(found) != 1:
        held = ", ".join(map(str, frame.columns))[:120]
        what = "no column that holds names" if not found else f"several name columns ({', '.join(found)})"
        raise InputError(f"{file} has {what}. Its columns are: {held}. Call the one meant name.")
    fields = {lowered[name]: name for name in ("country", "address", "owner") if name in lowered}
    return frame.rename(columns={lowered[found[0]]: "name", **fields})


def _parts(customers: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the customers in parts of _AT_ONCE, at least one."""
    for start in range(0, max(1, len(customers)), _AT_ONCE):
        yield customers.iloc[start : start + _AT_ONCE]


def _folder(out: Path, customers: pd.DataFrame, wanted: tuple[str, ...], threshold: float) -> Path:
    """Return the folder of the parts, named by what was asked, so that another question starts afresh."""
    from chipflows import __version__, tables

    asked = f"{__version__} {tables.data_hash()} {sorted(wanted)} {threshold!r} {customers.to_csv()}"
    folder = out.parent / f".{out.name}.{hashlib.sha256(asked.encode()).hexdigest()[:16]}.parts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _join(parts: Path, out: Path) -> None:
    """Write the parts as one CSV, by rename, and remove them."""
    from chipflows import paths

    with paths.atomic_write(out) as temporary, temporary.open("w", encoding="utf-8") as whole:
        for number, part in enumerate(sorted(parts.glob("*.csv"))):
            text = part.read_text(encoding="utf-8")
            whole.write(text if number == 0 else text.partition("\n")[2])
    shutil.rmtree(parts)


def _show(hits: pd.DataFrame, *, as_json: bool) -> None:
    """Print the hits."""
    if as_json:
        print_json(records(hits))
        return
    print_table(hits.head(_SHOWN)[["query", "score", "entity", "list", "matched_on", "reason"]])
    if len(hits) > _SHOWN:
        click.echo(f"… and {len(hits) - _SHOWN:,} more rows (--out or --json gives all)")
    click.echo(f"\n{_tally(hits)}")


def _summary(hits: pd.DataFrame, out: Path, *, as_json: bool) -> None:
    """Print what was written."""
    if as_json:
        print_json(records(hits))
    else:
        click.echo(f"{_tally(hits)}: {out}")


def _tally(hits: pd.DataFrame) -> str:
    """Return how many customers have a hit."""
    first = hits[hits["rank"].astype(int) == 1]
    found = int((first["entity"] != "").sum())
    return f"{len(first):,} customers, {found:,} with a possible match or relation to review"
