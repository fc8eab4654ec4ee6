"""The HTTP client against a real server that misbehaves in every way we know of."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from shapes import MISSING_KEY, json_response
from werkzeug import Request, Response

from chipflows.errors import InputError, SourceError
from chipflows.sources.cache import Cache
from chipflows.sources.http import Access, Client, Limits, Network
from chipflows.sources.keys import Key

HOST = "data.trade.gov"
URL = f"https://{HOST}/data"
SECRET = "s3cr3t/k&y"  # noqa: S105 - made up


def client_of(folder: Path, network: Network, key: Key | None = None, **options: bool) -> Client:
    access = Access("sample", (HOST, "www.sec.gov"), key=key)
    return Client(access, Cache(folder, "sample"), network, **options)


@pytest.fixture
def client(server: HTTPServer, network: Network, tmp_path: Path) -> Client:
    return client_of(tmp_path, network)


def in_turn(*responses: Response) -> object:
    """A handler that gives one response after the other, the last for ever."""
    left = list(responses)

    def handler(_: Request) -> Response:
        return left.pop(0) if len(left) > 1 else left[0]

    return handler


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


# --- what is refused ---


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/data", "file:///etc/hosts", "https://elsewhere.example/data", f"https://user:word@{HOST}/",
        f"https://{HOST}:8443/data", f"https://{HOST}.elsewhere.example/",
    ],
)  # fmt: skip
def test_only_https_to_the_sources_own_hosts_is_asked(client: Client, server: HTTPServer, url: str) -> None:
    with pytest.raises(SourceError, match="only https to"):
        client.get(url)
    assert server.proxy.asked == []


@pytest.mark.parametrize(
    "target", ["file:///etc/hosts", "https://elsewhere.example/data", f"http://{HOST}/data", "ftp://x/y"]
)
def test_a_redirect_to_another_place_is_not_followed(client: Client, server: HTTPServer, target: str) -> None:
    server.expect_request("/data").respond_with_data("", 302, headers={"Location": target})
    with pytest.raises(SourceError, match=r"redirects to .* not followed"):
        client.get(URL)


def test_a_redirect_that_never_ends_stops(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data("", 302, headers={"Location": "/data"})
    with pytest.raises(SourceError, match="more than 3 redirects"):
        client.get(URL)


def test_a_redirect_within_the_sources_hosts_is_followed(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data("", 301, headers={"Location": "https://www.sec.gov/new"})
    server.expect_request("/new").respond_with_data("[1]")
    assert client.get(URL) == b"[1]"


def test_a_small_packed_answer_that_becomes_huge_is_not_unpacked(client: Client, server: HTTPServer) -> None:
    bomb = gzip.compress(bytes(64 * 2**20))
    assert len(bomb) < 100_000
    server.expect_request("/data").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match=r"more than 1,048,576 bytes; it was not read"):
        client.get(URL)


def test_a_plain_answer_over_the_limit_is_not_read(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data(bytes(2**20 + 1))
    with pytest.raises(SourceError, match="more than 1,048,576 bytes"):
        client.get(URL)


def test_damaged_packed_data_is_refused(client: Client, server: HTTPServer) -> None:
    whole = gzip.compress(b"x" * 1000)
    for body in (whole[:-6], whole + b"more", b"not packed at all"):
        server.clear_all_handlers()
        server.expect_request("/data").respond_with_data(body, headers={"Content-Encoding": "gzip"})
        with pytest.raises(SourceError, match="packed data is damaged"):
            client.get(URL)


def test_a_packing_nobody_asked_for_is_refused(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data(b"x", headers={"Content-Encoding": "br"})
    with pytest.raises(SourceError, match="packed as 'br'"):
        client.get(URL)


def cut_off(_: Request) -> Response:
    """Announce 1,000 bytes, send ten, hang up."""
    response = Response((part for part in [b"0123456789"]), direct_passthrough=True)
    response.headers["Content-Length"] = "1000"
    return response


def test_an_answer_cut_off_before_its_end_is_tried_again_then_refused(
    client: Client, server: HTTPServer
) -> None:
    server.expect_request("/data").respond_with_handler(cut_off)
    with pytest.raises(SourceError, match=r"cut off before its end \(3 tries\)"):
        client.get(URL)
    assert len(server.proxy.asked) == 3


def test_an_answer_that_comes_too_slowly_is_given_up(client: Client, server: HTTPServer) -> None:
    def slow(_: Request) -> Response:
        def parts() -> Iterator[bytes]:
            for _number in range(20):
                yield b"x" * 70_000
                time.sleep(0.1)

        return Response(parts(), direct_passthrough=True)

    server.expect_request("/data").respond_with_handler(slow)
    client.network.limits = Limits(total_s=0.3, tries=1)
    with pytest.raises(SourceError, match=r"not whole after 0\.3 s"):
        client.get(URL)


def test_a_server_that_does_not_answer_is_given_up(client: Client, server: HTTPServer) -> None:
    def late(_: Request) -> Response:
        time.sleep(0.4)
        return Response("[]")

    server.expect_request("/data").respond_with_handler(late)
    client.network.limits = Limits(read_s=0.1, tries=2, backoff_s=0.01)
    with pytest.raises(SourceError, match=r"no answer within 0.1 s \(2 tries\)"):
        client.get(URL)


@pytest.mark.parametrize(
    ("status", "words"), [(404, "no such page"), (410, "HTTP 410"), (401, "access refused")]
)
def test_a_refusal_is_not_repeated(client: Client, server: HTTPServer, status: int, words: str) -> None:
    server.expect_request("/data").respond_with_data("{}", status)
    with pytest.raises(SourceError, match=words):
        client.get(URL)
    assert len(server.proxy.asked) == 1


def test_what_a_refusal_says_is_passed_on(client: Client, server: HTTPServer) -> None:
    # Census documents 400 with plain text
    server.expect_request("/data").respond_with_data("error: unknown variable 'QTY_9_MO'\x1b[31m", 400)
    with pytest.raises(SourceError, match=r"HTTP 400: error: unknown variable 'QTY_9_MO' \[31m\."):
        client.get(URL)


# --- patience ---


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_repeated(client: Client, server: HTTPServer, status: int) -> None:
    # Comtrade documents 429 as {"statusCode":429,"message":...} with Retry-After: 1
    busy = json_response(
        {"statusCode": status, "message": "Try again in 0 seconds."}, status, **{"Retry-After": "0"}
    )
    server.expect_request("/data").respond_with_handler(in_turn(busy, busy, Response("[1]")))
    assert client.get(URL) == b"[1]"
    assert len(server.proxy.asked) == 3


def test_retry_after_is_waited_for(client: Client, server: HTTPServer) -> None:
    busy = Response("", 429, headers={"Retry-After": "1"})
    server.expect_request("/data").respond_with_handler(in_turn(busy, Response("[1]")))
    began = time.monotonic()
    assert client.get(URL) == b"[1]"
    assert time.monotonic() - began >= 1


def test_retry_after_may_be_a_date(client: Client, server: HTTPServer) -> None:
    past = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    busy = Response("", 503, headers={"Retry-After": past})
    server.expect_request("/data").respond_with_handler(in_turn(busy, Response("[1]")))
    assert client.get(URL) == b"[1]"


def test_a_server_that_asks_to_wait_for_hours_is_left_at_once(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data("", 429, headers={"Retry-After": "3600"})
    with pytest.raises(SourceError, match="come back in 3,600 seconds"):
        client.get(URL)
    assert len(server.proxy.asked) == 1


def test_a_used_up_quota_is_said(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data("", 403, headers={"Retry-After": "7200"})
    with pytest.raises(SourceError, match=r"quota is used up; come back in 7,200 seconds"):
        client.get(URL)


# --- the cache ---


def test_an_unchanged_answer_is_asked_for_with_its_tag_and_not_sent_again(
    server: HTTPServer, network: Network, tmp_path: Path
) -> None:
    server.expect_oneshot_request("/data").respond_with_data("[1]", headers={"ETag": '"a"'})
    first = client_of(tmp_path, network)
    assert first.get(URL) == b"[1]"
    first.cache.finish()

    server.expect_oneshot_request("/data", headers={"If-None-Match": '"a"'}).respond_with_data("", 304)
    assert client_of(tmp_path, network).get(URL) == b"[1]"
    assert len(server.proxy.asked) == 2


def test_no_content_is_an_empty_answer(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data("", 204)
    assert client.get(URL) == b""


def test_a_stopped_run_goes_on_and_a_whole_one_asks_again(
    server: HTTPServer, network: Network, tmp_path: Path
) -> None:
    server.expect_request("/data").respond_with_data("[1]")
    client_of(tmp_path, network).get(URL)
    second = client_of(tmp_path, network)
    second.get(URL)
    assert len(server.proxy.asked) == 1
    second.cache.finish()
    client_of(tmp_path, network).get(URL)
    assert len(server.proxy.asked) == 2


def test_offline_answers_from_the_cache_and_never_asks(
    server: HTTPServer, network: Network, tmp_path: Path
) -> None:
    server.expect_request("/data").respond_with_data("[1]")
    client_of(tmp_path, network).get(URL)
    offline = client_of(tmp_path, network, offline=True)
    assert offline.get(URL) == b"[1]"
    with pytest.raises(SourceError, match="not in the cache"):
        offline.get(URL, {"page": "2"})
    assert len(server.proxy.asked) == 1


def test_a_body_changed_on_disk_is_not_believed(server: HTTPServer, network: Network, tmp_path: Path) -> None:
    server.expect_request("/data").respond_with_data("[1]")
    client_of(tmp_path, network).get(URL)
    next((tmp_path / "sample").glob("*.body")).write_bytes(b"[2]")
    assert client_of(tmp_path, network).get(URL) == b"[1]"
    assert len(server.proxy.asked) == 2


# --- keys and names ---


@pytest.mark.parametrize("place", ["header", "query"])
def test_a_key_is_sent_and_stands_nowhere_else(
    server: HTTPServer,
    network: Network,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: str,
) -> None:
    monkeypatch.setenv("SAMPLE_KEY", SECRET)
    client = client_of(tmp_path, network, key=Key("SAMPLE_KEY", place, "key"))  # type: ignore[arg-type]
    server.expect_request("/data").respond_with_handler(in_turn(Response("[1]"), Response("", 500)))
    with caplog.at_level(logging.DEBUG):
        assert client.get(URL, {"page": "1"}) == b"[1]"
        with pytest.raises(SourceError) as problem:
            client.get(URL, {"page": "2"})

    request = server.log[0][0]
    sent = request.headers.get("key") if place == "header" else request.args.get("key")
    assert sent == SECRET
    for form in (SECRET, "s3cr3t%2Fk%26y"):
        assert form not in caplog.text
        assert form not in f"{problem.value}{problem.value.__cause__}"
        assert form.encode() not in on_disk(tmp_path)
        assert not any(form in url for url in client.urls)
    assert "HTTP" in caplog.text  # the library's own log was there to be cleaned


def test_an_answer_that_repeats_the_key_is_not_kept(
    server: HTTPServer, network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPLE_KEY", SECRET)
    client = client_of(tmp_path, network, key=Key("SAMPLE_KEY", "header", "key"))
    server.expect_request("/data").respond_with_data(f'["{SECRET}"]')
    with pytest.raises(SourceError, match="repeats your key"):
        client.get(URL)
    assert on_disk(tmp_path) == b""


@pytest.mark.parametrize(("set_to", "words"), [(None, "asks for a key"), ("wrong", "the key is refused")])
def test_a_web_page_with_status_200_is_a_refused_key_and_is_not_kept(
    server: HTTPServer,
    network: Network,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    set_to: str | None,
    words: str,
) -> None:
    if set_to:
        monkeypatch.setenv("SAMPLE_KEY", set_to)
    client = client_of(tmp_path, network, key=Key("SAMPLE_KEY", "query", "key"))
    server.expect_request("/data").respond_with_response(MISSING_KEY)
    with pytest.raises(SourceError, match=f"{words}. Set SAMPLE_KEY"):
        client.get(URL)
    assert on_disk(tmp_path) == b""


def test_we_say_who_asks(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data("[]")
    client.get(URL)
    assert server.log[0][0].headers["User-Agent"].startswith("chipflows/")
    assert "(Tests tests@example.org)" in server.log[0][0].headers["User-Agent"]
    assert "Authorization" not in server.log[0][0].headers


def test_a_contact_that_would_forge_a_header_is_refused(
    client: Client, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHIPFLOWS_CONTACT", "a\r\nX-Other: b")
    with pytest.raises(InputError, match="CHIPFLOWS_CONTACT"):
        client.get(URL)


def test_a_server_that_wants_a_contact_is_not_asked_without(
    server: HTTPServer, network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHIPFLOWS_CONTACT")
    client = Client(Access("sample", (HOST,), wants_contact=True), Cache(tmp_path, "sample"), network)
    with pytest.raises(SourceError, match="Set CHIPFLOWS_CONTACT"):
        client.get(URL)
    assert server.proxy.asked == []


def test_cookies_are_not_kept(client: Client, server: HTTPServer) -> None:
    server.expect_request("/data").respond_with_data("[]", headers={"Set-Cookie": "a=b; Path=/"})
    client.get(URL)
    client.get(URL, {"page": "2"})
    assert "Cookie" not in server.log[1][0].headers


def test_an_untrusted_certificate_is_refused(
    client: Client, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(SourceError, match="certificate is not trusted"):
        client.get(URL)


def test_a_host_out_of_reach_is_tried_once(
    client: Client, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.proxy.close()
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for page in "12":
        with pytest.raises(SourceError, match="cannot be reached"):
            client.get(URL, {"page": page})
    assert list(client.network.unreachable) == [HOST]


def test_hosts_that_never_answer_cost_little(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{deaf.getsockname()[1]}")
        network.limits = Limits(connect_s=0.2, read_s=0.2, tries=1)
        began = time.monotonic()
        for number in range(5):
            host = f"host{number}.example"
            client = Client(Access("sample", (host,)), Cache(tmp_path, "sample"), network)
            with pytest.raises(SourceError, match=f"{host}/: "):
                client.get(f"https://{host}/")
        assert time.monotonic() - began < 3
    assert not network.answered and len(network.unreachable) == 5


def test_a_connection_that_breaks_off_is_tried_again(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    asked = []

    def hang_up() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            asked.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            connection.close()

    threading.Thread(target=hang_up, daemon=True).start()
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.getsockname()[1]}")
    with pytest.raises(SourceError, match=r"broke off \(2 tries\)"):
        client_of(tmp_path, network).get(URL)
    listener.close()
    assert len(asked) == 2
