"""A report's body as a row of plain pieces, from which a memo and a deck are made."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import html as lxml_html

from chipflows.reports.body import Body
from chipflows.reports.tables import Grid, grid_of

__all__ = ["Heading", "Paragraph", "Picture", "Piece", "Run", "Table", "pieces"]


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style; link is its address, "" if none."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    is_code: bool = False
    link: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the notebook's title."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph or list item; is_said: a sentence with computed numbers."""

    runs: tuple[Run, ...]
    bullet: str = ""
    is_said: bool = False

    @property
    def text(self) -> str:
        """Return the words alone."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Picture:
    """A figure as the notebook showed it; id is "" for a picture that is no figure of ours."""

    id: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class Table:
    """A table."""

    grid: Grid


Piece: TypeAlias = Heading | Paragraph | Picture | Table


def pieces(body: Body) -> list[Piece]:
    """Return what *body* shows, in order."""
    root = lxml_html.fragment_fromstring(body.html, create_parent="div")
    return list(_walk(root, body.name, is_said=False))


def _walk(element: Any, name: str, is_said: bool) -> Iterator[Piece]:
    """Yield the pieces below *element*."""
    for child in element:
        tag = child.tag
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            yield Heading(int(tag[1]), _words(child))
        elif tag == "p":
            yield Paragraph(_runs(child), is_said=is_said)
        elif tag in ("ul", "ol"):
            yield from _items(child, "number" if tag == "ol" else "bullet")
        elif tag == "table":
            yield Table(grid_of(child))
        elif tag == "img":
            yield _picture(child, element.get("id", "").removeprefix(f"{name}--"))
        elif tag == "pre":
            yield Paragraph((Run(child.text_content().strip(), is_code=True),))
        else:
            classes = (child.get("class") or "").split()
            yield from _walk(child, name, is_said or ("cell" in classes and "text" not in classes))


def _items(element: Any, kind: str) -> Iterator[Paragraph]:
    """Yield the items of a list; a list within a list follows its item."""
    for item in element.iter("li"):
        runs = [run for run in _runs(item) if run.text]
        if runs:
            yield Paragraph(tuple(runs), bullet=kind)


def _picture(image: Any, figure: str) -> Picture:
    """Return an <img> with its bytes (a report's pictures are all in the page)."""
    _, _, encoded = image.get("src").partition("base64,")
    return Picture(figure, image.get("alt", ""), base64.b64decode(encoded))


def _words(element: Any) -> str:
    """Return an element's text with white space as one blank."""
    return " ".join(element.text_content().split())


def _runs(element: Any) -> tuple[Run, ...]:
    """Return the runs of a paragraph, white space collapsed, its ends stripped."""
    found = [run for run in _styled(element, Run("")) if run.text]
    if found:
        found[0] = _with(found[0], found[0].text.lstrip())
        found[-1] = _with(found[-1], found[-1].text.rstrip())
    return tuple(found)


def _styled(element: Any, style: Run) -> Iterator[Run]:
    """Yield the runs below *element*, which is in *style*; lists within are left to their own items."""
    if element.text:
        yield _with(style, _collapsed(element.text))
    for child in element:
        if child.tag not in ("ul", "ol"):
            yield from _styled(child, _style_of(child, style))
        if child.tail:
            yield _with(style, _collapsed(child.tail))


def _style_of(element: Any, style: Run) -> Run:
    """Return *style* with what the element's tag adds."""
    return Run(
        "",
        style.is_bold or element.tag in ("strong", "b"),
        style.is_italic or element.tag in ("em", "i"),
        style.is_code or element.tag == "code",
        str(element.get("href") or "") if element.tag == "a" else style.link,
    )


def _with(style: Run, text: str) -> Run:
    """Return *style* holding *text*."""
    return Run(text, style.is_bold, style.is_italic, style.is_code, style.link)


def _collapsed(text: str) -> str:
    """Return *text* with each stretch of white space as one blank, kept at the ends."""
    words = " ".join(text.split())
    return (" " if text[0].isspace() else "") + words + (" " if words and text[-1].isspace() else "")
