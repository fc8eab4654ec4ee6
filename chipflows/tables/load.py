"""Strict reading of ``data/tables/*.csv`` against the codebook. Nothing is guessed, nothing is skipped."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection
from functools import lru_cache
from pathlib import Path

import pandas as pd

from chipflows import paths
from chipflows.csvtext import harmless
from chipflows.errors import TableError, did_you_mean, first_rows
from chipflows.tables.cards import require_cards
from chipflows.tables.codebook import Column, TableSpec, codebook
from chipflows.tables.corrections import corrected_rows
from chipflows.tables.throughput import check_stated_tpp

__all__ = ["read_table", "table", "table_names"]

_MOST_BYTES = 32 * 2**20  # of a table; ours have at most a few hundred kB
_BOOLS = {"true": True, "false": False, "": pd.NA}
_NOT_NUMBERS = (
    "nan",
    "inf",
    "-inf",
    "+inf",
    "infinity",
    "-infinity",
    "+infinity",
    "na",
    "n/a",
    "null",
    "none",
)
_QUARTER = r"(?:19|20)\d{2}Q[1-4]"
_DAY = r"\d{4}-\d{2}-\d{2}"


def table_names() -> list[str]:
    """Return the names of every table in the codebook."""
    return sorted(codebook())


def table(name: str) -> pd.DataFrame:
    """Return a shipped table, typed and checked; the caller owns the copy. Raises TableError when broken."""
    return _shipped(name, paths.tables()).copy()


@lru_cache(maxsize=64)
def _shipped(name: str, folder: Path) -> pd.DataFrame:
    specs = codebook(folder)
    if name not in specs:
        raise TableError(did_you_mean(name, specs, "table", "data/tables/tables.yaml"))
    return read_table(folder / f"{name}.csv", specs[name], corrected_rows(name, "tpp", "chip_id"))


def read_table(path: Path, spec: TableSpec, tpp_excused: Collection[str] = ()) -> pd.DataFrame:
    """Return *path* as a frame of the codebook's types.

    Blanks become missing values; true/false/blank becomes pandas' nullable boolean. Raises TableError, with
    the first offending rows, on an unknown or missing column, a value of the wrong type, out of range or not
    allowed, a duplicate key, a missing source card, or a stated TPP more than 1% off the computed one unless
    its chip is in *tpp_excused*.
    """
    raw = _read_text(path)
    _check_columns(raw, spec, path.name)
    _check_cells(raw, spec, path.name)
    frame = pd.DataFrame(
        {name: _typed(raw, name, column, path.name) for name, column in spec.columns.items()},
        index=raw.index,
    )
    _check_key(frame, spec, path.name)
    _check_sources(frame, spec, path.name)
    check_stated_tpp(frame, path.name, tpp_excused)
    return frame


def _read_text(path: Path) -> pd.DataFrame:
    """Return the file as text, by csv: pandas takes the first cell of too long rows for an index."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TableError(
                f"{path.name} has more than {_MOST_BYTES:,} bytes. Restore it with git checkout."
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except FileNotFoundError as error:
        raise TableError(f"{path.name} is not in data/tables/. Restore it with git checkout.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path.name} is not readable CSV in UTF-8: {error}. Save it as such.") from error
    if not rows:
        raise TableError(f"{path.name} is empty. Its first line must name the columns.")
    header, body = rows[0], rows[1:]
    for line, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise TableError(
                f"{path.name}: row {line} has {len(row)} cells where the header has {len(header)}: "
                f"{', '.join(row)[:120]}. Quote cells that hold commas."
            )
    return pd.DataFrame(body, columns=header, dtype=str)


def _check_columns(raw: pd.DataFrame, spec: TableSpec, where: str) -> None:
    for column in raw.columns:
        if column.endswith("_sparse"):
            raise TableError(
                f"{where}: {column} holds a sparse figure. Only dense throughput counts: halve it, and name "
                f"the column {column.removesuffix('_sparse')}_dense."
            )
        if column not in spec.columns:
            hint = did_you_mean(column, spec.columns, "column", where)
            raise TableError(f"{hint} Rename it, or describe it in tables.yaml.")
    repeated = raw.columns[raw.columns.duplicated()].tolist()
    if repeated:
        raise TableError(f"{where} has the column {repeated[0]!r} twice. Keep one.")
    for column in spec.columns:
        if column not in raw.columns:
            raise TableError(
                f"{where} lacks the column {column!r} ({spec.columns[column].description}). Add it; "
                "its cells may be blank where a value is unknown."
            )


def _check_cells(raw: pd.DataFrame, spec: TableSpec, where: str) -> None:
    """Refuse text a spreadsheet would run as a formula, and control characters."""
    for name in (name for name, column in spec.columns.items() if column.type == "str"):
        text = raw[name]
        unsafe = text.map(lambda cell: harmless(cell) != cell or not cell.replace("\n", " ").isprintable())
        _refuse(raw, unsafe, where, f"{name} starts like a spreadsheet formula or holds a control character")


def _typed(raw: pd.DataFrame, name: str, column: Column, where: str) -> pd.Series:
    text = raw[name].str.strip()
    if column.required:
        _refuse(raw, text == "", where, f"{name} is blank, but it is required")
    if column.allowed is not None:
        allowed = ", ".join(column.allowed)
        _refuse(raw, (text != "") & ~text.isin(column.allowed), where, f"{name} is not one of: {allowed}")
    if column.type == "str":
        return text.mask(text == "")
    values = _CONVERT[column.type](raw, text, name, where)
    if column.type == "int":
        _refuse(raw, (values % 1 != 0) & values.notna(), where, f"{name} is not a whole number")
    unit = f" {column.unit}" if column.unit else ""
    if column.min is not None:
        _refuse(raw, values < column.min, where, f"{name} is below {column.min:g}{unit}")
    if column.max is not None:
        _refuse(raw, values > column.max, where, f"{name} is above {column.max:g}{unit}")
    return values


def _ids(raw: pd.DataFrame, text: pd.Series, name: str, where: str) -> pd.Series:
    bad = (text != "") & ~text.str.fullmatch(r"[a-z0-9_]+(;[a-z0-9_]+)*")
    _refuse(raw, bad, where, f"{name} is not a list of source ids such as epoch_hw;fr_2025_00636")
    return text.mask(text == "")


def _bool(raw: pd.DataFrame, text: pd.Series, name: str, where: str) -> pd.Series:
    _refuse(raw, ~text.isin(_BOOLS), where, f"{name} is not true, false or blank (unknown)")
    return text.map(_BOOLS).astype("boolean")


def _quarter(raw: pd.DataFrame, text: pd.Series, name: str, where: str) -> pd.Series:
    bad = (text != "") & ~text.str.fullmatch(_QUARTER)
    _refuse(raw, bad, where, f"{name} is not a calendar quarter such as 2025Q2")
    return text.mask(text == "")


def _date(raw: pd.DataFrame, text: pd.Series, name: str, where: str) -> pd.Series:
    written = text.where(text.str.fullmatch(_DAY))
    days = pd.to_datetime(written, format="%Y-%m-%d", errors="coerce")
    _refuse(raw, (text != "") & days.isna(), where, f"{name} is not a date such as 2025-04-09")
    return days


def _number(raw: pd.DataFrame, text: pd.Series, name: str, where: str) -> pd.Series:
    spelt = text.str.lower().isin(_NOT_NUMBERS)
    _refuse(raw, spelt, where, f"{name} spells out a missing or infinite number; leave it blank")
    numbers = pd.to_numeric(text.mask(text == ""), errors="coerce").astype(float)
    bad = (text != "") & (numbers.isna() | (numbers.abs() == float("inf")))
    _refuse(raw, bad, where, f"{name} is not a number such as 4000 or 0.13 (no thousands separator, no unit)")
    return numbers


_CONVERT: dict[str, Callable[[pd.DataFrame, pd.Series, str, str], pd.Series]] = {
    "ids": _ids,
    "bool": _bool,
    "quarter": _quarter,
    "date": _date,
    "int": _number,
    "float": _number,
}


def _check_key(frame: pd.DataFrame, spec: TableSpec, where: str) -> None:
    key = " + ".join(spec.key)
    _refuse(frame, frame[spec.key].isna().any(axis=1), where, f"the key ({key}) is blank in part")
    repeated = frame.duplicated(spec.key, keep=False)
    _refuse(frame, repeated, where, f"the key ({key}) occurs more than once; merge the rows or drop one")


def _check_sources(frame: pd.DataFrame, spec: TableSpec, where: str) -> None:
    for name, column in spec.columns.items():
        if column.type == "ids":
            ids = frame[name].dropna().str.split(";").explode().unique()
            require_cards([str(item) for item in ids], f"{where}, column {name}")


def _refuse(frame: pd.DataFrame, bad: pd.Series, where: str, problem: str) -> None:
    """Raise TableError with the first *bad* rows, numbered by their row in the file (the header is row 1)."""
    bad = bad.fillna(False).astype(bool)
    if bad.any():
        rows = frame[bad].dropna(axis=1, how="all")
        rows = rows.iloc[:, :6].set_axis(rows.index + 2, axis=0)
        raise TableError(
            f"{where}: {problem}. {len(rows)} row(s), by their number in the file:\n{first_rows(rows)}\n"
            "Mend the rows; what each column may hold stands in data/tables/tables.yaml."
        )
