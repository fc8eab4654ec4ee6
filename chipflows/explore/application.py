"""Voila serving one notebook, with our handlers, our limits and our words.

Only this machine can reach it (loopback), only with the token in the address it prints, and only under a host
name that means this machine, so that no other site's page can. A browser is told to load nothing from
anywhere else. Voila itself lets a page send its kernel widget messages only, never code.
"""

from __future__ import annotations

import html
import logging
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import tornado.web
from jupyter_server.base.handlers import JupyterHandler
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from chipflows.explore.server import SHARE, Settings

__all__ = ["application"]

ADDRESS = "127.0.0.1"
HOSTS = r"(127\.0\.0\.1|localhost)$"  # tornado leaves the port out
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws://127.0.0.1:* ws://localhost:*; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)


class Alive(JupyterHandler):
    """Says whether a session's kernel still runs; asking does not keep it."""

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
        most = self.settings["most_sessions"]
        if _sessions(self.kernel_manager) < most:
            await super().get(path)
            return
        self.set_status(503)
        self.set_header("Retry-After", "60")
        text = (
            f"{most} sessions are open, which is all this server holds. Close a tab you do not need, or "
            "try again in a minute."
        )
        self.finish(_plain_page("All sessions are taken", text))


class Refused(tornado.web.RequestHandler):
    """Anything under a host name that is not this machine's, and any unknown address."""

    def prepare(self) -> None:
        """Answer 403 or 404, in words."""
        self.set_status(404 if re.match(HOSTS, self.request.host_name) else 403)
        self.finish(_plain_page("Not here", "Use the address that make explore printed."))


class Explore(Voila):  # type: ignore[misc]
    """The application; `most_sessions` is set before it starts."""

    most_sessions = 1

    def init_settings(self) -> dict[str, Any]:
        """Return Voila's settings, closed to other machines and other sites."""
        found: dict[str, Any] = super().init_settings()
        return found | {
            "allow_remote_access": False,
            "local_hostnames": ["localhost"],
            "most_sessions": self.most_sessions,
            "websocket_ping_interval": 30.0,
            "websocket_ping_timeout": 20.0,
            "headers": {
                "Content-Security-Policy": _POLICY,
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            },
        }

    def init_handlers(self) -> list[Any]:
        """Return Voila's handlers with ours before them and our page in the place of its own."""
        found = [
            (pattern, Page if handler is TornadoVoilaHandler else handler, *more)
            for pattern, handler, *more in super().init_handlers()
        ]
        return [(r"/chipflows/alive/([0-9a-f-]{36})", Alive), (r"/chipflows/page\.js", Script), *found]

    def start(self) -> None:
        """Serve until stopped; other host names meet `Refused`."""
        self.connection_dir = tempfile.mkdtemp(prefix="chipflows-explore-", dir=self.connection_dir_root)
        # The kernel manager starts a session ahead at once and asks the application for its settings then.
        self.app = tornado.web.Application(default_handler_class=Refused, **self.init_settings())
        self.app.add_handlers(HOSTS, self.init_handlers())
        self.listen()

    def launch_browser(self) -> None:
        """Print the address; `listen` calls this once it knows the port."""
        limits = f"Only this machine can open it, {self.most_sessions} sessions at most."
        sys.stdout.write(
            f"The explorer: {self.connection_url}?token={self.token}\n{limits} Ctrl-C stops everything.\n"
        )
        sys.stdout.flush()


def application(settings: Settings, notebook: Path, token: str) -> Explore:
    """Return the application that serves *notebook* as *settings* say, to whoever has *token*."""
    config = Config()
    config.Voila.ip = ADDRESS
    config.Voila.port = settings.port
    config.Voila.token = token
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
    kernels = config.MappingKernelManager
    kernels.cull_idle_timeout = settings.idle_seconds
    kernels.cull_interval = max(min(settings.idle_seconds // 4, 60), 1)
    kernels.cull_connected = True
    app = Explore(config=config)
    app.most_sessions = settings.sessions
    app.notebook_path = str(notebook)
    return app


def _sessions(manager: Any) -> int:
    """Return how many kernels have a reader: those started ahead are not counted."""
    waiting = sum(len(pool) for pool in getattr(manager, "_pools", {}).values())
    return len(manager.list_kernel_ids()) - waiting


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
