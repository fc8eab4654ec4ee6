"""A run notebook as a memo (DOCX): the same words, figures with captions, tables, sources, data dates.

Everything is set in named styles, nothing by hand, so an office template changes the whole memo at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor
from lxml.etree import LxmlError

from chipflows.errors import InputError
from chipflows.reports.brief import Brief
from chipflows.reports.package import as_document, stable
from chipflows.reports.pieces import Heading, Paragraph, Picture, Piece, Run, Table
from chipflows.reports.tables import Grid

__all__ = ["memo_bytes"]

_INK, _SOFT, _LINK = RGBColor(0x1B, 0x1F, 0x24), RGBColor(0x4A, 0x52, 0x5C), RGBColor(0x0B, 0x4F, 0x9E)
_STYLES = {
    "Source line": ("Normal", 8.5, _SOFT),
    "Table text": ("Normal", 9.0, None),
    "Table number": ("Table text", 9.0, None),
}
_LISTS = {"bullet": "List Bullet", "number": "List Number", "source": "Source line"}


def memo_bytes(
    brief: Brief, ids: Sequence[str] = (), template: Path | None = None, *, is_one_page: bool = False
) -> bytes:
    """Return the memo of *brief*, of only the figures *ids* if given, on *template* (.dotx or .docx).

    *is_one_page*: set tightly, the sources in one paragraph. Raises InputError for a template that cannot be
    used.
    """
    memo = _Memo(_opened(template))
    memo.front(brief)
    kept = [piece for piece in brief.pieces if getattr(piece, "id", "") in ids] if ids else brief.pieces
    if is_one_page:
        _tighten(memo.document)
        kept = _sources_in_words(kept)
    for piece in kept:
        memo.add(piece, brief)
    memo.foot(brief)
    out = BytesIO()
    memo.document.save(out)
    return stable(out.getvalue(), brief.day)


def _opened(template: Path | None) -> Any:
    """Return an empty document on *template*, or on ours."""
    if template is None:
        return _house()
    held = as_document(template, (".docx", ".dotx"))
    try:
        document = Document(held)
    except (AttributeError, KeyError, ValueError, LxmlError) as problem:
        raise InputError(f"{template} is not a document: {problem}. Save it as .dotx.") from None
    body = document.element.body
    for child in list(body):
        if child.tag != qn("w:sectPr"):
            body.remove(child)
    return document


def _house() -> Any:
    """Return python-docx's own template with our margins and type."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Inches(8.5), Inches(11)
    section.left_margin = section.right_margin = Inches(1)
    section.top_margin = section.bottom_margin = Inches(0.9)
    sizes = {"Normal": 10.5, "Title": 20, "Heading 1": 15, "Heading 2": 12.5, "Heading 3": 11, "Caption": 9.5}
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.size, style.font.name = Pt(size), "Calibri"
        if name != "Normal":  # what a table's header is written in must stay free to be white
            style.font.color.rgb = _INK
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    document.styles["Caption"].paragraph_format.keep_with_next = False
    return document


def _tighten(document: Any) -> None:
    """Make margins, type and spaces small enough for a page of facts."""
    section = document.sections[0]
    section.left_margin = section.right_margin = Inches(0.8)
    section.top_margin = section.bottom_margin = Inches(0.55)
    section.header_distance = section.footer_distance = Inches(0.3)
    sizes = {"Normal": 9.5, "Title": 15, "Heading 1": 11, "Source line": 7.5, "Table text": 8.0}
    for name, size in sizes.items():
        if name in document.styles:
            style = document.styles[name]
            style.font.size = Pt(size)
            style.paragraph_format.space_before = Pt(5 if name == "Heading 1" else 0)
            style.paragraph_format.space_after = Pt(0 if name == "Table text" else 3)


def _sources_in_words(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces, the table of sources as one small paragraph."""
    told: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Table) and piece.grid.head[:2] == ("Source", "Date"):
            named = "; ".join(f"{row[0]} ({row[1]})" for row in piece.grid.rows)
            told.append(Paragraph((Run(named),), bullet="source"))
        else:
            told.append(piece)
    return told


class _Memo:
    """A document being filled from top to bottom."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.figures = 0
        self.tables = 0
        for name, (base, size, colour) in _STYLES.items():
            _ensure_style(document, name, base, size, colour)
        number = document.styles["Table number"].paragraph_format
        number.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def front(self, brief: Brief) -> None:
        """Write the title, the date of the data, and the properties of the file."""
        properties = self.document.core_properties
        properties.title, properties.author, properties.language = brief.title, "chipflows", "en-GB"
        self._paragraph(brief.title, "Title")
        self._paragraph(brief.dated, "Source line")

    def foot(self, brief: Brief) -> None:
        """Number the pages and say what made them."""
        footer = self.document.sections[0].footer
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.style = self._style("Source line")
        line.add_run(f"{brief.made}. Page ")
        _add_field(line, "PAGE", "1")
        line.add_run(" of ")
        _add_field(line, "NUMPAGES", "1")

    def add(self, piece: Piece, brief: Brief) -> None:
        """Add one piece."""
        if isinstance(piece, Heading):
            self._paragraph(piece.text, f"Heading {max(1, min(piece.level - 1, 3))}")
        elif isinstance(piece, Paragraph):
            paragraph = self.document.add_paragraph(style=self._style(_LISTS.get(piece.bullet, "Normal")))
            for run in piece.runs:
                self._run(paragraph, run)
        elif isinstance(piece, Table):
            self._table(piece.grid)
        else:
            self._figure(piece, brief)

    def _figure(self, piece: Picture, brief: Brief) -> None:
        """Add a picture with its alt text, its caption, and where it is from."""
        exhibit = brief.exhibits.get(piece.id)
        picture = self.document.add_paragraph(style=self._style("Normal"))
        picture.paragraph_format.keep_with_next = True
        source = str(exhibit.folder / "figure.png") if exhibit else BytesIO(piece.png)
        section = self.document.sections[0]
        shape = picture.add_run().add_picture(
            source, width=min(Inches(6.5), section.page_width - section.left_margin - section.right_margin)
        )
        shape._inline.docPr.set("descr", piece.alt)
        if exhibit is None:
            return
        words = exhibit.words
        self.figures += 1
        caption = self._paragraph("Figure ", "Caption")
        _add_field(caption, "SEQ Figure \\* ARABIC", str(self.figures))
        caption.add_run(f". {words['title']}. {words['subtitle']}.")
        caption.paragraph_format.keep_with_next = True
        note = f"Note: {words['note']} " if words.get("note") else ""
        self._paragraph(note + words["source"], "Source line")

    def _table(self, grid: Grid) -> None:
        """Add a table: the header repeats on each page, numbers stand to the right."""
        if not grid.rows:
            return
        table = self.document.add_table(rows=0, cols=len(grid.head), style=self._table_style())
        table.autofit = False
        for row in (grid.head, *grid.rows):
            cells = table.add_row().cells
            for cell, text, is_number in zip(cells, row, grid.is_number, strict=True):
                paragraph = cell.paragraphs[0]
                paragraph.style = self._style("Table number" if is_number else "Table text")
                paragraph.add_run(text)
        longest = [
            min(48, max(15, *(len(row[at]) for row in (grid.head, *grid.rows))))
            for at in range(len(grid.head))
        ]
        section = self.document.sections[0]
        whole = section.page_width - section.left_margin - section.right_margin
        for at, share in enumerate(longest):
            table.columns[at].width = int(whole * share / sum(longest))
            for cell in table.columns[at].cells:
                cell.width = int(whole * share / sum(longest))
        _repeat(table.rows[0])
        for row in table.rows:
            _keep_whole(row)
        self.tables += 1
        _describe(table, f"Table {self.tables}: {', '.join(filter(None, grid.head))}")
        self.document.add_paragraph(style=self._style("Source line"))

    def _paragraph(self, text: str, style: str) -> Any:
        """Add a paragraph in a style and return it."""
        return self.document.add_paragraph(text, style=self._style(style))

    def _run(self, paragraph: Any, run: Run) -> None:
        """Add a run of text; a link stays a link."""
        if run.link.startswith("https://"):
            _add_link(paragraph, run)
            return
        made = paragraph.add_run(run.text)
        made.bold, made.italic = run.is_bold or None, run.is_italic or None

    def _style(self, name: str) -> Any:
        """Return a style of the template, Normal where it has none of that name."""
        styles = self.document.styles
        return styles[name] if name in styles else styles["Normal"]

    def _table_style(self) -> Any:
        """Return the template's table style: a light one if it has one, else its default."""
        for name in ("Light List", "Table Grid"):
            if name in self.document.styles:
                return self.document.styles[name]
        return None


def _ensure_style(document: Any, name: str, base: str, size: float, colour: Any) -> None:
    """Add a paragraph style of ours to a template that lacks it."""
    styles = document.styles
    if name in styles:
        return
    style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = styles[base] if base in styles else styles["Normal"]
    style.font.size = Pt(size)
    style.paragraph_format.space_after = Pt(6 if base == "Normal" and name == "Source line" else 0)
    if colour is not None:
        style.font.color.rgb = colour


def _add_field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add a field that Word counts itself; *shown* stands there until it does."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("text", shown), ("end", "")):
        run = paragraph.add_run()
        if kind == "text":
            run.text = text
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        else:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {text} "
            run._r.append(code)


def _add_link(paragraph: Any, run: Run) -> None:
    """Add a link to an address outside."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(run.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    made = paragraph.add_run(run.text)
    made.font.color.rgb, made.font.underline = _LINK, True
    link.append(made._r)
    paragraph._p.append(link)


def _repeat(row: Any) -> None:
    """Mark a row as the table's header: it repeats on each page and is read as such."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _keep_whole(row: Any) -> None:
    """Keep a row on one page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _describe(table: Any, text: str) -> None:
    """Give a table its alt text."""
    described = OxmlElement("w:tblDescription")
    described.set(qn("w:val"), text)
    table._tbl.tblPr.append(described)
