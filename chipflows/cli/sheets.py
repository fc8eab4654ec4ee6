"""XLSX sheets: read as text, row by row, with bounds on what a file may unpack to; written as text alone."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from lxml import etree

from chipflows.csvtext import harmless
from chipflows.errors import InputError

__all__ = ["read_rows", "write_rows"]

_MOST_ROWS = 1_048_576  # of a sheet, by the format
_MOST_COLUMNS = 1_000
_LONGEST = 32_767  # characters of a cell, by the format
_MOST_BYTES = 2**30  # of all parts, unpacked
_MOST_TIMES = 200  # unpacked over packed: sheets of text pack to a tenth or so
_SMALL = 16 * 2**20  # bytes that any file may unpack to
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LETTERS = re.compile(r"[A-Z]{1,3}")
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed day, so that the same hits give the same file


def read_rows(file: Path) -> Iterator[list[str]]:
    """Yield the rows of the first sheet as text, up to the last that holds any; a formula gives its value.

    Raises InputError for a file that is no workbook, is encrypted, or unpacks to more than it should.
    """
    try:
        with zipfile.ZipFile(file) as book:
            _check_size(book, file)
            texts = _shared_texts(book)
            with book.open(_first_sheet(book)) as sheet:
                yield from _rows(sheet, texts)
    except (
        zipfile.BadZipFile,
        KeyError,
        IndexError,
        ValueError,
        RuntimeError,
        etree.XMLSyntaxError,
    ) as problem:
        raise InputError(
            f"{file} is not an XLSX workbook that can be read: {problem}. Save it as CSV UTF-8."
        ) from None


def write_rows(target: Path, rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> None:
    """Write *rows* to the first sheet of *target*, every cell as text but the columns *numbers*."""
    import xlsxwriter

    too_many = (
        f"{target.name}: a sheet holds {_MOST_ROWS:,} rows, the hits are more. Give --out a name in .csv."
    )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target), options) as book:
        book.set_properties({"created": _MADE})
        sheet = book.add_worksheet("hits")
        for at, row in enumerate(rows):
            if at == _MOST_ROWS:
                raise InputError(too_many)
            for column, cell in enumerate(row):
                if at and column in numbers and cell:
                    sheet.write_number(at, column, float(cell))
                elif cell:
                    sheet.write_string(at, column, _bare(cell)[:_LONGEST])


def _check_size(book: zipfile.ZipFile, file: Path) -> None:
    """Raise InputError for a workbook that unpacks to far more than it holds."""
    unpacked = sum(part.file_size for part in book.infolist())
    if unpacked > max(_SMALL, min(_MOST_BYTES, _MOST_TIMES * file.stat().st_size)):
        raise InputError(
            f"{file} unpacks to {unpacked:,} bytes, too many for its size. Save it as CSV UTF-8."
        )


def _first_sheet(book: zipfile.ZipFile) -> str:
    """Return the part that holds the first sheet."""
    first = etree.fromstring(book.read("xl/workbook.xml"), _parser()).find(f"{_MAIN}sheets/{_MAIN}sheet")
    if first is None:
        raise ValueError("it has no sheet")
    links = etree.fromstring(book.read("xl/_rels/workbook.xml.rels"), _parser())
    target = next(link.get("Target", "") for link in links if link.get("Id") == first.get(_LINKED))
    return posixpath.normpath(posixpath.join("xl", target) if not target.startswith("/") else target[1:])


def _shared_texts(book: zipfile.ZipFile) -> list[str]:
    """Return the texts that cells refer to by number."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    with book.open("xl/sharedStrings.xml") as part:
        return [_text(item) for item in _elements(part, "si")]


def _rows(sheet: IO[bytes], texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of a sheet, empty ones only before one that holds something."""
    done = 0
    for row in _elements(sheet, "row"):
        cells: dict[int, str] = {}
        for place, cell in enumerate(row.iterchildren(f"{_MAIN}c")):
            at = _column(cell.get("r", "")) if cell.get("r") else place
            if at < _MOST_COLUMNS:
                cells[at] = _value(cell, texts)
        if any(text.strip() for text in cells.values()):
            number = min(int(row.get("r", done + 1)), _MOST_ROWS)
            yield from ([] for _ in range(number - done - 1))
            yield [cells.get(at, "") for at in range(max(cells) + 1)]
            done = max(number, done + 1)


def _value(cell: etree._Element, texts: Sequence[str]) -> str:
    """Return what a cell shows, as text."""
    if cell.get("t") == "inlineStr":
        return _text(cell)
    value = cell.findtext(f"{_MAIN}v") or ""
    return texts[int(value)] if cell.get("t") == "s" and value else value


def _text(item: etree._Element) -> str:
    """Return the text of an element, readings of Japanese names aside."""
    parts = item.iter(f"{_MAIN}t")
    return "".join(
        part.text or "" for part in parts if not str(getattr(part.getparent(), "tag", "")).endswith("rPh")
    )


def _column(reference: str) -> int:
    """Return the column of a cell's reference, from nought: B7 gives 1."""
    found = _LETTERS.match(reference)
    if not found:
        raise ValueError(f"a cell is called {reference[:20]!r}")
    at = 0
    for letter in found[0]:
        at = at * 26 + ord(letter) - ord("A") + 1
    return at - 1


def _elements(part: IO[bytes], name: str) -> Iterator[etree._Element]:
    """Yield the elements called *name*, each forgotten after it was looked at."""
    for _, element in etree.iterparse(part, tag=f"{_MAIN}{name}", resolve_entities=False, no_network=True):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _parser() -> etree.XMLParser:
    """Return a parser that fetches and expands nothing."""
    return etree.XMLParser(resolve_entities=False, no_network=True)


def _bare(cell: str) -> str:
    """Return a cell without the apostrophe that CSV needs and a text cell does not."""
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell
