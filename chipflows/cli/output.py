"""What verbs print: aligned tables for people, strict JSON for programs."""

from __future__ import annotations

import json
import math
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from chipflows.errors import printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["json_option", "plain", "print_json", "print_table", "records", "table_text"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and only JSON, on stdout.")

_GAP = 2
_NARROWEST = 24


def print_json(value: Any) -> None:
    """Print *value* as JSON: NaN and NaT become null, dates ISO text."""
    can_show_all = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(plain(value), indent=2, ensure_ascii=not can_show_all, allow_nan=False))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of *frame* as plain mappings fit for JSON."""
    columns = [str(name) for name in frame.columns]
    return [
        dict(zip(columns, map(plain, row), strict=True)) for row in frame.itertuples(index=False, name=None)
    ]


def plain(value: Any) -> Any:
    """Return *value* in the types JSON has."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()[:10]
    if hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


def print_table(frame: pd.DataFrame) -> None:
    """Print *frame* aligned, as wide as the terminal, or 110 columns where there is none."""
    click.echo(table_text(frame, shutil.get_terminal_size((110, 40)).columns if sys.stdout.isatty() else 110))


def table_text(frame: pd.DataFrame, width: int = 110) -> str:
    """Return *frame* as aligned text at most *width* wide: numbers right, the widest text column wrapped."""
    columns = [str(name) for name in frame.columns]
    rows = [[_cell(item) for item in row] for row in frame.itertuples(index=False, name=None)]
    is_number = [dtype.kind in "iuf" for dtype in frame.dtypes]
    widths = _widths(columns, rows, width)
    lines = [_line([[name] for name in columns], widths, is_number)]
    lines.append(_line([["-" * size] for size in widths], widths, is_number))
    for row in rows:
        wrapped = [textwrap.wrap(text, size) or [""] for text, size in zip(row, widths, strict=True)]
        lines.append(_line(wrapped, widths, is_number))
    return "\n".join(lines)


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the columns' widths, the widest narrowed until all fit (but never below a readable width)."""
    sizes = [max(len(name), *(len(row[at]) for row in rows), 1) for at, name in enumerate(columns)]
    while sum(sizes) + _GAP * (len(sizes) - 1) > width and max(sizes) > _NARROWEST:
        sizes[sizes.index(max(sizes))] -= 1
    return sizes


def _line(cells: Sequence[Sequence[str]], widths: Sequence[int], is_number: Sequence[bool]) -> str:
    """Return one table row, which takes as many lines as its longest cell."""
    lines = []
    for height in range(max(len(cell) for cell in cells)):
        texts = [cell[height] if height < len(cell) else "" for cell in cells]
        padded = [
            text.rjust(size) if number else text.ljust(size)
            for text, size, number in zip(texts, widths, is_number, strict=True)
        ]
        lines.append((" " * _GAP).join(padded).rstrip())
    return "\n".join(lines)


def _cell(value: Any) -> str:
    """Return a cell for people: separators, three significant figures below 100, blank for unknown."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return ""
    if type(value).__name__ in ("bool", "bool_"):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return printable(", ".join(map(str, value)))
    if isinstance(value, float) or type(value).__name__.startswith("float"):
        return _number(float(value))
    if isinstance(value, int) or type(value).__name__.startswith("int"):
        return f"{int(value):,}"
    return printable(str(value))


def _number(value: float) -> str:
    """Return a number as people read it: 342118.4 -> "342,118", 0.03127 -> "0.0313"."""
    if abs(value) >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}"
