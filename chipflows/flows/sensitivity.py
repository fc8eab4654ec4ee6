"""What drives an answer: tornado, Sobol indices (SALib), value of information, break-even.

Each works on one number per draw, a Metric of one scenario minus the same of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.errors import InputError
from chipflows.flows.engine import Engine, Metric
from chipflows.flows.kyc import with_checks
from chipflows.flows.levers import Value
from chipflows.flows.sampling import BLOCK, Draws, Sampler
from chipflows.tables.assumptions import load_assumptions

__all__ = ["break_even", "input_draws", "sobol_indices", "tornado", "value_of_information"]

Array = NDArray[np.float64]
_BINS = 16
_SHUFFLES = 1000
_STEPS = 24


def tornado(
    scenario: str,
    against: str | None = "actual",
    metric: Metric | None = None,
    levers: Mapping[str, Value] | None = None,
) -> pd.DataFrame:
    """Return one row per uncertain input: the change when it alone moves from its 5th to its 95th percentile.

    Columns: assumption, at_p05, at_p50, at_p95, swing (at_p95 - at_p05), widest first. Others stay at their
    medians, those that are drawn together with it too. ``against=None`` takes the metric itself.
    """
    change = _change(scenario, against, metric or Metric(), levers, mixed=False)
    names = change.sampler.names
    points = np.full((2 * len(names) + 1, len(names)), 0.5)
    for i in range(len(names)):
        points[2 * i, i], points[2 * i + 1, i] = 0.05, 0.95
    values = change(points)
    frame = pd.DataFrame(
        {"assumption": names, "at_p05": values[0:-1:2], "at_p50": values[-1], "at_p95": values[1::2]}
    )
    frame["swing"] = frame["at_p95"] - frame["at_p05"]
    order = frame["swing"].abs().sort_values(ascending=False).index
    return frame.loc[order].reset_index(drop=True)


def sobol_indices(
    scenario: str,
    against: str | None = "actual",
    metric: Metric | None = None,
    base_draws: int = 512,
    seed: int = 1,
    log: bool = False,
) -> pd.DataFrame:
    """Return Sobol indices of each input: assumption, first_order, total_order and their 95% half-widths.

    Saltelli's design through SALib, base_draws x (inputs + 2) evaluations. ``against=None`` takes the metric
    itself; *log* takes its logarithm. Of inputs drawn together (a group), the first stands for what all share
    and each later one for what those before it leave open.
    """
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample

    change = _change(scenario, against, metric or Metric())
    names = change.sampler.names
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    points = sample.sample(problem, base_draws, calc_second_order=False, seed=seed)
    values = change(points)
    if log:
        values = np.log(values)
    found = analyze.analyze(problem, values, calc_second_order=False, seed=seed)
    frame = pd.DataFrame(
        {
            "assumption": names,
            "first_order": found["S1"],
            "first_order_half_width": found["S1_conf"],
            "total_order": found["ST"],
            "total_order_half_width": found["ST_conf"],
        }
    )
    return frame.sort_values("total_order", ascending=False, ignore_index=True)


def value_of_information(effects: Mapping[str, Array], inputs: Mapping[str, Array]) -> pd.DataFrame:
    """Return what learning each input is worth to a reader who must pick the ask with the largest effect.

    Expected value of partial perfect information: mean over bins of an input of the best ask's mean effect
    there, less the best ask's mean effect overall, in the metric's unit. Bins of few draws find a gain even
    in an input that bears on nothing: the mean gain of shuffled bins is taken off, and an input that does
    not beat every one of a thousand shuffles is worth 0. *effects* and *inputs* hold arrays of shape
    (draws,). Columns: assumption, value, share_of_draws_choice_changes; most valuable first.
    """
    table = np.stack([effects[name] for name in sorted(effects)])
    shuffle = np.random.default_rng(0)
    by_chance = np.array([_gain(table, shuffle.permutation(table.shape[1]))[0] for _ in range(_SHUFFLES)])
    floor, bias = float(by_chance.max()), float(by_chance.mean())
    rows = []
    for name, values in inputs.items():
        gain, changed = _gain(table, np.argsort(values, kind="stable"))
        rows.append((name, gain - bias, changed) if gain > floor else (name, 0.0, 0.0))
    frame = pd.DataFrame(rows, columns=["assumption", "value", "share_of_draws_choice_changes"])
    return frame.sort_values("value", ascending=False, ignore_index=True, kind="stable")


def _gain(table: Array, order: NDArray[np.intp]) -> tuple[float, float]:
    """Return (gain, share of draws in which the choice changes) when draws in *order* are cut into bins."""
    overall = table.mean(axis=1)
    binned = np.array_split(order, max(min(_BINS, len(order) // 64), 1))
    means = np.stack([table[:, rows].mean(axis=1) for rows in binned])
    weights = np.array([len(rows) for rows in binned]) / len(order)
    gain = float((means.max(axis=1) * weights).sum() - overall.max())
    return max(gain, 0.0), float(weights[means.argmax(axis=1) != overall.argmax()].sum())


def input_draws(draws: int = 4096, seed: int = 1) -> dict[str, Array]:
    """Return every uncertain input's draws by assumption, arrays of shape (draws,)."""
    sampler = Sampler(load_assumptions(), draws, seed)
    blocks = list(sampler.blocks())
    return {name: np.concatenate([block[name] for block in blocks]) for name in sampler.names}


def break_even(
    target: str,
    instrument: str = "letter-kyc",
    levels: Sequence[float] = (0.25, 0.50, 0.75),
    metric: Metric | None = None,
    draws: int = 2048,
    seed: int = 1,
) -> pd.DataFrame:
    """Return the share of attempts checks must stop to match *target*'s effect, by quantile of draws.

    Solved per draw by bisection over a stop share common to every pathway. Columns: level, share_stopped
    (blank where even stopping all does not match), and cannot, the share of draws that cannot.
    """
    item = metric or Metric()
    engine = Engine.of([target, instrument])
    found = [
        _solve(engine, drawn, item) for drawn in Sampler(engine.inputs.assumptions, draws, seed).blocks()
    ]
    shares = np.sort(np.concatenate(found))
    cannot = float(np.isinf(shares).mean())
    picked = [shares[int(level * (len(shares) - 1))] for level in levels]
    return pd.DataFrame(
        {
            "level": list(levels),
            "share_stopped": [np.nan if np.isinf(p) else p for p in picked],
            "cannot": cannot,
        }
    )


def _solve(engine: Engine, drawn: Draws, metric: Metric) -> Array:
    grid, fixed = engine.inputs.grid, engine.baseline(drawn)
    wanted = metric.read(engine.outcome(engine.runs[0], drawn, fixed), grid)

    def reached(share: Array) -> Array:
        return metric.read(engine.outcome(engine.runs[1], with_checks(drawn, share), fixed), grid)

    low, high = np.zeros(drawn.size), np.ones(drawn.size)
    cannot = reached(high) > wanted
    for _ in range(_STEPS):
        middle = (low + high) / 2
        enough = reached(middle) <= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(cannot, np.inf, high)


class _change:  # noqa: N801 - a function with its engine built once
    """Call with points of the unit cube, shape (n, inputs), to get the metric's change, shape (n,)."""

    def __init__(
        self,
        scenario: str,
        against: str | None,
        metric: Metric,
        levers: Mapping[str, Value] | None = None,
        *,
        mixed: bool = True,
    ) -> None:
        if scenario == against:
            raise InputError(f"{scenario} is compared with itself; name another scenario")
        names = [scenario] if against is None else [scenario, against]
        self.engine, self.metric = Engine.of(names, levers, last=metric.quarter), metric
        self.sampler, self.mixed = Sampler(self.engine.inputs.assumptions, 64, 0), mixed

    def __call__(self, points: Array) -> Array:
        parts = [self._block(points[start : start + BLOCK]) for start in range(0, len(points), BLOCK)]
        return np.concatenate(parts)

    def _block(self, points: Array) -> Array:
        drawn = self.sampler.at(points, mixed=self.mixed)
        read = [self.metric.read(found, self.engine.inputs.grid) for _, found in self.engine.outcomes(drawn)]
        return read[0] if len(read) == 1 else np.asarray(read[0] - read[1])
