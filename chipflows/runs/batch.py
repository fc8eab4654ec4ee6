"""A batch: what is to run is found, what is still valid is kept, the rest runs here or on a cluster."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from chipflows import paths
from chipflows.runs.crew import Crew
from chipflows.runs.failures import failure_of, screen
from chipflows.runs.index import index_csv, index_html
from chipflows.runs.junit import junit_xml
from chipflows.runs.key import Inputs, inputs_of, key_of
from chipflows.runs.matrix import Run
from chipflows.runs.reads import Prints
from chipflows.runs.store import Store, open_store

__all__ = ["Batch", "Limits", "Listener", "Plan", "carry_out", "plan"]

Record = Mapping[str, Any]
_KEPT_FILES = ("notebook.ipynb", "report.html", "log.txt")


@dataclass(frozen=True)
class Limits:
    """How a batch runs: workers at once, seconds for a run and a cell, kernels forked or fresh."""

    workers: int = 2
    run_timeout: float | None = None
    cell_timeout: float | None = None
    fork: bool = True
    scheduler: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a batch will do: every run with its key, and the records that still stand."""

    runs: Sequence[Run]
    store: Store
    out: str
    keys: Mapping[str, str]
    inputs: Mapping[str, Inputs]
    kept: Mapping[str, Record]

    @property
    def due(self) -> list[Run]:
        """Return the runs that have no result that stands."""
        return [run for run in self.runs if run.place not in self.kept]


class Listener(Protocol):
    """Who is told how a batch goes on."""

    def begin(self, runs: int, cells: int) -> None:
        """Hear how much there is to do."""

    def cell(self) -> None:
        """Hear that a cell is done."""

    def run(self, place: str, record: Record) -> None:
        """Hear that a run has ended."""


@dataclass(frozen=True)
class Batch:
    """What a batch left: every run's record by place, in order, which ran now, where the index is."""

    records: Mapping[str, Record]
    ran: tuple[str, ...]
    index: str
    seconds: float
    failed: tuple[str, ...] = field(default=())


def plan(runs: Sequence[Run], out: str, *, force: bool = False) -> Plan:
    """Return the Plan of *runs* with results at *out* (a folder or URL); with *force* none of them stands."""
    store = open_store(out)
    prints = Prints(paths.home())
    inputs = {
        name: inputs_of(source.read_text(encoding="utf-8"), prints)
        for name, source in {run.notebook: run.source for run in runs}.items()
    }
    keys = {run.place: key_of(inputs[run.notebook], run.parameters) for run in runs}
    kept = {} if force else dict(_standing(keys, store, prints))
    return Plan(runs, store, out, keys, inputs, kept)


def _standing(keys: Mapping[str, str], store: Store, prints: Prints) -> Iterator[tuple[str, Record]]:
    """Yield the records of runs whose result would be the same again."""
    for place, key in keys.items():
        record = store.record(place)
        if (
            record is not None
            and record.get("status") == "ok"
            and record.get("key") == key
            and prints.same(record.get("reads", {}))
            and all(store.holds(place, name) for name in _KEPT_FILES)
        ):
            yield place, record


def carry_out(plan: Plan, limits: Limits, listener: Listener, junit: Path | None = None) -> Batch:
    """Run what is due, write the index (and JUnit XML to *junit*), and return what came of it.

    A run that fails does not stop the others. Raises InputError when nothing can be written to the place of
    the results, or when no cluster answers, before anything runs.
    """
    began = time.monotonic()
    plan.store.check()
    due = plan.due
    orders = {run.place: _order(plan, run, limits) for run in due}
    listener.begin(len(due), sum(_cells(run) for run in due))
    records = dict(plan.kept)
    for place, seconds, message in _outcomes(orders, limits, lambda _place, _message: listener.cell()):
        record = message.get("record") or _without_record(plan, place, seconds, message)
        records[place] = record
        listener.run(place, record)
    ordered = [(run.place, records[run.place]) for run in plan.runs]
    index = _write_index(plan.store, ordered)
    if junit is not None:
        with paths.atomic_write(junit) as temporary:
            temporary.write_text(junit_xml(ordered), encoding="utf-8")
    return Batch(
        records=dict(ordered),
        ran=tuple(orders),
        index=index,
        seconds=time.monotonic() - began,
        failed=tuple(place for place, record in ordered if record["status"] != "ok"),
    )


def _outcomes(
    orders: Mapping[str, Mapping[str, Any]],
    limits: Limits,
    on_message: Callable[[str, dict[str, Any]], None],
) -> Iterator[tuple[str, float, dict[str, Any]]]:
    """Yield each order's outcome as it ends, from processes here or from a cluster."""
    if not orders:
        return
    if limits.scheduler is None:
        yield from Crew(min(limits.workers, len(orders))).run(orders, on_message)
        return
    from chipflows.runs.cluster import run_on

    yield from run_on(limits.scheduler, orders)


def _order(plan: Plan, run: Run, limits: Limits) -> dict[str, Any]:
    """Return a run as a worker, wherever it is, reads it."""
    return {
        "task": "run",
        "notebook": run.notebook,
        "source": run.source.read_text(encoding="utf-8"),
        "folder": str(run.source.resolve().parent),
        "scenario": run.scenario,
        "parameters": dict(run.parameters),
        "given": dict(run.given),
        "is_remote": limits.scheduler is not None,
        "inputs": dict(plan.inputs[run.notebook]),
        "place": run.place,
        "out": plan.out,
        "cell_timeout": limits.cell_timeout,
        "run_timeout": limits.run_timeout,
        "fork": limits.fork,
    }


def _cells(run: Run) -> int:
    """Return how many cells a run has; papermill adds one for the values given."""
    content = json.loads(run.source.read_text(encoding="utf-8"))
    return len(content.get("cells", ())) + bool(run.given)


def _without_record(plan: Plan, place: str, seconds: float, message: Mapping[str, Any]) -> Record:
    """Return a record for a run that left none on disk: its worker died, or its results could not be kept."""
    run = next(run for run in plan.runs if run.place == place)
    failure = failure_of(run.notebook, dict(message), run.source, bool(run.given), None)
    return {
        "notebook": run.notebook, "title": "", "scenario": run.scenario, "parameters": dict(run.parameters),
        "status": "failed", "key": "", "claims": [], "figures": [], "seconds": round(seconds, 2),
        "error": {
            "cell": failure.cell, "cells": failure.cells, "heading": failure.heading, "kind": failure.error,
            "lines": list(failure.lines), "screen": screen(failure, run.given),
        },
    }  # fmt: skip


def _write_index(store: Store, runs: Sequence[tuple[str, Record]]) -> str:
    """Write index.csv and index.html, and return where the page is."""
    store.write("index.csv", index_csv(runs))
    return store.write("index.html", index_html(runs))
