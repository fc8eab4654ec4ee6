"""One block of draws through every channel, for ``actual`` and for a scenario.

Order: legal, domestic, latent demand (fixed on ``actual``), the change in unmet spend, then the channels it
moves (diverted, domestic demand, remote), each through one marginal share; then stocks and comparators.
A scenario that changes nothing runs the same arithmetic on the same numbers, so it gives the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipflows.errors import LedgerError
from chipflows.flows.abroad import Offshore, offshore_purchases, remote_stock
from chipflows.flows.access import Access
from chipflows.flows.diverted import (
    Diverted,
    attempts_on_actual,
    diverted_flow,
    mix_of,
    pathway_shares,
    stopped_shares,
    units_on_actual,
)
from chipflows.flows.domestic import Domestic, die_arrivals, domestic_output, stack_arrivals
from chipflows.flows.inputs import KNOWN_THROUGH_QUARTER, Inputs
from chipflows.flows.legal import FLAGSHIP, Legal, legal_sales, switch_day
from chipflows.flows.levers import ASKS, Settings
from chipflows.flows.sampling import Draws
from chipflows.flows.stock import retention, us_stock

__all__ = ["Baseline", "Outcome", "baseline", "run"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """Everything one scenario gives for one block; arrays of shape (quarters, draws)."""

    legal: Legal
    domestic: Domestic
    diverted: Diverted
    offshore: Offshore
    remote_h100e: Array
    latent_usd: Array
    unmet_usd: Array
    us_stock_h100e: Array
    retention: Array
    start_h100e: Array


@dataclass(frozen=True)
class Baseline:
    """What ``actual`` fixes for every scenario of a block."""

    latent_usd: Array
    legal: Legal
    legal_usd: Array
    domestic_usd: Array
    domestic_wanted_usd: Array
    attempts: Array
    us_stock_h100e: Array


def baseline(inputs: Inputs, draws: Draws, access: Access, settings: Settings) -> Baseline:
    """Return latent demand, attempts and spend on ``actual``, which scenarios are measured against."""
    zero = np.zeros((len(inputs.grid.quarters), draws.size))
    sales = legal_sales(inputs, draws, access, np.zeros(draws.size), None, str(settings.lever("prc_regime")))
    legal = sales.total("revenue_usd")
    stacks = stack_arrivals(inputs, draws, settings, zero, zero)
    dies = die_arrivals(inputs, draws)
    supply = domestic_output(inputs, draws, stacks, None, dies).spend_usd
    mix = mix_of(inputs, draws)
    street = units_on_actual(inputs, draws) * mix.price_usd * draws["street_premium"]
    latent = _latent_demand(inputs, draws, legal, supply, street)
    observed = _observed(inputs)
    wanted = np.where(observed, np.maximum(supply, latent - legal), np.maximum(latent - legal, 0.0))
    spend = domestic_output(inputs, draws, stacks, wanted, dies).spend_usd
    return Baseline(
        latent_usd=latent,
        legal=sales,
        legal_usd=legal,
        domestic_usd=spend,
        domestic_wanted_usd=wanted,
        attempts=attempts_on_actual(inputs, draws, _displacement(draws, settings)),
        us_stock_h100e=us_stock(inputs, draws),
    )


def run(
    inputs: Inputs,
    draws: Draws,
    access: Access,
    settings: Settings,
    lags: Mapping[str, Array],
    base: Baseline,
) -> Outcome:
    """Return one scenario's outcome for a block; raises LedgerError when dies or stacks do not balance."""
    in_force = {ask: _in_force(inputs, draws, settings, lags, ask) for ask in ASKS}
    law_day = settings.law_from.toordinal() if settings.law_from else None
    switch = switch_day(law_day, lags.get(settings.law_lag or ""), draws.size)
    legal = base.legal
    if access.changes():
        regime = str(settings.lever("prc_regime"))
        legal = legal_sales(inputs, draws, access, switch, base.latent_usd, regime)
    legal_usd = legal.total("revenue_usd")
    free = _free_share(grid_access=access, inputs=inputs, switch=switch)
    wanted = np.maximum(base.domestic_wanted_usd - draws["to_domestic"] * (legal_usd - base.legal_usd), 0.0)
    stacks = stack_arrivals(inputs, draws, settings, in_force["cxmt"], free)
    domestic = domestic_output(inputs, draws, stacks, wanted, die_arrivals(inputs, draws))
    latent = base.latent_usd * (1.0 + free * (draws["free_access_uplift"] - 1.0))
    unmet = latent - legal_usd - domestic.spend_usd
    more_unmet = unmet - (base.latent_usd - base.legal_usd - base.domestic_usd)
    diverted = _diverted(inputs, draws, settings, in_force, base, more_unmet, free)
    outcome = Outcome(
        legal=legal,
        domestic=domestic,
        diverted=diverted,
        offshore=offshore_purchases(inputs, draws, settings, in_force["diffusion"]),
        remote_h100e=remote_stock(inputs, draws, settings, in_force["diffusion"], more_unmet),
        latent_usd=latent,
        unmet_usd=unmet,
        us_stock_h100e=base.us_stock_h100e,
        retention=retention(draws),
        start_h100e=draws["prc_stock_2021"],
    )
    _check_ledger(outcome, settings.scenario)
    return outcome


def _latent_demand(inputs: Inputs, draws: Draws, legal: Array, domestic: Array, street: Array) -> Array:
    years = np.maximum(inputs.grid.middle - 2025.5, 0.0)[:, None]
    prior = inputs.path("latent_spend_usd_bn") * 1e9 / 4.0 * draws["demand_level"]
    prior = prior * np.exp(draws["demand_tilt"] * years)
    floor = (legal + domestic + street) * (1.0 + draws["unmet_floor"])
    return np.where(_observed(inputs), np.maximum(prior, floor), prior)


def _observed(inputs: Inputs) -> NDArray[np.bool_]:
    return np.array([[quarter <= KNOWN_THROUGH_QUARTER] for quarter in inputs.grid.quarters])


def _in_force(inputs: Inputs, draws: Draws, settings: Settings, lags: Mapping[str, Array], ask: str) -> Array:
    day = settings.adopted.get(ask)
    if day is None:
        return np.zeros((len(inputs.grid.quarters), draws.size))
    lag = lags.get(ask)
    return inputs.grid.share_after(day.toordinal() + (np.zeros(draws.size) if lag is None else lag))


def _free_share(*, grid_access: Access, inputs: Inputs, switch: Array) -> Array:
    if not grid_access.differs(FLAGSHIP):
        return np.zeros((len(inputs.grid.quarters), len(switch)))
    return grid_access.loosened(FLAGSHIP, inputs.grid.starts, inputs.grid.ends, switch)


def _diverted(
    inputs: Inputs,
    draws: Draws,
    settings: Settings,
    in_force: Mapping[str, Array],
    base: Baseline,
    more_unmet: Array,
    free: Array,
) -> Diverted:
    mix = mix_of(inputs, draws)
    share = settings.lever("to_diverted")
    to_diverted = draws["to_diverted"] if share is None else float(share)
    added = to_diverted * more_unmet / (mix.price_usd * draws["street_premium"])
    attempted = np.maximum(base.attempts + added, 0.0) * (1.0 - free)
    stopped = stopped_shares(draws, settings, in_force["kyc"], in_force["diffusion"])
    return diverted_flow(attempted, pathway_shares(draws), stopped, _displacement(draws, settings), mix)


def _displacement(draws: Draws, settings: Settings) -> Array:
    fixed = settings.lever("displacement")
    drawn = draws["displacement"]
    return drawn if fixed is None else np.full_like(drawn, float(fixed))


def _check_ledger(outcome: Outcome, scenario: str) -> None:
    made = outcome.domestic
    for name in ("dies", "stacks"):
        came, used, left = (getattr(made, f"{name}_{part}") for part in ("in", "used", "left"))
        off = left - came + used
        off[1:] -= left[:-1]
        scale = max(float(came.max()), 1.0)
        if np.abs(off).max() > 1e-9 * scale or left.min() < -1e-9 * scale:
            worst = np.abs(off).max() / scale
            raise LedgerError(
                f"{scenario}: {name} in = used + left fails by {worst:.1e} of a quarter's arrivals"
            )
    gone = outcome.diverted
    if np.abs(gone.attempted - gone.units - gone.blocked).max() > 1e-6:
        raise LedgerError(f"{scenario}: diverted chips attempted = passed + blocked does not hold")
    if min(gone.units.min(), gone.blocked.min()) < -1e-6:
        raise LedgerError(f"{scenario}: a negative number of diverted chips")
