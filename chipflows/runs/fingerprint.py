"""What a scenario was computed from: a hash of its files, read as bytes and not understood."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from chipflows import paths
from chipflows.tables.scenarios import scenarios

__all__ = ["scenario_hash"]


def scenario_hash(name: str) -> str:
    """Return one hash over the files of scenario *name*, of those it is based on, and of their reforms."""
    root = paths.scenarios()
    digest = hashlib.sha256()
    for path in sorted(set(_files(name))):
        digest.update(path.as_posix().encode() + b"\0")
        digest.update(hashlib.sha256((root / path).read_bytes()).digest())
    return digest.hexdigest()


def _files(name: str) -> Iterator[Path]:
    """Yield the files that a scenario is made of, relative to scenarios/."""
    known = scenarios()
    # A combination such as letter-h20+kyc is made from letter-all.
    base: str | None = name if name in known else f"{name.partition('-')[0]}-all"
    while base:
        yield Path(f"{base}.yaml")
        yield from (Path("reforms", f"{reform}.yaml") for reform in known[base].reforms)
        base = known[base].base
