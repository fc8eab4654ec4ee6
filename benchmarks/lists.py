"""H7: a list's text to our table: seconds and peak memory.

    .venv/bin/python benchmarks/lists.py ecfr.json.gz csl.csv.gz

Each text is read in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import subprocess
import sys

READ = """
import sys, time
from pathlib import Path
from chipflows import lists
body = Path(sys.argv[1]).read_bytes()
start = time.perf_counter()
rows = len(lists.parse(body))
seconds = time.perf_counter() - start
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
print(f"{Path(sys.argv[1]).name}  rows={rows}  seconds={seconds:.2f}  peak_mib={peak:.0f}")
"""


def main() -> None:
    """Print a line for each file named."""
    for name in sys.argv[1:]:
        subprocess.run([sys.executable, "-c", READ, name], check=True)


if __name__ == "__main__":
    main()
