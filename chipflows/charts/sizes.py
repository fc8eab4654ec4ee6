"""The sizes a figure comes in, with the type sizes that stay readable at each."""

from __future__ import annotations

from dataclasses import dataclass

from chipflows.errors import FigureError, did_you_mean

__all__ = ["SIZES", "Size", "size_named"]


@dataclass(frozen=True)
class Size:
    """A page: width, height and margin in inches, type and strokes in points."""

    name: str
    width: float
    height: float
    margin: float
    title: float
    subtitle: float
    text: float
    small: float
    stroke: float
    marker: float

    @property
    def is_wide(self) -> bool:
        """Return whether two panels fit better side by side than one above the other."""
        return self.width > 1.3 * self.height


SIZES: dict[str, Size] = {
    "slide": Size("slide", 13.333, 7.5, 0.42, 23, 15, 13, 10.5, 2.4, 9.0),
    "column": Size("column", 6.5, 4.0, 0.14, 10.8, 8.0, 7.2, 6.2, 1.4, 4.6),
    "square": Size("square", 6.5, 6.5, 0.2, 13.0, 9.5, 8.4, 7.0, 1.6, 5.6),
}

# Not offered by name: the place a slide of a deck has left for a picture without words.
_PLACES = {"panel": Size("panel", 12.1, 4.6, 0.05, 20.0, 13.0, 11.5, 9.5, 2.1, 8.0)}


def size_named(name: str) -> Size:
    """Return the Size called *name*; raises FigureError with the nearest names."""
    if name in _PLACES:
        return _PLACES[name]
    if name not in SIZES:
        raise FigureError(did_you_mean(name, SIZES, "figure size"))
    return SIZES[name]
