"""The process that runs one notebook: `python -m chipflows.runs.worker`, a job as JSON on stdin.

It prints one line of JSON per cell done, and at the end {"ok": true} or what failed. A process each, since
papermill changes the working folder of the whole process, and since a dead kernel must not take others along.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from chipflows.runs.papermill_lean import papermill

__all__ = ["run"]


class _Counting(papermill.engines.NBClientEngine):  # type: ignore[misc]  # papermill ships no types
    """papermill's own engine, that also says when a cell is done."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the notebook, printing a line after each cell."""
        complete = nb_man.cell_complete

        def counted(cell: Any, cell_index: int | None = None, **more: Any) -> None:
            complete(cell, cell_index=cell_index, **more)
            _tell(cells=len(nb_man.nb.cells))

        nb_man.cell_complete = counted
        super().execute_managed_notebook(nb_man, kernel_name, **options)


def _tell(**message: Any) -> None:
    """Send a message to the process that started us."""
    print(json.dumps(message), flush=True)


def run(job: dict[str, Any]) -> bool:
    """Run the job's notebook; return whether every cell worked, having told the parent either way."""
    papermill.engines.papermill_engines.register("chipflows-report", _Counting)
    try:
        papermill.execute_notebook(
            job["input"],
            job["output"],
            job["parameters"],
            engine_name="chipflows-report",
            progress_bar=False,
            cwd=job["cwd"],
            start_timeout=60,
            execution_timeout=job["cell_timeout"],
        )
    except papermill.exceptions.PapermillExecutionError as problem:
        trace = [str(line) for line in problem.traceback]
        _tell(ok=False, cell=problem.cell_index, error=problem.ename, text=problem.evalue, trace=trace)
        return False
    except Exception as problem:  # whatever it is, the parent reports it beside the notebook's name
        _tell(ok=False, cell=None, error=type(problem).__name__, text=str(problem), trace=[])
        return False
    _tell(ok=True)
    return True


if __name__ == "__main__":
    sys.exit(0 if run(json.load(sys.stdin)) else 1)
