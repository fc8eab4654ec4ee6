"""Where a batch's results are kept: a folder, or any URL that fsspec knows (s3://, gs://, file://, ...).

Each run has a folder that appears whole or not at all. In a folder on disk that is a rename; elsewhere the
record, run.json, is removed first and written last, and a folder without one counts as not there.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from chipflows import paths
from chipflows.errors import InputError
from chipflows.folders import fresh_folder
from chipflows.runs.secrets import refuse_secret_url

__all__ = ["RECORD", "Store", "is_url", "open_store"]

RECORD = "run.json"


class Store(Protocol):
    """Where results go."""

    def check(self) -> None:
        """Raise InputError when nothing can be written there."""

    def record(self, place: str) -> dict[str, Any] | None:
        """Return the record of the run kept at *place*, None if there is none that is whole."""

    def holds(self, place: str, name: str) -> bool:
        """Return whether the run at *place* has a file called *name*."""

    def fresh(self, place: str) -> contextlib.AbstractContextManager[Path]:
        """Yield an empty folder on this machine that becomes *place* when the block ends without error."""

    def write(self, name: str, text: str) -> str:
        """Write a file at the top, whole or not at all, and return where it is."""

    def shown(self, place: str) -> str:
        """Return *place* as people find it."""


def is_url(out: str) -> bool:
    """Return whether *out* is a URL rather than a folder."""
    return "://" in out


def open_store(out: str) -> Store:
    """Return the store at *out*; raises InputError for a URL nothing here can open."""
    return _UrlStore(out) if is_url(out) else _FolderStore(Path(out))


class _FolderStore:
    """Results in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def check(self) -> None:
        """Raise InputError when nothing can be written there."""
        if self._root.exists() and not self._root.is_dir():
            raise InputError(f"{self._root} is a file, not a folder. Choose another place with --out.")
        try:
            with paths.atomic_write(self._root / ".writable"):
                pass
            (self._root / ".writable").unlink()
        except OSError as problem:
            raise InputError(
                f"nothing can be written to {self._root}: {problem.strerror}. "
                "Check its permissions and free space, or choose another place with --out."
            ) from None

    def record(self, place: str) -> dict[str, Any] | None:
        """Return the record of a run, None if there is none or it is not one."""
        with contextlib.suppress(OSError, ValueError):
            record = json.loads((self._root / place / RECORD).read_text(encoding="utf-8"))
            if isinstance(record, dict):
                return record
        return None

    def holds(self, place: str, name: str) -> bool:
        """Return whether a run has a file."""
        return (self._root / place / name).is_file()

    def fresh(self, place: str) -> contextlib.AbstractContextManager[Path]:
        """Yield an empty folder that takes the run's place by rename."""
        return fresh_folder(self._root / place, RECORD)

    def write(self, name: str, text: str) -> str:
        """Write a file by rename."""
        with paths.atomic_write(self._root / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
        return str(self._root / name)

    def shown(self, place: str) -> str:
        """Return the path, relative to the current folder where it lies below it."""
        path = self._root / place
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


class _UrlStore:
    """Results wherever fsspec reaches."""

    def __init__(self, url: str) -> None:
        refuse_secret_url(url)
        import fsspec

        try:
            self._fs, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as problem:
            raise InputError(f"--out {url} cannot be opened: {problem}") from None
        self._url, self._root = url.rstrip("/"), str(root).rstrip("/")

    def check(self) -> None:
        """Raise InputError when nothing can be written there."""
        probe = f"{self._root}/.writable"
        try:
            self._fs.makedirs(self._root, exist_ok=True)
            self._fs.pipe_file(probe, b"")
            self._fs.rm_file(probe)
        except Exception as problem:  # each kind of storage has its own errors
            text = str(problem) or type(problem).__name__
            raise InputError(
                f"nothing can be written to {self._url}: {text}. Check the address and your credentials."
            ) from None

    def record(self, place: str) -> dict[str, Any] | None:
        """Return the record of a run, None if there is none or it is not one."""
        with contextlib.suppress(OSError, ValueError):
            self._fs.invalidate_cache()
            record = json.loads(self._fs.cat_file(f"{self._root}/{place}/{RECORD}"))
            if isinstance(record, dict):
                return record
        return None

    def holds(self, place: str, name: str) -> bool:
        """Return whether a run has a file."""
        return bool(self._fs.isfile(f"{self._root}/{place}/{name}"))

    @contextlib.contextmanager
    def fresh(self, place: str) -> Iterator[Path]:
        """Yield a folder on this machine that is sent when the block ends, its record last."""
        target = f"{self._root}/{place}"
        with tempfile.TemporaryDirectory(prefix="chipflows-") as name:
            yield Path(name)
            if self._fs.isfile(f"{target}/{RECORD}"):
                self._fs.rm_file(f"{target}/{RECORD}")
            if self._fs.exists(target):
                self._fs.rm(target, recursive=True)
            files = sorted(path for path in Path(name).rglob("*") if path.is_file())
            for path in sorted(files, key=lambda path: path.name == RECORD):
                remote = f"{target}/{path.relative_to(name).as_posix()}"
                self._fs.makedirs(os.path.dirname(remote), exist_ok=True)  # noqa: PTH120 - not a local path
                self._fs.put_file(str(path), remote)

    def write(self, name: str, text: str) -> str:
        """Write a file; object stores show it whole or not at all."""
        self._fs.pipe_file(f"{self._root}/{name}", text.encode("utf-8"))
        return f"{self._url}/{name}"

    def shown(self, place: str) -> str:
        """Return the URL."""
        return f"{self._url}/{place}"
