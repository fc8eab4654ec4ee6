"""CSV we write cannot run as a formula, keeps numbers numbers, and appears whole."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflows.csvtext import csv_text, harmless, write_csv


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "|cmd", "=HYPERLINK('x')"])
def test_text_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["-1.5", "+3", "-1,000", "-2e5", "-12%", "plain", "", 5, -5.0, None, "a=b"])
def test_numbers_and_plain_text_are_left_alone(cell: object) -> None:
    assert harmless(cell) == cell


@given(st.text(max_size=30))
def test_no_text_cell_comes_out_starting_like_a_formula(text: str) -> None:
    written = csv_text(pd.DataFrame({"a": [text]}, dtype=object))
    cells = list(csv.reader(io.StringIO(written, newline="")))
    if len(cells) > 1 and cells[1]:
        assert not cells[1][0].startswith(("=", "@", "\t", "\r", "|")) or harmless(text) == text


def test_lists_are_joined_and_truth_values_lower_case() -> None:
    frame = pd.DataFrame({"rules": [["a", "b"]], "is_x": [True], "maybe": pd.array([None], dtype="boolean")})

    assert csv_text(frame) == "rules,is_x,maybe\na; b,true,\n"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")

    class Bad:
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_csv(pd.DataFrame({"a": [[Bad()]]}), target)

    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
