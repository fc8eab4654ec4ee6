"""Compute outside the PRC: owned by PRC-headquartered firms (offshore), or rented by PRC users (remote).

Neither is counted in ``total``, which is possession in the PRC. Fleets may be counted both as diverted and
as rented; sources do not allow the overlap to be taken out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from chipflows.flows.inputs import LIST_PRICE_USD, Inputs
from chipflows.flows.levers import Settings
from chipflows.flows.sampling import Draws, power

__all__ = ["WINDOW", "Offshore", "offshore_purchases", "remote_stock"]

WINDOW = (date(2025, 5, 13), date(2026, 5, 31))
_EARLY_QUARTERS = 7  # 2022Q1 to 2023Q3, before the headquarters rule of November 2023
_EARLY, _LATE = "a100_sxm_80", "b200"  # the chips that are taken to have been bought before and in the window
_REMOTE_KNOWN = 2026.0

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Offshore:
    """Purchases abroad by PRC-headquartered firms per quarter, arrays of shape (quarters, draws)."""

    units: Array
    revenue_usd: Array
    h100e: Array
    h100e_bandwidth: Array
    mem_gb: Array


def offshore_purchases(
    inputs: Inputs, draws: Draws, settings: Settings, diffusion_in_force: Array
) -> Offshore:
    """Return purchases abroad; an enforced headquarters rule stops a drawn share of those in the window.

    The window is 13 May 2025 to 31 May 2026, when the text holding the rule was not enforced; the lever
    ``offshore_window`` leaves it out.
    """
    grid = inputs.grid
    early, late = inputs.spec(_EARLY), inputs.spec(_LATE)
    early_share = np.array([[1.0 / _EARLY_QUARTERS if q < "2023Q4" else 0.0] for q in grid.quarters])
    early_units = early_share * draws["offshore_before_2025"] / early.h100e
    days = grid.share_within(*WINDOW) * (grid.ends - grid.starts)
    window_share = (days / (WINDOW[1] - WINDOW[0]).days)[:, None]
    late_units = window_share * draws["offshore_window_units"]
    late_units = late_units * (1.0 - diffusion_in_force * draws["offshore_hq_rule_bite"])
    if not settings.lever("offshore_window"):
        late_units = np.zeros_like(late_units)
    return Offshore(
        units=early_units + late_units,
        revenue_usd=early_units * LIST_PRICE_USD[_EARLY] + late_units * LIST_PRICE_USD[_LATE],
        h100e=early_units * early.h100e + late_units * late.h100e,
        h100e_bandwidth=early_units * early.h100e_bandwidth + late_units * late.h100e_bandwidth,
        mem_gb=early_units * early.mem_gb + late_units * late.mem_gb,
    )


def remote_stock(
    inputs: Inputs, draws: Draws, settings: Settings, diffusion_in_force: Array, more_unmet_usd: Array
) -> Array:
    """Return rented compute abroad in H100e at each quarter's end, shape (quarters, draws).

    Growth x (1 - cut while a strengthened rule is in force) + the share of the change in unmet spend that
    goes to rent, over the yearly rent of one H100e. As published the rule leaves rented inference alone.
    """
    base = _base_path(inputs, draws)
    growth = np.diff(base, axis=0, prepend=base[:1] * 0.0)
    if settings.lever("remote_access") == "strengthened":
        growth = growth - np.maximum(growth, 0.0) * diffusion_in_force * draws["diffusion_remote"]
    rented = more_unmet_usd * 4.0 * draws["to_remote"] / (draws["remote_rent_usd_1000"] * 1000.0)
    return np.maximum(np.cumsum(growth, axis=0) + rented, 0.0)


def _base_path(inputs: Inputs, draws: Draws) -> Array:
    ends = inputs.grid.middle + 0.125
    profile = inputs.assumptions.profiles["remote_path"]
    years = np.array([float(key) for key in profile.at])
    shape = np.exp(np.interp(ends, years, np.log(list(profile.at.values()))))[:, None]
    ahead = np.maximum(ends - _REMOTE_KNOWN, 0.0)[:, None]
    ahead = np.minimum(ahead, 3.0) + 0.5 * np.maximum(ahead - 3.0, 0.0)
    return np.asarray(draws["remote_end_2025"] * shape * power(draws["remote_growth"], ahead))
