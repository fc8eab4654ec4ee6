"""What the hostile tests share: a count of inputs, a judged try, and a process with little memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from chipflows.errors import ChipflowsError, printable

__all__ = ["count", "count_one", "judged", "reset", "small_process"]

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


def small_process(
    *arguments: object, megabytes: int = 1_500, seconds: float = 60, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python on *arguments* with so much memory and time; the resident memory must stay within, too."""
    _tried[0] += 1

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
