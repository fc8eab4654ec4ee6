"""papermill's engine `chipflows`: a fresh kernel for each notebook, forked from a warm parent.

`papermill --engine chipflows IN OUT` works wherever chipflows is installed; in a batch it is what makes a run
cost tenths of a second. papermill loads this module while it is imported itself, so it is never imported
first: import papermill, then ask for the engine by its name.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

__all__ = ["ForkEngine", "Watch"]

IOPUB_SECONDS = 60  # papermill's four are too few on a busy machine


@dataclass
class Watch:
    """What the caller follows of a run: the notebook so far, the cell under way, how the kernel ran."""

    on_cell: Callable[[int, float], None] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    cell_timeout: float | None = None
    run_timeout: float | None = None
    fork: bool = True
    traced: bool = False
    notebook: Any = None
    cell: int | None = None
    forked: bool = False
    ended: Mapping[str, Any] = field(default_factory=dict)
    began: float = 0.0

    def seconds_left(self, _cell: Any = None) -> float | None:
        """Return how long the next cell may take: the lesser of its own limit and what the run has left."""
        limits = [self.cell_timeout] if self.cell_timeout else []
        if self.run_timeout:
            limits.append(max(self.run_timeout - (time.monotonic() - self.began), 0.05))
        return min(limits, default=None)

    @property
    def is_out_of_time(self) -> bool:
        """Return whether the run as a whole has used its time."""
        return bool(self.run_timeout) and time.monotonic() - self.began >= (self.run_timeout or 0.0) - 0.1


class ForkEngine(NBClientEngine):  # type: ignore[misc]  # papermill ships no types
    """papermill's own engine with kernels forked from a warm parent where that is possible."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the notebook; *options* as papermill's engine takes them, and a Watch as `watch`."""
        watch = options.pop("watch", None) or Watch(cell_timeout=options.get("execution_timeout"))
        manager = _manager(kernel_name, watch)
        client = PapermillNotebookClient(nb_man, km=manager, **_client_options(kernel_name, watch, options))
        _follow(nb_man, client, watch)
        watch.notebook, watch.began = nb_man.nb, time.monotonic()
        try:
            client.execute(env={**os.environ, **watch.environment}, cwd=str(Path.cwd()), cleanup_kc=True)
        finally:
            watch.notebook = nb_man.nb
            watch.ended = getattr(manager.provisioner, "ended", None) or {}


def _manager(kernel_name: str, watch: Watch) -> Any:
    """Return a kernel manager: its kernel is forked if the notebook's kernel is this environment's own."""
    from jupyter_client.manager import AsyncKernelManager

    from chipflows.runs.kernels import ForkingManager, can_fork

    plain = AsyncKernelManager(kernel_name=kernel_name)
    argv = list(getattr(plain.kernel_spec, "argv", ()))
    watch.forked = watch.fork and can_fork(argv)
    watch.traced = watch.traced and "ipykernel_launcher" in argv
    return ForkingManager(kernel_name=kernel_name) if watch.forked else plain


def _client_options(kernel_name: str, watch: Watch, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what papermill's client takes of the engine's *options*."""
    ours = ("input_path", "timeout", "startup_timeout", "execution_timeout", "start_timeout", "iopub_timeout")
    known: dict[str, Any] = merge_kwargs(
        remove_args(list(ours), **options),
        timeout_func=watch.seconds_left,
        startup_timeout=options.get("start_timeout", 60),
        iopub_timeout=options.get("iopub_timeout", IOPUB_SECONDS),
        kernel_name=kernel_name,
        log=logger,
        extra_arguments=["--IPKernelApp.extra_extensions=chipflows.runs.reads"] if watch.traced else [],
    )
    return known


def _follow(nb_man: Any, client: Any, watch: Watch) -> None:
    """Have *watch* told when a cell starts and ends; a cell that was given up stays the one under way."""
    start, complete = nb_man.cell_start, nb_man.cell_complete
    began = time.monotonic()

    def started(cell: Any, cell_index: int | None = None, **more: Any) -> None:
        nonlocal began
        watch.cell, began = cell_index, time.monotonic()
        start(cell, cell_index=cell_index, **more)

    def completed(cell: Any, cell_index: int | None = None, **more: Any) -> None:
        complete(cell, cell_index=cell_index, **more)
        if sys.exc_info()[0] is not None:
            client.shutdown_kernel = "immediate"  # a kernel that is stuck or dead hears no request
            return
        watch.cell = None
        if watch.on_cell is not None and cell_index is not None:
            watch.on_cell(cell_index, time.monotonic() - began)

    nb_man.cell_start, nb_man.cell_complete = started, completed
