"""`make report` and `make figures`: every notebook run, then one report, or the published figures."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from chipflows import paths
from chipflows.csvtext import write_csv
from chipflows.errors import InputError, NotebookError, did_you_mean
from chipflows.folders import fresh_folder
from chipflows.reports.body import Body, body_of, claims_of, declared
from chipflows.reports.cells import BARE_VARIABLE, FIGURES_VARIABLE, ONLY_VARIABLE, SIZES_VARIABLE
from chipflows.reports.claims import CLAIMS, claims_frame
from chipflows.reports.gallery import INDEX, exhibits, gallery_page
from chipflows.runs import parameters
from chipflows.runs.crew import Job, Outcome, run_jobs
from chipflows.runs.failures import failure_of, screen

__all__ = [
    "PROOF",
    "Finished",
    "chosen_notebooks",
    "figures_shown",
    "make_figures",
    "make_report",
    "ran",
    "showing",
]

PROOF = "report.json"

Progress = Callable[[str, int, int], None]
"""Called with a notebook's name, the cells done and the cells in all."""


@dataclass(frozen=True)
class Finished:
    """What was made: where, the seconds by notebook, and the figures by notebook."""

    path: Path
    seconds: Mapping[str, float]
    figures: Mapping[str, tuple[str, ...]]


def chosen_notebooks(names: Sequence[str] = (), folder: Path | None = None) -> dict[str, Path]:
    """Return the notebooks to run by name, in order: all of them, or those *names*.

    Raises InputError for an unknown name (with the nearest), or when there is none at all.
    """
    place = folder or paths.notebooks()
    known = {path.stem: path for path in sorted(place.glob("*.ipynb"))}
    if not known:
        raise InputError(f"there is no notebook in {place}. Run chipflows from a checkout.")
    for name in names:
        if name.removesuffix(".ipynb") not in known:
            raise InputError(did_you_mean(name, known, "notebook", str(place)))
    wanted = {name.removesuffix(".ipynb") for name in names} or set(known)
    return {name: path for name, path in known.items() if name in wanted}


def make_report(
    names: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    out: Path | None = None,
    *,
    folder: Path | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Finished:
    """Run the notebooks and return the report written to *out* (default runs/report), whole or not at all.

    It holds index.html with everything, and for each notebook a page of its own, the run notebook, claims.csv
    and its figures. *given* are parameters as text, checked before any kernel starts. Raises NotebookError,
    with one screen for each notebook that failed; the report that was there before then stays.
    """
    notebooks = chosen_notebooks(names, folder)
    values = _assigned(notebooks, given or {})
    target = out or paths.runs() / "report"
    with fresh_folder(target, PROOF) as fresh:
        outcomes = _run_all(notebooks, values, fresh, ("slide",), workers, progress)
        bodies = [_keep(outcome, fresh / name) for name, outcome in outcomes.items()]
        _write_pages(bodies, fresh)
        finished = Finished(
            path=target / "index.html",
            seconds={name: outcome.seconds for name, outcome in outcomes.items()},
            figures={body.name: tuple(str(item["figure"]) for item in body.figures) for body in bodies},
        )
        _write_proof(finished, bodies, fresh)
    return finished


def make_figures(
    ids: Sequence[str] = (),
    names: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    out: Path | None = None,
    *,
    sizes: Sequence[str] = ("slide",),
    bare: bool = False,
    folder: Path | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Finished:
    """Run the notebooks and put their figures, or only those called *ids*, under *out*/<notebook>/<id>.

    Default *out* is figures/. Each figure's folder is replaced whole, and index.html shows all that *out*
    holds; the whole published set has claims.csv as well, what its notebooks say. *bare* leaves the words out
    of the pictures. Only the notebooks that are known from the published set to show *ids* are run, all of
    them when it does not know one. Raises NotebookError when a notebook fails, InputError for an id that none
    of them shows; nothing is replaced then.
    """
    notebooks = showing(ids, chosen_notebooks(names, folder))
    target = out or paths.figures()
    drawing = {BARE_VARIABLE: str(int(bare)), ONLY_VARIABLE: ",".join(ids)}
    with ran(notebooks, given or {}, sizes, workers, progress, drawing) as (work, outcomes):
        chosen = {name: _figure_folders(work / name / "figures") for name in outcomes}
        drawn = {figure for figures in chosen.values() for figure in figures}
        for wanted in ids:
            if wanted not in drawn:
                raise InputError(did_you_mean(wanted, sorted({*drawn, *figures_shown(outcomes)}), "figure"))
        for name, figures in chosen.items():
            for figure in figures:
                _publish(work / name / "figures" / figure, target / name / figure)
        if out is None and not ids and not names:
            _withdraw(target, chosen)
            write_csv(_claims(outcomes), target / CLAIMS)
    with paths.atomic_write(target / INDEX) as temporary:
        temporary.write_text(gallery_page(target), encoding="utf-8")
    return Finished(target, {name: outcome.seconds for name, outcome in outcomes.items()}, chosen)


@contextmanager
def ran(
    notebooks: Mapping[str, Path],
    given: Mapping[str, str],
    sizes: Sequence[str],
    workers: int,
    progress: Progress | None,
    drawing: Mapping[str, str],
) -> Iterator[tuple[Path, dict[str, Outcome]]]:
    """Run the notebooks into a folder that is removed at the end; yield it and the outcomes by name.

    Each notebook's figures are in <folder>/<name>/figures. Raises NotebookError if one failed.
    """
    values = _assigned(notebooks, given)
    with _work_folder() as work:
        yield work, _run_all(notebooks, values, work, sizes, workers, progress, drawing)


def figures_shown(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return the ids of the figures that run notebooks show, whether or not they were drawn."""
    books = [nbformat.read(outcome.job.output, as_version=4) for outcome in outcomes.values()]
    return sorted({str(item["figure"]) for book in books for item in declared(book) if "figure" in item})


def _claims(outcomes: Mapping[str, Outcome]) -> pd.DataFrame:
    """Return what run notebooks say in numbers, notebook by notebook."""
    frames = [
        claims_frame(claims_of(nbformat.read(outcome.job.output, as_version=4)), name)
        for name, outcome in outcomes.items()
    ]
    rows = [row for frame in frames for row in frame.to_dict("records")]
    return pd.DataFrame(rows, columns=frames[0].columns)


def _withdraw(target: Path, drawn: Mapping[str, tuple[str, ...]]) -> None:
    """Remove from the published set what no notebook draws any more."""
    for item in exhibits(target):
        if item.folder.name not in drawn.get(item.notebook, ()):
            shutil.rmtree(item.folder)
            if not any(item.folder.parent.iterdir()):
                item.folder.parent.rmdir()


def showing(ids: Sequence[str], notebooks: dict[str, Path]) -> dict[str, Path]:
    """Return the *notebooks* that show one of *ids*, as the published set has it; all if it lacks one."""
    published = paths.figures()
    holding = {wanted: {item.parent.name for item in published.glob(f"*/{wanted}/")} for wanted in ids}
    if not ids or not all(holding.values()):
        return notebooks
    known = {name: path for name, path in notebooks.items() if any(name in held for held in holding.values())}
    return known or notebooks


def _assigned(notebooks: Mapping[str, Path], given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the parameters of each notebook, checked; nothing is read when none is given."""
    if not given:
        return {name: {} for name in notebooks}
    values = parameters.assign(given, {name: parameters.inspect(path) for name, path in notebooks.items()})
    if "scenario" in given:
        from chipflows.tables.scenarios import scenario

        scenario(given["scenario"])
    return values


def _run_all(
    notebooks: Mapping[str, Path],
    values: Mapping[str, Mapping[str, Any]],
    work: Path,
    sizes: Sequence[str],
    workers: int,
    progress: Progress | None,
    drawing: Mapping[str, str] | None = None,
) -> dict[str, Outcome]:
    """Run the notebooks into *work*/<name>/, return their outcomes; NotebookError if any failed."""
    # papermill adds a cell for the values given.
    cells = {
        name: len(nbformat.read(path, as_version=4).cells) + bool(values[name])
        for name, path in notebooks.items()
    }
    done = dict.fromkeys(notebooks, 0)

    def on_cell(job: Job) -> None:
        done[job.name] += 1
        if progress is not None:
            progress(job.name, sum(done.values()), sum(cells.values()))

    jobs = [_job(name, path, values[name], work, sizes, drawing or {}) for name, path in notebooks.items()]
    outcomes = {outcome.job.name: outcome for outcome in run_jobs(jobs, workers, on_cell)}
    failed = [outcomes[name] for name in notebooks if not outcomes[name].message["ok"]]
    if failed:
        raise NotebookError("\n\n".join(_failure_screen(outcome) for outcome in failed))
    return {name: outcomes[name] for name in notebooks}


def _job(
    name: str,
    source: Path,
    values: Mapping[str, Any],
    work: Path,
    sizes: Sequence[str],
    drawing: Mapping[str, str],
) -> Job:
    """Return the job of one notebook; IPython's own settings and history stay out of it."""
    place = work / name
    (place / "figures").mkdir(parents=True)
    environment = {
        FIGURES_VARIABLE: str(place / "figures"),
        SIZES_VARIABLE: ",".join(sizes),
        **drawing,
        "IPYTHONDIR": str(work / ".ipython"),
    }
    return Job(name, source.resolve(), place / "notebook.ipynb", values, source.resolve().parent, environment)


def _failure_screen(outcome: Outcome) -> str:
    """Return one failed notebook's screen, its partial run kept under runs/failed."""
    partial = None
    if outcome.job.output.is_file():
        partial = paths.runs() / "failed" / f"{outcome.job.name}.ipynb"
        with paths.atomic_write(partial) as temporary:
            shutil.copyfile(outcome.job.output, temporary)
    job = outcome.job
    return screen(failure_of(job.name, outcome.message, job.source, bool(job.parameters), partial))


def _keep(outcome: Outcome, place: Path) -> Body:
    """Return the body of a run notebook, its claims written beside it."""
    notebook = nbformat.read(outcome.job.output, as_version=4)
    body = body_of(outcome.job.name, notebook)
    if body.claims:
        write_csv(claims_frame(body.claims), place / CLAIMS)
    if not any(True for item in declared(notebook) if "figure" in item):
        shutil.rmtree(place / "figures", ignore_errors=True)
    return body


def _write_pages(bodies: Sequence[Body], fresh: Path) -> None:
    """Write index.html and a page for each notebook."""
    from chipflows.reports.page import notebook_page, report_page

    cards: Mapping[str, Any] = {}
    if any(body.sources for body in bodies):
        from chipflows import tables

        cards = tables.cards()
    ours = version("chipflows")
    for body in bodies:
        (fresh / f"{body.name}.html").write_text(notebook_page(body, cards, ours), encoding="utf-8")
    (fresh / "index.html").write_text(report_page(bodies, cards, ours), encoding="utf-8")


def _write_proof(finished: Finished, bodies: Sequence[Body], fresh: Path) -> None:
    """Write report.json: what ran, with which parameters, how long; tidy the run's own folders away."""
    shutil.rmtree(fresh / ".ipython", ignore_errors=True)
    notebooks = [
        {
            "notebook": body.name,
            "title": body.title,
            "seconds": round(finished.seconds[body.name], 2),
            "parameters": dict(body.parameters),
            "figures": list(finished.figures[body.name]),
            "sources": list(body.sources),
        }
        for body in bodies
    ]
    proof = {"chipflows": version("chipflows"), "notebooks": notebooks}
    (fresh / PROOF).write_text(json.dumps(proof, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _work_folder() -> Iterator[Path]:
    """Yield a folder of the system's for temporary files, removed at the end."""
    work = Path(tempfile.mkdtemp(prefix="chipflows-"))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _figure_folders(place: Path) -> tuple[str, ...]:
    """Return the ids of the figures a run wrote, in alphabetical order."""
    return tuple(sorted(path.name for path in place.iterdir() if (path / "figure.yaml").is_file()))


def _publish(made: Path, target: Path) -> None:
    """Put one figure's folder in its place."""
    with fresh_folder(target, "figure.yaml") as fresh:
        shutil.copytree(made, fresh, dirs_exist_ok=True)
