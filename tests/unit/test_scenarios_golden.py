"""Every shipped scenario's headline numbers are those reviewed last, to three significant digits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chipflows import paths, tables
from chipflows.flows import Simulation
from chipflows.flows.headline import GOLDEN_DRAWS, golden_run, headline
from chipflows.tables.scenarios import scenarios

NAMES = sorted(scenarios())
REGENERATE = "If the change is meant: make golden, then review what it prints and git diff scenarios."


def expected(name: str) -> pd.DataFrame:
    return pd.read_csv(paths.scenarios() / f"{name}.expected.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def run() -> Simulation:
    return golden_run(NAMES)


def test_every_scenario_has_its_expected_numbers_and_no_file_is_left_over() -> None:
    files = {path.name.removesuffix(".expected.csv") for path in paths.scenarios().glob("*.expected.csv")}
    assert files == set(NAMES), REGENERATE


@pytest.mark.parametrize("name", NAMES)
def test_a_scenarios_headline_numbers_are_those_expected(run: Simulation, name: str) -> None:
    found, wanted = headline(run, name), expected(name)
    what = ["variable", "channel", "unit", "first_quarter", "last_quarter"]
    assert found[what].to_numpy().tolist() == wanted[what].to_numpy().tolist(), REGENERATE
    numbers = ["p05", "p50", "p95"]
    moved = (found[numbers].astype(float) != wanted[numbers].astype(float)).any(axis=1)
    beside = found[moved].merge(wanted[moved], on=what, suffixes=("", "_expected"))
    assert not moved.any(), f"{name} moved:\n{beside.to_string(index=False)}\n{REGENERATE}"


def test_actual_less_itself_is_nothing(run: Simulation) -> None:
    rows = headline(run, "actual").query("variable == 'stock_less_actual'")
    assert (rows[["p05", "p50", "p95"]] == 0).all(axis=None)


def test_a_headline_number_is_the_quantile_of_its_draws(run: Simulation) -> None:
    rows = headline(run, "letter-h20").set_index(["variable", "channel", "unit", "last_quarter"])
    draws = run.series("letter-h20", "stock", "total")[run.grid.index["2028Q4"]]
    assert len(draws) == GOLDEN_DRAWS
    assert rows.loc[("stock", "total", "h100e", "2028Q4"), "p50"] == float(f"{np.median(draws):.3g}")


def test_the_hash_of_the_data_is_blind_to_expected_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "scenarios").mkdir()
    (home / "scenarios" / "one.yaml").write_text("id: one", encoding="utf-8")
    monkeypatch.setattr(paths, "home", lambda: home)
    before = tables.data_hash()
    (home / "scenarios" / "one.expected.csv").write_text("variable\n", encoding="utf-8")
    assert tables.data_hash() == before
    (home / "scenarios" / "two.yaml").write_text("id: two", encoding="utf-8")
    assert tables.data_hash() != before
