"""What a result was computed from, as hashes of the files' bytes. Reads them whole, and understands none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from chipflows import paths

__all__ = ["data_hash", "scenario_hash"]

_SUFFIXES = {".csv", ".yaml"}


def data_hash() -> str:
    """Return one hash over every file under data/: names and bytes, in a fixed order."""
    root = paths.home() / "data"
    return _hash(root, (path for path in root.rglob("*") if path.suffix in _SUFFIXES))


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
