"""`chipflows lists`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "chipflows", "lists"]
HEAD = "source,type,name,addresses,federal_register_notice,start_date,license_requirement,alt_names\n"
KILN = 'Entity List (EL) - BIS,,"Blue Kiln Co., Ltd.","No. 7, Wuhan, CN",88 FR 10,2023-03-06,All items,BKT\n'
FORMULA = 'Entity List (EL) - BIS,,"=HYPERLINK(""x"") Kiln Ltd.",,88 FR 10,2023-03-06,All items,\n'
PERSON = "Entity List (EL) - BIS,Individual,Pat Testname,,88 FR 10,2023-03-06,All items,\n"
OTHER = "Military End User (MEU) List - BIS,,Tarn Avionics JSC,,85 FR 3,2020-12-23,,\n"
COLUMNS = (
    "entity_id,name,aliases,country,addresses,licence_requirement,review_policy,footnotes,citations,"
    "first_cited_on"
)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.csv"
    path.write_text(HEAD + KILN + PERSON + OTHER, encoding="utf-8")
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_text(HEAD + KILN + FORMULA, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["parse", "missing.csv"], "missing.csv"),
        (["parse", __file__], "not a list we know"),
        (["diff", __file__], "Missing argument"),
        (["status", " ... "], "is no name"),
        (["status", "Inspur", "--on", "1 May"], "year-month-day"),
        (["status"], "Missing argument"),
    ],
)
def test_wrong_input_is_named_on_stderr_and_exits_2(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_list_that_the_file_does_not_hold_is_named_with_those_it_does(old: Path) -> None:
    done = run("parse", old, "--list", "MUE")
    assert done.returncode == 2
    assert "Did you mean MEU?" in done.stderr


def test_nothing_is_written_when_the_file_is_damaged(tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text("<DIV9><TABLE>", encoding="utf-8")
    done = run("parse", bad, "--out", tmp_path / "out.csv")
    assert done.returncode == 2 and not (tmp_path / "out.csv").exists()


def test_parse_writes_the_columns_that_other_programs_rely_on_and_no_person(
    old: Path, tmp_path: Path
) -> None:
    done = run("parse", old, "--out", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")

    assert done.returncode == 0
    assert text.splitlines()[0] == COLUMNS
    assert len(text.splitlines()) == 3
    assert "Testname" not in text + done.stdout
    assert (
        "2 entries" in done.stdout
        and "1 natural persons" in done.stdout
        and "2 citations without" in done.stdout
    )


def test_parse_takes_every_list_and_then_says_which(old: Path) -> None:
    rows = json.loads(run("parse", old, "--list", "all", "--json").stdout)
    assert [row["list"] for row in rows] == ["Entity List", "Entity List", "MEU"]
    assert rows[0]["aliases"] == ["BKT"] and rows[0]["first_cited_on"] == "2023-03-06"


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(new: Path, tmp_path: Path) -> None:
    run("parse", new, "--out", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert names[1].startswith("'=HYPERLINK")


def test_diff_counts_and_lists_the_changes_without_naming_a_person(
    old: Path, new: Path, tmp_path: Path
) -> None:
    done = run("diff", old, new, "--out", tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()

    assert done.returncode == 0
    assert "1 added, 1 removed, 0 amended" in done.stdout
    assert lines[0] == "change,entity_id,name,what"
    assert [line.split(",")[0] for line in lines[1:]] == ["added", "removed"]
    assert "Testname" not in done.stdout + "".join(lines)


def test_diff_gives_only_json_on_stdout(old: Path, new: Path) -> None:
    rows = json.loads(run("diff", old, new, "--json").stdout)
    assert {row["change"] for row in rows} == {"added", "removed"}


def test_status_answers_in_a_sentence_with_the_entries_and_the_citation() -> None:
    done = run("status", "Arrow (China) Electronics Trading")
    text = " ".join(done.stdout.split())
    assert done.returncode == 0
    assert (
        "not on the Entity List" in text
        and "listed from 2025-10-09 (90 FR 48193), removed on 2025-11-12" in text
    )


def test_status_of_cxmt_says_1260h_and_not_the_entity_list() -> None:
    answer = json.loads(run("status", "Changxin Memory", "--json").stdout)
    assert answer["on_entity_list"] is False
    assert answer["other_lists"] == ["1260H"]
    assert answer["entries"][0]["since"] == "2025-01-07"


def test_status_of_an_unknown_name_says_so_and_is_no_failure() -> None:
    done = run("status", "Nonesuch Widgets")
    assert done.returncode == 0
    assert "no firm of that name" in " ".join(done.stdout.split())
