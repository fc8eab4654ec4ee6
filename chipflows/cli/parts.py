"""The hidden folder in which a screen keeps its parts: one run at a time, taken up again, never left behind.

Parts hold names of customers. A run removes those of its own output, and any beside it whose output stands.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chipflows.errors import InputError

__all__ = ["one_at_a_time", "parts_folder", "sweep"]

_PARTS = re.compile(r"\.(?P<out>.+)\.[0-9a-f]{16}\.parts\Z")


@contextmanager
def one_at_a_time(out: Path) -> Iterator[None]:
    """Hold *out* for this process while the block runs; raises InputError if another process holds it.

    The hold is the system's, on a file beside the output, and ends with the process however that ends.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    lock = _lock(out)
    held = _held(lock)
    if held is None:
        whose = lock.read_text(encoding="ascii", errors="replace")[:20] if lock.is_file() else ""
        who = f"process {whose}" if whose else "just begun"
        raise InputError(f"another run ({who}) is writing {out}. Wait for it, or choose another --out.")
    try:
        os.ftruncate(held, 0)
        os.write(held, str(os.getpid()).encode())
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(held)


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
        with suppress(OSError, InputError):  # another run removes it, or holds it
            written = out.stat().st_mtime_ns
            with one_at_a_time(out):
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


def _held(lock: Path) -> int | None:
    """Return an open file that holds *lock* for this process, None when another process holds it."""
    while True:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lock.exists() and os.path.samestat(os.fstat(handle), lock.stat()):
                return handle
        except BlockingIOError:
            os.close(handle)
            return None
        except FileNotFoundError:
            pass
        os.close(handle)  # who held it has removed it meanwhile
