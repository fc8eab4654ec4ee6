"""Which tables are not as recorded in data/tables/SHA256SUMS? ``--record`` records them as they are now.

Run by `make check`. Look at the cells first: git diff --word-diff data/tables
"""

from __future__ import annotations

import sys

from chipflows import paths
from chipflows.tables.checksums import RECORD, changed_tables, checksums


def main() -> int:
    """Print the tables that changed; returns 1 when there are any, 0 when all are as recorded."""
    target = paths.tables() / RECORD
    if sys.argv[1:] == ["--record"]:
        with paths.atomic_write(target) as temporary:
            lines = (f"{digest}  {name}\n" for name, digest in checksums().items())
            temporary.write_text("".join(lines), encoding="utf-8")
        return 0
    changed = changed_tables()
    for name in changed:
        print(f"data/tables/{name} is not as recorded. The cells: git diff --word-diff data/tables/{name}")
    if changed:
        print("If the change is meant: .venv/bin/python tools/checksums.py --record")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
