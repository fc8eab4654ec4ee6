"""Write a figure's folder, whole or not at all, the same bytes each time; or hand a notebook its picture."""

from __future__ import annotations

import base64
import html as html_text
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from chipflows.charts.contract import Figure
from chipflows.charts.page import cards_or_ours, render
from chipflows.charts.sizes import size_named
from chipflows.charts.source import source_line
from chipflows.charts.style import house_style
from chipflows.csvtext import csv_text
from chipflows.errors import FigureError
from chipflows.folders import fresh_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Page

__all__ = ["Picture", "export", "html", "picture", "show"]

PRINT_DPI = 300
SCREEN_DPI = 144
MOST_BYTES = 350_000
_OURS = re.compile(r"(data\.csv|figure\.yaml|figure(-[a-z]+)?\.(png|svg|pdf))\Z")


def export(
    figure: Figure,
    folder: Path | str,
    sizes: Iterable[str] = ("slide",),
    *,
    bare: bool = False,
    cards: Mapping[str, Any] | None = None,
    on: date | None = None,
) -> Path:
    """Write *figure* to *folder* and return it: figure.yaml, data.csv, figure.png (300 dpi), .svg, .pdf.

    The first of *sizes* is figure.*, each further one figure-<size>.*; *bare* leaves title, subtitle, note
    and source out of the pictures (figure.yaml keeps them). Everything is drawn and checked before the
    first byte is written and the folder appears whole: a refused figure or a killed run leaves it as it
    was. Raises FigureError for a breach of the contract, or when *folder* holds files that are not ours.
    """
    names = list(dict.fromkeys(sizes))
    if not names:
        raise FigureError("no size to export. Allowed: one or more of slide, column, square.")
    target, known = Path(folder), cards_or_ours(cards, figure.sources)
    _refuse_foreign_files(target)
    files = {"data.csv": csv_text(figure.data).encode(), "figure.yaml": _spec(figure, known, on, names, bare)}
    for number, name in enumerate(names):
        page = render(figure, name, bare=bare, cards=known, on=on)
        stem = "figure" if number == 0 else f"figure-{name}"
        files |= {f"{stem}.{kind}": _bytes(page, figure, kind, name) for kind in ("png", "svg", "pdf")}
    _replace_folder(target, files)
    return target


def _spec(figure: Figure, cards: Mapping[str, Any], on: date | None, sizes: list[str], bare: bool) -> bytes:
    """Return figure.yaml: the words of the figure and how it was made."""
    spec = {
        "id": figure.id,
        "title": figure.title,
        "subtitle": figure.subtitle,
        "unit": figure.unit,
        "note": figure.note,
        "source": source_line(figure.sources, cards, on),
        "sources": list(figure.sources),
        "alt": figure.alt,
        "period": figure.period,
        "made_by": figure.made_by,
        "sizes": sizes,
        "bare": bare,
    }
    return yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=100).encode()


def _bytes(page: Page, figure: Figure, kind: str, size: str, dpi: int = PRINT_DPI) -> bytes:
    """Return a drawn page as png, svg or pdf: title and alt text inside, no clock time."""
    metadata: dict[str, dict[str, Any] | None] = {
        "png": None,
        "svg": {"Date": None, "Creator": None, "Title": figure.title, "Description": figure.alt},
        "pdf": {
            "CreationDate": None,
            "Creator": None,
            "Producer": None,
            "Title": figure.title,
            "Subject": figure.alt,
        },
    }
    out = BytesIO()
    with house_style(size_named(size)):
        page.savefig(
            out,
            format="rgba" if kind == "png" else kind,
            dpi=dpi if kind == "png" else 72,
            metadata=metadata[kind],
        )
    return _in_few_colours(out.getvalue(), page, figure, dpi) if kind == "png" else out.getvalue()


def _in_few_colours(pixels: bytes, page: Page, figure: Figure, dpi: int) -> bytes:
    """Return a PNG in 256 colours, a third of the size; no colour moves by more than a few steps of 255.

    One that is still larger than MOST_BYTES gets fewer colours: what is lost is shades at the edges of type.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_itxt("Title", figure.title)
    words.add_itxt("Description", figure.alt)
    across, down = (int(inches * dpi) for inches in page.get_size_inches())
    drawn = Image.frombuffer("RGBA", (across, down), pixels, "raw", "RGBA", 0, 1).convert("RGB")
    for colours in (256, 96, 48):
        out = BytesIO()
        few = drawn.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(out, "PNG", dpi=(dpi, dpi), pnginfo=words)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


def _refuse_foreign_files(target: Path) -> None:
    """Raise FigureError if *target* exists and is more than a figure's folder."""
    if target.exists() and not target.is_dir():
        raise FigureError(f"{target} is a file, not a folder. Choose another place for the figure.")
    foreign = (
        sorted(item.name for item in target.iterdir() if not _OURS.match(item.name))
        if target.exists()
        else []
    )
    if foreign:
        raise FigureError(
            f"{target} holds files that no figure wrote ({', '.join(foreign[:3])}). "
            "Choose an empty folder, or move them away."
        )


def _replace_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* into a new folder and put it in the place of *target*."""
    with fresh_folder(target) as fresh:
        for name, content in sorted(files.items()):
            (fresh / name).write_bytes(content)


@dataclass(frozen=True)
class Picture:
    """A drawn figure for a notebook: a PNG that keeps its alt text."""

    png: bytes
    alt: str
    width: int

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the PNG and, as metadata of the output, the alt text and the width in CSS pixels."""
        data = {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": self.width}}


def picture(
    figure: Figure,
    size: str = "column",
    *,
    bare: bool = False,
    cards: Mapping[str, Any] | None = None,
    on: date | None = None,
) -> Picture:
    """Return *figure* drawn for the screen (PNG, 144 dpi), checked like an export."""
    page = render(figure, size, bare=bare, cards=cards, on=on)
    return Picture(
        _bytes(page, figure, "png", size, SCREEN_DPI), figure.alt, round(size_named(size).width * 96)
    )


def show(figure: Figure, size: str = "column", **options: Any) -> Picture:
    """Return *figure* as the last expression of a notebook cell would want it; same as `picture`."""
    return picture(figure, size, **options)


def html(figure: Figure, size: str = "column", **options: Any) -> str:
    """Return *figure* as a self-contained HTML <figure> with its alt text."""
    drawn = picture(figure, size, **options)
    encoded = base64.b64encode(drawn.png).decode()
    alt = html_text.escape(figure.alt, quote=True)
    image = f'<img alt="{alt}" width="{drawn.width}" src="data:image/png;base64,{encoded}">'
    return f'<figure id="{figure.id}">{image}</figure>'
