"""H8: trade rows summed by month, partner and HS6: DuckDB over Parquet, against pandas read and groupby.

    .venv/bin/python benchmarks/trade.py [--rows 50000000] [--pandas 5000000]

Each way runs in a process of its own, so that its peak memory is its own. pandas is given fewer rows: it
loads them all, and text columns of 50 million rows do not fit an ordinary machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MAKE = """
import duckdb, sys
rows, target, spill = int(sys.argv[1]), sys.argv[2], sys.argv[3]
connection = duckdb.connect(config={"memory_limit": "800MB", "temp_directory": spill,
                                    "preserve_insertion_order": False})
connection.execute("SET enable_progress_bar = false")
connection.execute(f'''COPY (
    SELECT 'TW' AS reporter, chr((65 + i % 20)::INT) || chr((65 + (i // 20) % 10)::INT) AS partner,
        'export' AS flow, (8542300000 + hash(i) % 99999)::VARCHAR AS hs,
        (2013 + i % 13)::VARCHAR || '-' || lpad((1 + (i // 13) % 12)::VARCHAR, 2, '0') AS period,
        (hash(i * 7) % 1000000)::DOUBLE AS value_usd, 'FOB' AS valuation, NULL::DOUBLE AS quantity,
        NULL::VARCHAR AS quantity_unit, NULL::DOUBLE AS net_weight_kg, NULL::BOOLEAN AS is_weight_estimated,
        NULL::BOOLEAN AS is_preliminary, 'made_up' AS source
    FROM range({rows}) AS made(i)) TO '{target}' (FORMAT parquet, COMPRESSION zstd)''')
"""
OURS = "from chipflows import trade; found = trade.totals(sys.argv[1])['value_usd'].sum()"
PANDAS = (
    "import pandas as pd; rows = pd.read_parquet(sys.argv[1]); rows['hs'] = rows['hs'].str[:6]; "
    "found = rows.groupby(['period', 'partner', 'hs'])['value_usd'].sum().sum()"
)
TIMED = """
import json, resource, sys, time
began = time.perf_counter()
{work}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20)
print(json.dumps({{"seconds": time.perf_counter() - began, "peak_mib": peak, "sum": float(found)}}))
"""


def run(work: str, file: Path) -> dict[str, float]:
    """Return seconds, peak memory (MiB) and the sum found of one way, run in its own process."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(work=work), str(file)],
        check=True, capture_output=True, text=True, env=dict(os.environ),
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print one line per way and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--pandas", type=int, default=5_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for rows, ways in (
            (given.pandas, {"pandas": PANDAS, "chipflows": OURS}),
            (given.rows, {"chipflows": OURS}),
        ):
            file = Path(folder) / f"{rows}.parquet"
            subprocess.run([sys.executable, "-c", MAKE, str(rows), str(file), folder], check=True)
            found = {name: run(work, file) for name, work in ways.items()}
            for name, line in found.items():
                text = f"{line['seconds']:7.1f} s  {line['peak_mib']:7.0f} MiB"
                print(f"H8  {name:<10} {rows:>12,} rows  {text}")
            assert len({line["sum"] for line in found.values()}) == 1, "the sums differ"
            file.unlink()


if __name__ == "__main__":
    main()
