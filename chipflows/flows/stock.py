"""Installed stock from acquisitions, and what others have: US-designed compute in the United States."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipflows.flows.inputs import Inputs
from chipflows.flows.sampling import Draws, power

__all__ = ["accumulate", "retention", "us_stock"]

Array = NDArray[np.float64]
_PROJECTED_THROUGH = 2027.0


def retention(draws: Draws) -> Array:
    """Return the share of stock still installed a quarter later, exp(-hazard / 4), shape (draws,)."""
    return np.asarray(np.exp(-draws["retirement_hazard"] / 4.0))


def accumulate(acquired: Array, kept: Array, start: Array | float = 0.0) -> Array:
    """Return installed stock at each quarter's end: stock x kept + acquired, shape (quarters, draws).

    100 installed, a hazard of 0.08 a year and 10 acquired give 100 x exp(-0.02) + 10 = 108.02.
    """
    stock = np.empty_like(acquired)
    held = np.zeros(acquired.shape[1]) + start
    for q in range(len(acquired)):
        held = held * kept + acquired[q]
        stock[q] = held
    return stock


def us_stock(inputs: Inputs, draws: Draws) -> Array:
    """Return H100e installed in the US at each quarter's end, shape (quarters, draws).

    Published cumulative shipments of US designs (to early 2026; a projection for the rest of that year),
    then yearly additions that grow at a drawn rate; the US holds a drawn share; the PRC's retirement hazard
    applies.
    """
    middle = inputs.grid.middle[:, None]
    profile = inputs.assumptions.profiles["world_stock_h100e"]
    years = np.array([float(key) for key in profile.at])
    logs = np.log(list(profile.at.values()))

    def shipped_by(year: Array) -> Array:
        return np.asarray(np.exp(np.interp(np.minimum(year, _PROJECTED_THROUGH), years, logs)))

    added = np.diff(shipped_by(middle + 0.125), axis=0, prepend=0.0) + np.zeros(draws.size)
    last_year = shipped_by(np.array(_PROJECTED_THROUGH)) - shipped_by(np.array(_PROJECTED_THROUGH - 1.0))
    growth = power(draws["world_growth"], middle - (_PROJECTED_THROUGH - 0.5))
    added = np.where(middle > _PROJECTED_THROUGH, last_year / 4.0 * growth, added)
    return accumulate(added, retention(draws)) * draws["us_share_of_world"]
