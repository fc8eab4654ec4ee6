"""Each source's adapter: what it asks for, what it makes of the answers, what it refuses."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapes
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chipflows import live
from chipflows.errors import SourceError
from chipflows.sources import census, comtrade, edgar, edgar_facts, edgar_geography, federal_register, taiwan
from chipflows.sources.cache import Cache
from chipflows.sources.feed import Body, Feed
from chipflows.sources.http import Client, Limits, Network

TODAY = date(2026, 11, 24)
COMTRADE = ("/public/v1/preview/C/M/HS", "/data/v1/get/C/M/HS")


@pytest.fixture
def pull(server: HTTPServer, network: Network, tmp_path: Path) -> Any:
    """Fetch and parse and validate a source, as a refresh does."""

    def pull(feed: Feed) -> pd.DataFrame:
        client = Client(feed.about.access, Cache(tmp_path, feed.about.id), network)
        frame = feed.parse(feed.fetch(client, TODAY))
        feed.validate(frame)
        return frame

    return pull


def asked(server: HTTPServer) -> list[dict[str, str]]:
    return [request.args.to_dict() for request, _ in server.log]


# --- eCFR ---


def test_the_entity_list_is_that_of_the_newest_date_the_ecfr_has(server: HTTPServer, pull: Any) -> None:
    shapes.serve_everything(server)
    frame = pull(live.feeds()["ecfr_entity_list"])
    assert len(frame) == 2100
    assert frame["country"].eq("CN").all()
    assert "/full/2026-11-20/" in server.log[1][0].path
    assert server.log[1][0].args["part"] == "744"


def test_titles_without_ours_are_refused(server: HTTPServer, pull: Any) -> None:
    server.expect_request("/api/versioner/v1/titles.json").respond_with_json({"titles": [{"number": 14}]})
    with pytest.raises(SourceError, match="title 15 is not among them"):
        pull(live.feeds()["ecfr_entity_list"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbb"><!ENTITY c "&b;&b;">]><a>&c;</a>', "entities"),
        (b"<?xml version='1.0'?><DIV5><TABLE><TR><TD>x", "broken markup"),
        (shapes.ecfr_part(["Sample \xff"]).replace("ÿ".encode(), b"\xff"), "broken markup|UTF-8"),
        (shapes.ecfr_part(shapes.firm_names(3)), "3 rows, where at least 2,000 are expected"),
    ],
)
def test_hostile_or_partial_markup_is_refused(server: HTTPServer, pull: Any, body: bytes, words: str) -> None:
    server.expect_request("/api/versioner/v1/titles.json").respond_with_json(shapes.ecfr_titles())
    server.expect_request("/api/versioner/v1/full/2026-11-20/title-15.xml").respond_with_data(body)
    with pytest.raises(SourceError, match=words):
        pull(live.feeds()["ecfr_entity_list"])


# --- CSL ---

CSL = "/downloadable_consolidated_screening_list/v1/consolidated"


def test_the_screening_list_comes_as_csv(server: HTTPServer, network: Network, pull: Any) -> None:
    shapes.serve_everything(server)
    network.limits = Limits()
    frame = pull(live.feeds()["csl"])
    assert frame["list"].value_counts().to_dict() == {"Entity List": 1600, "MEU": 70, "NS-CMIC": 68}


def test_the_json_stands_in_when_the_csv_cannot_be_had(
    server: HTTPServer, network: Network, pull: Any
) -> None:
    network.limits = Limits(tries=1)
    server.expect_request(f"{CSL}.csv").respond_with_data("", 500)
    body = shapes.csl_json({"Entity List": 1600, "MEU": 70, "NS-CMIC": 68})
    server.expect_request(f"{CSL}.json").respond_with_data(body, content_type="application/json")
    assert len(pull(live.feeds()["csl"])) == 1738


def test_a_screening_list_without_one_of_our_lists_is_refused(
    server: HTTPServer, network: Network, pull: Any
) -> None:
    network.limits = Limits()
    server.expect_request(f"{CSL}.csv").respond_with_data(shapes.csl_csv({"Entity List": 1600, "MEU": 70}))
    with pytest.raises(SourceError, match="no entry of NS-CMIC"):
        pull(live.feeds()["csl"])


def test_natural_persons_are_counted_and_left_out(server: HTTPServer, network: Network, pull: Any) -> None:
    network.limits = Limits()
    body = shapes.csl_csv({"Entity List": 1600, "MEU": 70, "NS-CMIC": 68}, extra=["Mohammad Reza Sample"])
    server.expect_request(f"{CSL}.csv").respond_with_data(body)
    frame = pull(live.feeds()["csl"])
    assert "1 natural persons" in frame.attrs["note"]
    assert not frame["name"].str.contains("Mohammad").any()


# --- Federal Register ---


class SmallPages(federal_register.Rules):
    per_page = 2


def test_every_page_of_every_year_is_read(server: HTTPServer, pull: Any) -> None:
    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(5))
    frame = pull(SmallPages())
    # 2018 to 2026: 9 years x 5, the last of them in month 1 + 4 x 11 // 5 = 9
    assert len(frame) == 45
    assert {int(query["page"]) for query in asked(server)} == {1, 2, 3}
    assert asked(server)[0]["conditions[agencies][]"] == "industry-and-security-bureau"


def test_a_year_of_more_than_fifty_pages_is_asked_for_in_parts(server: HTTPServer, pull: Any) -> None:
    # 120 a year at two a page: 60 pages, past the 50 after which the API repeats itself
    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(120))
    feed = SmallPages()
    feed.first_day = date(2025, 1, 1)
    frame = pull(feed)
    assert frame["document_number"].is_unique
    assert frame["publication_date"].str.startswith("2025").sum() == 120


def test_a_repeated_first_page_is_noticed() -> None:
    server = shapes.FederalRegister(3)
    page = {"count": 6, "total_pages": 2, "results": server._documents()[:3]}
    bodies = [Body(f"2018 to 2018, page {number}", json.dumps(page).encode()) for number in (1, 2)]
    with pytest.raises(SourceError, match=r"2018-00000 came twice; past page 50"):
        federal_register.Rules().parse(bodies)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ({"count": 5, "results": shapes.FederalRegister(3)._documents()[:3]}, "3 documents came where 5"),
        ({"count": 3}, "count without results"),
        ({"errors": {"page": "is invalid"}}, "no count. It says"),
        ({"count": 1, "results": [{"document_number": "1", "publication_date": "soon"}]}, "not a date"),
    ],
)
def test_pages_of_another_shape_are_refused(page: dict[str, Any], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        federal_register.Rules().parse([Body("2018, page 1", json.dumps(page).encode())])


def test_notices_of_military_companies_are_asked_for_by_name(server: HTTPServer, pull: Any) -> None:
    server.expect_request("/api/v1/documents.json").respond_with_handler(shapes.FederalRegister(2))
    assert len(pull(live.feeds()["dod_1260h_notices"])) == 12
    assert asked(server)[0]["conditions[term]"] == '"Chinese military companies"'


# --- Census ---


def test_census_rows_become_numbers_without_blocs_and_with_unknown_quantities_blank(
    server: HTTPServer, pull: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", "made-up")
    shapes.serve_everything(server)
    frame = pull(census.Census("2025-01", ("854231",)))
    # two directions x two months x two countries; 2025 answers 204
    assert len(frame) == 8
    assert set(frame["country"]) == {"CHINA", "SINGAPORE"}
    by = frame[frame["flow"] == "export"].set_index(["country", "period"])
    assert by.loc[("CHINA", "2026-09"), "value_usd"] == 1_250_000
    assert by.loc[("CHINA", "2026-09"), "quantity"] == 40
    assert pd.isna(by.loc[("SINGAPORE", "2026-09"), "quantity"])  # "0" with the flag M is missing
    assert set(frame["valuation"]) == {"FAS", "customs"}
    assert {query["SUMMARY_LVL"] for query in asked(server)} == {"DET"}
    assert {query["key"] for query in asked(server)} == {"made-up"}


def test_a_true_zero_quantity_stays_zero() -> None:
    raw = pd.DataFrame(
        [["5700", "CHINA", "10", "0", "", "NO", "854231", "2026-09"]],
        columns=[
            "CTY_CODE", "CTY_NAME", "ALL_VAL_MO", "QTY_1_MO", "QTY_1_MO_FLAG", "UNIT_QY1", "E_COMMODITY",
            "time",
        ],
    )  # fmt: skip
    assert census.tidy(raw, "exports")["quantity"].tolist() == [0.0]
    with pytest.raises(SourceError, match="'1e' in ALL_VAL_MO of the exports is not a number"):
        census.tidy(raw.assign(ALL_VAL_MO="1e"), "exports")
    with pytest.raises(SourceError, match="no column GEN_VAL_MO"):
        census.tidy(raw.rename(columns={"E_COMMODITY": "I_COMMODITY"}), "imports")


def test_census_without_a_key_says_which_to_set(server: HTTPServer, pull: Any) -> None:
    server.expect_request("/data/timeseries/intltrade/exports/hs").respond_with_response(shapes.MISSING_KEY)
    with pytest.raises(SourceError, match=r"it asks for a key\. Set CENSUS_API_KEY"):
        pull(census.Census("2026-01", ("854231",)))


def test_census_sending_to_its_missing_key_page_says_so_too(server: HTTPServer, pull: Any) -> None:
    server.expect_request("/data/timeseries/intltrade/exports/hs").respond_with_data(
        "", 302, headers={"Location": "https://api.census.gov/data/missing_key.html"}
    )
    with pytest.raises(SourceError, match="Set CENSUS_API_KEY"):
        pull(census.Census("2026-01", ("854231",)))


# --- Comtrade ---


def small_comtrade() -> comtrade.Comtrade:
    return comtrade.Comtrade("2026-01", ("MY",))


def test_comtrade_without_a_key_uses_the_preview(server: HTTPServer, pull: Any) -> None:
    shapes.serve_everything(server)
    frame = pull(small_comtrade())
    # two flows x 15 partners x the codes in the one month with data
    assert len(frame) == 2 * 15 * len(comtrade.CODES)
    assert {request.path for request, _ in server.log} == {COMTRADE[0]}
    imports = frame[frame["flow"] == "import"].iloc[0]
    assert imports[["reporter", "period", "valuation", "value_usd", "net_weight_kg"]].tolist() == [
        "MY", "2026-09", "CIF", 1050.0, 34.5,
    ]  # fmt: skip


def test_comtrade_with_a_key_uses_it_in_the_header(
    server: HTTPServer, pull: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMTRADE_API_KEY", "made-up-key")
    shapes.serve_everything(server)
    frame = pull(comtrade.Comtrade("2025-01", codes=("854231",)))
    # every place with every other, two flows, one month with data; one answer a year
    assert len(frame) == 16 * 15 * 2
    assert len(server.log) == 2
    assert {request.path for request, _ in server.log} == {COMTRADE[1]}
    assert {request.headers["Ocp-Apim-Subscription-Key"] for request, _ in server.log} == {"made-up-key"}
    assert not any("made-up-key" in request.url for request, _ in server.log)


def test_an_answer_of_exactly_500_rows_was_cut_and_is_asked_for_in_halves(
    server: HTTPServer, pull: Any
) -> None:
    # 10 months x 16 partners x 5 codes = 800 > 500: halved to 5 months (400); 15 partners count
    codes = comtrade.CODES[:5]
    months = [f"2026{month:02d}" for month in range(1, 11)]
    server.expect_request(COMTRADE[0]).respond_with_handler(shapes.Comtrade(months))
    frame = pull(comtrade.Comtrade("2026-01", ("MY",), codes))
    assert len(frame) == 2 * 750
    assert not frame.duplicated(["partner", "flow", "hs", "period"]).any()


def test_a_cut_answer_that_cannot_be_halved_is_refused(server: HTTPServer, pull: Any) -> None:
    record = shapes.comtrade_record(458, 156, "X", "202601", "854231")

    def always_500(_: Request) -> Response:
        return shapes.json_response({"elapsedMs": 1, "count": 500, "data": [record] * 500, "error": ""})

    server.expect_request(COMTRADE[0]).respond_with_handler(always_500)
    with pytest.raises(SourceError, match="cut off at 500 records even for one month and code"):
        pull(comtrade.Comtrade("2026-01", ("MY",), ("854231",)))


def test_a_preview_that_serves_totals_only_is_refused(server: HTTPServer, pull: Any) -> None:
    record = shapes.comtrade_record(458, 156, "X", "202601", "TOTAL")
    server.expect_request(COMTRADE[0]).respond_with_json({"count": 1, "data": [record], "error": ""})
    with pytest.raises(SourceError, match=r"got TOTAL.*\s+The keyless.*set COMTRADE_API_KEY"):
        pull(small_comtrade())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            {"statusCode": 401, "message": "Access denied due to missing subscription key."},
            "no data. It says",
        ),
        ({"data": [], "error": "Invalid period"}, "'Invalid period'"),
        ({"data": {}, "error": ""}, "data is not a list"),
        ({"data": [{"period": "202601"}], "error": ""}, "does not fit"),
        ({"data": [shapes.comtrade_record(458, 999, "X", "202601", "854231")], "error": ""}, "does not fit"),
    ],
)
def test_an_answer_that_is_not_the_documented_envelope_is_refused(content: Any, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        comtrade.parse(json.dumps(content).encode())


def test_what_comtrade_estimated_is_marked_or_left_blank() -> None:
    changes = {"isNetWgtEstimated": True, "isQtyEstimated": True}
    record = shapes.comtrade_record(458, 156, "M", "202601", "854231", **changes)
    frame = comtrade.parse(json.dumps({"data": [record], "error": ""}).encode())
    assert frame["is_weight_estimated"].tolist() == [True]
    assert frame["quantity"].isna().all()


def test_a_comtrade_snapshot_is_the_trade_layers_table() -> None:
    trade = pytest.importorskip("chipflows.trade")
    record = shapes.comtrade_record(458, 156, "X", "202601", "854231")
    frame = comtrade.parse(json.dumps({"data": [record], "error": ""}).encode())
    assert trade.bilateral(frame)["value_usd"].tolist() == [1000.0]


def test_comtrade_may_not_be_passed_on() -> None:
    assert [name for name, feed in live.feeds().items() if not feed.about.may_ship] == ["comtrade"]


# --- SEC ---


def test_revenue_comes_by_company_and_fiscal_quarter(server: HTTPServer, pull: Any) -> None:
    shapes.serve_everything(server)
    frame = pull(live.feeds()["edgar_revenue"])
    assert len(frame) == 7 * 4
    assert frame[frame["ticker"] == "NVDA"]["period"].tolist() == [
        "FY2025Q3",
        "FY2025Q4",
        "FY2026Q1",
        "FY2026Q2",
    ]


def test_a_restated_value_counts_as_filed_last_and_keeps_its_name() -> None:
    facts = [
        ("2026-01-01", "2026-03-31", 100.0, 2026, "Q1", "2026-04-20", "a-1"),
        ("2026-01-01", "2026-03-31", 90.0, 2027, "Q1", "2027-04-20", "a-2"),
        ("2026-01-01", "2026-06-30", 200.0, 2026, "Q2", "2026-07-20", "a-3"),  # a half-year
    ]
    frame = edgar_facts.parse(json.dumps(shapes.company_facts(2488, facts)).encode(), "AMD")
    assert frame[["period", "value_usd", "accession"]].to_numpy().tolist() == [["FY2026Q1", 90.0, "a-2"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (shapes.company_facts(50863, []), "those of CIK 50863"),
        ({"cik": 2488}, "no facts"),
        (shapes.company_facts(2488, [("2026-01-01", "soon", 1.0, 2026, "Q1", "x", "y")]), "not a date"),
    ],
)
def test_company_facts_of_another_shape_are_refused(content: Any, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        edgar_facts.parse(json.dumps(content).encode(), "AMD")


@pytest.mark.parametrize(
    ("end", "year_ends", "period"),
    [
        ("2026-07-26", ["2024-10-27", "2025-10-26"], "FY2026Q3"),  # October year, the running one not over
        ("2025-11-27", ["2025-08-28"], "FY2026Q1"),  # August year
        ("2024-12-28", ["2023-12-30", "2024-12-28"], "FY2024Q4"),  # last Saturday of December
        ("2023-04-01", ["2022-01-01", "2022-12-31", "2023-12-30"], "FY2023Q1"),
        ("2021-10-02", ["2022-01-01"], "FY2021Q3"),  # a 53rd week that runs into January
        ("2026-03-31", [], "FY2026Q1"),
    ],
)
def test_a_quarter_is_named_by_its_place_in_the_fiscal_year(
    end: str, year_ends: list[str], period: str
) -> None:
    ends = [date.fromisoformat(day) for day in year_ends]
    assert edgar_facts._period(date.fromisoformat(end), False, ends) == period


def test_geography_is_read_from_every_companys_filing(server: HTTPServer, pull: Any) -> None:
    shapes.serve_everything(server)
    frame = pull(live.feeds()["edgar_geography"])
    assert len(frame) == 7 * 2
    assert frame["value_usd"].sum() == 7 * 1e9


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("../../x", "2026-07-25", "2026-06-30", "10-Q", "a.htm"), "not a filing's address"),
        (("0000002488-26-000001", "2026-07-25", "2026-06-30", "10-Q", "../a.htm"), "not a filing's address"),
        (("0000002488-26-000001", "2026-07-25", "", "10-Q", "a.htm"), "not a date"),
    ],
)
def test_a_filing_whose_address_leads_elsewhere_is_refused(row: tuple[str, ...], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        edgar.parse_filings(json.dumps(shapes.submissions(2488, [row])).encode(), "AMD", date(2024, 1, 1))


def test_only_reports_since_the_day_are_taken() -> None:
    rows = [
        ("0000002488-26-000001", "2026-07-25", "2026-06-30", "10-Q", "a.htm"),
        ("0000002488-26-000002", "2026-07-26", "2026-06-30", "8-K", "b.htm"),
        ("0000002488-20-000003", "2020-07-26", "2020-06-30", "10-Q", "c.htm"),
    ]
    body = json.dumps(shapes.submissions(2488, rows)).encode()
    assert [item.accession for item in edgar.parse_filings(body, "AMD", date(2024, 1, 1))] == [rows[0][0]]


def test_nvidias_facts_and_filing_give_the_published_figures(raw: Path) -> None:
    company = raw / "trade" / "company"
    facts = edgar_facts.parse(
        gzip.decompress((company / "nvda_sec_companyfacts_CIK0001045810.json.gz").read_bytes()), "NVDA"
    )
    quarter = facts[(facts["concept"] == "Revenues") & (facts["end"] == "2025-07-27")].iloc[0]
    assert (quarter["period"], quarter["value_usd"]) == ("FY2026Q2", 46_743e6)

    # a quarter that only an annual report repeats is still named by its own place in the year
    assert set(facts.loc[facts["end"] == "2019-07-28", "period"]) == {"FY2020Q2"}
    assert facts.loc[facts["end"] == "2026-04-26", "period"].tolist() == ["FY2027Q1"]

    filing = gzip.decompress((company / "nvda_10q_fy2026q2_20250727.html.gz").read_bytes())
    geography = edgar_geography.parse(filing)
    by = geography[(geography["start"] == "2025-04-28") & (geography["end"] == "2025-07-27")]
    values = by.set_index("member")["value_usd"]
    assert values["nvda:ChinaIncludingHongKongMember"] == 2_769e6
    assert values.sum() == quarter["value_usd"]
    # 10,156 of 46,743 = 0.21727
    assert round(100 * values["country:SG"] / values.sum(), 1) == 21.7


# --- Taiwan ---


def test_taiwan_says_how_to_do_it_by_hand(pull: Any) -> None:
    with pytest.raises(SourceError, match=r"refresh taiwan_customs --file FILE"):
        pull(taiwan.TaiwanCustoms())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"Year,Country\n2024,x\n", "no column HS Code"),
        (
            "Year,Country,HS Code,Export Value (USD)\n2024,越南,85423100002,=1+1\n".encode(),
            "line 2 does not fit",
        ),
        (b"Year,Country,HS Code,Export Value (USD)\n2024,\xff,85423100002,1\n", "not UTF-8"),
    ],
)
def test_a_customs_file_of_another_shape_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        taiwan.parse(body)


def test_taiwans_own_file_is_read_whole(raw: Path) -> None:
    path = raw / "trade" / "taiwan_customs" / "taiwan_hs8542_exports_by_country_annual_2013_2025m07.csv.gz"
    feed = taiwan.TaiwanCustoms()
    frame = feed.parse(feed.from_file(gzip.decompress(path.read_bytes()), TODAY))
    feed.validate(frame)
    assert len(frame) == 9_683
    assert frame["Country"].nunique() == 199
