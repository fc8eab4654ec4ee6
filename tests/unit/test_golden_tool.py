"""`make golden` prints each headline number that moved, from what to what, sums up, and then is quiet."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from chipflows import paths
from chipflows.flows import simulate
from chipflows.tables.scenarios import scenarios

TOOL = Path(__file__).resolve().parents[2] / "tools" / "golden.py"
spec = importlib.util.spec_from_file_location("golden_tool", TOOL)
assert spec is not None and spec.loader is not None
golden: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)


def table(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    whole = [(name, "total", "h100e", "", "2028Q4", *numbers) for name, *numbers in rows]
    return pd.DataFrame(whole, columns=[*golden.KEY, *golden.NUMBERS])


def test_what_did_not_move_is_not_printed() -> None:
    assert golden.differences(table(("stock", 1, 2, 3)), table(("stock", 1, 2, 3))) == []


def test_a_move_is_printed_from_and_to_with_its_share_of_the_old_number() -> None:
    # 2 -> 3 is (3 - 2) / 2 = +50%; -4 -> -5 is (-5 + 4) / 4 = -25%: less, though larger; 0 -> 1 has no share
    old, new = table(("stock", 2, -4, 0)), table(("stock", 3, -5, 1))
    assert golden.differences(old, new) == [
        "stock total h100e 2028Q4 p05: 2 -> 3 (+50.0%)",
        "stock total h100e 2028Q4 p50: -4 -> -5 (-25.0%)",
        "stock total h100e 2028Q4 p95: 0 -> 1",
    ]


def test_a_number_that_is_new_or_gone_is_said() -> None:
    lines = golden.differences(table(("old", 1, 1, 1)), table(("newer", 1, 1, 1)))
    assert lines == ["newer total h100e 2028Q4: new", "old total h100e 2028Q4: gone"]


def test_medians_are_summed_up_over_scenarios() -> None:
    moves = [golden.median_moves(table(("s", 1, 100, 1)), table(("s", 1, p50, 1))) for p50 in (110, 95, 100)]
    assert moves == [{"s total h100e 2028Q4": 0.1}, {"s total h100e 2028Q4": -0.05}, {}]
    assert golden.summary({"s": [0.1, -0.05]}) == ["s: 2 scenarios, -5.0% to +10.0%"]
    assert golden.median_moves(None, table(("s", 1, 1, 1))) == {}


def test_one_changed_number_is_printed_mended_and_then_nothing_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole command, on one scenario and few draws: the file is written, damaged, told and mended."""
    shutil.copy(paths.scenarios() / "actual.yaml", tmp_path)
    monkeypatch.setattr(golden, "scenarios", lambda: {"actual": scenarios()["actual"]})
    monkeypatch.setattr(
        golden, "golden_run", lambda names: simulate(names, 64, 1, last="2028Q4", detail=False)
    )
    monkeypatch.setattr(golden.paths, "scenarios", lambda: tmp_path)
    assert golden.main() == 0
    assert "actual                 new\n1 scenarios, 1 changed" in capsys.readouterr().out

    target = tmp_path / "actual.expected.csv"
    lines = target.read_text(encoding="utf-8").splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("stock,total,h100e,,2028Q4"))
    cells = lines[row].split(",")
    damaged = [*cells[:-2], str(float(cells[-2]) * 2), cells[-1]]
    target.write_text(
        "\n".join([*lines[:row], ",".join(damaged), *lines[row + 1 :]]) + "\n", encoding="utf-8"
    )
    assert golden.main() == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("actual                 stock total h100e 2028Q4 p50: ")
    assert said[0].endswith("(-50.0%)")  # what was doubled is half of it again
    assert said[1:] == [
        "median stock total h100e 2028Q4: 1 scenarios, -50.0% to -50.0%",
        "1 scenarios, 1 changed. Review: git diff --word-diff scenarios",
    ]
    assert target.read_text(encoding="utf-8").splitlines() == lines

    assert golden.main() == 0
    assert capsys.readouterr().out == "1 scenarios, 0 changed. Review: git diff --word-diff scenarios\n"
