"""A folder that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from chipflows.errors import InputError
from chipflows.paths import is_alive

__all__ = ["fresh_folder", "refuse_foreign", "under_way"]

_UNDER_WAY: set[Path] = set()


def under_way() -> tuple[Path, ...]:
    """Return the half-built folders of this process, for one that has to end at once."""
    return tuple(_UNDER_WAY)


@contextlib.contextmanager
def fresh_folder(target: Path, proof: str | None = None) -> Iterator[Path]:
    """Yield an empty folder beside *target* that takes its place when the block ends without an error.

    What stood at *target* is replaced only if it holds a file called *proof*, which says that we wrote it
    (None: the caller has looked). Raises InputError otherwise, before the block runs. A killed run leaves
    *target* as it was; what it left beside it is removed by the next.
    """
    if proof is not None:
        refuse_foreign(target, proof)
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=f".{os.getpid()}.tmp", dir=target.parent))
    _UNDER_WAY.add(fresh)
    try:
        yield fresh
        _swap(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        _UNDER_WAY.discard(fresh)


def refuse_foreign(target: Path, proof: str) -> None:
    """Raise InputError if *target* is a file, or a folder with something in it that we did not write."""
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file, not a folder. Choose another place with --out.")
    if target.is_dir() and any(target.iterdir()) and not (target / proof).exists():
        raise InputError(
            f"{target} holds files that are not ours (it has no {proof}), and would be replaced. "
            "Choose an empty or new folder with --out."
        )


def _swap(fresh: Path, target: Path) -> None:
    """Put *fresh* in the place of *target*, by renames; the old one comes back if that fails."""
    umask = os.umask(0)
    os.umask(umask)
    fresh.chmod(0o777 & ~umask)
    old = fresh.with_name(fresh.name.removesuffix(".tmp") + ".old.tmp")
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except BaseException:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Deal with what a killed run left: half-built folders go, an old one never replaced returns."""
    left = re.compile(rf"\.{re.escape(target.name)}\.[^.]+\.(\d+)(\.old)?\.tmp\Z")
    for item in target.parent.glob(f".{_glob_escaped(target.name)}.*.tmp"):
        found = left.match(item.name)
        if found is None or is_alive(int(found[1])):
            continue
        if found[2] and not target.exists():
            item.rename(target)
        else:
            shutil.rmtree(item, ignore_errors=True)


def _glob_escaped(name: str) -> str:
    """Return *name* with what a glob would take for a wildcard escaped."""
    return re.sub(r"([*?\[])", r"[\1]", name)
