"""`chipflows batch`: notebooks over scenarios and parameters, on this machine or a cluster."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipflows.cli.app import PartialError
from chipflows.cli.output import json_option, print_json
from chipflows.cli.types import pairs
from chipflows.errors import InputError

if TYPE_CHECKING:
    from chipflows.runs.batch import Batch, Plan

__all__ = ["batch"]

_SCREENS = 5


@click.command(
    epilog="Example: chipflows batch --scenarios 'letter-*,actual' --notebooks 20-h20 -p draws=1024"
)
@click.option(
    "--scenarios", multiple=True, metavar="GLOB|LIST|all|factorial", help="Which; repeatable, commas allowed."
)
@click.option(
    "--notebooks",
    multiple=True,
    metavar="NAMES",
    help="Names or .ipynb files; commas allowed.  [default: all]",
)
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; repeatable.")
@click.option(
    "--grid", type=click.Path(path_type=Path), metavar="FILE", help="Parameters to vary: YAML, JSON or CSV."
)
@click.option("--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="At once.")
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="Run on the Dask cluster there.")
@click.option("--timeout", type=click.FloatRange(min=1), metavar="S", help="Seconds that a run may take.")
@click.option(
    "--cell-timeout", type=click.FloatRange(min=1), metavar="S", default=1800, show_default=True,
    help="Seconds that a cell may take.",
)  # fmt: skip
@click.option("--out", metavar="DIR|URL", help="Where results go.  [default: runs]")
@click.option("--force", is_flag=True, help="Run what has a valid result as well.")
@click.option("--dry-run", is_flag=True, help="Say what would run, and stop.")
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML there as well."
)
@click.option("--fresh-kernels", is_flag=True, help="Start a new kernel for each run rather than fork one.")
@click.option("--quiet", is_flag=True, help="No progress, no line for each run, only what failed.")
@json_option
def batch(as_json: bool, quiet: bool, **options: Any) -> None:
    """Run notebooks over scenarios (and a grid of parameters): one folder for each run, and an index.

    OUT/<notebook>/<scenario>--<hash>/ holds the run notebook, report.html, the figures, run.json and log.txt;
    OUT/index.html and index.csv list the runs asked for. A run whose notebook, parameters, code and data are
    unchanged is kept, so an interrupted batch goes on where it stopped. A run that fails does not stop the
    others; the exit status is 1 then.
    """
    from chipflows.runs.batch import Limits, carry_out

    began = time.monotonic()
    planned = _planned(options)
    if options["dry_run"]:
        _tell_plan(planned, as_json)
        return
    limits = Limits(
        options["workers"], options["timeout"], options["cell_timeout"], not options["fresh_kernels"],
        options["scheduler"],
    )  # fmt: skip
    with _listener(quiet or as_json) as listener:
        done = carry_out(planned, limits, listener, options["junit"])
    _tell(done, as_json, began)


def _planned(options: Mapping[str, Any]) -> Plan:
    """Return what the options ask for; raises before anything runs when something in them is wrong."""
    from chipflows import paths
    from chipflows.runs.batch import plan
    from chipflows.runs.matrix import chosen_scenarios, matrix, read_grid
    from chipflows.runs.store import is_url

    runs = matrix(
        _notebooks(options["notebooks"]),
        chosen_scenarios(options["scenarios"]),
        pairs(options["params"], "parameter"),
        [] if options["grid"] is None else read_grid(options["grid"]),
    )
    out = str(options["out"] or paths.runs())
    return plan(runs, out if is_url(out) else str(Path(out).absolute()), force=options["force"])


def _notebooks(wanted: Sequence[str]) -> dict[str, Path]:
    """Return the notebooks by name: ours by their names, others by their files."""
    from chipflows.runs.report import chosen_notebooks

    names = [name.strip() for text in wanted for name in text.split(",") if name.strip()]
    files = [Path(name) for name in names if name.endswith(".ipynb") and Path(name).is_file()]
    ours = [name for name in names if Path(name) not in files]
    found = chosen_notebooks(ours) if ours or not files else {}
    for file in files:
        if file.stem in found:
            raise InputError(f"two notebooks are called {file.stem}. Rename one: its name is its folder.")
        found[file.stem] = file
    return found


class _Silent:
    """Hears how a batch goes on and says nothing."""

    def begin(self, runs: int, cells: int) -> None:
        """Hear how much there is to do."""

    def cell(self) -> None:
        """Hear that a cell is done."""

    def run(self, place: str, record: Mapping[str, Any]) -> None:
        """Hear that a run has ended."""


class _Lines(_Silent):
    """Writes a line for each run to stderr."""

    def __init__(self) -> None:
        self._runs = self._done = 0

    def begin(self, runs: int, cells: int) -> None:
        """Keep how many runs there are."""
        self._runs = runs

    def run(self, place: str, record: Mapping[str, Any]) -> None:
        """Write what came of a run."""
        self._done += 1
        self.write(f"{time.strftime('%H:%M:%S')}  {self._done:>4}/{self._runs}  {_line(place, record)}")

    def write(self, text: str) -> None:
        """Write a line."""
        click.echo(text, err=True)


class _Bar(_Lines):
    """The lines, above a bar with the time left."""

    def __init__(self, bar: Any) -> None:
        super().__init__()
        self._bar = bar

    def begin(self, runs: int, cells: int) -> None:
        """Set the bar's end."""
        super().begin(runs, cells)
        self._bar.total = cells

    def cell(self) -> None:
        """Move the bar."""
        self._bar.update(1)

    def write(self, text: str) -> None:
        """Write a line above the bar."""
        self._bar.write(text, file=sys.stderr)


@contextmanager
def _listener(is_quiet: bool) -> Iterator[_Silent]:
    """Yield who tells people how it goes: a bar on a terminal, lines elsewhere, nothing if *is_quiet*."""
    if is_quiet:
        yield _Silent()
    elif sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(unit="cell", dynamic_ncols=True, leave=False) as bar:
            yield _Bar(bar)
    else:
        yield _Lines()


def _line(place: str, record: Mapping[str, Any]) -> str:
    """Return one line about a run: its result, place, seconds, figures or what failed."""
    seconds = f"{float(record.get('seconds') or 0):6.1f} s"
    if record["status"] == "ok":
        return f"ok      {place}  {seconds}  {len(record['figures'])} figures"
    error = record["error"]
    where = f"cell {error['cell']}" if error["cell"] else "no cell"
    return f"FAILED  {place}  {seconds}  {where}: {error['kind']}"


def _tell_plan(planned: Plan, as_json: bool) -> None:
    """Print what would run and what would be kept."""
    due = [run.place for run in planned.due]
    if as_json:
        print_json({"due": due, "kept": list(planned.kept)})
        return
    for run in planned.runs:
        click.echo(f"  {'keep' if run.place in planned.kept else 'run '}  {run.place}")
    click.echo(f"{len(due)} to run, {len(planned.kept)} kept.")


def _tell(done: Batch, as_json: bool, began: float) -> None:
    """Print what came of the batch; raises PartialError when runs failed."""
    kept = len(done.records) - len(done.ran)
    if as_json:
        print_json(
            {"index": done.index, "runs": len(done.records), "ran": list(done.ran), "kept": kept,
             "failed": list(done.failed)}
        )  # fmt: skip
    else:
        counts = f"{len(done.ran)} ran, {kept} kept, {len(done.failed)} failed"
        click.echo(f"{len(done.records)} runs: {counts} ({time.monotonic() - began:.0f} s)")
        click.echo(f"Index: {_shown(done.index)}")
    if done.failed:
        raise PartialError(_failures(done))


def _failures(done: Batch) -> str:
    """Return the first failures, a screen each, and how many there were."""
    screens = [done.records[place]["error"]["screen"] for place in done.failed]
    text = "\n\n".join(screens[:_SCREENS])
    if len(screens) > _SCREENS:
        text += f"\n\n… and {len(screens) - _SCREENS} more: see the index."
    return f"\n{text}\n\n{len(screens)} of {len(done.records)} runs failed; the others are done."


def _shown(path: str) -> str:
    """Return a path relative to the current folder where it lies below it."""
    here = str(Path.cwd()) + "/"
    return path.removeprefix(here)
