"""H1 to H3: our engine beside what a user would pick instead, on the same equations, in one run.

    make bench

H1  CNAS's 2024 model: squigglepy, 10 million plain draws, against our Sobol draws; time, error of quantiles.
H2  a stock-flow model, 1,000 draws x 20 policies x 50 steps: EMA Workbench, sequential, against arrays.
H3  the full model: 16 combinations, every channel and chip, all intervals; time, memory, growth with draws.
Times are of one machine; read the ratios.
"""

from __future__ import annotations

import argparse
import csv
import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
EXACT = {0.05: 15_698.0, 0.50: 136_125.0, 0.95: 1_027_812.0}  # CNAS's mixture by quadrature


def timed(work: Callable[[], object], repeat: int = 1) -> tuple[float, object]:
    """Return the best of *repeat* times, in seconds, and the last result."""
    best, found = float("inf"), None
    for _ in range(repeat):
        start = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - start)
    return best, found


def worst_error(values: np.ndarray) -> float:
    """Return the largest relative error of the three quantiles."""
    found = np.quantile(values, list(EXACT))
    return float(np.max(np.abs(found / np.array(list(EXACT.values())) - 1)))


def h1(draws: int) -> list[dict[str, object]]:
    """Return rows for the CNAS model."""
    import squigglepy as sq

    from chipflows.flows.peers import cnas_2024, cnas_quantiles

    def theirs() -> np.ndarray:
        vendors = sq.sample(sq.lognorm(38, 150), draws) * sq.sample(sq.lognorm(17, 1000), draws) * 12
        fronts = sq.sample(sq.lognorm(1, 10), draws) * sq.sample(sq.lognorm(10_000, 100_000), draws)
        fronts = fronts * sq.sample(sq.uniform(0.40, 0.99), draws)
        pick = sq.sample(sq.uniform(0, 1), draws)
        return np.where(pick < 0.75, vendors, np.where(pick < 0.95, vendors + fronts, fronts))

    def ours() -> tuple[np.ndarray, np.ndarray]:
        values = cnas_2024(2**18)["mixture"]
        return cnas_quantiles(values, tuple(EXACT)), values

    slow, plain = timed(theirs)
    fast, (_, drawn) = timed(ours, 5)
    return [
        row("H1", f"squigglepy, {draws:,} draws", slow, worst_error(plain)),
        row("H1", "chipflows, 2^18 Sobol draws", fast, worst_error(drawn), slow / fast),
    ]


def step(stock: np.ndarray, supply: np.ndarray, cut: np.ndarray, decay: np.ndarray) -> np.ndarray:
    """Return the next stock: stock x decay + supply x (1 - cut)."""
    return stock * decay + supply * (1 - cut)


def h2() -> list[dict[str, object]]:
    """Return rows for the stock-flow model."""
    os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported
    from ema_workbench import Model, RealParameter, ScalarOutcome, SequentialEvaluator, ema_logging

    ema_logging.log_to_stderr(logging.CRITICAL)

    def one(
        supply: float = 1.0, growth: float = 1.0, decay: float = 0.98, cut: float = 0.0
    ) -> dict[str, float]:
        stock = 0.0
        for t in range(50):
            stock = stock * decay + supply * growth**t * (1 - cut)
        return {"stock": stock}

    model = Model("stocks", function=one)
    model.uncertainties = [
        RealParameter("supply", 1, 2),
        RealParameter("growth", 1.0, 1.05),
        RealParameter("decay", 0.95, 0.99),
    ]
    model.levers = [RealParameter("cut", 0, 1)]
    model.outcomes = [ScalarOutcome("stock")]

    def theirs() -> object:
        with SequentialEvaluator(model) as evaluator:
            return evaluator.perform_experiments(scenarios=1000, policies=20)

    def ours() -> np.ndarray:
        rng = np.random.default_rng(1)
        supply, growth, decay = (
            rng.uniform(1, 2, 1000),
            rng.uniform(1, 1.05, 1000),
            rng.uniform(0.95, 0.99, 1000),
        )
        cut = np.linspace(0, 1, 20)[:, None]
        stock = np.zeros((20, 1000))
        for t in range(50):
            stock = step(stock, supply * growth**t, cut, decay)
        return stock

    slow, _ = timed(theirs)
    fast, _ = timed(ours, 5)
    return [
        row("H2", "EMA Workbench, sequential", slow),
        row("H2", "chipflows' way: draws as arrays", fast, ratio=slow / fast),
    ]


def h3(sizes: tuple[int, ...]) -> list[dict[str, object]]:
    """Return rows for the full model, each size in a process of its own so that its memory is its own."""
    rows = []
    for draws in sizes:
        done = subprocess.run(
            [sys.executable, __file__, "--only-h3", str(draws)], check=True, capture_output=True, text=True
        )
        seconds, memory = (float(part) for part in done.stdout.split())
        made = row("H3", f"16 combinations, {draws:,} draws", seconds)
        rows.append({**made, "peak_gib": round(memory, 3), "us_per_draw": round(seconds / draws * 1e6, 1)})
    return rows


def only_h3(draws: int) -> None:
    """Run the full model once and print seconds and peak memory (GiB)."""
    from chipflows.flows.asks import combination_results

    combination_results("letter-all", draws=64)  # law and tables read before the clock starts
    seconds, _ = timed(lambda: combination_results("letter-all", draws=draws))
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def row(
    id_: str, what: str, seconds: float, error: float | None = None, ratio: float | None = None
) -> dict[str, object]:
    """Return one row of the table."""
    return {
        "id": id_,
        "what": what,
        "seconds": round(seconds, 4),
        "worst_error_pct": None if error is None else round(100 * error, 3),
        "times_faster": None if ratio is None else round(ratio, 1),
        "peak_gib": None,
        "us_per_draw": None,
    }


def main() -> None:
    """Print the table and write benchmarks/results.csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only-h3", type=int, help="run only the full model at this many draws")
    parser.add_argument("--quick", action="store_true", help="fewer draws, for a look; writes nothing")
    chosen = parser.parse_args()
    if chosen.only_h3:
        only_h3(chosen.only_h3)
        return
    sizes = (2**10, 2**12) if chosen.quick else (2**10, 2**12, 2**14, 2**16)
    rows = [*h1(10**6 if chosen.quick else 10**7), *h2(), *h3(sizes)]
    for found in rows:
        print("  ".join(f"{key}={value}" for key, value in found.items() if value is not None))
    if chosen.quick:
        return
    with (HERE / "results.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
