"""A batch's runs on a dask.distributed cluster: each task hands its run to a worker process of our own.

A Dask worker needs only the installed package and a way to the place of the results. The process beside it
keeps papermill's change of folder and a dying kernel away from Dask; it ends with the Dask worker.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from chipflows.errors import InputError
from chipflows.runs.crew import Crew

__all__ = ["do_order", "forget", "run_on"]

_CONNECT_SECONDS = 20.0
_WORKERS_SECONDS = 60.0
_CREWS: dict[str, Crew] = {}
_LOCK = threading.Lock()


def run_on(
    scheduler: str, orders: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, float, dict[str, Any]]]:
    """Yield (key, seconds, last message) of each order as it ends on the cluster at *scheduler*.

    A run whose Dask worker dies is done again by another. Raises InputError when no scheduler answers there,
    or it has no worker.
    """
    from distributed import as_completed

    batch = uuid.uuid4().hex
    began = time.monotonic()
    with _client(scheduler) as client:
        futures = {
            client.submit(do_order, batch, dict(order), key=f"chipflows-{batch}-{key}", pure=False): key
            for key, order in orders.items()
        }
        try:
            for future in as_completed(list(futures), loop=client.loop):
                yield futures[future], time.monotonic() - began, _message(future)
        finally:
            with contextlib.suppress(Exception):
                client.cancel(list(futures))
                client.run(forget, batch)


@contextlib.contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    """Yield a client of the cluster; raises InputError when there is none to work with."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as problem:
        raise InputError(
            f"no Dask scheduler answers at {scheduler}: {problem}. Start one with `dask scheduler`, "
            f"workers with `dask worker {scheduler}`, or leave out --scheduler."
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_SECONDS)
        except TimeoutError:
            raise InputError(
                f"the Dask scheduler at {scheduler} has no worker. Start one with `dask worker {scheduler}`."
            ) from None
        yield client


def _message(future: Any) -> dict[str, Any]:
    """Return the last message of a task, one of ours when it was lost."""
    if future.status == "finished":
        return dict(future.result())
    problem = future.exception() if future.status == "error" else future.status
    text = f"the cluster gave it up: {problem}"
    return {"ok": False, "cell": None, "error": type(problem).__name__, "text": text, "trace": []}


def do_order(batch: str, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out an order on this Dask worker, in this thread's own process for the batch."""
    with _LOCK:
        for other in [name for name in _CREWS if name != batch]:
            _CREWS.pop(other).stop()
        crew = _CREWS.setdefault(batch, Crew(1))
    return crew.do(order, lambda _message: None)


def forget(batch: str) -> None:
    """End this Dask worker's processes for a batch."""
    with _LOCK:
        crew = _CREWS.pop(batch, None)
    if crew is not None:
        crew.stop()
