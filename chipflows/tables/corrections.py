"""Known errors of our sources, as data: what was printed, what we use, why, and a guard that expires it.

A guard states what the producer printed when the correction was written. When a later copy of the source no
longer prints that, the test of the guard fails and the correction is read again.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chipflows import paths
from chipflows.errors import TableError
from chipflows.tables.cards import require_cards
from chipflows.tables.codebook import explain
from chipflows.yamltext import read_yaml

__all__ = ["Change", "Correction", "Guard", "corrected_rows", "corrections"]


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
    """What must still be true of the producer's own figures for the correction to stand.

    ``table_value``: a table that holds the figures as printed still says *value* in that cell.
    ``file_value``: the same of a file of the producer, named by its path below the shared raw folder.
    ``none``: nothing we hold would change if the producer mended it; *why* says so.
    """

    kind: Literal["table_value", "file_value", "none"]
    table: str | None = None
    file: str | None = None
    row: dict[str, str] = Field(default_factory=dict)
    field: str | None = None
    value: float | str | None = None
    why: str = ""

    @model_validator(mode="after")
    def _is_complete(self) -> Guard:
        place = {"table_value": self.table, "file_value": self.file, "none": self.why}[self.kind]
        if not place or (self.kind != "none" and not (self.row and self.field)):
            needs = {"table_value": "table, row, field", "file_value": "file, row, field", "none": "why"}
            raise ValueError(f"a guard of kind {self.kind} needs {needs[self.kind]}")
        return self


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


def corrections(folder: Path | None = None) -> dict[str, Correction]:
    """Return every correction by id; raises TableError when a file is malformed or cites no card."""
    return dict(_read_all(folder or paths.corrections()))


def corrected_rows(table: str, field: str, key: str) -> frozenset[str]:
    """Return the values of *key* in the rows of *table* whose *field* a correction names."""
    changes = (change for item in corrections().values() for change in item.changes)
    return frozenset(
        change.row[key]
        for change in changes
        if change.table == table and change.field == field and key in change.row
    )


@lru_cache(maxsize=4)
def _read_all(folder: Path) -> dict[str, Correction]:
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.yaml"))}
    for item in found.values():
        require_cards(item.sources, f"corrections/{item.id}.yaml")
    return found


def _read(path: Path) -> Correction:
    content = read_yaml(path, f"corrections/{path.name}", TableError)
    if not isinstance(content, dict):
        raise TableError(f"corrections/{path.name} must hold keys such as producer, title, reason, changes.")
    try:
        return Correction.model_validate({"id": path.stem, **content})
    except ValidationError as error:
        known = [*Correction.model_fields, *Change.model_fields, *Guard.model_fields]
        raise TableError(explain(error, f"corrections/{path.name}", known)) from error
