"""How long one change takes in the explorer, raw, with the machine's load: python benchmarks/explore.py

A change is the run on 2^11 draws, the headline, the sentence and the figure on show. Every change is one that
was not made before: levers (the law is known), dates (the law is decided anew) and measures, in turn.
"""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

CHANGES = 20


def main() -> None:
    """Print p50 and p95 for each kind of change, the refinement, and the memory taken."""
    from chipflows import charts
    from chipflows.explore.answer import Answer
    from chipflows.explore.figures import figure_of
    from chipflows.explore.model import Explorer
    from chipflows.explore.state import State, preset

    explorer = Explorer()

    def change(state: State) -> None:
        answer = Answer(state, explorer.run(state))
        assert len(answer.headline) and answer.sentence.text and len(answer.by_regime)
        charts.picture(figure_of("over_time", answer, lambda: explorer.drivers(state)), bare=True)

    start = preset("letter-all")
    began = time.perf_counter()
    change(start)
    print(f"first answer      {time.perf_counter() - began:6.3f} s (imports, draws, law of two scenarios)")
    print(f"memory after it   {_memory():6.0f} MB")
    levers = [start.changed(levers=(("kyc_strength", 0.5 + i / 50),)) for i in range(CHANGES)]
    days = [start.changed(adopted_on=date(2025, 4, 1) + timedelta(days=9 * i)) for i in range(CHANGES)]
    both = [state for pair in zip(levers, days, strict=True) for state in pair]
    again = Explorer()
    timed("levers", [lambda s=s: change(s) for s in levers])
    timed("dates", [lambda s=s: change(s) for s in days])
    explorer = again
    change(start)
    timed("both in turn", [lambda s=s: change(s) for s in both])
    timed("drivers", [lambda s=s: explorer.drivers(s) for s in levers])
    timed("refined to 2^14", [lambda s=s: explorer.run(s, explorer.refined) for s in days[:5]])
    print(f"memory at the end {_memory():6.0f} MB")


def timed(name: str, changes: list[Callable[[], object]]) -> None:
    """Print how long each of *changes* took, and the load meanwhile."""
    seconds = []
    for one in changes:
        began = time.perf_counter()
        one()
        seconds.append(time.perf_counter() - began)
    p95 = sorted(seconds)[max(round(0.95 * len(seconds)) - 1, 0)]
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    print(
        f"{name:<17} p50 {statistics.median(seconds):6.3f} s   p95 {p95:6.3f} s   "
        f"least {min(seconds):6.3f} s   load {load:.1f} a core"
    )


def _memory() -> float:
    """Return the most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    main()
