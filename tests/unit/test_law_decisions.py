"""Worked licence decisions: each says why, and each is what `decide` answers, fit to be read aloud."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from chipflows import law, tables

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "expected_decisions.csv"
ANSWERS = {"yes": True, "no": False, "cannot tell": None}


def golden() -> list[dict[str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decided(row: dict[str, str]) -> law.Decision:
    owned = {"listed_owner_pct": float(row["listed_owner_pct"])} if row["listed_owner_pct"] else {}
    return law.decide(
        row["chip"], row["to"], row["on"], origin=row["origin"], party_hq=row["party_hq"],
        end_user=row["end_user"] or None, **owned,
    )  # fmt: skip


@pytest.mark.parametrize("row", golden(), ids=lambda row: row["case"])
def test_a_worked_decision_comes_out_as_reasoned(row: dict[str, str]) -> None:
    found = decided(row)
    assert found.licence_required is ANSWERS[row["licence_required"]], row["why"]
    assert found.eccn == row["eccn"]
    assert (found.review_policy or "") == row["review_policy"]
    assert list(found.exceptions) == [one for one in row["exceptions"].split(";") if one]


def test_every_worked_decision_names_sources_that_have_a_card() -> None:
    for row in golden():
        tables.require_cards(row["source_ids"].split(";"), row["case"])


@pytest.mark.parametrize(
    ("day", "required", "said"),
    [
        ("2024-06-01", False, "No licence is required under the rules modelled"),
        ("2025-05-01", True, "April 2025 letter to NVIDIA"),
        ("2025-09-01", True, "15% of revenue"),
        ("2026-06-01", True, "PRC side: the H20 discouraged"),
    ],
)
def test_the_h20_story_is_told_date_by_date(day: str, required: bool, said: str) -> None:
    found = law.decide("h20", "CN", day)
    assert found.licence_required is required
    assert said in found.explanation


def test_licences_being_issued_do_not_end_the_requirement() -> None:
    found = law.decide("h20", "CN", "2025-09-01")
    assert found.licence_required is True
    assert found.review_policy == "case by case: licences being issued"
    assert found.rules[0]["id"] == "letter_nvidia_apr2025"


def test_the_h20_to_malaysia_is_outside_the_letter() -> None:
    assert law.decide("h20", "MY", "2025-06-01").licence_required is False


def test_a_listed_buyer_needs_a_licence_for_a_chip_that_is_free_otherwise() -> None:
    found = law.decide("h20", "CN", "2025-03-01", end_user="Inspur Group")
    assert found.licence_required is True
    assert found.rules[0]["id"] == "entity_list_inspur_group"


def test_a_named_buyer_on_no_listing_modelled_comes_with_a_caution() -> None:
    found = law.decide("h20", "CN", "2024-06-01", end_user="Plain Example Trading")
    assert found.licence_required is False
    assert "not the whole Entity List" in found.explanation


def test_an_explanation_never_calls_a_sale_legal_or_permitted() -> None:
    for row in golden():
        words = decided(row).explanation.replace("not legal advice", "").lower()
        assert " legal" not in words
        assert "permitted" not in words


def test_every_rule_behind_a_decision_has_a_citation_and_an_address() -> None:
    for row in golden():
        assert all(rule["citation"] and rule["url"] for rule in decided(row).rules)


def test_hong_kong_follows_the_prc_from_december_2020_only() -> None:
    a100 = {"eccn": "3A090", "on": "2022-12-01"}
    assert law.decide("a100", "HK", a100["on"]).licence_required is True
    groups = law.decide("h100", "HK", "2023-12-01")
    assert groups.review_policy == "presumption of denial"


def test_a_decision_after_the_law_is_known_says_so() -> None:
    assert "known here to 9 October 2026" in law.decide("h20", "CN", "2027-03-01").explanation
    assert "known here" not in law.decide("h20", "CN", "2026-10-09").explanation


def test_the_affiliates_leg_cannot_be_told_after_10_november_2026_and_each_switch_decides_it() -> None:
    case = {"to": "TH", "on": "2026-11-15", "listed_owner_pct": 60.0}
    assert law.decide("l2", **case).licence_required is None
    assert law.decide("l2", **case, scenario="affiliates-rule-on").licence_required is True
    assert law.decide("l2", **case, scenario="affiliates-rule-off").licence_required is False
    assert law.decide("l2", "TH", "2026-11-15").licence_required is False


def test_ownership_of_a_named_buyer_that_is_not_given_is_unknown_while_the_rule_is_in_force() -> None:
    assert law.decide("l2", "TH", "2025-10-15", end_user="Plain Example Trading").licence_required is None
