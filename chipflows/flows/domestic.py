"""The domestic channel: AI packages made in the PRC, limited by dies, HBM stacks, assembly and demand.

Packages started in a quarter = min(dies in stock / dies per package, stacks in stock / stacks per package,
assembly ceiling, demand). Dies come from SMIC and from the bank of dies made at TSMC through
intermediaries; stacks from the bank bought before 2025, diverted HBM, CXMT and other PRC makers. A failed
package scraps its dies and its stacks. What is not used stays in stock, and the ledger says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipflows.flows.inputs import Inputs
from chipflows.flows.levers import Settings
from chipflows.flows.sampling import Draws, once_per_block, power

__all__ = ["Domestic", "Stacks", "cxmt_stacks", "die_arrivals", "domestic_output", "stack_arrivals"]

_QUARTERS_PER_YEAR = 4.0
_MONTHS = 3.0
_KNOWN = 2026.0
_OTHER_DIES, _OTHER_STACKS = 1.0, 5.0  # an MLU590-class package

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stacks:
    """HBM stacks reaching PRC package lines per quarter by source, each of shape (quarters, draws)."""

    bank: Array
    diverted: Array
    cxmt: Array
    other: Array
    free: Array

    def total(self) -> Array:
        """Return all sources together."""
        return np.asarray(self.bank + self.diverted + self.cxmt + self.other + self.free)


@dataclass(frozen=True)
class Domestic:
    """Output of the domestic channel, arrays of shape (quarters, draws).

    ``packages`` are good packages; ``dies_in``, ``dies_used``, ``dies_left`` and the same for stacks make the
    ledger; ``binding`` names the limit by position: 0 dies, 1 stacks, 2 assembly, 3 demand;
    ``packages_by_dies`` and ``packages_by_stacks`` are the good packages that a quarter's arrivals alone
    would allow.
    """

    packages: Array
    started: Array
    spend_usd: Array
    h100e: Array
    h100e_bandwidth: Array
    mem_gb: Array
    dies_in: Array
    dies_used: Array
    dies_left: Array
    stacks_in: Array
    stacks_used: Array
    stacks_left: Array
    stacks: Stacks
    binding: Array
    packages_by_dies: Array
    packages_by_stacks: Array


@once_per_block
def die_arrivals(inputs: Inputs, draws: Draws) -> Array:
    """Return 910B-size dies arriving per quarter, shape (quarters, draws).

    SMIC: wafers/month x 3 x gross dies x yield x AI share; 40,000 x 3 x 78 x 0.40 x 0.10 = 374,400. Added to
    it, the quarter's share of the bank of dies made at TSMC.
    """
    wafers = inputs.path("smic_wafers_per_month") * draws["smic_wafers"] * _MONTHS
    good = np.minimum(inputs.path("smic_die_yield") * draws["smic_yield"], 0.95)
    ai_share = np.minimum(inputs.path("ai_wafer_share_shape") * draws["ai_wafer_share"], 0.9)
    smic = wafers * inputs.path("gross_dies_per_wafer") * good * ai_share
    return np.asarray(smic + inputs.path("tsmc_die_arrivals") * draws["tsmc_die_bank"])


def cxmt_stacks(inputs: Inputs, draws: Draws, settings: Settings, in_force: Array) -> Array:
    """Return HBM stacks CXMT makes per quarter, shape (quarters, draws).

    Wafers/month x 3 x dies per wafer x stack yield / dies per stack: 12,000 x 3 x 520 x 0.22 / 8 = 514,800.
    The ramp slips by a drawn number of quarters. A listing cuts wafers and yield, phased in after it takes
    effect, less what PRC and third-country tools make good and what was bought ahead.
    """
    made = _unlisted_cxmt(inputs, draws)
    if not in_force.any():
        return made
    bite = listing_bite(inputs, draws, settings, in_force)
    kept_wafers = 1.0 - np.minimum(bite * draws["listing_wafer_loss"], 0.95)
    kept_yield = 1.0 - np.minimum(bite * draws["listing_yield_loss"], 0.95)
    return np.asarray(made * kept_wafers * kept_yield)


def listing_bite(inputs: Inputs, draws: Draws, settings: Settings, in_force: Array) -> Array:
    """Return how far a listing has bitten, 0 upwards (1 = full effect by the US alone), (quarters, draws).

    Ramp over the drawn phase-in, x (1 - backfill growing over three years), x (1 - tools bought ahead), x the
    allied factor when that lever is on; zero before 2028 in the branch where a listing does nothing.
    """
    if not in_force.any():
        return np.zeros_like(in_force)
    elapsed = np.cumsum(in_force, axis=0)
    ramp = np.minimum(elapsed / draws["listing_phase_in"], 1.0)
    backfill = draws["listing_backfill"] * np.minimum(elapsed / 12.0, 1.0)
    bite = ramp * (1.0 - backfill)
    if settings.lever("tools_bought_ahead"):
        bite = bite * (1.0 - draws["listing_tools_ahead"])
    if settings.lever("allied_action"):
        return np.asarray(bite * np.maximum(draws["listing_allied_factor"], 1.0))
    early = (inputs.grid.middle < 2028.0)[:, None]
    return np.asarray(np.where(early & _does_nothing(draws, settings)[None, :], 0.0, bite))


def stack_arrivals(
    inputs: Inputs, draws: Draws, settings: Settings, in_force: Array, free_share: Array
) -> Stacks:
    """Return HBM stacks arriving per quarter by source.

    *free_share* is the share of each quarter without an HBM rule, shape (quarters, draws).
    """
    after_2024 = (inputs.grid.middle > 2025.0)[:, None]
    cxmt = cxmt_stacks(inputs, draws, settings, in_force)
    return Stacks(
        bank=inputs.path("hbm_bank_arrivals") * draws["hbm_bank"],
        diverted=after_2024 * draws["hbm_diverted_per_quarter"],
        cxmt=cxmt,
        other=cxmt * draws["other_prc_hbm"],
        free=free_share * inputs.path("free_hbm_per_quarter"),
    )


def domestic_output(
    inputs: Inputs, draws: Draws, stacks: Stacks, wanted_usd: Array | None, dies: Array
) -> Domestic:
    """Return the domestic channel; *wanted_usd* is demand for it (None: not limited), (quarters, draws)."""
    mix = _mix(inputs, draws)
    other = draws["other_makers"]
    dies_each = mix["dies"] + other * _OTHER_DIES
    stacks_each = mix["stacks"] + other * _OTHER_STACKS
    price = _package_price(inputs, draws)
    ceiling = _assembly_ceiling(inputs, draws)
    limit = None if wanted_usd is None else wanted_usd / (price * draws["package_yield"] * (1.0 + other))
    ledger = _run_ledger(dies, stacks.total(), dies_each, stacks_each, ceiling, limit)
    started, sold = ledger["started"], draws["package_yield"] * (1.0 + other)
    good = started * draws["package_yield"]
    return Domestic(
        packages=good * (1.0 + other),
        spend_usd=good * (1.0 + other) * price,
        h100e=good * (mix["h100e"] + other * inputs.spec("mlu590").h100e),
        h100e_bandwidth=good * (mix["h100e_bandwidth"] + other * inputs.spec("mlu590").h100e_bandwidth),
        mem_gb=good * (mix["mem_gb"] + other * inputs.spec("mlu590").mem_gb),
        dies_in=dies,
        stacks_in=stacks.total(),
        stacks=stacks,
        packages_by_dies=dies / dies_each * sold,
        packages_by_stacks=stacks.total() / stacks_each * sold,
        **ledger,
    )


@once_per_block
def _package_price(inputs: Inputs, draws: Draws) -> Array:
    """Return the price of the average PRC package in USD, shape (quarters, draws)."""
    return np.asarray(inputs.path("price_domestic_usd_1000") * 1000.0 * draws["price_domestic"])


@once_per_block
def _unlisted_cxmt(inputs: Inputs, draws: Draws) -> Array:
    """Return CXMT's HBM stacks per quarter without a listing, shape (quarters, draws)."""
    wafers = _slipped(inputs, "cxmt_hbm_wafers_per_month", draws["cxmt_slip"]) * draws["cxmt_hbm_wafers"]
    good = inputs.path("cxmt_stack_yield_path") * draws["cxmt_stack_yield"]
    stacks = wafers * _MONTHS * inputs.path("hbm_dies_per_wafer") * good / inputs.path("hbm_stack_height")
    return np.asarray(stacks)


def _run_ledger(
    dies: Array, stacks: Array, dies_each: Array, stacks_each: Array, ceiling: Array, limit: Array | None
) -> dict[str, Array]:
    shape = dies.shape
    out = {
        name: np.empty(shape)
        for name in ("started", "dies_used", "dies_left", "stacks_used", "stacks_left", "binding")
    }
    dies_stock, stacks_stock = np.zeros(shape[1]), np.zeros(shape[1])
    unlimited = np.full(shape[1], np.inf)
    for q in range(shape[0]):
        dies_stock = dies_stock + dies[q]
        stacks_stock = stacks_stock + stacks[q]
        bounds = np.stack(
            [
                dies_stock / dies_each[q],
                stacks_stock / stacks_each[q],
                ceiling[q],
                unlimited if limit is None else limit[q],
            ]
        )
        started = np.maximum(bounds.min(axis=0), 0.0)
        out["binding"][q] = bounds.argmin(axis=0)
        out["started"][q] = started
        out["dies_used"][q] = started * dies_each[q]
        out["stacks_used"][q] = started * stacks_each[q]
        dies_stock = dies_stock - out["dies_used"][q]
        stacks_stock = stacks_stock - out["stacks_used"][q]
        out["dies_left"][q] = dies_stock
        out["stacks_left"][q] = stacks_stock
    return out


@once_per_block
def _assembly_ceiling(inputs: Inputs, draws: Draws) -> Array:
    """Return packages that could be started per quarter: observed ones through 2025, then growth."""
    grid = inputs.grid
    observed = inputs.path("huawei_packages_per_quarter") * draws["huawei_packages"]
    last = max(grid.index.get("2025Q4", -1), 0)
    years = np.maximum((np.arange(len(grid.quarters)) - last) / _QUARTERS_PER_YEAR, 0.0)[:, None]
    years = np.minimum(years, 3.0) + 0.5 * np.maximum(years - 3.0, 0.0)
    ahead = observed[last] * power(draws["assembly_growth"], years)
    past = (np.arange(len(grid.quarters)) <= last)[:, None]
    return np.asarray(np.where(past, observed, ahead) / draws["package_yield"])


@once_per_block
def _mix(inputs: Inputs, draws: Draws) -> dict[str, Array]:
    """Return the average Huawei package per quarter: dies, stacks, the three metrics; (quarters, draws)."""
    b = inputs.path("share_910b") + np.zeros(draws.size)
    newer = _slipped(inputs, "share_950", draws["roadmap_slip"])
    newest = _slipped(inputs, "share_960", draws["roadmap_slip"])
    c = np.maximum(1.0 - b - newer - newest, 0.0)
    shares = {"asc910b": b, "asc910c": c, "asc950dt": newer, "asc960": newest}
    stacks = draws["stacks_per_950"]
    area = draws["die_area_per_950"]
    found = {
        "dies": b + 2.0 * c + area * newer + 2.0 * area * newest,
        "stacks": 4.0 * b + 8.0 * c + stacks * newer + 1.5 * stacks * newest,
    }
    for name in ("h100e", "h100e_bandwidth", "mem_gb"):
        parts = [share * getattr(inputs.spec(chip), name) for chip, share in shares.items()]
        found[name] = np.asarray(sum(parts))
    return found


def _slipped(inputs: Inputs, profile: str, quarters: Array) -> Array:
    """Return a profile whose path after 2025 is delayed by drawn quarters, shape (quarters, draws)."""
    now = inputs.grid.middle[:, None]
    years = np.where(now <= _KNOWN, now, np.maximum(now - quarters[None, :] / _QUARTERS_PER_YEAR, _KNOWN))
    item = inputs.assumptions.profiles[profile]
    knots = np.array([float(key) for key in item.at])
    values = np.array(list(item.at.values()))
    if item.scale == "log":
        return np.asarray(np.exp(np.interp(years, knots, np.log(values))))
    return np.asarray(np.interp(years, knots, values))


def _does_nothing(draws: Draws, settings: Settings) -> NDArray[np.bool_]:
    branch = settings.lever("cxmt_branch")
    if branch == "works":
        return np.zeros(draws.size, dtype=bool)
    if branch == "nothing_before_2028":
        return np.ones(draws.size, dtype=bool)
    return np.asarray(draws["listing_no_effect_before_2028"] == 1.0)
