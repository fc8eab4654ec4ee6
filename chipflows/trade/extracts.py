"""Big extracts: Parquet files of bilateral rows, written in parts, summed by DuckDB, never loaded whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from chipflows.errors import InputError, TableError, did_you_mean
from chipflows.paths import atomic_write
from chipflows.trade.bilateral import COLUMNS, KEY

__all__ = ["totals", "write_extract"]

_NUMBERS = ("value_usd", "quantity", "net_weight_kg")
_FLAGS = ("is_weight_estimated", "is_preliminary")
_BY = (*KEY, "valuation", "source")


def write_extract(frames: Iterable[pd.DataFrame], target: Path | str) -> Path:
    """Write bilateral tables one after the other to one Parquet file and return its path.

    Only one table is in memory at a time; the file appears whole or not at all. Raises TableError when there
    is no table to write.
    """
    schema = pa.schema([(name, _kind(name)) for name in COLUMNS])
    file, written = Path(target), 0
    with atomic_write(file) as fresh, pq.ParquetWriter(fresh, schema, compression="zstd") as writer:
        for frame in frames:
            writer.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))
            written += 1
        if not written:
            raise TableError("no table to write to the extract. Check the list of files.")
    return file


def _kind(name: str) -> pa.DataType:
    """Return the Parquet type of a column."""
    return pa.float64() if name in _NUMBERS else pa.bool_() if name in _FLAGS else pa.string()


def totals(
    extract: Path | str | Sequence[Path | str],
    by: Sequence[str] = ("period", "partner", "hs"),
    where: Mapping[str, Sequence[str]] | None = None,
    digits: int = 6,
    memory: str = "512MB",
) -> pd.DataFrame:
    """Return value_usd and rows summed over a Parquet extract, one row per value of the columns *by*, sorted.

    *where* keeps rows whose column (reporter, partner, flow, hs, period, valuation, source) is among the
    values given; hs is cut to *digits* first. DuckDB reads the files in parts within *memory*, so an extract
    may be larger than the machine. Raises InputError for a column that cannot be grouped by, TableError for
    a file that is not there or not a bilateral extract.
    """
    columns, conditions = list(by), dict(where or {})
    for name in [*columns, *conditions]:
        if name not in _BY:
            raise InputError(did_you_mean(name, _BY, "column to group or filter by"))
    files = [str(file) for file in _local(extract)]
    cut = {"hs": f"left(hs, {int(digits)})"}
    shown = [f"{cut.get(name, name)} AS {name}" for name in columns]
    tests = [f"list_contains(?, {cut.get(name, name)})" for name in conditions]
    places = ", ".join(str(number + 1) for number in range(len(columns)))
    query = (
        f"SELECT {', '.join([*shown, 'sum(value_usd) AS value_usd', 'count(*) AS rows'])} "  # noqa: S608
        f"FROM read_parquet(?) {'WHERE ' + ' AND '.join(tests) if tests else ''} "
        f"{f'GROUP BY {places} ORDER BY {places}' if columns else ''}"
    )  # names come from fixed lists; values and paths are bound
    values = [files, *([str(value) for value in allowed] for allowed in conditions.values())]
    with tempfile.TemporaryDirectory() as spill, _connection(memory, spill) as connection:
        try:
            return connection.execute(query, values).df()
        except duckdb.Error as problem:
            raise TableError(
                f"{files[0]} is not a bilateral extract: {str(problem).splitlines()[0]} "
                "Write one with chipflows.trade.write_extract."
            ) from problem


def _connection(memory: str, spill: str) -> duckdb.DuckDBPyConnection:
    """Return a quiet in-memory DuckDB that loads no extension, with a memory limit and a place to spill."""
    connection = duckdb.connect(
        config={
            "memory_limit": memory,
            "temp_directory": spill,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("SET enable_progress_bar = false")  # it would print into a program's output
    return connection


def _local(extract: Path | str | Sequence[Path | str]) -> list[Path]:
    """Return an extract's files; raises TableError for one that is not here (no address is followed)."""
    given = [extract] if isinstance(extract, (str, Path)) else list(extract)
    files = [file for item in given for file in _parts(Path(item))]
    if not files:
        raise TableError("no extract named, or a folder without .parquet files. Name at least one file.")
    return files


def _parts(item: Path) -> list[Path]:
    """Return a file itself, or the Parquet files of a folder, in order."""
    if item.is_dir():
        return sorted(item.glob("*.parquet"))
    if not item.is_file():
        raise TableError(f"{item} is not a file. Name a Parquet extract on this machine.")
    return [item]
