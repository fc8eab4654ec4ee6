"""H4 and H5: forty runs of a small notebook, by papermill as people run it and by chipflows, in one sitting.

    make bench, or python benchmarks/batch.py

H4  a pandas and matplotlib notebook, 40 parameter sets: papermill's command for each; that command without
    its slowest optional import; papermill in one process; chipflows batch with one worker and with two.
H5  the same batch again, nothing changed.
The cells' own seconds are shown beside, since no engine can save those. Times are of one machine, and of
whatever else it did: read the ratios. `--cli N` runs papermill's command for N sets only (default 10).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = Path(__file__).resolve().parent
RUNS = 40
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
CELLS = (
    "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "frame = pd.DataFrame({'x': np.arange(n), 'y': np.sqrt(np.arange(n))})\nframe.describe()",
    "frame.plot(x='x', y='y')\nplt.show()",
    "print(frame.y.sum())",
)
IN_PROCESS = """import sys, time, papermill
source, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
for n in range(count):
    papermill.execute_notebook(source, f"{folder}/{n}.ipynb", {"n": 1000 + n}, progress_bar=False)
"""
BLOCKED = "import sys; sys.modules['rfc3987_syntax'] = None\nfrom papermill.cli import papermill; papermill()"


def write_notebook(folder: Path) -> Path:
    """Return the notebook that every engine runs."""
    cells = [new_markdown_cell("# What is the square root?")]
    cells.append(new_code_cell("n: int = 1000", metadata={"tags": ["parameters"]}))
    path = folder / "roots.ipynb"
    nbformat.write(new_notebook(cells=[*cells, *map(new_code_cell, CELLS)], metadata=KERNEL), path)
    return path


def seconds_of(command: Sequence[object]) -> float:
    """Return how long a command takes."""
    began = time.perf_counter()
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return time.perf_counter() - began


def command_line(source: Path, folder: Path, runs: int, *, blocked: bool) -> float:
    """Return seconds for papermill's command, once for each of *runs* sets."""
    program = [sys.executable, "-c", BLOCKED] if blocked else [sys.executable, "-m", "papermill"]
    options = ["--no-progress-bar", "--cwd", folder]
    return sum(
        seconds_of([*program, source, folder / f"{n}.ipynb", *options, "-p", "n", 1000 + n])
        for n in range(runs)
    )


def cells_of(folder: Path) -> float:
    """Return the seconds that the cells themselves took, by papermill's own clock, on average of a run."""
    taken = []
    for path in folder.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        taken.append(sum(cell.metadata.get("papermill", {}).get("duration") or 0 for cell in cells))
    return sum(taken) / len(taken)


def batch(source: Path, grid: Path, out: Path, workers: int) -> tuple[float, dict[str, object], list[float]]:
    """Return seconds for chipflows batch, what it said, and when each run was there."""
    options = ["--grid", grid, "--out", out, "--workers", workers, "--json"]
    command = [sys.executable, "-m", "chipflows", "batch", "--notebooks", source, *options]
    began = time.perf_counter()
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    ends = sorted(path.stat().st_mtime for path in out.glob("*/*/run.json"))
    return seconds, json.loads(done.stdout), ends


def own_cells(out: Path) -> float:
    """Return the seconds that the cells themselves took in a batch of ours, on average of a run."""
    taken = [sum(json.loads(path.read_text())["cell_seconds"]) for path in out.glob("*/*/run.json")]
    return sum(taken) / len(taken)


def steady(ends: Sequence[float], skipped: int) -> float:
    """Return seconds a run once all is warm: from the first *skipped* ends to the last."""
    return (ends[-1] - ends[skipped]) / (len(ends) - 1 - skipped)


@contextmanager
def work_folder() -> Iterator[Path]:
    """Yield a folder for all of it."""
    folder = Path(tempfile.mkdtemp(prefix="chipflows-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(runs: int, by_command: int) -> list[dict[str, object]]:
    """Return the rows of the table."""
    with work_folder() as folder:
        source = write_notebook(folder)
        grid = folder / "grid.yaml"
        grid.write_text(json.dumps({"n": [1000 + n for n in range(runs)]}))
        for name in ("cli", "blocked", "inside"):
            (folder / name).mkdir()
        slow = command_line(source, folder / "cli", by_command, blocked=False) / by_command
        blocked = command_line(source, folder / "blocked", by_command, blocked=True) / by_command
        os.chdir(folder)
        inside = seconds_of([sys.executable, "-c", IN_PROCESS, source, folder / "inside", runs]) / runs
        one, _, ends_one = batch(source, grid, folder / "one", 1)
        two, _, ends_two = batch(source, grid, folder / "two", 2)
        again, said, _ = batch(source, grid, folder / "one", 1)
        assert said["ran"] == []
        cells, ours = cells_of(folder / "inside"), own_cells(folder / "one")
    pace_one, pace_two = steady(ends_one, 1), steady(ends_two, 2)
    wall, warm = round(one / two, 2), round(pace_one / pace_two, 2)
    return [
        row("H4", f"papermill's command, {by_command} runs", slow, slow),
        row("H4", f"the same without its slowest import, {by_command} runs", blocked, slow),
        row("H4", f"papermill in one process, {runs} runs", inside, slow, inside - cells),
        row(
            "H4",
            f"chipflows batch, 1 worker, {runs} runs with its start",
            one / runs,
            slow,
            one / runs - ours,
        ),
        row("H4", "chipflows batch, 1 worker, once warm", pace_one, slow, pace_one - ours),
        row("H4", f"chipflows batch, 2 workers, {runs} runs with its start", two / runs, slow, of_one=wall),
        row("H4", "chipflows batch, 2 workers, once warm", pace_two, slow, of_one=warm),
        row("H5", f"the same batch again, {runs} runs, all of it", again, slow * runs),
    ]


def row(
    id_: str,
    what: str,
    seconds: float,
    baseline: float,
    beyond: float | None = None,
    of_one: float | None = None,
) -> dict[str, object]:
    """Return one row of the table."""
    return {
        "id": id_,
        "what": what,
        "seconds": round(seconds, 3),
        "times_faster": round(baseline / seconds, 1),
        "beyond_cells": "" if beyond is None else round(beyond, 3),
        "times_one_worker": "" if of_one is None else of_one,
    }


def main() -> None:
    """Measure, print the table and write batch.csv beside this file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--cli", type=int, default=10)
    parser.add_argument("--out", type=Path, default=HERE / "batch.csv")
    chosen = parser.parse_args()
    rows = measure(chosen.runs, chosen.cli)
    widths = (3, 54, 8, 6, 6, 5)
    for line in rows:
        print("  ".join(f"{line[name]!s:<{width}}" for name, width in zip(line, widths, strict=True)))
    with chosen.out.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
