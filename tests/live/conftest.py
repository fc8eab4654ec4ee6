"""A real local server that stands for every public API, reached as a browser behind a proxy would.

The code under test is untouched: it speaks https to www.ecfr.gov and the others, through the proxy that
HTTPS_PROXY names (a few lines below), to a server whose certificate REQUESTS_CA_BUNDLE trusts.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from pytest_httpserver import HTTPServer

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "hostile")]

from chipflows.sources.http import Limits, Network

HOSTS = (
    "www.ecfr.gov", "www.federalregister.gov", "data.trade.gov", "data.sec.gov", "www.sec.gov",
    "api.census.gov", "comtradeapi.un.org", "elsewhere.example",
)  # fmt: skip
QUICK = Limits(
    connect_s=2, read_s=0.5, total_s=1, body_bytes=2**20, tries=3, backoff_s=0.01, longest_wait_s=2
)


class Proxy:
    """Takes CONNECT for any host and joins it to one local port; counts what was asked for."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked: list[str] = []  # one a request: the server closes each connection
        self._serving: list[threading.Thread] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections, and see the last ones end: their log is not the next test's."""
        self._listener.close()
        for thread in self._serving:
            thread.join(3)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._serving.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (part := client.recv(4096)):
            head += part
        self.asked.append(head.split()[1].decode())
        upstream = socket.create_connection(("127.0.0.1", self._target))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
        back.start()
        _pump(client, upstream)
        back.join()
        client.close()
        upstream.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends."""
    try:
        while part := source.recv(65_536):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """A certificate authority of ours, and its file."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return authority, path


@pytest.fixture(scope="session")
def one_server(authority: tuple[trustme.CA, Path]) -> Iterator[HTTPServer]:
    """The server; started once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert(*HOSTS).configure_cert(context)
    with HTTPServer(host="127.0.0.1", ssl_context=context, threaded=True) as server:
        yield server


@pytest.fixture
def server(
    one_server: HTTPServer, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[HTTPServer]:
    """The server without handlers or log, with the proxy and the certificate in the environment."""
    one_server.clear()
    proxy = Proxy(one_server.port)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    for name in ("NO_PROXY", "no_proxy", "CENSUS_API_KEY", "COMTRADE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority[1]))
    monkeypatch.setenv("CHIPFLOWS_CONTACT", "Tests tests@example.org")
    one_server.proxy = proxy
    yield one_server
    proxy.close()


@pytest.fixture
def network() -> Network:
    """Short limits, and no pause between requests."""
    return Network(QUICK, pace=0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where snapshots go."""
    path = tmp_path / "live"
    monkeypatch.setenv("CHIPFLOWS_LIVE", str(path))
    return path


@pytest.fixture
def raw() -> Path:
    """The folder of the producers' own files, when this machine has them; skips otherwise."""
    import os

    beside = Path(__file__).resolve().parents[3] / "shared"
    path = Path(os.environ.get("CHIPFLOWS_SHARED", beside)) / "raw"
    if not path.is_dir():
        pytest.skip("the producers' raw files are not on this machine")
    return path
