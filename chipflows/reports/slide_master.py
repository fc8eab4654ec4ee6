"""The template a deck stands on: ours, or an office's own; its layouts and their placeholders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from lxml.etree import LxmlError
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches

from chipflows.charts.style import PALETTE
from chipflows.errors import InputError
from chipflows.reports.package import as_document

__all__ = ["BODY", "TITLE", "layout_with", "numbered", "opened", "placeholder", "without_empty"]

BODY = {PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT}
TITLE = {PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE}
_AROUND = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}


def opened(template: Path | None) -> Any:
    """Return a presentation without slides on *template*, or on ours."""
    if template is None:
        return _house()
    held = as_document(template, (".pptx", ".potx"))
    try:
        presentation = Presentation(held)
    except (AttributeError, KeyError, ValueError, LxmlError) as problem:
        raise InputError(f"{template} is not a presentation: {problem}. Save it as .potx.") from None
    identifiers = presentation.slides._sldIdLst
    for slide in list(identifiers):
        presentation.part.drop_rel(slide.rId)
        identifiers.remove(slide)
    return presentation


def _house() -> Any:
    """Return python-pptx's own template made 16:9, its titles left, its type of a size for reading."""
    presentation = Presentation()
    wider = Inches(13.333) / presentation.slide_width
    presentation.slide_width, presentation.slide_height = Inches(13.333), Inches(7.5)
    master = presentation.slide_master
    for shape in [*master.shapes, *(shape for layout in master.slide_layouts for shape in layout.shapes)]:
        if shape.is_placeholder and shape._element.spPr.find(qn("a:xfrm")) is not None:
            shape.left, shape.width = Emu(int(shape.left * wider)), Emu(int(shape.width * wider))
    title = next(shape for shape in master.placeholders if shape.placeholder_format.type in TITLE)
    title.left, title.top, title.width, title.height = Inches(0.5), Inches(0.3), Inches(12.33), Inches(1.0)
    title.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    for element in (master._element, *(layout._element for layout in master.slide_layouts)):
        for tint in list(element.iter(qn("a:tint"))):  # grey type on white, too faint to read
            tint.getparent().remove(tint)
    _recolour(master)
    styles = master._element.find(qn("p:txStyles"))
    _style(styles, "p:titleStyle", 1, "2600", "l")
    for level, size in enumerate(("1900", "1700", "1500"), start=1):
        _style(styles, "p:bodyStyle", level, size, "l")
    body = next(shape for shape in master.placeholders if shape.placeholder_format.type in BODY)
    body.left, body.top, body.width, body.height = Inches(0.5), Inches(1.5), Inches(12.33), Inches(5.2)
    return presentation


def _recolour(master: Any) -> None:
    """Give the theme the house colours, which charts and tables made by hand then take."""
    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    colours = [PALETTE[name] for name in ("navy", "blue", "red", "green", "purple", "ochre")]
    blob = theme.blob
    for place, colour in enumerate(colours, start=1):
        pattern = rb"(<a:accent%d>\s*<a:srgbClr val=\")[0-9A-Fa-f]{6}" % place
        blob = re.sub(pattern, rb"\g<1>" + colour.lstrip("#").upper().encode(), blob)
    theme._blob = blob


def _style(styles: Any, kind: str, level: int, size: str, align: str) -> None:
    """Set size and alignment of one level of the master's text."""
    paragraph = styles.find(qn(kind)).find(qn(f"a:lvl{level}pPr"))
    paragraph.set("algn", align)
    paragraph.find(qn("a:defRPr")).set("sz", size)


def layout_with(
    layouts: Sequence[Any],
    wants_subtitle: bool = False,
    wants_body: bool = False,
    wants_nothing: bool = False,
) -> Any:
    """Return the first layout with a title and just what is wanted beside it; None if there is none."""
    for layout in layouts:
        kinds = [shape.placeholder_format.type for shape in layout.placeholders]
        rest = [kind for kind in kinds if kind not in TITLE | _AROUND]
        if not TITLE & set(kinds):
            continue
        wanted = (
            (not wants_subtitle or rest == [PP_PLACEHOLDER.SUBTITLE])
            and (not wants_body or (len(rest) == 1 and rest[0] in BODY))
            and (not wants_nothing or not rest)
        )
        if wanted:
            return layout
    return None


def placeholder(slide: Any, kinds: set[Any]) -> Any:
    """Return the slide's first placeholder of one of *kinds*, None if it has none."""
    found = (shape for shape in slide.placeholders if shape.placeholder_format.type in kinds)
    return next(found, None)


def without_empty(slide: Any) -> None:
    """Remove placeholders that nothing was put in: they would ask the reader to click."""
    for shape in list(slide.placeholders):
        if shape.has_text_frame and not shape.text_frame.text.strip():
            shape._element.getparent().remove(shape._element)


def numbered(layout_shape: Any, identifier: int) -> Any:
    """Return a copy of the layout's slide number for a slide."""
    shape = deepcopy(layout_shape)
    properties = shape.find(qn("p:spPr"))
    for child in list(properties):
        properties.remove(child)
    shape.find(qn("p:nvSpPr")).find(qn("p:cNvPr")).set("id", str(1000 + identifier))
    return shape
