"""Draws of every uncertain input: scrambled Sobol points through inverse distribution functions.

The same seed gives the same bits whatever the block size or the number of workers: a block is a slice of
one scrambled sequence. An input shared by several formulas is drawn once. Owen-scrambled Sobol points are
scipy.stats.qmc's; rank correlations are imposed with a Gaussian copula (r_normal = 2 sin(pi r_rank / 6)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from chipflows.errors import AssumptionError, InputError, did_you_mean
from chipflows.tables.assumptions import Assumption, Assumptions

__all__ = ["BLOCK", "Draws", "Sampler", "check_draws", "once_per_block", "power"]

BLOCK = 2048
MIN_DRAWS, MAX_DRAWS = 2**6, 2**20
_EDGE = 2.0**-40  # keeps a point off 0 and 1, where a normal has no finite quantile
_Z90, _Z80 = 1.6448536269514722, 1.2815515655446004

Array = NDArray[np.float64]
Context = TypeVar("Context")
Result = TypeVar("Result")


def check_draws(draws: int) -> int:
    """Return *draws* when it is a power of two from 2^6 to 2^20; raises InputError with the nearest."""
    if not MIN_DRAWS <= draws <= MAX_DRAWS:
        raise InputError(f"{draws} draws: choose a power of two from {MIN_DRAWS} to {MAX_DRAWS:,}.")
    if draws & (draws - 1):
        below = 1 << (draws.bit_length() - 1)
        raise InputError(f"{draws} draws is not a power of two. The nearest are {below} and {2 * below}.")
    return draws


@dataclass
class Draws:
    """One block of draws. ``draws["id"]`` is a float array of shape (block,); reads are recorded."""

    values: dict[str, Array]
    size: int
    used: set[str] = field(default_factory=set)
    kept: dict[str, object] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        if name not in self.values:
            raise AssumptionError(did_you_mean(name, self.values, "assumption"))
        self.used.add(name)
        return self.values[name]


def once_per_block(function: Callable[[Context, Draws], Result]) -> Callable[[Context, Draws], Result]:
    """Return *function(inputs, draws)* computed once per block, since every scenario asks for the same."""

    @wraps(function)
    def remembered(inputs: Context, draws: Draws) -> Result:
        name = function.__qualname__
        if name not in draws.kept:
            draws.kept[name] = function(inputs, draws)
        return cast(Result, draws.kept[name])

    return remembered


class Sampler:
    """Draws blocks of all uncertain inputs of *assumptions* for a run of *draws* points from *seed*."""

    def __init__(self, assumptions: Assumptions, draws: int, seed: int) -> None:
        self.draws = check_draws(draws)
        if seed < 0:
            raise InputError(f"seed {seed} is negative. Use 0 or a positive whole number.")
        self.seed = seed
        self.names = sorted(assumptions.uncertain)
        self._items = assumptions.uncertain
        self._mixers = {
            g.id: (g.members, _mixer(g.id, g.rank_correlation)) for g in assumptions.groups.values()
        }

    def starts(self) -> range:
        """Return the first draw of each block."""
        return range(0, self.draws, min(BLOCK, self.draws))

    def block(self, start: int) -> Draws:
        """Return the block that begins at draw *start*."""
        size = min(BLOCK, self.draws)
        return self.at(self._points(start, size))

    def blocks(self) -> Iterator[Draws]:
        """Yield every block in order."""
        for start in self.starts():
            yield self.block(start)

    def at(self, points: Array, *, mixed: bool = True) -> Draws:
        """Return draws at given *points* of the unit cube, shape (n, inputs), columns in ``names`` order.

        Not *mixed*, each column is its own input's probability, whatever the group it is drawn in.
        """
        from scipy.special import ndtri

        uniform = np.clip(points, _EDGE, 1.0 - _EDGE)
        normal = ndtri(uniform)
        column = {name: i for i, name in enumerate(self.names)}
        for members, mixer in self._mixers.values() if mixed else ():
            where = [column[name] for name in members]
            normal[:, where] = normal[:, where] @ mixer.T
        values = {
            name: quantile(self._items[name], normal[:, i], uniform[:, i])
            for i, name in enumerate(self.names)
        }
        return Draws(values=values, size=len(points))

    def _points(self, start: int, size: int) -> Array:
        from scipy.stats import qmc

        engine = qmc.Sobol(len(self.names), scramble=True, rng=np.random.default_rng(self.seed))
        if start:
            engine.fast_forward(start)
        return np.asarray(engine.random(size))


def power(base: Array, exponent: Array | float) -> Array:
    """Return base ** exponent for bases above zero, by logarithms: the same bits whatever the block size.

    numpy's own operator takes a square root where an exponent of one half happens to be constant along the
    axis that it chose to run over, which depends on the shape and differs in the last bit.
    """
    return np.asarray(np.exp(np.log(base) * exponent))


def quantile(item: Assumption, normal: Array, uniform: Array) -> Array:
    """Return *item*'s value at standard-normal scores (or, for bounds and regimes, uniform ones).

    Lognormal: mu = ln sqrt(low high), sigma = ln(high/low) / 2z with z of the stated credibility; a
    logit-normal is the same on the log-odds. Regimes give the position of the regime, 0, 1, 2 ...
    """
    if item.dist == "regimes":
        edges = np.cumsum(list((item.regimes or {}).values()))[:-1]
        return np.searchsorted(edges, uniform, side="right").astype(np.float64)
    low, high = item.range()
    if item.dist == "uniform":
        return np.asarray(low + (high - low) * uniform)
    a, b = (_forward(item.dist, x) for x in (low, high))
    spread = (b - a) / (2 * (_Z90 if item.credibility == 0.90 else _Z80))
    return _backward(item.dist, (a + b) / 2 + spread * normal)


def _forward(dist: str, value: float) -> float:
    if dist == "lognormal":
        return float(np.log(value))
    return float(np.log(value / (1 - value))) if dist == "logit_normal" else value


def _backward(dist: str, value: Array) -> Array:
    if dist == "lognormal":
        return np.asarray(np.exp(value))
    return np.asarray(1.0 / (1.0 + np.exp(-value))) if dist == "logit_normal" else value


def _mixer(name: str, rank_correlation: list[list[float]]) -> Array:
    """Return the Cholesky factor of a group's normal correlation; raises when not positive definite."""
    normal = 2.0 * np.sin(np.pi * np.array(rank_correlation) / 6.0)
    try:
        return np.asarray(np.linalg.cholesky(normal))
    except np.linalg.LinAlgError as error:
        lowest = float(np.linalg.eigvalsh(normal).min())
        raise AssumptionError(
            f"the correlations of group {name} contradict each other (lowest eigenvalue {lowest:.3g}). "
            "Bring them closer to zero until every eigenvalue is positive."
        ) from error
