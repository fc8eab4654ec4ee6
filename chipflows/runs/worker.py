"""The process that runs notebooks, one after another: `python -m chipflows.runs.worker`.

It reads an order per line of JSON on stdin and answers on stdout: a line of JSON per cell done, and in the
end {"ok": true} or what failed. When stdin closes while it works, it ends at once with its kernels:
so nothing outlives the process that gave the orders, however that one ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any

from chipflows.runs.warm import close_nursery

__all__ = ["main"]

_MUCH_MEMORY = 1.5e9


class _Answers:
    """The channel back, kept apart from stdout so that nothing else can print into it."""

    def __init__(self) -> None:
        self._stream: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def tell(self, **message: Any) -> None:
        """Send a message to the process that gave the order."""
        print(json.dumps(message), file=self._stream, flush=True)


def main() -> None:
    """Carry out orders until stdin closes."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; our parent tells us to stop
    answers = _Answers()
    orders: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    work = _Work()
    threading.Thread(target=_listen, args=(orders, work), daemon=True).start()
    while (line := orders.get()) is not None:
        order = json.loads(line)
        work.begin(order)
        message = _carry_out(order, answers)
        work.end()
        answers.tell(**message, retiring=_is_bloated())
    close_nursery()


class _Work:
    """What is under way, for the thread that may have to break it off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_busy = False

    def begin(self, order: dict[str, Any]) -> None:
        """Note that an order is under way."""
        with self._lock:
            self._is_busy = True

    def end(self) -> None:
        """Note that it is done."""
        with self._lock:
            self._is_busy = False

    def break_off(self) -> None:
        """End the process with everything it started, if an order is under way."""
        with self._lock:
            if not self._is_busy:
                return
            close_nursery()
            _kill_children()
            from chipflows import folders

            for place in folders.under_way():
                shutil.rmtree(place, ignore_errors=True)
            os._exit(1)


def _listen(orders: queue.SimpleQueue[str | None], work: _Work) -> None:
    """Pass on orders as they come; at the end of stdin break off what is under way."""
    for line in sys.stdin:
        orders.put(line)
    work.break_off()
    orders.put(None)


def _carry_out(order: dict[str, Any], answers: _Answers) -> dict[str, Any]:
    """Do one order and return the last message about it."""
    done = 0

    def on_cell(_index: int, _seconds: float) -> None:
        nonlocal done
        done += 1
        answers.tell(cells=done)

    try:
        if order["task"] == "run":
            from chipflows.runs.single import perform

            return perform(order, on_cell)
        from chipflows.runs.notebook import run_notebook

        return run_notebook(
            Path(order["input"]),
            Path(order["output"]),
            order["parameters"],
            cwd=Path(order["cwd"]),
            environment=order["environment"],
            cell_timeout=order["cell_timeout"],
            on_cell=on_cell,
        )
    except OSError as problem:
        text = f"{problem.strerror or problem}: its results could not be kept. Check the place of --out."
        return {"ok": False, "cell": None, "error": "OSError", "text": text, "trace": []}
    except Exception as problem:
        return {"ok": False, "cell": None, "error": type(problem).__name__, "text": str(problem), "trace": []}


def _is_bloated() -> bool:
    """Return whether this process has grown so much that a new one should take over."""
    import psutil

    return bool(psutil.Process().memory_info().rss > _MUCH_MEMORY)


def _kill_children() -> None:
    """Kill the processes we started (fresh kernels, where kernels are not forked)."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()


if __name__ == "__main__":
    main()
