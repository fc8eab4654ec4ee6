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
    medians: dict[str, list[float]] = {}
    for name in names:
        target = paths.scenarios() / f"{name}.expected.csv"
        found = headline(run, name)
        old = pd.read_csv(target, keep_default_na=False) if target.exists() else None
        lines = ["new"] if old is None else differences(old, found)
        changed += bool(lines)
        print("\n".join(f"{name:<22} {line}" for line in lines), end="\n" if lines else "")
        for what, share in median_moves(old, found).items():
            medians.setdefault(what, []).append(share)
        with paths.atomic_write(target) as temporary:
            temporary.write_text(csv_text(found, digits=15), encoding="utf-8")
    print("\n".join(f"median {line}" for line in summary(medians)), end="\n" if medians else "")
    print(f"{len(names)} scenarios, {changed} changed. Review: git diff --word-diff scenarios")
    return 0


def median_moves(old: pd.DataFrame | None, new: pd.DataFrame) -> dict[str, float]:
    """Return, by headline number, the share by which its median moved, where it did and was not 0."""
    if old is None:
        return {}
    both = new.merge(old, on=KEY, suffixes=("", "_old"))
    moved = both[(both["p50"] != both["p50_old"]) & (both["p50_old"] != 0)]
    return {_what(row): _share(row["p50_old"], row["p50"]) for _, row in moved.iterrows()}


def summary(medians: dict[str, list[float]]) -> list[str]:
    """Return a line for each headline number whose median moved: in how many scenarios, how far."""
    return [
        f"{what}: {len(shares)} scenarios, {min(shares):+.1%} to {max(shares):+.1%}"
        for what, shares in sorted(medians.items())
    ]


def differences(old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """Return a line for each headline number that moved: what it is, from, to, by how much."""
    both = new.merge(old, on=KEY, how="outer", suffixes=("", "_old"), indicator=True)
    lines = []
    for _, row in both.iterrows():
        what = _what(row)
        if row["_merge"] != "both":
            lines.append(f"{what}: {'new' if row['_merge'] == 'left_only' else 'gone'}")
            continue
        moved = [name for name in NUMBERS if row[name] != row[f"{name}_old"]]
        lines += [f"{what} {name}: {_moved(row[f'{name}_old'], row[name])}" for name in moved]
    return lines


def _what(row: pd.Series) -> str:
    return " ".join(str(row[part]) for part in KEY if row[part])


def _moved(old: float, new: float) -> str:
    share = f" ({_share(old, new):+.1%})" if old else ""
    return f"{old:.12g} -> {new:.12g}{share}"


def _share(old: float, new: float) -> float:
    """Return the change over the size of the old number, so that less is minus below zero too."""
    return (new - old) / abs(old)


if __name__ == "__main__":
    sys.exit(main())
