"""Answers in the shapes that the APIs document; every name and number in them is made up.

Each function says which document its shape follows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

TODAY = "2026-11-24"


def json_response(content: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(content), status, content_type="application/json", headers=headers)


# --- eCFR: https://www.ecfr.gov/developers/documentation/api/v1 (versioner) ---


def ecfr_titles(up_to_date_as_of: str = "2026-11-20") -> dict[str, Any]:
    """GET /api/versioner/v1/titles.json: {titles: [{number, ..., up_to_date_as_of, reserved}], meta}."""
    title = {
        "number": 15,
        "name": "Commerce and Foreign Trade",
        "latest_amended_on": "2026-11-18",
        "latest_issue_date": "2026-11-18",
        "up_to_date_as_of": up_to_date_as_of,
        "reserved": False,
    }
    return {
        "titles": [{**title, "number": 14}, title],
        "meta": {"date": TODAY, "import_in_progress": False},
    }


def ecfr_part(names: Iterable[str]) -> bytes:
    """GET full/{date}/title-15.xml?part=744: DIV5 > DIV9 (a supplement) > TABLE > TR > TD.

    The country cell is blank when it is that of the row above.
    """
    heads = (
        "Country", "Entity", "License requirement", "License review policy",
        "<E T='04'>Federal Register</E> citation",
    )  # fmt: skip
    rows = []
    for number, name in enumerate(names):
        country = "CHINA, PEOPLE'S REPUBLIC OF" if number == 0 else ""
        cells = (
            country,
            f"{name}, a.k.a., the following alias: -{name.split()[0]} Works. {number} Road, Xi'an, China.",
            "For all items subject to the EAR. (See § 744.11 of the EAR)",
            "Presumption of denial",
            "90 FR 1234, 1/16/25.",
        )
        rows.append("<TR>" + "".join(f"<TD>{cell}</TD>" for cell in cells) + "</TR>")
    table = "<TR>" + "".join(f"<TH>{head}</TH>" for head in heads) + "</TR>" + "".join(rows)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><DIV5 N="744" TYPE="PART"><HEAD>PART 744</HEAD>'
        '<DIV9 N="Supplement No. 4 to Part 744" TYPE="APPENDIX"><HEAD>Supplement No. 4</HEAD>'
        f"<TABLE>{table}</TABLE></DIV9></DIV5>"
    ).encode()


def firm_names(count: int) -> list[str]:
    """Made-up firm names, all different."""
    return [f"Sample{number} Semiconductor Technology Co., Ltd." for number in range(count)]


# --- CSL: https://developer.trade.gov (consolidated.csv, consolidated.json) ---

CSL_COLUMNS = (
    "_id,source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,"
    "standard_order,license_requirement,license_policy,call_sign,vessel_type,gross_tonnage,"
    "gross_registered_tonnage,vessel_flag,vessel_owner,remarks,source_list_url,alt_names,citizenships,"
    "dates_of_birth,nationalities,places_of_birth,source_information_url,ids"
)
CSL_LISTS = {
    "Entity List": "Entity List (EL) - Bureau of Industry and Security",
    "MEU": "Military End User (MEU) List - Bureau of Industry and Security",
    "NS-CMIC": "Non-SDN Chinese Military-Industrial Complex Companies List (CMIC) - Treasury Department",
}


def csl_csv(by_list: Mapping[str, int], extra: Iterable[str] = ()) -> bytes:
    """The CSV download: 29 columns, a row per entry and list; names joined by "; "."""
    lines = [CSL_COLUMNS]
    for label, count in by_list.items():
        names = [*firm_names(count), *(extra if label == "Entity List" else ())]
        for number, name in enumerate(names):
            cells = dict.fromkeys(CSL_COLUMNS.split(","), "")
            cells.update(
                _id=f"{label}{number}",
                source=CSL_LISTS[label],
                name=name,
                addresses=f"{number} Sample Road, Xi'an, CN",
                federal_register_notice="90 FR 1234",
                start_date="2025-01-16",
                alt_names=f"{name.split()[0]} Works",
                license_policy="Presumption of denial",
            )
            lines.append(",".join(f'"{cell}"' for cell in cells.values()))
    return "\n".join(lines).encode()


def csl_json(by_list: Mapping[str, int]) -> bytes:
    """The JSON download: {total, sources_used, results: [{source, name, alt_names, addresses, ...}]}."""
    results = [
        {
            "id": f"{label}{number}",
            "source": CSL_LISTS[label],
            "name": name,
            "alt_names": [f"{name.split()[0]} Works"],
            "addresses": [
                {
                    "address": f"{number} Sample Road",
                    "city": "Xi'an",
                    "state": None,
                    "postal_code": None,
                    "country": "CN",
                }
            ],
            "federal_register_notice": "90 FR 1234",
            "start_date": "2025-01-16",
            "license_requirement": None,
            "license_policy": "Presumption of denial",
            "type": None,
        }
        for label, count in by_list.items()
        for number, name in enumerate(firm_names(count))
    ]
    return json.dumps({"total": len(results), "sources_used": [], "results": results}).encode()


# --- Federal Register: https://www.federalregister.gov/developers/documentation/api/v1 (documents.json) ---


class FederalRegister:
    """Answers documents.json for made-up documents, a given number a year, with the API's paging.

    Past page 50 it gives page 1 again, as the live one does without a word.
    """

    def __init__(self, per_year: int = 3) -> None:
        self.per_year = per_year

    def __call__(self, request: Request) -> Response:
        query = parse_qs(request.query_string.decode())
        since = query["conditions[publication_date][gte]"][0]
        until = query["conditions[publication_date][lte]"][0]
        size, page = int(query["per_page"][0]), int(query["page"][0])
        found = [item for item in self._documents() if since <= item["publication_date"] <= until]
        pages = -(-len(found) // size)
        page = page if page <= 50 else 1
        content: dict[str, Any] = {"count": len(found), "description": "Documents"}
        if found:
            content["total_pages"] = pages
            content["results"] = found[(page - 1) * size : page * size]
        return json_response(content)

    def _documents(self) -> list[dict[str, Any]]:
        return [
            {
                "document_number": f"{year}-{number:05d}",
                "type": "Rule",
                "title": f"Made-Up Revisions, Part {number}",
                "action": "Final rule.",
                "citation": f"{year - 1935} FR {1000 + number}",
                "publication_date": f"{year}-{1 + number * 11 // self.per_year:02d}-15",
                "effective_on": None,
                "html_url": f"https://www.federalregister.gov/documents/{year}-{number:05d}",
            }
            for year in range(2018, 2027)
            for number in range(self.per_year)
        ]


# --- Census: https://www.census.gov/data/developers/data-sets/international-trade.html ---


def census(request: Request) -> Response:
    """GET timeseries/intltrade/{way}/hs: an array of arrays, the header first, all text.

    Predicates come as columns; 204 with an empty body means no rows (here: every year but 2026).
    """
    query = parse_qs(request.query_string.decode())
    if "2026" not in query["time"][0]:
        return Response(b"", 204)
    code_name = "E_COMMODITY" if "exports" in request.path else "I_COMMODITY"
    names = query["get"][0].split(",")
    months = ("2026-08", "2026-09")
    header = [*names, code_name, "COMM_LVL", "SUMMARY_LVL", "time"]
    rows = [
        [*cells, query[code_name][0], "HS6", "DET", month]
        for month in months
        for cells in (
            ["5700", "CHINA", "1250000", "40", "", "NO"],
            ["5590", "SINGAPORE", "990000", "0", "M", "NO"],
            ["0003", "EUROPEAN UNION", "7000000", "9", "", "NO"],
            ["4XXX", "EUROPE", "9000000", "9", "", "NO"],
            ["-", "TOTAL FOR ALL COUNTRIES", "20000000", "99", "", "NO"],
        )
    ]
    return json_response([header, *rows])


MISSING_KEY = Response(
    "<html><head><title>Missing Key</title></head><body>A valid key must be included.</body></html>",
    200,
    content_type="text/html",
)


# --- Comtrade: https://comtradedeveloper.un.org/api-details (data, preview) ---


def comtrade_record(
    reporter: int, partner: int, flow: str, period: str, code: str, **changes: Any
) -> dict[str, Any]:
    """One of the records of the v1 schema, the columns we read and some we do not."""
    return {
        "typeCode": "C", "freqCode": "M", "refPeriodId": int(period + "01"), "refYear": int(period[:4]),
        "refMonth": int(period[4:]), "period": period, "reporterCode": reporter, "flowCode": flow,
        "partnerCode": partner, "partner2Code": 0, "classificationCode": "H6", "cmdCode": code,
        "customsCode": "C00", "motCode": 0, "qtyUnitCode": 5, "qtyUnitAbbr": "u", "qty": 12.0,
        "isQtyEstimated": False, "netWgt": 34.5, "isNetWgtEstimated": False, "grossWgt": 0,
        "cifvalue": 1050.0 if flow == "M" else None, "fobvalue": 1000.0 if flow == "X" else None,
        "primaryValue": 1050.0 if flow == "M" else 1000.0, "isReported": True, "isAggregate": False,
        **changes,
    }  # fmt: skip


class Comtrade:
    """Answers preview or data: every combination asked for has a record; cut at maxRecords without a word."""

    def __init__(self, months_with_data: Iterable[str] = ("202609",)) -> None:
        self.months = set(months_with_data)

    def __call__(self, request: Request) -> Response:
        query = parse_qs(request.query_string.decode())
        records = [
            comtrade_record(int(reporter), int(partner), flow, period, code)
            for reporter in query["reportercode"][0].split(",")
            for flow in query["flowCode"][0].split(",")
            for period in query["period"][0].split(",")
            if period in self.months
            for partner in query["partnerCode"][0].split(",")
            for code in query["cmdCode"][0].split(",")
        ][: int(query["maxRecords"][0])]
        return json_response({"elapsedMs": 12, "count": len(records), "data": records, "error": ""})


# --- SEC: https://www.sec.gov/search-filings/edgar-application-programming-interfaces ---


def submissions(cik: int, filings: Iterable[tuple[str, str, str, str, str]]) -> dict[str, Any]:
    """data.sec.gov/submissions: filings.recent is one array a column."""
    names = ("accessionNumber", "filingDate", "reportDate", "form", "primaryDocument")
    columns = list(zip(*filings, strict=True)) or [()] * len(names)
    return {"cik": f"{cik:010d}", "filings": {"recent": dict(zip(names, columns, strict=True)), "files": []}}


def company_facts(cik: int, facts: Iterable[tuple[str, str, float, int, str, str, str]]) -> dict[str, Any]:
    """data.sec.gov/api/xbrl/companyfacts: facts > us-gaap > concept > units > USD > [{start, val, ...}]."""
    names = ("start", "end", "val", "fy", "fp", "filed", "accn")
    rows = [{**dict(zip(names, fact, strict=True)), "form": "10-Q"} for fact in facts]
    revenue = {"label": "Revenues", "units": {"USD": rows}}
    return {"cik": cik, "entityName": "MADE UP CORP", "facts": {"dei": {}, "us-gaap": {"Revenues": revenue}}}


def filing(by_member: Mapping[str, str], start: str = "2026-04-01", end: str = "2026-06-30") -> bytes:
    """A filing's inline XBRL: contexts with one explicit member, facts scaled by 10^6."""
    parts = []
    for number, (member, value) in enumerate(by_member.items()):
        parts.append(
            f'<xbrli:context id="c{number}"><xbrli:entity><xbrli:segment><xbrldi:explicitMember '
            f'dimension="srt:StatementGeographicalAxis">{member}</xbrldi:explicitMember></xbrli:segment>'
            f"</xbrli:entity><xbrli:period><xbrli:startDate>{start}</xbrli:startDate>"
            f"<xbrli:endDate>{end}</xbrli:endDate></xbrli:period></xbrli:context>"
            f'<ix:nonFraction name="us-gaap:Revenues" contextRef="c{number}" scale="6">{value}'
            "</ix:nonFraction>"
        )
    return f"<html><body>{''.join(parts)}</body></html>".encode()


CIKS = {
    "NVDA": 1045810, "AMD": 2488, "INTC": 50863, "MU": 723125, "AMAT": 6951, "LRCX": 707549, "KLAC": 319201,
}  # fmt: skip
QUARTERS = (
    ("2025-07-01", "2025-09-30", 2025, "Q3"),
    ("2025-10-01", "2025-12-31", 2025, "Q4"),
    ("2026-01-01", "2026-03-31", 2026, "Q1"),
    ("2026-04-01", "2026-06-30", 2026, "Q2"),
)


def serve_edgar(server: HTTPServer, quarters: int = 4) -> None:
    """Register every company with some quarters of revenue and one filing."""
    for number, cik in enumerate(CIKS.values()):
        facts = [
            (
                start,
                end,
                1e9 + number,
                year,
                quarter,
                f"{end[:4]}-{int(end[5:7]) % 12 + 1:02d}-20",
                f"{cik:010d}-26-00000{at}",
            )
            for at, (start, end, year, quarter) in enumerate(QUARTERS[:quarters])
        ]
        server.expect_request(f"/api/xbrl/companyfacts/CIK{cik:010d}.json").respond_with_json(
            company_facts(cik, facts)
        )
        rows = [(f"{cik:010d}-26-000001", "2026-07-25", "2026-06-30", "10-Q", "made-up.htm")]
        server.expect_request(f"/submissions/CIK{cik:010d}.json").respond_with_json(submissions(cik, rows))
        server.expect_request(f"/Archives/edgar/data/{cik}/{cik:010d}26000001/made-up.htm").respond_with_data(
            filing({"country:US": "900", "country:CN": "100"}), content_type="text/html"
        )


def serve_everything(server: HTTPServer, entities: int = 2100, csl: int = 1600) -> None:
    """Register every API with answers that validate."""
    server.expect_request("/api/versioner/v1/titles.json").respond_with_json(ecfr_titles())
    server.expect_request("/api/versioner/v1/full/2026-11-20/title-15.xml").respond_with_data(
        ecfr_part(firm_names(entities)), content_type="application/xml"
    )
    server.expect_request("/api/v1/documents.json").respond_with_handler(FederalRegister())
    server.expect_request("/downloadable_consolidated_screening_list/v1/consolidated.csv").respond_with_data(
        csl_csv({"Entity List": csl, "MEU": 70, "NS-CMIC": 68}), content_type="text/csv"
    )
    serve_edgar(server)
    for way in ("exports", "imports"):
        server.expect_request(f"/data/timeseries/intltrade/{way}/hs").respond_with_handler(census)
    for path in ("/public/v1/preview/C/M/HS", "/data/v1/get/C/M/HS"):
        server.expect_request(path).respond_with_handler(Comtrade())
