"""One notebook run by papermill: parameters in, the run notebook on disk, and what became of it as a message.

In a process of its own (see worker), since papermill changes the working folder of the whole process.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError

from chipflows.runs.papermill_lean import papermill
from chipflows.runs.engine import ForkEngine, Watch
from chipflows.runs.nursery import LOG_VARIABLE
from chipflows.runs.reads import READS_VARIABLE

__all__ = ["run_notebook"]

_ENGINE = "chipflows"
_LOG_LINES = 12

papermill.engines.papermill_engines.register(_ENGINE, ForkEngine)


def run_notebook(
    source: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    cell_timeout: float | None = None,
    run_timeout: float | None = None,
    fork: bool = True,
    on_cell: Callable[[int, float], None] | None = None,
) -> dict[str, Any]:
    """Run the notebook and return the message: ok, and if not, cell, error, text and trace.

    A kernel that dies is tried once more. However it ends, *output* holds the notebook as far as it ran.
    """
    watch = Watch(on_cell, environment, cell_timeout, run_timeout, fork, READS_VARIABLE in environment)
    message, attempts = _try(source, output, parameters, cwd, watch), 1
    if message.get("error") == "KernelDied":
        watch = Watch(on_cell, environment, cell_timeout, run_timeout, fork, READS_VARIABLE in environment)
        message, attempts = _try(source, output, parameters, cwd, watch), 2
    kernel = "forked" if watch.forked else "fresh"
    return message | {"attempts": attempts, "kernel": kernel, "peak_mb": watch.ended.get("peak_mb")}


def _try(
    source: Path, output: Path, parameters: Mapping[str, Any], cwd: Path, watch: Watch
) -> dict[str, Any]:
    """Run the notebook once."""
    try:
        papermill.execute_notebook(
            source,
            output,
            dict(parameters),
            engine_name=_ENGINE,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            progress_bar=False,
            cwd=cwd,
            start_timeout=60,
            watch=watch,
        )
    except papermill.exceptions.PapermillExecutionError as problem:
        trace = [str(line) for line in problem.traceback]
        return _failed(problem.cell_index, problem.ename, problem.evalue, trace)
    except Exception as problem:  # whatever it is, it is reported beside the notebook's name
        _keep(watch, output)
        return _explained(problem, watch)
    return {"ok": True}


def _keep(watch: Watch, output: Path) -> None:
    """Leave the notebook as far as it ran, or no file where there is no room for it whole."""
    try:
        if watch.notebook is not None:
            papermill.iorw.write_ipynb(watch.notebook, str(output))
        else:
            output.unlink(missing_ok=True)
    except OSError:
        output.unlink(missing_ok=True)


def _explained(problem: Exception, watch: Watch) -> dict[str, Any]:
    """Return the message for a run that ended without its kernel saying why."""
    if isinstance(problem, CellTimeoutError):
        return _out_of_time(problem, watch)
    if isinstance(problem, (DeadKernelError, EOFError)) or "Kernel died" in str(problem):
        return _failed(watch.cell, "KernelDied", _death(watch), _log_tail(watch))
    if isinstance(problem, OSError):
        place = problem.filename or "a file it wrote"
        text = f"{place}: {problem.strerror}. Check the free space and permissions."
        return _failed(None, "OSError", text)
    return _failed(watch.cell, type(problem).__name__, str(problem))


def _out_of_time(problem: Exception, watch: Watch) -> dict[str, Any]:
    """Return the message for a cell, or a run, that used up its time."""
    if watch.is_out_of_time:
        text = f"the run did not end within its limit of {watch.run_timeout:g} s. Raise it with --timeout."
        return _failed(watch.cell, "RunTimedOut", text)
    if watch.cell_timeout:
        limit = f"{watch.cell_timeout:g} s"
        text = f"the cell did not end within its limit of {limit}. Raise it with --cell-timeout."
        return _failed(watch.cell, "CellTimedOut", text)
    return _failed(watch.cell, type(problem).__name__, str(problem))


def _death(watch: Watch) -> str:
    """Return how the kernel died, in words."""
    status = watch.ended.get("status")
    if not isinstance(status, int):
        return "its kernel died, twice"
    if status >= 0:
        return f"its kernel ended by itself with status {status}, twice"
    name = signal.Signals(-status).name
    hint = " Often there was too little memory: run fewer at once (--workers)." if name == "SIGKILL" else ""
    return f"its kernel was killed by {name}, twice.{hint}"


def _log_tail(watch: Watch) -> list[str]:
    """Return the last lines the kernel wrote past the notebook."""
    try:
        text = Path(watch.environment[LOG_VARIABLE]).read_text(errors="replace")
    except (KeyError, OSError):
        return []
    return text.splitlines()[-_LOG_LINES:]


def _failed(cell: int | None, error: str, text: str, trace: list[str] | None = None) -> dict[str, Any]:
    """Return the message of a failure."""
    return {"ok": False, "cell": cell, "error": error, "text": text, "trace": trace or []}
