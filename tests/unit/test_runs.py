"""Runs: parameters judged before any kernel starts, failures on one screen, folders whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from chipflows.errors import InputError, NotebookError
from chipflows.folders import fresh_folder
from chipflows.runs import make_figures, make_report
from chipflows.runs.failures import failure_of, screen
from chipflows.runs.parameters import Parameter, assign, inspect
from chipflows.runs.report import chosen_notebooks

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
PARAMETERS = """scenario: str = "actual"  # which law
draws: int = 64
share: float = 0.5
fast: bool = False
metrics: list[str] = ["h100e"]
limit: int | None = None"""


def write_notebook(path: Path, *sources: str, parameters: str = PARAMETERS) -> Path:
    cells: list[Any] = [nbformat.v4.new_markdown_cell(f"# {path.stem}?")]
    cells += [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    for source in sources:
        new = nbformat.v4.new_markdown_cell if source.startswith("#") else nbformat.v4.new_code_cell
        cells.append(new(source))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), path)
    return path


KNOWN = {
    name: Parameter(name, default, kind)
    for name, default, kind in [
        ("scenario", "actual", "str"),
        ("draws", 64, "int"),
        ("share", 0.5, "float"),
        ("fast", False, "bool"),
        ("metrics", ["h100e"], "list[str]"),
        ("years", [2025], "list[int]"),
        ("on", "2025-05-01", "date"),
        ("limit", None, "int | None"),
    ]
}


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(NotebookError, match=r"unknown parameter 'drawz' in 20-h20. Did you mean draws\?"):
        assign({"drawz": "1"}, {"20-h20": KNOWN})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("draws", "abc"), ("draws", "1.5"), ("draws", ""), ("fast", "maybe"), ("share", "nan"),
        ("share", "inf"), ("share", "1e999"), ("on", "2025-99-01"), ("years", "a,b"), ("limit", "x"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused(name: str, text: str) -> None:
    with pytest.raises(NotebookError, match=f"parameter {name} is .*Its default is"):
        assign({name: text}, {"20-h20": KNOWN})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("scenario", "007", "007"), ("draws", "128", 128), ("share", "1", 1.0), ("fast", "false", False),
        ("fast", "True", True), ("metrics", "chips, usd", ["chips", "usd"]), ("metrics", "['a']", ["a"]),
        ("years", "2025,2026", [2025, 2026]), ("on", "2025-05-02", "2025-05-02"), ("limit", "none", None),
        ("limit", "5", 5),
    ],
)  # fmt: skip
def test_values_take_the_type_their_notebook_declares(name: str, text: str, value: object) -> None:
    assert assign({name: text}, {"20-h20": KNOWN}) == {"20-h20": {name: value}}


def test_a_value_goes_to_the_notebooks_that_take_it() -> None:
    assert assign({"draws": "8"}, {"a": KNOWN, "b": {}}) == {"a": {"draws": 8}, "b": {}}


def test_parameters_are_read_with_their_types_and_defaults(tmp_path: Path) -> None:
    found = inspect(write_notebook(tmp_path / "a.ipynb"))

    assert found["draws"] == Parameter("draws", 64, "int")
    assert found["scenario"].help == "which law"
    assert found["limit"].default is None
    assert found["metrics"].default == ["h100e"]


def test_a_default_that_is_not_a_literal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="not a literal"):
        inspect(write_notebook(tmp_path / "a.ipynb", parameters="draws = 2 ** 6"))


def test_a_file_that_is_not_a_notebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{")
    with pytest.raises(NotebookError, match="cannot be read as a notebook"):
        inspect(tmp_path / "a.ipynb")


def test_an_unknown_notebook_names_the_nearest(tmp_path: Path) -> None:
    write_notebook(tmp_path / "20-h20.ipynb")
    with pytest.raises(InputError, match="Did you mean 20-h20"):
        chosen_notebooks(["20-h2o"], tmp_path)


def test_a_folder_without_notebooks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no notebook"):
        chosen_notebooks([], tmp_path)


def test_wrong_parameters_stop_before_anything_runs_or_is_written(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb" / "a.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(NotebookError):
        make_report([], {"drawz": "1"}, tmp_path / "report", folder=tmp_path / "nb")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["nb"]


def failed(tmp_path: Path, has_values: bool, cell: int, **message: Any) -> str:
    source = write_notebook(tmp_path / "20-h20.ipynb", "## Load", "x = 1", "## Result", "1 / 0")
    told = {"ok": False, "cell": cell, "error": "ZeroDivisionError", "text": "division by zero", **message}
    return screen(failure_of("20-h20", told, source, has_values, None))


@pytest.mark.parametrize(("has_values", "cell"), [(False, 5), (True, 6)])
def test_a_failure_names_notebook_cell_and_heading_as_the_author_counts(
    tmp_path: Path, has_values: bool, cell: int
) -> None:
    # Cells of the source: title, parameters, Load, x = 1, Result, 1 / 0: the failing one is the sixth
    text = failed(tmp_path, has_values, cell, trace=[f"\x1b[31mline {n}\x1b[0m" for n in range(100)])

    assert text.startswith("Notebook 20-h20 failed: cell 6 of 6, under “Result”.")
    assert "line 99" in text
    assert "\x1b" not in text
    assert len(text.splitlines()) <= 24


def test_our_own_errors_are_shown_without_a_traceback(tmp_path: Path) -> None:
    text = failed(tmp_path, False, 5, error="InputError", text="unknown chip 'h2o'.", trace=["a", "b"])

    assert "    unknown chip 'h2o'." in text
    assert "    a" not in text.splitlines()


def test_a_failed_block_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "report"
    with fresh_folder(target, "proof") as fresh:
        (fresh / "proof").write_text("1")
    with pytest.raises(RuntimeError), fresh_folder(target, "proof") as fresh:
        (fresh / "proof").write_text("2")
        raise RuntimeError

    assert (target / "proof").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_folder_we_did_not_write_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not ours"), fresh_folder(tmp_path, "proof"):
        pass


def test_what_a_killed_run_left_is_swept_and_an_old_folder_comes_back(tmp_path: Path) -> None:
    dead = 2**22 + 1  # above the largest process id there is
    (tmp_path / f".report.abc.{dead}.tmp").mkdir()
    old = tmp_path / f".report.abd.{dead}.old.tmp"
    old.mkdir()
    (old / "proof").write_text("1")
    with pytest.raises(RuntimeError), fresh_folder(tmp_path / "report", "proof"):
        raise RuntimeError

    assert (tmp_path / "report" / "proof").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_another_runs_folder_is_left_alone_while_it_runs(tmp_path: Path) -> None:
    other = tmp_path / f".report.abc.{os.getpid()}.tmp"
    other.mkdir()
    with fresh_folder(tmp_path / "report", "proof"):
        pass

    assert other.is_dir()


GOOD = (
    "from chipflows.reports import number, say",
    "say('About {x:exact} draws.', x=number(draws, 'count', scenario=scenario))",
)
FIGURE = """import os, pathlib
place = pathlib.Path(os.environ['CHIPFLOWS_FIGURES']) / 'sales'
place.mkdir()
words = 'id: sales\\ntitle: T\\nsubtitle: s\\nalt: Sales fall\\nsource: "Source: x"\\n'
(place / 'figure.yaml').write_text(words)"""


@pytest.mark.slow
def test_a_report_holds_pages_claims_figures_and_what_ran(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb" / "a.ipynb", *GOOD)
    write_notebook(tmp_path / "nb" / "b.ipynb", "print('hello')")
    seen: list[tuple[str, int, int]] = []
    made = make_report(
        [],
        {"draws": "128"},
        tmp_path / "report",
        folder=tmp_path / "nb",
        progress=lambda *step: seen.append(step),
    )

    assert made.path == tmp_path / "report" / "index.html"
    assert {"a.html", "b.html", "index.html", "report.json", "a", "b"} == {
        path.name for path in (tmp_path / "report").iterdir()
    }
    claims = pd.read_csv(tmp_path / "report" / "a" / "claims.csv")
    assert claims[["sentence", "value", "scenario"]].to_numpy().tolist() == [
        ["About 128 draws.", 128, "actual"]
    ]
    proof = json.loads((tmp_path / "report" / "report.json").read_text())
    assert proof["notebooks"][0]["parameters"]["draws"] == 128
    assert seen[-1][1:] == (9, 9)  # 4 + 3 cells, and one more in each for the values given


@pytest.mark.slow
def test_a_failing_notebook_leaves_the_old_report_and_says_which_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chipflows.paths.runs", lambda: tmp_path / "runs")
    write_notebook(tmp_path / "nb" / "a.ipynb", "1 / 0")
    write_notebook(tmp_path / "nb" / "b.ipynb", "import os", "os._exit(3)")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.json").write_text("old")
    with pytest.raises(NotebookError) as caught:
        make_report([], {}, tmp_path / "report", folder=tmp_path / "nb")

    assert "Notebook a failed: cell 3 of 3" in str(caught.value)
    assert "ZeroDivisionError" in str(caught.value)
    assert "Notebook b failed" in str(caught.value)
    assert (tmp_path / "report" / "report.json").read_text() == "old"
    assert (tmp_path / "runs" / "failed" / "a.ipynb").is_file()


@pytest.mark.slow
def test_figures_are_published_by_notebook_and_an_unknown_id_publishes_none(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb" / "a.ipynb", FIGURE)
    with pytest.raises(InputError, match="Did you mean sales"):
        make_figures(["sale"], [], {}, tmp_path / "out", folder=tmp_path / "nb")
    assert not (tmp_path / "out").exists()

    made = make_figures(["sales"], [], {}, tmp_path / "out", folder=tmp_path / "nb")
    assert made.figures == {"a": ("sales",)}
    assert (tmp_path / "out" / "a" / "sales" / "figure.yaml").is_file()
    assert "Sales fall" in (tmp_path / "out" / "index.html").read_text()


@pytest.mark.slow
def test_the_whole_published_set_drops_what_no_notebook_draws_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chipflows.paths.figures", lambda: tmp_path / "figures")
    write_notebook(tmp_path / "nb" / "a.ipynb", FIGURE)
    gone = tmp_path / "figures" / "old" / "gone"
    gone.mkdir(parents=True)
    (gone / "figure.yaml").write_text("{id: gone, title: T, subtitle: s, alt: A, source: x}")
    make_figures([], [], {}, None, folder=tmp_path / "nb")

    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "a",
        "claims.csv",
        "index.html",
    ]
