"""The diverted channel (estimated): chips that reach the PRC against the rules.

Published estimates are of what passed; attempts are those over the pass rate. A change in unmet spend adds
or removes attempts. Each pathway stops a share b of its attempts; a drawn share of the stopped tries one
other pathway once. passed_i = w_i [(1 - b_i) + b_i d (1 - b of the others)].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipflows.flows.inputs import LIST_PRICE_USD, Inputs
from chipflows.flows.levers import Settings
from chipflows.flows.sampling import Draws, once_per_block, power

__all__ = ["PATHWAYS", "Diverted", "attempts_on_actual", "diverted_flow", "pass_shares", "pathway_shares"]

PATHWAYS = ("resellers", "cloud_fronts", "small_orders", "resale")
_OLDER, _NEWER = ("a100_sxm_80", "h100_sxm_80"), ("b200", "rubin")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Diverted:
    """The diverted channel, arrays of shape (quarters, draws); ``by_pathway`` units passed, in PATHWAYS."""

    attempted: Array
    units: Array
    blocked: Array
    by_pathway: tuple[Array, ...]
    revenue_usd: Array
    h100e: Array
    h100e_bandwidth: Array
    mem_gb: Array
    attempted_h100e: Array


@dataclass(frozen=True)
class Mix:
    """The average diverted chip per quarter: metrics and list price, each of shape (quarters, draws)."""

    h100e: Array
    h100e_bandwidth: Array
    mem_gb: Array
    price_usd: Array


def pathway_shares(draws: Draws) -> list[Array]:
    """Return each pathway's share of attempts, in PATHWAYS order, each (draws,); they sum to one."""
    small = [draws[f"share_{name}"] for name in PATHWAYS[1:]]
    rest = np.maximum(1.0 - sum(small), 0.05)
    total = rest + sum(small)
    return [rest / total, *(share / total for share in small)]


def stopped_shares(
    draws: Draws, settings: Settings, kyc_in_force: Array, diffusion_in_force: Array
) -> list[Array]:
    """Return the share of attempts each pathway stops, (quarters, draws).

    Today's enforcement, checks and transit conditions compound: 1 - (1 - today)(1 - checks)(1 - transit).
    """
    today = draws["stopped_today"]
    reach = settings.number("kyc_coverage") * settings.number("kyc_strength")
    transit = np.minimum(
        draws["tier2_transit"] * draws["diffusion_transit"] * settings.number("transit_strength"), 1.0
    )
    found = []
    for name in PATHWAYS:
        checks = np.minimum(draws[f"kyc_{name}"] * reach, 1.0) * kyc_in_force
        found.append(1.0 - (1.0 - today) * (1.0 - checks) * (1.0 - transit * diffusion_in_force))
    return found


def pass_shares(shares: list[Array], stopped: list[Array], displacement: Array) -> list[Array]:
    """Return the share of all attempts that passes by each pathway, one retry elsewhere.

    Two pathways of 0.5, stopping 0.4 and 0.2, half of the stopped retrying: 0.5 x (0.6 + 0.4 x 0.5 x 0.8) =
    0.38 and 0.5 x (0.8 + 0.2 x 0.5 x 0.6) = 0.43.
    """
    weighted = [share * stop for share, stop in zip(shares, stopped, strict=True)]
    total = sum(weighted)
    passed = []
    for share, stop, own in zip(shares, stopped, weighted, strict=True):
        others = (total - own) / np.maximum(1.0 - share, 1e-12)
        passed.append(share * ((1.0 - stop) + stop * displacement * (1.0 - others)))
    return passed


def attempts_on_actual(inputs: Inputs, draws: Draws, displacement: Array) -> Array:
    """Return attempts per quarter on ``actual``: units estimated to have passed over the pass share."""
    shares = pathway_shares(draws)
    stopped = [draws["stopped_today"]] * len(shares)
    return np.asarray(units_on_actual(inputs, draws) / sum(pass_shares(shares, stopped, displacement)))


@once_per_block
def units_on_actual(inputs: Inputs, draws: Draws) -> Array:
    """Return units estimated to have passed per quarter on ``actual``, shape (quarters, draws)."""
    grid = inputs.grid
    scale, year_2024 = draws["diverted_scale"], draws["diverted_2024"]
    units = inputs.path("diverted_units_per_quarter") * scale
    yearly_2025 = sum(
        inputs.assumptions.profiles["diverted_units_per_quarter"].at[f"2025Q{n}"] for n in (1, 2, 3, 4)
    )
    for row, quarter in enumerate(grid.quarters):
        year = int(quarter[:4])
        if quarter == "2022Q4":
            units[row] = draws["diverted_2022q4_units"]
        elif year == 2023:
            units[row] = draws["diverted_2023_units"] / 4.0
        elif year == 2024:
            units[row] = units[row] * year_2024
        elif year >= 2026:
            later = min(year - 2026, 2) + 0.5 * max(year - 2028, 0)
            units[row] = (
                scale * yearly_2025 / 4.0 * draws["diverted_2026"] * power(draws["diverted_growth"], later)
            )
    return units


@once_per_block
def mix_of(inputs: Inputs, draws: Draws) -> Mix:
    """Return the average diverted chip per quarter."""
    grid = inputs.grid
    newer = np.zeros((len(grid.quarters), draws.size))
    for row, quarter in enumerate(grid.quarters):
        if quarter >= "2025Q1":
            newer[row] = draws["blackwell_share_2025" if quarter < "2026Q1" else "blackwell_share_2026"]
    hopper, rubin = inputs.path("hopper_share_of_older"), inputs.path("rubin_share_of_newer")
    weights = {
        _OLDER[0]: (1.0 - newer) * (1.0 - hopper),
        _OLDER[1]: (1.0 - newer) * hopper,
        _NEWER[0]: newer * (1.0 - rubin),
        _NEWER[1]: newer * rubin,
    }
    totals = {
        name: np.asarray(sum(w * getattr(inputs.spec(chip), name) for chip, w in weights.items()))
        for name in ("h100e", "h100e_bandwidth", "mem_gb")
    }
    price = np.asarray(sum(w * LIST_PRICE_USD[chip] for chip, w in weights.items()))
    return Mix(**totals, price_usd=price)


def diverted_flow(
    attempted: Array, shares: list[Array], stopped: list[Array], displacement: Array, mix: Mix
) -> Diverted:
    """Return the channel from attempts, shape (quarters, draws)."""
    by_pathway = tuple(attempted * passed for passed in pass_shares(shares, stopped, displacement))
    units = np.asarray(sum(by_pathway))
    return Diverted(
        attempted=attempted,
        units=units,
        blocked=attempted - units,
        by_pathway=by_pathway,
        revenue_usd=units * mix.price_usd,
        h100e=units * mix.h100e,
        h100e_bandwidth=units * mix.h100e_bandwidth,
        mem_gb=units * mix.mem_gb,
        attempted_h100e=attempted * mix.h100e,
    )
