"""What the hostile tests share: a count of inputs, a judged try, planted values, a small process."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chipflows.errors import ChipflowsError, printable

__all__ = ["BAD", "count", "count_one", "judged", "places", "planted", "reset", "small_process"]

# Names that a spreadsheet, a page, a terminal, a shell or a database would act on.
BAD = (
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "../../../../etc/passwd",
    "name \u202egpj.exe",
    "a\x1b]0;owned\x07b",
    "{{ 7 * 7 }}",
    "'; DROP TABLE entities; --",
)

_tried = [0]
_SECONDS = 5.0
_LONGEST = 1_500  # characters of an error that still fits on a screen


def reset() -> None:
    """Begin to count anew."""
    _tried[0] = 0


def count_one() -> None:
    """Note one more input."""
    _tried[0] += 1


def count() -> int:
    """Return how many inputs were tried since."""
    return _tried[0]


def judged(read: Callable[[], object], kind: type[ChipflowsError], *words: str) -> str:
    """Return what *read* was refused with, "" when it took the input; anything but *kind* is a failure.

    A refusal must be quick, fit on a screen, hold no character that a terminal would act on, and name each
    of *words* (the file, the line).
    """
    _tried[0] += 1
    began = time.monotonic()
    try:
        read()
    except kind as problem:
        said = str(problem)
        assert time.monotonic() - began < _SECONDS, said
        assert len(said) < _LONGEST, said[:300]
        assert printable(said) == said, ascii(said)
        for word in words:
            assert word in said, said
        return said
    return ""


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of keys and indices to each value within lists and mappings."""
    found = [path] if path else []
    if isinstance(content, dict | list):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            found += places(value, (*path, key))
    return found


def planted(content: Any, path: tuple[Any, ...], value: Any) -> None:
    """Put *value* at *path* of *content*."""
    *steps, last = path
    for step in steps:
        content = content[step]
    content[last] = value


def small_process(
    *arguments: object, megabytes: int = 1_500, seconds: float = 60, cwd: Path | None = None, inputs: int = 1
) -> subprocess.CompletedProcess[str]:
    """Run Python on *arguments*, which hold so many *inputs*, with so much memory and time."""
    _tried[0] += inputs

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)

    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=seconds,
        preexec_fn=limit,
    )
