"""Reading an answer's JSON: whole, and of the shape the source documents."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from chipflows.errors import SourceError

__all__ = ["documented", "iso_date", "json_list", "json_object", "number"]


@contextmanager
def documented(where: str) -> Iterator[None]:
    """Turn the errors of reading a value of the wrong kind into a SourceError that names *where*."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        raise SourceError(
            f"{where}: the answer does not fit the documented shape ({str(problem)[:100]!r}). "
            "The source changed it, or is down."
        ) from problem


def json_object(body: bytes, where: str, *needed: str) -> dict[str, Any]:
    """Return the JSON object in *body*; raises SourceError when it is cut off, is none, or lacks a key."""
    content = _json(body, where)
    if not isinstance(content, dict):
        raise SourceError(f"{where}: expected a JSON object. The source changed its shape, or is down.")
    missing = [name for name in needed if name not in content]
    if missing:
        said = content.get("message") or content.get("error") or content.get("errors") or ""
        hint = f" It says: {str(said)[:200]!r}." if said else ""
        raise SourceError(f"{where}: the answer has no {', '.join(missing)}.{hint}")
    return content


def json_list(body: bytes, where: str) -> list[Any]:
    """Return the JSON array in *body*; raises SourceError when it is cut off or is none."""
    content = _json(body, where)
    if not isinstance(content, list):
        raise SourceError(f"{where}: expected a JSON array. The source changed its shape, or is down.")
    return content


def iso_date(text: object, where: str) -> date:
    """Return an ISO date; raises SourceError for anything else."""
    try:
        return date.fromisoformat(str(text))
    except ValueError as problem:
        raise SourceError(f"{where}: {str(text)[:40]!r} is not a date.") from problem


def number(value: object) -> float:
    """Return a JSON number as a float; raises ValueError for text, for none, and for what is not finite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(float(value)):
        raise ValueError(value)
    return float(value)


def _refuse_constant(name: str) -> None:
    """Raise ValueError for NaN and Infinity, which are no JSON and no figure."""
    raise ValueError(name)


def _json(body: bytes, where: str) -> Any:
    """Return the JSON value in *body*."""
    if not body.strip():
        raise SourceError(f"{where}: an empty answer. Try again later.")
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as problem:
        raise SourceError(f"{where}: byte {problem.start:,} is not UTF-8. Ask again.") from problem
    except RecursionError as problem:
        raise SourceError(f"{where}: nested too deep to be data.") from problem
    except ValueError as problem:
        raise SourceError(f"{where}: the answer is not whole JSON. Ask again.") from problem
