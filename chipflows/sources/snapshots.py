"""Dated snapshots of live sources: written beside the old ones, whole or not at all, never over them.

live/<source>/2026-11-24/table.parquet     the table
                         snapshot.json     what it is: dates, rows, hash, addresses, changes, licence
live/<source>/checked.json                 when the source was last asked with success
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from chipflows import paths
from chipflows.errors import InputError, SourceError
from chipflows.sources.changes import content_hash
from chipflows.sources.feed import About

__all__ = ["Snapshot", "find", "held", "read", "write"]

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.\d+)?")
_CHECKED = "checked.json"
NEWEST = "newest"


@dataclass(frozen=True)
class Snapshot:
    """One snapshot: ``name`` is the folder (a date, with .2, .3 for more on one day), dates ISO.

    ``taken_on`` is when we asked, ``as_of`` what date the content stands for.
    """

    source: str
    name: str
    taken_on: str
    as_of: str
    rows: int
    sha256: str
    licence: str
    may_ship: bool
    changes: str
    note: str
    urls: tuple[str, ...]
    size_bytes: int = 0
    version: str = ""


def held(source: str, folder: Path | None = None) -> list[Snapshot]:
    """Return the snapshots of *source*, oldest first."""
    base = (folder or paths.live()) / source
    names = [path.name for path in base.iterdir() if _NAME.fullmatch(path.name)] if base.is_dir() else []
    whole = [name for name in names if (base / name / "snapshot.json").is_file()]
    return [_load(base / name) for name in sorted(whole, key=_order)]


def find(source: str, which: str = NEWEST, folder: Path | None = None) -> Snapshot | None:
    """Return the newest snapshot, or with a date the newest taken on or before it; None when there is none.

    Raises InputError unless *which* is "newest", an ISO date, or a snapshot's name ("2026-11-24.2").
    """
    if which != NEWEST and not _NAME.fullmatch(which):
        raise InputError(f"snapshot {which!r} is not one. Allowed: {NEWEST}, or a date like 2026-11-24.")
    snapshots = held(source, folder)
    if which != NEWEST:
        last = (which, 10**6) if "." not in which else _order(which)
        snapshots = [item for item in snapshots if _order(item.name) <= last]
    return snapshots[-1] if snapshots else None


def read(snapshot: Snapshot, folder: Path | None = None) -> pd.DataFrame:
    """Return a snapshot's table, cells of several values as tuples; raises SourceError when it is damaged."""
    path = (folder or paths.live()) / snapshot.source / snapshot.name / "table.parquet"
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as problem:
        raise SourceError(
            f"snapshot {snapshot.source} {snapshot.name} cannot be read. Delete its folder and run: "
            f"chipflows refresh {snapshot.source}"
        ) from problem
    for column in frame.columns[[kind.kind == "O" for kind in frame.dtypes]]:
        frame[column] = frame[column].map(lambda value: tuple(value) if hasattr(value, "tolist") else value)
    frame.attrs = {"snapshot": snapshot.name, "as_of": snapshot.as_of, "note": snapshot.note}
    return frame


def write(
    frame: pd.DataFrame,
    about: About,
    *,
    taken_on: date,
    as_of: date,
    changes: str,
    urls: tuple[str, ...],
    folder: Path | None = None,
) -> Snapshot:
    """Write a new snapshot beside the others, by one rename, and return it."""
    from chipflows import __version__

    base = (folder or paths.live()) / about.id
    base.mkdir(parents=True, exist_ok=True)
    _sweep(base)
    building = Path(tempfile.mkdtemp(prefix=".building-", suffix=f".{os.getpid()}.tmp", dir=base))
    try:
        frame.to_parquet(building / "table.parquet", index=False)
        snapshot = Snapshot(
            source=about.id,
            name=_free_name(base, taken_on),
            taken_on=taken_on.isoformat(),
            as_of=as_of.isoformat(),
            rows=len(frame),
            sha256=content_hash(frame, about),
            licence=about.licence,
            may_ship=about.may_ship,
            changes=changes,
            note=str(frame.attrs.get("note", "")),
            urls=urls,
            size_bytes=(building / "table.parquet").stat().st_size,
            version=__version__,
        )
        text = json.dumps(asdict(snapshot), indent=1, ensure_ascii=False)
        (building / "snapshot.json").write_text(text + "\n", encoding="utf-8")
        building.chmod(0o755)
        snapshot = _place(building, base, snapshot, taken_on)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return snapshot


def _place(building: Path, base: Path, snapshot: Snapshot, day: date) -> Snapshot:
    """Rename the finished folder to its day, or to the next name when another refresh took it first."""
    while True:
        try:
            building.rename(base / snapshot.name)
        except OSError:
            if not (base / snapshot.name).exists():
                raise
            snapshot = replace(snapshot, name=_free_name(base, day))
        else:
            return snapshot


def checked_on(source: str, folder: Path | None = None) -> date | None:
    """Return when *source* was last asked with success, None when never."""
    try:
        content = json.loads(((folder or paths.live()) / source / _CHECKED).read_bytes())
        return date.fromisoformat(content["checked_on"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def mark_checked(source: str, on: date, folder: Path | None = None) -> None:
    """Note that *source* was asked on a day and answered."""
    base = (folder or paths.live()) / source
    with paths.atomic_write(base / _CHECKED) as temporary:
        temporary.write_text(json.dumps({"checked_on": on.isoformat()}) + "\n", encoding="utf-8")


def _load(path: Path) -> Snapshot:
    """Return a snapshot from its folder; raises SourceError when its description is damaged."""
    try:
        fields: dict[str, Any] = json.loads((path / "snapshot.json").read_text(encoding="utf-8"))
        return Snapshot(**{**fields, "urls": tuple(fields["urls"]), "name": path.name})
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise SourceError(
            f"snapshot {path.parent.name} {path.name} is damaged. Delete its folder and refresh."
        ) from problem


def _order(name: str) -> tuple[str, int]:
    """Return what sorts names by time: 2026-11-24, 2026-11-24.2, ... .10."""
    day, _, number = name.partition(".")
    return day, int(number or 1)


def _free_name(base: Path, day: date) -> str:
    """Return the day, or the day with the next number."""
    name, number = day.isoformat(), 1
    while (base / name).exists():
        number += 1
        name = f"{day.isoformat()}.{number}"
    return name


def _sweep(base: Path) -> None:
    """Remove what killed runs left half-built."""
    for path in base.glob(".building-*.tmp"):
        if not paths.is_alive(int(path.name.split(".")[-2])):
            shutil.rmtree(path, ignore_errors=True)
