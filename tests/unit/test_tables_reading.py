"""What the reader of tables refuses, and what it makes of a good file."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflows.errors import TableError
from chipflows.tables import codebook, read_table
from chipflows.tables.codebook import TableSpec

COLUMNS = {
    "chip_id": {"type": "str", "description": "id", "required": True},
    "quarter": {"type": "quarter", "description": "quarter"},
    "units": {"type": "int", "description": "units", "unit": "chips", "min": 0, "max": 1000},
    "share": {"type": "float", "description": "share", "min": 0, "max": 1},
    "is_nonplanar": {"type": "bool", "description": "flag"},
    "sold_on": {"type": "date", "description": "day"},
    "confidence": {"type": "str", "description": "how sure", "allowed": ["high", "low"]},
    "source_ids": {"type": "ids", "description": "cards", "required": True},
}
GOOD = {
    "chip_id": "h20",
    "quarter": "2025Q2",
    "units": "12",
    "share": "0.13",
    "is_nonplanar": "true",
    "sold_on": "2025-04-09",
    "confidence": "high",
    "source_ids": "epoch_hw;judgement",
}


def spec(**columns: object) -> TableSpec:
    return TableSpec.model_validate(
        {"title": "Test", "as_of": "2026-01-01", "key": ["chip_id"], "columns": {**COLUMNS, **columns}}
    )


def write(folder: Path, *rows: dict[str, str], header: list[str] | None = None) -> Path:
    path = folder / "test.csv"
    names = header or list(GOOD)
    lines = [",".join(names), *(",".join(row.get(name, "") for name in names) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refusal(folder: Path, **changed: str) -> str:
    """Return the message for a good row and a second one with *changed* cells (in row 3 of the file)."""
    path = write(folder, GOOD, {**GOOD, "chip_id": "second", **changed})
    with pytest.raises(TableError) as caught:
        read_table(path, spec())
    return str(caught.value)


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("chip_id", "", "chip_id is blank, but it is required"),
        ("quarter", "Q2 2025", "quarter is not a calendar quarter such as 2025Q2"),
        ("quarter", "2025Q5", "quarter is not a calendar quarter"),
        ("units", "12.5", "units is not a whole number"),
        ("units", "1_000", "units is not a number"),
        ("units", "-1", "units is below 0 chips"),
        ("units", "1001", "units is above 1000 chips"),
        ("share", "1.01", "share is above 1"),
        ("share", "13%", "share is not a number"),
        ("share", "nan", "spells out a missing or infinite number"),
        ("share", "NaN", "spells out a missing or infinite number"),
        ("share", "inf", "spells out a missing or infinite number"),
        ("share", "-Infinity", "spells out a missing or infinite number"),
        ("share", "1e999", "share is not a number"),
        ("is_nonplanar", "yes", "is_nonplanar is not true, false or blank"),
        ("is_nonplanar", "nan", "is_nonplanar is not true, false or blank"),
        ("sold_on", "2025-02-30", "sold_on is not a date such as 2025-04-09"),
        ("sold_on", "9 April 2025", "sold_on is not a date"),
        ("sold_on", "2025-4-9", "sold_on is not a date"),
        ("confidence", "medium", "confidence is not one of: high, low"),
        ("source_ids", "", "source_ids is blank, but it is required"),
        ("source_ids", "epoch_hw judgement", "source_ids is not a list of source ids"),
        ("chip_id", "=1+1", "starts like a spreadsheet formula"),
        ("chip_id", "@sum", "starts like a spreadsheet formula"),
        ("chip_id", "-1+cmd", "starts like a spreadsheet formula"),
        ("chip_id", "a\x00b", "control character"),
        ("chip_id", "a\x1bb", "control character"),
    ],
)
def test_a_bad_cell_is_refused_with_its_row_and_what_is_allowed(
    tmp_path: Path, column: str, cell: str, problem: str
) -> None:
    message = refusal(tmp_path, **{column: cell})
    assert problem in message
    assert "test.csv" in message
    assert "\n3 " in message or "row 3" in message, "the offending row is named by its number in the file"
    assert "1 row(s)" in message


def test_only_the_first_few_of_many_bad_rows_are_shown(tmp_path: Path) -> None:
    path = write(tmp_path, *({**GOOD, "chip_id": f"c{n}", "share": "2"} for n in range(12)))
    with pytest.raises(TableError, match=r"12 row\(s\)[\s\S]*… and 7 more"):
        read_table(path, spec())


def test_an_unknown_column_names_the_nearest_one(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, header=["chip_id", "quartr", *list(GOOD)[2:]])
    with pytest.raises(TableError, match=r"unknown column 'quartr' in test.csv\. Did you mean quarter\?"):
        read_table(path, spec())


def test_a_missing_column_says_what_it_means(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, header=[name for name in GOOD if name != "share"])
    with pytest.raises(TableError, match=r"lacks the column 'share' \(share\)"):
        read_table(path, spec())


def test_a_column_given_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, header=[*GOOD, "share"])
    with pytest.raises(TableError, match="has the column 'share' twice"):
        read_table(path, spec())


def test_a_sparse_figure_is_refused_whatever_the_codebook_says(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, header=[*GOOD, "fp8_tflops_sparse"])
    with pytest.raises(TableError, match="Only dense throughput counts: halve it"):
        read_table(path, spec(fp8_tflops_sparse={"type": "float", "description": "sparse"}))


def test_a_duplicate_key_shows_both_rows(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"the key \(chip_id\) occurs more than once[\s\S]*\n2 [\s\S]*\n3 "):
        read_table(write(tmp_path, GOOD, GOOD), spec())


def test_a_source_without_a_card_names_the_nearest_card(tmp_path: Path) -> None:
    message = refusal(tmp_path, source_ids="epoch_hw;epoch_hv")
    assert "unknown source card 'epoch_hv'" in message
    assert "epoch_hw" in message.split("Did you mean")[1]


@pytest.mark.parametrize("cells", ["h20,2025Q2", "h20,2025Q2,1,0.1,true,2025-04-09,high,epoch_hw,extra"])
def test_a_row_with_too_few_or_too_many_cells_is_refused(tmp_path: Path, cells: str) -> None:
    path = write(tmp_path, GOOD)
    path.write_text(path.read_text(encoding="utf-8") + cells + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"row 3 has \d cells where the header has 8"):
        read_table(path, spec())


def test_all_rows_too_long_do_not_become_an_index(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("chip_id,source_ids\nx,h20,epoch_hw\n", encoding="utf-8")
    with pytest.raises(TableError, match="row 2 has 3 cells"):
        read_table(path, spec())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"chip_id\n\xff\xfe\n", "not readable CSV in UTF-8"),
        (b'a\n"b', "not readable CSV"),
    ],
)
def test_a_file_that_is_not_csv_says_so(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "test.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=problem):
        read_table(path, spec())


def test_a_missing_file_says_how_to_get_it_back(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="Restore it with git checkout"):
        read_table(tmp_path / "test.csv", spec())


DENSE = {
    "tpp": {"type": "float", "description": "stated"},
    "fp16_bf16_tflops_dense": {"type": "float", "description": "16 bit"},
    "int8_tops_dense": {"type": "float", "description": "8 bit"},
}


def chips(folder: Path, tpp: str) -> Path:
    # an H20: 148 x 16 = 2,368 and 296 x 8 = 2,368
    row = {**GOOD, "tpp": tpp, "fp16_bf16_tflops_dense": "148", "int8_tops_dense": "296"}
    return write(folder, row, header=[*GOOD, *DENSE])


@pytest.mark.parametrize("tpp", ["2344", "2392"])  # 2,368 x 0.99 = 2,344.3; 2,368 x 1.01 = 2,391.7
def test_a_stated_tpp_more_than_one_percent_off_is_refused_with_both_values(tmp_path: Path, tpp: str) -> None:
    with pytest.raises(TableError, match=rf"tpp is more than 1% off[\s\S]*h20\s+{tpp}.0\s+2368.0"):
        read_table(chips(tmp_path, tpp), spec(**DENSE))


@pytest.mark.parametrize("tpp", ["2345", "2391", "2368", ""])
def test_a_stated_tpp_within_one_percent_or_blank_is_taken(tmp_path: Path, tpp: str) -> None:
    assert len(read_table(chips(tmp_path, tpp), spec(**DENSE))) == 1


def test_a_tpp_that_a_correction_names_is_taken_as_stated(tmp_path: Path) -> None:
    frame = read_table(chips(tmp_path, "9999"), spec(**DENSE), tpp_excused={"h20"})
    assert frame["tpp"].tolist() == [9999]


def test_blanks_are_unknown_and_flags_are_three_valued(tmp_path: Path) -> None:
    bare = {"chip_id": "bare", "source_ids": "epoch_hw"}
    off = {**GOOD, "chip_id": "off", "is_nonplanar": "false"}
    frame = read_table(write(tmp_path, GOOD, bare, off), spec())
    assert frame["is_nonplanar"].dtype == "boolean"
    assert frame["is_nonplanar"].astype(object).where(frame["is_nonplanar"].notna(), None).tolist() == [
        True, None, False,
    ]  # fmt: skip
    assert frame.loc[1].drop(["chip_id", "source_ids"]).isna().all()
    assert frame.loc[0, "units"] == 12
    assert frame.loc[0, "sold_on"] == pd.Timestamp("2025-04-09")


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert read_table(path, spec())["chip_id"].tolist() == ["h20"]


@given(st.text(max_size=30))
def test_any_text_in_a_number_column_is_a_number_or_a_table_error(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "test.csv"
    cell = '"' + text.replace('"', '""') + '"'
    path.write_text(f"chip_id,share,source_ids\na,{cell},epoch_hw\n", encoding="utf-8", newline="")
    small = TableSpec.model_validate(
        {
            "title": "t",
            "as_of": "2026-01-01",
            "key": ["chip_id"],
            "columns": {name: COLUMNS[name] for name in ("chip_id", "share", "source_ids")},
        }
    )
    with contextlib.suppress(TableError):
        value = read_table(path, small)["share"].iloc[0]
        assert pd.isna(value) or 0 <= value <= 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("chips: {title: a, as_of: 2026-01-01, key: [id], colums: {}}", "Did you mean columns"),
        ("chips: {title: a, as_of: 2026-01-01, key: [id], columns: {}}", "the key names 'id'"),
        (
            "c: {title: t, as_of: 2026-01-01, key: [a], columns: {a: {type: str, description: x, max: 0}}}",
            "min and max are for columns of type int or float",
        ),
        (
            "chips: {title: a, as_of: 2026-01-01, key: [id], columns: {id: {type: text, description: x}}}",
            "columns.id.type",
        ),
        ("- a list", "must map each table's name"),
        ("chips: {", "not readable YAML"),
    ],
)
def test_a_malformed_codebook_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "tables.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=problem):
        codebook(tmp_path)
