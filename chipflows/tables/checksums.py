"""Is a table as it was recorded? ``data/tables/SHA256SUMS`` says, in the form that ``sha256sum -c`` reads."""

from __future__ import annotations

import hashlib
from pathlib import Path

from chipflows import paths
from chipflows.errors import TableError

__all__ = ["RECORD", "changed_tables", "checksums"]

RECORD = "SHA256SUMS"


def checksums(folder: Path | None = None) -> dict[str, str]:
    """Return the SHA-256 of every table of *folder* (the shipped ones), by file name."""
    found = sorted((folder or paths.tables()).glob("*.csv"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def changed_tables(folder: Path | None = None) -> list[str]:
    """Return the file names of tables that are not as recorded: changed, new or gone; in order.

    Changing a table is anyone's right; a number that rests on one should say so. Raises TableError when the
    record itself is missing or cannot be read.
    """
    place = folder or paths.tables()
    now, recorded = checksums(place), _recorded(place / RECORD)
    return sorted(name for name in {*now, *recorded} if now.get(name) != recorded.get(name))


def _recorded(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise TableError(f"{path} is missing. Get it back with: git checkout {path.name}")
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        digest, gap, name = line.partition("  ")
        if not gap or len(digest) != 64 or not name:
            raise TableError(
                f"{path}, line {number}: {line[:80]!r} is not a checksum, two spaces and a file name. "
                f"Get the file back with: git checkout {path.name}"
            )
        found[name] = digest
    return found
