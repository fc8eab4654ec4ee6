"""From bytes to the one frame: every form of the lists, and everything that must be refused."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable

import pandas as pd
import pytest

from chipflows import lists
from chipflows.errors import SourceError
from chipflows.lists import hostile
from chipflows.lists.frame import WITHHELD, withhold_persons

HEADS = ("Country", "Entity", "License requirement", "License review policy", "Federal Register citation")
HEAD = "<TR>" + "".join(f"<TH>{head}</TH>" for head in HEADS) + "</TR>"
ROWS = """
<TR><TD>CHINA, PEOPLE&apos;S REPUBLIC OF</TD>
 <TD>Blue Kiln Technology Co., Ltd., a.k.a., the following two aliases:<br/>—BKT; and<br/>—Blue Kiln.<br/>
 No. 7, Kiln Road, Wuhan, China; and No. 9, Kiln Road, Wuhan, China</TD>
 <TD>For all items subject to the EAR (see §§ 734.9(e)(2) and 744.11 of the EAR) 4</TD>
 <TD>Presumption of denial</TD><TD>88 FR 13675, 3/6/23.<br/>89 FR 96836, 12/5/24</TD></TR>
<TR><TD/><TD>Pat Testname, 1 Quiet Road, Wuhan, China</TD>
 <TD>For all items subject to the EAR. (See § 744.11 of the EAR)</TD><TD>Presumption of denial</TD>
 <TD>88 FR 13675</TD></TR>
<TR><TD>IRAN</TD><TD>Kerman Valve Company, P.O. Box 44, Tehran, Iran</TD>
 <TD>For all items subject to the EAR</TD><TD/><TD/></TR>
<TR><TD>JAPAN</TD><TD>[Reserved]</TD><TD/><TD/><TD/></TR>
"""
XML = f"<?xml version='1.0' encoding='UTF-8'?><DIV9><HEAD>No. 4</HEAD><TABLE>{HEAD}{ROWS}</TABLE></DIV9>"
CSL = (
    "source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,"
    "standard_order,license_requirement,license_policy,alt_names\n"
    '"Entity List (EL) - Bureau of Industry and Security",,,,'
    '"Blue Kiln Technology Co., Ltd.; and any successor",,'
    '"No. 7, Kiln Road, Wuhan, CN; IR",88 FR 13670,2023-03-06,,,'
    '"All items subject to the EAR (see §744.11)",Presumption of denial,"BKT; Blue Kiln"\n'
    '"Specially Designated Nationals (SDN) - Treasury Department",,Individual,,Pat Testname,,,,,,,,,\n'
)


def entries_of(body: str | bytes) -> pd.DataFrame:
    return lists.parse(body.encode() if isinstance(body, str) else body, "a.file")


def bomb() -> bytes:
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{nested}]><DIV9>&l8;</DIV9>'.encode()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not a list we know"),
        (b"hello", "not a list we know"),
        (b"<html><body>Sign in</body></html>", "no table with the columns"),
        (b"<DIV9><TABLE>", "broken markup"),
        (bomb(), "defines XML entities"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/hostname"><DIV9/>', "no table with the columns"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><DIV9>&e;</DIV9>', "defines XML entities"),
        (b"<DIV9>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</DIV9>", "broken markup"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"results": [', "not whole JSON"),
        (b'{"results": {}}', "results is not a list"),
        (b'{"results": [{"title": "x"}]}', "result 1 has no name"),
        (b'{"entities": [{"name": 3}]}', "entry 1 has no name"),
        (b'{"entities": {}}', "no list under entities"),
        (b'{"x": 1}', "JSON without results"),
        (b"source,name\n\xff\xfe\xfa,x", "is not UTF-8"),
        (b"source,name\nx\x00,y", "zero bytes"),
        (gzip.compress(XML.encode())[:-20], "cut off"),
        (b"\x1f\x8b" + b"x" * 50, "damaged"),
        (json.dumps({"tables": {"sources": []}, "entries": [{"n": "A", "s": 4}]}).encode(), "does not fit"),
        (b"[{}]", "has no entity_name"),
    ],
)  # fmt: skip
def test_what_is_no_whole_list_is_refused_with_the_files_name_and_the_reason(body: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        lists.parse(body, "a.file")
    assert "a.file" in str(caught.value)


def test_a_file_that_unpacks_to_too_much_is_not_read() -> None:
    body = gzip.compress(b"0" * 1_000_000)
    with pytest.raises(SourceError, match="unpacks to more than"):
        hostile.unpacked(body, "a.file", limit=10_000)
    with pytest.raises(SourceError, match="above the limit"):
        hostile.unpacked(b"0" * 100, "a.file", limit=10)


def test_the_regulations_table_gives_entries_with_the_country_carried_down() -> None:
    frame = entries_of(XML)

    assert frame["name"].tolist() == [
        "Blue Kiln Technology Co., Ltd.",
        "Pat Testname",
        "Kerman Valve Company",
    ]
    assert frame["country"].tolist() == ["CN", "CN", "IR"]
    first = frame.iloc[0]
    assert first["aliases"] == ("BKT", "Blue Kiln")
    assert first["addresses"] == ("No. 7, Kiln Road, Wuhan, China", "No. 9, Kiln Road, Wuhan, China")
    assert first["licence_requirement"] == "all_items [734.9(e)(2), 744.11]"
    assert first["review_policy"] == "presumption_of_denial"
    assert first["footnotes"] == ("4",)
    assert first["citations"] == ("88 FR 13675 (2023-03-06)", "89 FR 96836 (2024-12-05)")
    assert first["first_cited_on"] == pd.Timestamp("2023-03-06")


def test_a_page_cited_without_a_date_takes_that_of_another_entry_and_no_citation_is_no_date() -> None:
    frame = entries_of(XML)
    assert frame.loc[1, "citations"] == ("88 FR 13675 (2023-03-06)",)
    assert frame.loc[2, "citations"] == () and pd.isna(frame.loc[2, "first_cited_on"])


def _as_html(xml: str) -> bytes:
    table = xml[xml.index("<TABLE>") : xml.index("</DIV9>")].replace("&apos;", "'")
    table = re.sub(r"</?\w+", lambda tag: tag[0].lower(), re.sub(r"<TD/>", "<TD></TD>", table))
    return f"<!doctype html><html><head><meta charset='utf-8'></head><body>{table}<p>unclosed</body>".encode()


@pytest.mark.parametrize(
    "form", [lambda xml: gzip.compress(xml.encode()), lambda xml: xml.encode("utf-8-sig"), _as_html]
)
def test_gzip_a_byte_order_mark_and_html_change_nothing(form: Callable[[str], bytes]) -> None:
    frame, same = entries_of(XML), entries_of(form(XML))
    assert same["country"].tolist() == frame["country"].tolist()
    assert same["citations"].map(len).tolist() == frame["citations"].map(len).tolist()
    assert same["addresses"].map(len).tolist() == frame["addresses"].map(len).tolist()


def test_the_screening_lists_csv_gives_every_list_and_flags_individuals() -> None:
    frame = entries_of(CSL)
    assert frame["list"].tolist() == ["Entity List", "SDN"]
    first = frame.iloc[0]
    assert first["name"] == "Blue Kiln Technology Co., Ltd."
    assert (first["country"], first["aliases"]) == ("CN;IR", ("BKT", "Blue Kiln"))
    assert first["first_cited_on"] == pd.Timestamp("2023-03-06")
    assert frame["is_person"].tolist() == [False, True]


def test_the_screening_lists_csv_may_be_utf16_as_spreadsheets_save_it() -> None:
    assert entries_of(CSL.encode("utf-16"))["name"].tolist() == entries_of(CSL)["name"].tolist()


def test_the_screening_lists_json_gives_the_same() -> None:
    row = {
        "source": "Entity List (EL) - Bureau of Industry and Security", "type": None,
        "name": "Blue Kiln Technology Co., Ltd.", "alt_names": ["BKT", "Blue Kiln"],
        "addresses": [{"address": "No. 7, Kiln Road", "city": "Wuhan", "country": "CN"}],
        "federal_register_notice": "88 FR 13670", "start_date": "2023-03-06",
        "license_requirement": "All items subject to the EAR (see §744.11)",
        "license_policy": "Presumption of denial",
    }  # fmt: skip
    frame = entries_of(json.dumps({"total": 1, "results": [row]}))
    csv = entries_of(CSL).iloc[:1]
    columns = [
        "name",
        "aliases",
        "licence_requirement",
        "review_policy",
        "citations",
        "first_cited_on",
        "list",
    ]
    pd.testing.assert_frame_equal(frame[columns], csv[columns])
    assert frame.loc[0, "addresses"] == ("No. 7, Kiln Road, Wuhan, CN",)


def test_biss_own_csv_joins_its_rows_for_every_address_and_alias() -> None:
    head = (
        "Source List,Name,Alternate Name,Address,City,Country,Federal Register Notice,Effective Date,"
        "License Requirement,License Policy\n"
    )
    row = "EL,Blue Kiln Ltd.,{},{},Wuhan,CN,88 FR 13675,3/6/2023,All items,Presumption of denial\n"
    frame = entries_of(
        head + row.format("BKT", "No. 7") + row.format("Kiln", "No. 7") + row.format("BKT", "No. 9")
    )
    assert len(frame) == 1
    assert frame.loc[0, "aliases"] == ("BKT", "Kiln")
    assert frame.loc[0, "addresses"] == ("No. 7, Wuhan, CN", "No. 9, Wuhan, CN")


def test_natural_persons_are_counted_and_their_names_aliases_and_addresses_withheld() -> None:
    shown = withhold_persons(entries_of(XML))
    assert len(shown) == 3
    assert shown.loc[1, "name"] == WITHHELD
    assert "Testname" not in shown.to_csv() and "Quiet Road" not in shown.to_csv()
    assert shown.loc[0, "name"] == "Blue Kiln Technology Co., Ltd."


def test_the_order_of_the_file_is_kept_and_nothing_is_read_twice() -> None:
    row = "<TR><TD>IRAN</TD><TD>Valve {n} Company</TD><TD/><TD/><TD>88 FR {n}</TD></TR>"
    many = "".join(row.format(n=n) for n in range(1, 501))
    frame = entries_of(f"<DIV9><TABLE>{HEAD}{many}</TABLE><TABLE><TR><TD>other</TD></TR></TABLE></DIV9>")
    assert frame["name"].tolist() == [f"Valve {n} Company" for n in range(1, 501)]
    assert frame["entity_id"].is_unique
