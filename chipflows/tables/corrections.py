"""Known errors of our sources, as data: what was printed, what we use, why, and a guard that expires it.

A guard states what the producer printed when the correction was written. When a later copy of the source no
longer prints that, the test of the guard fails and the correction is read again.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chipflows import paths
from chipflows.errors import TableError, did_you_mean
from chipflows.tables.codebook import SAFE_LOADER

__all__ = ["Change", "Correction", "corrections"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(_Strict):
    """One value: where it stands in our tables, what the producer printed, what we use."""

    table: str
    row: dict[str, str]
    field: str
    printed: float | str | None
    ours: float | str | None


class Guard(_Strict):
    """What must still be true of the producer's own figures for the correction to stand."""

    kind: Literal["table_value", "none"]
    table: str | None = None
    row: dict[str, str] = Field(default_factory=dict)
    field: str | None = None
    value: float | str | None = None


class Correction(_Strict):
    """One known error with its changes."""

    id: str
    producer: str
    title: str
    reason: str
    found_on: date
    told: str | None = None
    sources: list[str] = Field(min_length=1)
    changes: list[Change] = Field(min_length=1)
    guard: Guard


@lru_cache(maxsize=4)
def _read_all(folder: Path) -> dict[str, Correction]:
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)  # noqa: S506 - safe
            item = Correction.model_validate({"id": path.stem, **content})
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                raise TableError(did_you_mean(field, Correction.model_fields, "key", path.name)) from error
            raise TableError(f"corrections/{path.name}: {field}: {first['msg']}") from error
        found[item.id] = item
    return found


def corrections(folder: Path | None = None) -> dict[str, Correction]:
    """Return every correction by id; raises TableError when a file is malformed."""
    return dict(_read_all(folder or paths.corrections()))
