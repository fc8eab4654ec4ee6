"""What is wrong with a drawn page: measured on the renderer, reported all at once.

Cut or overlapping text, text on data, turned text, type too small, faint text, more than six colours, series
without a number, empty panels, two axes on one panel, glyphs the font lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from chipflows.charts.colour import contrast
from chipflows.charts.roles import role
from chipflows.charts.sizes import Size
from chipflows.charts.style import MAX_COLOURS
from chipflows.errors import FigureError

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axis import Axis
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure as Page

__all__ = ["check", "find_problems"]

_LEAST_CONTRAST = 4.5
_GLYPH = re.compile(r"Glyph (\d+)")


def check(page: Page, size: Size, name: str, warned: list[str]) -> None:
    """Raise FigureError listing everything wrong with a drawn *page*; *warned*: warnings met in drawing."""
    problems = find_problems(page, size, warned)
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems[:12])
        more = f"\n  - and {len(problems) - 12} more" if len(problems) > 12 else ""
        raise FigureError(f"figure {name!r} at size {size.name!r} was not made:\n{listed}{more}")


def find_problems(page: Page, size: Size, warned: list[str]) -> list[str]:
    """Return one line per problem of a drawn *page*, [] if it is fit to print."""
    texts = _boxed_texts(page)
    problems = [*_glyphs(warned), *_cut(texts, page), *_overlapping(texts), *_on_data(texts, page)]
    problems += [*_turned(texts), *_too_small(texts, size), *_faint(texts), *_colours(page)]
    return [*problems, *_panels(page), *_series(page)]


def _short(text: Text) -> str:
    """Return a text's words, quoted, cut to what identifies it."""
    words = " ".join(text.get_text().split())
    return repr(words if len(words) <= 60 else words[:59] + "…")


def _hidden_ticks(page: Page) -> set[int]:
    """Return the ids of tick labels outside the view, which matplotlib keeps but does not draw."""
    return {
        id(label) for axes in page.axes for axis in (axes.xaxis, axes.yaxis) for label in _unseen(axes, axis)
    }


def _unseen(axes: Axes, axis: Axis) -> Iterator[Text]:
    """Yield the tick labels of one axis that are not shown."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (abs(low) + abs(high))
    for minor in (False, True):
        ticks = axis.get_minor_ticks() if minor else axis.get_major_ticks()
        for tick in ticks:
            shown = (
                axes.axison
                and axes.get_visible()
                and axis.get_visible()
                and low - slack <= tick.get_loc() <= high + slack
            )
            if not (shown and tick.label1.get_visible()):
                yield tick.label1
            yield tick.label2


def _boxed_texts(page: Page) -> list[tuple[Text, Bbox]]:
    """Return every visible text with its box in pixels."""
    renderer: RendererAgg = page.canvas.get_renderer()  # type: ignore[attr-defined]
    hidden = _hidden_ticks(page)
    found = []
    for text in page.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            found.append((text, Text.get_window_extent(text, renderer)))
    return found


def _glyphs(warned: list[str]) -> Iterator[str]:
    """Yield glyphs the font lacks, from matplotlib's warnings."""
    missing = sorted(
        {int(code) for message in warned if "missing from" in message for code in _GLYPH.findall(message)}
    )
    for code in missing:
        yield f"the font has no glyph for {chr(code)!r} (U+{code:04X}): write it in Latin letters"


def _cut(texts: list[tuple[Text, Bbox]], page: Page) -> Iterator[str]:
    """Yield texts that leave the page, or the panel that clips them."""
    for text, box in texts:
        if not _within(box, page.bbox.frozen()):
            yield f"text runs off the page: {_short(text)}"
        elif (
            text.get_clip_on()
            and text.get_clip_box() is not None
            and text.axes is not None
            and not _within(box, text.axes.bbox.frozen())
        ):
            yield f"text is cut by its panel: {_short(text)}"


def _within(box: Bbox, frame: Bbox, slack: float = 1.0) -> bool:
    """Return whether *box* lies in *frame*, but for *slack* pixels."""
    return bool(
        box.x0 >= frame.x0 - slack
        and box.x1 <= frame.x1 + slack
        and box.y0 >= frame.y0 - slack
        and box.y1 <= frame.y1 + slack
    )


def _core(box: Bbox) -> tuple[float, float, float, float]:
    """Return the part of a text box that ink can fill: lines of text may share their leading."""
    inset = 0.12 * box.height
    return box.x0 + 0.5, box.y0 + inset, box.x1 - 0.5, box.y1 - inset


def _overlapping(texts: list[tuple[Text, Bbox]]) -> Iterator[str]:
    """Yield pairs of texts that lie on each other."""
    for (first, a), (second, b) in combinations(texts, 2):
        one, two = _core(a), _core(b)
        if one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]:
            yield f"texts overlap: {_short(first)} and {_short(second)}"


def _data(page: Page) -> list[Artist]:
    """Return the artists marked as data."""
    return [
        artist
        for axes in page.axes
        for artist in axes.get_children()
        if role(artist) == "data" and artist.get_visible()
    ]


def _on_data(texts: list[tuple[Text, Bbox]], page: Page) -> Iterator[str]:
    """Yield labels that lie on data lines or points, or half on a bar; and legends on any data."""
    data = _data(page)
    for text, box in texts:
        if role(text) != "inside" and any(_covers(artist, Bbox.from_extents(*_core(box))) for artist in data):
            yield f"text lies on data: {_short(text)}"
    renderer: RendererAgg = page.canvas.get_renderer()  # type: ignore[attr-defined]
    for axes in page.axes:
        legend = axes.get_legend()
        if legend is not None and any(_covers(artist, legend.get_window_extent(renderer)) for artist in data):
            yield f"a legend lies on data in panel {axes.get_title(loc='left')!r}: label the series directly"


def _covers(artist: Artist, box: Bbox) -> bool:
    """Return whether *artist* has ink under *box*."""
    if isinstance(artist, Line2D):
        path = artist.get_transform().transform_path(artist.get_path()).cleaned(remove_nans=True)
        return bool(len(np.asarray(path.vertices)) > 1 and path.intersects_bbox(box, filled=False))
    if isinstance(artist, PathCollection):
        points = np.asarray(
            artist.get_offset_transform().transform(np.ma.filled(artist.get_offsets(), np.nan))
        )
        areas, page = np.asarray(artist.get_sizes(), dtype=float), artist.get_figure(root=True)
        reach = 0.45 * float(np.sqrt(areas.max())) * page.dpi / 72 if areas.size and page is not None else 0.0
        inside = (points > [box.x0 - reach, box.y0 - reach]) & (points < [box.x1 + reach, box.y1 + reach])
        return bool(inside.all(axis=1).any())
    if isinstance(artist, Rectangle):
        bar = artist.get_window_extent()
        overlap = Bbox.intersection(bar, box)
        return overlap is not None and overlap.width > 1 and overlap.height > 1
    return False


def _turned(texts: list[tuple[Text, Bbox]]) -> Iterator[str]:
    """Yield texts that are not horizontal."""
    for text, _ in texts:
        if text.get_rotation() % 360 != 0:
            turn = f"{text.get_rotation():.0f} degrees"
            yield f"text is turned by {turn}, write it horizontally: {_short(text)}"


def _too_small(texts: list[tuple[Text, Bbox]], size: Size) -> Iterator[str]:
    """Yield texts smaller than the size's small print."""
    for text, _ in texts:
        points = float(text.get_fontsize())
        if points < size.small - 0.01:
            yield f"text is {points:.1f} pt, at least {size.small} pt at size {size.name!r}: {_short(text)}"


def _faint(texts: list[tuple[Text, Bbox]]) -> Iterator[str]:
    """Yield texts that are hard to read on what they stand on."""
    for text, box in texts:
        ground = _ground(text, box)
        ratio = contrast(to_hex(text.get_color()), ground)
        if ratio < _LEAST_CONTRAST - 0.05:
            yield f"text has contrast {ratio:.1f} on {ground}, at least {_LEAST_CONTRAST}: {_short(text)}"


def _ground(text: Text, box: Bbox) -> str:
    """Return the colour a text stands on: the bar under an "inside" text, else white."""
    if role(text) == "inside" and text.axes is not None:
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        for patch in reversed(text.axes.patches):
            if patch.get_window_extent().contains(x, y):
                return str(to_hex(patch.get_facecolor()))
    return "#ffffff"


def _painted(artist: Artist) -> list[str]:
    """Return the colours an artist marks data with."""
    if isinstance(artist, Line2D):
        return [str(to_hex(artist.get_color()))]
    if isinstance(artist, Patch):
        return (
            [str(to_hex(artist.get_facecolor()))]
            if artist.get_fill()
            else [str(to_hex(artist.get_edgecolor()))]
        )
    if isinstance(artist, Collection):
        faces = artist.get_facecolor()
        paint = faces if np.size(faces) else artist.get_edgecolor()
        return sorted({str(to_hex(colour)) for colour in np.atleast_2d(np.asarray(paint))})
    return []


def _colours(page: Page) -> Iterator[str]:
    """Yield a complaint when the data uses more than six colours; white (hollow markers) does not count."""
    used = sorted({colour for artist in _data(page) for colour in _painted(artist)} - {"#ffffff"})
    if len(used) > MAX_COLOURS:
        named = ", ".join(used)
        yield f"{len(used)} colours, at most {MAX_COLOURS}: {named}. Show fewer series, or small multiples."


def _panels(page: Page) -> Iterator[str]:
    """Yield panels without data, and panels that share one place (a second y axis)."""
    if not page.axes:
        yield "the figure has no panel: draw on stage.panel()"
    for number, axes in enumerate(page.axes, 1):
        if not any(role(artist) == "data" for artist in axes.get_children()):
            yield f"panel {number} {axes.get_title(loc='left')!r} is empty: nothing in it is marked as data"
    for one, two in combinations(page.axes, 2):
        if np.allclose(one.get_position().bounds, two.get_position().bounds, atol=1e-3):
            yield "two axes on one panel: use two panels, a second scale misleads"


def _series(page: Page) -> Iterator[str]:
    """Yield series that hold no number."""
    for artist in _data(page):
        if isinstance(artist, Line2D):
            values = np.asarray(artist.get_ydata(), dtype=float)
        elif isinstance(artist, PathCollection):
            values = np.ma.filled(np.ma.asarray(artist.get_offsets(), dtype=float), np.nan)
        elif isinstance(artist, Rectangle):
            values = np.array([artist.get_height(), artist.get_width()]).sum(keepdims=True)
        else:
            continue
        if not np.isfinite(values).any():
            yield f"series {artist.get_label()!r} holds no number, only blanks: drop it or mend the data"
