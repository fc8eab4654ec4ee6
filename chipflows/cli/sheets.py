"""XLSX sheets: read as text, row by row, with bounds on what a file may unpack to; written as text alone."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO

from lxml import etree

from chipflows.csvtext import harmless
from chipflows.errors import InputError

__all__ = ["read_rows", "write_rows"]

_MOST_ROWS = 1_048_576  # of a sheet, by the format
_MOST_COLUMNS = 1_000
_MOST_TEXTS = 10_000_000
_LONGEST = 32_767  # characters of a cell, by the format
_MOST_BYTES = 2**30  # of all parts, unpacked
_MOST_TIMES = 200  # unpacked over packed: sheets of text pack to a tenth or so
_SMALL = 16 * 2**20  # bytes that any file may unpack to
_MOST_AT_ONCE = 8 * 2**20  # bytes held at once: of one row, one text, or a part that is read whole
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LETTERS = re.compile(r"[A-Z]{1,3}")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how the format writes what XML cannot hold
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed day, so that the same hits give the same file
_DAMAGED = (  # what zipfile and lxml raise for a file that is not whole
    OSError, EOFError, LookupError, ValueError, RuntimeError, OverflowError, zipfile.BadZipFile, zlib.error,
    etree.LxmlError,
)  # fmt: skip


def read_rows(file: Path) -> Iterator[list[str]]:
    """Yield the rows of the first sheet that is not hidden as text, up to the last that holds any.

    A formula gives its value. Raises InputError for a file that is no workbook, is encrypted, or unpacks to
    more than it should.
    """
    try:
        with zipfile.ZipFile(file) as book:
            _check_parts(book, file)
            texts = _shared_texts(book)
            with book.open(_first_sheet(book)) as sheet:
                yield from _rows(sheet, texts)
    except _DAMAGED as problem:
        raise InputError(
            f"{file} is not an XLSX workbook that can be read: {str(problem)[:200]}. Save it as CSV UTF-8."
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


def _check_parts(book: zipfile.ZipFile, file: Path) -> None:
    """Raise InputError for a workbook that unpacks to far more than it holds, or is packed as none is."""
    parts = book.infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > max(_SMALL, min(_MOST_BYTES, _MOST_TIMES * file.stat().st_size)):
        raise InputError(
            f"{file} unpacks to {unpacked:,} bytes, too many for its size. Save it as CSV UTF-8."
        )
    if len({part.filename for part in parts}) < len(parts):
        raise ValueError("it holds a part twice")
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise ValueError("it is packed in a way that workbooks are not")


def _first_sheet(book: zipfile.ZipFile) -> str:
    """Return the part that holds the first sheet a person sees."""
    sheets = _whole(book, "xl/workbook.xml").iterfind(f"{_MAIN}sheets/{_MAIN}sheet")
    first = next((sheet for sheet in sheets if sheet.get("state", "visible") == "visible"), None)
    if first is None:
        raise ValueError("it has no sheet that can be seen")
    links = _whole(book, "xl/_rels/workbook.xml.rels").iterchildren("{*}Relationship")
    target = next((link.get("Target", "") for link in links if link.get("Id") == first.get(_LINKED)), None)
    if target is None:
        raise ValueError("it does not say where its first sheet is")
    return posixpath.normpath(posixpath.join("xl", target) if not target.startswith("/") else target[1:])


def _whole(book: zipfile.ZipFile, name: str) -> etree._Element:
    """Return a small part as a tree."""
    with book.open(name) as part:  # ``book.read`` would unpack all there is, whatever size the part says
        body = _Watched(part).read(_MOST_AT_ONCE + 1)
    return _undeclared(etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True)))


def _shared_texts(book: zipfile.ZipFile) -> list[str]:
    """Return the texts that cells refer to by number."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    with book.open("xl/sharedStrings.xml") as part:
        texts = [_text(item) for item in islice(_elements(part, "si"), _MOST_TEXTS + 1)]
    if len(texts) > _MOST_TEXTS:
        raise ValueError(f"it holds more than {_MOST_TEXTS:,} texts")
    return texts


def _rows(sheet: IO[bytes], texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of a sheet, empty ones only before one that holds something."""
    given, at = 0, 0  # rows given out, the place of the row looked at
    for count, row in enumerate(_elements(sheet, "row", "sheetData")):
        if row.tag == f"{_MAIN}sheetData":
            return
        if count == _MOST_ROWS:
            raise ValueError(f"it has more than {_MOST_ROWS:,} rows")
        at = min(int(row.get("r", at + 1)), _MOST_ROWS)
        cells: dict[int, str] = {}
        for place, cell in enumerate(row.iterchildren(f"{_MAIN}c")):
            column = _column(cell.get("r", "")) if cell.get("r") else place
            if column < _MOST_COLUMNS:
                cells[column] = _value(cell, texts)
        if any(text.strip() for text in cells.values()):
            yield from ([] for _ in range(at - given - 1))
            yield [cells.get(column, "") for column in range(max(cells) + 1)]
            given = max(at, given + 1)


def _value(cell: etree._Element, texts: Sequence[str]) -> str:
    """Return what a cell shows, as text."""
    if cell.get("t") == "inlineStr":
        return _text(cell)
    value = cell.findtext(f"{_MAIN}v") or ""
    if cell.get("t") != "s" or not value:
        return value
    number = int(value)
    if not 0 <= number < len(texts):
        raise ValueError(f"a cell refers to text {number} of {len(texts):,}")
    return texts[number]


def _text(item: etree._Element) -> str:
    """Return the text of an element, readings of Japanese names aside."""
    parts = item.iter(f"{_MAIN}t")
    text = "".join(
        part.text or "" for part in parts if not str(getattr(part.getparent(), "tag", "")).endswith("rPh")
    )
    return _ESCAPE.sub(_unescaped, text) if "_x" in text else text


def _unescaped(escape: re.Match[str]) -> str:
    """Return the letter that an escape such as _x000D_ stands for, a space for one that cannot be seen."""
    letter = chr(int(escape[1], 16))
    return letter if letter.isprintable() else " "


def _column(reference: str) -> int:
    """Return the column of a cell's reference, from nought: B7 gives 1."""
    found = _LETTERS.match(reference)
    if not found:
        raise ValueError(f"a cell is called {reference[:20]!r}")
    at = 0
    for letter in found[0]:
        at = at * 26 + ord(letter) - ord("A") + 1
    return at - 1


def _elements(part: IO[bytes], *names: str) -> Iterator[etree._Element]:
    """Yield the elements called by one of *names*; each, and all before it, is forgotten afterwards."""
    watched = _Watched(part)
    tags = [f"{_MAIN}{name}" for name in names]
    declared = True
    for _, element in etree.iterparse(watched, tag=tags, resolve_entities=False, no_network=True):
        if declared:
            _undeclared(element)
            declared = False
        yield element
        watched.since = 0
        element.clear()
        place = element
        while (above := place.getparent()) is not None:
            while place.getprevious() is not None:
                del above[0]
            place = above


def _undeclared(element: etree._Element) -> etree._Element:
    """Return *element*; raises ValueError when its document declares a type, where entities are defined."""
    if element.getroottree().docinfo.internalDTD is not None:
        raise ValueError("it declares a document type, which no workbook does")
    return element


class _Watched:
    """A part of which only so much is read until someone sets *since* back: more would fill the memory."""

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self.since = 0

    def read(self, size: int) -> bytes:
        """Return up to *size* bytes."""
        body = self._part.read(size)
        self.since += len(body)
        if self.since > _MOST_AT_ONCE:
            raise ValueError(f"a row, a text or a part of it has more than {_MOST_AT_ONCE:,} bytes")
        return body


def _bare(cell: str) -> str:
    """Return a cell without the apostrophe that CSV needs and a text cell does not."""
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell
