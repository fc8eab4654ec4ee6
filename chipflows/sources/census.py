"""US Census international trade: the answer of the timeseries API as a frame of its own columns."""

from __future__ import annotations

import json

import pandas as pd

from chipflows.errors import SourceError

__all__ = ["parse"]

_WHERE = "US Census international trade"


def parse(body: bytes) -> pd.DataFrame:
    """Return the API's rows, one a row, every cell text as published; no rows for an empty (204) body.

    The API answers with an array of arrays whose first is the header. A predicate that was also asked for
    comes twice; one copy is kept when both agree. A "0" quantity may mean missing, so nothing is turned
    into numbers here. Raises SourceError for HTML (a refused key answers so, with status 200), for a body
    that is cut off, and for rows that do not fit the header.
    """
    if not body.strip():
        return pd.DataFrame()
    rows = _rows(body)
    header = rows[0]
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise SourceError(
                f"{_WHERE}: row {number} has {len(row)} cells and the header {len(header)}. "
                "The answer is damaged: ask again."
            )
    frame = pd.DataFrame(rows[1:], columns=range(len(header)), dtype=object)
    return _without_repeats(frame, header)


def _rows(body: bytes) -> list[list[str | None]]:
    """Return the arrays of *body*; raises SourceError when it is not the documented shape."""
    if body.lstrip().startswith(b"<"):
        raise SourceError(
            f"{_WHERE}: a web page came instead of data, as it does for a missing or refused key. "
            "Check the key in your environment."
        )
    try:
        rows = json.loads(body)
    except ValueError as problem:
        raise SourceError(f"{_WHERE}: the answer is not whole JSON. Ask again.") from problem
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise SourceError(f"{_WHERE}: expected an array of arrays, the first the header. Ask again.")
    return rows


def _without_repeats(frame: pd.DataFrame, header: list[str | None]) -> pd.DataFrame:
    """Return *frame* named by *header*, a repeated column once; raises SourceError when copies differ."""
    first: dict[str, int] = {}
    for at, name in enumerate(map(str, header)):
        if name in first and not frame[first[name]].equals(frame[at]):
            raise SourceError(f"{_WHERE}: two columns called {name!r} differ. Ask for it once.")
        first.setdefault(name, at)
    kept = frame[list(first.values())]
    kept.columns = pd.Index(list(first))
    return kept
