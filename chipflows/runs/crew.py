"""Run notebooks side by side, each in a process of its own, and stop them all when one must stop."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

__all__ = ["Job", "Outcome", "run_jobs"]

CELL_TIMEOUT_SECONDS = 600
_GRACE_SECONDS = 5.0
_STDERR_LINES = 12


@dataclass(frozen=True)
class Job:
    """One notebook to run: where it is, where the run notebook goes, with what, in which folder."""

    name: str
    source: Path
    output: Path
    parameters: Mapping[str, Any]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a job: its seconds, and the worker's last message ("ok", or what failed)."""

    job: Job
    seconds: float
    message: dict[str, Any]


def run_jobs(jobs: Sequence[Job], workers: int, on_cell: Callable[[Job], None]) -> Iterator[Outcome]:
    """Yield each job's outcome as it ends, at most *workers* at once; *on_cell* is called after each cell.

    When the caller stops (Ctrl-C, an error, or closing the iterator) the processes still running are stopped.
    """
    running = _Running()
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        waiting: set[Future[Outcome]] = {pool.submit(_run, job, running, on_cell) for job in jobs}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        running.stop()
        pool.shutdown(wait=True)


class _Running:
    """The processes under way; once stopped, a process that starts late is stopped as well."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []
        self._is_stopped = False
        self._lock = Lock()

    @contextlib.contextmanager
    def process(self, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
        """Yield a started worker process, counted among those under way until it ends."""
        process = subprocess.Popen(
            [sys.executable, "-m", "chipflows.runs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **environment, "PYTHONIOENCODING": "utf-8"},
        )
        with process:
            with self._lock:
                self._processes.append(process)
                if self._is_stopped:
                    process.send_signal(signal.SIGINT)
            yield process

    def stop(self) -> None:
        """Interrupt the processes, so that they shut their kernels down; kill what does not end in time."""
        with self._lock:
            self._is_stopped = True
            alive = [process for process in self._processes if process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _GRACE_SECONDS
        for process in alive:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()


def _run(job: Job, running: _Running, on_cell: Callable[[Job], None]) -> Outcome:
    """Run one job in a process and return its outcome."""
    began = time.monotonic()
    with running.process(job.environment) as process:
        message = _talk(process, job, on_cell)
    return Outcome(job, time.monotonic() - began, message)


def _talk(process: subprocess.Popen[str], job: Job, on_cell: Callable[[Job], None]) -> dict[str, Any]:
    """Hand the job over, follow its messages, and return the last; one of our own when it died without."""
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    errors: list[str] = []
    with ThreadPoolExecutor(max_workers=1) as reader:
        # Read beside, or a notebook that writes much to stderr would fill the pipe and hang.
        draining = reader.submit(errors.extend, process.stderr)
        with contextlib.suppress(BrokenPipeError), process.stdin:
            json.dump(_as_json(job), process.stdin)
        last: dict[str, Any] = {}
        for line in process.stdout:
            last = _message(line) or last
            if "cells" in last:
                on_cell(job)
        status = process.wait()
        draining.result()
    if "ok" in last:
        return last
    tail = [line.rstrip() for line in errors[-_STDERR_LINES:]]
    return {
        "ok": False,
        "cell": None,
        "error": "WorkerDied",
        "text": f"its process ended with status {status}",
        "trace": tail,
    }


def _message(line: str) -> dict[str, Any]:
    """Return the message on a line of a worker's stdout, {} for anything else printed there."""
    with contextlib.suppress(ValueError):
        message = json.loads(line)
        if isinstance(message, dict):
            return message
    return {}


def _as_json(job: Job) -> dict[str, Any]:
    """Return the job as the worker reads it."""
    return {
        "input": str(job.source),
        "output": str(job.output),
        "parameters": dict(job.parameters),
        "cwd": str(job.cwd),
        "cell_timeout": CELL_TIMEOUT_SECONDS,
    }
