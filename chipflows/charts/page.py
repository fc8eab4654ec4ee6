"""Draw a Figure on its page: words above and below, marks between, everything measured, then checked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure as Page
from matplotlib.font_manager import FontProperties

from chipflows.charts.checks import check
from chipflows.charts.contract import Figure
from chipflows.charts.sizes import Size, size_named
from chipflows.charts.source import source_line
from chipflows.charts.style import FONT, INK, MUTED, house_style
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Region", "Stage", "cards_or_ours", "render"]

LAYOUT_DPI = 100
_LEADING = 1.28
_LEAST_PLOT = 0.42


@dataclass(frozen=True)
class Region:
    """A part of the page, in inches from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass
class Stage:
    """What a figure's draw function gets: panels to draw on, the size, and a place for late work.

    `panels` returns axes; their tick and end labels are then fitted into the page. `later` takes a function
    to be called once the axes have their final place (label placement needs pixels).
    """

    page: Page
    size: Size
    region: Region
    _cells: list[tuple[Axes, int, int]] = field(default_factory=list)
    _shares: tuple[list[float], list[float]] = ([1.0], [1.0])
    _gaps: tuple[float, float] = (0.0, 0.0)
    _late: list[Callable[[], None]] = field(default_factory=list)

    def panels(
        self,
        rows: int = 1,
        columns: int = 1,
        heights: Sequence[float] | None = None,
        widths: Sequence[float] | None = None,
        gap: float = 1.6,
    ) -> list[Axes]:
        """Return rows x columns axes, row by row, *gap* lines of text apart; call it once per figure."""
        self._shares = (list(heights or [1.0] * rows), list(widths or [1.0] * columns))
        inches = gap * self.size.text / 72
        self._gaps = (inches, 1.5 * inches)
        for row in range(rows):
            for column in range(columns):
                axes = self.page.add_axes((0.1, 0.1, 0.8, 0.8), label=f"panel {row} {column}")
                self._cells.append((axes, row, column))
        return [axes for axes, _, _ in self._cells]

    def panel(self) -> Axes:
        """Return the only panel of a one-panel figure."""
        return self.panels()[0]

    def later(self, work: Callable[[], None]) -> None:
        """Call *work* when the axes stand where they will stay."""
        self._late.append(work)

    @property
    def renderer(self) -> RendererAgg:
        """Return the renderer that measures text."""
        canvas = self.page.canvas
        assert isinstance(canvas, FigureCanvasAgg)
        renderer: RendererAgg = canvas.get_renderer()  # type: ignore[no-untyped-call]
        return renderer

    def width_of(self, text: str, points: float, bold: bool = False) -> float:
        """Return the width in inches of one line of text."""
        font = FontProperties(family=[FONT], size=points, weight="bold" if bold else "normal")
        measured = self.renderer.get_text_width_height_descent(text, font, False)  # type: ignore[no-untyped-call]
        return float(measured[0]) / self.page.dpi

    def fit(self) -> None:
        """Move the axes so that they and their labels fill the region, aligned; then run late work."""
        for _ in range(3):
            overhangs = [self._overhang(axes) for axes, _, _ in self._cells]
            for axes, row, column in self._cells:
                mine = [over for over, cell in zip(overhangs, self._cells, strict=True) if cell[2] == column]
                left, right = max(over[0] for over in mine), max(over[2] for over in mine)
                same_row = [over for over, cell in zip(overhangs, self._cells, strict=True) if cell[1] == row]
                bottom, top = max(over[1] for over in same_row), max(over[3] for over in same_row)
                self._move(axes, self._cell(row, column), (left, bottom, right, top))
        for work in self._late:
            work()

    def _cell(self, row: int, column: int) -> Region:
        """Return the part of the region that belongs to one panel."""
        heights, widths = self._shares
        gap_y, gap_x = self._gaps
        whole_y = self.region.top - self.region.bottom - gap_y * (len(heights) - 1)
        whole_x = self.region.right - self.region.left - gap_x * (len(widths) - 1)
        top = self.region.top - whole_y * sum(heights[:row]) / sum(heights) - gap_y * row
        left = self.region.left + whole_x * sum(widths[:column]) / sum(widths) + gap_x * column
        return Region(
            left,
            top - whole_y * heights[row] / sum(heights),
            left + whole_x * widths[column] / sum(widths),
            top,
        )

    def _overhang(self, axes: Axes) -> tuple[float, float, float, float]:
        """Return how far, in inches, labels stick out of the axes: left, bottom, right, top."""
        box, tight = axes.get_window_extent(), axes.get_tightbbox(self.renderer)
        if tight is None:
            return (0.0, 0.0, 0.0, 0.0)
        dpi = self.page.dpi
        return (
            (box.x0 - tight.x0) / dpi,
            (box.y0 - tight.y0) / dpi,
            (tight.x1 - box.x1) / dpi,
            (tight.y1 - box.y1) / dpi,
        )

    def _move(self, axes: Axes, cell: Region, over: tuple[float, float, float, float]) -> None:
        """Give *axes* the room its cell leaves after its labels."""
        left, bottom = cell.left + over[0], cell.bottom + over[1]
        width, height = cell.right - over[2] - left, cell.top - over[3] - bottom
        if width < 0.5 or height < 0.28:
            raise FigureError(
                f"labels leave a panel {width:.1f} x {height:.1f} inches at size {self.size.name!r}: "
                "shorten them, draw fewer, or use a larger size"
            )
        page = self.size
        axes.set_position((left / page.width, bottom / page.height, width / page.width, height / page.height))


def _wrap(stage: Stage, text: str, points: float, bold: bool = False) -> list[str]:
    """Return *text* in as few lines as the page's text area allows, of about the same length."""
    room = stage.size.width - 2 * stage.size.margin
    lines = _filled(stage, text, points, bold, room)
    for narrower in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6):
        tighter = _filled(stage, text, points, bold, room * narrower)
        if len(tighter) > len(lines):
            break
        lines = tighter
    return lines


def _filled(stage: Stage, text: str, points: float, bold: bool, room: float) -> list[str]:
    """Return *text* broken into lines no wider than *room* inches."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and stage.width_of(longer, points, bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _write(stage: Stage, lines: list[str], points: float, y: float, colour: str, bold: bool = False) -> float:
    """Write lines downwards from *y* inches; return where the next line would start."""
    size = stage.size
    for line in lines:
        stage.page.text(
            size.margin / size.width,
            y / size.height,
            line,
            fontsize=points,
            color=colour,
            va="top",
            ha="left",
            fontweight="bold" if bold else "normal",
        )
        y -= points * _LEADING / 72
    return y


def _write_words(stage: Stage, figure: Figure, source: str) -> None:
    """Write title and subtitle at the top, note and source at the bottom; leave the rest as the region."""
    size = stage.size
    top = size.height - size.margin
    top = _write(stage, _wrap(stage, figure.title, size.title, bold=True), size.title, top, INK, bold=True)
    top = _write(
        stage,
        _wrap(stage, figure.subtitle, size.subtitle),
        size.subtitle,
        top - size.subtitle * 0.15 / 72,
        MUTED,
    )
    note = f"Note: {figure.note.removeprefix('Note: ')}" if figure.note.strip() else ""
    room = size.width - 2 * size.margin
    lines = [line for words in (note, source) for line in _filled(stage, words, size.small, False, room)]
    bottom = size.margin + len(lines) * size.small * _LEADING / 72
    _write(stage, lines, size.small, bottom, MUTED)
    stage.region = Region(
        size.margin, bottom + size.small * 0.9 / 72, size.width - size.margin, top - size.subtitle * 0.7 / 72
    )
    share = (stage.region.top - stage.region.bottom) / size.height
    if share < _LEAST_PLOT:
        raise FigureError(
            f"figure {figure.id!r}: words leave {share:.0%} of a {size.name} for the picture. "
            "Shorten the note or name fewer sources."
        )


def cards_or_ours(given: Mapping[str, Any] | None, ids: Sequence[str]) -> Mapping[str, Any]:
    """Return the given source cards, or those of data/sources and of what was pulled live among *ids*."""
    if given is not None:
        return given
    from chipflows import tables

    cards: Mapping[str, Any] = tables.cards()
    if all(source in cards for source in ids):
        return cards
    from chipflows import live

    return {**cards, **live.cards(ids)}


def render(
    figure: Figure,
    size: str = "slide",
    *,
    bare: bool = False,
    cards: Mapping[str, Any] | None = None,
    on: date | None = None,
) -> Page:
    """Return the matplotlib figure for *figure* at *size*, drawn on Agg and checked.

    *bare* leaves out title, subtitle, note and source. *cards* and *on* go to `source_line`. Raises
    FigureError naming the texts that are cut or overlap and every other breach (see `checks`).
    """
    page_size = size_named(size)
    source = source_line(figure.sources, cards_or_ours(cards, figure.sources), on)
    with house_style(page_size), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        page = Page(figsize=(page_size.width, page_size.height), dpi=LAYOUT_DPI)
        canvas = FigureCanvasAgg(page)
        margin = page_size.margin
        whole = Region(margin, margin, page_size.width - margin, page_size.height - margin)
        stage = Stage(page, page_size, whole)
        if not bare:
            _write_words(stage, figure, source)
        figure.draw(stage)
        stage.fit()
        canvas.draw()  # type: ignore[no-untyped-call]
        check(page, page_size, figure.id, [str(warning.message) for warning in caught])
    return page
