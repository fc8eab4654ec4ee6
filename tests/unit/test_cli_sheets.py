"""Customer files as XLSX: what a person sees is read, nothing unpacks without bound, no cell is a formula."""

from __future__ import annotations

import csv
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from chipflows.cli import sheets
from chipflows.cli.customers import read_customers
from chipflows.errors import InputError

COMMAND = [sys.executable, "-m", "chipflows", "screen"]


def workbook(file: Path, rows: list[list[str]], **options: bool) -> Path:
    with xlsxwriter.Workbook(str(file), options) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(at, column, cell)
    return file


def repacked(file: Path, part: str, content: bytes) -> Path:
    with zipfile.ZipFile(file) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, held in (parts | {part: content}).items():
            book.writestr(name, held)
    return file


@pytest.mark.parametrize("in_memory_strings", [True, False])
def test_a_sheet_is_read_as_text_with_its_gaps_and_without_its_empty_end(
    tmp_path: Path, in_memory_strings: bool
) -> None:
    rows = [["Name", "country"], ["华为技术", "CN"], [], ["  ", ""], ["Kiln & Co. <Ltd>", "GB"], [" "]]
    file = workbook(tmp_path / "c.xlsx", rows, constant_memory=not in_memory_strings)
    assert list(sheets.read_rows(file)) == [rows[0], rows[1], [], [], rows[4]]
    assert read_customers(file)["name"].tolist() == ["华为技术", "", "", "Kiln & Co. <Ltd>"]


def test_a_formula_gives_the_value_last_seen_and_a_number_its_digits(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "c.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "id"])
        sheet.write_formula(1, 0, '=CONCATENATE("Kiln ","Optics")', value="Kiln Optics")
        sheet.write_number(1, 1, 42)
    assert read_customers(tmp_path / "c.xlsx").to_dict("records") == [{"name": "Kiln Optics", "id": "42"}]


@pytest.mark.parametrize(
    ("rows", "said"),
    [([], "no column that holds names"), ([["id"], ["1"]], "no column that holds names"),
     ([["name", "Name"], ["x", "y"]], "several name columns"),
     ([["customer", "公司名称"]], "several name columns"), ([["name", "id", "ID"]], "2 columns called id")],
)  # fmt: skip
def test_a_sheet_that_does_not_say_which_column_is_meant_is_refused(
    tmp_path: Path, rows: list[list[str]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_customers(workbook(tmp_path / "c.xlsx", rows))


def test_a_file_that_is_no_workbook_is_refused_and_says_why(tmp_path: Path) -> None:
    file = tmp_path / "c.xlsx"
    file.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match="not an XLSX workbook"):
        read_customers(file)
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(InputError, match=r"old \.xls"):
        read_customers(file)
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("word/document.xml", "<w/>")
    with pytest.raises(InputError, match="not an XLSX workbook"):
        read_customers(file)
    broken = repacked(
        workbook(tmp_path / "d.xlsx", [["name"]]), "xl/worksheets/sheet1.xml", b"<worksheet><row>"
    )
    with pytest.raises(InputError, match="not an XLSX workbook"):
        read_customers(broken)


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    file = repacked(workbook(tmp_path / "c.xlsx", [["name"]]), "xl/media/big.bin", bytes(64 * 2**20))
    with pytest.raises(InputError, match="unpacks to"):
        read_customers(file)


def test_a_sheet_that_defines_entities_is_refused(tmp_path: Path) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = (
        f'<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/hostname">]><worksheet xmlns="{main}"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>x&a;</t></is></c></row></sheetData></worksheet>'
    )
    file = repacked(workbook(tmp_path / "c.xlsx", [["name"]]), "xl/worksheets/sheet1.xml", sheet.encode())
    with pytest.raises(InputError, match="declares a document type"):
        read_customers(file)


def test_hits_written_as_a_sheet_hold_text_and_no_formula_and_the_same_rows_as_csv(tmp_path: Path) -> None:
    rows = [["id", "name"], ["7", "Huawei"], ["7", "=1+cmd|' /C calc'!A0"], ["8", "http://kiln.example"],
            ["9", "k" * 40_000], ["10", ""]]  # fmt: skip
    file = tmp_path / "c.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows(rows)
    for out in ("h.xlsx", "again.xlsx", "h.csv"):
        done = subprocess.run(
            [*COMMAND, str(file), "--out", str(tmp_path / out)], capture_output=True, text=True
        )
        assert done.returncode == 0 and "5 customers" in done.stdout
    with zipfile.ZipFile(tmp_path / "h.xlsx") as book:
        held = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in held and b"hyperlink" not in held
    assert (tmp_path / "h.xlsx").read_bytes() == (tmp_path / "again.xlsx").read_bytes()
    with (tmp_path / "h.csv").open(newline="", encoding="utf-8") as opened:
        as_csv = list(csv.reader(opened))
    as_sheet = list(sheets.read_rows(tmp_path / "h.xlsx"))
    assert [row[:2] for row in as_sheet] == [row[:2] for row in as_csv]
    assert "=1+cmd|' /C calc'!A0" in {row[2] for row in as_sheet}
    assert "'=1+cmd|' /C calc'!A0" in {row[2] for row in as_csv}
    assert sorted({row[1] for row in as_csv[1:]}) == ["10", "7", "8", "9"]


@pytest.mark.parametrize("between", [";", "\t"])
def test_a_csv_of_another_locale_is_read(tmp_path: Path, between: str) -> None:
    file = tmp_path / "c.csv"
    file.write_text(f"name{between}country\nKiln, Optics{between}CN\n\nPier{between}\n", encoding="utf-8")
    assert read_customers(file)["name"].tolist() == ["Kiln, Optics", "", "Pier"]
