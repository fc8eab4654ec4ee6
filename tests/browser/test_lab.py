"""`make lab` where there never was one; a notebook run in it gives what a batch and papermill give."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240_000  # milliseconds: the machine may be slow and shared
NOTEBOOK, SCENARIO = "20-h20", "letter-h20"
HAS_RUN = """() => {
    const notebook = jupyterapp.shell.currentWidget.content.model;
    const cells = [...notebook.cells].filter(cell => cell.type === 'code');
    const failed = cell => cell.outputs.toJSON().some(output => output.output_type === 'error');
    return cells.every(cell => cell.executionCount !== null) || cells.some(failed);
}"""

pytestmark = pytest.mark.slow


class Lab:
    """tools/lab.py at a terminal, in a copy of the checkout: what runs there touches nothing of ours."""

    def __init__(self, place: Path) -> None:
        self.home = place / "checkout"
        for name in ("tools", "notebooks", "docs", "scenarios"):
            shutil.copytree(ROOT / name, self.home / name)
        (self.home / "data").symlink_to(ROOT / "data")
        (place / "user").mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "XDG"))}
        homes = {"HOME": place / "user", "CHIPFLOWS_HOME": self.home, "CHIPFLOWS_LAB": place / "lab"}
        self.environment = kept | {name: str(path) for name, path in homes.items()}
        options = ["--no-browser", f"--ServerApp.port={free_port()}", "--LabApp.expose_app_in_browser=True"]
        if os.geteuid() == 0:
            options.append("--allow-root")
        self.keyboard, terminal = (
            pty.openpty()
        )  # Jupyter takes Ctrl-C for a question when it is at a terminal
        self.process = subprocess.Popen(
            [sys.executable, "tools/lab.py", *options],
            cwd=self.home, env=self.environment, stdin=terminal,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        os.close(terminal)
        assert self.process.stdout is not None
        self.said = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/\S+", self.said)):
            line = self.process.stdout.readline()
            assert line, f"the lab did not start: {self.said}"
            self.said += line
        self.address = found[0]

    def run(self, *command: object) -> None:
        """Run a command beside the lab, with its environment."""
        arguments = [sys.executable, "-m", *map(str, command)]
        done = subprocess.run(arguments, env=self.environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr

    def stop(self) -> list[psutil.Process]:
        """Press Ctrl-C once and return what is still there after it."""
        started = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.communicate(timeout=60)[0]
        os.close(self.keyboard)
        return psutil.wait_procs(started, timeout=20)[1]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture
def lab(chromium: Any, tmp_path: Path) -> Iterator[Lab]:
    running = Lab(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()


def outputs(path: Path) -> list[dict[str, Any]]:
    """Every output of a run notebook, in order."""
    cells = nbformat.read(path, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", ())]


def pictures(path: Path) -> list[str]:
    """Every figure's PNG as a notebook stores it, without the line ends that some writers add."""
    shown = [output.get("data", {}).get("image/png") for output in outputs(path)]
    return ["".join(picture.split()) for picture in shown if picture]


def said_of(path: Path) -> list[Any]:
    """What every output says of itself: figures, sources, and each number recorded."""
    return [ours for output in outputs(path) if (ours := output.get("metadata", {}).get("chipflows"))]


def test_a_new_lab_runs_a_notebook_to_the_bytes_of_a_batch_and_of_papermill_and_one_ctrl_c_ends_it(
    chromium: Any, lab: Lab, tmp_path: Path
) -> None:
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "warning" else None)
    page.goto(lab.address)
    page.get_by_role("heading", name="Start here").wait_for()
    page.locator(".jp-DirListing-item", has_text=f"{NOTEBOOK}.ipynb").wait_for()

    page.get_by_role("link", name=NOTEBOOK).click()
    page.locator(".jp-NotebookPanel").get_by_text("Python 3 (ipykernel)").wait_for()
    page.get_by_role("tab", name="Table of Contents").first.click()
    for heading in ("The answer", "Rules over flows", "Sources"):
        page.locator(".jp-TableOfContents").get_by_text(heading, exact=True).wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(HAS_RUN)
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0
    page.close()

    source, by_papermill = lab.home / "notebooks" / f"{NOTEBOOK}.ipynb", tmp_path / "papermill.ipynb"
    assert not [output for output in outputs(source) if output["output_type"] in ("error", "stream")]
    lab.run("papermill", "--no-progress-bar", ROOT / "notebooks" / source.name, by_papermill)
    lab.run(
        "chipflows", "batch", "--notebooks", NOTEBOOK, "--scenarios", SCENARIO, "--out", tmp_path / "batch"
    )
    (in_batch,) = (tmp_path / "batch").glob(f"{NOTEBOOK}/{SCENARIO}--*/notebook.ipynb")
    assert len(pictures(source)) == len({*pictures(source)}) > 3
    for other in (by_papermill, in_batch):
        assert pictures(other) == pictures(source)
        assert said_of(other) == said_of(source)
    assert [claim for ours in said_of(source) for claim in ours.get("claims", ())]

    assert lab.stop() == []
    assert lab.process.returncode == 0
    assert "[W" not in lab.said and "[E" not in lab.said and "WARNING" not in lab.said, lab.said
    assert complaints == []
