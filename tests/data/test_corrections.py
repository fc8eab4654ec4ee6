"""Our tables say what the corrections say, and the producers still print what was corrected."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipflows import tables
from chipflows.tables import guards
from chipflows.tables.corrections import Change, Guard


def test_every_correction_stands_in_our_tables_and_its_guard_on_them_holds() -> None:
    assert tables.correction_problems() == []


def test_every_producer_still_prints_what_was_corrected(raw: Path) -> None:
    assert tables.correction_problems(raw) == []


def test_a_mended_producer_figure_trips_its_guard(tmp_path: Path) -> None:
    (tmp_path / "revenue.csv").write_text("Quarter,H20\nFY25Q1,0.13\n", encoding="utf-8")
    guard = Guard(kind="file_value", file="revenue.csv", row={"Quarter": "FY25Q1"}, field="H20", value=0.12)
    problem = guards._guard_problem(guard, tmp_path)
    assert problem is not None and "the producer now prints '0.13' for H20" in problem
    assert guards._guard_problem(guard.model_copy(update={"value": 0.13}), tmp_path) is None


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"ours": 1.0}, "chips says"),
        ({"table": "chps"}, "no table 'chps'"),
        ({"field": "tp"}, "no column tp"),
        ({"row": {"chip_id": "h21"}}, "0 rows"),
        ({"ours": None}, "the correction None"),
    ],
)
def test_a_correction_that_our_tables_do_not_carry_is_named(changed: dict[str, object], problem: str) -> None:
    change = Change(table="chips", row={"chip_id": "h20_96"}, field="tpp", printed=1, ours=2368)
    assert guards._change_problem(change) is None
    message = guards._change_problem(change.model_copy(update=changed))
    assert message is not None and problem in message
