"""What `chipflows simulate` leaves on disk: tidy CSV by scenario, run.json, and the draws if asked."""

from __future__ import annotations

import json
import platform
import re
import resource
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflows import paths, tables
from chipflows.csvtext import csv_text
from chipflows.errors import InputError
from chipflows.folders import fresh_folder, refuse_foreign
from chipflows.runs.fingerprint import scenario_hash

if TYPE_CHECKING:
    from chipflows.flows.simulate import Simulation

__all__ = ["PROOF", "check_places", "peak_memory_mb", "write_draws", "write_results"]

PROOF = "run.json"
_PACKAGES = ("chipflows", "numpy", "scipy", "pandas")
_SCENARIO_ID = re.compile(r"[a-z0-9]+([-_+][a-z0-9]+)*\Z")


def check_places(scenarios: Iterable[str], out: Path, draws_out: Path | None) -> None:
    """Raise InputError when a result could not be written, before anything is computed."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file, not a folder. Choose another place with --out.")
    for name in scenarios:
        if _SCENARIO_ID.match(name):
            refuse_foreign(out / name, PROOF)
    if draws_out is not None and draws_out.suffix != ".parquet":
        raise InputError(f"--draws-out {draws_out} must end in .parquet, the only form draws are kept in.")


def write_results(run: Simulation, out: Path, *, priors: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Write OUT/<scenario>/ for each scenario of *run* and return their run.json contents by scenario."""
    tables = {"results": run.results, "by_chip": run.by_chip, "by_regime": run.by_regime}
    written = {}
    for name in run.scenarios:
        record = _record(run, name, priors)
        with fresh_folder(out / name, PROOF) as fresh:
            for stem, table in tables.items():
                text = csv_text(table[table["scenario"] == name])
                (fresh / f"{stem}.csv").write_text(text, encoding="utf-8")
            (fresh / PROOF).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        written[name] = record
    return written


def _record(run: Simulation, name: str, priors: Mapping[str, str]) -> dict[str, Any]:
    """Return run.json: what the numbers came from, and what they cost."""
    return {
        "scenario": name,
        "with": [other for other in run.scenarios if other != name],
        "seed": run.seed,
        "draws": run.size,
        "quarters": [run.grid.quarters[0], run.grid.quarters[-1]],
        "levers": dict(run.levers),
        "priors": dict(priors),
        "scenario_sha256": scenario_hash(name),
        "data_sha256": tables.data_hash(),
        "changed_tables": tables.changed_tables(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "seconds": round(run.seconds, 2),
        "peak_memory_mb": round(peak_memory_mb()),
    }


def peak_memory_mb() -> float:
    """Return the most memory this process has held, in MB."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / 1e6 if sys.platform == "darwin" else held * 1024 / 1e6


def write_draws(run: Simulation, target: Path) -> None:
    """Write every draw as Parquet: one row per scenario, draw and quarter, a float32 column per series.

    Columns are named variable.channel.unit; series by chip are left out. Written a scenario at a time, so
    that memory does not grow with the number of scenarios.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with paths.atomic_write(target) as temporary:
        writer: Any = None
        for name in run.scenarios:
            table = pa.Table.from_pandas(_wide(run, name), preserve_index=False)
            writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()


def _wide(run: Simulation, name: str) -> pd.DataFrame:
    """Return one scenario's draws, quarters of a draw together."""
    quarters: Sequence[str] = run.grid.quarters
    columns: dict[str, Any] = {
        "scenario": pd.Categorical([name] * (run.size * len(quarters)), categories=run.scenarios),
        "draw": [draw for draw in range(run.size) for _ in quarters],
        "quarter": pd.Categorical(list(quarters) * run.size, categories=list(quarters)),
    }
    for key, block in zip(run.keys[name], run.draws[name], strict=True):
        if not key.chip_id:
            columns[f"{key.variable}.{key.channel}.{key.unit}"] = block.T.reshape(-1)
    return pd.DataFrame(columns)
