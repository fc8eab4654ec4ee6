"""The index of a batch: a page to look through and a table to compute with, both from the runs' records.

Neither holds a time of day or a duration, so that a batch that was stopped and resumed has the same index as
one that was not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from chipflows.csvtext import csv_text

__all__ = ["index_csv", "index_html"]

Record = Mapping[str, Any]
_FIXED = ("notebook", "scenario", "status")
_NUMBER = ("name", "value", "unit", "p05", "p95", "of_scenario", "sentence", "run")
_THUMBNAILS = 3


def index_csv(runs: Sequence[tuple[str, Record]]) -> str:
    """Return index.csv: a row per number recorded, with the run's notebook, scenario and parameters.

    A run without a number, failed or not, has one row with an empty name. *runs* are (place, record).
    """
    columns = {name: _column(name) for name in _names(record for _, record in runs)}
    rows = []
    for place, record in runs:
        head: dict[str, Any] = {name: record[name] for name in _FIXED}
        head |= {columns[name]: _plain(value) for name, value in _own(record).items()}
        claims: Sequence[Record] = record["claims"] or ({},)
        for claim in claims:
            number = {name: claim.get("scenario" if name == "of_scenario" else name) for name in _NUMBER}
            rows.append(head | number | {"run": place})
    return csv_text(pd.DataFrame(rows, columns=[*_FIXED, *columns.values(), *_NUMBER]))


def _names(records: Iterable[Record]) -> list[str]:
    """Return the parameters of all runs, the scenario apart, in the order they come up."""
    return list(dict.fromkeys(name for record in records for name in _own(record)))


def _own(record: Record) -> dict[str, Any]:
    """Return a run's parameters, the scenario apart."""
    return {name: value for name, value in record["parameters"].items() if name != "scenario"}


def _column(name: str) -> str:
    """Return a parameter's column, told apart from the index's own."""
    return f"parameter_{name}" if name in (*_FIXED, *_NUMBER) else name


def _plain(value: Any) -> Any:
    """Return a parameter's value as one cell."""
    return "; ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def index_html(runs: Sequence[tuple[str, Record]]) -> str:
    """Return index.html: one self-contained page, its table sortable, failed runs first.

    *runs* are (place, record); links and thumbnails lead to the files below each place.
    """
    shown = sorted(runs, key=lambda run: run[1]["status"] == "ok")
    values = {name: [_own(record).get(name) for _, record in runs] for name in _names(r for _, r in runs)}
    taken = {name: {str(_plain(v)) for v in found if v is not None} for name, found in values.items()}
    varying = [name for name, found in taken.items() if len(found) > 1]
    failed = sum(record["status"] != "ok" for _, record in runs)
    page = _environment().get_template("index.html.j2")
    return str(
        page.render(
            title=f"Batch of {len(runs)} run{'s' * (len(runs) != 1)}",
            summary=f"{len(runs) - failed} worked, {failed} failed.",
            common=[(name, next(iter(found))) for name, found in taken.items() if len(found) == 1],
            columns=["Status", "Notebook", "Scenario", *varying],
            rows=[_row(place, record, varying) for place, record in shown],
            style=_style(),
            version=version("chipflows"),
        )
    )


def _row(place: str, record: Record, varying: Sequence[str]) -> dict[str, Any]:
    """Return a run as the page shows it."""
    is_ok = record["status"] == "ok"
    at = quote(place)
    report = f"{at}/report.html" if is_ok else ""
    cells = [
        {"text": record["status"]},
        {"text": record["notebook"], "href": report},
        {"text": record["scenario"]},
        *({"text": _text(record["parameters"].get(n)), "is_number": _is_number(record, n)} for n in varying),
    ]
    figures = [
        {"title": figure["title"], "href": f"{at}/figures/{quote(figure['figure'])}/figure.svg"}
        for figure in record["figures"]
    ]
    names = ("report.html", "notebook.ipynb", "log.txt", "run.json")
    files = [(name.partition(".")[0], f"{at}/{name}") for name in names if is_ok or name != "report.html"]
    return {
        "failed": not is_ok,
        "cells": [{"href": "", "is_number": False, **cell} for cell in cells],
        "finding": record["claims"][0]["sentence"] if record["claims"] else "",
        "screen": (record["error"] or {}).get("screen", ""),
        "figures": figures[:_THUMBNAILS],
        "more": max(len(figures) - _THUMBNAILS, 0),
        "files": files if record["key"] else [],
    }


def _text(value: Any) -> str:
    """Return a parameter's value as text, nothing for one a notebook does not take."""
    return "" if value is None else str(_plain(value))


def _is_number(record: Record, name: str) -> bool:
    """Return whether a run's parameter is a number."""
    value = record["parameters"].get(name)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _style() -> str:
    """Return the style of our reports."""
    folder = Path(__file__).resolve().parent.parent / "reports" / "templates"
    return (folder / "style.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Any:
    """Return the template's environment: escaping on, an unknown name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
