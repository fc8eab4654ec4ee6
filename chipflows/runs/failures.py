"""A failed notebook on one screen: which, which cell, under which heading, and the last lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from chipflows import errors

__all__ = ["Failure", "failure_of", "screen"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_LAST_LINES = 12


@dataclass(frozen=True)
class Failure:
    """What went wrong in one notebook; `cell` counts from 1, None when no cell was to blame."""

    notebook: str
    cell: int | None
    cells: int
    heading: str
    error: str
    lines: tuple[str, ...]
    partial: Path | None = None


def failure_of(
    name: str, message: dict[str, Any], source: Path, has_values: bool, partial: Path | None
) -> Failure:
    """Return the Failure told by a worker's *message* about the notebook at *source*.

    Its cell is counted as in *source*: papermill adds one when the run *has_values* for parameters.
    """
    cells = nbformat.read(source, as_version=4).cells
    cell = message.get("cell")
    if cell is not None and has_values:
        tagged = [at for at, item in enumerate(cells) if "parameters" in item.metadata.get("tags", ())]
        cell -= int(cell > (tagged[0] if tagged else -1))
    text = _ANSI.sub("", str(message.get("text", "")))
    trace = [line for part in message.get("trace", ()) for line in _ANSI.sub("", part).splitlines()]
    # Our own errors already say what, where and what to do; a traceback would only bury that.
    is_ours = hasattr(errors, str(message.get("error")))
    lines = text.splitlines() if is_ours or not trace else trace
    return Failure(
        notebook=name,
        cell=None if cell is None else int(cell) + 1,
        cells=len(cells),
        heading=_heading_above(cells, cell),
        error=str(message.get("error")),
        lines=tuple(line.rstrip() for line in lines[-_LAST_LINES:]),
        partial=partial,
    )


def screen(failure: Failure, parameters: Mapping[str, Any] | None = None, partial: str = "") -> str:
    """Return the failure as text that fits on one screen, with the *parameters* it was run with."""
    place = "outside its cells" if failure.cell is None else f"cell {failure.cell} of {failure.cells}"
    under = f", under “{failure.heading}”" if failure.heading else ""
    lines = [f"Notebook {failure.notebook} failed: {place}{under}.", ""]
    lines += [f"    {line[:160]}" for line in failure.lines]
    if parameters:
        shown = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
        lines += ["", f"Parameters: {shown[:300]}"]
    if failure.partial or partial:
        lines += ["", f"As far as it ran: {failure.partial or partial}"]
    return "\n".join(lines)


def _heading_above(cells: list[Any], cell: int | None) -> str:
    """Return the last heading before *cell*, "" if there is none."""
    found = ""
    for item in cells[: (cell or 0)]:
        if item.cell_type == "markdown" and (headings := _HEADING.findall(item.source)):
            found = headings[-1]
    return found
