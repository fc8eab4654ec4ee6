"""What notebook cells show: a figure that keeps its alt text and its files, and a table of sources.

Each output carries what it is in its metadata (`chipflows`), which is where the report finds figures, claims
and sources; nothing is written beside the notebook, except a figure's files while a report runs.
"""

from __future__ import annotations

import html
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipflows.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from chipflows.charts import Figure

__all__ = [
    "BARE_VARIABLE",
    "FIGURES_VARIABLE",
    "ONLY_VARIABLE",
    "SIZES_VARIABLE",
    "Shown",
    "show",
    "source_rows",
    "sources_table",
    "stance_words",
]

FIGURES_VARIABLE = "CHIPFLOWS_FIGURES"
SIZES_VARIABLE = "CHIPFLOWS_FIGURE_SIZES"
BARE_VARIABLE = "CHIPFLOWS_FIGURES_BARE"
ONLY_VARIABLE = "CHIPFLOWS_FIGURES_ONLY"
_DATES = (("as_of", "as of"), ("published_on", "published"), ("accessed_on", "accessed"))


@dataclass(frozen=True)
class Shown:
    """What a cell displays: data by media type, and metadata by media type with ours under "chipflows"."""

    data: dict[str, str]
    metadata: dict[str, Any]

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Return what the notebook stores."""
        return self.data, self.metadata


def show(figure: Figure, size: str = "column", **options: Any) -> Shown:
    """Return *figure* as a picture with its alt text, for the last line of a cell.

    While `chipflows report` or `figures` runs, its folder (picture files, data, words) is written as well;
    one that was not asked for is not drawn.
    Raises FigureError when the figure breaks the contract.
    """
    from chipflows import charts

    ours = {"figure": figure.id, "title": figure.title, "sources": list(figure.sources)}
    only = list(filter(None, os.environ.get(ONLY_VARIABLE, "").split(",")))
    if only and figure.id not in only:
        return Shown({"text/plain": figure.alt}, {"chipflows": ours})
    data, metadata = charts.show(figure, size, **options)._repr_mimebundle_()
    if folder := os.environ.get(FIGURES_VARIABLE):
        sizes = os.environ.get(SIZES_VARIABLE, "slide").split(",")
        bare = os.environ.get(BARE_VARIABLE) == "1"
        charts.export(figure, Path(folder) / figure.id, sizes, **{"bare": bare, **options})
    return Shown(data, metadata | {"chipflows": ours})


def sources_table(*ids: str) -> Shown:
    """Return a table of the source cards *ids*: producer, title and link, date, licence, and stance if any.

    Raises InputError with the nearest id for one that has no card.
    """
    from chipflows.charts.page import cards_or_ours

    if not ids:
        raise InputError(
            "no source named. Write sources_table('id', ...); `chipflows sources` lists the ids."
        )
    rows = source_rows(ids, cards_or_ours(None, ids))
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Source", "Date", "Kind", "Licence"))
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    plain = "\n".join(ids)
    return Shown({"text/html": table, "text/plain": plain}, {"chipflows": {"sources": list(ids)}})


def source_rows(ids: tuple[str, ...] | list[str], cards: Any) -> list[tuple[str, str, str, str]]:
    """Return HTML cells for the cards *ids*: source with link, date, kind with stance, licence; escaped."""
    for source in ids:
        if source not in cards:
            raise InputError(did_you_mean(source, cards, "source"))
    return [_row(cards[source]) for source in dict.fromkeys(ids)]


def _row(card: Any) -> tuple[str, str, str, str]:
    """Return one card's cells."""
    title = html.escape(str(card.title))
    url = str(getattr(card, "url", None) or "")
    if url.startswith(("https://", "http://")):
        title = f'<a href="{html.escape(url, quote=True)}">{title}</a>'
    stance = getattr(card, "stance", None)
    kind = f"{card.kind}, {stance_words(stance)}" if stance else str(card.kind)
    return (
        f"{html.escape(str(card.producer))}: {title}",
        _date(card),
        html.escape(kind),
        html.escape(str(card.licence)),
    )


def stance_words(stance: str) -> str:
    """Return what a source argues for as a clause: "advocates: stricter controls", or as its card says it."""
    is_clause = stance.startswith(("advocates", "opposes", "the "))
    return stance if is_clause else f"advocates: {stance}"


def _date(card: Any) -> str:
    """Return "published 2025-04-09", by the first date the card has."""
    held = ((getattr(card, name, None), word) for name, word in _DATES)
    return next((f'{word} <span class="nowrap">{day}</span>' for day, word in held if day), "")
