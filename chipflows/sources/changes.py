"""What changed between two snapshots of a source, in plain words."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from chipflows.sources.feed import About

__all__ = ["Changes", "changes", "content_hash", "row_texts"]

_NAMED = 3


@dataclass(frozen=True)
class Changes:
    """Labels of the rows added, removed and changed, each "group: label" where the source has groups."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def changes(old: pd.DataFrame | None, new: pd.DataFrame, about: About) -> Changes:
    """Return what *new* adds to, removes from and changes in *old* (None: nothing was held)."""
    if old is None:
        return Changes(text=f"first snapshot: {len(new):,} {_plural(about.noun, len(new))}")
    before, after = row_texts(old, about), row_texts(new, about)
    labels = {**_labels(old, about), **_labels(new, about)}
    added = [labels[key] for key in after if key not in before]
    removed = [labels[key] for key in before if key not in after]
    amended = [labels[key] for key in after if key in before and after[key] != before[key]]
    words = _words({"added": added, "removed": removed, "changed": amended}, about)
    return Changes(
        added=_flat(added),
        removed=_flat(removed),
        changed=_flat(amended),
        text=words or f"no change in {len(new):,} {_plural(about.noun, len(new))}",
    )


def row_texts(frame: pd.DataFrame, about: About) -> dict[Hashable, str]:
    """Return every row as one text by its key, the same for equal content however it was stored."""
    columns = sorted(map(str, frame.columns))
    rows = zip(*(map(_cell, frame[column]) for column in columns), strict=True)
    return dict(zip(_keys(frame, about), (json.dumps(row) for row in rows), strict=True))


def content_hash(frame: pd.DataFrame, about: About) -> str:
    """Return a SHA-256 over the rows, whatever their order."""
    import hashlib

    digest = hashlib.sha256(json.dumps(sorted(map(str, frame.columns))).encode())
    for text in sorted(row_texts(frame, about).values()):
        digest.update(text.encode())
    return digest.hexdigest()


def _keys(frame: pd.DataFrame, about: About) -> list[Hashable]:
    """Return each row's key as text."""
    return list(zip(*(map(_cell, frame[column]) for column in about.key), strict=True))


def _labels(frame: pd.DataFrame, about: About) -> dict[Hashable, tuple[str, str]]:
    """Return (group, label) by key."""
    groups = [_shown(value) for value in frame[about.group]] if about.group else [""] * len(frame)
    parts = zip(*(frame[column] for column in about.label), strict=True)
    labels = (" ".join(_shown(part) for part in row) for row in parts)
    return dict(zip(_keys(frame, about), zip(groups, labels, strict=True), strict=True))


def _words(found: dict[str, list[tuple[str, str]]], about: About) -> str:
    """Return "12 entities added (A; B; C and 9 more), 1 removed (D)", a line for each group that changed."""
    by_group: dict[str, list[str]] = {}
    for kind, labels in found.items():
        for group in dict.fromkeys(group for group, _ in labels):
            names = [label for at, label in labels if at == group]
            more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
            said = by_group.setdefault(group, [])
            noun = "" if said else f"{_plural(about.noun, len(names))} "
            said.append(f"{len(names):,} {noun}{kind} ({'; '.join(names[:_NAMED])}{more})")
    return "\n".join((f"{group}: " if group else "") + ", ".join(said) for group, said in by_group.items())


def _flat(labels: list[tuple[str, str]]) -> tuple[str, ...]:
    """Return "group: label" for each, the label alone where there is no group."""
    return tuple(": ".join(filter(None, pair)) for pair in labels)


def _plural(noun: str, count: int) -> str:
    """Return the noun for a count: entity, entities."""
    if count == 1:
        return noun
    return noun[:-1] + "ies" if noun.endswith("y") else noun + "s"


def _cell(value: Any) -> str | list[str]:
    """Return a cell as JSON holds it: missing is "", whole numbers without ".0", several as a list."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [str(item) for item in value]
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _shown(value: object) -> str:
    """Return text from outside fit for a terminal: no control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in str(value))
