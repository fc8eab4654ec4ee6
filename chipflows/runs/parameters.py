"""What a notebook's `parameters` cell takes, and values checked against it before any kernel starts."""

from __future__ import annotations

import ast
import contextlib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import nbformat

from chipflows.errors import NotebookError, brief, did_you_mean

__all__ = ["Parameter", "assign", "inspect"]

# What Python's own reader raises for text that is no literal, or nested deeper than it can follow.
_UNREADABLE = (SyntaxError, ValueError, TypeError, RecursionError, MemoryError)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One parameter: its default and the type its annotation or default gives it."""

    name: str
    default: Any
    type_name: str
    help: str = ""


def inspect(notebook: Path) -> dict[str, Parameter]:
    """Return the parameters of *notebook* by name, read from its `parameters` cell.

    Not by papermill's own inspection, which overlooks `limit: int | None = None` and takes two seconds.
    Raises NotebookError for a file that is not a notebook, or a default that is not a literal.
    """
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except Exception as problem:
        raise NotebookError(f"{notebook} cannot be read as a notebook: {problem}") from problem
    sources = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", ())]
    return {found.name: found for source in sources for found in _parameters(notebook.name, source)}


def _parameters(notebook: str, source: str) -> Iterator[Parameter]:
    """Yield the parameters that a cell assigns, each with the comment on its last line."""
    lines = source.splitlines()
    try:
        statements = ast.parse(source).body
    except _UNREADABLE as problem:
        raise NotebookError(f"{notebook}: its parameters cell is not Python: {problem}.") from None
    for statement in statements:
        target = (
            statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        )
        literal: ast.expr | None = getattr(statement, "value", None)
        if not isinstance(target, ast.Name) or literal is None:
            continue
        default = _literal(notebook, target.id, literal)
        stated = statement.annotation if isinstance(statement, ast.AnnAssign) else None
        comment = lines[(literal.end_lineno or 1) - 1][literal.end_col_offset or 0 :].strip()
        type_name = type(default).__name__ if stated is None else ast.unparse(stated)
        yield Parameter(target.id, default, type_name, comment.lstrip("# "))


def _literal(notebook: str, name: str, expression: ast.expr) -> Any:
    """Return the value of a literal; raises NotebookError for anything that would have to be computed."""
    try:
        return ast.literal_eval(expression)
    except _UNREADABLE:
        raise NotebookError(
            f"{notebook}: the default of parameter {name} is not a literal. "
            "Write a number, text, True or False, None, or a list of those."
        ) from None


def assign(
    given: Mapping[str, str], notebooks: Mapping[str, Mapping[str, Parameter]]
) -> dict[str, dict[str, Any]]:
    """Return, for each notebook, the *given* values it takes, coerced to the types it declares.

    A value goes to every notebook that has a parameter of that name. Raises NotebookError, with the nearest
    names, for one that no notebook takes, and for a value that is not of the declared type.
    """
    known = {name for parameters in notebooks.values() for name in parameters}
    for name in given:
        if name not in known:
            raise NotebookError(did_you_mean(name, known, "parameter", _where(list(notebooks))))
    return {
        notebook: {
            name: _coerced(notebook, parameters[name], text)
            for name, text in given.items()
            if name in parameters
        }
        for notebook, parameters in notebooks.items()
    }


def _where(names: Sequence[str]) -> str:
    """Return the notebooks' names, shortened."""
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} notebooks"


def _coerced(notebook: str, parameter: Parameter, text: str) -> Any:
    """Return *text* as the parameter's type; raises NotebookError saying what is allowed."""
    try:
        return _value(text, parameter.type_name)
    except (*_UNREADABLE, KeyError, StopIteration):
        choices = _choices(parameter.type_name)
        allowed = f"one of {', '.join(map(str, choices))}" if choices else parameter.type_name
        raise NotebookError(
            f"{notebook}: parameter {parameter.name} is {allowed}, {brief(text)} is not. "
            f"Its default is {brief(parameter.default)}."
        ) from None


def _value(text: str, type_name: str) -> Any:
    """Return *text* read as a value of the type called *type_name*."""
    kind = (
        type_name.removesuffix(" | None")
        .removeprefix("Optional[")
        .removesuffix("]" if "Optional" in type_name else "")
    )
    if kind != type_name and text.lower() == "none":
        return None
    if kind in _READERS:
        return _READERS[kind](text)
    if kind.startswith(("list", "tuple")):
        return _list(text, kind)
    if choices := _choices(kind):
        return next(choice for choice in choices if str(choice) == text)
    return text


def _choices(type_name: str) -> tuple[Any, ...]:
    """Return what Literal["a", "b"] allows, () for any other type."""
    found = re.search(r"Literal\[(.*)\]", type_name)
    with contextlib.suppress(*_UNREADABLE):
        return tuple(ast.literal_eval(f"({found[1]},)")) if found else ()
    return ()


def _finite(text: str) -> float:
    """Return the number; raises ValueError for nan and infinity."""
    if not math.isfinite(value := float(text)):
        raise ValueError(text)
    return value


_READERS: Mapping[str, Callable[[str], Any]] = {
    "bool": lambda text: _TRUTH[text.lower()],
    "int": int,
    "float": _finite,
    "date": lambda text: date.fromisoformat(text).isoformat(),
}


def _list(text: str, kind: str) -> list[Any]:
    """Return a list from "[1, 2]" or "a,b", each item of the type in the brackets of *kind*."""
    item = kind.partition("[")[2].rstrip("]").split(",")[0] or "str"
    if text.lstrip().startswith("["):
        return [_value(str(part), item) for part in ast.literal_eval(text)]
    return [_value(part.strip(), item) for part in text.split(",") if part.strip()]
