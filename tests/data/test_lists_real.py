"""The list readers on the producers' own files: counts, dates, aliases, addresses, differences, speed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from chipflows import lists, tables
from chipflows.lists.cells import read_cell

ROOT = Path(__file__).resolve().parents[2]
JULY = "entity_list/el_2026-07-09_ecfr.json.gz"
OLD = "csl/csl_consolidated_2022-05-16.csv.gz"
NEW = "csl/csl_2026-07-31_compact.json.gz"
FILES = {
    "el_2026_07": JULY, "csl_2026_07": NEW, "csl_2022_05": OLD,
    "meu_2026_07": "lists/bis_meu_2026-07-09.json.gz",
    "list_1260h_2026_06": "lists/dow_1260h_2026-07-09.json.gz",
    "ns_cmic_2026_07": "lists/ofac_nscmic_2026-07-09.json.gz",
}  # fmt: skip
ALSO = re.compile(r"\b[adfn]\.\s?[kb]\.\s?a\b|\baka\b|also known as|the following \w+ alias", re.IGNORECASE)


def read(raw: Path, name: str) -> pd.DataFrame:
    return lists.parse((raw / "entity" / name).read_bytes(), name)


@pytest.fixture
def july(raw: Path) -> pd.DataFrame:
    return read(raw, JULY)


def test_the_text_of_july_2026_has_as_many_entries_as_were_counted(july: pd.DataFrame) -> None:
    assert len(july) == pytest.approx(3409, abs=5)
    assert (july["country"] == "CN").sum() == pytest.approx(1106, abs=3)
    assert july["country"].nunique() == 90  # 91 headings: the Crimea region of Ukraine is under UA
    assert (july["country"] == "").sum() == 0


def test_every_entry_has_a_date_and_at_most_five_citations_have_none(july: pd.DataFrame) -> None:
    undated = [item for cited in july["citations"] for item in cited if "(" not in item]
    assert july["first_cited_on"].notna().all()
    assert july["citations"].map(len).min() >= 1
    assert len(undated) <= 5
    assert july["first_cited_on"].max() == pd.Timestamp("2025-10-09")


def test_no_alias_marker_is_left_in_a_name_an_alias_or_an_address(july: pd.DataFrame) -> None:
    for column in ("name", "aliases", "addresses"):
        assert not july[column].explode().dropna().str.contains(ALSO).any(), column


def test_no_name_or_alias_of_an_entry_stands_as_its_address(july: pd.DataFrame) -> None:
    shared = [
        {name, *aliases} & set(places)
        for name, aliases, places in zip(july["name"], july["aliases"], july["addresses"], strict=True)
    ]
    assert not any(shared)


def test_footnotes_are_as_many_as_counted_in_the_text(july: pd.DataFrame) -> None:
    counts = {digit: sum(digit in found for found in july["footnotes"]) for digit in "1345"}
    assert counts == {"1": 130, "3": 773, "4": 96, "5": 16}


def test_cxmt_is_not_on_the_list_and_is_on_1260h(raw: Path, july: pd.DataFrame) -> None:
    text = pd.concat([july["name"], july["aliases"].explode()]).dropna()
    assert not text.str.contains("changxin memory|cxmt|innotron", case=False).any()
    assert read(raw, FILES["list_1260h_2026_06"])["name"].str.contains("ChangXin Memory").sum() == 1


def test_the_first_row_is_a_person_and_is_flagged(july: pd.DataFrame) -> None:
    assert july.loc[0, "is_person"]
    assert 300 < july["is_person"].sum() < 500


@pytest.mark.parametrize(("name", "entries", "of_the_list"), [(OLD, 14_160, 2001), (NEW, 25_921, 3420)])
def test_the_screening_lists_have_as_many_rows_as_were_counted(
    raw: Path, name: str, entries: int, of_the_list: int
) -> None:
    frame = read(raw, name)
    assert len(frame) == entries
    own = frame[frame["list"] == "Entity List"]
    assert len(own) == of_the_list
    assert not own["name"].str.contains(ALSO).any()


def test_the_small_samples_of_other_forms_are_read(raw: Path) -> None:
    assert len(read(raw, "csl/csl_sample_2025-06.csv")) == 13
    assert 1 <= len(read(raw, "csl/bis_el_csv_sample_2014.csv")) <= 18
    cells = json.loads(
        (raw / "entity" / "entity_list/el_raw_cells_2026-03-30.json").read_text(encoding="utf-8")
    )
    texts = re.findall(r'"[^"]{60,}"', json.dumps(cells, ensure_ascii=False))
    assert len(texts) >= 50
    assert not [
        text for text in texts if ALSO.search(" ".join((read_cell(text).name, *read_cell(text).addresses)))
    ]


def test_the_difference_from_2022_to_2026_takes_seconds_and_names_the_known_removals(
    raw: Path, july: pd.DataFrame
) -> None:
    old = read(raw, OLD)
    start = time.process_time()
    changes = lists.diff(old[old["list"] == "Entity List"], july)
    assert time.process_time() - start < 5
    removed = set(changes.loc[(changes["change"] == "removed") & (changes["what"] == ""), "name"])
    assert {
        "Nanchang O-Film Tech",
        "Ministry of Public Security's Institute of Forensic Science of China",
    } <= removed
    assert 1300 < (changes["change"] == "added").sum() < 1550


def test_pages_are_joined_to_the_rules_that_the_shared_table_gives(raw: Path, july: pd.DataFrame) -> None:
    now = read(raw, NEW)
    pages = lists.citation_pages(now[now["list"] == "Entity List"], july)
    ours = dict(zip(pages["entry_citation"], pages["rule_citation"], strict=True))
    known = pd.read_csv(raw / "entity" / "fr" / "fr_rule_start_vs_entry_page.csv").sort_values("n_entries")
    known = known.drop_duplicates("ecfr_entry_citation", keep="last")
    pairs = zip(known["ecfr_entry_citation"], known["csl_federal_register_notice"], strict=True)
    assert sum(ours.get(page) == rule for page, rule in pairs) >= len(known) - 3


def test_the_shipped_tables_are_what_the_texts_give(raw: Path) -> None:
    given = [f"{card}={raw / 'entity' / name}" for card, name in FILES.items()]
    tool = ROOT / "tools" / "lists_tables.py"
    done = subprocess.run(
        [sys.executable, tool, "--check", *given], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_that_is_not_the_cards_is_refused(raw: Path) -> None:
    tool = ROOT / "tools" / "lists_tables.py"
    done = subprocess.run(
        [sys.executable, tool, f"el_2026_07={raw / 'entity' / OLD}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0 and "A newer text needs" in done.stderr


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("name", [JULY, OLD])
def test_a_list_is_read_in_under_300_mib(raw: Path, name: str) -> None:
    code = (
        "import sys; from pathlib import Path; from chipflows import lists;"
        "lists.parse(Path(sys.argv[1]).read_bytes());"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, raw / "entity" / name], capture_output=True, text=True, timeout=120
    )
    assert int(done.stdout) / 1024 < 300  # KiB to MiB; time stands in benchmarks/lists.py


def test_every_card_of_a_text_carries_its_checksum_and_licence() -> None:
    for card in FILES:
        known = tables.card(card)
        assert known.checksum and re.fullmatch(r"sha256:[0-9a-f]{64}", known.checksum)
        assert known.licence == "US Government work"
