"""The text of a briefing as people keep it: Markdown, plain text, HTML, DOCX, PPTX, a notebook's prose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chipflows.errors import InputError
from chipflows.reports.package import as_document

__all__ = ["text_of"]

_MOST_BYTES = 60_000_000


def text_of(path: Path) -> str:
    """Return the text of the file *path*, a blank line between paragraphs; cells of tables are paragraphs.

    Raises InputError for a kind of file that is not read, one that is missing, or one that is not whole.
    """
    readers: dict[str, Callable[[Path], str]] = {
        ".md": _plain,
        ".txt": _plain,
        ".html": _html,
        ".docx": _docx,
        ".pptx": _pptx,
        ".ipynb": _notebook,
    }
    read = readers.get(path.suffix.lower())
    if read is None:
        raise InputError(f"{path} is not a text that can be checked. Allowed: {', '.join(readers)}.")
    if not path.is_file():
        raise InputError(f"no such file: {path}. Name a briefing: {', '.join(readers)}.")
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{path} is larger than 60 MB. Check a briefing, without its pictures.")
    try:
        return read(path)
    except (AttributeError, KeyError, ValueError, OSError) as problem:
        raise InputError(f"{path} cannot be read: {problem}. Save it again as {path.suffix}.") from None


def _plain(path: Path) -> str:
    """Return the text as it is."""
    return path.read_text(encoding="utf-8")


def _html(path: Path) -> str:
    """Return the paragraphs, headings, list items and cells of a page."""
    from lxml import html

    root: Any = html.fromstring(path.read_bytes())
    blocks = root.xpath("//p | //li | //h1 | //h2 | //h3 | //h4 | //td | //th | //figcaption[not(*)]")
    return _joined(" ".join(block.text_content().split()) for block in blocks)


def _docx(path: Path) -> str:
    """Return a document's paragraphs, then the cells of its tables."""
    from docx import Document

    document = Document(as_document(path, (".docx", ".docx")))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return _joined([*(paragraph.text for paragraph in document.paragraphs), *cells])


def _pptx(path: Path) -> str:
    """Return the text of a deck's slides, shape by shape; speaker's notes are not read."""
    from pptx import Presentation

    return _joined(
        text
        for slide in Presentation(as_document(path, (".pptx", ".pptx"))).slides
        for text in _shapes(slide.shapes)
    )


def _shapes(shapes: Any) -> Iterator[str]:
    """Yield the paragraphs and cells of shapes, but for what the office program fills in itself."""
    for shape in shapes:
        if shape.has_text_frame and not (shape.is_placeholder and shape.placeholder_format.type == 13):
            yield from (paragraph.text for paragraph in shape.text_frame.paragraphs)
        if getattr(shape, "has_table", False):
            yield from (cell.text for row in shape.table.rows for cell in row.cells)


def _notebook(path: Path) -> str:
    """Return a notebook's prose, the code cells left out."""
    import nbformat

    cells = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4).cells
    return _joined(cell.source for cell in cells if cell.cell_type == "markdown")


def _joined(parts: Any) -> str:
    """Return parts as paragraphs."""
    return "\n\n".join(part for part in parts if part.strip()) + "\n"
