"""What a memo or a deck is made from: a run notebook's pieces, its figures as exported, its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chipflows.charts.source import long_date
from chipflows.reports.body import Body
from chipflows.reports.gallery import Exhibit
from chipflows.reports.page import newest_source
from chipflows.reports.pieces import Heading, Paragraph, Piece, pieces

__all__ = ["Brief", "brief_of"]

_DISCLAIMER = (
    "Ranges are the 5th to 95th percentile of the draws. A licence decision means: under the rules modelled. "
    "Quantities called diverted are estimates."
)


@dataclass(frozen=True)
class Brief:
    """One notebook, ready to be set: title, pieces after it, figures by id, and what must be said."""

    name: str
    title: str
    pieces: tuple[Piece, ...]
    exhibits: Mapping[str, Exhibit]
    parameters: Mapping[str, Any]
    claims: tuple[Mapping[str, Any], ...]
    newest: str
    version: str

    @property
    def dated(self) -> str:
        """Return the line that dates the data: "Data to 24 November 2026. ..."."""
        return (f"The newest source is of {long_date(self.newest)}. " if self.newest else "") + _DISCLAIMER

    @property
    def made(self) -> str:
        """Return what made it, with the run's parameters."""
        given = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"chipflows {self.version}, {self.name}" + (f": {given}" if given else "")

    @property
    def day(self) -> datetime:
        """Return the clock time its file carries: the day of the newest source, never now."""
        try:
            return datetime.fromisoformat(self.newest[:10])
        except ValueError:
            return datetime(2025, 2, 3)  # noqa: DTZ001 - a document's property has no zone

    def sentences(self, figure: str = "") -> list[str]:
        """Return the sentences with computed numbers; those of the section that shows *figure* if given."""
        section: list[str] = []
        for piece in self.pieces:
            if isinstance(piece, Heading):
                section = []
            elif isinstance(piece, Paragraph) and piece.is_said:
                section.append(piece.text)
            elif figure and getattr(piece, "id", "") == figure:
                return section
        said = [piece.text for piece in self.pieces if isinstance(piece, Paragraph) and piece.is_said]
        return [] if figure else said


def brief_of(body: Body, figures: Path, cards: Mapping[str, Any], version: str) -> Brief:
    """Return the Brief of *body*, whose figures were exported to *figures*/<id>."""
    found = pieces(body)
    rest = tuple(piece for piece in found if not (isinstance(piece, Heading) and piece.level == 1))
    return Brief(
        name=body.name,
        title=body.title,
        pieces=rest,
        exhibits={item.id: item for item in Exhibit.below(figures, body.name)},
        parameters=body.parameters,
        claims=body.claims,
        newest=newest_source(body.sources, cards),
        version=version,
    )
