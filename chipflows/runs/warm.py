"""Our end of the warm parent (see nursery): started when first needed, and again should it die."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["ask_nursery", "close_nursery", "warm_nursery"]

_GRACE_SECONDS = 5.0


class _Nursery:
    """Our end of the warm parent: started when first asked, started again if it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._lock = threading.RLock()
        self._pids: set[int] = set()
        self._is_warm = False

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer; raises EOFError when the warm parent has died."""
        with self._lock:
            try:
                connection = self._connection or self._start()
                if not self._is_warm:
                    connection.recv_bytes()  # it says when it is
                    self._is_warm = True
                connection.send_bytes(json.dumps(request).encode())
                answer: dict[str, Any] = json.loads(connection.recv_bytes())
            except (EOFError, OSError):
                self._mourn()
                raise EOFError("the warm parent of the kernels has died") from None
            if "pid" in answer:
                self._pids.add(answer["pid"])
            if answer.get("ended"):
                self._pids.discard(request["poll"])
            return answer

    def warm(self) -> None:
        """Start the warm parent if it does not run."""
        with self._lock:
            if self._connection is None:
                self._start()

    def close(self) -> None:
        """Let the warm parent end, with every kernel it still has."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            if self._process is not None:
                if self._is_warm:  # before that it has no kernel yet, and would not notice for seconds
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(_GRACE_SECONDS)
                self._process.kill()
                self._process.wait()
                self._process = None

    def _start(self) -> Connection:
        """Start the warm parent in a session of its own: Ctrl-C is for us, not for it."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chipflows.runs.nursery", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # Its modules are frozen as a kernel's are; the debugger says so on stderr, to nobody's use.
                env={**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
                start_new_session=True,
            )
        self._connection = Connection(ours.detach())
        self._is_warm = False
        return self._connection

    def _mourn(self) -> None:
        """Clear up after a warm parent that died: its kernels died with it, what cells started did not."""
        for pid in self._pids:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        self._pids.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


_NURSERY = _Nursery()


def ask_nursery(**request: Any) -> dict[str, Any]:
    """Have the warm parent fork, poll or signal; raises EOFError when it died, as its kernels then did."""
    return _NURSERY.ask(**request)


def warm_nursery() -> None:
    """Start the warm parent now, without waiting until it is warm; only where kernels are forked."""
    if sys.platform == "linux":
        _NURSERY.warm()


def close_nursery() -> None:
    """End the warm parent and every kernel it still has; the next run starts another."""
    _NURSERY.close()


atexit.register(close_nursery)
