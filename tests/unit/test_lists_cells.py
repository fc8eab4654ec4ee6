"""The grammar of an entry's cell: names, aliases, addresses, citations, codes, natural persons."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows.lists.cells import exported_cell, name_and_aliases, read_cell, split_addresses
from chipflows.lists.citations import Citation, citations, date_undated, first_cited, read_date
from chipflows.lists.codes import footnotes, requirement_code, review_code
from chipflows.lists.countries import country_code
from chipflows.lists.frame import Entry, firms, to_frame
from chipflows.lists.persons import is_person
from chipflows.lists.words import name_key, words

NAMES = st.sampled_from(
    ["Meridian Optics Co., Ltd.", "Blue Kiln Technology", "Harbour Lathe Works, Inc.", "Ostrava Sensor GmbH",
     "12th Alloy Research Institute", "Northern Relay Electronics (Hong Kong) Limited", "Tarn Avionics JSC"]
)  # fmt: skip
ALIASES = st.sampled_from(
    ["MOC", "Meridian Guangxue", "BKT Tech", "Hlathe", "Ostra-Sensor", "Alloy Institute Twelve", "NRE"]
)  # fmt: skip
ADDRESSES = st.sampled_from(
    ["No. 7, Kiln Road, Wuhan, China", "Room 12, 3/F, Pier Street, Kowloon, Hong Kong",
     "P.O. Box 44, Tehran, Iran", "5 Lipova Street, Minsk 220001, Belarus",
     "Unit 9, Block C, Sungai Besi, Kuala Lumpur, Malaysia"]
)  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["", " ", ";", "—", "a.k.a.", "(", "a.k.a., the following two aliases:", "—;—;and"]
)
def test_a_cell_that_says_nothing_gives_no_alias_and_no_address(cell: str) -> None:
    found = read_cell(cell)
    assert not [part for part in (*found.aliases, *found.addresses) if not part.strip(" ;—")]


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error_and_no_part_is_blank(text: str) -> None:
    found = read_cell(text)
    assert all(part.strip() for part in (*found.aliases, *found.addresses))
    exported_cell(text, [text], text)
    name_and_aliases(text)


@settings(deadline=None)  # the machine may be busy
@given(
    NAMES,
    st.lists(ALIASES, min_size=1, max_size=5, unique=True),
    st.lists(ADDRESSES, max_size=3, unique=True),
)
def test_listed_aliases_and_addresses_come_back_as_written(
    name: str, aliases: list[str], addresses: list[str]
) -> None:
    listed = "".join(f"—{alias}; " for alias in aliases[:-1]) + f"and —{aliases[-1]}."
    if len(aliases) == 1:
        listed = f"—{aliases[0]}."
    where = "; and ".join(addresses)
    found = read_cell(f"{name}, a.k.a., the following {len(aliases)} aliases: {listed} {where}")

    assert found.name == name
    # "Tech. No. 7" may be an abbreviation: the full stop then stays with the alias
    assert [alias.rstrip(".") for alias in found.aliases] == aliases
    assert found.addresses == tuple(addresses)


@settings(deadline=None)  # the machine may be busy
@given(NAMES, ADDRESSES)
def test_a_name_and_its_address_are_cut_at_the_comma_between_them(name: str, address: str) -> None:
    found = read_cell(f"{name}, {address}")
    assert (found.name, found.addresses) == (name, (address,))


@settings(deadline=None)  # the machine may be busy
@given(NAMES, ALIASES, ADDRESSES)
def test_an_alias_in_brackets_leaves_the_name(name: str, alias: str, address: str) -> None:
    found = read_cell(f"{name} (a.k.a. {alias}), {address}")
    assert (found.name, found.aliases, found.addresses) == (name, (alias,), (address,))


@settings(deadline=None)  # the machine may be busy
@given(
    NAMES, st.lists(ALIASES, min_size=1, max_size=4, unique=True), st.lists(ADDRESSES, min_size=1, max_size=3)
)
def test_no_alias_marker_stays_in_a_part(name: str, aliases: list[str], addresses: list[str]) -> None:
    text = f"{name}, a.k.a. {'; and f.k.a. '.join(aliases)}, {'; and '.join(addresses)}"
    found = read_cell(text)
    assert not [part for part in (found.name, *found.aliases, *found.addresses) if ".k.a" in part]


@pytest.mark.parametrize(
    ("text", "name", "aliases"),
    [
        ("Blue Kiln Ltd., a.k.a. BKT", "Blue Kiln Ltd.", ("BKT",)),
        ("Blue Kiln Ltd. (f.k.a. Red Kiln Ltd.)", "Blue Kiln Ltd.", ("Red Kiln Ltd.",)),
        ("Blue Kiln Ltd.", "Blue Kiln Ltd.", ()),
    ],
)
def test_an_alias_within_a_screening_lists_name_is_moved(
    text: str, name: str, aliases: tuple[str, ...]
) -> None:
    assert name_and_aliases(text) == (name, aliases)


def test_units_that_stand_among_the_addresses_become_names() -> None:
    found = exported_cell(
        "Kiln Group Co., Ltd.",
        ["KG"],
        "Addresses for Kiln Group Co., Ltd.: No. 1 Kiln Road, Wuhan, China; and No. 2 Kiln Road, Wuhan, "
        "China. Wuhan Kiln Terminal Co., Ltd., Kiln Base, B1, Wuhan, China. Kiln Software Co., Ltd., No. 9, "
        "Wuhan, China.",
    )
    assert found.aliases == ("KG", "Wuhan Kiln Terminal Co., Ltd.", "Kiln Software Co., Ltd.")
    assert found.addresses == (
        "No. 1 Kiln Road, Wuhan, China", "No. 2 Kiln Road, Wuhan, China", "Kiln Base, B1, Wuhan, China",
        "No. 9, Wuhan, China",
    )  # fmt: skip


def test_a_reference_to_another_entry_is_no_part_of_a_name_or_an_address() -> None:
    found = read_cell(
        "Tarn Avionics JSC (See alternate address under Singapore), 5 Lipova Street, Minsk, Belarus"
    )
    assert found.name == "Tarn Avionics JSC"
    assert split_addresses("5 Lipova St., Minsk (See also address under Iran); and P.O. Box 3") == (
        "5 Lipova St., Minsk", "P.O. Box 3",
    )  # fmt: skip


@settings(deadline=None)  # the machine may be busy
@given(st.integers(60, 91), st.integers(1, 99_999), st.dates(date(1995, 1, 1), date(2026, 12, 31)))
def test_a_citation_comes_back_however_its_date_is_written(volume: int, page: int, on: date) -> None:
    ref = f"{volume} FR {page}"
    for written in (
        f"{volume} FR {page:,}, {on.month}/{on.day}/{on.year}", f"{volume} FR {page} {on:%m/%d/%y}.",
        f"{volume} F.R. {page}, {on.month:02}/{on.day:02}/{on.year}", f"{ref} ({on:%B} {on.day}, {on.year})",
        str(Citation(ref, on)),
    ):  # fmt: skip
        assert citations(written) == (Citation(ref, on),), written


@pytest.mark.parametrize("text", ["", "none", "FR 123", "13/45/2020", "84 FR", "page 84"])
def test_what_is_no_citation_gives_none(text: str) -> None:
    assert citations(text) == ()


@pytest.mark.parametrize("text", ["2021-13-01", "0097-06-30", "31/31/2021", "Junary 3, 2020", "", "tomorrow"])
def test_what_is_no_day_gives_none(text: str) -> None:
    assert read_date(text) is None


def test_an_undated_page_takes_the_day_another_entry_gives_it_and_the_first_is_the_earliest() -> None:
    found = date_undated(citations("84 FR 22963; 85 FR 51603, 8/20/20"), {"84 FR 22963": date(2019, 5, 21)})
    assert [item.on for item in found] == [date(2019, 5, 21), date(2020, 8, 20)]
    assert first_cited(found) == date(2019, 5, 21)
    assert first_cited(citations("84 FR 22963")) is None
    assert citations("84 FR 22963, 5/21/19")[0].is_date_sound
    assert not citations("84 FR 22963, 5/21/21")[0].is_date_sound


@pytest.mark.parametrize(
    ("text", "code", "digits"),
    [
        ("For all items subject to the EAR. (See § 744.11 of the EAR)", "all_items [744.11]", ()),
        ("For all items subject to the EAR (see §§ 734.9(e)(2) and 744.11 of the EAR) 4",
         "all_items [734.9(e)(2), 744.11]", ("4",)),
        ("All items subject to the EAR. (See §§ 734.9(g),3 746.8(a)(3), and 744.21(b) of the EAR)",
         "all_items [734.9(g), 746.8(a)(3), 744.21(b)]", ("3",)),
        ("For all items on the CCL.", "ccl_items", ()),
        ("", "", ()),
    ],
)  # fmt: skip
def test_a_requirement_becomes_a_code_with_its_sections_and_footnotes(
    text: str, code: str, digits: tuple[str, ...]
) -> None:
    assert requirement_code(text) == code
    assert footnotes(text) == digits


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Presumption of denial.", "presumption_of_denial"),
        ("Policy of denial for all items, except case-by-case for food (see § 746.8(b))",
         "policy_of_denial + case_by_case [746.8(b)]"),
        ("See § 744.2(d) of the EAR", "as_section_says [744.2(d)]"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_review_policy_becomes_a_code(text: str, code: str) -> None:
    assert review_code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("China, People's Republic of", "CN"), ("Hong Kong", "HK"), ("U.A.E.", "AE"), ("pk", "PK"),
     ("Atlantis", ""), ("", ""), ("Crimea Region of Ukraine", "UA")],
)  # fmt: skip
def test_a_country_becomes_its_iso_code_and_an_unknown_one_nothing(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    "name",
    [
        "Mohammad Invented",
        "Ivan Petrovich Invented",
        "Dr. Invented Testname",
        "Pat Testname",
        "A. B. Testname",
    ],
)
def test_a_natural_person_or_a_name_that_cannot_be_told_is_flagged(name: str) -> None:
    assert is_person(name)


@pytest.mark.parametrize(
    "name",
    [
        "Blue Kiln Ltd.",
        "Kiln Research Institute No. 4",
        "Testname & Sons",
        "КILN OAO",
        "蓝窑科技有限公司",
        "Xtq",
    ],
)
def test_a_firm_is_not(name: str) -> None:
    assert not is_person(name)


def test_the_type_that_a_source_gives_decides() -> None:
    assert is_person("Blue Kiln Ltd.", kind="Individual")
    assert not is_person("Pat Testname", kind="Entity")


def test_only_firms_and_firms_names_and_places_remain() -> None:
    frame = to_frame([
        Entry("Pat Testname", ("Blue Kiln",), "CN"),
        Entry("Blue Kiln Ltd.", ("BKT", "Mohammad Invented"), "CN", ("c/o Pat Testname, 1 Road", "2 Road")),
    ])  # fmt: skip
    kept = firms(frame)
    assert kept["name"].tolist() == ["Blue Kiln Ltd."]
    assert kept["aliases"].tolist() == [("BKT",)]
    assert kept["addresses"].tolist() == [("2 Road",)]


def test_an_id_stays_the_same_and_a_second_of_its_kind_is_numbered() -> None:
    entries = [
        Entry("Blue Kiln Ltd.", country="CN"),
        Entry("BLUE KILN LTD", country="CN"),
        Entry("X" * 90 + " Co."),
    ]
    ids = to_frame(entries)["entity_id"].tolist()
    assert ids[:2] == ["el_cn_blue_kiln_ltd", "el_cn_blue_kiln_ltd_2"]
    assert len(ids[2]) < 70


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=60))
def test_words_are_lower_case_latin_letters_and_digits_whatever_the_script(text: str) -> None:
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words(text))
    assert name_key(name_key(text)) == name_key(text)
