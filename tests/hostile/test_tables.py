"""Our own tables, when someone changed them to harm: refused with file, row and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from attempts import judged, small_process
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows import paths
from chipflows.errors import TableError
from chipflows.tables.codebook import codebook
from chipflows.tables.load import read_table

CHIPS = (paths.tables() / "chips.csv").read_text(encoding="utf-8")
HEADER, FIRST = CHIPS.splitlines()[:2]
NAMES = HEADER.split(",")


def changed(column: str, cell: str) -> bytes:
    cells = [cell if name == column else "" for name in NAMES]
    cells[0] = cell if column == NAMES[0] else "a_chip"
    return f"{HEADER}\n{','.join(cells)}\n".encode("utf-8", "surrogatepass")


def read(folder: Path, body: bytes) -> pd.DataFrame:
    path = folder / "chips.csv"
    path.write_bytes(body)
    return read_table(path, codebook()["chips"])


CELLS = {
    "name": ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "a\x00b", "a\x1b[31mb", "a\u202eb", "x" * 200_000],
    "mem_bw_gbps": ["1e309", "-1e309", "inf", "NaN", "0x10", "1_000", "١٢", "9" * 400],
    "source_ids": ["../../etc/passwd", "a;b/../c", "<script>"],
    "released_on": ["9999-99-99", "2025-02-30", "10000-01-01", "-001-01-01"],
}
ATTACKS = [(name, cell) for name, cells in CELLS.items() if name in NAMES for cell in cells]


@pytest.mark.parametrize(("column", "cell"), ATTACKS, ids=lambda value: ascii(value)[:24])
def test_a_cell_made_to_harm_is_refused_with_its_file(tmp_path: Path, column: str, cell: str) -> None:
    assert judged(lambda: read(tmp_path, changed(column, cell)), TableError, "chips.csv")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\n\n", HEADER.encode() + b"\n" + b"," * 5_000_000, HEADER.encode() + b'\n"' + b"x" * 5_000_000,
        HEADER.encode() + b"\n\xff\xfe\n", CHIPS.encode("utf-16"), (HEADER + ",evil\n").encode(),
        (HEADER + "\n" + FIRST + ",=1+1").encode(), b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"\x00" * 5_000,
    ],
    ids=["empty", "blank", "5 million cells", "an endless cell", "invalid UTF-8", "UTF-16", "a column more",
         "a cell more", "a zip", "gzip", "zeros"],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, body: bytes) -> None:
    assert judged(lambda: read(tmp_path, body), TableError, "chips.csv")


def test_a_table_of_a_gigabyte_is_refused_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "chips.csv").open("wb") as file:
        file.write(HEADER.encode() + b"\n")
        file.truncate(2**30)
    program = (
        "import sys; from pathlib import Path\n"
        "from chipflows.tables.codebook import codebook\n"
        "from chipflows.tables.load import read_table\n"
        "read_table(Path(sys.argv[1]), codebook()['chips'])"
    )
    done = small_process("-c", program, tmp_path / "chips.csv", megabytes=1_200)
    assert "TableError: chips.csv has more than" in done.stderr


@settings(max_examples=150, deadline=None)
@given(column=st.sampled_from(NAMES), cell=st.text(max_size=20))
def test_any_text_in_any_cell_is_taken_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, column: str, cell: str
) -> None:
    body = changed(column, '"' + cell.replace('"', '""') + '"')
    judged(lambda: read(tmp_path_factory.mktemp("table"), body), TableError, "chips.csv")
