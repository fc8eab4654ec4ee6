"""Tables as a reader wants them: one header row in words with its unit, numbers to the right and rounded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

__all__ = ["Grid", "grid_of", "header_words", "mend_table", "number_words"]

_UNITS = {
    "usd_m": "USD million",
    "usd": "USD",
    "usd_bn": "USD billion",
    "days": "days",
    "gbps": "GB/s",
    "tbps": "TB/s",
    "pct": "%",
    "mm2": "mm²",
    "gb": "GB",
    "w": "W",
    "nm": "nm",
    "h100e": "H100e",
    "chips": "chips",
    "tops": "TOPS",
}
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+\Z")
_NUMBER = r"[(\[]?[+\-−]?[$£€]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?( ?(%|k|m|bn|tn|million|billion))?[)\]]?"
_QUANTITY = re.compile(rf"{_NUMBER}( to {_NUMBER})?( \([^)]*\d[^)]*\))?\Z")
_DECIMAL = re.compile(r"-?\d+\.\d+(e[+-]?\d+)?\Z")
_WHOLE = re.compile(r"-?\d+\Z")
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?\Z")
_CODES = re.compile(r"(hs\d*|cik|year|period|quarter|id|code|first|last)\b", re.IGNORECASE)
_NOTHING = {"", "NaN", "None", "<NA>", "NaT", "nan"}


@dataclass(frozen=True)
class Grid:
    """A table in plain text: header, rows of the same length, and which columns hold numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_number: tuple[bool, ...]


def header_words(name: str) -> str:
    """Return a column's name in words, its unit in brackets: "age_days" -> "age (days)"; else as it is."""
    if not _SNAKE.match(name):
        return name
    for suffix, unit in _UNITS.items():
        if name.endswith(f"_{suffix}"):
            return f"{name.removesuffix(f'_{suffix}').replace('_', ' ')} ({unit})"
    return name.replace("_", " ")


def number_words(text: str, is_grouped: bool = True) -> str:
    """Return a raw number to three figures, or whole from 100 up, with separators; "" for none.

    *is_grouped*: whether a whole number gets separators, which a year must not have.
    """
    if text in _NOTHING:
        return ""
    if _WHOLE.match(text):
        return f"{int(text):,}" if is_grouped else text
    if not _DECIMAL.match(text):
        return text
    value = float(text)
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 0.001 else text


def mend_table(table: Any) -> None:
    """Mend an lxml <table>: one header row in words, scopes, numbers rounded and marked with class "n".

    pandas' row numbers go: they say nothing.
    """
    _one_header(table)
    rows = list(table.iter("tr"))
    body = [row for row in rows if row.getparent().tag != "thead"]
    _drop_row_numbers(rows, body)
    for row in rows:
        for cell in row:
            if cell.tag == "th":
                cell.set("scope", "row" if row in body else "col")
    heads = [_texts(row) for row in rows if row not in body]
    for place in range(max(map(len, rows), default=0)):
        head = heads[-1][place] if heads and place < len(heads[-1]) else ""
        _mend_column([row[place] for row in body if place < len(row)], head)
        for row in rows:
            if row not in body and place < len(row) and not len(row[place]):
                row[place].text = header_words(head)
                if any(cell.get("class") == "n" for cell in (other[place] for other in body[:1])):
                    row[place].set("class", "n")


def _mend_column(cells: Sequence[Any], head: str) -> None:
    """Round the numbers of a column's cells and mark them if it holds nothing else."""
    plain = [cell for cell in cells if not len(cell)]
    texts = [(cell.text or "").strip() for cell in plain]
    is_large = any(len(text.lstrip("-")) > 4 for text in texts if _WHOLE.match(text))
    for cell, text in zip(plain, texts, strict=True):
        if _DATE.match(text):
            cell.set("class", "nowrap")
        cell.text = number_words(text, is_large and not _CODES.match(head))
    held = [text for cell in cells if (text := cell.text_content().strip())]
    if held and all(_QUANTITY.match(text) for text in held):
        for cell in cells:
            cell.set("class", "n")
            _let_break(cell)


def _let_break(cell: Any) -> None:
    """Let a quantity break before its interval in brackets, and nowhere else."""
    middle, bracket, interval = (cell.text or "").partition("(")
    if bracket and middle and not len(cell):
        cell.text = middle
        etree.SubElement(cell, "wbr").tail = bracket + interval


def _drop_row_numbers(rows: Sequence[Any], body: Sequence[Any]) -> None:
    """Remove a first column without a name that counts the rows from 0."""
    heads = [row for row in rows if row not in body]
    is_counted = [row[0].text_content() if len(row) and row[0].tag == "th" else "" for row in body] == list(
        map(str, range(len(body)))
    )
    if is_counted and heads and all(len(row) and not row[0].text_content().strip() for row in heads):
        for row in rows:
            row.remove(row[0])


def _one_header(table: Any) -> None:
    """Merge pandas' two header rows (columns, then the index's name) into one and name an empty corner."""
    rows = table.xpath("./thead/tr")
    if len(rows) == 2 and len(rows[0]) == len(rows[1]) and not any(cell.get("colspan") for cell in rows[0]):
        for above, below in zip(rows[0], rows[1], strict=True):
            if (below.text_content() or "").strip():
                above.text = below.text_content().strip()
        rows[1].getparent().remove(rows[1])
    for corner in table.xpath("./thead/tr[1]/th[1][not(normalize-space())]"):
        corner.tag = "td"


def _texts(row: Any) -> list[str]:
    """Return the text of a row's cells."""
    return [cell.text_content().strip() for cell in row]


def grid_of(table: Any) -> Grid:
    """Return a mended lxml <table> as a Grid."""
    rows = list(table.iter("tr"))
    heads = [row for row in rows if row.getparent().tag == "thead"]
    body = [tuple(_texts(row)) for row in rows if row not in heads]
    width = max((len(row) for row in rows), default=0)
    head = tuple(_texts(heads[0])) if heads else ("",) * width
    is_number = tuple("n" in (cell.get("class") or "").split() for cell in (rows[-1] if rows else ()))
    return Grid(*_padded(head, body, width), is_number + (False,) * (width - len(is_number)))


def _padded(
    head: tuple[str, ...], body: Sequence[tuple[str, ...]], width: int
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows, all *width* cells wide."""
    return head + ("",) * (width - len(head)), tuple(row + ("",) * (width - len(row)) for row in body)
