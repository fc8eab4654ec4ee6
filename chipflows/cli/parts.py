"""The hidden folder in which a screen keeps its parts: one run at a time, taken up again, never left behind.

Parts hold names of customers. A run removes those of its own output, and any beside it whose output stands.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chipflows.errors import InputError
from chipflows.paths import is_alive

__all__ = ["one_at_a_time", "parts_folder", "sweep"]

_PARTS = re.compile(r"\.(?P<out>.+)\.[0-9a-f]{16}\.parts\Z")
_JUST_BEGUN = 5  # seconds in which a run names itself


@contextmanager
def one_at_a_time(out: Path) -> Iterator[None]:
    """Hold *out* for this process while the block runs.

    Raises InputError if another process that runs holds it; what a killed one held is taken over.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    lock = _lock(out)
    if not _taken(lock):
        if _is_held(lock):
            whose = f"process {_holder(lock)}" if _holder(lock) else "just begun"
            raise InputError(f"another run ({whose}) is writing {out}. Wait for it, or choose another --out.")
        lock.unlink(missing_ok=True)
        if not _taken(lock):
            raise InputError(f"another run has just begun to write {out}. Choose another --out.")
    try:
        yield
    finally:
        if _holder(lock) == os.getpid():
            lock.unlink(missing_ok=True)


def parts_folder(out: Path, question: str) -> Path:
    """Return the folder of the parts of *out*, made if need be; *question* is a hash of what was asked.

    The parts of another question for the same output are removed: it is about to be written anew.
    """
    folder = out.parent / f".{out.name}.{question[:16]}.parts"
    for other in _folders(out.parent):
        if other.name != folder.name and _out_of(other) == out.name:
            shutil.rmtree(other, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sweep(place: Path) -> None:
    """Remove the parts in *place* that a run joined and was killed before it could remove them.

    They are those whose output is there and no older than any of them, and that no running process holds.
    """
    for folder in _folders(place):
        out = place / _out_of(folder)
        if out.is_file() and not _is_held(_lock(out)):
            written = out.stat().st_mtime_ns
            with suppress(OSError):  # another run removes it
                if all(part.stat().st_mtime_ns <= written for part in folder.iterdir()):
                    shutil.rmtree(folder, ignore_errors=True)


def _folders(place: Path) -> list[Path]:
    """Return the folders of parts in *place*."""
    return [item for item in place.iterdir() if _PARTS.match(item.name) and item.is_dir()]


def _out_of(folder: Path) -> str:
    """Return the name of the output that a folder of parts belongs to."""
    found = _PARTS.match(folder.name)
    return found["out"] if found else ""


def _lock(out: Path) -> Path:
    """Return the file that says which process writes *out*."""
    return out.parent / f".{out.name}.lock"


def _taken(lock: Path) -> bool:
    """Return whether this process has made the file *lock*, which was not there."""
    try:
        handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    try:
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(str(os.getpid()))
    except BaseException:
        lock.unlink(missing_ok=True)
        raise
    return True


def _is_held(lock: Path) -> bool:
    """Return whether a running process holds *lock*, or one that has just made it and not named itself."""
    holder = _holder(lock)
    if holder is not None:
        return is_alive(holder)
    with suppress(OSError):
        return time.time() - lock.stat().st_mtime < _JUST_BEGUN
    return False


def _holder(lock: Path) -> int | None:
    """Return the process that *lock* names, None for none."""
    try:
        text = lock.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if text.isdigit() else None
