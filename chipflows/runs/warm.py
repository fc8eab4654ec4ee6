"""Our end of the warm parent (see nursery): started when first needed, and again should it die.

A crew starts one for all its workers and gives each a line to it; a process without a line starts its own.
"""

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

__all__ = ["LINE_VARIABLE", "Nursery", "ask_nursery", "close_nursery"]

LINE_VARIABLE = "CHIPFLOWS_NURSERY_LINE"
_GRACE_SECONDS = 5.0


class Nursery:
    """A warm parent in a session of its own: Ctrl-C is for us, not for it. `close` ends it."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
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

    def line(self) -> socket.socket:
        """Return a new line to it; raises OSError when it has died."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"l"], [theirs.fileno()])
        return ours

    def close(self) -> None:
        """End it, with every kernel it still has."""
        with contextlib.suppress(OSError):
            is_warm = bool(self._control.recv(1, socket.MSG_DONTWAIT))
            self._control.close()
            if is_warm:  # before that it has no kernel yet, and would not notice for seconds
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_GRACE_SECONDS)
        self._control.close()
        self._process.kill()
        self._process.wait()


class _Line:
    """This process's line to a warm parent."""

    def __init__(self) -> None:
        self._own: Nursery | None = None
        self._connection: Connection | None = None
        self._is_warm = False
        self._lock = threading.RLock()
        self._pids: set[int] = set()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer; raises EOFError when the warm parent has died."""
        with self._lock:
            try:
                connection = self._connection or self._connect()
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

    def close(self) -> None:
        """Hang up: our kernels are killed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            if self._own is not None:
                self._own.close()
                self._own = None

    def _connect(self) -> Connection:
        """Take the line we were given, or one to a warm parent of our own."""
        self._is_warm = False
        if given := os.environ.pop(LINE_VARIABLE, ""):
            os.set_inheritable(int(given), False)
            self._connection = Connection(int(given))
        else:
            self._own = Nursery()
            self._connection = Connection(self._own.line().detach())
        return self._connection

    def _mourn(self) -> None:
        """Clear up after a warm parent that died: its kernels died with it, what cells started did not."""
        for pid in self._pids:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        self._pids.clear()
        self.close()


_LINE = _Line()


def ask_nursery(**request: Any) -> dict[str, Any]:
    """Have the warm parent fork, poll or signal; raises EOFError when it died, as its kernels then did."""
    return _LINE.ask(**request)


def close_nursery() -> None:
    """Hang up on the warm parent: this process's kernels end; the next run starts another."""
    _LINE.close()


atexit.register(close_nursery)
