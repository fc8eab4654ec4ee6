"""A table changed by one cell is named, by the library, by `make check`, and in the record of every run."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chipflows import paths, tables
from chipflows.errors import TableError
from chipflows.tables.checksums import RECORD, changed_tables

REPO = Path(__file__).resolve().parents[2]
NAMES = tables.table_names()


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(paths.tables(), tmp_path_factory.mktemp("copy") / "tables"))


def change_one_cell(path: Path) -> None:
    """Change the last cell of the middle row by one character."""
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(keepends=True)))
    rows[len(rows) // 2][-1] += "1"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_the_shipped_tables_are_as_recorded() -> None:
    assert tables.changed_tables() == [], (
        "if the change is meant: .venv/bin/python tools/checksums.py --record"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_table_changed_by_one_cell_is_named_and_no_other(copied: Path, name: str) -> None:
    path = copied / f"{name}.csv"
    before = path.read_bytes()
    change_one_cell(path)
    assert changed_tables(copied) == [f"{name}.csv"]
    path.write_bytes(before)
    assert changed_tables(copied) == []


def test_a_table_that_is_new_or_gone_is_named_too(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(paths.tables(), tmp_path / "tables"))
    (folder / "chips.csv").rename(folder / "chops.csv")
    assert changed_tables(folder) == ["chips.csv", "chops.csv"]


@pytest.mark.parametrize(
    "line", ["chips.csv", "0" * 63 + "  chips.csv", "0" * 64 + "  ", "0" * 64 + " chips.csv"]
)
def test_a_damaged_record_is_no_proof(tmp_path: Path, line: str) -> None:
    (tmp_path / RECORD).write_text(f"{'0' * 64}  a.csv\n{line}\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"line 2: .* is not a checksum"):
        changed_tables(tmp_path)


def test_a_missing_record_is_no_proof_either(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="SHA256SUMS is missing"):
        changed_tables(tmp_path)


def test_make_check_says_which_table_and_how_to_see_the_cells(tmp_path: Path) -> None:
    shutil.copytree(REPO / "data", tmp_path / "data")
    change_one_cell(tmp_path / "data" / "tables" / "chips.csv")
    done = subprocess.run(
        [sys.executable, REPO / "tools" / "checksums.py"], env={"CHIPFLOWS_HOME": str(tmp_path)},
        capture_output=True, text=True, cwd=REPO,
    )  # fmt: skip
    assert done.returncode == 1
    assert "data/tables/chips.csv is not as recorded" in done.stdout
    assert "git diff --word-diff data/tables/chips.csv" in done.stdout
