"""Epoch AI's totals, a product model of one laboratory, and sums that peers print: re-run with their inputs.

Epoch AI: ai-chip-counts, April 2026 (units and prices by chip, 80% price ranges, rank correlations of
prices), and ai-compute-users (the product model). Methods in our own words; sources at each function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipflows.flows.history import h100e, log_sd
from chipflows.flows.peers import lognormal

__all__ = [
    "EPOCH_CHIPS",
    "META",
    "EpochChip",
    "LabInputs",
    "compute_users",
    "epoch_totals",
    "grown_stock",
    "h100_of_tpp",
    "wider_by",
]

Array = NDArray[np.float64]
H100_TPP = 15_832.0


@dataclass(frozen=True)
class EpochChip:
    """One line of NVIDIA's: median units to January 2026, 80% price range (USD) and dense 8-bit TOPS."""

    family: str
    units: float
    price_usd: tuple[float, float]
    dense_8bit_tops: float


EPOCH_CHIPS: Mapping[str, EpochChip] = {
    "A100": EpochChip("Ampere", 1_092_774, (10_000, 15_000), 624),
    "A800": EpochChip("Ampere", 121_421, (10_000, 15_000), 624),
    "H100 and H200": EpochChip("Hopper", 4_317_291, (27_000, 35_000), 1979),
    "H800": EpochChip("Hopper", 115_430, (25_000, 35_000), 1979),
    "H20": EpochChip("Hopper", 1_489_899, (10_000, 15_000), 296),
    "B200": EpochChip("Blackwell", 2_040_240, (33_000, 42_000), 5000),
    "B300": EpochChip("Blackwell", 1_714_074, (38_000, 49_000), 5000),
}
EPOCH_HARDWARE_SHARE = (0.96, 0.99)
"""Part of compute revenue that is hardware, 80%; drawn once for every chip and quarter."""
_SAME_FAMILY = 0.95
_BETWEEN = {
    frozenset({"Ampere", "Hopper"}): 0.50,
    frozenset({"Hopper", "Blackwell"}): 0.50,
    frozenset({"Ampere", "Blackwell"}): 0.25,
}


def epoch_totals(
    unit: str = "chips",
    draws: int = 2**16,
    seed: int = 1,
    chips: Mapping[str, EpochChip] = EPOCH_CHIPS,
    *,
    correlated: bool = True,
) -> Array:
    """Return draws of all chips together, shape (draws,), in *unit* ("chips" or "h100e").

    units of a chip = its median x exp(-price sd x z + hardware sd x w): revenue is known, so a dearer chip
    means fewer of them. The z are correlated by rank within and between families (a Gaussian copula), or
    independent with ``correlated=False``; w is shared. Epoch AI, ai-chip-counts, April 2026.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    count = len(chips)
    points = qmc.Sobol(count + 1, scramble=True, rng=np.random.default_rng(seed)).random(draws)
    normal = ndtri(np.clip(points, 2.0**-40, 1 - 2.0**-40))
    price, hardware = normal[:, :count], normal[:, count:]
    if correlated:
        price = price @ np.linalg.cholesky(_normal_correlation([chip.family for chip in chips.values()])).T
    spread = np.array([log_sd(*chip.price_usd) for chip in chips.values()])
    middle = np.array(
        [h100e(c.units, c.dense_8bit_tops) if unit == "h100e" else c.units for c in chips.values()]
    )
    return np.asarray(np.exp(-spread * price + log_sd(*EPOCH_HARDWARE_SHARE) * hardware) @ middle)


def _normal_correlation(families: list[str]) -> Array:
    """Return the normal scores' correlations: 2 sin(pi r / 6) of the rank correlations r of prices."""
    rank = [
        [1.0 if i == j else _BETWEEN.get(frozenset({a, b}), _SAME_FAMILY) for j, b in enumerate(families)]
        for i, a in enumerate(families)
    ]
    return np.asarray(2.0 * np.sin(np.pi * np.array(rank) / 6.0))


def wider_by(narrow: Array, wide: Array) -> float:
    """Return how much wider the 90% interval of *wide* is than that of *narrow*, as a share (0.46 is 46%)."""
    (low, high), (lower, higher) = (np.quantile(values, [0.05, 0.95]) for values in (narrow, wide))
    return float((higher - lower) / (high - low) - 1.0)


@dataclass(frozen=True)
class LabInputs:
    """90% intervals of one laboratory's compute: chips bought in H100e, part installed, part it has.

    ``share_limits`` cut the laboratory's share after it is drawn.
    """

    bought_h100e: tuple[tuple[float, float], ...]
    installed: tuple[float, float]
    share: tuple[float, float]
    share_limits: tuple[float, float]


META = LabInputs(((1.43e6, 2.38e6), (345e3, 612e3)), (0.62, 0.90), (0.33, 0.80), (0.1, 0.9))
"""Meta's superintelligence laboratory: NVIDIA and AMD chips (Epoch AI, ai-compute-users)."""


def compute_users(inputs: LabInputs = META, draws: int = 2**16, seed: int = 1) -> Array:
    """Return draws of the H100e one laboratory uses, shape (draws,).

    Sum of the chips bought x part installed x share of them, all lognormal by their 90% intervals.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    count = len(inputs.bought_h100e)
    points = qmc.Sobol(count + 2, scramble=True, rng=np.random.default_rng(seed)).random(draws)
    normal = ndtri(np.clip(points, 2.0**-40, 1 - 2.0**-40))
    parts = [_drawn(normal[:, i], interval) for i, interval in enumerate(inputs.bought_h100e)]
    share = np.clip(_drawn(normal[:, count + 1], inputs.share), *inputs.share_limits)
    return np.asarray(np.sum(parts, axis=0) * _drawn(normal[:, count], inputs.installed) * share)


def _drawn(normal: Array, interval: tuple[float, float]) -> Array:
    mu, sigma = lognormal(interval)
    return np.asarray(np.exp(mu + sigma * normal))


def grown_stock(start_h100e: float, growth: float, years: float) -> float:
    """Return a stock (H100e) after *years* of growth by a constant factor a year: 100,000 x 2.4^2 = 576,000.

    The AI Futures project's rule for PRC compute after 2025.
    """
    return float(start_h100e * growth**years)


def h100_of_tpp(tpp: float) -> float:
    """Return how many H100 a quantity of TPP is: 790,000,000 / 15,832 = 49,899 (90 FR 4544's allocation)."""
    return tpp / H100_TPP
