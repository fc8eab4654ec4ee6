"""Peers' published models, re-run with their own inputs, and published identities.

CNAS: Grunewald and Fist, June 2025, Appendix A (inputs as printed; 90% intervals as lognormals). Epoch AI:
ai-chip-counts, April 2026. The notebook 70-peers sets each result beside what its authors printed and says
where they differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CNAS_2024",
    "CnasInputs",
    "break_even_chips",
    "cnas_2024",
    "cnas_quantiles",
    "hbm_limited_packages",
    "lognormal",
    "packages_from_dies",
]

Z90 = 1.6448536269514722
Array = NDArray[np.float64]


@dataclass(frozen=True)
class CnasInputs:
    """CNAS's 90% intervals for 2024 and its weights of pathways.

    ``noise_as_fronts`` gives the roughly 5% of draws whose form CNAS did not print to the second pathway;
    otherwise that branch is dropped and the others renormalised.
    """

    vendors: tuple[float, float] = (38, 150)
    chips_per_vendor_month: tuple[float, float] = (17, 1000)
    fronts: tuple[float, float] = (1, 10)
    chips_per_front_year: tuple[float, float] = (10_000, 100_000)
    diverted_share: tuple[float, float] = (0.40, 0.99)
    weight_vendors_only: float = 0.75
    weight_both: float = 0.20
    noise_as_fronts: bool = True


CNAS_2024 = CnasInputs()


def lognormal(interval: tuple[float, float]) -> tuple[float, float]:
    """Return (mu, sigma) of the lognormal with *interval* as its 5th and 95th percentiles."""
    low, high = np.log(interval[0]), np.log(interval[1])
    return float((low + high) / 2), float((high - low) / (2 * Z90))


def cnas_2024(draws: int = 2**18, seed: int = 1, inputs: CnasInputs = CNAS_2024) -> dict[str, Array]:
    """Return draws of chips diverted in 2024: ``vendors``, ``fronts`` and ``mixture``, each (draws,).

    vendors x chips a month x 12, and fronts x chips a year x share diverted; the mixture takes the first,
    both or the second. A product of independent lognormals is one, so four scrambled Sobol dimensions do.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(4, scramble=True, rng=np.random.default_rng(seed)).random(draws)
    normal = ndtri(np.clip(points[:, :2], 2.0**-40, 1 - 2.0**-40))
    vendors = 12.0 * np.exp(_product(normal[:, 0], inputs.vendors, inputs.chips_per_vendor_month))
    low, high = inputs.diverted_share
    share = low + (high - low) * points[:, 2]
    fronts = share * np.exp(_product(normal[:, 1], inputs.fronts, inputs.chips_per_front_year))
    first, both = inputs.weight_vendors_only, inputs.weight_both
    if not inputs.noise_as_fronts:
        first, both = first / (first + both), 1.0
    else:
        both = first + both
    pick = points[:, 3]
    mixture = np.where(pick < first, vendors, np.where(pick < both, vendors + fronts, fronts))
    return {"vendors": vendors, "fronts": fronts, "mixture": mixture}


def cnas_quantiles(values: Array, levels: tuple[float, ...]) -> Array:
    """Return quantiles of *values* at *levels* (0..1), by partial sorting, shape (levels,)."""
    size = len(values)
    places = np.array(levels) * (size - 1)
    low = places.astype(int)
    high = np.minimum(low + 1, size - 1)
    part = np.partition(values, np.unique(np.concatenate([low, high])))
    return np.asarray(part[low] + (places - low) * (part[high] - part[low]))


def packages_from_dies(dies: float, dies_per_package: float = 2, package_yield: float = 0.75) -> float:
    """Return good 910C packages from *dies*: 2,000,000 / 2 x 0.75 = 750,000 (CNAS, after CSIS)."""
    return dies / dies_per_package * package_yield


def hbm_limited_packages(stacks: float, stacks_per_package: float = 8) -> float:
    """Return packages that *stacks* allow: 13,000,000 / 8 = 1,625,000 910C (SemiAnalysis)."""
    return stacks / stacks_per_package


def break_even_chips(request_usd: float, budget_usd: float, price_usd: float) -> float:
    """Return seized chips whose doubled price pays a budget increase.

    CNAS: (313m - 191m) / (2 x 29,000) = 2,103.
    """
    return (request_usd - budget_usd) / (2 * price_usd)


def _product(normal: Array, *intervals: tuple[float, float]) -> Array:
    """Return log-draws of a product of independent lognormals from one standard-normal draw."""
    pairs = [lognormal(interval) for interval in intervals]
    return np.asarray(sum(m for m, _ in pairs) + np.sqrt(sum(s**2 for _, s in pairs)) * normal)
