"""What a scenario was computed from: a hash of its files, read as bytes and not understood."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from chipflows import paths

__all__ = ["scenario_hash"]


def scenario_hash(name: str) -> str:
    """Return the hash of scenarios/<name>.yaml with every reform, since a scenario may name any of them."""
    root = paths.scenarios()
    return _hash(root, [root / f"{name}.yaml", *(root / "reforms").glob("*.yaml")])


def _hash(root: Path, files: Iterable[Path]) -> str:
    """Return a hash of the files' names below *root* and their bytes."""
    digest = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
