"""`chipflows report` and `chipflows figures`: the notebooks, run on the snapshot of the data.

The options, the progress bar and the failures of a run serve `deck` and `memo` as well.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipflows.cli.app import PartialError
from chipflows.cli.output import json_option, print_json
from chipflows.cli.types import pairs
from chipflows.errors import NotebookError

if TYPE_CHECKING:
    from chipflows.runs import Finished
    from chipflows.runs.report import Progress

__all__ = ["failures", "figures", "given", "progress_bar", "report", "run_options", "shown_path", "tell"]


def run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that report and figures share."""
    options = (
        click.option(
            "--notebook", "notebooks", multiple=True, metavar="NAME", help="Only this one; repeatable."
        ),
        click.option("--scenario", help="The same as -p scenario=..."),
        click.option("--draws", help="The same as -p draws=..."),
        click.option("--seed", help="The same as -p seed=..."),
        click.option(
            "-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; repeatable."
        ),
        click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="At once."),
        click.option("--quiet", is_flag=True, help="No progress, only the last line."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(epilog="Example: chipflows report --notebook 20-h20 --scenario letter-h20 --draws 1024")
@run_options
@click.option("--pdf", is_flag=True, help="Print index.pdf too, with the Chromium or Chrome installed.")
@click.option("--out", type=click.Path(path_type=Path), help="The report's folder.  [default: runs/report]")
@json_option
def report(out: Path | None, pdf: bool, as_json: bool, quiet: bool, **options: Any) -> None:
    """Run the notebooks and write one report without code.

    The folder holds index.html (self-contained: send it as it is), a page, the run notebook, the figures and
    claims.csv for each notebook. It appears whole or not at all.
    """
    from chipflows.reports.pdf import browser, print_pdf
    from chipflows.runs import make_report

    began = time.monotonic()
    if pdf:
        browser()
    with progress_bar(quiet or as_json) as progress, failures():
        made = make_report(
            options["notebooks"], given(options), out, workers=options["workers"], progress=progress
        )
    if pdf:
        with failures():
            print_pdf(made.path, made.path.with_suffix(".pdf"))
    tell(made, as_json, f"Report: {shown_path(made.path)}", began, quiet)


@click.command(epilog="Example: chipflows figures --notebook 20-h20 --size slide --out briefing/")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@run_options
@click.option(
    "--size",
    "sizes",
    multiple=True,
    default=("slide",),
    show_default=True,
    help="slide, column or square; the first is figure.*; repeatable.",
)
@click.option("--bare", is_flag=True, help="Leave title, note and source out of the pictures.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to put them.  [default: figures]")
@json_option
def figures(
    ids: tuple[str, ...],
    sizes: tuple[str, ...],
    bare: bool,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Draw the notebooks' figures, or those called ID: PNG, SVG and PDF, the data, and the words.

    Each goes to <out>/<notebook>/<id>/, whole or not at all; <out>/index.html shows them all. What --bare
    leaves out of a picture stands in its figure.yaml.
    """
    from chipflows.charts.sizes import size_named
    from chipflows.runs import make_figures

    began = time.monotonic()
    for size in sizes:
        size_named(size)
    with progress_bar(quiet or as_json) as progress, failures():
        made = make_figures(
            ids,
            options["notebooks"],
            given(options),
            out,
            sizes=sizes,
            bare=bare,
            workers=options["workers"],
            progress=progress,
        )
    count = sum(map(len, made.figures.values()))
    tell(made, as_json, f"Figures: {count} in {shown_path(made.path)}/", began, quiet)


def given(options: dict[str, Any]) -> dict[str, str]:
    """Return the parameters given, from -p and from the options that stand for one."""
    short = [f"{name}={options[name]}" for name in ("scenario", "draws", "seed") if options[name] is not None]
    return pairs([*options["params"], *short], "parameter")


@contextmanager
def failures() -> Iterator[None]:
    """Turn a notebook that failed while it ran into exit status 1; wrong input stays status 2."""
    try:
        yield
    except NotebookError as problem:
        if str(problem).startswith("Notebook "):
            raise PartialError(
                f"{problem}\n\nNo report was written; one that was there before is unchanged."
            ) from None
        raise


@contextmanager
def progress_bar(is_quiet: bool) -> Iterator[Progress | None]:
    """Yield what shows progress on stderr: a bar on a terminal, nothing where it would only fill a log."""
    if is_quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(unit="cell", dynamic_ncols=True, leave=False) as bar:

        def show(name: str, done: int, cells: int) -> None:
            bar.total = cells
            bar.set_description_str(name)
            bar.update(done - bar.n)

        yield show


def tell(made: Finished, as_json: bool, headline: str, began: float, is_quiet: bool) -> None:
    """Print what was made and how long each notebook took."""
    seconds = {name: round(taken, 1) for name, taken in made.seconds.items()}
    if as_json:
        shown = {name: list(ids) for name, ids in made.figures.items()}
        print_json({"path": str(made.path), "seconds": seconds, "figures": shown})
        return
    if not is_quiet:
        for name, taken in seconds.items():
            click.echo(f"  {name:<24} {taken:5.1f} s, {len(made.figures.get(name, ()))} figures")
    click.echo(f"{headline} ({time.monotonic() - began:.0f} s)")


def shown_path(path: Path) -> str:
    """Return the path relative to the current folder where it lies below it."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)
