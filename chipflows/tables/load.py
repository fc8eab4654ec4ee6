"""Strict reading of ``data/tables/*.csv`` against the codebook. Nothing is guessed, nothing is skipped."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

from chipflows import paths
from chipflows.errors import TableError, did_you_mean, first_rows
from chipflows.tables.cards import require_cards
from chipflows.tables.codebook import Column, TableSpec, codebook

__all__ = ["read_table", "table", "table_names", "tpp_from_dense"]

BITS = {
    "fp16_bf16_tflops_dense": 16,
    "fp8_tflops_dense": 8,
    "int8_tops_dense": 8,
    "fp4_tflops_dense": 4,
}
_BOOLS = {"true": True, "false": False, "": pd.NA}
_NOT_NUMBERS = {"nan", "inf", "-inf", "+inf", "infinity", "-infinity", "na", "n/a", "null"}
_QUARTER = r"\d{4}Q[1-4]"


def table_names() -> list[str]:
    """Return the names of every table in the codebook."""
    return sorted(codebook())


def table(name: str) -> pd.DataFrame:
    """Return a shipped table, typed and checked; the caller owns the copy. Raises TableError when broken."""
    return _shipped(name, paths.tables()).copy()


@lru_cache(maxsize=64)
def _shipped(name: str, folder: Path) -> pd.DataFrame:
    specs = codebook()
    if name not in specs:
        raise TableError(did_you_mean(name, specs, "table"))
    return read_table(folder / f"{name}.csv", specs[name])


def read_table(path: Path, spec: TableSpec) -> pd.DataFrame:
    """Return *path* as a frame of the codebook's types.

    Blanks become missing values. Raises TableError, with the first offending rows, on an unknown or missing
    column, a value of the wrong type, out of range or not allowed, a duplicate key, or a missing source card.
    """
    raw = _read_text(path)
    _check_columns(raw, spec, path.name)
    frame = pd.DataFrame(
        {name: _typed(raw, name, column, path.name) for name, column in spec.columns.items()}
    )
    _check_key(frame, spec, path.name)
    _check_sources(frame, spec, path.name)
    return frame


def tpp_from_dense(frame: pd.DataFrame) -> pd.Series:
    """Return total processing performance per row: the largest dense throughput x bit length (3A090, note).

    An H20 with 148 TFLOPS at 16 bits and 296 at 8 has max(148 x 16, 296 x 8) = 2,368. Blank where no dense
    figure is given.
    """
    products = {name: frame[name] * bits for name, bits in BITS.items() if name in frame}
    if not products:
        return pd.Series(float("nan"), index=frame.index)
    return pd.DataFrame(products).astype(float).max(axis=1)


def _read_text(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError as error:
        raise TableError(f"{path.name} is not in {path.parent}. Restore it with git checkout.") from error
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TableError(f"{path.name} is not readable CSV in UTF-8: {error}") from error


def _check_columns(raw: pd.DataFrame, spec: TableSpec, where: str) -> None:
    for column in raw.columns:
        if column.endswith("_sparse"):
            raise TableError(
                f"{where}: {column} holds a sparse figure. Only dense throughput counts: halve it."
            )
        if column not in spec.columns:
            raise TableError(did_you_mean(column, spec.columns, "column", where))
    for column in spec.columns:
        if column not in raw.columns:
            raise TableError(f"{where} lacks the column {column!r} ({spec.columns[column].description})")


def _typed(raw: pd.DataFrame, name: str, column: Column, where: str) -> pd.Series:
    text = raw[name].str.strip()
    if column.required:
        _refuse(raw, text == "", where, f"{name} is blank, but it is required")
    values = _convert(raw, text, name, column, where)
    if column.allowed is not None:
        allowed = ", ".join(column.allowed)
        bad = (text != "") & ~text.isin(column.allowed)
        _refuse(raw, bad, where, f"{name} is not one of: {allowed}")
    if column.min is not None:
        _refuse(raw, (values < column.min).fillna(False), where, f"{name} is below {column.min:g}")
    if column.max is not None:
        _refuse(raw, (values > column.max).fillna(False), where, f"{name} is above {column.max:g}")
    return values


def _convert(raw: pd.DataFrame, text: pd.Series, name: str, column: Column, where: str) -> pd.Series:
    if column.type in ("str", "ids"):
        return text.mask(text == "")
    if column.type == "bool":
        _refuse(raw, ~text.isin(_BOOLS), where, f"{name} is not true, false or blank")
        return text.map(_BOOLS).astype("boolean")
    if column.type == "quarter":
        _refuse(
            raw,
            (text != "") & ~text.str.fullmatch(_QUARTER),
            where,
            f"{name} is not a quarter such as 2025Q2",
        )
        return text.mask(text == "")
    if column.type == "date":
        days = pd.to_datetime(text.mask(text == ""), format="%Y-%m-%d", errors="coerce")
        _refuse(raw, (text != "") & days.isna(), where, f"{name} is not a date such as 2025-04-09")
        return days
    literal = text.str.lower().isin(_NOT_NUMBERS)
    _refuse(raw, literal, where, f"{name} spells out a missing number; leave it blank")
    numbers = pd.to_numeric(text.mask(text == ""), errors="coerce").astype(float)
    _refuse(raw, (text != "") & numbers.isna(), where, f"{name} is not a number")
    if column.type == "int":
        _refuse(raw, (numbers % 1 != 0) & numbers.notna(), where, f"{name} is not a whole number")
    return numbers


def _check_key(frame: pd.DataFrame, spec: TableSpec, where: str) -> None:
    repeated = frame.duplicated(spec.key, keep=False)
    _refuse(frame, repeated, where, f"the key {' + '.join(spec.key)} occurs more than once")


def _check_sources(frame: pd.DataFrame, spec: TableSpec, where: str) -> None:
    for name, column in spec.columns.items():
        if column.type == "ids":
            ids = frame[name].dropna().str.split(";").explode().unique()
            require_cards([str(item) for item in ids], where)


def _refuse(frame: pd.DataFrame, bad: pd.Series, where: str, problem: str) -> None:
    if bad.any():
        rows = frame[bad.to_numpy(dtype=bool)]
        rows = rows.set_axis(rows.index + 2, axis=0)  # line numbers of the file, its header being line 1
        raise TableError(f"{where}: {problem}. {len(rows)} row(s), by line:\n{first_rows(rows)}")
