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
    "CNAS_EXACT",
    "CnasInputs",
    "break_even_chips",
    "cnas_2024",
    "cnas_quantiles",
    "cnas_sampling_error",
    "cnas_total_order",
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
CNAS_EXACT = {0.05: 15_698.0, 0.50: 136_125.0, 0.95: 1_027_812.0}
"""Quantiles of the mixture by quadrature, chips; the noise branch as the second pathway."""
_CNAS_LOGNORMALS = ("vendors", "chips_per_vendor_month", "fronts", "chips_per_front_year")


def lognormal(interval: tuple[float, float]) -> tuple[float, float]:
    """Return (mu, sigma) of the lognormal with *interval* as its 5th and 95th percentiles."""
    low, high = np.log(interval[0]), np.log(interval[1])
    return float((low + high) / 2), float((high - low) / (2 * Z90))


def cnas_2024(
    draws: int = 2**18, seed: int = 1, inputs: CnasInputs = CNAS_2024, *, plain: bool = False
) -> dict[str, Array]:
    """Return draws of chips diverted in 2024: ``vendors``, ``fronts`` and ``mixture``, each (draws,).

    vendors x chips a month x 12, and fronts x chips a year x share diverted; the mixture takes the first,
    both or the second. A product of independent lognormals is one, so four dimensions do: scrambled Sobol
    points, or pseudo-random ones with *plain*.
    """
    from scipy.special import ndtri
    from scipy.stats import qmc

    random = np.random.default_rng(seed)
    points = random.random((draws, 4)) if plain else qmc.Sobol(4, scramble=True, rng=random).random(draws)
    normal = ndtri(np.clip(points[:, :2], 2.0**-40, 1 - 2.0**-40))
    vendors = 12.0 * np.exp(_product(normal[:, 0], inputs.vendors, inputs.chips_per_vendor_month))
    low, high = inputs.diverted_share
    share = low + (high - low) * points[:, 2]
    fronts = share * np.exp(_product(normal[:, 1], inputs.fronts, inputs.chips_per_front_year))
    mixture = _mixed(vendors, fronts, points[:, 3], inputs)
    return {"vendors": vendors, "fronts": fronts, "mixture": mixture}


def _mixed(vendors: Array, fronts: Array, pick: Array, inputs: CnasInputs) -> Array:
    """Return the mixture: *pick*, uniform on 0..1, takes the first pathway, both, or the second alone."""
    first, both = inputs.weight_vendors_only, inputs.weight_vendors_only + inputs.weight_both
    if not inputs.noise_as_fronts:
        first, both = first / both, 1.0
    return np.where(pick < first, vendors, np.where(pick < both, vendors + fronts, fronts))


def cnas_total_order(
    base_draws: int = 2**14, seed: int = 1, inputs: CnasInputs = CNAS_2024
) -> dict[str, float]:
    """Return Sobol total-order indices of the mixture's logarithm by input, largest first.

    Inputs: chips_per_vendor_month, pathway (which branch of the mixture), vendors, fronts,
    chips_per_front_year, diverted_share. Saltelli's design and Jansen's estimator through SALib,
    base_draws x 8 evaluations.
    """
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample
    from scipy.special import ndtri

    names = [*_CNAS_LOGNORMALS, "diverted_share", "pathway"]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    points = sample.sample(problem, base_draws, calc_second_order=False, seed=seed)
    normal = ndtri(np.clip(points[:, :4], 2.0**-40, 1 - 2.0**-40))
    many, monthly, fronts, yearly = (
        np.exp(_product(normal[:, i], getattr(inputs, name))) for i, name in enumerate(_CNAS_LOGNORMALS)
    )
    low, high = inputs.diverted_share
    diverted = fronts * yearly * (low + (high - low) * points[:, 4])
    values = np.log(_mixed(12.0 * many * monthly, diverted, points[:, 5], inputs))
    found = analyze.analyze(problem, values, calc_second_order=False, num_resamples=2, seed=seed)["ST"]
    order = np.argsort(-found)
    return {names[i]: float(found[i]) for i in order}


def cnas_quantiles(values: Array, levels: tuple[float, ...]) -> Array:
    """Return quantiles of *values* at *levels* (0..1), by partial sorting, shape (levels,)."""
    size = len(values)
    places = np.array(levels) * (size - 1)
    low = places.astype(int)
    high = np.minimum(low + 1, size - 1)
    part = np.partition(values, np.unique(np.concatenate([low, high])))
    return np.asarray(part[low] + (places - low) * (part[high] - part[low]))


def cnas_sampling_error(draws: int = 2**16, seeds: int = 10) -> dict[str, Array]:
    """Return the mean relative error of the mixture's three quantiles over *seeds* runs, each of shape (3,).

    Keys ``sobol`` and ``plain``, at the levels of CNAS_EXACT and at the same number of draws.
    """
    exact, levels = np.array(list(CNAS_EXACT.values())), tuple(CNAS_EXACT)

    def error(plain: bool) -> Array:
        runs = [cnas_2024(draws, seed, plain=plain)["mixture"] for seed in range(seeds)]
        found = np.stack([cnas_quantiles(run, levels) for run in runs])
        return np.asarray(np.abs(found / exact - 1).mean(axis=0))

    return {"sobol": error(False), "plain": error(True)}


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
