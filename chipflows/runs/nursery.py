"""The warm parent: a process with the heavy imports done that forks a kernel for each run when asked.

`python -m chipflows.runs.nursery FD` is told over that socket of a line to each worker. A fork is used
once. When a line closes, however its other end went, that worker's kernels and all that their cells started
are killed; when the first socket closes, everything is. Linux only: elsewhere a fork is not safe, or a kernel
would not die with its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import pkgutil
import random
import select
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from chipflows import lean

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
    """The kernels forked so far: None while one runs, else how it ended; and whose they are."""

    def __init__(self, control: socket.socket) -> None:
        self._ended: dict[int, dict[str, Any] | None] = {}
        self._owner: dict[int, Connection] = {}
        self._control = control
        self.lines: list[Connection] = []

    def answer(self, line: Connection, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a worker asks on its *line*: fork, poll or signal."""
        self.reap()
        if "fork" in request:
            return {"pid": self._fork(line, request["fork"])}
        if "signal" in request:
            pid, number = request["signal"]
            if self._ended.get(pid, {}) is None:
                _signal_group(pid, number)
            return {}
        return {"ended": self._ended.get(request["poll"], {"status": -1, "peak_mb": None})}

    def hang_up(self, line: Connection) -> None:
        """Kill the kernels of a worker that is gone, with what they started."""
        self.lines.remove(line)
        line.close()
        for pid, owner in self._owner.items():
            if owner is line and self._ended[pid] is None:
                _kill_tree(pid)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)
                self._ended[pid] = {"status": -signal.SIGKILL, "peak_mb": None}
        self._end_orphans()

    def _fork(self, line: Connection, order: Mapping[str, Any]) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_kernel(order, parent, [self._control, *self.lines])
        self._ended[pid], self._owner[pid] = None, line
        return pid

    def reap(self) -> None:
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
        """Kill our children that are not kernels and in no living kernel's session: their kernel is gone."""
        import psutil

        alive = {pid for pid, ended in self._ended.items() if ended is None}
        for child in psutil.Process().children():
            with contextlib.suppress(ProcessLookupError):
                if child.pid not in alive and os.getsid(child.pid) not in alive:
                    _kill_tree(child.pid)


def serve(descriptor: int) -> None:
    """Import what notebooks need, then serve the lines that come over the control socket until it closes."""
    os.environ.setdefault("MPLBACKEND", _INLINE)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for name in _wanted():
        if _is_hung_up(descriptor):  # killed while we import, which takes seconds
            return
        with contextlib.suppress(Exception):  # a module that fails here fails where a notebook wants it
            import_module(name)
    gc.collect()
    gc.freeze()  # so that a kernel's collector leaves the shared pages alone
    with socket.socket(fileno=descriptor) as control:
        kernels = _Kernels(control)
        with contextlib.suppress(OSError):
            control.send(b"w")  # warm
            while _serve_once(control, kernels):
                pass
    for line in list(kernels.lines):
        kernels.hang_up(line)


def _is_hung_up(descriptor: int) -> bool:
    """Return whether the other end of a socket is gone."""
    watch = select.poll()
    watch.register(descriptor, select.POLLRDHUP)
    return bool(watch.poll(0))


def _serve_once(control: socket.socket, kernels: _Kernels) -> bool:
    """Wait for what comes next and see to it; return whether there may be more."""
    for ready in wait([control, *kernels.lines]):
        if ready is control:
            word, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not word:
                return False
            line = Connection(descriptors[0])
            kernels.lines.append(line)
            line.send_bytes(b"warm")
            continue
        assert isinstance(ready, Connection)
        try:
            request = json.loads(ready.recv_bytes())
            ready.send_bytes(json.dumps(kernels.answer(ready, request)).encode())
        except (EOFError, OSError):
            kernels.hang_up(ready)
    return True


def _wanted() -> Iterator[str]:
    """Yield the modules to import: libraries, and our own that notebooks use."""
    yield from _MODULES
    root = Path(__file__).resolve().parent.parent
    for part in _OURS:
        yield f"chipflows.{part}"
        for found in pkgutil.walk_packages([str(root / part)], f"chipflows.{part}."):
            yield found.name


def _become_kernel(order: Mapping[str, Any], parent: int, others: Sequence[Any]) -> None:
    """Turn this fork into a kernel; never returns."""
    status = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            return
        for other in others:
            other.close()
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
    lean.unblock()


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


def _kill_tree(pid: int) -> None:
    """Kill a process, its group, and all its descendants, whatever group they are in."""
    import psutil

    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        doomed = [root, *root.children(recursive=True)]
        _signal_group(pid, signal.SIGKILL)
        for process in doomed:
            with contextlib.suppress(psutil.Error):
                process.kill()


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder we were started in, which a kernel adds for itself
    serve(int(sys.argv[1]))
