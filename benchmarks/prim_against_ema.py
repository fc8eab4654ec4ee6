"""Our PRIM beside EMA Workbench's on the same data: .venv-bench/bin/python benchmarks/prim_against_ema.py

Three sets: a planted box in three inputs, two noisy inputs of five, and a run of our own model. Each prints
both boxes at our density threshold, so that limits, coverage and density can be read side by side.
"""

from __future__ import annotations

import contextlib
import io
import logging
import time

import numpy as np
import pandas as pd

from chipflows.flows.prim import peel

ALPHA, MIN_MASS, MIN_DENSITY = 0.05, 0.05, 0.8
Data = tuple[dict[str, np.ndarray], np.ndarray]
Limits = dict[str, tuple[float, float]]


def planted() -> Data:
    """Return three uniform inputs, interesting where a > 0.7 and b < 0.4."""
    random = np.random.default_rng(11)
    inputs = {name: random.random(4096) for name in "abc"}
    return inputs, (inputs["a"] > 0.7) & (inputs["b"] < 0.4)


def noisy() -> Data:
    """Return five normal inputs, interesting by odds that rise with v and fall with w."""
    random = np.random.default_rng(5)
    inputs = {name: random.normal(size=4096) for name in "vwxyz"}
    odds = 1 / (1 + np.exp(3.0 - 3.0 * inputs["v"] + 2.0 * inputs["w"]))
    return inputs, random.random(4096) < odds


def of_model() -> Data:
    """Return the model's inputs, interesting where all four asks cut the stock of 2028 by a fifth or more."""
    from chipflows.flows import simulate
    from chipflows.flows.sensitivity import input_draws

    run = simulate(["actual", "letter-all"], 4096, 1, last="2028Q4", detail=False)
    asked, actual = (run.series(name, "stock")[-1].astype(float) for name in ("letter-all", "actual"))
    return input_draws(4096, 1), asked / actual < 0.8


def ours(inputs: dict[str, np.ndarray], interesting: np.ndarray) -> tuple[Limits, float, float, float]:
    """Return limits, coverage, density and seconds of `chipflows.flows.prim.peel`."""
    start = time.perf_counter()
    box = peel(inputs, interesting, ALPHA, MIN_MASS, MIN_DENSITY, give=0.0)
    return box.limits, box.coverage, box.density, time.perf_counter() - start


def theirs(inputs: dict[str, np.ndarray], interesting: np.ndarray) -> tuple[Limits, float, float, float]:
    """Return the same of EMA Workbench: the first step of its first box's path that is dense enough."""
    from ema_workbench.analysis import prim

    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        found = prim.Prim(
            pd.DataFrame(inputs), interesting.astype(float), threshold=MIN_DENSITY, peel_alpha=ALPHA,
            mass_min=MIN_MASS,
        ).find_box()  # fmt: skip
    path = found.peeling_trajectory
    enough = path.index[path["density"] >= MIN_DENSITY]
    step = int(enough[0]) if len(enough) else int(path["density"].idxmax())
    seconds = time.perf_counter() - start
    box = found.box_lims[step]
    limits = {
        name: (float(box[name].iloc[0]), float(box[name].iloc[1]))
        for name in inputs
        if box[name].iloc[0] > inputs[name].min() or box[name].iloc[1] < inputs[name].max()
    }
    return limits, float(path["coverage"][step]), float(path["density"][step]), seconds


def overlap(inputs: dict[str, np.ndarray], one: Limits, other: Limits) -> float:
    """Return draws in both boxes over draws in either (Jaccard)."""
    masks = []
    for limits in (one, other):
        inside = np.ones(len(next(iter(inputs.values()))), dtype=bool)
        for name, (low, high) in limits.items():
            inside &= (inputs[name] >= low) & (inputs[name] <= high)
        masks.append(inside)
    return float((masks[0] & masks[1]).sum() / max((masks[0] | masks[1]).sum(), 1))


def main() -> None:
    """Print both boxes for each set of data."""
    logging.disable(logging.CRITICAL)
    for name, made in (("planted box", planted), ("noisy", noisy), ("our model", of_model)):
        inputs, interesting = made()
        print(
            f"\n{name}: {interesting.sum():,} of {len(interesting):,} draws interesting, {len(inputs)} inputs"
        )
        boxes = []
        for who, find in (("chipflows", ours), ("EMA Workbench", theirs)):
            limits, coverage, density, seconds = find(inputs, interesting)
            boxes.append(limits)
            print(f"  {who:<14} coverage {coverage:.3f}  density {density:.3f}  {seconds:6.2f} s")
            for key, (low, high) in sorted(limits.items()):
                print(f"    {key:<28} {low:12.4g} to {high:.4g}")
        print(f"  draws in both boxes over draws in either: {overlap(inputs, *boxes):.3f}")


if __name__ == "__main__":
    main()
