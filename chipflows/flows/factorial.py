"""The four asks as a 2^4 factorial: every combination, Shapley values and interactions, draw by draw.

An ask's Shapley value is its average marginal effect over every order in which the asks could be added
(Shapley 1953). Values of all asks add up to the effect of all together in each draw; quantiles do not add.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, combinations
from math import factorial as fact

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.errors import InputError
from chipflows.flows.results import quantiles

__all__ = ["all_sets", "attribution", "effects", "interactions", "set_name", "shapley"]

Array = NDArray[np.float64]
Asks = frozenset[str]
_NAMES = ["p05", "p25", "p50", "p75", "p95", "mean"]


def all_sets(asks: tuple[str, ...]) -> list[Asks]:
    """Return every combination of *asks*, from none to all: 16 for four."""
    return [
        frozenset(c) for c in chain.from_iterable(combinations(asks, size) for size in range(len(asks) + 1))
    ]


def set_name(asks: Asks) -> str:
    """Return a readable name: none, or the asks joined by a plus sign in alphabetical order."""
    return "+".join(sorted(asks)) or "none"


def shapley(values: Mapping[Asks, Array], ask: str) -> Array:
    """Return *ask*'s Shapley value per draw of an outcome given for every combination.

    With v(none) = 0, v(a) = 10, v(b) = 4, v(ab) = 12: a gets (10 + 12 - 4) / 2 = 9 and b gets 3.
    """
    asks = sorted(frozenset().union(*values))
    if ask not in asks:
        raise InputError(f"{ask!r} is none of the asks: {', '.join(asks)}")
    others = tuple(name for name in asks if name != ask)
    total, count = np.zeros_like(next(iter(values.values()))), len(asks)
    for before in all_sets(others):
        weight = fact(len(before)) * fact(count - len(before) - 1) / fact(count)
        total = total + weight * (values[before | {ask}] - values[before])
    return total


def effects(values: Mapping[Asks, Array]) -> pd.DataFrame:
    """Return every combination's change from no ask: combination, asks, p05 .. p95, mean, prob_lower."""
    base = values[frozenset()]
    sets = sorted(values, key=lambda s: (len(s), set_name(s)))
    changes = np.stack([values[s] - base for s in sets])
    frame = pd.DataFrame(quantiles(changes), columns=_NAMES)
    frame.insert(0, "combination", [set_name(s) for s in sets])
    frame.insert(1, "asks", [len(s) for s in sets])
    frame["prob_lower"] = (changes < 0).mean(axis=1)
    return frame


def attribution(values: Mapping[Asks, Array]) -> pd.DataFrame:
    """Return Shapley values by ask: ask, p05 .. p95, mean, and the share of draws in which it leads."""
    asks = sorted(frozenset().union(*values))
    found = np.stack([shapley(values, ask) for ask in asks])
    frame = pd.DataFrame(quantiles(found), columns=_NAMES)
    frame.insert(0, "ask", asks)
    largest = np.abs(found).argmax(axis=0)
    frame["share_of_draws_leading"] = np.bincount(largest, minlength=len(asks)) / found.shape[1]
    return frame


def interactions(values: Mapping[Asks, Array]) -> pd.DataFrame:
    """Return pairwise interactions: v(ab) - v(a) - v(b) + v(none), quantiles per pair.

    Opposite in sign to the effects means the two asks overlap; the same sign, that they reinforce.
    """
    asks = sorted(frozenset().union(*values))
    pairs = list(combinations(asks, 2))
    none = values[frozenset()]
    table = np.stack(
        [values[frozenset(p)] - values[frozenset(p[:1])] - values[frozenset(p[1:])] + none for p in pairs]
    )
    frame = pd.DataFrame(quantiles(table), columns=_NAMES)
    frame.insert(0, "pair", [" + ".join(p) for p in pairs])
    return frame
