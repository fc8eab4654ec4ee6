"""Run notebooks side by side in worker processes, and stop them all when one must stop."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chipflows.runs.warm import LINE_VARIABLE, Nursery

__all__ = ["Crew", "Job", "Outcome", "run_jobs"]

CELL_TIMEOUT_SECONDS = 600
_GRACE_SECONDS = 8.0
_STDERR_LINES = 12

Order = Mapping[str, Any]
"""What a worker is told to do, as JSON: see worker and single."""


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
    crew = Crew(min(workers, len(jobs)))
    by_name = {job.name: job for job in jobs}
    orders = {job.name: _order(job) for job in jobs}
    for name, seconds, message in crew.run(orders, lambda name, _: on_cell(by_name[name])):
        yield Outcome(by_name[name], seconds, message)


def _order(job: Job) -> dict[str, Any]:
    """Return the job as a worker reads it."""
    return {
        "task": "notebook",
        "input": str(job.source),
        "output": str(job.output),
        "parameters": dict(job.parameters),
        "cwd": str(job.cwd),
        "environment": dict(job.environment),
        "cell_timeout": CELL_TIMEOUT_SECONDS,
    }


class Crew:
    """Worker processes that carry out orders, each one order at a time; started when first needed."""

    def __init__(self, workers: int) -> None:
        self._size = max(workers, 1)
        self._own = threading.local()
        self._all: list[_Worker] = []
        self._lock = threading.Lock()
        self._is_stopped = False
        self._nursery: Nursery | None = None

    def run(
        self, orders: Mapping[str, Order], on_message: Callable[[str, dict[str, Any]], None]
    ) -> Iterator[tuple[str, float, dict[str, Any]]]:
        """Yield (key, seconds, last message) of each order as it ends; *on_message* gets those before.

        When the caller stops, or at the end, every worker and what it started is stopped.
        """
        pool = ThreadPoolExecutor(max_workers=self._size)
        try:
            waiting = {pool.submit(self._timed, key, order, on_message) for key, order in orders.items()}
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            self.stop()
            pool.shutdown(wait=True)

    def do(self, order: Order, on_message: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Carry out one order in this thread's own worker; one that died under it is replaced once."""
        for _ in range(2):
            worker = self._worker(forks=bool(order.get("fork", True)))
            message = worker.do(order, on_message)
            if message.get("error") != "WorkerDied" or self._is_stopped:
                break
        return message

    def stop(self) -> None:
        """Have every worker break off, with its kernels; kill those that do not end in time."""
        with self._lock:
            self._is_stopped = True
            workers = list(self._all)
        for worker in workers:
            worker.hang_up()
        deadline = time.monotonic() + _GRACE_SECONDS
        for worker in workers:
            worker.wait(max(deadline - time.monotonic(), 0.1))
        if self._nursery is not None:
            self._nursery.close()

    def _timed(
        self, key: str, order: Order, on_message: Callable[[str, dict[str, Any]], None]
    ) -> tuple[str, float, dict[str, Any]]:
        began = time.monotonic()
        message = self.do(order, lambda told: on_message(key, told))
        return key, time.monotonic() - began, message

    def _worker(self, *, forks: bool) -> _Worker:
        """Return this thread's worker, a new one if it has none that works."""
        held: _Worker | None = getattr(self._own, "worker", None)
        if held is None or not held.is_usable:
            with self._lock:
                line = self._line() if forks and sys.platform == "linux" else None
                held = self._own.worker = _Worker(line)
                self._all.append(held)
                if self._is_stopped:
                    held.hang_up()
        return held

    def _line(self) -> socket.socket | None:
        """Return a line to the warm parent that all workers share, which is started for the first."""
        if self._nursery is None:
            self._nursery = Nursery()
        try:
            return self._nursery.line()
        except OSError:
            return None  # it has died; the worker starts its own


class _Worker:
    """One worker process and the lines to and from it."""

    def __init__(self, line: socket.socket | None) -> None:
        given = {} if line is None else {LINE_VARIABLE: str(line.fileno())}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chipflows.runs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **given, "PYTHONIOENCODING": "utf-8"},
            pass_fds=[] if line is None else [line.fileno()],
        )
        if line is not None:
            line.close()
        self._is_retiring = False
        self._errors: deque[str] = deque(maxlen=_STDERR_LINES)
        # Read beside, or a notebook that writes much to stderr would fill the pipe and hang.
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    @property
    def is_usable(self) -> bool:
        """Return whether it runs and takes another order."""
        return self._process.poll() is None and not self._is_retiring

    def do(self, order: Order, on_message: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Hand the order over, follow its messages, and return the last; one of ours when it died without."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                message = json.loads(line)
                if "ok" in message:
                    if message.pop("retiring", False):
                        self._is_retiring = True
                        self.hang_up()
                    return dict(message)
                on_message(message)
        return self._died()

    def hang_up(self) -> None:
        """Close the line to the worker: idle, it ends; at work, it breaks off and takes its kernels along."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def wait(self, seconds: float) -> None:
        """Wait for its end, at most *seconds*, then kill it."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(1.0)
        for stream in (self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None and not self._reader.is_alive():
                    stream.close()

    def _drain(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError):
            self._errors.extend(self._process.stderr)

    def _died(self) -> dict[str, Any]:
        """Return the message about a worker that ended without one."""
        status = self._process.wait()
        self._reader.join(1.0)
        tail = [line.rstrip() for line in self._errors]
        text = f"its process ended with status {status}"
        return {"ok": False, "cell": None, "error": "WorkerDied", "text": text, "trace": tail}
