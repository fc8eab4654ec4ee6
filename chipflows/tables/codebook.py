"""The codebook, ``data/tables/tables.yaml``: what every table and column means and may hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chipflows import paths
from chipflows.errors import TableError, did_you_mean
from chipflows.yamltext import read_yaml

__all__ = ["Column", "TableSpec", "codebook", "explain"]

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

    @model_validator(mode="after")
    def _fits_its_type(self) -> Column:
        if self.allowed is not None and self.type != "str":
            raise ValueError("allowed values are for columns of type str")
        if (self.min is not None or self.max is not None) and self.type not in ("int", "float"):
            raise ValueError("min and max are for columns of type int or float")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self


class TableSpec(_Strict):
    """One table: title, date of its facts, key, columns in order."""

    title: str
    as_of: date
    key: list[str] = Field(min_length=1)
    columns: dict[str, Column]
    note: str = ""

    @model_validator(mode="after")
    def _key_is_columns(self) -> TableSpec:
        for name in self.key:
            if name not in self.columns:
                raise ValueError(f"the key names {name!r}, which is not a column")
        return self


def codebook(folder: Path | None = None) -> dict[str, TableSpec]:
    """Return every table's specification; raises TableError when the codebook itself is malformed."""
    return dict(_read_all(folder or paths.tables()))


@lru_cache(maxsize=4)
def _read_all(folder: Path) -> dict[str, TableSpec]:
    try:
        content = read_yaml(folder / "tables.yaml", "tables.yaml", TableError)
    except FileNotFoundError as error:
        raise TableError("tables.yaml is not in data/tables/. Restore it with git checkout.") from error
    if not isinstance(content, dict):
        raise TableError("tables.yaml must map each table's name to its title, as_of, key and columns.")
    found = {}
    for name, entry in content.items():
        try:
            found[name] = TableSpec.model_validate(entry)
        except ValidationError as error:
            known = [*TableSpec.model_fields, *Column.model_fields]
            raise TableError(explain(error, f"tables.yaml: {name}", known)) from error
    return found


def explain(error: ValidationError, where: str, known: Iterable[str]) -> str:
    """Return one line on what is wrong in *where*; a misspelt key comes first, with the nearest of *known*.

    A misspelt key that must be there is also a missing one; the first says more.
    """
    problems = error.errors()
    extra = [problem for problem in problems if problem["type"] == "extra_forbidden"]
    if extra:
        return did_you_mean(extra[0]["loc"][-1], known, "key", where)
    field = ".".join(str(part) for part in problems[0]["loc"])
    return f"{where}: {field}: {problems[0]['msg']}" if field else f"{where}: {problems[0]['msg']}"
