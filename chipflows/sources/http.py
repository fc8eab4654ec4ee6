"""The only module that talks to the network: https to named hosts, bounded, patient, and polite.

Proxies and certificates are the machine's (HTTPS_PROXY, REQUESTS_CA_BUNDLE), as `requests` reads them.
"""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from chipflows.errors import SourceError
from chipflows.sources import keys
from chipflows.sources.cache import Cache, Kept
from chipflows.sources.keys import Key, user_agent, without_keys

__all__ = ["Access", "Client", "Limits", "Network"]

Params = Mapping[str, str | list[str]]
_CHUNK = 65_536
_REDIRECTS = {301, 302, 303, 307, 308}
_AGAIN = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Limits:
    """What one request may cost. Seconds, bytes, times."""

    connect_s: float = 5.0
    read_s: float = 60.0
    total_s: float = 600.0
    body_bytes: int = 256 * 2**20
    redirects: int = 3
    tries: int = 4
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0


@dataclass(frozen=True)
class Access:
    """How a source may be reached: its hosts, its rate, its key, and whether it wants to know who asks."""

    source: str
    hosts: tuple[str, ...]
    per_second: float = 2.0
    key: Key | None = None
    wants_contact: bool = False


class Network:
    """What all sources of one refresh share: the connections, the pace by host, the hosts out of reach."""

    def __init__(self, limits: Limits = Limits(), pace: float = 1.0) -> None:
        self.limits = limits
        self._pace = pace
        self._last: dict[str, float] = {}
        self.unreachable: dict[str, str] = {}
        self.answered = False
        self.session = requests.Session()
        self.session.auth = _no_login
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def wait_for_turn(self, host: str, per_second: float) -> None:
        """Sleep until *host* may be asked again."""
        now = time.monotonic()
        due = self._last.get(host, -1e9) + self._pace / per_second
        if due > now:
            time.sleep(due - now)
        self._last[host] = time.monotonic()

    def patience(self) -> Limits:
        """Return the limits that hold now: short until some host has answered, shorter when one has not.

        Without a network (or behind a wall that answers nothing) a refresh is to end in seconds.
        """
        if self.answered:
            return self.limits
        connect_s, read_s, tries = (1.0, 3.0, 1) if self.unreachable else (5.0, 20.0, 2)
        return replace(
            self.limits,
            connect_s=min(connect_s, self.limits.connect_s),
            read_s=min(read_s, self.limits.read_s),
            tries=min(tries, self.limits.tries),
        )


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send no login: without this, `requests` would look for one in ~/.netrc."""
    return request


class _AgainError(Exception):
    """The request may work when repeated, after *wait_s* if the server said so."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class Client:
    """Gets the answers of one source, from its servers or from what is kept of them.

    ``gave_up`` says whether a request failed, which is no fault of what was kept.
    *tell* hears a word about each request ("csl: 12 requests, 3.1 MB"), for a progress bar.
    """

    def __init__(
        self,
        access: Access,
        cache: Cache,
        network: Network | None = None,
        *,
        offline: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.access = access
        self.cache = cache
        self.network = network or Network()
        self.offline = offline
        self.urls: list[str] = []
        self.gave_up = False
        self._tell = tell
        self._bytes = 0

    def get(
        self,
        url: str,
        params: Params | None = None,
        *,
        markup: bool = False,
        never_changes: bool = False,
    ) -> bytes:
        """Return the body at *url*; b"" for "no content".

        A web page where data was asked for (not *markup*) is refused: some servers say "no" so, with status
        200. *never_changes* takes what is kept without asking. Raises SourceError with the reason, never
        with a key in it, when the answer cannot be had whole.
        """
        public = url + ("?" + urlencode(params, doseq=True) if params else "")
        self._check(public)
        kept = self.cache.find(public)
        if kept and (self.offline or never_changes or self.cache.is_of_this_run(kept)):
            self._count(public, kept.body)
            return kept.body
        if self.offline:
            raise self._error(
                public, "is not in the cache, and --offline forbids to ask. Run without it once"
            )
        body = self._persist(public, kept, markup)
        self._count(public, body)
        return body

    def _count(self, public: str, body: bytes) -> None:
        self.urls.append(public)
        self._bytes += len(body)
        self.gave_up = False
        self._tell(f"{self.access.source}: {len(self.urls)} requests, {self._bytes / 1e6:.1f} MB")

    def _persist(self, public: str, kept: Kept | None, markup: bool) -> bytes:
        """Ask until it works, for as often and as long as the limits allow."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._ask(public, kept, markup)
            except _AgainError as problem:
                limits = self.network.patience()
                # A little chance keeps many clients from coming back at once.
                wait = limits.backoff_s * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311
                wait = problem.wait_s if problem.wait_s is not None else wait
                if wait > limits.longest_wait_s:
                    raise self._error(
                        public, f"{problem}: the server asks to come back in {wait:,.0f} seconds"
                    ) from None
                if attempt >= limits.tries:
                    why = f"{problem} ({attempt} {'try' if attempt == 1 else 'tries'}). Try again later"
                    if not self.network.answered:
                        self.network.unreachable[urlsplit(public).hostname or ""] = why
                    raise self._error(public, why) from None
                time.sleep(wait)

    def _ask(self, public: str, kept: Kept | None, markup: bool) -> bytes:
        """Ask once, follow redirects, and keep the answer."""
        target = public
        for _ in range(self.network.limits.redirects + 1):
            response = self._send(target, kept)
            with response:
                if response.status_code in _REDIRECTS:
                    target = self._redirected(target, response)
                    continue
                return self._answer(public, response, kept, markup)
        raise self._error(public, f"more than {self.network.limits.redirects} redirects")

    def _send(self, url: str, kept: Kept | None) -> requests.Response:
        """Send one request and return the response, its body unread."""
        host = urlsplit(url).hostname or ""
        if host in self.network.unreachable:
            raise self._error(url, self.network.unreachable[host])
        headers = {"User-Agent": user_agent(), "Accept-Encoding": "gzip", "Accept": "*/*"}
        if kept and kept.etag:
            headers["If-None-Match"] = kept.etag
        if kept and kept.last_modified:
            headers["If-Modified-Since"] = kept.last_modified
        with_key = self._with_key(url, headers)
        self.network.wait_for_turn(host, self.access.per_second)
        limits = self.network.patience()
        timeout = (limits.connect_s, limits.read_s)
        try:
            response = self.network.session.get(
                with_key, headers=headers, timeout=timeout, stream=True, allow_redirects=False
            )
            self.network.answered = True
            return response
        except requests.exceptions.SSLError as problem:
            if "CERTIFICATE" not in str(problem).upper():
                raise _AgainError("the connection broke off") from None
            raise self._error(url, "the server's certificate is not trusted here") from None
        except requests.exceptions.ReadTimeout:
            raise _AgainError(f"no answer within {limits.read_s:g} s") from None
        except requests.exceptions.ConnectionError as problem:
            if isinstance(problem.args[0] if problem.args else None, HTTPError) and _broke_off(problem):
                raise _AgainError("the connection broke off") from None
            why = "cannot be reached. Check the network (or the proxy), then try again"
            self.network.unreachable[host] = why
            raise self._error(url, why) from None
        except (requests.exceptions.RequestException, HTTPError, ValueError):
            raise self._error(url, "the answer breaks the rules of HTTP") from None

    def _with_key(self, url: str, headers: dict[str, str]) -> str:
        """Return *url* to send, with the key where the API wants it (there, or among the headers)."""
        key = self.access.key
        value = key.value() if key else None
        if key is None or value is None:
            return url
        keys.remember(value)
        if key.place == "header":
            headers[key.name] = value
            return url
        return url + ("&" if "?" in url else "?") + urlencode({key.name: value})

    def _redirected(self, url: str, response: requests.Response) -> str:
        """Return where a redirect leads; raises SourceError unless it is one of the source's own hosts."""
        target = without_keys(urljoin(url, response.headers.get("Location", "")))
        parts = urlsplit(target)
        if parts.scheme != "https" or parts.hostname not in self.access.hosts:
            raise self._error(
                url, f"it redirects to {parts.scheme}://{parts.hostname or ''}, which is not followed"
            )
        if self.access.key and "key" in parts.path.lower():
            raise self._error(url, self._refused())
        self._check(target)
        return target

    def _answer(self, public: str, response: requests.Response, kept: Kept | None, markup: bool) -> bytes:
        """Return the body of a final response, kept on disk; raises what its status means."""
        if response.status_code == 304 and kept:
            self.cache.store(public, kept.status, kept.body, kept.etag, kept.last_modified)
            return kept.body
        self._refuse_status(public, response)
        body = b"" if response.status_code == 204 else self._body(public, response)
        if not markup and body[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(
            (b"<!doctype html", b"<html")
        ):
            why = self._refused() if self.access.key else "a web page came instead of data. Try again later"
            raise self._error(public, why)
        key = self.access.key.value() if self.access.key else None
        if key and key.encode() in body:
            raise self._error(public, "the answer repeats your key, so it is not kept. Check the request")
        self.cache.store(
            public,
            response.status_code,
            body,
            response.headers.get("ETag"),
            response.headers.get("Last-Modified"),
        )
        return body

    def _refuse_status(self, public: str, response: requests.Response) -> None:
        """Raise what a status other than 200 and 204 means."""
        status = response.status_code
        if status in (200, 204):
            return
        wait = _retry_after(response.headers.get("Retry-After"))
        if status in _AGAIN:
            raise _AgainError(f"HTTP {status}", wait)
        if status == 401 or (status == 403 and self.access.key and wait is None):
            raise self._error(public, f"HTTP {status}: {self._refused()}")
        if status == 403 and wait is not None:
            raise self._error(public, f"HTTP 403: the quota is used up; come back in {wait:,.0f} seconds")
        if status == 403 and self.access.wants_contact:
            raise self._error(public, f"HTTP 403: is {keys.CONTACT} a real name and address?")
        said = "no such page" if status == 404 else _said(response)
        raise self._error(public, f"HTTP {status}" + (f": {said}" if said else ""))

    def _refused(self) -> str:
        """Return what to do about a missing or refused key."""
        key = self.access.key
        if key is None:
            return "access refused"
        what = "the key is refused" if key.value() else "it asks for a key"
        return f"{what}. Set {key.variable} in your environment"

    def _body(self, public: str, response: requests.Response) -> bytes:
        """Return the whole body, unpacked by us so that a small answer cannot become a huge one."""
        limits = self.network.limits
        coding = response.headers.get("Content-Encoding", "identity").lower()
        if coding not in ("identity", "gzip", ""):
            raise self._error(public, f"packed as {coding!r}, which was not asked for")
        deadline = time.monotonic() + limits.total_s
        parts: list[bytes] = []
        size = 0
        try:
            for part in _unpacked(response, coding == "gzip"):
                size += len(part)
                if size > limits.body_bytes:
                    raise self._error(public, f"more than {limits.body_bytes:,} bytes; it was not read")
                if time.monotonic() > deadline:
                    raise _AgainError(f"not whole after {limits.total_s:g} s")
                parts.append(part)
        except (HTTPError, OSError):
            raise _AgainError("cut off before its end") from None
        except zlib.error:
            raise self._error(public, "the packed data is damaged") from None
        return b"".join(parts)

    def _check(self, url: str) -> None:
        """Raise SourceError unless *url* is https, without a login, on one of the source's hosts."""
        parts = urlsplit(url)
        plain = parts.scheme == "https" and parts.username is None and parts.port in (None, 443)
        if not plain or parts.hostname not in self.access.hosts:
            raise self._error(url, f"only https to {', '.join(self.access.hosts)} is allowed")
        if self.access.wants_contact and not self.offline and not keys.has_contact():
            raise self._error(
                url,
                f"this server refuses requests without a contact. Set {keys.CONTACT} to your name and e-mail",
            )

    def _error(self, url: str, why: str) -> SourceError:
        """Return the error of this source: the address without any key, and the reason."""
        self.gave_up = True
        parts = urlsplit(url)
        place = f"{parts.hostname or ''}{parts.path}"
        text = without_keys(f"{place}: {why}".rstrip(".") + ".")
        return SourceError("".join(letter if letter.isprintable() else " " for letter in text))


def _said(response: requests.Response) -> str:
    """Return the first words of a refusal that is plain text, "" for a web page."""
    try:
        text = response.raw.read(2000, decode_content=True).decode("utf-8", "replace").strip()
    except (HTTPError, OSError):
        return ""
    return "" if text.startswith("<") else " ".join(text.split())[:150]


def _broke_off(problem: requests.exceptions.ConnectionError) -> bool:
    """Return whether a connection was there and broke (a retry may help), rather than never made."""
    return type(problem.args[0]).__name__ == "ProtocolError"


def _unpacked(response: requests.Response, packed: bool) -> Iterator[bytes]:
    """Yield the body in small parts, gunzipped; raises zlib.error when damaged or cut."""
    raw = response.raw.stream(_CHUNK, decode_content=False)
    if not packed:
        yield from raw
        return
    unpacker = zlib.decompressobj(wbits=31)
    for part in raw:
        rest = part
        while rest:
            yield unpacker.decompress(rest, _CHUNK)
            rest = unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error


def _retry_after(text: str | None) -> float | None:
    """Return the seconds a Retry-After header asks for (a number or a date), None when there is none."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
