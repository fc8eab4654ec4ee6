"""The warm parent: a process with the heavy imports done that forks a kernel for each run when asked.

`python -m chipflows.runs.nursery FD` serves one socket. A fork is used once. When the socket closes, however
its other end went, every kernel and all that its cells started is killed. Linux only: elsewhere a fork is not
safe, or a kernel would not die with its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import pkgutil
import random
import signal
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

__all__ = ["LOG_VARIABLE", "serve"]

LOG_VARIABLE = "CHIPFLOWS_KERNEL_LOG"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_INLINE = "module://matplotlib_inline.backend_inline"
_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",  # imported by a kernel as it starts, and slow
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "numpy.random",
    "pandas",
    "scipy.stats",
    "seaborn",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_pdf",
    "matplotlib.backends.backend_svg",
    "matplotlib_inline.backend_inline",
    "yaml",
)
_OURS = ("tables", "law", "flows", "charts", "reports")


class _Kernels:
    """The kernels forked so far: None while one runs, else how it ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ended: dict[int, dict[str, Any] | None] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what *request* asks: fork, poll or signal."""
        self._reap()
        if "fork" in request:
            return {"pid": self._fork(request["fork"])}
        if "signal" in request:
            pid, number = request["signal"]
            if self._ended.get(pid, {}) is None:
                _signal_group(pid, number)
            return {}
        return {"ended": self._ended.get(request["poll"], {"status": -1, "peak_mb": None})}

    def end_all(self) -> None:
        """Kill whatever still runs, and what it started."""
        for pid, ended in self._ended.items():
            if ended is None:
                _kill_tree(pid)
        _kill_tree(os.getpid(), but_root=True)

    def _fork(self, order: Mapping[str, Any]) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_kernel(order, parent, self._connection)
        self._ended[pid] = None
        return pid

    def _reap(self) -> None:
        """Note the kernels that ended, and kill what they left behind (which is now our child)."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._ended:
                code = os.waitstatus_to_exitcode(status)
                self._ended[pid] = {"status": code, "peak_mb": round(usage.ru_maxrss / 1024)}
                _signal_group(pid, signal.SIGKILL)
                self._end_orphans()

    def _end_orphans(self) -> None:
        """Kill our children that are not kernels: what a cell started, its kernel gone."""
        import psutil

        for child in psutil.Process().children():
            if self._ended.get(child.pid, {}) is not None:
                _kill_tree(child.pid)


def serve(descriptor: int) -> None:
    """Import what notebooks need, say so, and answer requests on the socket until it closes."""
    os.environ.setdefault("MPLBACKEND", _INLINE)
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for name in _wanted():
        with contextlib.suppress(Exception):  # a module that fails here fails where a notebook wants it
            import_module(name)
    gc.collect()
    gc.freeze()  # so that a kernel's collector leaves the shared pages alone
    with Connection(descriptor) as connection:
        kernels = _Kernels(connection)
        with contextlib.suppress(EOFError, OSError):
            connection.send_bytes(b"ready")
            while True:
                request = json.loads(connection.recv_bytes())
                connection.send_bytes(json.dumps(kernels.answer(request)).encode())
        kernels.end_all()


def _wanted() -> Iterator[str]:
    """Yield the modules to import: libraries, and our own that notebooks use."""
    yield from _MODULES
    root = Path(__file__).resolve().parent.parent
    for part in _OURS:
        yield f"chipflows.{part}"
        for found in pkgutil.walk_packages([str(root / part)], f"chipflows.{part}."):
            yield found.name


def _become_kernel(order: Mapping[str, Any], parent: int, connection: Connection) -> None:
    """Turn this fork into a kernel; never returns."""
    status = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            return
        connection.close()
        _take_surroundings(order)
        _run_kernel(list(order["argv"]))
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, a fork must not go on as the warm parent
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _take_surroundings(order: Mapping[str, Any]) -> None:
    """Take the run's environment, folder, log file and its own random numbers."""
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if log := order["env"].get(LOG_VARIABLE):
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(target, 1)
        os.dup2(target, 2)
    random.seed()
    sys.modules["numpy"].random.seed()


def _run_kernel(argv: list[str]) -> None:
    """Run a kernel as `python -m ipykernel_launcher *argv*` does, until it is told to stop."""
    import atexit

    from ipykernel.kernelapp import IPKernelApp
    from matplotlib_inline import backend_inline

    sys.argv = ["ipykernel_launcher", *argv]
    gc.enable()
    app = IPKernelApp.instance()
    app.initialize(argv)
    # It does this when it is first imported, which was before there was a shell: no figure would show.
    backend_inline._enable_matplotlib_integration()
    app.start()
    # It closes its sockets in an order that can deadlock for seconds; the end of the process closes them too.
    atexit.unregister(app.close)
    atexit._run_exitfuncs()


def _signal_group(pid: int, number: int) -> None:
    """Send a signal to the group that *pid* leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _kill_tree(pid: int, *, but_root: bool = False) -> None:
    """Kill a process, its group, and all its descendants, whatever group they are in."""
    import psutil

    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        doomed = root.children(recursive=True)
        if not but_root:
            _signal_group(pid, signal.SIGKILL)
            doomed.append(root)
        for process in doomed:
            with contextlib.suppress(psutil.Error):
                process.kill()


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder we were started in, which a kernel adds for itself
    serve(int(sys.argv[1]))
