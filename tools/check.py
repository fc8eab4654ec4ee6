"""`make check`: the quick checks of the code itself, side by side; each says nothing when it passes."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
CHECKS = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "--quiet", "--output-format", "concise", "."],
    "types": [PYTHON, "-m", "mypy"],
    "layers": [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "data": [PYTHON, "tools/checksums.py"],
}
MOST_LINES = 60
HELP = {"format": "make format mends it", "notebooks": "make format strips outputs"}


def main() -> int:
    """Run every check and return 1 if any failed."""
    checks = dict(CHECKS)
    if notebooks := sorted(map(str, (ROOT / "notebooks").glob("*.ipynb"))):
        checks["notebooks"] = [PYTHON, "-m", "nbstripout", "--keep-id", "--verify", *notebooks]
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda item: _run(*item), checks.items()))
    return 1 if any(results) else 0


def _run(name: str, command: list[str]) -> int:
    """Run one check, print its outcome, and what it said if it failed."""
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    seconds = time.monotonic() - began
    if done.returncode == 0:
        print(f"{name:<10} ok      {seconds:5.1f} s", flush=True)
    else:
        hint = f" ({HELP[name]})" if name in HELP else ""
        lines = done.stdout.rstrip().splitlines()
        more = [f"... and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
        shown = "\n".join(lines[:MOST_LINES] + more)
        print(f"{name:<10} FAILED  {seconds:5.1f} s{hint}\n{shown}", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
