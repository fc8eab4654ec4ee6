"""Three-valued logic on small integers: false 0, unknown 1, true 2 (Kleene's strong logic).

With these numbers AND is the minimum, OR the maximum and NOT is 2 - x, so a test over a hundred thousand
cases is a few passes over bytes. False AND unknown is false; true AND unknown is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

__all__ = ["FALSE", "TRUE", "UNKNOWN", "Logic", "all_of", "any_of", "constant", "from_bool", "negate"]

Logic = NDArray[np.int8]

FALSE, UNKNOWN, TRUE = np.int8(0), np.int8(1), np.int8(2)


def constant(value: np.int8, rows: int) -> Logic:
    """Return *rows* copies of one truth value."""
    return np.full(rows, value, dtype=np.int8)


def from_bool(truth: NDArray[np.bool_], known: NDArray[np.bool_]) -> Logic:
    """Return true or false per row, unknown where *known* is false."""
    return np.where(known, np.where(truth, TRUE, FALSE), UNKNOWN).astype(np.int8)


def all_of(parts: Iterable[Logic]) -> Logic:
    """Return AND: false as soon as one part is false."""
    return reduce(np.minimum, parts)


def any_of(parts: Iterable[Logic]) -> Logic:
    """Return OR: true as soon as one part is true."""
    return reduce(np.maximum, parts)


def negate(part: Logic) -> Logic:
    """Return NOT; not knowing stays not knowing."""
    return (TRUE - part).astype(np.int8)
