"""A page as PDF, printed by the Chromium or Chrome that is installed; nothing here needs one otherwise."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from chipflows import paths
from chipflows.errors import InputError, NotebookError

__all__ = ["BROWSER_VARIABLE", "browser", "print_pdf"]

BROWSER_VARIABLE = "CHIPFLOWS_BROWSER"
_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_APPLICATIONS = ("Google Chrome", "Chromium", "Microsoft Edge")
_CLOCK = re.compile(rb"/(CreationDate|ModDate) \(D:[^)]*\)")
_SECONDS = 180


def browser() -> str:
    """Return the path of an installed Chromium, Chrome or Edge, or of the one CHIPFLOWS_BROWSER names.

    Raises InputError when there is none.
    """
    if chosen := os.environ.get(BROWSER_VARIABLE):
        if found := shutil.which(chosen):
            return found
        raise InputError(f"{BROWSER_VARIABLE} is {chosen}, which does not run. Name a Chromium or Chrome.")
    applications = (f"/Applications/{name}.app/Contents/MacOS/{name}" for name in _APPLICATIONS)
    for candidate in (*_NAMES, *applications):
        if found := shutil.which(candidate):
            return found
    raise InputError(
        "a PDF needs Chromium, Chrome or Edge, and none was found. Open the HTML report and print it, "
        f"or name the browser: {BROWSER_VARIABLE}=/path/to/chrome."
    )


def print_pdf(page: Path, target: Path) -> Path:
    """Print the HTML *page* to *target*, tagged for screen readers, without a clock time; return *target*.

    Raises InputError when no browser is found, NotebookError when it prints nothing.
    """
    with tempfile.TemporaryDirectory(prefix="chipflows-") as work, paths.atomic_write(target) as temporary:
        drawn = Path(work) / "page.pdf"
        command = [
            browser(),
            "--headless",
            "--disable-gpu",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--user-data-dir={work}/profile",
            f"--print-to-pdf={drawn}",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise NotebookError(f"{command[0]} did not print {page.name} in {_SECONDS} seconds.") from None
        if not drawn.is_file():
            last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
            raise NotebookError(f"{command[0]} did not print {page.name}: {last}")
        temporary.write_bytes(_CLOCK.sub(_without_time, drawn.read_bytes()))
    return target


def _without_time(found: re.Match[bytes]) -> bytes:
    """Return a date of the same length, so that the offsets in the file stay right."""
    text = found[0]
    start = text.index(b"(D:") + 3
    return text[:start] + re.sub(rb"\d", b"0", text[start:])
