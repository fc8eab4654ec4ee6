"""Whole pages: one notebook as a page of its own, and the report that holds them all in a single file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from chipflows.reports.body import Body, shifted
from chipflows.reports.cells import source_rows

__all__ = ["filled", "newest_source", "notebook_page", "report_page"]

_TEMPLATES = Path(__file__).parent / "templates"


def notebook_page(body: Body, cards: Mapping[str, Any], version: str) -> str:
    """Return the HTML page of one notebook: parameters, text, tables, figures, sources; self-contained."""
    return filled("notebook.html.j2", body=body, **_frame([body], cards, version))


def report_page(bodies: Sequence[Body], cards: Mapping[str, Any], version: str) -> str:
    """Return the HTML page that holds every notebook of *bodies*, contents first; self-contained."""
    sections = [(body, shifted(body)) for body in bodies]
    return filled("report.html.j2", sections=sections, **_frame(bodies, cards, version))


def _frame(bodies: Sequence[Body], cards: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return what every page says about its sources and the age of its data."""
    ids = list(dict.fromkeys(source for body in bodies for source in body.sources))
    return {"sources": source_rows(ids, cards), "newest": newest_source(ids, cards), "version": version}


def newest_source(ids: Sequence[str], cards: Mapping[str, Any]) -> str:
    """Return the newest date among the sources used, "" if none has a date: the report never says today's.

    Our own judgement is no source that ages, and is left out.
    """
    fields = ("as_of", "published_on", "accessed_on")
    used = [cards[source] for source in ids if cards[source].kind != "judgement"]
    return max(
        (str(day) for card in used for name in fields if (day := getattr(card, name, None))), default=""
    )


def filled(template: str, **values: Any) -> str:
    """Return a page template filled in, every text escaped but the bodies, which are sanitised already."""
    return str(_environment().get_template(template).render(**values))


@lru_cache(maxsize=1)
def _environment() -> Any:
    """Return the templates' environment: escaping on, an unknown name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
