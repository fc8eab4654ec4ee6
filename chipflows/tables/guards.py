"""Do our tables say what the corrections say, and do the producers still print what was corrected?"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from chipflows.tables.corrections import Change, Correction, Guard, corrections
from chipflows.tables.load import table, table_names

__all__ = ["correction_problems"]


def correction_problems(raw: Path | None = None) -> list[str]:
    """Return one line per correction that no longer holds; empty when all do.

    A correction is off when our table does not say *ours*, or when the producer no longer prints the guarded
    value (then read the correction again: the producer may have mended it). *raw* is the folder of the
    producers' own files; without it, guards on files are not looked at.
    """
    return [line for item in corrections().values() for line in _problems(item, raw)]


def _problems(item: Correction, raw: Path | None) -> list[str]:
    found = [_change_problem(change) for change in item.changes]
    found.append(_guard_problem(item.guard, raw))
    return [f"corrections/{item.id}.yaml: {problem}" for problem in found if problem]


def _change_problem(change: Change) -> str | None:
    if change.table not in table_names():
        return f"there is no table {change.table!r}"
    value = _cell(table(change.table), change.row, change.field)
    if _same(value, change.ours):
        return None
    return f"{change.table} says {value!r} for {change.field} of {change.row}, the correction {change.ours!r}"


def _guard_problem(guard: Guard, raw: Path | None) -> str | None:
    if guard.kind == "table_value" and guard.table and guard.field:
        value = _cell(table(guard.table), guard.row, guard.field)
    elif guard.kind == "file_value" and guard.file and guard.field and raw is not None:
        value = _cell(_raw(raw / guard.file), guard.row, guard.field)
    else:
        return None
    if _same(value, guard.value):
        return None
    return f"the producer now prints {value!r} for {guard.field} of {guard.row}, not {guard.value!r}"


def _raw(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return pd.DataFrame(list(csv.DictReader(file)), dtype=str)


def _cell(frame: pd.DataFrame, row: Mapping[str, str], field: str) -> object:
    """Return the one cell that *row* and *field* name, or a sentence saying why there is not one."""
    missing = [name for name in (*row, field) if name not in frame]
    if missing:
        return f"no column {missing[0]}"
    matching = frame
    for name, wanted in row.items():
        matching = matching[matching[name].astype(str) == wanted]
    return matching[field].iloc[0] if len(matching) == 1 else f"{len(matching)} rows"


def _same(value: object, wanted: float | str | None) -> bool:
    if wanted is None:
        return bool(pd.isna(value))  # type: ignore[call-overload]
    if isinstance(wanted, str):
        return value == wanted
    try:
        return math.isclose(float(str(value)), wanted, rel_tol=1e-9)
    except ValueError:
        return False
