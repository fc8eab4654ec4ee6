"""Processes of a batch: nothing outlives it, whoever kills what; a real Dask cluster does the same."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from chipflows import paths
from chipflows.runs.papermill_lean import papermill

from chipflows.runs.warm import close_nursery  # isort: skip

pytestmark = pytest.mark.slow

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
MARK = "CHIPFLOWS_TEST_RUN"
STUCK = """import subprocess, sys, pathlib
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
pathlib.Path(flag).write_text('here')
(10 ** (10 ** 9)) % 7"""  # holds the GIL: no signal is handled, no thread runs
PLOT = """import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
frame = pd.DataFrame({'x': np.arange(n), 'y': np.sqrt(np.arange(n))})
frame.plot(x='x', y='y')"""


def write_notebook(path: Path, *sources: str, parameters: str = "n: int = 9") -> Path:
    cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]}), *map(new_code_cell, sources)]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)
    return path


def start(*arguments: object, mark: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env={**os.environ, MARK: mark}, **pipes)  # type: ignore[call-overload,no-any-return]


def marked(mark: str) -> list[psutil.Process]:
    """The processes alive that descend from a command started with this mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until(condition: Any, seconds: float = 90.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def stuck_batch(tmp_path: Path, mark: str) -> subprocess.Popen[str]:
    flag = tmp_path / "flag"
    notebook = write_notebook(tmp_path / "nb" / "stuck.ipynb", STUCK, parameters=f"flag: str = {str(flag)!r}")
    batch = start("chipflows", "batch", "--notebooks", notebook, "--out", tmp_path / "out", mark=mark)
    assert wait_until(flag.exists), "the cell was never reached"
    assert (
        len(marked(mark)) >= 6
    )  # the command, a worker, the warm parent, a kernel, two that the cell started
    return batch


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_a_batch_that_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    batch = stuck_batch(tmp_path, f"{tmp_path}")
    os.kill(batch.pid, number)
    _, said = batch.communicate(timeout=60)

    assert wait_until(lambda: not marked(f"{tmp_path}"), 20.0), marked(f"{tmp_path}")
    assert batch.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130}[number]
    if number != signal.SIGKILL:
        assert "Stopped. Nothing was left half-written." in said
        assert not list((tmp_path / "out").rglob("*.ipynb"))


def test_a_killed_worker_is_replaced_and_takes_its_kernel_along(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    once = f"import pathlib, time\nflag = pathlib.Path({str(flag)!r})\n"
    once += "if not flag.exists():\n    flag.touch()\n    time.sleep(600)"
    notebook = write_notebook(tmp_path / "nb" / "once.ipynb", once)
    batch = start(
        "chipflows", "batch", "--notebooks", notebook, "--out", tmp_path / "out", mark=f"{tmp_path}"
    )
    assert wait_until(flag.exists)
    (worker,) = (p for p in psutil.Process(batch.pid).children() if "chipflows.runs.worker" in p.cmdline())
    kernels = [p.pid for p in worker.children(recursive=True)]
    worker.kill()
    told, said = batch.communicate(timeout=120)

    assert batch.returncode == 0, said
    assert "1 ran, 0 kept, 0 failed" in told
    assert not any(psutil.pid_exists(pid) for pid in kernels)


def test_what_a_cell_started_ends_with_its_run(tmp_path: Path) -> None:
    leave = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)"
    notebook = write_notebook(tmp_path / "nb" / "leaves.ipynb", leave)
    batch = start(
        "chipflows", "batch", "--notebooks", notebook, "--out", tmp_path / "out", mark=f"{tmp_path}"
    )
    _, said = batch.communicate(timeout=120)

    assert batch.returncode == 0, said
    assert wait_until(lambda: not marked(f"{tmp_path}"), 10.0), marked(f"{tmp_path}")


def test_a_batch_killed_in_the_middle_resumes_to_the_same_index(tmp_path: Path) -> None:
    say = "from chipflows.reports import number, record\nrecord(n=number(n, 'count'))"
    notebook = write_notebook(tmp_path / "nb" / "a.ipynb", "import time; time.sleep(.2)", say)
    grid = tmp_path / "grid.yaml"
    grid.write_text(f"n: {list(range(9))}")
    arguments = ["chipflows", "batch", "--notebooks", notebook, "--grid", grid, "--workers", 1, "--out"]

    killed = start(*arguments, tmp_path / "out", mark=f"{tmp_path}")
    assert wait_until(lambda: len(list((tmp_path / "out").glob("a/default--*/run.json"))) >= 3)
    killed.kill()
    killed.communicate(timeout=60)
    assert wait_until(lambda: not marked(f"{tmp_path}"), 20.0)
    done = len(list((tmp_path / "out").glob("a/default--*/run.json")))
    assert done < 9

    told, said = start(*arguments, tmp_path / "out", "--json").communicate(timeout=120)
    assert json.loads(told)["kept"] == done, said
    start(*arguments, tmp_path / "whole").communicate(timeout=120)
    for name in ("index.html", "index.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not list((tmp_path / "out").glob("*/.*"))


def test_a_run_longer_than_its_limit_is_ended_and_says_so(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "nb" / "long.ipynb", "import time", "time.sleep(600)")
    arguments = ["chipflows", "batch", "--notebooks", notebook, "--timeout", 4, "--out", tmp_path / "out"]
    batch = start(*arguments, mark=f"{tmp_path}")
    _, said = batch.communicate(timeout=120)

    assert batch.returncode == 1, said
    assert "cell 3 of 3" in said
    assert "the run did not end within its limit of 4 s. Raise it with --timeout." in said
    assert wait_until(lambda: not marked(f"{tmp_path}"), 10.0)


def test_a_place_without_room_is_reported_and_the_batch_ends(tmp_path: Path) -> None:
    say = "open('/dev/full', 'w').write('x' * 100000)"
    notebook = write_notebook(tmp_path / "nb" / "full.ipynb", say)
    told, said = start("chipflows", "batch", "--notebooks", notebook, "--out", tmp_path / "out").communicate()

    assert "No space left on device" in said
    assert "1 ran, 0 kept, 1 failed" in told


def test_a_run_notebook_that_does_not_fit_is_no_half_file_and_says_why(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "nb" / "large.ipynb", "print('x' * 400_000)")
    order = (
        f"ulimit -f 100; {sys.executable} -m chipflows batch --notebooks {notebook} --out {tmp_path / 'out'}"
    )
    batch = subprocess.run(["sh", "-c", order], capture_output=True, text=True)

    assert batch.returncode == 1, batch.stderr
    assert "a file it wrote: File too large. Check the free space and permissions." in batch.stderr
    assert not list((tmp_path / "out").glob("*/*/notebook.ipynb"))


def test_a_place_that_is_a_file_or_cannot_be_written_is_refused(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "nb" / "a.ipynb", "1")
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", "/proc/nowhere"):
        batch = start("chipflows", "batch", "--notebooks", notebook, "--out", place)
        _, said = batch.communicate(timeout=60)
        assert batch.returncode == 2, said
        assert "Choose another place with --out" in said or "or choose another place with --out" in said


# papermill's own command with our engine


def images(notebook: Any) -> int:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def outputs_of(notebook: Any) -> list[Any]:
    return [
        [output.get("data", output.get("text")) for output in cell.get("outputs", ())]
        for cell in notebook.cells
    ]


def test_papermill_runs_with_our_engine_and_shows_what_it_shows_without(tmp_path: Path) -> None:
    shown = "plt.hist(frame.y)\nplt.show()"
    source = write_notebook(tmp_path / "a.ipynb", PLOT, shown, "print(frame.y.sum()); frame.describe()")
    found = []
    for engine in ("chipflows", "nbclient"):
        out = tmp_path / f"{engine}.ipynb"
        command = ["papermill", "--engine", engine, "--no-progress-bar", source, out, "-p", "n", "50"]
        done = start(*command)
        _, said = done.communicate(timeout=120)
        assert done.returncode == 0, said
        found.append(nbformat.read(out, as_version=4))

    assert [images(notebook) for notebook in found] == [2, 2]
    assert outputs_of(found[0]) == outputs_of(found[1])


def test_each_fork_has_a_clean_namespace_and_random_numbers_of_its_own(tmp_path: Path) -> None:
    probe = (
        "import random, numpy\nassert 'seen' not in globals()\nseen = 1\nrandom.random(), numpy.random.rand()"
    )
    source = write_notebook(tmp_path / "a.ipynb", probe)
    seen = []
    for _ in range(2):
        run = papermill.execute_notebook(source, None, engine_name="chipflows", progress_bar=False)
        seen.append(outputs_of(run)[-1])
    close_nursery()

    assert seen[0] != seen[1]


def test_socket_folders_of_killed_processes_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, alive = tmp_path / f"cf-{2**22 + 1}-abc", tmp_path / f"cf-{os.getpid()}-abc"
    dead.mkdir()
    alive.mkdir()
    paths.sweep_sockets()

    assert [path.name for path in tmp_path.iterdir()] == [alive.name]


# A cluster


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """A scheduler and two workers, each a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    where = ["--host", "127.0.0.1", "--no-dashboard"]
    processes = [start("distributed.cli.dask_scheduler", "--port", port, *where)]
    assert wait_until(lambda: answers(port))
    space = tmp_path_factory.mktemp("dask")
    for name in ("one", "two"):
        options = ["--name", name, "--nthreads", 1, "--no-nanny", "--local-directory", space / name]
        processes.append(start("distributed.cli.dask_worker", address, *options, *where))
    yield address, processes
    for process in processes:
        process.kill()
        process.communicate(timeout=20)
    shutil.rmtree(space, ignore_errors=True)


def test_a_cluster_runs_a_batch_and_a_worker_killed_in_the_middle_loses_nothing(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[str]]]
) -> None:
    address, processes = cluster
    say = "from chipflows.reports import number, record\nrecord(n=number(n, 'count'))"
    notebook = write_notebook(tmp_path / "nb" / "a.ipynb", "import time; time.sleep(.5)", say)
    (tmp_path / "grid.yaml").write_text(f"n: {list(range(6))}")
    arguments = ["chipflows", "batch", "--notebooks", notebook, "--grid", tmp_path / "grid.yaml"]
    batch = start(*arguments, "--scheduler", address, "--out", f"file://{tmp_path}/out", "--json")
    assert wait_until(lambda: len(list((tmp_path / "out").glob("a/default--*/run.json"))) >= 2)
    processes[2].kill()
    told, said = batch.communicate(timeout=240)

    assert batch.returncode == 0, said
    assert len(json.loads(told)["ran"]) == 6
    start(*arguments, "--out", tmp_path / "here").communicate(timeout=120)
    for name in ("index.html", "index.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "nb" / "a.ipynb", "1")
    batch = start(
        "chipflows",
        "batch",
        "--notebooks",
        notebook,
        "--scheduler",
        "tcp://127.0.0.1:1",
        "--out",
        tmp_path / "o",
    )
    _, said = batch.communicate(timeout=120)

    assert batch.returncode == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in said
