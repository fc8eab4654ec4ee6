"""How soon the explorer's page is there, and how many sessions it holds: python benchmarks/explore_page.py

A real server and a real Chromium. Each session opens the page as another reader does and asks for a day not
asked for before, first in turn, then all at once; timed from the change to the new answer on the screen.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from itertools import count
from typing import Any

import psutil

from chipflows.reports.pdf import browser

COUNTS = (2, 4, 6)
PATIENCE = 60_000
READY = "html[data-chipflows=ready]"
REFINED = "document.querySelector('.cf-status')?.textContent.includes('16,384 draws')"


def main() -> None:
    """Print the time to a page, cold and started ahead; by number of sessions, a change and the memory."""
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=root)
        began = time.perf_counter()
        server, address = served()
        try:
            pages = [opened(chromium, address)]
            told("server and page", time.perf_counter() - began)
            pages[0].wait_for_function(REFINED)
            time.sleep(8)  # the next session is started ahead meanwhile
            began = time.perf_counter()
            pages.append(opened(chromium, address))
            told("page started ahead", time.perf_counter() - began)
            for most in COUNTS:
                while len(pages) < most:
                    pages.append(opened(chromium, address))
                sessions(server, pages)
        finally:
            server.terminate()
            server.wait(60)


def served() -> tuple[subprocess.Popen[str], str]:
    """Start the explorer and return it with the address it prints."""
    command = [
        sys.executable,
        "-m",
        "chipflows",
        "explore",
        "--port",
        "8940",
        "--sessions",
        str(COUNTS[-1] + 1),
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().split()[-1]


def opened(chromium: Any, address: str) -> Any:
    """Open the page as another reader and return it once its first answer is shown."""
    page = chromium.new_context().new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector(READY, state="attached")
    return page


def sessions(server: subprocess.Popen[str], pages: list[Any]) -> None:
    """Print what a change costs when each of *pages* makes some, and what memory all sessions hold."""
    for page in pages:
        page.wait_for_function(REFINED)
    alone = [changed(page) for page in pages]
    for page in pages:
        page.wait_for_function(REFINED)
    together = at_once(pages)
    for page in pages:
        page.wait_for_function(REFINED)
    kernels = [
        child.memory_full_info().uss / 1e6
        for child in psutil.Process(server.pid).children(recursive=True)
        if "ipykernel_launcher" in " ".join(child.cmdline())
    ]
    print(
        f"{len(pages)} sessions: a change alone {statistics.median(alone):5.2f} s, all at once, the last "
        f"{together:5.2f} s; memory {max(kernels):4.0f} MB the largest, {sum(kernels):5.0f} MB all; {load()}",
        flush=True,
    )


_DAYS = (date(2025, 2, 4) + timedelta(days=9 * turn) for turn in count())


def move(page: Any) -> str:
    """Set a day that was not asked for before; return the address of what was shown."""
    page.get_by_label("From", exact=True).fill(next(_DAYS).isoformat())
    return str(page.evaluate("location.search"))


def changed(page: Any) -> float:
    """Return the seconds from a change to its first answer on the screen."""
    began = time.perf_counter()
    answered(page, move(page))
    return time.perf_counter() - began


def at_once(pages: list[Any]) -> float:
    """Return the seconds until the last of *pages* has its first answer, all having asked together."""
    began = time.perf_counter()
    asked = [(page, move(page)) for page in pages]
    for page, before in asked:
        answered(page, before)
    return time.perf_counter() - began


def answered(page: Any, before: str) -> None:
    """Wait until the answer to another state than that of the address *before* is shown."""
    page.wait_for_function("before => location.search !== before", arg=before)


def told(name: str, seconds: float) -> None:
    """Print one time, and the load."""
    print(f"{name:<18} {seconds:5.2f} s; {load()}", flush=True)


def load() -> str:
    """Return the machine's load by core."""
    return f"load {os.getloadavg()[0] / (os.cpu_count() or 1):.1f} a core"


if __name__ == "__main__":
    main()
