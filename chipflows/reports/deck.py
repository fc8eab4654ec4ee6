"""A run notebook as a deck (PPTX): the findings as titles, charts that can be edited, sources, data dates.

Everything stands in the placeholders of the template's own layouts where it has them, in its theme's fonts;
an office template can be swapped in.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.enum.text import PP_ALIGN
from pptx.util import Inches, Pt

from chipflows.charts.office import office_charts
from chipflows.errors import InputError
from chipflows.reports.brief import Brief
from chipflows.reports.cells import stance_words
from chipflows.reports.gallery import Exhibit
from chipflows.reports.native import add_chart
from chipflows.reports.package import stable
from chipflows.reports.pieces import Heading, Paragraph, Picture, Table
from chipflows.reports.slide_master import (
    BODY,
    TITLE,
    layout_with,
    numbered,
    opened,
    placeholder,
    without_empty,
)
from chipflows.reports.tables import Grid

__all__ = ["deck_bytes"]

_LINES_A_SLIDE = 13
_LETTERS_A_LINE = 92
_SMALL, _SUB = Pt(10), Pt(16)
_MARKS = re.compile(
    r"(Dots?|Bars?|Filled|Hollow|At the right|Lines?|Bands?|Shaded|Dashed|Dotted|Whiskers?|Vertical|"
    r"On the diagonal)\b",
    re.IGNORECASE,
)
_INTERVALS = {
    "line": "Dotted: 5th and 95th percentile of the draws.",
    "bars": "Bars: medians; thin lines: 5th to 95th percentile of the draws.",
}
_MOST_ROWS, _MOST_COLUMNS = 14, 7


def deck_bytes(
    brief: Brief, cards: Mapping[str, Any], ids: Sequence[str] = (), template: Path | None = None
) -> bytes:
    """Return the deck of *brief*, of only the figures *ids* if given, on *template* (.potx or .pptx).

    Raises InputError for a template that cannot be used.
    """
    presentation = opened(template)
    presentation.core_properties.title = brief.title
    presentation.core_properties.author = "chipflows"
    presentation.core_properties.language = "en-GB"
    deck = _Deck(presentation)
    deck.title(brief)
    if ids:
        for figure in ids:
            deck.figure(brief.exhibits[figure], brief.sentences(figure))
    else:
        for heading, items in _sections(brief):
            deck.section(heading, items, brief)
    deck.sources(list(_source_lines(brief, cards, ids)))
    out = BytesIO()
    presentation.save(out)
    return stable(out.getvalue(), brief.day)


def _sections(brief: Brief) -> Iterator[tuple[str, list[Any]]]:
    """Yield (heading, pieces) for each part of the notebook; sources have slides of their own."""
    heading, items = "", list[Any]()
    for piece in (*brief.pieces, Heading(2, "")):
        if isinstance(piece, Heading) and piece.level <= 2:
            if items and heading != "Sources":
                yield heading or brief.title, items
            heading, items = piece.text, []
        else:
            items.append(piece)


def _source_lines(brief: Brief, cards: Mapping[str, Any], ids: Sequence[str]) -> Iterator[str]:
    """Yield a line for each source the deck rests on."""
    shown = [brief.exhibits[figure] for figure in ids] or brief.exhibits.values()
    named = [str(source) for item in shown for source in item.words.get("sources", ())]
    if not ids:
        named += [source for claim in brief.claims for source in str(claim["source_ids"]).split(";")]
    for source in dict.fromkeys(filter(None, named)):
        card = cards[source]
        day = next(
            (str(at) for name in ("as_of", "published_on") if (at := getattr(card, name, None))), "no date"
        )
        stance = getattr(card, "stance", None)
        kind = f"{card.kind}, {stance_words(stance)}" if stance else card.kind
        yield f"{card.producer}: {card.title} ({day}; {kind})"


class _Deck:
    """Slides put on a presentation, each with its title first, then what it says, then where from."""

    def __init__(self, presentation: Any) -> None:
        self.presentation = presentation
        layouts = list(presentation.slide_layouts)
        self.opening = layout_with(layouts, wants_subtitle=True) or layout_with(layouts)
        self.plain = layout_with(layouts)
        self.text = layout_with(layouts, wants_body=True) or self.plain
        if self.plain is None:
            raise InputError("the template has no layout with a title. Choose one whose layouts have titles.")
        self.plain = layout_with(layouts, wants_nothing=True) or self.plain
        self.width, self.height = presentation.slide_width, presentation.slide_height

    def title(self, brief: Brief) -> None:
        """Add the opening slide: title, date of the data, what made it."""
        slide = self.presentation.slides.add_slide(self.opening)
        slide.shapes.title.text = brief.title
        subtitle = placeholder(slide, {PP_PLACEHOLDER.SUBTITLE, *BODY})
        words = f"{brief.dated}\n{brief.made}"
        if subtitle is not None:
            subtitle.text_frame.text = words
            for paragraph in subtitle.text_frame.paragraphs:
                paragraph.font.size = _SUB
        else:
            _write(slide, words, (*self._beside(0.6), self.height // 5), _SUB)
        without_empty(slide)

    def section(self, heading: str, items: Sequence[Any], brief: Brief) -> None:
        """Add the slides of one part: what is said, then figures and tables in their order.

        A single sentence beside a figure stands on the figure's slide.
        """
        texts = [item for item in items if isinstance(item, Paragraph)]
        lines = [item.text for item in texts if item.is_said or item.bullet]
        notes = [item.text for item in texts if item.text not in lines]
        shown = [item.id for item in items if isinstance(item, Picture) and item.id in brief.exhibits]
        lead = lines[0] if shown and len(lines) == 1 else ""
        if not lead:
            self.bullets(heading, lines, notes)
        for item in items:
            if isinstance(item, Picture) and item.id in shown:
                self.figure(brief.exhibits[item.id], [*lines, *notes], lead if item.id == shown[0] else "")
            if isinstance(item, Table) and item.grid.rows:
                self.table(heading, item.grid)

    def bullets(self, heading: str, lines: Sequence[str], notes: Sequence[str] = ()) -> None:
        """Add slides of text, as many as the lines need."""
        for part in _parted(lines):
            slide = self._slide(self.text, heading)
            body = placeholder(slide, BODY)
            if body is None:
                box = (*self._beside(0.2), self.height * 3 // 5)
                body = slide.shapes.add_textbox(*box)
                body.text_frame.word_wrap = True
            frame = body.text_frame
            frame.text = part[0]
            for line in part[1:]:
                frame.add_paragraph().text = line
            for paragraph in frame.paragraphs:
                paragraph.space_after = Pt(8)
            self._finish(slide, notes)

    def figure(self, exhibit: Exhibit, said: Sequence[str], lead: str = "") -> None:
        """Add a figure: finding, measure, chart or picture with alt text, a sentence, note and source."""
        words = exhibit.words
        charts = office_charts(exhibit.id, pd.read_csv(exhibit.folder / "data.csv"))
        slide = self._slide(self.plain, words["title"])
        left, top, width = self._beside(0)
        top = self._line(slide, words["subtitle"], (left, top, width), _SUB, 100)
        small = "\n".join(filter(None, (_note(words, charts), words["source"])))
        foot = _height(small, _SMALL, 155)
        said_height = _height(lead, _SUB, 100) if lead else 0
        bottom = self.height - Inches(0.45) - foot - said_height
        area = (left, top + Inches(0.05), width, bottom - top - Inches(0.1))
        if charts:
            _draw_charts(slide, charts, area, words["alt"])
        else:
            _draw_picture(slide, exhibit, area)
        if lead:
            self._line(slide, lead, (left, bottom, width), _SUB, 100)
        self._line(slide, small, (left, bottom + said_height, width), _SMALL, 155)
        self._finish(slide, [words["alt"], *said, words["source"], f"Figure {exhibit.place}."])

    def _line(self, slide: Any, text: str, box: Sequence[int], size: Any, letters: int) -> int:
        """Write text at left, top and width; return where the next line starts."""
        height = _height(text, size, letters)
        _write(slide, text, (*box, height), size)
        return int(box[1] + height)

    def table(self, heading: str, grid: Grid) -> None:
        """Add a table, parted where it is long; one too wide for a slide is left to the report."""
        if len(grid.head) > _MOST_COLUMNS:
            return
        for start in range(0, len(grid.rows), _MOST_ROWS):
            slide = self._slide(self.plain, heading)
            left, top, width = self._beside(0.1)
            rows = [grid.head, *grid.rows[start : start + _MOST_ROWS]]
            frame = slide.shapes.add_table(
                len(rows), len(grid.head), left, top, width, Inches(0.3) * len(rows)
            )
            frame._element.nvGraphicFramePr.cNvPr.set("descr", f"Table: {', '.join(filter(None, grid.head))}")
            _fill(frame.table, rows, grid)
            self._finish(slide, [])

    def sources(self, lines: Sequence[str]) -> None:
        """Add the slides that list the sources."""
        for part in _parted(lines, lines_a_slide=25, letters=150):
            slide = self._slide(self.plain, "Sources and data dates")
            left, top, width = self._beside(0)
            _write(slide, "\n".join(part), (left, top, width, self.height - top - Inches(0.6)), Pt(12))
            self._finish(slide, [])

    def _slide(self, layout: Any, title: str) -> Any:
        """Return a new slide with its title."""
        slide = self.presentation.slides.add_slide(layout)
        slide.shapes.title.text = title
        return slide

    def _beside(self, gap: float) -> tuple[int, int, int]:
        """Return left, top and width of what stands below the title, *gap* inches below it."""
        title = next(s for s in self.plain.placeholders if s.placeholder_format.type in TITLE)
        left = title.left if title.left < self.width // 4 else Inches(0.5)
        below = min(title.top + title.height, self.height // 3)
        return left, below + Inches(gap + 0.05), self.width - 2 * left

    def _finish(self, slide: Any, notes: Sequence[str]) -> None:
        """Remove empty placeholders, number the slide, and give the speaker the words."""
        without_empty(slide)
        for shape in slide.slide_layout.placeholders:
            if shape.placeholder_format.type == PP_PLACEHOLDER.SLIDE_NUMBER:
                slide.shapes._spTree.append(numbered(shape._element, len(slide.shapes) + 1))
        if text := "\n".join(filter(None, notes)):
            slide.notes_slide.notes_text_frame.text = text


def _write(slide: Any, text: str, box: Sequence[int], size: Any) -> None:
    """Put a box of plain text on the slide."""
    frame = slide.shapes.add_textbox(*box).text_frame
    frame.word_wrap = True
    frame.margin_top = frame.margin_bottom = 0
    frame.text = text
    for paragraph in frame.paragraphs:
        paragraph.font.size = size


def _height(text: str, size: Any, letters: int) -> int:
    """Return the height of *text* at *size* where a line holds so many *letters*."""
    lines = sum(max(1, math.ceil(len(line) / letters)) for line in text.split("\n"))
    return int(lines * size * 1.22 + Pt(3))


def _note(words: Mapping[str, Any], charts: Sequence[Any]) -> str:
    """Return the note under a figure; a native chart says what its own marks are instead of the picture's."""
    note = str(words.get("note") or "").removeprefix("Note: ")
    if charts:
        kept = [part for part in re.split(r"(?<=[.;])\s+", note) if not _MARKS.match(part)]
        has_interval = bool(charts[0].series[0].low)
        marks = _INTERVALS.get(charts[0].kind, "") if has_interval else ""
        note = " ".join(filter(None, (marks, " ".join(kept).rstrip(";"), charts[0].remark)))
    return f"Note: {note}" if note else ""


def _draw_charts(slide: Any, charts: Sequence[Any], area: Sequence[int], alt: str) -> None:
    """Put one chart, or several side by side, into *area*."""
    left, top, width, height = area
    each = width // len(charts)
    for place, chart in enumerate(charts):
        told = f"{chart.heading}: {alt}" if chart.heading else alt
        add_chart(slide, chart, (left + place * each, top, each, height), told)


def _draw_picture(slide: Any, exhibit: Exhibit, area: Sequence[int]) -> None:
    """Put the figure's picture into *area* as large as it goes, with its alt text."""
    left, top, width, height = area
    shape = slide.shapes.add_picture(str(exhibit.folder / "figure.png"), left, top, width=width)
    if shape.height > height:
        shape.width, shape.height = int(shape.width * height / shape.height), height
        shape.left = left + (width - shape.width) // 2
    shape._element.nvPicPr.cNvPr.set("descr", exhibit.words["alt"])


def _fill(table: Any, rows: Sequence[Sequence[str]], grid: Grid) -> None:
    """Write a table's cells, numbers to the right; columns as wide as their text asks."""
    table.first_row = True
    longest = [min(60, max(8, *(len(row[at]) for row in rows))) for at in range(len(grid.head))]
    whole = sum(column.width for column in table.columns)
    for column, share in zip(table.columns, longest, strict=True):
        column.width = int(whole * share / sum(longest))
    for number, row in enumerate(rows):
        for at, text in enumerate(row):
            frame = table.cell(number, at).text_frame
            frame.text = textwrap.shorten(text, 160, placeholder=" …")
            frame.paragraphs[0].font.size = Pt(12)
            frame.paragraphs[0].alignment = PP_ALIGN.RIGHT if grid.is_number[at] else PP_ALIGN.LEFT


def _parted(
    lines: Sequence[str], lines_a_slide: int = _LINES_A_SLIDE, letters: int = _LETTERS_A_LINE
) -> Iterator[list[str]]:
    """Yield the lines in parts that fit a slide each."""
    part, room = list[str](), lines_a_slide
    for line in lines:
        needed = math.ceil(len(line) / letters)
        if part and needed > room:
            yield part
            part, room = [], lines_a_slide
        part.append(line)
        room -= needed
    if part:
        yield part
