"""Bring live sources up to date: each on its own, the last good snapshot kept when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

from chipflows import paths
from chipflows.errors import ChipflowsError, SourceError
from chipflows.sources import snapshots
from chipflows.sources.cache import Cache
from chipflows.sources.changes import changes
from chipflows.sources.feed import Body, Feed, newest
from chipflows.sources.http import Client, Network

__all__ = ["Outcome", "refresh"]

_SHRINK = 0.8


@dataclass(frozen=True)
class Outcome:
    """What became of one source: ``snapshot`` is the one now newest (a failed source keeps its last)."""

    source: str
    status: Literal["new", "unchanged", "failed"]
    snapshot: str | None
    rows: int | None
    text: str

    @property
    def failed(self) -> bool:
        """Whether the source could not be brought up to date."""
        return self.status == "failed"


def refresh(
    feeds: Iterable[Feed],
    *,
    today: date,
    folder: Path | None = None,
    network: Network | None = None,
    offline: bool = False,
    file: bytes | None = None,
    allow_shrink: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Return what became of each of *feeds*, in order. One that fails stops none of the others.

    A new snapshot is written to *folder* (by default `paths.live()`) only when all of it was fetched, parsed
    and validated, and differs from the last. *file* stands for the download of a single source. *tell*
    hears about requests, *done* about each outcome.
    """
    base = folder or paths.live()
    shared = network or Network()
    outcomes = []
    for feed in feeds:
        outcome = _one(feed, today, base, shared, offline, file, allow_shrink, tell)
        done(outcome)
        outcomes.append(outcome)
    return outcomes


def _one(
    feed: Feed,
    today: date,
    base: Path,
    network: Network,
    offline: bool,
    file: bytes | None,
    allow_shrink: bool,
    tell: Callable[[str], None],
) -> Outcome:
    """Refresh one source; errors a source can cause become its outcome."""
    about = feed.about
    cache = Cache(base / ".cache", about.id)
    client = Client(about.access, cache, network, offline=offline, tell=tell)
    last = None
    try:
        last = snapshots.find(about.id, folder=base)
        bodies = feed.fetch(client, today) if file is None else feed.from_file(file, today)
        frame = feed.parse(bodies)
        feed.validate(frame)
        old = snapshots.read(last, base) if last else None
        _refuse_shrunken(frame, old, about.id, allow_shrink)
        return _keep(feed, frame, bodies, client, base, today)
    except ChipflowsError as problem:
        if not client.gave_up and not offline and file is None:
            cache.forget()
        return _failed(about.id, last, str(problem))
    except Exception as problem:  # noqa: BLE001 - answers are hostile; what trips a reader must not stop the rest
        return _failed(
            about.id, last, f"{type(problem).__name__}: {problem}. A fault of ours: please report it."
        )


def _failed(source: str, last: snapshots.Snapshot | None, why: str) -> Outcome:
    """Return the outcome of a source that could not be refreshed: why, and what stays in use."""
    if last is None:
        return Outcome(
            source, "failed", None, None, f"{why}\nkept: no snapshot yet, so what is shipped stays in use"
        )
    return Outcome(source, "failed", last.name, last.rows, f"{why}\nkept: the snapshot of {last.name}")


def _keep(
    feed: Feed, frame: pd.DataFrame, bodies: list[Body], client: Client, base: Path, today: date
) -> Outcome:
    """Write the snapshot if it differs from the last, and say what changed."""
    about = feed.about
    last = snapshots.find(about.id, folder=base)
    old = snapshots.read(last, base) if last else None
    found = changes(old, frame, about)
    status: Literal["new", "unchanged"] = "unchanged"
    if last is None or found:
        last = snapshots.write(
            frame,
            about,
            taken_on=today,
            as_of=newest(bodies, today),
            changes=found.text,
            urls=tuple(client.urls),
            folder=base,
        )
        status = "new"
    if not client.offline:
        snapshots.mark_checked(about.id, today, base)
    if client.urls and not client.offline:
        client.cache.finish()
    return Outcome(about.id, status, last.name, len(frame), found.text)


def _refuse_shrunken(frame: pd.DataFrame, old: pd.DataFrame | None, source: str, allowed: bool) -> None:
    """Raise SourceError when *frame* lost more rows than any real change would take."""
    if old is not None and not allowed and len(frame) < _SHRINK * len(old):
        raise SourceError(
            f"{source}: {len(frame):,} rows, where the last snapshot has {len(old):,}. If that is right, "
            f"run: chipflows refresh {source} --allow-shrink"
        )
