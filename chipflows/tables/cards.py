"""Source cards, ``data/sources/<id>.yaml``: who says so, where to read it, how old it is."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from chipflows import paths
from chipflows.errors import TableError, brief, did_you_mean
from chipflows.tables.codebook import explain
from chipflows.yamltext import read_yaml

__all__ = ["Card", "card", "cards", "require_cards"]

SourceKind = Literal["law", "filing", "agency", "dataset", "research", "press", "company", "judgement"]


class Card(BaseModel):
    """One source. ``read`` says how we read it: the document itself, an abstract, or a report of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    producer: str
    title: str
    citation: str
    url: str | None = None
    published_on: date | None = None
    as_of: date
    licence: str
    kind: SourceKind
    read: Literal["full", "excerpt", "abstract", "secondary", "own"]
    stance: str | None = None
    redistribution: str | None = None
    checksum: str | None = None
    stale_after_days: int | None = Field(default=None, gt=0)
    note: str = ""

    @field_validator("url")
    @classmethod
    def _public_https(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("https://"):
            raise ValueError("a card's url is a public https address")
        return value


@lru_cache(maxsize=4)
def _read_all(folder: Path) -> dict[str, Card]:
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        content = read_yaml(path, f"source card {path.name}", TableError)
        try:
            item = Card.model_validate(content)
        except ValidationError as error:
            raise TableError(explain(error, f"source card {path.name}", Card.model_fields)) from error
        if item.id != path.stem:
            raise TableError(
                f"source card {path.name} says its id is {brief(item.id)}; make the two the same"
            )
        if item.url is None and item.kind != "judgement":
            raise TableError(f"source card {path.name} has no url; only a judgement may lack one")
        found[item.id] = item
    return found


def cards(folder: Path | None = None) -> dict[str, Card]:
    """Return every source card by id."""
    return dict(_read_all(folder or paths.sources()))


def card(source_id: str) -> Card:
    """Return one source card; raises TableError with the nearest id when there is none."""
    known = _read_all(paths.sources())
    if source_id not in known:
        raise TableError(did_you_mean(source_id, known, "source card") + " Write the card before the row.")
    return known[source_id]


def require_cards(source_ids: list[str], where: str) -> None:
    """Raise TableError naming *where* unless every id has a card."""
    known = _read_all(paths.sources())
    for source_id in source_ids:
        if source_id not in known:
            raise TableError(did_you_mean(source_id, known, "source card", where))
