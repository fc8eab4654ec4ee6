"""The legal channel: chips sold to the PRC by their makers, with or without a licence.

History is observed: units are revenue over price, so a draw with a high price has few units and revenue
does not move. A stricter law cuts by date within the window in which the chips shipped; what still passes
is the leak of a presumption of denial. Forward sales are what could be supplied, times the licence policy,
times the PRC's own restraint. A looser law draws on latent demand.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chipflows.flows.access import Access
from chipflows.flows.grid import Grid
from chipflows.flows.inputs import H100_DENSE_8BIT_TOPS, KNOWN_THROUGH_QUARTER, Inputs, Segment
from chipflows.flows.sampling import Draws, power

__all__ = [
    "BEST_CHIP",
    "FLAGSHIP",
    "LEGAL_CHIPS",
    "Flow",
    "Legal",
    "flow_of",
    "legal_sales",
    "median_of",
    "restraint",
    "segment_revenue",
    "segment_units",
    "switch_day",
    "units_from_price",
]

LEGAL_CHIPS = ("a100_sxm_80", "a800_sxm_80", "h800_sxm_80", "h20_96", "mi308", "h200_sxm_141", "b30a")
FLAGSHIP = "b200"  # the best chip: while it is denied, sales are of what the rules leave
BEST_CHIP = "best_on_sale"
_PRICE_DRAW = {
    "a100_sxm_80": "price_a100_usd",
    "a800_sxm_80": "price_a800_usd",
    "h800_sxm_80": "price_h800_usd",
    "h20_96": "price_h20_usd",
}
_FORWARD_PRICE = {
    "h200_sxm_141": "price_forward_usd",
    "mi308": "price_mi308_usd",
    "b30a": "price_b30a_usd",
}
_H200_SHAPE = {"2026Q1": 0.05, "2026Q2": 0.25, "2026Q3": 0.70}

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Flow:
    """One chip's flow, each array of shape (quarters, draws): units, revenue, and the three metrics."""

    units: Array
    revenue_usd: Array
    h100e: Array
    h100e_bandwidth: Array
    mem_gb: Array


@dataclass(frozen=True)
class Legal:
    """The legal channel of one scenario by chip, and its spend (USD, shape (quarters, draws))."""

    by_chip: dict[str, Flow]

    def total(self, name: str) -> Array:
        """Return the sum over chips of one attribute of Flow, shape (quarters, draws)."""
        return np.asarray(sum(getattr(flow, name) for flow in self.by_chip.values()))


def switch_day(law_from: int | None, lag: Array | None, draws: int) -> Array:
    """Return the day number per draw from which a scenario's law applies: adoption plus lag."""
    if law_from is None:
        return np.zeros(draws)
    return law_from + (lag if lag is not None else np.zeros(draws))


def units_from_price(
    units_p50: float, price: Array, price_p50: float, hw_share: Array, hw_p50: float
) -> Array:
    """Return units per draw of what was observed sold, shape (draws,): revenue x hardware share / price.

    Observed revenue is fixed, so units move against price: 1,000 units at a median price of 12,247 USD are
    1,000 x 12,247 / 15,000 = 816 when the price is 15,000 and the hardware share is at its median.
    """
    return np.asarray(units_p50 * (hw_share / hw_p50) / (price / price_p50))


def restraint(draws: Draws, forced: str = "drawn", more_open: float = 0.0) -> Array:
    """Return the share of licensed volume the PRC lets in, shape (draws,).

    The regime is drawn once (barred, rationed, open) or *forced*; *more_open* moves that share of the
    non-open draws, weighted by an assumption, into the open regime.
    """
    shares = np.stack([draws[f"prc_restraint_{name}"] for name in ("barred", "rationed", "open")])
    regime = draws["prc_regime"].astype(int)
    if forced != "drawn":
        regime = np.full_like(regime, ("barred", "rationed", "open").index(forced))
    drawn = np.take_along_axis(shares, regime[None, :], axis=0)[0]
    pull = more_open * draws["prc_opens_for_better_chip"]
    return np.asarray(drawn * (1.0 - pull) + pull * np.maximum(drawn, shares[2]))


def legal_sales(
    inputs: Inputs, draws: Draws, access: Access, switch: Array, latent_usd: Array | None, regime: str
) -> Legal:
    """Return the legal channel under *access* from *switch* on, shape (quarters, draws) throughout.

    *latent_usd* is latent demand (None while computing ``actual``, which does not need it).
    """
    sales = _Sales(inputs, draws, access, switch, regime)
    sales.add_history()
    sales.add_forward()
    if latent_usd is not None:
        sales.add_open_h200(latent_usd)
    flows = {chip: flow_of(inputs, draws, chip, *sales.of(chip)) for chip in sales.units}
    if latent_usd is not None and access.differs(FLAGSHIP):
        flows = sales.free_access(flows, latent_usd)
    return Legal(flows)


def segment_units(inputs: Inputs, segment: Segment, draws: Draws) -> Array:
    """Return units per draw of an observed segment, shape (draws,)."""
    if segment.chip_id not in _PRICE_DRAW:
        return np.asarray(segment.units * draws["mi308_units"])
    name = _PRICE_DRAW[segment.chip_id]
    medians = median_of(inputs, name), median_of(inputs, "hw_share")
    sold = units_from_price(segment.units, draws[name], medians[0], draws["hw_share"], medians[1])
    return np.asarray(sold * draws["a100_allocation"]) if segment.chip_id == "a100_sxm_80" else sold


def segment_revenue(inputs: Inputs, segment: Segment, draws: Draws) -> Array:
    """Return USD per draw of an observed segment: fixed where revenue was observed, else units x price."""
    if segment.chip_id not in _PRICE_DRAW:
        return segment_units(inputs, segment, draws) * segment.price_usd
    spent = np.full(draws.size, segment.units * segment.price_usd / median_of(inputs, "hw_share"))
    return spent * draws["a100_allocation"] if segment.chip_id == "a100_sxm_80" else spent


def median_of(inputs: Inputs, name: str) -> float:
    """Return the median of a lognormal assumption: the root of the product of its ends."""
    low, high = inputs.assumptions.uncertain[name].range()
    return float(np.sqrt(low * high))


@dataclass(frozen=True)
class _Sales:
    """Sales as they are added up: by chip, units and revenue, arrays of shape (quarters, draws)."""

    inputs: Inputs
    draws: Draws
    access: Access
    switch_day: Array
    regime: str
    units: dict[str, Array] = field(default_factory=dict)
    revenue_usd: dict[str, Array] = field(default_factory=dict)

    @property
    def grid(self) -> Grid:
        return self.inputs.grid

    def of(self, chip: str) -> tuple[Array, Array]:
        """Return units and revenue of a chip, to be added to."""
        if chip not in self.units:
            shape = (len(self.grid.quarters), self.draws.size)
            self.units[chip], self.revenue_usd[chip] = np.zeros(shape), np.zeros(shape)
        return self.units[chip], self.revenue_usd[chip]

    def add_history(self) -> None:
        """Add what was observed, less what a stricter law would have cut."""
        for segment in self.inputs.segments:
            if segment.quarter not in self.grid.index:
                continue
            kept = 1.0 - self._cut(segment) * (1.0 - self.draws["approval_denial"])
            row = self.grid.index[segment.quarter]
            units, revenue = self.of(segment.chip_id)
            units[row] += segment_units(self.inputs, segment, self.draws) * kept
            revenue[row] += segment_revenue(self.inputs, segment, self.draws) * kept

    def _cut(self, segment: Segment) -> Array:
        start = np.array([float(segment.start.toordinal())])
        end = np.array([float(segment.end.toordinal())])
        return np.asarray(self.access.tightened(segment.chip_id, start, end, self.switch_day)[0])

    def add_forward(self) -> None:
        """Add what licences and the PRC let through from here on."""
        let_in = restraint(self.draws, self.regime, 1.0 if _any_loosened(self.access) else 0.0)
        for chip, amount in self._potential_units(let_in).items():
            sold = amount * self._allowed_share(chip)
            units, revenue = self.of(chip)
            units += sold
            revenue += sold * self.inputs.path(_FORWARD_PRICE[chip])
        self._add_unrestricted_h20(let_in)

    def _potential_units(self, let_in: Array) -> dict[str, Array]:
        """Return units per quarter that licences and Beijing would let through, were all approved."""
        draws, grid = self.draws, self.grid
        forward = _forward_quarters(grid)
        h200 = forward * draws["h200_licensable_per_year"] / 4.0 * let_in
        known = np.zeros_like(forward)
        for quarter, share in _H200_SHAPE.items():
            if quarter in grid.index:
                known[grid.index[quarter]] = share
        mi308_from = np.array(
            [[1.0 if "2026Q1" <= q <= KNOWN_THROUGH_QUARTER else 0.0] for q in grid.quarters]
        )
        mi308 = draws["mi308_units_per_quarter"] * (mi308_from + forward * let_in)
        observed_h200 = known * draws["h200_units_2026"] / draws["approval_case_by_case"]
        b30a = forward * draws["b30a_units_per_quarter"] * let_in
        return {"h200_sxm_141": h200 + observed_h200, "mi308": mi308, "b30a": b30a}

    def _allowed_share(self, chip: str) -> Array:
        shares = self.access.shares(chip, self.grid.starts, self.grid.ends, self.switch_day)
        leak = self.draws["approval_denial"] if chip != "b30a" else np.zeros_like(self.switch_day)
        case = self.draws["approval_case_by_case"]
        if chip == "mi308":  # its units are those shipped under licence, so review is in them already
            case = np.ones_like(self.switch_day)
        return np.asarray(
            shares["free"] + shares["approval"] + shares["case_by_case"] * case + shares["denial"] * leak
        )

    def add_open_h200(self, latent_usd: Array) -> None:
        """Add the H200s beyond what licences now allow, where all applications are approved.

        They are latent spend on US chips, within world supply, times what the PRC lets in.
        """
        draws, inputs, grid = self.draws, self.inputs, self.grid
        chip = "h200_sxm_141"
        loosened = self.access.loosened(chip, grid.starts, grid.ends, self.switch_day)
        open_share = loosened * _forward_quarters(grid)
        if not open_share.any():
            return
        wanted = latent_usd * draws["prefer_us"]
        world = inputs.path("nvidia_compute_revenue_usd_bn") * 1e9 / 4.0 * draws["free_access_supply"]
        price = inputs.path("price_forward_usd")
        most = np.minimum(wanted, world) * restraint(draws, self.regime, 1.0) / price
        units, revenue = self.of(chip)
        extra = open_share * np.maximum(most - units, 0.0)
        units += extra
        revenue += extra * price

    def _add_unrestricted_h20(self, let_in: Array) -> None:
        """Add the H20s that a looser law would have let through after the April 2025 letter."""
        draws, grid = self.draws, self.grid
        if not self.access.differs("h20_96"):
            return
        open_share = self.access.loosened("h20_96", grid.starts, grid.ends, self.switch_day)
        years = np.maximum(grid.middle - 2026.0, 0.0)[:, None]
        fade = power(1.0 - draws["h20_fade_per_year"], years)
        refused_from = grid.quarters.index("2025Q4") if "2025Q4" in grid.index else len(grid.quarters)
        let = np.where(np.arange(len(grid.quarters))[:, None] < refused_from, 1.0, let_in[None, :])
        spend = open_share * draws["h20_forgone_usd_bn_per_quarter"] * 1e9 * fade * let
        price = draws["price_h20_usd"] * self.inputs.path("price_index_2025")
        units, revenue = self.of("h20_96")
        units += spend * draws["hw_share"] / price
        revenue += spend

    def free_access(self, flows: dict[str, Flow], latent_usd: Array) -> dict[str, Flow]:
        """Return flows where the flagship is freely sold: latent spend on the best chip, in world supply."""
        draws, inputs, grid = self.draws, self.inputs, self.grid
        open_share = self.access.loosened(FLAGSHIP, grid.starts, grid.ends, self.switch_day)
        wanted = latent_usd * draws["free_access_uplift"] * draws["prefer_us"]
        world = inputs.path("nvidia_compute_revenue_usd_bn") * 1e9 / 4.0
        spend = open_share * np.minimum(wanted, world * draws["free_access_supply"])
        closed = 1.0 - open_share
        scaled = {chip: _scaled(flow, closed) for chip, flow in flows.items()}
        thousands = spend / 1000.0
        scaled[BEST_CHIP] = Flow(
            units=spend / inputs.path("best_chip_price_usd"),
            revenue_usd=spend,
            h100e=thousands * inputs.path("best_chip_h100e_per_usd_1000"),
            h100e_bandwidth=thousands * inputs.path("best_chip_bandwidth_per_usd_1000"),
            mem_gb=thousands * inputs.path("best_chip_mem_gb_per_usd_1000"),
        )
        return scaled


def _scaled(flow: Flow, share: Array) -> Flow:
    return Flow(
        flow.units * share,
        flow.revenue_usd * share,
        flow.h100e * share,
        flow.h100e_bandwidth * share,
        flow.mem_gb * share,
    )


def flow_of(inputs: Inputs, draws: Draws, chip: str, units: Array, revenue: Array) -> Flow:
    """Return a chip's units, any shape that ends in (draws,), in every metric."""
    spec = inputs.spec(chip)
    h100e: float | Array = spec.h100e
    if chip == "mi308":  # its throughput is disputed, so it is drawn
        h100e = draws["mi308_dense_tops"] / H100_DENSE_8BIT_TOPS
    return Flow(units, revenue, units * h100e, units * spec.h100e_bandwidth, units * spec.mem_gb)


def _forward_quarters(grid: Grid) -> Array:
    return np.array([[1.0 if quarter > KNOWN_THROUGH_QUARTER else 0.0] for quarter in grid.quarters])


def _any_loosened(access: Access) -> bool:
    return any(
        access.loosened(chip, np.array([0.0]), np.array([1e7]), np.zeros(1)).any() for chip in LEGAL_CHIPS
    )
