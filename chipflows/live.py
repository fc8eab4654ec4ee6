"""Live sources with their readers joined: bring them up to date, and read what is held of them.

    from chipflows import live
    live.refresh(["csl"])                           # a new dated snapshot, and what changed
    live.snapshot("csl")                            # the newest one as a frame
    live.overview()                                 # what is held, how old, when to expect more

`sources` knows how to fetch and keep, `lists` how to read lists; only here do the two meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd

from chipflows import lists
from chipflows.errors import InputError, SourceError, did_you_mean
from chipflows.sources import snapshots
from chipflows.sources.census import Census
from chipflows.sources.comtrade import Comtrade
from chipflows.sources.csl import KEPT, ScreeningList
from chipflows.sources.ecfr import EntityList
from chipflows.sources.edgar_facts import CompanyFacts
from chipflows.sources.edgar_geography import Geography
from chipflows.sources.federal_register import MilitaryCompanies, Rules
from chipflows.sources.feed import Feed
from chipflows.sources.http import Network
from chipflows.sources.refresh import Outcome
from chipflows.sources.refresh import refresh as refresh_feeds
from chipflows.sources.taiwan import TaiwanCustoms
from chipflows.tables import Card

__all__ = ["Outcome", "cards", "feeds", "is_stale", "overview", "pull", "refresh", "snapshot"]

_OVERVIEW = [
    "id", "producer", "title", "as_of", "age_days", "stale", "licence", "kind", "rows", "tables", "url",
    "snapshot", "size_bytes", "checked_on", "next_expected", "may_ship", "changes",
]  # fmt: skip


def feeds() -> dict[str, Feed]:
    """Return every live source by id, in the order in which they are refreshed."""
    reader = partial(_read_list)
    every: tuple[Feed, ...] = (
        EntityList(reader),
        Rules(),
        ScreeningList(partial(_read_list, only=KEPT)),
        MilitaryCompanies(),
        CompanyFacts(),
        Geography(),
        Census(),
        Comtrade(),
        TaiwanCustoms(),
    )
    return {feed.about.id: feed for feed in every}


def pull(
    names: Iterable[str] = (),
    *,
    offline: bool = False,
    file: bytes | None = None,
    as_of: date | None = None,
    allow_shrink: bool = False,
    today: date | None = None,
    network: Network | None = None,
    tell: Callable[[str], None] = lambda _: None,
    done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Bring the live sources called *names* up to date (by default all that need no hand); see `refresh`.

    Each that succeeds and changed has a new dated snapshot under `paths.live()`; one that fails keeps its
    last and says why in its `Outcome`; nothing is ever overwritten. *offline* answers from the cache only;
    *file* stands for one source's download, whose content is of the day *as_of* (today if not said);
    *allow_shrink* takes a table that lost a fifth of its rows. Raises InputError for an unknown name.
    """
    known = feeds()
    chosen = list(dict.fromkeys(names)) or [name for name, feed in known.items() if not feed.about.by_hand]
    for name in chosen:
        if name not in known:
            raise InputError(did_you_mean(name, known, "live source"))
    if file is not None and len(chosen) != 1:
        raise InputError("A file stands for one source. Name it: chipflows refresh SOURCE --file FILE")
    return refresh_feeds(
        [known[name] for name in chosen],
        today=today or _today(),
        network=network,
        offline=offline,
        file=file,
        as_of=as_of,
        allow_shrink=allow_shrink,
        tell=tell,
        done=done,
    )


def refresh(names: Iterable[str] = (), *, offline: bool = False) -> pd.DataFrame:
    """Bring the live sources called *names* (by default all that need no hand) up to date.

    Returns one row a source: source, status (new, unchanged or failed), snapshot, rows, text: what changed,
    or why it failed and what stays in use. Nothing is overwritten, and one that fails stops no other.
    *offline* answers from the cache only. Raises InputError for an unknown name.
    """
    outcomes = [vars(outcome) for outcome in pull(names, offline=offline)]
    return pd.DataFrame(outcomes, columns=["source", "status", "snapshot", "rows", "text"])


def snapshot(source: str, which: str = snapshots.NEWEST, folder: Path | None = None) -> pd.DataFrame:
    """Return a refreshed table of *source*: the newest, or with a date what was held on that day.

    What the project ships is read with `tables` and `trade.held`, not here. ``attrs`` has snapshot, as_of
    and note. Raises InputError for an unknown source or a *which* that is
    neither "newest" nor a date, SourceError when nothing was refreshed by then.
    """
    if source not in (known := feeds()):
        raise InputError(did_you_mean(source, known, "live source"))
    found = snapshots.find(source, which, folder)
    if found is None:
        when = "" if which == snapshots.NEWEST else f" on or before {which}"
        raise SourceError(f"no snapshot of {source}{when}. Pull one: chipflows refresh {source}")
    return snapshots.read(found, folder)


def cards(sources: Iterable[str], folder: Path | None = None) -> dict[str, Card]:
    """Return a source card for each of *sources* that is live and of which a snapshot is held.

    A figure of refreshed data names its source by it: the date is the snapshot's, the limit the source's own.
    """
    known = feeds()
    found = {name: snapshots.find(name, folder=folder) for name in sources if name in known}
    return {name: _card(known[name], item) for name, item in found.items() if item is not None}


def is_stale(source: str, on: date, folder: Path | None = None) -> bool | None:
    """Return whether the newest snapshot of *source* is past its limit *on* a day; None without one."""
    found = snapshots.find(source, folder=folder)
    if found is None:
        return None
    return (on - date.fromisoformat(found.as_of)).days > feeds()[source].about.stale_after_days


def overview(on: date | None = None, folder: Path | None = None) -> pd.DataFrame:
    """Return one row per live source: what is held, how old on a day, its size, when to expect more.

    The first columns are those of `tables.sources_overview`; what is not held yet has no date, age or rows.
    *on* is today by default. ``next_expected`` is the last successful check plus the source's own rhythm.
    """
    day = on or _today()
    return pd.DataFrame([_row(feed, day, folder) for feed in feeds().values()], columns=_OVERVIEW)


def _card(feed: Feed, held: snapshots.Snapshot) -> Card:
    """Return the card of a live source as held."""
    about = feed.about
    return Card(
        id=about.id,
        producer=about.producer,
        title=about.title,
        citation=f"{about.producer}, {about.title}, pulled on {held.taken_on}",
        url=about.url,
        as_of=date.fromisoformat(held.as_of),
        licence=about.licence,
        kind="agency",
        read="full",
        redistribution=None if about.may_ship else "not allowed: for use on this machine",
        stale_after_days=about.stale_after_days,
        note=held.note,
    )


def _row(feed: Feed, day: date, folder: Path | None) -> list[object]:
    """Return one row of the overview."""
    about = feed.about
    found = snapshots.find(about.id, folder=folder)
    checked = snapshots.checked_on(about.id, folder)
    age = (day - date.fromisoformat(found.as_of)).days if found else None
    expected = None if about.by_hand or not checked else checked + timedelta(days=about.every_days)
    return [
        about.id,
        about.producer,
        about.title,
        found.as_of if found else None,
        age,
        age is not None and age > about.stale_after_days,
        about.licence,
        "live",
        found.rows if found else 0,
        "",
        about.url,
        found.name if found else None,
        found.size_bytes if found else 0,
        checked.isoformat() if checked else None,
        expected.isoformat() if expected else None,
        about.may_ship,
        found.changes if found else "",
    ]


def _read_list(content: bytes, where: str, only: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the firms of a list, of the lists named *only* where it holds many.

    Natural persons are counted in the note and left out. So are whole lists that are mostly of persons (the
    sanctions of the Treasury, the debarred): whether an entry is a person cannot always be told there.
    """
    everyone = lists.parse(content, where)
    if only:
        everyone = everyone[everyone["list"].isin(only)]
    frame = lists.firms(everyone).drop(columns=["is_person"])
    left_out = len(everyone) - len(frame)
    counts = frame["list"].value_counts()
    held = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    frame.attrs["note"] = f"{held}; {left_out:,} natural persons, or what cannot be told from one, left out"
    return frame


def _today() -> date:
    """Return today (UTC): a refresh is of its day; no model result reads this clock."""
    return datetime.now(UTC).date()
