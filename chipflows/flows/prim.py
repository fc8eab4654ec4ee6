"""Scenario discovery: the Patient Rule Induction Method (Friedman and Fisher 1999), peeling only.

A box starts as all draws and loses, step by step, the slice at one end of one input whose removal raises the
share of interesting draws most for each draw it costs. Its coverage is the share of interesting draws it
holds, its density the share of its draws that are interesting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.errors import InputError

__all__ = ["Box", "peel"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    """A box of input ranges, with the path of (coverage, density, mass) that led to it."""

    limits: dict[str, tuple[float, float]]
    coverage: float
    density: float
    mass: float
    path: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return the limits as rows: assumption, low, high."""
        return pd.DataFrame(
            [(name, *limits) for name, limits in self.limits.items()], columns=["assumption", "low", "high"]
        )


def peel(
    inputs: Mapping[str, Array],
    interesting: NDArray[np.bool_],
    alpha: float = 0.05,
    min_mass: float = 0.05,
    min_density: float = 0.8,
    give: float = 0.0,
) -> Box:
    """Return the box found by peeling a share *alpha* at a time until it is dense enough or small.

    Limits that a box of *min_density* - *give* does not need are then taken off, the least costly first, so
    that what is left can be read; *path* is that of the peeling alone.

    *inputs* and *interesting* have shape (draws,). Raises InputError when no draw is interesting.
    """
    if not interesting.any():
        raise InputError("no draw is interesting: nothing to find. Loosen the condition.")
    names = list(inputs)
    table = np.stack([inputs[name] for name in names])
    inside = np.ones(table.shape[1], dtype=bool)
    limits: dict[str, tuple[float, float]] = {}
    steps = [_state(inside, interesting)]
    while steps[-1][1] < min_density and steps[-1][2] > min_mass:
        cut = _best_cut(table, inside, interesting, alpha)
        if cut is None:
            break
        row, low, high, kept = cut
        inside = kept
        old = limits.get(names[row], (float(table[row].min()), float(table[row].max())))
        limits[names[row]] = (max(old[0], low), min(old[1], high))
        steps.append(_state(inside, interesting))
    path = pd.DataFrame(steps, columns=["coverage", "density", "mass"])
    kept_limits = _needed(table, names, limits, interesting, min(min_density, steps[-1][1]) - give)
    held = _inside(table, names, kept_limits)
    return Box(kept_limits, *_state(held, interesting), path)


def _inside(table: Array, names: list[str], limits: Mapping[str, tuple[float, float]]) -> NDArray[np.bool_]:
    """Return which draws meet every limit."""
    held = np.ones(table.shape[1], dtype=bool)
    for name, (low, high) in limits.items():
        values = table[names.index(name)]
        held &= (values >= low) & (values <= high)
    return held


def _needed(
    table: Array,
    names: list[str],
    limits: dict[str, tuple[float, float]],
    interesting: NDArray[np.bool_],
    floor: float,
) -> dict[str, tuple[float, float]]:
    """Return *limits* without those that can go, least costly first, with density no lower than *floor*."""
    left = dict(limits)
    while len(left) > 1:
        without = {name: {key: left[key] for key in left if key != name} for name in left}
        density = {
            name: _state(_inside(table, names, rest), interesting)[1] for name, rest in without.items()
        }
        best = max(density, key=lambda name: density[name])
        if density[best] < floor:
            break
        left = without[best]
    return left


def _state(inside: NDArray[np.bool_], interesting: NDArray[np.bool_]) -> tuple[float, float, float]:
    held = int((inside & interesting).sum())
    return held / int(interesting.sum()), held / max(int(inside.sum()), 1), float(inside.mean())


def _best_cut(
    table: Array, inside: NDArray[np.bool_], interesting: NDArray[np.bool_], alpha: float
) -> tuple[int, float, float, NDArray[np.bool_]] | None:
    """Return (input, low, high, draws kept) of the peel that raises density most per draw taken off.

    Per draw, because an input of few values (a regime) loses a whole value at a time, which is more than a
    share *alpha*; among inputs that lose alike it is the peel that leaves the highest density.
    """
    count = int(inside.sum())
    density, best, found = float((interesting & inside).sum() / count), 0.0, None
    for row, values in enumerate(table):
        for low, high in _slices(values[inside], alpha):
            kept = inside & (values >= low) & (values <= high)
            left = int(kept.sum())
            if 0 < left < count:
                gain = (float((interesting & kept).sum() / left) - density) / (count - left)
                if gain > best:
                    best, found = gain, (row, low, high, kept)
    return found


def _slices(here: Array, alpha: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (low, high) that each take a share *alpha* off one end, or the end value where it is tied."""
    low, high = float(np.quantile(here, alpha)), float(np.quantile(here, 1 - alpha))
    first, last = float(here.min()), float(here.max())
    if low <= first:
        low = float(np.min(here, where=here > first, initial=np.inf))
    if high >= last:
        high = float(np.max(here, where=here < last, initial=-np.inf))
    return (low, np.inf), (-np.inf, high)
