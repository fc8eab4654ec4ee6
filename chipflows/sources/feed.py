"""The one interface of every live source: fetch -> parse -> validate; the refresh does the snapshot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date

import pandas as pd

from chipflows.errors import SourceError, first_rows
from chipflows.sources.http import Access, Client

__all__ = ["About", "Body", "Feed"]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a live source is, for people and for the snapshot.

    ``key`` names the columns that tell its rows apart, ``label`` those that name a row to a reader, ``group``
    the one by which changes are told. ``every_days`` is how often it is updated, ``stale_after_days`` when
    what we hold is too old to show without a mark. ``may_ship`` is False where the terms forbid to pass on.
    """

    id: str
    title: str
    producer: str
    licence: str
    url: str
    noun: str
    key: tuple[str, ...]
    label: tuple[str, ...]
    every_days: int
    stale_after_days: int
    group: str | None = None
    may_ship: bool = True
    by_hand: bool = False
    least_rows: int = 1
    access: Access


@dataclass(frozen=True)
class Body:
    """One answer: what it is ("CIK0001045810"), its bytes, and the date its content stands for."""

    what: str
    content: bytes
    as_of: date | None = None


class Feed(ABC):
    """One live source. An adapter says how to fetch and how to parse; the rest is the same for all."""

    about: About

    @abstractmethod
    def fetch(self, client: Client, today: date) -> list[Body]:
        """Return every answer of the source; raises SourceError when one cannot be had."""

    @abstractmethod
    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return the table of *bodies*; raises SourceError when one is not what the source documents.

        ``attrs["note"]`` may say what a reader must know of it.
        """

    def from_file(self, content: bytes, as_of: date) -> list[Body]:
        """Return the answers that a file fetched by hand stands for; most sources need more than one."""
        raise SourceError(
            f"{self.about.id} is made of many answers, so --file cannot stand for it. "
            "Sources that take a file: those of one download."
        )

    def validate(self, frame: pd.DataFrame) -> None:
        """Raise SourceError unless *frame* is fit to be kept: rows, whole keys, no row twice."""
        about = self.about
        if len(frame) < about.least_rows:
            raise SourceError(
                f"{about.id}: {len(frame):,} rows, where at least {about.least_rows:,} are expected. "
                "The source may be down in part: try again later."
            )
        keys = frame[list(about.key)]
        if keys.isna().any(axis=None):
            raise SourceError(f"{about.id}: a row without {' or '.join(about.key)}. Nothing was kept.")
        twice = frame[keys.duplicated(keep=False)]
        if len(twice):
            raise SourceError(
                f"{about.id}: {len(twice):,} rows are not told apart by {', '.join(about.key)}:\n"
                f"{first_rows(twice[list(dict.fromkeys((*about.key, *about.label)))])}"
            )


def newest(bodies: list[Body], otherwise: date) -> date:
    """Return the newest date that *bodies* say their content stands for."""
    return max((body.as_of for body in bodies if body.as_of), default=otherwise)
