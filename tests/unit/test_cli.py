"""The command line: wrong input is one screen and exit 2, JSON is only JSON, nothing is left half-written."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from chipflows.cli import app, output
from chipflows.cli.types import pairs
from chipflows.errors import InputError

COMMAND = [sys.executable, "-m", "chipflows"]


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["scenaros"], "Did you mean scenarios"),
        (["report", "--notbook", "x"], "--notebook"),
        (["sources", "epoch_rep_apr"], "Did you mean epoch_repo_apr"),
        (["figures", "--size", "slied"], "Did you mean slide"),
        (["deck", "--notebook", "20-h21"], "Did you mean 20-h20"),
        (["deck", "--notebook", "20-h20", "--out", "x.ppt"], "does not end in .pptx"),
        (["memo", "--notebook", "20-h21"], "Did you mean 20-h20"),
        (["fact-sheet", "kyv"], "Did you mean kyc"),
        (["check-claims", "missing.md", "--against", "tests"], "claims.csv"),
        (["report", "-p", "draws"], "not of the form name=value"),
        (["report", "-p", "draws=1", "--draws", "2"], "twice"),
        (["decide", "h20", "--to", "CN", "--on", "2025-13-01"], "year-month-day"),
        (["decide", "h20", "--to", "CN", "--on", "1 May"], "year-month-day"),
        (["decide", "h20", "--to", "CN"], "--on"),
        (["classify", "missing.csv", "--to", "CN", "--on", "2025-05-01"], "missing.csv"),
        (["simulate", "actual"], "--out"),
    ],
)
def test_wrong_input_is_named_with_what_is_allowed_and_exits_2(arguments: list[str], hint: str) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert hint in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 24


def test_a_file_the_system_refuses_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("report", "--notebook", "nosuch", "--out", str(tmp_path / "file" / "report"))

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", list(app._VERBS))
def test_every_verb_has_help_with_an_example_of_itself(verb: str) -> None:
    result = CliRunner().invoke(app.cli, [verb, "--help"])

    assert result.exit_code == 0
    assert f"Example: chipflows {verb}" in " ".join(result.output.split())
    assert "--json" in result.output


def test_help_starts_without_any_heavy_import() -> None:
    code = "import sys; from chipflows.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += (
        "print([m for m in ('numpy', 'pandas', 'matplotlib', 'papermill', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_json_is_all_there_is_on_stdout() -> None:
    done = run("sources", "--json")

    assert done.returncode == 0
    rows = json.loads(done.stdout)
    assert {"id", "licence", "as_of", "age_days"} <= set(rows[0])


def test_a_reader_that_goes_away_gets_no_traceback() -> None:
    done = subprocess.run(
        f"{sys.executable} -m chipflows sources | head -1",
        shell=True,
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
    assert done.stdout.startswith("id")


@pytest.mark.slow
@pytest.mark.parametrize(("stop", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_report_leaves_nothing_and_ends_its_kernels(tmp_path: Path, stop: int, status: int) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    home = home_with_notebook(
        tmp_path, f"import os, signal\nopen({str(pipe)!r}, 'w').write(str(os.getpid()))\nsignal.pause()"
    )
    out = tmp_path / "out"
    with subprocess.Popen(
        [*COMMAND, "report", "--out", str(out / "report")],
        env={**os.environ, "CHIPFLOWS_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            kernel = int(read_when_written(pipe))
            process.send_signal(stop)
            _, errors = process.communicate(timeout=120)  # a busy machine takes its time
        finally:
            process.kill()

    assert process.returncode == status
    assert errors.strip() == "Stopped. Nothing was left half-written."
    assert list(out.iterdir()) == []
    assert gone_within(kernel, seconds=30)


def gone_within(process: int, seconds: float) -> bool:
    """Return whether *process* ends within *seconds*."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def home_with_notebook(folder: Path, code: str) -> Path:
    """Return a chipflows home whose only notebook has one cell of *code*."""
    home = folder / "home"
    for name in ("data", "notebooks"):
        (home / name).mkdir(parents=True)
    kernel = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)], metadata=kernel)
    nbformat.write(notebook, home / "notebooks" / "10-wait.ipynb")
    return home


def read_when_written(pipe: Path, seconds: float = 30) -> str:
    """Return what is written to a named pipe; fail when nothing comes."""
    handle = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        ready, _, _ = select.select([handle], [], [], seconds)
        assert ready, "the notebook never started"
        return os.read(handle, 100).decode()
    finally:
        os.close(handle)


def test_pairs_are_split_at_the_first_equals_sign() -> None:
    assert pairs(["a=1", " b = x=y "], "-p") == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize("item", ["a", "=1", " =1"])
def test_a_pair_without_a_name_is_refused(item: str) -> None:
    with pytest.raises(InputError, match="name=value"):
        pairs([item], "-p")


def test_json_values_are_strict_json() -> None:
    value = {
        "a": np.float64("nan"),
        "b": np.int64(3),
        "c": pd.NaT,
        "d": date(2025, 5, 1),
        "e": (np.bool_(True), pd.NA),
    }

    assert output.plain(value) == {"a": None, "b": 3, "c": None, "d": "2025-05-01", "e": [True, None]}


def test_tables_align_numbers_right_and_wrap_long_text() -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "units": [342118.4, 0.03127], "note": ["word " * 20, None]})
    lines = output.table_text(frame, 60).splitlines()

    assert max(map(len, lines)) <= 60
    assert lines[0].split() == ["name", "units", "note"]
    assert "342,118  word" in lines[2]
    assert lines[-1].split() == ["b", "0.0313"]
