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
    as_of: date | None = None,
    allow_shrink: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Return what became of each of *feeds*, in order. One that fails stops none of the others.

    A new snapshot is written to *folder* (by default `paths.live()`) only when all of it was fetched, parsed
    and validated, and differs from the last. *file* stands for the download of a single source. *tell*
    hears about requests, *done* about each outcome.
    """
    run = _Run(today, folder or paths.live(), network or Network(), offline, file, as_of, allow_shrink, tell)
    outcomes = []
    for feed in feeds:
        outcome = run.one(feed)
        done(outcome)
        outcomes.append(outcome)
    return outcomes


@dataclass(frozen=True)
class _Run:
    """What one refresh was asked to do."""

    today: date
    base: Path
    network: Network
    offline: bool
    file: bytes | None
    as_of: date | None
    allow_shrink: bool
    tell: Callable[[str], None]

    def one(self, feed: Feed) -> Outcome:
        """Refresh one source; errors a source can cause become its outcome."""
        about = feed.about
        cache = Cache(self.base / ".cache", about.id)
        client = Client(about.access, cache, self.network, offline=self.offline, tell=self.tell)
        last = None
        in_doubt = False
        self.tell(about.id)
        try:
            last = snapshots.find(about.id, folder=self.base)
            _refuse_future(last, self.today)
            old = snapshots.read(last, self.base) if last else None
            in_doubt = self.file is None and not self.offline
            bodies = self._bodies(feed, client)
            frame = feed.parse(bodies)
            feed.validate(frame)
            in_doubt = False
            _refuse_shrunken(frame, old, about.id, self.allow_shrink)
            return self._keep(feed, frame, bodies, client, last, old)
        except ChipflowsError as problem:
            # What came is wrong, rather than did not come: "not modified" would bring it back for ever.
            if in_doubt and isinstance(problem, SourceError) and not client.gave_up:
                cache.forget()
            return _failed(about.id, last, str(problem))
        except OSError as problem:
            why = f"{problem.filename or self.base}: {problem.strerror or problem}"
            return _failed(about.id, last, f"{why}. Check the folder, its permissions and the free space.")
        except Exception as problem:  # noqa: BLE001 - what trips over one answer must not stop the other sources
            return _failed(
                about.id, last, f"{type(problem).__name__}: {problem}. A fault of ours: report it."
            )

    def _bodies(self, feed: Feed, client: Client) -> list[Body]:
        """Return the source's answers, or what the file stands for."""
        if self.file is None:
            return feed.fetch(client, self.today)
        return feed.from_file(self.file, self.as_of or self.today)

    def _keep(
        self,
        feed: Feed,
        frame: pd.DataFrame,
        bodies: list[Body],
        client: Client,
        last: snapshots.Snapshot | None,
        old: pd.DataFrame | None,
    ) -> Outcome:
        """Write the snapshot if it differs from the last, and say what changed."""
        about = feed.about
        found = changes(old, frame, about)
        status: Literal["new", "unchanged"] = "unchanged"
        if last is None or found:
            last = snapshots.write(
                frame,
                about,
                taken_on=self.today,
                as_of=newest(bodies, self.today),
                changes=found.text,
                urls=tuple(client.urls),
                folder=self.base,
            )
            status = "new"
        if not self.offline:
            snapshots.mark_checked(about.id, self.today, self.base)
        if client.urls and not self.offline:
            client.cache.finish()
        return Outcome(about.id, status, last.name, len(frame), found.text)


def _failed(source: str, last: snapshots.Snapshot | None, why: str) -> Outcome:
    """Return the outcome of a source that could not be refreshed: why, and what stays in use."""
    if last is None:
        return Outcome(
            source, "failed", None, None, f"{why}\nkept: no snapshot yet, so what is shipped stays in use"
        )
    return Outcome(source, "failed", last.name, last.rows, f"{why}\nkept: the snapshot of {last.name}")


def _refuse_future(last: snapshots.Snapshot | None, today: date) -> None:
    """Raise SourceError when the newest snapshot is of a day to come: it would hide every one until then."""
    if last is not None and last.taken_on > today.isoformat():
        raise SourceError(
            f"{last.source}: the newest snapshot was taken on {last.taken_on}, and today is {today}. One of "
            f"the two clocks is wrong. If it is not this one, delete the folder {last.source}/{last.name}"
        )


def _refuse_shrunken(frame: pd.DataFrame, old: pd.DataFrame | None, source: str, allowed: bool) -> None:
    """Raise SourceError when *frame* lost more rows than any real change would take."""
    if old is not None and not allowed and len(frame) < _SHRINK * len(old):
        raise SourceError(
            f"{source}: {len(frame):,} rows, where the last snapshot has {len(old):,}. If that is right, "
            f"run: chipflows refresh {source} --allow-shrink"
        )
