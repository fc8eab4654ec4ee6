"""One run of a batch from start to end, in a worker process: notebook, page, figures, log, record.

The order holds all it needs (the notebook's text, values, where results go), so that a worker on another
machine needs only the installed package.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat

from chipflows import paths
from chipflows.errors import NotebookError
from chipflows.reports.body import Body, body_of
from chipflows.reports.cells import FIGURES_VARIABLE, SIZES_VARIABLE
from chipflows.runs.failures import failure_of, screen
from chipflows.runs.key import data_folders, key_of, library_hash
from chipflows.runs.notebook import run_notebook
from chipflows.runs.nursery import LOG_VARIABLE
from chipflows.runs.reads import READS_VARIABLE, Prints, reads_from
from chipflows.runs.store import RECORD, open_store

__all__ = ["perform"]

_FIGURE_FILES = ("figure.yaml", "data.csv", "figure.png", "figure.svg", "figure.pdf")
_WORK = ".work"


def perform(order: Mapping[str, Any], on_cell: Callable[[int, float], None]) -> dict[str, Any]:
    """Carry the order out and return {"ok": true, "record": ...}; a failed run has a record that says so.

    Raises NotebookError when this worker's chipflows is not the one that gave the order, OSError when the
    results cannot be written.
    """
    # Here the code may be edited while a batch runs; the record then says which code it was.
    inputs = {**order["inputs"], "library_sha256": library_hash()}
    if order["is_remote"] and inputs != order["inputs"]:
        raise NotebookError(
            "this worker has another version of chipflows than the command that started the batch. "
            "Install the same on both, and start the worker anew."
        )
    order = {**order, "inputs": inputs, "key": key_of(inputs, order["parameters"])}
    store = open_store(order["out"])
    with store.fresh(order["place"]) as fresh:
        record = _run(order, fresh, store.shown(order["place"]), on_cell)
        (fresh / RECORD).write_text(
            json.dumps(record, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8"
        )
    return {"ok": True, "record": record}


def _run(
    order: Mapping[str, Any], fresh: Path, shown: str, on_cell: Callable[[int, float], None]
) -> dict[str, Any]:
    """Run the notebook in *fresh*, leave there what a run leaves, and return its record."""
    work = fresh / _WORK
    (fresh / "figures").mkdir(parents=True)
    work.mkdir()
    source = work / f"{order['notebook']}.ipynb"
    source.write_text(order["source"], encoding="utf-8")
    cells: list[float] = []

    def completed(index: int, seconds: float) -> None:
        cells.append(round(seconds, 3))
        on_cell(index, seconds)

    folder = Path(order["folder"])
    began = time.monotonic()
    message = run_notebook(
        source,
        fresh / "notebook.ipynb",
        order["given"],
        cwd=folder if folder.is_dir() else work,
        environment=_environment(fresh, work),
        cell_timeout=order["cell_timeout"],
        run_timeout=order["run_timeout"],
        fork=order["fork"],
        on_cell=completed,
    )
    body, message = _page(order, fresh, message)
    record = _record(order, message, body, work)
    record |= {"seconds": round(time.monotonic() - began, 2), "cell_seconds": cells}
    if not message["ok"]:
        failure = failure_of(order["notebook"], message, source, bool(order["given"]), None)
        record["error"] = {
            "cell": failure.cell, "cells": failure.cells, "heading": failure.heading, "kind": failure.error,
            "lines": list(failure.lines),
            "screen": screen(failure, order["given"], f"{shown}/notebook.ipynb"),
        }  # fmt: skip
    _write_log(fresh, work, record)
    _tidy(fresh, work)
    return record


def _environment(fresh: Path, work: Path) -> dict[str, str]:
    """Return what the kernel finds in its environment; IPython's own settings and history stay out of it."""
    return {
        FIGURES_VARIABLE: str(fresh / "figures"),
        SIZES_VARIABLE: "slide",
        READS_VARIABLE: str(work / "reads"),
        LOG_VARIABLE: str(work / "kernel.log"),
        "IPYTHONDIR": str(work / "ipython"),
    }


def _page(
    order: Mapping[str, Any], fresh: Path, message: dict[str, Any]
) -> tuple[Body | None, dict[str, Any]]:
    """Write report.html of a run that worked; return its body, and the message, a failure if this is."""
    run = fresh / "notebook.ipynb"
    if not run.is_file():
        return None, message
    notebook = nbformat.read(run, as_version=4)
    ours = notebook.metadata.setdefault("papermill", {})
    ours |= {"input_path": f"{order['notebook']}.ipynb", "output_path": run.name}
    nbformat.write(notebook, run)
    if not message["ok"]:
        return None, message
    try:
        _describe_pictures(notebook)
        body = body_of(order["notebook"], notebook)
        _check_figures(body, notebook, fresh / "figures")
        page = _rendered(body)
    except NotebookError as problem:
        return None, message | {"ok": False, "cell": None, "error": "NotebookError", "text": str(problem)}
    (fresh / "report.html").write_text(page, encoding="utf-8")
    return body, message


def _describe_pictures(notebook: Any) -> None:
    """Give pictures that have no alt text (a plain plt.show) one that says where they come from."""
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", ()):
            for kind in ("image/png", "image/jpeg", "image/svg+xml"):
                if kind in output.get("data", {}):
                    about = output.setdefault("metadata", {}).setdefault(kind, {})
                    about.setdefault("alt", f"Picture drawn by cell {number}, which does not describe it")


def _rendered(body: Body) -> str:
    """Return the page of a run."""
    from chipflows.reports.page import notebook_page

    cards: Mapping[str, Any] = {}
    if body.sources:
        from chipflows import tables

        cards = tables.cards()
    return notebook_page(body, cards, version("chipflows"))


def _check_figures(body: Body, notebook: Any, folder: Path) -> None:
    """Raise NotebookError when a figure that the notebook shows, or says it makes, was not written."""
    shown = [str(item["figure"]) for item in body.figures]
    promised = notebook.metadata.get("chipflows", {}).get("figures", [])
    for figure in dict.fromkeys([*shown, *map(str, promised)]):
        missing = [name for name in _FIGURE_FILES if not (folder / figure / name).is_file()]
        if missing:
            raise NotebookError(
                f"figure {figure} was declared but not written: {', '.join(missing)} missing. "
                "Show it with chipflows.reports.show(figure)."
            )


def _record(
    order: Mapping[str, Any], message: Mapping[str, Any], body: Body | None, work: Path
) -> dict[str, Any]:
    """Return what run.json says, times and error apart."""
    reads = reads_from(work / "reads", Prints(paths.home()), data_folders())
    return {
        "notebook": order["notebook"],
        "title": "" if body is None else body.title,
        "scenario": order["scenario"],
        "parameters": order["parameters"],
        "status": "ok" if message["ok"] else "failed",
        "error": None,
        "key": order["key"],
        **order["inputs"],
        "reads": reads,
        "figures": [] if body is None else [dict(item) for item in body.figures],
        "claims": [] if body is None else [dict(item) for item in body.claims],
        "sources": [] if body is None else list(body.sources),
        "kernel": message.get("kernel", ""),
        "attempts": message.get("attempts", 1),
        "peak_memory_mb": message.get("peak_mb"),
    }


def _write_log(fresh: Path, work: Path, record: Mapping[str, Any]) -> None:
    """Write log.txt: what ran, how long its cells took, what the kernel wrote elsewhere, what failed."""
    (fresh / "log.txt").write_text("\n".join(_log(work, record)) + "\n", encoding="utf-8")


def _log(work: Path, record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a run's log."""
    yield f"{record['notebook']}  scenario {record['scenario'] or '-'}  {record['status']}"
    for name, value in record["parameters"].items():
        yield f"  {name} = {value!r}"
    yield f"{record['kernel']} kernel, {record['attempts']} attempt(s), {record['seconds']} s in all"
    for number, seconds in enumerate(record["cell_seconds"], 1):
        if seconds >= 0.05:
            yield f"  cell {number}: {seconds:.2f} s"
    kernel = work / "kernel.log"
    if kernel.is_file() and (text := kernel.read_text(encoding="utf-8", errors="replace").strip()):
        yield from ("", "The kernel wrote:", text)
    if record["error"]:
        yield from ("", record["error"]["screen"])


def _tidy(fresh: Path, work: Path) -> None:
    """Remove what only the run itself needed."""
    shutil.rmtree(work, ignore_errors=True)
    if not any((fresh / "figures").iterdir()):
        (fresh / "figures").rmdir()
