"""Each rule on end uses, products, listings and foundries changes its answer on its first day.

The rules are read here by a small evaluator of this file's own, so that the data are checked apart from the
engine. An answer is (required, policy, footnote); required is True, False or None for "cannot tell".
"""

from __future__ import annotations

import csv
import operator as op
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chipflows.tables.fields import FIELDS
from chipflows.tables.rules import Entry, Rule, load_rules

GROUPS = Path(__file__).resolve().parents[2] / "data" / "tables" / "country_groups.csv"
Answer = tuple[bool | None, Any, int | None]
Facts = Mapping[str, Any]
NO: Answer = (False, None, None)
COMPARE = {"min": op.ge, "above": op.gt, "max": op.le, "below": op.lt, "is": op.eq}
OURS = (
    "fab_end_use",
    "fdp_",
    "entity_list_",
    "supercomputer",
    "sme_",
    "us_persons",
    "foundry",
    "letter_tsmc",
    "zte",
)


def membership() -> dict[str, list[tuple[str, date, date]]]:
    """Return the spans of each country group: (country, from, until)."""
    found: dict[str, list[tuple[str, date, date]]] = {}
    with GROUPS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            until = date.fromisoformat(row["until"]) if row["until"] else date.max
            found.setdefault(row["group"], []).append(
                (row["country"], date.fromisoformat(row["from"]), until)
            )
    return found


MEMBERS = membership()


def inside(country: str, places: list[str], day: date) -> bool:
    """True when *country* is named, or in a group named, on *day*."""
    return any(
        place in ("worldwide", country)
        or any(c == country and start <= day < end for c, start, end in MEMBERS.get(place, ()))
        for place in places
    )


def negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def conjunction(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def holds(test: Mapping[str, Any], facts: Facts, day: date) -> bool | None:
    """Kleene: false and unknown is false, true and unknown is unknown."""
    ((name, body),) = test.items()
    if name == "all":
        return conjunction([holds(part, facts, day) for part in body])
    if name == "any":
        return negated(conjunction([negated(holds(part, facts, day)) for part in body]))
    if name == "not":
        return negated(holds(body, facts, day))
    if name == "unknown":
        return None
    value = facts.get(name, FIELDS[name].default)
    if value is None:
        return None
    return conjunction([compare(name, operator, value, bound, day) for operator, bound in body.items()])


def compare(name: str, operator: str, value: Any, bound: Any, day: date) -> bool:
    if FIELDS[name].kind == "country":
        among = inside(value, bound if isinstance(bound, list) else [bound], day)
        return not among if operator == "not_in" else among
    if operator in ("in", "not_in"):
        return (value in bound) == (operator == "in")
    return bool(COMPARE[operator](value, bound))


def entry_answer(entry: Entry, facts: Facts, day: date) -> Answer:
    to = facts.get("to", "CN")
    places = entry.destinations
    placed = places is not None and inside(to, places.in_, day) and not inside(to, places.except_, day)
    placed = placed or inside(facts.get("party_hq", to), entry.or_headquartered_in, day)
    required = conjunction([placed, True if entry.test is None else holds(entry.test, facts, day)])
    if required and entry.cannot_tell:
        required = None
    return NO if required is False else (required, entry.policy, entry.footnote)


def answer(rule: Rule, facts: Facts, day: date) -> Answer:
    """Return the first answer other than "no" among the values that hold and count on *day*."""
    counting = [
        e for e in rule.timeline if e.decides and e.from_ <= day and (e.until is None or day < e.until)
    ]
    return next((a for a in (entry_answer(e, facts, day) for e in counting) if a != NO), NO)


FAB = {"end_use": "ic_fabrication"}
LOGIC = {**FAB, "fab_logic_nm": 14, "fab_is_nonplanar": True}
NAND = {**FAB, "fab_nand_layers": 128}
DRAM_18NM = {**FAB, "fab_dram_half_pitch_nm": 18}
DENSE_DRAM = {
    **FAB,
    "fab_dram_cell_um2": 0.0018,
    "fab_dram_density_gb_mm2": 0.30,
    "fab_dram_half_pitch_nm": 19,
}
CXMT_G4 = {
    **FAB,
    "fab_dram_cell_um2": 0.0020,
    "fab_dram_density_gb_mm2": 0.239,
    "fab_dram_meets_tsv_limb": False,
}
UNKNOWN_NODE = {**FAB, "item_is_category_3_bcde": True, "fab_node_is_known": False}
SUPERCOMPUTER = {"end_use": "supercomputer"}
TOOLMAKER = {"end_use": "sme_development"}
US_PERSON = {
    **LOGIC, "us_person": True, "fab_nand_layers": 0, "fab_dram_half_pitch_nm": 99,
    "fab_dram_meets_tsv_limb": False,
}  # fmt: skip
US_PERSON_DRAM = {
    "us_person": True, "end_use": "us_person_support", "fab_logic_nm": 40, "fab_is_nonplanar": False,
    "fab_nand_layers": 0, "fab_dram_half_pitch_nm": 18, "fab_dram_cell_um2": 0.0024,
    "fab_dram_density_gb_mm2": 0.2, "fab_dram_meets_tsv_limb": False,
}  # fmt: skip
DESIGN = {"to": "TW", "end_use": "advanced_node_design", "item_is_ecad_tcad": True, "production_site": "CN"}
ABROAD = {"origin": "abroad", "designer_hq": "US"}
H100_ABROAD = {**ABROAD, "eccn": "3A090.a"}
TOOL = {"origin": "abroad", "has_us_technology_chip": True, "exporting_country": "KR"}
FN5_TOOL = {**TOOL, "item_is_fn5_tool": True}
FOUNDRY = {
    "exporter_role": "front_end_fabricator", "node_nm": 7, "is_nonplanar": True, "designer_status": "none",
    "transistors_bn": 50, "has_hbm": True,
}  # fmt: skip
SMALL_DIE = {**FOUNDRY, "transistors_bn": 32, "has_hbm": False}

# rule, first day, facts, required the day before, required on the day
CASES: list[tuple[str, str, Facts, bool | None, bool | None]] = [
    ("fab_end_use_logic", "2022-10-07", LOGIC, False, True),
    ("fab_end_use_logic", "2023-01-17", {**LOGIC, "to": "MO"}, False, True),
    ("fab_end_use_logic", "2023-11-17", {**LOGIC, "to": "RU"}, False, True),
    ("fab_end_use_nand", "2022-10-07", NAND, False, True),
    ("fab_end_use_nand", "2023-01-17", {**NAND, "to": "MO"}, False, True),
    ("fab_end_use_nand", "2023-11-17", {**NAND, "to": "RU"}, False, True),
    ("fab_end_use_dram", "2022-10-07", DRAM_18NM, False, True),
    ("fab_end_use_dram", "2023-01-17", {**DRAM_18NM, "to": "MO"}, False, True),
    ("fab_end_use_dram", "2023-11-17", {**DRAM_18NM, "to": "RU"}, False, True),
    ("fab_end_use_dram", "2024-12-02", DENSE_DRAM, False, True),
    ("fab_end_use_dram", "2024-12-02", {**CXMT_G4, "fab_dram_half_pitch_nm": 16}, True, False),
    ("fab_end_use_dram_2025", "2025-01-16", CXMT_G4, False, None),
    ("fab_end_use_unknown_node", "2022-10-07", UNKNOWN_NODE, False, True),
    ("fab_end_use_unknown_node", "2023-01-17", {**UNKNOWN_NODE, "to": "MO"}, False, True),
    ("fab_end_use_unknown_node", "2023-11-17", {**UNKNOWN_NODE, "to": "RU"}, False, True),
    ("fab_end_use_design_software", "2023-11-17", DESIGN, False, True),
    ("supercomputer_end_use", "2022-10-21", SUPERCOMPUTER, False, True),
    ("supercomputer_end_use", "2023-01-17", {**SUPERCOMPUTER, "to": "MO"}, False, True),
    ("supercomputer_end_use", "2023-11-17", {**SUPERCOMPUTER, "to": "RU"}, False, True),
    ("sme_development_end_use", "2022-10-07", TOOLMAKER, False, True),
    ("sme_development_end_use", "2023-01-17", {**TOOLMAKER, "to": "MO"}, False, True),
    ("sme_development_end_use", "2023-11-17", {**TOOLMAKER, "to": "RU"}, False, True),
    ("us_persons_support", "2022-10-12", US_PERSON, False, True),
    ("us_persons_support", "2023-01-17", {**US_PERSON, "to": "MO"}, False, True),
    ("us_persons_support", "2023-11-17", {**US_PERSON, "to": "RU"}, False, True),
    ("us_persons_support", "2024-12-02", US_PERSON_DRAM, True, False),
    ("fdp_footnote_1", "2020-05-15",
     {**ABROAD, "end_user_footnote": "1", "is_designed_by_end_user": True}, False, True),
    ("fdp_footnote_1", "2020-08-17", {**ABROAD, "end_user_footnote": "1"}, False, True),
    ("fdp_footnote_4", "2022-10-21", {**ABROAD, "end_user_footnote": "4"}, False, True),
    ("fdp_footnote_5", "2024-12-31", {**FN5_TOOL, "end_user_footnote": "5"}, False, True),
    ("fdp_sme", "2024-12-31", {**TOOL, "item_is_sme_set": True}, False, True),
    ("fdp_advanced_computing", "2022-10-21", {**H100_ABROAD, "eccn": "3A090"}, False, True),
    ("fdp_advanced_computing", "2023-01-17", {**H100_ABROAD, "eccn": "3A090", "to": "MO"}, False, True),
    ("fdp_advanced_computing", "2023-11-17", {**H100_ABROAD, "to": "VN"}, False, True),
    ("fdp_advanced_computing", "2023-11-17", {**H100_ABROAD, "to": "SG", "party_hq": "CN"}, False, True),
    ("fdp_advanced_computing", "2024-12-31", {**H100_ABROAD, "eccn": "3A090.c"}, False, True),
    ("fdp_advanced_computing", "2025-05-13", {**H100_ABROAD, "to": "SG", "party_hq": "CN"}, True, None),
    ("fdp_advanced_computing", "2026-05-31", {**H100_ABROAD, "to": "SG", "party_hq": "CN"}, None, True),
    ("fdp_supercomputer", "2022-10-21", {**ABROAD, **SUPERCOMPUTER}, False, True),
    ("fdp_supercomputer", "2023-01-17", {**ABROAD, **SUPERCOMPUTER, "to": "MO"}, False, True),
    ("foundry_due_diligence", "2025-01-31", FOUNDRY, False, True),
    ("foundry_due_diligence", "2027-01-01", {**FOUNDRY, "designer_status": "authorised"}, False, True),
    ("foundry_due_diligence", "2027-01-01", SMALL_DIE, True, False),
    ("foundry_due_diligence", "2028-01-01", SMALL_DIE, False, True),
    ("foundry_due_diligence", "2029-01-01", SMALL_DIE, True, False),
    ("letter_tsmc_2024", "2024-11-11", {"exporter": "TSMC", "node_nm": 7, "party_hq": "CN"}, False, True),
    ("zte_denial_order", "2018-04-15", {"end_user": "ZTE Corporation"}, False, True),
    ("zte_denial_order", "2018-07-13", {"end_user": "ZTE Corporation"}, True, False),
    ("entity_list_arrow_china", "2025-11-12",
     {"end_user": "Arrow (China) Electronics Trading Co., Ltd."}, True, False),
]  # fmt: skip
# firms people ask for, and the day their listing, footnote or policy changed
LISTED: list[tuple[str, str, list[str]]] = [
    ("entity_list_fujian_jinhua", "Fujian Jinhua", ["2018-10-30", "2024-12-02"]),
    ("entity_list_huawei", "Huawei", ["2019-05-16", "2020-05-15"]),
    ("entity_list_huawei_2019_08", "Huawei Technologies India Private Limited", ["2019-08-19", "2020-05-15"]),
    ("entity_list_huawei_2020_08", "Huawei Cloud", ["2020-08-17"]),
    ("entity_list_sugon_hygon", "Hygon", ["2019-06-24", "2022-10-21"]),
    ("entity_list_ai_firms_2019", "SenseTime", ["2019-10-09", "2022-10-21"]),
    ("entity_list_hikvision", "Hikvision", ["2019-10-09"]),
    ("entity_list_smic", "SMIC", ["2020-12-18", "2024-12-02"]),
    ("entity_list_smic_units", "SMIC Holdings Limited", ["2020-12-18", "2024-12-02"]),
    ("entity_list_phytium", "Phytium", ["2021-04-08", "2022-10-21"]),
    ("entity_list_ymtc_smee", "YMTC", ["2022-12-16"]),
    ("entity_list_cambricon", "Cambricon", ["2022-12-16"]),
    ("entity_list_pengxinwei", "PXW", ["2022-12-16", "2024-12-02"]),
    ("entity_list_inspur_group", "Inspur Group", ["2023-03-06"]),
    ("entity_list_biren_moore_threads", "Moore Threads", ["2023-10-17"]),
    ("entity_list_sitonholy", "Sitonholy", ["2024-04-11"]),
    ("entity_list_december_2024", "Naura", ["2024-12-02"]),
    ("entity_list_december_2024_fabs", "SwaySure", ["2024-12-02"]),
    ("entity_list_zhipu", "Zhipu", ["2025-01-16"]),
    ("entity_list_sophgo", "PowerAir", ["2025-01-16"]),
    ("entity_list_inspur_units", "Nettrix", ["2025-03-25"]),
    ("entity_list_fudan_micro", "Fudan Microelectronics", ["2025-09-16"]),
    ("entity_list_september_2025", "GMC Semiconductor", ["2025-09-16"]),
    ("entity_list_october_2025", "Arrow Electronics (Hong Kong) Co., Ltd.", ["2025-10-09"]),
    ("entity_list_arrow_china", "Arrow (China) Electronics Trading Co., Ltd.", ["2025-10-09", "2025-11-12"]),
]


def both_days(rule: str, first: str, facts: Facts) -> tuple[Answer, Answer]:
    """The answers of the day before *first* and of *first*."""
    day = date.fromisoformat(first)
    found = load_rules()[rule]
    return answer(found, facts, day - timedelta(days=1)), answer(found, facts, day)


def deciding() -> Iterator[tuple[str, date]]:
    """Every rule of ours that decides, with each first day of a value that counts."""
    for rule in load_rules().values():
        if rule.kind == "requirement" and rule.id.startswith(OURS):
            yield from ((rule.id, entry.from_) for entry in rule.timeline if entry.decides)


@pytest.mark.parametrize(("rule", "first", "facts", "before", "after"), CASES)
def test_a_rule_bites_from_its_first_day_and_not_the_day_before(
    rule: str, first: str, facts: Facts, before: bool | None, after: bool | None
) -> None:
    one, two = both_days(rule, first, facts)
    assert (one[0], two[0]) == (before, after)


@pytest.mark.parametrize(
    ("rule", "firm", "first"), [(rule, firm, day) for rule, firm, days in LISTED for day in days]
)
def test_a_listing_changes_the_answer_on_its_day(rule: str, firm: str, first: str) -> None:
    one, two = both_days(rule, first, {"end_user": firm})
    assert one != two


@pytest.mark.parametrize(("rule", "firm", "first"), [(rule, firm, days[0]) for rule, firm, days in LISTED])
def test_a_firm_needs_no_licence_by_a_listing_before_its_first_day(rule: str, firm: str, first: str) -> None:
    one, two = both_days(rule, first, {"end_user": firm, "origin": "US"})
    assert (one, two[0]) == (NO, True)


def test_every_first_day_of_a_deciding_rule_has_a_case() -> None:
    tested = {(rule, date.fromisoformat(first)) for rule, first, *_ in CASES}
    tested |= {(rule, date.fromisoformat(day)) for rule, _, days in LISTED for day in days}
    assert sorted(set(deciding()) - tested) == []


def test_the_parent_of_inspur_was_listed_two_years_before_its_units() -> None:
    known = load_rules()
    for day, group, unit in (
        ("2023-03-05", False, False),
        ("2023-03-06", True, False),
        ("2025-03-25", True, True),
    ):
        on = date.fromisoformat(day)
        parent = answer(known["entity_list_inspur_group"], {"end_user": "Inspur Group"}, on)[0]
        child = answer(known["entity_list_inspur_units"], {"end_user": "Inspur Software"}, on)[0]
        assert (parent, child) == (group, unit)


def test_no_listing_names_cxmt() -> None:
    ours = [rule for rule in load_rules().values() if rule.id.startswith("entity_list_")]
    names = [name for rule in ours for name in listed_names(rule)]
    assert not [name for name in names if "cxmt" in name.lower() or "changxin" in name.lower()]


def listed_names(rule: Rule) -> set[str]:
    """Every name and alias in the tests of a listing."""
    return {name for entry in rule.timeline for name in (entry.test or {})["all"][0]["end_user"]["in"]}


def test_a_footnote_4_firm_is_reached_from_abroad_and_a_firm_without_footnote_cannot_be_told() -> None:
    known, day = load_rules(), date(2025, 6, 2)
    chip = {"origin": "abroad", "designer_hq": "US"}
    assert answer(known["entity_list_sophgo"], {**chip, "end_user": "Sophgo"}, day)[0] is True
    assert answer(known["entity_list_zhipu"], {**chip, "end_user": "Zhipu"}, day)[0] is None


def test_tools_from_japan_are_outside_the_equipment_product_rule_and_tools_from_korea_are_not() -> None:
    rule, tool = load_rules()["fdp_sme"], {**TOOL, "item_is_sme_set": True}
    assert answer(rule, {**tool, "exporting_country": "JP"}, date(2025, 6, 2)) == NO
    assert answer(rule, tool, date(2025, 6, 2))[0] is True


def test_an_ordinary_chip_to_an_unlisted_buyer_meets_none_of_these_rules() -> None:
    day, known = date(2025, 6, 2), load_rules()
    chip = {"to": "CN", "designer_hq": "US", "eccn": "none", "exporter": "NVIDIA", "end_user_footnote": ""}
    assert [name for name, _ in deciding() if answer(known[name], chip, day) != NO] == []


@pytest.mark.parametrize("name", sorted(n for n, rule in load_rules().items() if rule.kind == "fact"))
def test_a_fact_has_a_date_and_a_citation_and_never_decides(name: str) -> None:
    rule = load_rules()[name]
    assert all(entry.from_ >= date(2018, 1, 1) and entry.citation.ref for entry in rule.timeline)
    assert rule.eccn is None
    assert not rule.amends
