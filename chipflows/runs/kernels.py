"""Kernels forked from the warm parent, as jupyter_client sees them: a provisioner, a manager and a client.

Everything a run waits for has a reason: no fixed waits (jupyter_client's own come to a third of a second).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
import time
from copy import copy
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from chipflows import paths
from chipflows.runs.warm import ask_nursery

__all__ = ["ForkedKernel", "ForkingManager", "QuickClient", "can_fork"]

_PROVISIONER = "chipflows-fork"
_POLL_SECONDS = 0.004
_GRACE_SECONDS = 5.0
_START_SECONDS = 60.0


def can_fork(argv: list[str]) -> bool:
    """Return whether the kernel of a spec's *argv* is this environment's own, on a system where we fork."""
    return (
        sys.platform == "linux"
        and _launcher_arguments(argv) is not None
        and (Path(argv[0]).name == argv[0] or Path(argv[0]).absolute() == Path(sys.executable).absolute())
    )


def _launcher_arguments(argv: list[str]) -> list[str] | None:
    """Return what follows `-m ipykernel_launcher` in a command, None when it does not start such a kernel."""
    for at in range(1, len(argv) - 1):
        if argv[at : at + 2] == ["-m", "ipykernel_launcher"]:
            return argv[at + 2 :]
    return None


class ForkedKernel(LocalProvisioner):
    """A kernel that is a fork of the warm parent; it is used once."""

    process: Any = None
    ended: dict[str, Any] | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Have the kernel forked and return once its sockets are there."""
        arguments = _launcher_arguments(cmd) or []
        # It has a parent, which it need not watch: it dies with it.
        arguments = [*arguments, "--IPKernelApp.parent_handle=1"]
        order = {"argv": arguments, "env": dict(kwargs["env"]), "cwd": str(kwargs.get("cwd") or Path.cwd())}
        self.ended = None
        self.pid = self.process = self.pgid = ask_nursery(fork=order)["pid"]
        await self._wait_for_sockets()
        return self.connection_info

    async def _wait_for_sockets(self) -> None:
        """Wait until the kernel listens: who connects before is made to wait a tenth of a second more."""
        info: Any = self.connection_info
        names = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")
        sockets = [Path(f"{info['ip']}-{info[name]}") for name in names]
        deadline = time.monotonic() + _START_SECONDS
        while not all(path.exists() for path in sockets):
            if await self.poll() is not None or time.monotonic() > deadline:
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def poll(self) -> int | None:
        """Return None while the kernel runs, else its exit status (negative: killed by that signal)."""
        if self.process is None:
            return 0
        if self.ended is None:
            try:
                self.ended = ask_nursery(poll=self.process)["ended"]
            except EOFError:
                self.ended = {"status": -signal.SIGKILL, "peak_mb": None}
        return None if self.ended is None else int(self.ended["status"])

    async def wait(self) -> int | None:
        """Return the exit status once the kernel has ended."""
        while (status := await self.poll()) is None:
            await asyncio.sleep(_POLL_SECONDS)
        self.process = None
        return status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what its cells started."""
        if self.process is not None and self.ended is None:
            with contextlib.suppress(EOFError):
                ask_nursery(signal=[self.process, signum])

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """Ask the kernel to end."""
        await self.send_signal(signal.SIGTERM)


class QuickClient(AsyncKernelClient):
    """A client that is ready as soon as an answer came on both channels."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel answers; raises RuntimeError when it died, or was silent for *timeout*."""
        deadline = time.monotonic() + (timeout or _START_SECONDS)
        while not await self._answers(self.kernel_info(), 0.5):
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kernel did not answer within {timeout or _START_SECONDS:g} seconds")

    async def _answers(self, asked: str, seconds: float) -> bool:
        """Return whether the request *asked* is answered, and its end announced, within *seconds*."""
        deadline = time.monotonic() + seconds
        try:
            await self._find(self.get_shell_msg, asked, {}, deadline)
            await self._find(self.get_iopub_msg, asked, {"execution_state": "idle"}, deadline)
        except Empty:
            return False
        return True

    @staticmethod
    async def _find(read: Any, asked: str, content: dict[str, Any], deadline: float) -> None:
        """Read messages until the one about *asked* that has *content*; raises Empty at *deadline*."""
        while True:
            message = await read(timeout=max(deadline - time.monotonic(), 0.001))
            about = message["parent_header"].get("msg_id") == asked
            if about and content.items() <= message["content"].items():
                return


class ForkingManager(AsyncKernelManager):
    """A kernel manager whose kernel is forked from the warm parent, reached through sockets on disk."""

    def __init__(self, **kwargs: Any) -> None:
        _register()
        self._folder = paths.socket_folder()
        place = {"ip": str(self._folder / "k"), "connection_file": str(self._folder / "k.json")}
        super().__init__(transport="ipc", client_factory=QuickClient, **place, **kwargs)

    @property
    def kernel_spec(self) -> Any:
        """Return the kernel's spec, with our provisioner for the one that starts it."""
        spec = super().kernel_spec
        if spec is None:
            return None
        ours = copy(spec)
        ours.metadata = {**spec.metadata, "kernel_provisioner": {"provisioner_name": _PROVISIONER}}
        return ours

    async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]
        """End the kernel: asked first, so that its files are closed, killed when it does not listen."""
        self.shutting_down = True
        if self.has_kernel and not now:
            await self.request_shutdown(restart=restart)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ended(), _GRACE_SECONDS)
        if self.has_kernel and self.provisioner is not None:
            await self.provisioner.kill(restart=restart)
            await self.provisioner.wait()
        await self.cleanup_resources(restart=restart)

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]
        """Remove what is left on disk."""
        await self._async_cleanup_resources(restart=restart)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _ended(self) -> None:
        """Return when the kernel has ended."""
        if self.provisioner is not None:
            await self.provisioner.wait()


def _register() -> None:
    """Make our provisioner known to jupyter_client, whatever the installed metadata say."""
    known = KernelProvisionerFactory.instance().provisioners
    if _PROVISIONER not in known:  # once in each process
        paths.sweep_sockets()
    known.setdefault(
        _PROVISIONER,
        EntryPoint(_PROVISIONER, "chipflows.runs.kernels:ForkedKernel", "jupyter_client.kernel_provisioners"),
    )
