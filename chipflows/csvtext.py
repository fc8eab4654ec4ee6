"""CSV that a spreadsheet cannot be tricked by, written whole or not at all. A leaf: imports only paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipflows import paths

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["csv_text", "harmless", "write_csv"]

_FORMULA = re.compile(r"[=+\-@\t\r\n|＝＋－＠]")  # the wide ones too: some spreadsheets take them
_UNSEEN = "\ufeff\u200b\x00 "  # what some drop before they look
_NUMBER = re.compile(r"[+-]?(\d[\d,]*\.?\d*|\.\d+)([eE][+-]?\d+)?%?\Z")


def harmless(cell: Any) -> Any:
    """Return text that a spreadsheet would run as a formula with an apostrophe before it; all else unchanged.

    Numbers stay numbers, also those written as text: "-1.5" is not a formula, "-1+cmd" is.
    """
    if isinstance(cell, str):
        seen = cell.lstrip(_UNSEEN)
        if _FORMULA.match(seen) and not _NUMBER.match(seen):
            return "'" + cell
    return cell


def csv_text(frame: pd.DataFrame, digits: int = 10) -> str:
    """Return *frame* as CSV without its index, numbers to *digits* significant digits, text made harmless."""
    safe = frame.copy()
    for column in safe.columns[[dtype.kind not in "iufcmM" for dtype in safe.dtypes]]:
        safe[column] = safe[column].map(_cell)
    safe.columns = [harmless(str(column)) for column in safe.columns]
    return safe.to_csv(index=False, float_format=f"%.{digits}g", lineterminator="\n")


def write_csv(frame: pd.DataFrame, target: Path) -> Path:
    """Write *frame* to *target* as `csv_text` gives it, by rename, and return *target*."""
    text = csv_text(frame)
    with paths.atomic_write(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return target


def _cell(cell: Any) -> Any:
    """Return a cell as CSV holds it: lists joined by semicolons, true and false, text harmless."""
    if isinstance(cell, (list, tuple)):
        return harmless("; ".join(map(str, cell)))
    if type(cell).__name__ in ("bool", "bool_"):
        return str(cell).lower()
    return harmless(cell)
