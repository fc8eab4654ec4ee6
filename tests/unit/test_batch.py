"""A batch: what is asked is checked first, a run is kept by what it read, a failure stops no other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pandas as pd
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from chipflows import paths
from chipflows.errors import InputError, NotebookError, ScenarioError
from chipflows.runs.index import index_csv, index_html
from chipflows.runs.junit import junit_xml
from chipflows.runs.matrix import chosen_scenarios, matrix, read_grid
from chipflows.runs.parameters import Parameter, assign
from chipflows.runs.reads import Prints, reads_from
from chipflows.runs.secrets import refuse_secrets
from chipflows.runs.store import open_store

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
PARAMETERS = 'scenario: str = "actual"\ndraws: int = 64\nshare: float = 0.5'
SAY = """from chipflows.reports import number, record
record(twice=number(2.0 * draws, 'count', scenario=scenario))"""


def write_notebook(path: Path, *sources: str, parameters: str = PARAMETERS) -> Path:
    cells = [new_markdown_cell(f"# What is {path.stem}?")]
    cells += [new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    cells += [new_markdown_cell(text) if text.startswith("#") else new_code_cell(text) for text in sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)
    return path


def chipflows(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chipflows", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **more}, timeout=300)


def records(out: Path) -> dict[str, dict[str, Any]]:
    return {
        path.parent.relative_to(out).as_posix(): json.loads(path.read_text())
        for path in sorted(out.glob("*/*/run.json"))
    }


# What is asked


def test_the_factorial_is_the_sixteen_combinations_of_the_four_asks() -> None:
    names = chosen_scenarios(["factorial"])

    assert len(set(names)) == 16
    assert (names[0], names[-1]) == ("actual", "letter-all")
    assert "letter-h20+kyc" in names
    assert chosen_scenarios(["factorial:now"])[-1] == "now-all"


@pytest.mark.parametrize(
    ("wanted", "first"),
    [(["letter-h20,actual"], ["letter-h20", "actual"]), (["*-closed"], ["a800-h800-closed", "h200-closed"])],
)
def test_scenarios_are_named_by_list_and_by_glob(wanted: list[str], first: list[str]) -> None:
    assert chosen_scenarios(wanted) == first


@pytest.mark.parametrize(
    ("wanted", "error", "text"),
    [
        ("letter-h2o", ScenarioError, "Did you mean letter-h20"),
        ("letter-h20+kyx", ScenarioError, "Did you mean kyc"),
        ("none-*", InputError, "no scenario matches"),
        ("factorial:nov", InputError, "Did you mean now"),
    ],
)
def test_an_unknown_scenario_names_the_nearest(wanted: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text.replace("+", r"\+").replace("*", r"\*")):
        chosen_scenarios([wanted])


def test_a_notebook_without_a_scenario_runs_once_for_all(tmp_path: Path) -> None:
    notebooks = {
        "a": write_notebook(tmp_path / "a.ipynb"),
        "b": write_notebook(tmp_path / "b.ipynb", parameters="draws: int = 1"),
    }
    runs = matrix(notebooks, ["actual", "letter-h20"], {}, [{"draws": "1"}, {"draws": "2"}])

    assert [(run.notebook, run.scenario, run.parameters["draws"]) for run in runs] == [
        ("a", "actual", 1), ("a", "letter-h20", 1), ("a", "actual", 2), ("a", "letter-h20", 2),
        ("b", "", 1), ("b", "", 2),
    ]  # fmt: skip
    assert len({run.place for run in runs}) == 6


def test_a_default_that_is_spelt_out_is_the_same_run(tmp_path: Path) -> None:
    notebooks = {"a": write_notebook(tmp_path / "a.ipynb")}

    assert matrix(notebooks)[0].place == matrix(notebooks, [], {"draws": "64"})[0].place


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("g.yaml", "draws: [1, 2]\nscenario: actual", 2),
        ("g.json", '[{"draws": 1}, {"draws": 2}, {"share": 0.1}]', 3),
        ("g.csv", "draws,share\n1,0.5\n2,\n", 2),
    ],
)
def test_a_grid_is_read_from_yaml_json_and_csv(tmp_path: Path, name: str, content: str, rows: int) -> None:
    (tmp_path / name).write_text(content)
    grid = read_grid(tmp_path / name)

    assert len(grid) == rows
    assert all(isinstance(value, str) for row in grid for value in row.values())


@pytest.mark.parametrize("content", ["", "just text", "a: [", "!!python/object:os.system {}"])
def test_a_grid_that_holds_no_parameters_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "g.yaml").write_text(content)
    with pytest.raises(InputError, match="--grid"):
        read_grid(tmp_path / "g.yaml")


def test_a_parameter_set_twice_is_refused(tmp_path: Path) -> None:
    notebooks = {"a": write_notebook(tmp_path / "a.ipynb")}
    with pytest.raises(InputError, match="draws is set in two places"):
        matrix(notebooks, [], {"draws": "1"}, [{"draws": "2"}])
    with pytest.raises(InputError, match="scenario is set in two places"):
        matrix(notebooks, ["actual"], {"scenario": "actual"})


def test_an_enum_names_what_is_allowed() -> None:
    known = {"a": {"metric": Parameter("metric", "chips", "Literal['chips', 'h100e']")}}

    assert assign({"metric": "h100e"}, known) == {"a": {"metric": "h100e"}}
    with pytest.raises(NotebookError, match="one of chips, h100e"):
        assign({"metric": "tpp"}, known)


@pytest.mark.parametrize(
    "given",
    [{"api_key": "x"}, {"db_password": "x"}, {"note": "ghp_abcdefgh"}, {"note": "from-the-environment"}],
)
def test_a_secret_is_refused_and_not_repeated(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMTRADE_KEY", "from-the-environment")
    with pytest.raises(InputError, match="looks like a secret") as caught:
        refuse_secrets(given)

    assert given.get("note", "nothing") not in str(caught.value)


def test_a_url_with_a_password_is_refused() -> None:
    with pytest.raises(InputError, match="holds a password") as caught:
        open_store("s3://user:hunter22@bucket/runs")

    assert "hunter22" not in str(caught.value)


# What a run read


def test_only_what_was_read_and_not_written_counts(tmp_path: Path) -> None:
    data, noted = tmp_path / "data", tmp_path / "noted"
    data.mkdir()
    for name in ("read.csv", "made.csv"):
        (data / name).write_text("1")
    noted.write_text(
        f"written\t{data}/made.csv\nfile\t{data}/made.csv\nfile\t{data}/read.csv\nfolder\t{data}\n"
        f"folder\t/usr/lib\nfile\t{data}/gone.csv\n"
    )
    reads = reads_from(noted, Prints(tmp_path), [data])

    assert list(reads) == ["data/", "data/read.csv"]
    assert Prints(tmp_path).same(reads)
    (data / "read.csv").write_text("2")
    assert not Prints(tmp_path).same(reads)
    (data / "read.csv").write_text("1")
    (data / "new.csv").write_text("1")
    assert not Prints(tmp_path).same(reads)


# What is shown

ERROR = {
    "cell": 3,
    "cells": 4,
    "heading": "",
    "kind": "ValueError",
    "lines": ["no \x00 <b>"],
    "screen": "no \x00 <b>",
}


def record_of(scenario: str, status: str = "ok", **parameters: object) -> dict[str, object]:
    claims = [{"name": "stock", "sentence": "=cmd", "value": 1.5, "unit": "h100e", "scenario": scenario}]
    return {
        "notebook": "a", "scenario": scenario, "status": status,
        "parameters": {"scenario": scenario, **parameters},
        "claims": claims if status == "ok" else [], "figures": [{"figure": "sales", "title": "Sales <fell>"}],
        "error": None if status == "ok" else ERROR, "key": "k", "seconds": 98.76,
    }  # fmt: skip


RUNS = [
    ("a/actual--1", record_of("actual", draws=1)),
    ("a/letter-h20--2", record_of("letter-h20", "failed", draws=2)),
]


def test_the_index_is_a_table_of_the_numbers_recorded(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text(index_csv(RUNS))
    table = pd.read_csv(tmp_path / "index.csv")

    assert table[["scenario", "status", "draws", "name", "value", "run"]].fillna("").to_numpy().tolist() == [
        ["actual", "ok", 1, "stock", 1.5, "a/actual--1"],
        ["letter-h20", "failed", 2, "", "", "a/letter-h20--2"],
    ]
    assert table.sentence[0] == "'=cmd"


def test_the_page_shows_failures_first_escapes_all_and_loads_nothing_from_outside() -> None:
    page = index_html(RUNS)

    assert page.index("letter-h20--2/notebook.ipynb") < page.index("actual--1/report.html")
    assert "Sales &lt;fell&gt;" in page
    assert "<b>" not in page
    assert 'src="a/actual--1/figures/sales/figure.svg"' in page
    assert "http" not in page
    assert "98.76" not in page  # no duration: a resumed batch has the same index


def test_junit_says_which_failed_and_why() -> None:
    suite = ET.fromstring(junit_xml(RUNS).split("\n", 1)[1])  # noqa: S314 - our own text

    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "1")
    failure = suite.find("testcase[@name='letter-h20--2']/failure")
    assert failure is not None and failure.attrib["type"] == "ValueError"


# Runs, with real kernels


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch of good and bad notebooks, run once."""
    home = tmp_path_factory.mktemp("batch")
    good = write_notebook(
        home / "nb" / "good.ipynb", "import numpy as np\nassert 'x' not in globals()\nx = 1", SAY
    )
    reads = write_notebook(
        home / "nb" / "reads.ipynb", "from pathlib import Path\nfacts = Path('facts.txt').read_text()",
        "import chipflows.reports as r\nr.record(facts=r.number(float(facts), 'count'))",
        parameters="draws: int = 1",
    )  # fmt: skip
    (home / "nb" / "facts.txt").write_text("41")
    raises = write_notebook(home / "nb" / "raises.ipynb", "## Load", "y = 1", "## Result", "1 / 0")
    syntax = write_notebook(home / "nb" / "syntax.ipynb", "for")
    hangs = write_notebook(home / "nb" / "hangs.ipynb", "while True: pass")
    dies = write_notebook(
        home / "nb" / "dies.ipynb", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    promises = write_notebook(home / "nb" / "promises.ipynb", "z = 1")
    content = json.loads(promises.read_text())
    content["metadata"]["chipflows"] = {"figures": ["sales"]}
    promises.write_text(json.dumps(content))
    names = ",".join(map(str, (good, reads, raises, syntax, hangs, dies, promises)))
    done = chipflows(
        "batch", "--notebooks", names, "--scenarios", "actual,letter-h20", "-p", "draws=8",
        "--cell-timeout", 12, "--out", home / "out", "--junit", home / "junit.xml",
    )  # fmt: skip
    (home / "said.txt").write_text(done.stderr)
    (home / "told.txt").write_text(done.stdout)
    assert done.returncode == 1, done.stderr
    return home


def status_of(home: Path) -> dict[str, dict[str, Any]]:
    return {str(record["notebook"]): record for record in records(home / "out").values()}


@pytest.mark.slow
def test_each_failure_says_what_where_and_how_far(first: Path) -> None:
    errors = {name: record["error"] for name, record in status_of(first).items()}
    found = {name: error and error["kind"] for name, error in errors.items()}

    assert found == {
        "good": None, "reads": None, "raises": "ZeroDivisionError", "syntax": "SyntaxError",
        "hangs": "CellTimedOut", "dies": "KernelDied", "promises": "NotebookError",
    }  # fmt: skip
    said = (first / "said.txt").read_text()
    assert "Notebook raises failed: cell 6 of 6, under “Result”." in said
    assert "Parameters: draws=8, scenario='actual'" in said
    assert "notebook.ipynb" in said
    assert "10 of 13 runs failed; the others are done." in said
    assert said.count(" ok      ") == 3
    assert "13 runs: 13 ran, 0 kept, 10 failed" in (first / "told.txt").read_text()


@pytest.mark.slow
def test_each_run_leaves_its_folder_whole(first: Path) -> None:
    place = next((first / "out" / "good").glob("letter-h20--*"))

    assert {path.name for path in place.iterdir()} == {"notebook.ipynb", "report.html", "run.json", "log.txt"}
    record = json.loads((place / "run.json").read_text())
    assert record["claims"][0]["value"] == 16
    assert record["parameters"] == {"scenario": "letter-h20", "draws": 8, "share": 0.5}
    assert record["kernel"] == ("forked" if sys.platform == "linux" else "fresh")
    assert str(first) not in (place / "notebook.ipynb").read_text()
    assert not list((first / "out").glob("*/.*"))
    partial = next((first / "out" / "hangs").glob("actual--*"))
    assert "while True" in (partial / "notebook.ipynb").read_text()
    table = pd.read_csv(first / "out" / "index.csv")
    assert table[table.notebook == "good"].value.tolist() == [16, 16]
    assert ET.parse(first / "junit.xml").getroot().attrib["failures"] == "10"  # noqa: S314


@pytest.mark.slow
def test_what_is_unchanged_is_kept_and_only_what_read_a_changed_file_runs(first: Path) -> None:
    arguments = [
        "batch", "--notebooks", f"{first}/nb/good.ipynb,{first}/nb/reads.ipynb",
        "--scenarios", "actual,letter-h20", "-p", "draws=8", "--out", first / "out", "--json",
    ]  # fmt: skip
    again = json.loads(chipflows(*arguments).stdout)
    assert (again["kept"], again["ran"]) == (3, [])

    (first / "nb" / "facts.txt").write_text("42")
    changed = json.loads(chipflows(*arguments).stdout)
    assert [place.partition("/")[0] for place in changed["ran"]] == ["reads"]
    table = pd.read_csv(first / "out" / "index.csv")
    assert table[table.notebook == "reads"].value.tolist() == [42]

    forced = json.loads(chipflows(*arguments, "--force", "--dry-run").stdout)
    assert len(forced["due"]) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["-p", "drawz=1"], "Did you mean draws"),
        (["-p", "draws=abc"], "parameter draws is int"),
        (["--scenarios", "letter-h2o"], "Did you mean letter-h20"),
        (["-p", "token=x"], "looks like a secret"),
    ],
)
def test_wrong_input_stops_before_any_kernel_and_writes_nothing(
    tmp_path: Path, options: list[str], text: str
) -> None:
    notebook = write_notebook(tmp_path / "a.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w')")
    done = chipflows("batch", "--notebooks", notebook, "--out", tmp_path / "out", *options)

    assert done.returncode == 2
    assert text in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"a.ipynb"}


@pytest.mark.slow
def test_fresh_kernels_and_an_output_by_url_give_the_same_numbers(first: Path, tmp_path: Path) -> None:
    done = chipflows(
        "batch", "--notebooks", first / "nb" / "good.ipynb", "--scenarios", "actual", "-p", "draws=8",
        "--fresh-kernels", "--out", f"file://{tmp_path}/out", "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

    (record,) = records(tmp_path / "out").values()
    assert record["kernel"] == "fresh"
    (forked,) = (r for place, r in records(first / "out").items() if place.startswith("good/actual"))
    for same in ("claims", "parameters", "key", "reads"):
        assert record[same] == forked[same]
    assert (tmp_path / "out" / "index.html").is_file()


def test_an_object_store_counts_a_run_only_with_its_record() -> None:
    store = open_store("memory://bucket/runs")
    store.check()
    with store.fresh("a/b--1") as fresh:
        (fresh / "figures" / "x").mkdir(parents=True)
        (fresh / "figures" / "x" / "figure.svg").write_text("<svg/>")
        (fresh / "run.json").write_text('{"status": "ok"}')
    assert store.record("a/b--1") == {"status": "ok"}
    assert store.holds("a/b--1", "figures/x/figure.svg")

    with pytest.raises(RuntimeError), store.fresh("a/b--2") as fresh:
        (fresh / "run.json").write_text("{}")
        raise RuntimeError
    assert store.record("a/b--2") is None


def test_shipped_data_are_what_runs_may_depend_on() -> None:
    prints = Prints(paths.home())

    assert prints.of("data/tables/tables.yaml") != "none"
    assert yaml.safe_load((paths.tables() / "tables.yaml").read_text())
