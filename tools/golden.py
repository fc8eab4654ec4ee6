"""`make golden`: rewrite scenarios/<id>.expected.csv from a run, and print what changed.

Review the printed changes, and the same in `git diff scenarios`, before you commit them: each is a claim that
the model, its inputs or the law moved on purpose.
"""

from __future__ import annotations

import sys

import pandas as pd

from chipflows import paths
from chipflows.csvtext import csv_text
from chipflows.flows.headline import golden_run, headline
from chipflows.tables.scenarios import scenarios

KEY = ["variable", "channel", "unit", "first_quarter", "last_quarter"]
NUMBERS = ["p05", "p50", "p95"]


def main() -> int:
    """Rewrite every file and return 0."""
    names = sorted(scenarios())
    run, changed = golden_run(names), 0
    for name in names:
        target = paths.scenarios() / f"{name}.expected.csv"
        found = headline(run, name)
        lines = differences(pd.read_csv(target, keep_default_na=False), found) if target.exists() else ["new"]
        changed += bool(lines)
        print("\n".join(f"{name:<22} {line}" for line in lines), end="\n" if lines else "")
        with paths.atomic_write(target) as temporary:
            temporary.write_text(csv_text(found, digits=15), encoding="utf-8")
    print(f"{len(names)} scenarios, {changed} changed. Review: git diff --word-diff scenarios")
    return 0


def differences(old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """Return a line for each headline number that moved: what it is, from, to, by how much."""
    both = new.merge(old, on=KEY, how="outer", suffixes=("", "_old"), indicator=True)
    lines = []
    for _, row in both.iterrows():
        what = " ".join(str(row[part]) for part in KEY if row[part])
        if row["_merge"] != "both":
            lines.append(f"{what}: {'new' if row['_merge'] == 'left_only' else 'gone'}")
            continue
        moved = [name for name in NUMBERS if row[name] != row[f"{name}_old"]]
        lines += [f"{what} {name}: {_moved(row[f'{name}_old'], row[name])}" for name in moved]
    return lines


def _moved(old: float, new: float) -> str:
    share = f" ({new / old - 1:+.1%})" if old else ""
    return f"{old:.12g} -> {new:.12g}{share}"


if __name__ == "__main__":
    sys.exit(main())
