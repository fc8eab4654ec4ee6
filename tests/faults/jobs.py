"""Five commands that write, made small, and how to kill one at a chosen moment and judge what it left.

Shared by the short tests of this folder and by tools/reliability.py, which kills some hundreds of times.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
MARK, MOMENT = "CHIPFLOWS_TEST_MARK", "CHIPFLOWS_TEST_MOMENT"
LONGEST = 240.0
ORPHANS = 20.0  # seconds; one is the promise on an idle machine, and tested with the batch's processes

# Runs in every Python process of the command: at the n-th rename of all of them together, or at the first
# thing done after it, the command and the process that renames are killed.
HOOK = """
import os, signal, sys
when, number, main, count = os.environ["CHIPFLOWS_TEST_MOMENT"].split(":", 3)
if main == "self":
    main = str(os.getpid())
    os.environ["CHIPFLOWS_TEST_MOMENT"] = f"{when}:{number}:{main}:{count}"
due = False

def strike():
    global due
    due = False  # a kill is an event itself
    os.kill(int(main), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    global due
    if due:
        strike()
    if event == "os.rename":
        handle = os.open(count, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, b".")
        reached = os.fstat(handle).st_size
        os.close(handle)
        if reached == int(number):
            if when == "before":
                strike()
            due = True

sys.addaudithook(hook)
"""


class OrphanError(Exception):
    """A process stayed behind."""


@dataclass(frozen=True)
class Moment:
    """When to kill: so many seconds after the start, or before or just after the n-th rename."""

    when: Literal["time", "before", "after"]
    value: float


@dataclass(frozen=True)
class Job:
    """One command: its words, where it writes, what may be seen there at any time, and what it makes.

    whole: returns what is wrong with what lies in the output now, [] when nothing is half-written or mixed.
    made: returns the finished output by file, without what differs from run to run (seconds, clock times).
    """

    name: str
    words: tuple[str, ...]
    out: Path
    whole: Callable[[Path], list[str]]
    made: Callable[[Path], dict[str, str]]
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, out: Path | None = None) -> list[str]:
        """Return the command line; *out* stands for its own place of output."""
        here, there = str(self.out), str(out or self.out)
        return [sys.executable, "-m", "chipflows", *(word.replace(here, there) for word in self.words)]

    def run(self, out: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self.command(out),
            env=self._environment(**more),
            capture_output=True,
            text=True,
            timeout=LONGEST,
            cwd=self.out.parent,
        )

    def _environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, **self.environment, **more}

    def kill(self, moment: Moment, scratch: Path) -> bool:
        """Start it and kill it at *moment*; return whether it was still alive then.

        Waits until every process it had started is gone; raises OrphanError when one stays.
        """
        mark = f"{self.name}-{os.getpid()}-{time.monotonic_ns()}"
        more = {MARK: mark}
        if moment.when != "time":
            (scratch / "sitecustomize.py").write_text(HOOK)
            count = scratch / "renames"
            count.unlink(missing_ok=True)
            more[MOMENT] = f"{moment.when}:{moment.value:.0f}:self:{count}"
            more["PYTHONPATH"] = os.pathsep.join(filter(None, [str(scratch), os.environ.get("PYTHONPATH")]))
        running = subprocess.Popen(
            self.command(),
            env=self._environment(**more),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.out.parent,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(moment.value if moment.when == "time" else LONGEST)
        is_alive = running.poll() is None
        running.kill()
        running.wait()
        end = time.monotonic() + ORPHANS
        while (left := _marked(mark)) and time.monotonic() < end:
            time.sleep(0.05)
        if left:
            said = " ".join(left[0].cmdline())[:200]
            for process in left:
                process.kill()
            raise OrphanError(f"{len(left)} processes outlived it by {ORPHANS:g} s, one of them: {said}")
        return is_alive or running.returncode == -signal.SIGKILL

    def renames(self, scratch: Path) -> int:
        """Return how many renames a whole run makes."""
        (scratch / "sitecustomize.py").write_text(HOOK)
        count = scratch / "renames"
        count.unlink(missing_ok=True)
        path = os.pathsep.join(filter(None, [str(scratch), os.environ.get("PYTHONPATH")]))
        done = self.run(PYTHONPATH=path, **{MOMENT: f"before:1000000:self:{count}"})
        assert done.returncode == 0, done.stderr
        return count.stat().st_size


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


# --- the jobs ---

FIGURE = """
import pandas as pd
import chipflows as cf
from chipflows.charts import Figure
from chipflows.charts.roles import mark

data = pd.DataFrame({"quarter": ["2025Q1", "2025Q2"], "p50": [float(draws), 2.0]})

def draw(stage):
    for bar in stage.panel().bar([0, 1], data["p50"], color="#444444"):
        mark(bar, "data")

words = dict(subtitle="Number of chips, PRC, 2025", unit="number of chips", note="", sources=("epoch_hw",),
             alt="Two bars: the first is far higher than the second one.", period="2025", made_by="tests")
"""
SHOWN = """title = "Sales fall to two in the spring of {n}"
cf.show(Figure(id="bars{n}", title=title, data=data, draw=draw, **words))"""
SAID = 'cf.say("The first bar is {n:full} chips.", n=cf.number(float(draws), "chips"))'
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}


def tiny_home(folder: Path) -> Path:
    """Make a home with the real data and scenarios, and two notebooks that take a second; return it."""
    (folder / "notebooks").mkdir(parents=True)
    for name in ("data", "scenarios"):
        (folder / name).symlink_to(ROOT / name)
    for number in (2025, 2026):
        cells = [
            new_markdown_cell(f"# What is {number}?"),
            new_code_cell('scenario: str = "actual"\ndraws: int = 64', metadata={"tags": ["parameters"]}),
            new_code_cell(FIGURE),
            new_code_cell(SAID),
            new_code_cell(SHOWN.format(n=number)),
        ]
        for at, cell in enumerate(cells):
            cell["id"] = f"cell{at}"
        notebook = new_notebook(cells=cells, metadata=KERNEL)
        nbformat.write(notebook, folder / "notebooks" / f"{number}-tiny.ipynb")
    return folder


def batch(folder: Path, home: Path) -> Job:
    """Four runs of the tiny notebooks."""
    out = folder / "batch"
    words = ("batch", "--notebooks", "2025-tiny,2026-tiny", "--scenarios", "actual,letter-h20")
    return Job("batch", (*words, "--out", str(out)), out, _runs_whole, _runs_made, _at(home))


def report(folder: Path, home: Path) -> Job:
    """A report of the tiny notebooks."""
    out = folder / "report"
    return Job("report", ("report", "--quiet", "--out", str(out)), out, _report_whole, _tree, _at(home))


def figures(folder: Path, home: Path) -> Job:
    """The figures of the tiny notebooks."""
    out = folder / "figures"
    return Job("figures", ("figures", "--quiet", "--out", str(out)), out, _figures_whole, _tree, _at(home))


def screen(folder: Path, rows: int = 5400) -> Job:
    """A table of customers, in more than one part."""
    names = ("Huawei Technologies", "Inspur Group", "Harmless Bakery")
    lines = [names[at] if at < len(names) else f"Zq{at}" for at in range(rows)]
    (folder / "customers.csv").write_text("name\n" + "\n".join(lines) + "\n", encoding="utf-8")
    out = folder / "screen"
    out.mkdir()
    words = ("screen", str(folder / "customers.csv"), "--out", str(out / "hits.csv"))
    return Job("screen", words, out, lambda place: _csv_whole(place / "hits.csv", rows), _tree)


def refresh(folder: Path, network: Mapping[str, str]) -> Job:
    """Two live sources, from the server that *network* (an environment) names."""
    out = folder / "live"
    words = ("refresh", "csl", "federal_register_bis")
    return Job("refresh", words, out, _live_whole, _live_made, {**network, "CHIPFLOWS_LIVE": str(out)})


def _at(home: Path) -> dict[str, str]:
    return {"CHIPFLOWS_HOME": str(home)}


# --- what may be seen at any time ---


def files(folder: Path) -> Iterator[Path]:
    """Yield the files that a reader would find: none below a name that starts with a dot."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def leftovers(folder: Path) -> list[str]:
    """Return the temporary files and folders there."""
    hidden = (path for path in folder.rglob(".*") if path.name != ".cache")
    return sorted(str(path.relative_to(folder)) for path in hidden)


def _figure_whole(place: Path) -> list[str]:
    held = {path.name for path in place.iterdir()}
    needed = {"figure.yaml", "data.csv", "figure.png", "figure.svg", "figure.pdf"}
    return [f"{place} lacks {name}" for name in sorted(needed - held)] + [
        f"{place / name} is cut off"
        for name, end in (
            ("figure.svg", b"</svg>"),
            ("figure.pdf", b"%%EOF"),
            ("figure.png", b"IEND\xaeB`\x82"),
        )
        if name in held and not (place / name).read_bytes().rstrip().endswith(end)
    ]


def _figures_whole(out: Path) -> list[str]:
    places = sorted({path.parent for path in files(out) if path.parent.name.startswith("bars")})
    return [problem for place in places for problem in _figure_whole(place)] + _page_whole(out / "index.html")


def _page_whole(page: Path) -> list[str]:
    is_cut = page.is_file() and not page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    return [f"{page} is cut off"] if is_cut else []


def _report_whole(out: Path) -> list[str]:
    if not out.is_dir() or not any(files(out)):
        return []
    proof = json.loads((out / "report.json").read_text(encoding="utf-8"))
    names = [item["notebook"] for item in proof["notebooks"]]
    problems = [f"{name} is missing" for name in names if not (out / name / "notebook.ipynb").is_file()]
    problems += _page_whole(out / "index.html")
    return problems + [text for place in out.glob("*/figures/*") for text in _figure_whole(place)]


def _runs_whole(out: Path) -> list[str]:
    problems = []
    for record in sorted(path for path in files(out) if path.name == "run.json"):
        held = json.loads(record.read_text(encoding="utf-8"))
        if held["status"] != "ok":
            problems.append(f"{record} says {held['status']}")
        problems += _page_whole(record.parent / "report.html")
        problems += [text for place in record.parent.glob("figures/*") for text in _figure_whole(place)]
    places = {path.parent for path in files(out) if path.name == "notebook.ipynb"}
    problems += [f"{place} has no record" for place in places if not (place / "run.json").is_file()]
    if (out / "index.csv").is_file():
        with (out / "index.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
        problems += [] if len({row["scenario"] for row in rows}) == 2 else ["index.csv is not whole"]
    return problems + _page_whole(out / "index.html")


def _csv_whole(path: Path, customers: int) -> list[str]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        first = sum(row["rank"] == "1" for row in csv.DictReader(file, strict=True))
    return [] if first == customers else [f"{path} holds {first} of {customers} customers"]


def _live_whole(out: Path) -> list[str]:
    """Return what the library itself cannot read of the snapshots it says it holds."""
    from chipflows.errors import SourceError
    from chipflows.sources import snapshots

    problems = []
    for source in sorted(path.name for path in out.iterdir() if path.name != "cache") if out.is_dir() else ():
        try:
            problems += [
                f"{source} {held.name} has lost rows"
                for held in snapshots.held(source, out)
                if len(snapshots.read(held, out)) != held.rows
            ]
        except SourceError as problem:
            problems.append(str(problem))
    return problems


# --- what was made ---


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _tree(out: Path) -> dict[str, str]:
    """Return the hash of each file, seconds and the kernel's clock times taken out."""
    found = {}
    for path in files(out):
        body = path.read_bytes()
        if path.suffix in (".json", ".ipynb"):
            body = json.dumps(_timeless(json.loads(body)), sort_keys=True).encode()
        found[str(path.relative_to(out))] = _digest(body)
    return found


_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_OF_A_RUN = {
    "seconds",
    "cell_seconds",
    "duration",
    "execution",
    "peak_memory_mb",
    "started_at",
    "ended_at",
    "papermill",
}


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(item) for name, item in value.items() if name not in _OF_A_RUN}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    return None if isinstance(value, str) and _CLOCK.match(value) else value


def _runs_made(out: Path) -> dict[str, str]:
    """Return the index without its seconds, and each run's figures and claims."""
    with (out / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = [{k: v for k, v in row.items() if "second" not in k} for row in csv.DictReader(file)]
    found = {"index.csv": _digest(json.dumps(rows, sort_keys=True).encode())}
    for path in files(out):
        if "figures" in path.parts or path.name == "claims.csv":
            found[str(path.relative_to(out))] = _digest(path.read_bytes())
    return found


def _live_made(out: Path) -> dict[str, str]:
    """Return the content of the newest snapshot of each source."""
    from chipflows.sources import snapshots

    sources = sorted(path.name for path in out.iterdir() if path.name != "cache")
    newest = {source: snapshots.find(source, folder=out) for source in sources}
    return {source: f"{held.rows} {held.sha256}" for source, held in newest.items() if held is not None}
