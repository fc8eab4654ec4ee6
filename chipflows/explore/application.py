"""Voila serving one notebook, with our handlers, our limits and our words.

Only this machine can reach it (loopback), only with the token in the address it prints, and only under a host
name that means this machine, so that no other site's page can. A browser is told to load nothing from
anywhere else. Voila itself lets a page send its kernel widget messages only, never code.
"""

from __future__ import annotations

import hashlib
import html
import json
import logging
import re
import sys
import time
from pathlib import Path
from typing import Any

import tornado.ioloop
import tornado.web
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from traitlets.config import Config
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler

from chipflows import paths
from chipflows.explore.server import SHARE, Settings

__all__ = ["application"]

ADDRESS = "127.0.0.1"
HOSTS = r"(127\.0\.0\.1|localhost)$"  # tornado leaves the port out
# Seconds without a connection before a session ends; a page being loaded has none yet.
_GRACE, _GRACE_WHEN_FULL, _LOOK_EVERY = 120, 30, 5
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws://127.0.0.1:* ws://localhost:*; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)


class Alive(JupyterHandler):
    """Says whether a session's kernel still runs; asking does not keep it."""

    @allow_unauthenticated  # it answers 403 itself: a log-in page would look like a yes
    def get(self, kernel_id: str) -> None:
        """Answer 200, 404 when the session has ended, 403 without the token."""
        if self.current_user is None:
            raise tornado.web.HTTPError(403)
        manager = self.kernel_manager
        alive = kernel_id in manager and _process_runs(manager.get_kernel(kernel_id))
        self.set_status(200 if alive else 404)
        self.finish("yes" if alive else "no")


class Script(JupyterHandler):
    """The page's own script."""

    @tornado.web.authenticated
    def get(self) -> None:
        """Answer with page.js."""
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish((SHARE / "page.js").read_text(encoding="utf-8"))


class Page(TornadoVoilaHandler):  # type: ignore[misc]
    """The notebook's page, refused kindly when there are as many sessions as may be."""

    @tornado.web.authenticated
    async def get(self, path: str | None = None) -> None:
        """Answer with the page, or 503."""
        most, abandoned = self.settings["most_sessions"], self.settings["abandoned"]
        if len(_sessions(self.kernel_manager)) >= most:
            await abandoned.end(_GRACE_WHEN_FULL)
        if len(_sessions(self.kernel_manager)) < most:
            await super().get(path)
            return
        self.set_status(503)
        self.set_header("Retry-After", "60")
        text = (
            f"{most} sessions are open, which is all this server holds. Close a tab you do not need, or "
            "try again in a minute."
        )
        self.finish(_plain_page("All sessions are taken", text))


class Close(VoilaShutdownKernelHandler):  # type: ignore[misc]
    """Ends a session when its tab is closed; a browser's farewell can carry no header.

    The kernel's random id, which only its own page has, stands in the place of the cross-site token.
    """

    def check_xsrf_cookie(self) -> None:
        """Ask for none."""


class Refused(tornado.web.RequestHandler):
    """Anything under a host name that is not this machine's, and any unknown address."""

    def prepare(self) -> None:
        """Answer 403 or 404, in words."""
        self.set_status(404 if re.match(HOSTS, self.request.host_name) else 403)
        self.finish(_plain_page("Not here", "Use the address that make explore printed."))


class Explore(Voila):  # type: ignore[misc]
    """The application; `most_sessions` is set before it starts."""

    most_sessions = 1
    prints_json = False

    def init_settings(self) -> dict[str, Any]:
        """Return Voila's settings, closed to other machines and other sites."""
        found: dict[str, Any] = super().init_settings()
        return found | {
            "allow_remote_access": False,
            "local_hostnames": ["localhost"],
            "most_sessions": self.most_sessions,
            "abandoned": Abandoned(self.kernel_manager),
            # A time-out shorter than the interval cut every connection at its first ping, and a longer one
            # is refused by tornado, which reads it in seconds; on one machine no ping is needed.
            "ws_ping_interval": 0,
            "headers": {
                "Content-Security-Policy": _POLICY,
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            },
        }

    def init_handlers(self) -> list[Any]:
        """Return Voila's handlers with ours before them and our page in the place of its own."""
        ours = {TornadoVoilaHandler: Page, VoilaShutdownKernelHandler: Close}
        found = [
            (pattern, ours.get(handler, handler), *more)
            for pattern, handler, *more in super().init_handlers()
        ]
        return [(r"/chipflows/alive/([0-9a-f-]{36})", Alive), (r"/chipflows/page\.js", Script), *found]

    def start(self) -> None:
        """Serve until stopped; other host names meet `Refused`."""
        paths.sweep_sockets()
        self.connection_dir = str(paths.socket_folder())
        # The kernel manager starts a session ahead at once and asks the application for its settings then.
        self.app = tornado.web.Application(default_handler_class=Refused, **self.init_settings())
        self.app.add_handlers(HOSTS, self.init_handlers())
        abandoned = self.app.settings["abandoned"]
        tornado.ioloop.PeriodicCallback(lambda: abandoned.end(_GRACE), 1000 * _LOOK_EVERY).start()
        self.listen()

    def launch_browser(self) -> None:
        """Print the address; `listen` calls this once it knows the port."""
        address = f"{self.connection_url}?token={self.token}"
        limits = f"Only this machine can open it, {self.most_sessions} sessions at most."
        said = f"The explorer: {address}\n{limits} Ctrl-C stops everything."
        if self.prints_json:
            said = json.dumps({"address": address, "most_sessions": self.most_sessions})
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


def application(settings: Settings, notebook: Path, token: str) -> Explore:
    """Return the application that serves *notebook* as *settings* say, to whoever has *token*."""
    config = Config()
    config.Voila.ip = ADDRESS
    config.Voila.port = settings.port
    config.Voila.token = token
    # Drawn from the token: who had it before a restart needs no new log-in after it.
    config.Voila.cookie_secret = hashlib.sha512(f"chipflows-explore {token}".encode()).digest()
    config.Voila.open_browser = True  # see launch_browser
    config.Voila.log_level = logging.ERROR
    config.Voila.config_file_paths = []  # nobody's own settings of Voila loosen these
    page = config.VoilaConfiguration
    page.template = "chipflows"
    page.strip_sources = True
    page.show_tracebacks = False
    page.allow_template_override = page.allow_theme_override = "NO"
    page.file_allowlist = []
    page.preheat_kernel = settings.preheated > 0
    page.default_pool_size = settings.preheated
    config.KernelManager.transport = "ipc"  # a port could be listened to by another user of the machine
    config.KernelManager.autorestart = False  # a new process would know nothing of the page that is open
    kernels = config.MappingKernelManager
    kernels.cull_idle_timeout = settings.idle_seconds
    kernels.cull_interval = max(min(settings.idle_seconds // 4, 60), 1)
    kernels.cull_connected = True
    app = Explore(config=config)
    app.most_sessions = settings.sessions
    app.prints_json = settings.as_json
    app.notebook_path = str(notebook)
    return app


def _sessions(manager: Any) -> list[str]:
    """Return the kernels that a page was given: those started ahead, or starting, are left out."""
    ahead: set[str | None] = set()
    for pool in getattr(manager, "_pools", {}).values():
        for task in pool:
            if not task.done():
                ahead.add(None)  # started, but which one it is is not known yet
            elif task.exception() is None:
                ahead.add(task.result()["kernel_id"])
    known = [kernel for kernel in manager.list_kernel_ids() if kernel not in ahead]
    return known[: len(known) - 1] if None in ahead and len(known) > 0 else known


class Abandoned:
    """Ends sessions whose page is gone: a tab that crashed, a lid that was shut, never says good-bye."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager
        self._since: dict[str, float] = {}

    async def end(self, grace: float) -> None:
        """End every session that has had no connection for *grace* seconds."""
        now, sessions = time.monotonic(), _sessions(self.manager)
        connections = getattr(self.manager, "_kernel_connections", {})
        alone = [kernel for kernel in sessions if not connections.get(kernel)]
        self._since = {kernel: self._since.get(kernel, now) for kernel in alone}
        for kernel, since in list(self._since.items()):
            if now - since >= grace and kernel in self.manager:
                await ensure_async(self.manager.shutdown_kernel(kernel, now=True))


def _process_runs(kernel: Any) -> bool:
    """Return whether the kernel's process is there; a manager notices a killed one only when it asks."""
    process = getattr(getattr(kernel, "provisioner", None), "process", None)
    return process is None or process.poll() is None


def _plain_page(title: str, text: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>"
        "<body style='font:16px system-ui;max-width:40em;margin:4em auto'>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p></body></html>"
    )
