"""A refresh from end to end: new snapshots beside the old, whole or not at all, and what changed in words."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import shapes
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chipflows import live, trade
from chipflows.charts import source_line
from chipflows.charts.page import cards_or_ours
from chipflows.errors import InputError, SourceError
from chipflows.sources import census, comtrade, snapshots
from chipflows.sources.federal_register import Rules
from chipflows.sources.feed import Body
from chipflows.sources.http import Limits, Network
from chipflows.sources.refresh import refresh

TODAY = date(2026, 11, 24)
TOMORROW = date(2026, 11, 25)
BODY = Limits(connect_s=2, read_s=2, tries=2, backoff_s=0.01)
CENSUS_KEY = "made-up-census-key-0123456789"
COMTRADE_KEY = "made-up-comtrade-key-0123456789"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", CENSUS_KEY)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pull(*names: str, today: date = TODAY, **options: object) -> dict[str, live.Outcome]:
    outcomes = live.pull(names, today=today, network=Network(BODY, pace=0), **options)  # type: ignore[arg-type]
    return {outcome.source: outcome for outcome in outcomes}


def chipflows(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chipflows", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **more},
        timeout=60,
    )


# --- what fails changes nothing ---


@pytest.mark.slow
def test_without_a_network_every_source_is_named_in_seconds_and_nothing_changes(
    server: HTTPServer, folder: Path
) -> None:
    shapes.serve_everything(server)
    pull("csl")
    before = tree(folder)

    began = time.monotonic()
    gone = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:1")
    done = chipflows("refresh", **gone)

    assert done.returncode == 1
    assert time.monotonic() - began < 10
    expected = [name for name, feed in live.feeds().items() if not feed.about.by_hand]
    assert [line.split(":")[0] for line in done.stdout.splitlines() if line[:1].strip()] == expected
    assert done.stdout.count("cannot be reached") == len(expected)
    assert "kept: the snapshot of 2026-11-24" in done.stdout
    assert all(name in done.stderr for name in expected)
    assert tree(folder) == before


def test_without_a_network_or_a_snapshot_nothing_is_made(server: HTTPServer, folder: Path) -> None:
    server.proxy.close()
    assert all(outcome.failed for outcome in pull("csl", "us_census").values())
    assert not folder.exists()


def test_one_source_that_fails_stops_none_and_keeps_its_last(server: HTTPServer, folder: Path) -> None:
    shapes.serve_everything(server)
    pull("csl", "federal_register_bis")
    server.clear_all_handlers()
    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(4))
    server.expect_request("/downloadable_consolidated_screening_list/v1/consolidated.csv").respond_with_data(
        shapes.csl_csv({"Entity List": 1600})[:-500]
    )

    outcomes = pull("csl", "federal_register_bis", today=TOMORROW)
    assert outcomes["csl"].status == "failed"
    assert outcomes["csl"].snapshot == "2026-11-24"
    assert "kept: the snapshot of 2026-11-24" in outcomes["csl"].text
    assert outcomes["federal_register_bis"].status == "new"
    assert len(live.snapshot("csl")) == 1738


def test_a_table_that_shrank_is_not_believed_unless_told_to(server: HTTPServer, folder: Path) -> None:
    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(10))
    pull("federal_register_bis")
    server.clear_all_handlers()
    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(2))
    refused = pull("federal_register_bis", today=TOMORROW)["federal_register_bis"]
    assert "18 rows, where the last snapshot has 90" in refused.text.replace("\n", " ")
    taken = pull("federal_register_bis", today=TOMORROW, allow_shrink=True)["federal_register_bis"]
    assert (taken.status, taken.rows) == ("new", 18)


def test_a_bad_answer_is_asked_for_again_and_not_taken_from_the_cache(
    server: HTTPServer, folder: Path
) -> None:
    tagged = {"ETag": '"same"'}
    server.expect_oneshot_request("/api/v1/documents.json").respond_with_data("{}", headers=tagged)
    assert pull("federal_register_bis")["federal_register_bis"].failed
    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(2))
    assert pull("federal_register_bis")["federal_register_bis"].status == "new"


def test_a_key_no_request_can_carry_is_said_and_costs_nothing_of_what_was_fetched(
    server: HTTPServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes.serve_everything(server)
    pull("us_census")
    before = tree(folder)
    monkeypatch.setenv("CENSUS_API_KEY", "käy")
    assert "CENSUS_API_KEY holds letters" in pull("us_census")["us_census"].text
    assert tree(folder) == before


def test_an_unknown_source_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown live source 'csk'.*Did you mean csl"):
        live.pull(["csk"])


# --- what works ---


@pytest.mark.slow
def test_every_source_refreshes_from_its_documented_answers(
    server: HTTPServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMTRADE_API_KEY", COMTRADE_KEY)
    shapes.serve_everything(server)
    outcomes = pull()
    assert {name: outcome.status for name, outcome in outcomes.items()} == dict.fromkeys(outcomes, "new")
    assert {name: outcome.rows for name, outcome in outcomes.items()} == {
        "ecfr_entity_list": 2100, "federal_register_bis": 27, "csl": 1738, "dod_1260h_notices": 18,
        "edgar_revenue": 28, "edgar_geography": 14, "us_census": 2 * 2 * 2 * len(census.CODES),
        "comtrade": 16 * 15 * 2 * len(comtrade.CODES),
    }  # fmt: skip
    assert outcomes["ecfr_entity_list"].text == "first snapshot: 2,100 entities"

    held = snapshots.find("ecfr_entity_list")
    assert held is not None and (held.taken_on, held.as_of) == ("2026-11-24", "2026-11-20")
    everything = b"".join(tree(folder).values())
    assert CENSUS_KEY.encode() not in everything and COMTRADE_KEY.encode() not in everything

    before = [item.name for name in outcomes for item in snapshots.held(name)]
    again = pull(today=TOMORROW)
    assert {outcome.status for outcome in again.values()} == {"unchanged"}
    assert before == [item.name for name in outcomes for item in snapshots.held(name)]

    # the trade layer takes what was pulled as it is: 16 x 15 corridors, two of them US to CN and to SG
    rows = trade.pulled()
    assert rows["value_usd"].gt(0).all() and set(rows["source"]) == {"us_census", "comtrade"}

    view = live.overview(date(2027, 6, 1)).set_index("id")
    assert view.loc["csl", ["rows", "age_days", "stale", "next_expected"]].tolist() == [
        1738, 189, True, "2026-11-26",
    ]  # fmt: skip
    assert view.loc["taiwan_customs", "as_of"] is None
    assert live.is_stale("csl", TODAY) is False
    assert live.is_stale("taiwan_customs", TODAY) is None


def test_a_second_refresh_says_what_changed_and_leaves_the_first_alone(
    server: HTTPServer, folder: Path
) -> None:
    shapes.serve_everything(server)
    shapes.serve_edgar(server, quarters=4)
    server.clear_all_handlers()
    shapes.serve_edgar(server, quarters=3)
    names = shapes.firm_names(2101)
    titles = "/api/versioner/v1/titles.json"
    part = "/api/versioner/v1/full/2026-11-20/title-15.xml"
    server.expect_oneshot_request(titles).respond_with_json(shapes.ecfr_titles())
    server.expect_oneshot_request(part).respond_with_data(shapes.ecfr_part(names[:2100]))
    pull("ecfr_entity_list", "edgar_revenue")
    first = tree(folder / "ecfr_entity_list" / "2026-11-24")

    server.clear_all_handlers()
    shapes.serve_edgar(server, quarters=4)
    server.expect_request(titles).respond_with_json(shapes.ecfr_titles())
    later = shapes.ecfr_part([*names[2:], "Newcomer Memory Co., Ltd."])
    later = later.replace(b"Sample9 Works", b"Sample9 Other Works")
    server.expect_request(part).respond_with_data(later)
    outcomes = pull("ecfr_entity_list", "edgar_revenue", today=TOMORROW)

    assert outcomes["ecfr_entity_list"].text.startswith(
        "2 entities added (Sample2100 Semiconductor Technology Co., Ltd.; Newcomer Memory Co., Ltd.), "
        "2 removed (Sample0 Semiconductor Technology Co., Ltd.; Sample1 "
    )
    assert "NVDA FY2026Q2 revenue" in outcomes["edgar_revenue"].text
    assert outcomes["edgar_revenue"].text.startswith("7 facts added (")
    assert tree(folder / "ecfr_entity_list" / "2026-11-24") == first
    assert [item.name for item in snapshots.held("ecfr_entity_list")] == ["2026-11-24", "2026-11-25"]
    assert len(live.snapshot("ecfr_entity_list", "2026-11-24")) == 2100
    assert live.snapshot("ecfr_entity_list").attrs["snapshot"] == "2026-11-25"


def test_a_reader_that_trips_stops_no_other_source(folder: Path, server: HTTPServer) -> None:
    class Tripping(Rules):
        def parse(self, bodies: list[Body]) -> pd.DataFrame:
            raise ZeroDivisionError("a fault")

    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(2))
    first, second = refresh(
        [Tripping(), live.feeds()["dod_1260h_notices"]], today=TODAY, network=Network(BODY, pace=0)
    )
    assert "ZeroDivisionError: a fault. A fault of ours" in first.text
    assert second.status == "new"


def test_a_figure_of_refreshed_data_names_its_source_and_says_when_it_is_stale(
    server: HTTPServer, folder: Path
) -> None:
    shapes.serve_everything(server)
    pull("us_census")
    cards = cards_or_ours(None, ["us_census", "csl_2026_07"])
    line = source_line(["us_census"], cards, on=TODAY)
    assert line.startswith("Source: US Census Bureau, US international trade") and "stale" not in line
    assert "24 November 2026, stale" in source_line(["us_census"], cards, on=date(2027, 6, 1))
    assert "us_census" not in cards_or_ours(None, ["csl_2026_07"])


def test_nothing_new_makes_no_snapshot_and_two_on_one_day_stand_apart(
    server: HTTPServer, folder: Path
) -> None:
    path = "/api/v1/documents.json"
    for number, status, name in (
        (2, "new", "2026-11-24"),
        (2, "unchanged", "2026-11-24"),
        (3, "new", "2026-11-24.2"),
    ):
        server.clear_all_handlers()
        server.expect_request(path).respond_with_handler(shapes.FederalRegister(number))
        outcome = pull("federal_register_bis")["federal_register_bis"]
        assert (outcome.status, outcome.snapshot) == (status, name)
    assert len(live.snapshot("federal_register_bis", "2026-11-24")) == 27


def test_a_notebook_gets_a_frame(folder: Path) -> None:
    frame = live.refresh(["us_census"], offline=True)
    assert frame[["source", "status"]].to_numpy().tolist() == [["us_census", "failed"]]


def test_a_folder_that_cannot_be_written_is_said_in_words(
    server: HTTPServer, tmp_path: Path, folder: Path
) -> None:
    folder.write_text("a file where the folder should be")
    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(2))
    text = pull("federal_register_bis")["federal_register_bis"].text
    assert "Check the folder, its permissions and the free space" in text


def test_changes_are_told_by_list(server: HTTPServer, folder: Path) -> None:
    path = "/downloadable_consolidated_screening_list/v1/consolidated.csv"
    server.expect_oneshot_request(path).respond_with_data(
        shapes.csl_csv({"Entity List": 1600, "MEU": 70, "NS-CMIC": 68})
    )
    pull("csl")
    server.expect_oneshot_request(path).respond_with_data(
        shapes.csl_csv({"Entity List": 1601, "MEU": 69, "NS-CMIC": 68})
    )
    text = pull("csl", today=TOMORROW)["csl"].text
    assert text == (
        "Entity List: 1 entity added (Sample1600 Semiconductor Technology Co., Ltd.)\n"
        "MEU: 1 entity removed (Sample69 Semiconductor Technology Co., Ltd.)"
    )


def test_a_name_that_would_write_on_the_terminal_is_shown_without_its_controls(
    server: HTTPServer, folder: Path
) -> None:
    titles = "/api/versioner/v1/titles.json"
    server.expect_request(titles).respond_with_json(shapes.ecfr_titles())
    part = "/api/versioner/v1/full/2026-11-20/title-15.xml"
    names = shapes.firm_names(2100)
    server.expect_oneshot_request(part).respond_with_data(shapes.ecfr_part(names))
    pull("ecfr_entity_list")
    evil = shapes.ecfr_part([*names, "Evil\u202e\u0085 Works Co., Ltd."])
    server.expect_oneshot_request(part).respond_with_data(evil)
    text = pull("ecfr_entity_list", today=TOMORROW)["ecfr_entity_list"].text
    assert "Evil" in text and text.isprintable()


def test_an_interrupted_refresh_goes_on_where_it_stopped(server: HTTPServer, folder: Path) -> None:
    """The year 2022 fails in the first run; the second asks for nothing that was fetched."""
    register = shapes.FederalRegister(2)
    asked: list[str] = []
    broken = [True]

    def handler(request: Request) -> Response:
        year = request.args["conditions[publication_date][gte]"][:4]
        asked.append(year)
        return Response("", 404) if broken[0] and year == "2022" else register(request)

    server.expect_request("/api/v1/documents.json").respond_with_handler(handler)
    assert pull("federal_register_bis")["federal_register_bis"].failed
    assert asked == ["2018", "2019", "2020", "2021", "2022"]
    broken[0] = False
    asked.clear()
    assert pull("federal_register_bis")["federal_register_bis"].status == "new"
    assert asked == ["2022", "2023", "2024", "2025", "2026"]
    asked.clear()
    pull("federal_register_bis")
    assert len(asked) == 9


def test_offline_makes_the_snapshot_from_the_cache(server: HTTPServer, folder: Path) -> None:
    shapes.serve_everything(server)
    pull("federal_register_bis")
    asked = len(server.proxy.asked)
    assert pull("federal_register_bis", offline=True)["federal_register_bis"].status == "unchanged"
    lacking = pull("us_census", offline=True)["us_census"]
    assert lacking.failed and "--offline" in lacking.text
    assert len(server.proxy.asked) == asked


def test_a_download_made_by_hand_stands_for_the_source(folder: Path) -> None:
    body = "Year,Country,HS Code,Export Value (USD)\n2024,越南,85423100002,1000\n".encode()
    assert pull("taiwan_customs", file=body)["taiwan_customs"].status == "new"
    assert live.snapshot("taiwan_customs")["Country"].tolist() == ["越南"]
    refused = pull("us_census", file=b"[]")["us_census"]
    assert "--file cannot stand for it" in refused.text
    with pytest.raises(InputError, match="A file stands for one source"):
        live.pull(file=b"")


@pytest.mark.slow
def test_the_real_lists_become_snapshots_without_a_person(raw: Path, folder: Path) -> None:
    entity = raw / "entity"
    old = gzip.decompress((entity / "csl" / "csl_consolidated_2022-05-16.csv.gz").read_bytes())
    began = time.monotonic()
    first = pull("csl", file=old, as_of=date(2022, 5, 16))["csl"]
    assert time.monotonic() - began < 8
    assert first.status == "new"
    assert set(live.snapshot("csl")["list"]) == {"Entity List", "MEU", "NS-CMIC", "UVL"}
    # 2,001 entries on the Entity List, natural persons among them
    assert 1_500 < (live.snapshot("csl")["list"] == "Entity List").sum() < 2_001
    later = (entity / "csl" / "csl_2026-07-31_compact.json.gz").read_bytes()
    text = pull("csl", file=later, today=TOMORROW, as_of=date(2026, 7, 31))["csl"].text
    assert {line.split(":")[0] for line in text.splitlines()} == {"Entity List", "MEU", "NS-CMIC", "UVL"}
    assert live.snapshot("csl").attrs["as_of"] == "2026-07-31"

    text = (entity / "entity_list" / "el_2026-07-09_ecfr.json.gz").read_bytes()
    assert pull("ecfr_entity_list", file=text)["ecfr_entity_list"].status == "new"
    frame = live.snapshot("ecfr_entity_list")
    assert "natural persons" in frame.attrs["note"]
    assert not frame["name"].str.contains("a.k.a.", regex=False).any()


# --- snapshots ---


def test_a_snapshot_that_is_not_there_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"no snapshot of csl\. Pull one: chipflows refresh csl"):
        live.snapshot("csl")
    with pytest.raises(InputError, match="snapshot 'yesterday' is not one"):
        live.snapshot("csl", "yesterday")
    with pytest.raises(InputError, match="Did you mean csl"):
        live.snapshot("cls")


def test_a_damaged_snapshot_is_named(server: HTTPServer, folder: Path) -> None:
    shapes.serve_everything(server)
    pull("federal_register_bis")
    (folder / "federal_register_bis" / "2026-11-24" / "table.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceError, match=r"cannot be read\. Delete its folder"):
        live.snapshot("federal_register_bis")


def test_a_write_that_fails_leaves_no_half_snapshot(folder: Path) -> None:
    about = live.feeds()["csl"].about
    frame = pd.DataFrame({"entity_id": ["a"], "name": [object()], "list": ["x"]})
    with pytest.raises(Exception, match="object"):
        snapshots.write(frame, about, taken_on=TODAY, as_of=TODAY, changes="", urls=(), folder=folder)
    assert list((folder / "csl").iterdir()) == []


# --- the command ---


@pytest.mark.slow
def test_the_command_refreshes_and_says_so(server: HTTPServer, folder: Path) -> None:
    shapes.serve_everything(server)
    done = chipflows("refresh", "csl")
    assert done.returncode == 0
    assert done.stdout == "csl: new snapshot " + done.stdout[18:28] + "\n  first snapshot: 1,738 entities\n"
    assert done.stderr == ""
    again = chipflows("refresh", "csl", "--json")
    assert json.loads(again.stdout)[0]["status"] == "unchanged"
    listed = json.loads(chipflows("sources", "csl", "--json").stdout)[0]
    assert (listed["kind"], listed["rows"]) == ("live", 1738)


def test_a_refresh_stopped_with_ctrl_c_leaves_no_snapshot(server: HTTPServer, folder: Path) -> None:
    def late(_: Request) -> Response:
        time.sleep(0.8)
        return Response("{}")

    server.expect_request("/api/v1/documents.json").respond_with_handler(late)
    command = [sys.executable, "-m", "chipflows", "refresh", "federal_register_bis"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while not server.proxy.asked:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Nothing was left half-written" in err
    assert snapshots.held("federal_register_bis") == []
