"""What a batch runs: notebooks x scenarios x parameter grid, all checked before any kernel starts."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from chipflows.errors import InputError, NotebookError, did_you_mean
from chipflows.runs import parameters
from chipflows.runs.parameters import Parameter
from chipflows.runs.secrets import refuse_secrets
from chipflows.tables.scenarios import scenario, scenarios
from chipflows.yamltext import read_yaml

__all__ = ["Run", "chosen_scenarios", "matrix", "read_grid"]

_ALL, _FACTORIAL = "all", "factorial"
_ASKS = ("diffusion", "h20", "kyc", "cxmt")
_NO_SCENARIO = "default"
_MOST_ROWS = 100_000  # of a grid
_MOST_BYTES = 4 * 2**20  # of a grid file


@dataclass(frozen=True)
class Run:
    """One run of a batch: a notebook with values for its parameters, and the folder its results go to."""

    notebook: str
    source: Path
    scenario: str
    parameters: Mapping[str, Any]
    given: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Return <notebook>/<scenario>--<hash8>; the hash is of all parameters, whether given or default."""
        text = json.dumps(dict(self.parameters), sort_keys=True, default=str)
        label = re.sub(r"[^A-Za-z0-9._+-]+", "_", self.scenario or _NO_SCENARIO)[:80].strip(".")
        return f"{self.notebook}/{label or _NO_SCENARIO}--{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def chosen_scenarios(wanted: Sequence[str]) -> list[str]:
    """Return the scenarios that *wanted* names: ids, globs, lists with commas, `all` or `factorial`.

    `factorial` is the sixteen combinations of the four asks on the letter's date, `factorial:now` those from
    the next quarter on. Raises ScenarioError or InputError for what names none.
    """
    known = list(scenarios())
    found: list[str] = []
    for item in (part.strip() for text in wanted for part in text.split(",") if part.strip()):
        if item == _ALL:
            found += known
        elif item.partition(":")[0] == _FACTORIAL:
            found += _combinations(item.partition(":")[2] or "letter")
        elif re.search(r"[*?\[]", item):
            matches = [name for name in known if fnmatchcase(name, item)]
            if not matches:
                raise InputError(f"no scenario matches {item!r}. List them: chipflows scenarios.")
            found += matches
        else:
            found.append(scenario(item).id)
    return list(dict.fromkeys(found))


def _combinations(family: str) -> list[str]:
    """Return the scenarios of all combinations of the asks, none first and all last."""
    families = sorted(name.removesuffix("-all") for name in scenarios() if name.endswith("-all"))
    if family not in families:
        raise InputError(did_you_mean(family, families, "family of combinations", "--scenarios factorial:"))
    sets = sorted(
        product((False, True), repeat=len(_ASKS)), key=lambda taken: (sum(taken), [not t for t in taken])
    )
    names = ["+".join(ask for ask, is_taken in zip(_ASKS, taken, strict=True) if is_taken) for taken in sets]
    return ["actual", *(f"{family}-{name}" for name in names[1:-1]), f"{family}-all"]


def read_grid(path: Path) -> list[dict[str, str]]:
    """Return the rows of a grid file, each parameter's value as text.

    YAML or JSON: a mapping of names to lists gives every combination; a list of mappings, one row each. CSV:
    one row each, its columns named after parameters. Raises InputError for anything else.
    """
    where = f"--grid {path}"
    try:
        if path.suffix.lower() == ".csv":
            rows = list(_csv_rows(path, where))
        else:
            content = read_yaml(path, where, InputError)  # JSON is YAML
            _refuse_too_many(content, where)
            rows = list(_rows(content))
    except FileNotFoundError:
        raise InputError(f"{where} does not exist.") from None
    if not rows:
        raise InputError(
            f"{where} holds no parameters. Write for example\n    draws: [1024, 4096]\n    seed: [1, 2]"
        )
    return rows


def _refuse_too_many(content: Any, where: str) -> None:
    """Raise InputError for a grid of more combinations than any batch would run, before one is made."""
    lists = content.values() if isinstance(content, dict) else ()
    if prod(len(value) for value in lists if isinstance(value, list)) > _MOST_ROWS:
        raise InputError(f"{where} stands for more than {_MOST_ROWS:,} combinations. Write several grids.")


def _csv_rows(path: Path, where: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV grid, blanks left out; raises InputError for what is no whole table."""
    with path.open("rb") as file:
        body = file.read(_MOST_BYTES + 1)
    if len(body) > _MOST_BYTES:
        raise InputError(f"{where} has more than {_MOST_BYTES:,} bytes. Write several grids.")
    try:
        rows = list(csv.reader(body.decode("utf-8-sig").splitlines(), strict=True))
        if b"\0" in body:
            raise csv.Error("it holds zero bytes")
    except (csv.Error, UnicodeDecodeError) as problem:
        raise InputError(f"{where} cannot be read: {problem}. Write CSV in UTF-8, or YAML.") from None
    for line, row in enumerate(rows[1:], start=2):
        if len(row) > len(rows[0]):
            raise InputError(f"{where}: row {line} has more cells than the header. Quote cells with commas.")
        yield {name: value for name, value in zip(rows[0], row, strict=False) if name and value}


def _rows(content: Any) -> Iterator[dict[str, str]]:
    """Yield the rows of a grid: every combination of a mapping's lists, or the mappings of a list."""
    if isinstance(content, dict):
        names = [str(name) for name in content]
        values = [value if isinstance(value, list) else [value] for value in content.values()]
        for row in product(*values):
            yield {name: _text(value) for name, value in zip(names, row, strict=True)}
    elif isinstance(content, list) and all(isinstance(row, dict) for row in content):
        for row in content:
            yield {str(name): _text(value) for name, value in row.items()}


def _text(value: Any) -> str:
    """Return a value of a grid file as `--param` would give it."""
    return json.dumps(value, default=str) if isinstance(value, list) else str(value)


def matrix(
    notebooks: Mapping[str, Path],
    chosen: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    grid: Sequence[Mapping[str, str]] = (),
) -> list[Run]:
    """Return the runs: each notebook with each scenario and each row of the grid, in that order.

    A notebook without a `scenario` parameter runs once for all scenarios, and so for the grid. Raises
    NotebookError for a parameter no notebook takes or a value of the wrong type, InputError for a secret or
    a parameter set twice.
    """
    given = dict(given or {})
    known = {name: parameters.inspect(path) for name, path in notebooks.items()}
    rows = list(grid) or [{}]
    names = {name for row in rows for name in row}
    twice = sorted(names & set(given)) or (
        ["scenario"] if chosen and "scenario" in names | set(given) else []
    )
    if twice:
        raise InputError(
            f"{twice[0]} is set in two places. Leave it in one of --scenarios, --param and --grid."
        )
    found: dict[str, Run] = {}
    for row in rows:
        texts = given | dict(row)
        refuse_secrets(texts)
        values = parameters.assign(texts, known)
        _check_scenario(texts.get("scenario"))
        for notebook, path in notebooks.items():
            for run in _runs(notebook, path, known[notebook], values[notebook], chosen):
                found.setdefault(run.place, run)
    if chosen and not any("scenario" in taken for taken in known.values()):
        raise NotebookError(f"none of {', '.join(known)} has a parameter scenario. Leave out --scenarios.")
    order = {name: at for at, name in enumerate(notebooks)}
    return sorted(found.values(), key=lambda run: order[run.notebook])


def _check_scenario(name: str | None) -> None:
    """Raise ScenarioError for a scenario there is not."""
    if name is not None:
        scenario(name)


def _runs(
    notebook: str,
    path: Path,
    known: Mapping[str, Parameter],
    values: Mapping[str, Any],
    chosen: Sequence[str],
) -> Iterator[Run]:
    """Yield a notebook's runs with one set of values: one for each scenario it takes."""
    defaults = {name: parameter.default for name, parameter in known.items()}
    for name in (chosen if "scenario" in known else ()) or (None,):
        taken = dict(values) if name is None else {**values, "scenario": name}
        effective = defaults | taken
        yield Run(notebook, path, str(effective.get("scenario") or ""), effective, taken)
