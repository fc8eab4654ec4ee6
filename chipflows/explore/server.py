"""Serve the explorer as a page that is safe to leave on a machine others use too: see `application`."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from chipflows import lean, paths  # noqa: F401 - lean: before anything imports Voila
from chipflows.errors import InputError

__all__ = ["NOTEBOOK", "SHARE", "Settings", "serve"]

NOTEBOOK = "90-explore.ipynb"
SHARE = Path(__file__).with_name("share")
TOKEN_VARIABLE = "CHIPFLOWS_EXPLORE_TOKEN"  # noqa: S105 - the name of a variable, not a secret
_SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Settings:
    """How the page is served: port, most sessions at once, idle seconds, how it is told."""

    port: int = 8866
    sessions: int = 6
    idle_seconds: int = 1800
    preheated: int = 1
    as_json: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not 1024 <= self.port <= 65535:
            raise InputError(f"port {self.port}: choose one from 1024 to 65535.")
        if not 1 <= self.sessions <= 64:
            raise InputError(f"{self.sessions} sessions: choose from 1 to 64; each takes some 450 MB.")
        if self.idle_seconds < 2:
            raise InputError(f"{self.idle_seconds} idle seconds is too short: choose 2 or more.")
        if not 0 <= self.preheated <= 4:
            raise InputError(f"{self.preheated} sessions started ahead: choose from 0 to 4.")


def serve(settings: Settings) -> None:
    """Serve the explorer until Ctrl-C or SIGTERM; prints the one address that opens it."""
    notebook = paths.notebooks() / NOTEBOOK
    if not notebook.is_file():
        raise InputError(f"there is no {NOTEBOOK} in {notebook.parent}. Run this from a checkout.")
    token = _token()
    # Voila finds templates on Jupyter's path.
    others = os.environ.get("JUPYTER_PATH", "")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(SHARE), others]))
    from chipflows.explore.application import application  # imports Voila, which takes a second

    app = application(settings, notebook, token)
    app.initialize([])
    app.start()


def _token() -> str:
    given = os.environ.pop(TOKEN_VARIABLE, "")  # popped: a kernel has no need of it
    if given and len(given) < _SHORTEST_TOKEN:
        raise InputError(
            f"{TOKEN_VARIABLE} is shorter than {_SHORTEST_TOKEN} characters: too easily guessed."
        )
    return given or secrets.token_urlsafe(24)
