"""The codebook, ``data/tables/tables.yaml``: what every table and column means and may hold."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chipflows import paths
from chipflows.errors import TableError, did_you_mean

__all__ = ["Column", "TableSpec", "codebook"]

SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Kind = Literal["str", "int", "float", "bool", "date", "quarter", "ids"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column: its type, unit, bounds and meaning. A blank is unknown unless the column is required."""

    type: Kind
    description: str
    unit: str | None = None
    allowed: list[str] | None = None
    min: float | None = None
    max: float | None = None
    required: bool = False


class TableSpec(_Strict):
    """One table: title, date of its facts, key, columns in order."""

    title: str
    as_of: date
    key: list[str] = Field(min_length=1)
    columns: dict[str, Column]
    note: str = ""


@lru_cache(maxsize=4)
def codebook(folder: Path | None = None) -> dict[str, TableSpec]:
    """Return every table's specification; raises TableError when the codebook itself is malformed."""
    path = (folder or paths.tables()) / "tables.yaml"
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)  # noqa: S506 - a safe loader
    found = {}
    for name, entry in content.items():
        try:
            found[name] = TableSpec.model_validate(entry)
        except ValidationError as error:
            raise TableError(_explain(error, name)) from error
    return found


def _explain(error: ValidationError, name: str) -> str:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = [*TableSpec.model_fields, *Column.model_fields]
        return did_you_mean(first["loc"][-1], known, "key", f"tables.yaml: {name}")
    return f"tables.yaml: {name}: {field}: {first['msg']}"
