"""What servers answered, kept on disk: for conditional requests, for going on after a stop, for no network.

One folder a source; an answer is a body beside a small JSON file. Names are hashes of the public address,
so that nothing a server or a query says becomes a file name. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chipflows import paths

__all__ = ["Cache", "Kept"]

_UNFINISHED = "unfinished.json"
_RESUMABLE = timedelta(hours=24)
_SOURCE = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Kept:
    """An answer on disk: its public address, validators, time (ISO, UTC) and the hash of its body."""

    url: str
    status: int
    etag: str | None
    last_modified: str | None
    stored_at: str
    sha256: str
    body: bytes = b""


class Cache:
    """The answers of one source. A run begins when the object is made."""

    def __init__(self, folder: Path, source: str) -> None:
        if not _SOURCE.fullmatch(source):
            raise ValueError(source)
        self.folder = folder / source
        self._began = datetime.now(UTC)
        self._since = self._unfinished_since() or self._began
        self._used: set[str] = set()

    def find(self, url: str) -> Kept | None:
        """Return what is kept of *url*; None when nothing is, or when the body is not what was stored."""
        stem = _stem(url)
        try:
            kept = Kept(**json.loads((self.folder / f"{stem}.json").read_text(encoding="utf-8")))
            body = (self.folder / f"{stem}.body").read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        if kept.url != url or hashlib.sha256(body).hexdigest() != kept.sha256:
            return None
        self._used.add(stem)
        return Kept(**{**asdict(kept), "body": body})

    def is_of_this_run(self, kept: Kept) -> bool:
        """Return whether *kept* came in this run, or in one that was stopped less than a day ago.

        What is dated in the future came when the clock was wrong; it is asked for anew.
        """
        return self._since <= datetime.fromisoformat(kept.stored_at) <= datetime.now(UTC)

    def store(self, url: str, status: int, body: bytes, etag: str | None, last_modified: str | None) -> None:
        """Keep an answer; from the first on, this run can be taken up again."""
        stem = _stem(url)
        now = datetime.now(UTC).isoformat()
        kept = Kept(url, status, etag, last_modified, now, hashlib.sha256(body).hexdigest())
        if not (self.folder / _UNFINISHED).is_file():
            _write(self.folder / _UNFINISHED, json.dumps({"since": self._began.isoformat()}).encode())
        _write(self.folder / f"{stem}.body", body)
        fields = {name: value for name, value in asdict(kept).items() if name != "body"}
        _write(self.folder / f"{stem}.json", json.dumps(fields, indent=1).encode())
        self._used.add(stem)

    def finish(self) -> None:
        """The run is whole: drop what it did not use (an older date's address) and the mark to go on."""
        for path in self.folder.glob("*.*"):
            if path.stem not in self._used:
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Something kept cannot be right: drop all of it, or "not modified" would bring it back for ever."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _unfinished_since(self) -> datetime | None:
        """Return when a run began that was stopped less than a day ago, None when there is none."""
        try:
            since = datetime.fromisoformat(json.loads((self.folder / _UNFINISHED).read_bytes())["since"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return since if timedelta(0) <= self._began - since < _RESUMABLE else None


def _stem(url: str) -> str:
    """Return the file name of an address."""
    return hashlib.sha256(url.encode()).hexdigest()


def _write(target: Path, content: bytes) -> None:
    """Write *content* whole or not at all."""
    with paths.atomic_write(target) as temporary:
        temporary.write_bytes(content)
