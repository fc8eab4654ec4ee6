"""The verbs that answer: decide, classify, simulate, compare, scenarios; their shapes on disk and as JSON."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from chipflows.cli.app import cli
from chipflows.errors import ChipflowsError

QUANTILES = ["p05", "p25", "p50", "p75", "p95", "mean"]
FEW = ["--draws", "64", "--seed", "1", "--through", "2025Q4"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def answer(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, ChipflowsError)
    assert result.stdout == ""
    return str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["decide", "h2o", "--to", "CN", "--on", "2025-05-01"], "Did you mean h20"),
        (["decide", "h20", "--to", "XX", "--on", "2025-05-01"], "XX"),
        (["decide", "h20", "--to", "CN", "--on", "2016-05-01"], "2016-05-01"),
        (["decide", "h20", "--to", "CN", "--on", "2025-05-01", "--scenario", "leter-h20"], "letter-h20"),
        (["decide", "h20", "--to", "CN", "--on", "2025-05-01", "--fact", "colour=red"], "colour"),
        (["compare", "letter-h2", "actual", *FEW], "letter-h20"),
        (["compare", "letter-h20", "actual", *FEW, "--variable", "stok"], "stock"),
        (["compare", "letter-h20", "actual", "--draws", "1000"], "1024"),
        (["compare", "letter-h20", "actual", *FEW, "--lever", "colour=1"], "colour"),
    ],
)
def test_what_is_not_known_is_named_with_what_is(arguments: list[str], hint: str) -> None:
    assert hint in refused(*arguments)


@pytest.mark.parametrize("draws", ["0", "1000000000000", "100"])
def test_wrong_numbers_of_draws_write_nothing(tmp_path: Path, draws: str) -> None:
    refused("simulate", "actual", "--draws", draws, "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_simulate_refuses_a_place_that_is_not_ours_before_it_computes(tmp_path: Path) -> None:
    (tmp_path / "actual").mkdir()
    (tmp_path / "actual" / "thesis.txt").write_text("years of work")

    assert "not ours" in refused("simulate", "actual", *FEW, "--out", str(tmp_path))
    assert "must end in .parquet" in refused(
        "simulate", "actual", *FEW, "--out", str(tmp_path / "x"), "--draws-out", str(tmp_path / "d.csv")
    )


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "header row"),
        (b"name,tpp\n\xff\xfe,1\n", "UTF-8"),
        (b"nam,tpp\na,1\n", "name"),
        (b"name,tpp\na,-5\n", "-5"),
    ],
)
def test_a_table_that_cannot_be_classified_says_why_and_writes_nothing(
    tmp_path: Path, content: bytes, hint: str
) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    out = tmp_path / "out.csv"

    assert hint in refused(
        "classify", str(tmp_path / "in.csv"), "--to", "CN", "--on", "2025-05-01", "--out", str(out)
    )
    assert not out.exists()


def test_decide_answers_in_the_shape_programs_rely_on() -> None:
    made = answer("decide", "h20", "--to", "CN", "--on", "2025-05-01")

    names = "chip to on scenario licence_required eccn review_policy conditions exceptions rules explanation"
    assert list(made) == names.split()
    assert (made["chip"], made["to"], made["on"]) == ("h20_96", "CN", "2025-05-01")
    assert made["licence_required"] is True
    assert {"id", "citation", "url"} <= set(made["rules"][0])


def test_decide_for_people_answers_first_and_cites() -> None:
    text = run("decide", "h20", "--to", "CN", "--on", "2025-05-01").stdout

    assert "Licence required under the rules modelled: yes" in text.splitlines()[2]
    assert "https://" in text


def test_classify_keeps_the_input_and_writes_harmless_csv(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        "name,tpp,die_area_mm2,ours\n=cmd,5000,800,a\nB,100,,b\n", encoding="utf-8-sig"
    )
    out = tmp_path / "out.csv"
    result = run("classify", str(tmp_path / "in.csv"), "--to", "CN", "--on", "2024-06-01", "--out", str(out))
    made = pd.read_csv(out)

    assert result.exit_code == 0, result.output
    assert made["name"].tolist() == ["'=cmd", "B"]
    assert made["ours"].tolist() == ["a", "b"]
    added = {"tpp", "performance_density", "eccn", "licence_required", "review_policy", "rules", "note"}
    assert added <= set(made.columns)
    # 5,000 TPP over 800 mm2 is 6.25; TPP of 4,800 or more is 3A090.a since 17 November 2023
    assert made.loc[0, ["performance_density", "eccn"]].tolist() == [6.25, "3A090.a"]


def test_scenarios_lists_every_scenario_with_its_day() -> None:
    rows = {row["id"]: row for row in answer("scenarios")}

    assert {"actual", "letter-h20", "now-all"} <= set(rows)
    assert rows["letter-h20"]["adopted_on"] == "2025-02-03"


def test_simulate_writes_tidy_tables_a_record_and_the_draws(tmp_path: Path) -> None:
    out, draws = tmp_path / "out", tmp_path / "draws.parquet"
    result = run("simulate", "actual", "letter-h20", *FEW, "--out", str(out), "--draws-out", str(draws))
    assert result.exit_code == 0, result.output

    results = pd.read_csv(out / "letter-h20" / "results.csv")
    assert results.columns.tolist() == ["scenario", "quarter", "channel", "variable", "unit", *QUANTILES]
    assert set(results["scenario"]) == {"letter-h20"}
    wanted = {"acquired", "stock", "attempted", "blocked", "revenue_usd", "us_prc_ratio", "us_designed_share"}
    assert wanted <= set(results["variable"])
    assert {"legal", "diverted", "domestic", "offshore", "remote", "total"} <= set(results["channel"])
    assert "chip_id" in pd.read_csv(out / "actual" / "by_chip.csv")
    assert "prc_regime" in pd.read_csv(out / "actual" / "by_regime.csv")

    record = json.loads((out / "actual" / "run.json").read_text())
    assert (record["seed"], record["draws"], record["with"]) == (1, 64, ["letter-h20"])
    assert record["seconds"] > 0 and record["peak_memory_mb"] > 0
    assert len(record["scenario_sha256"]) == len(record["data_sha256"]) == 64
    assert record["changed_tables"] == []

    kept = pq.read_table(draws).to_pandas()
    assert len(kept) == 2 * 64 * 16  # scenarios x draws x quarters of 2022 to 2025
    last = kept[(kept["scenario"] == "actual") & (kept["quarter"] == "2025Q4")]
    row = results_row(pd.read_csv(out / "actual" / "results.csv"), "2025Q4")
    assert last["stock.total.h100e"].median() == pytest.approx(row["p50"], rel=1e-6)


def results_row(results: pd.DataFrame, quarter: str) -> pd.Series:
    is_row = (results["variable"] == "stock") & (results["channel"] == "total") & (results["unit"] == "h100e")
    return results[is_row & (results["quarter"] == quarter)].iloc[0]


def test_the_same_seed_writes_the_same_bytes_over_an_earlier_run(tmp_path: Path) -> None:
    for _ in range(2):
        assert run("simulate", "actual", *FEW, "--out", str(tmp_path / "a")).exit_code == 0
    run("simulate", "actual", *FEW, "--out", str(tmp_path / "b"))

    first, second = ((tmp_path / name / "actual" / "results.csv").read_bytes() for name in "ab")
    assert first == second
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["actual"]


def test_compare_gives_differences_and_ratios_per_draw(tmp_path: Path) -> None:
    rows = answer("compare", "letter-h20", "actual", *FEW, "--out", str(tmp_path / "c.csv"))
    columns = ["scenario", "against", "variable", "quarter", "channel", "unit"]
    columns += [f"difference_{name}" for name in QUANTILES] + [f"ratio_{name}" for name in QUANTILES[:5]]

    assert list(rows[0]) == [*columns, "prob_lower"]
    assert len(rows) == 16
    assert pd.read_csv(tmp_path / "c.csv").columns.tolist() == list(rows[0])
    # Nothing differs before the letter was written
    assert rows[0]["difference_p05"] == rows[0]["difference_p95"] == 0
