"""The public APIs, spoken by a local server behind a proxy, for commands in processes of their own."""

from __future__ import annotations

import importlib.util
import logging
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import trustme
from pytest_httpserver import HTTPServer

_LIVE = Path(__file__).resolve().parents[1] / "live"


def _module(name: str, file: str) -> ModuleType:
    """Return a module of tests/live, which is no package."""
    sys.path.insert(0, str(_LIVE))
    try:
        spec = importlib.util.spec_from_file_location(name, _LIVE / file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(_LIVE))
    return module


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment in which `chipflows refresh` asks a local server that answers as the APIs do."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    live, shapes = _module("faults_live", "conftest.py"), _module("faults_shapes", "shapes.py")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*live.HOSTS).configure_cert(context)
    with HTTPServer(host="127.0.0.1", ssl_context=context, threaded=True) as server:
        shapes.serve_everything(server, entities=2100, csl=1600)
        proxy = live.Proxy(server.port)
        address = f"http://127.0.0.1:{proxy.port}"
        yield {
            "HTTPS_PROXY": address,
            "https_proxy": address,
            "NO_PROXY": "",
            "no_proxy": "",
            "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
            "CHIPFLOWS_CONTACT": "Tests tests@example.org",
        }
        proxy.close()
