"""Edges of the law's arithmetic, each worked by hand: found by branch coverage and by mutation."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflows import law, tables
from chipflows.errors import InputError, RuleError
from chipflows.law.api import findings_of
from chipflows.law.cases import Cases
from chipflows.law.coverage import coverage_table, entry_on, state_on
from chipflows.law.engine import _WIDEST, Finding, _join, find, same_outcome
from chipflows.law.explain import explanation
from chipflows.law.items import check_figures, numbers, performance_density
from chipflows.law.outcome import outcome, strictness
from chipflows.law.parties import match
from chipflows.law.places import Groups
from chipflows.law.reforms import reformed
from chipflows.tables.rules import Rule, load_rules
from chipflows.tables.scenarios import Reform, scenario

DENSE_ITEM = {"tpp": 2000.0, "die_area_mm2": 300.0}  # 2,000 / 300 = 6.67: 3A090.a from November 2023


def cases(**columns: Any) -> Cases:
    frame = pd.DataFrame({"to": ["CN"], "on": ["2024-01-15"], **{k: [v] for k, v in columns.items()}})
    return Cases(frame, Groups(tables.country_groups()))


# ---- one item, asked about in every way, gets one answer


def test_an_item_without_a_chip_is_judged_alike_in_every_call() -> None:
    """A blank chip once made the item's own defaults unknown, where a table without chips knew them."""
    one = law.decide("", "CN", "2023-12-01", **DENSE_ITEM)
    frame = pd.DataFrame([{"to": "CN", "on": "2023-12-01", **DENSE_ITEM}])
    alone = law.decide_table(frame).iloc[0]
    columns = {"chip": ["", "h20"], "to": "CN", "on": "2023-12-01", "tpp": [2000.0, None]}
    mixed = law.decide_table(pd.DataFrame({**columns, "die_area_mm2": [300.0, None]})).iloc[0]
    classified = law.classify(frame[list(DENSE_ITEM)].assign(name="made up"), "CN", "2023-12-01").iloc[0]
    assert one.licence_required is True
    for answer in (alone, mixed, classified):
        assert (answer["eccn"], answer["licence_required"]) == (one.eccn, True) == ("3A090.a", True)


def test_a_row_without_a_chip_may_stand_beside_one_with_and_answers_are_three_valued() -> None:
    rows = {"chip": ["h20", None, "a100"], "to": "CN", "on": ["2024-06-01", "2024-06-01", "2023-06-01"]}
    found = law.decide_table(pd.DataFrame({**rows, "eccn": ["", "EAR99", ""]}))
    assert found["chip"].tolist() == ["h20_96", "", "a100_sxm_80"]
    assert found["licence_required"].dtype == "boolean"
    assert (
        law.decide_table(pd.DataFrame({"to": ["CN"], "on": ["2024-06-01"]}))["licence_required"].isna().all()
    )


def test_a_rule_that_may_reach_a_place_says_that_this_is_not_public() -> None:
    places = {"in": ["CN"], "perhaps": ["SA"]}
    rules = [made(entry("2024-01-01", 100, destinations=places))]
    known = [outcome(found(rules, {"tpp": 150.0, "to": to}), 0) for to in ("CN", "SA", "MY")]
    assert [one.licence_required for one in known] == [True, None, False]
    assert known[1].reasons == ["whether the rule reaches this destination is not public (made_up)"]


def test_a_chip_whose_table_cell_is_blank_stays_unknown() -> None:
    blank = tables.chips().query("die_area_mm2.isna() and tpp >= 1600 and tpp < 4800")["chip_id"]
    assert len(blank) > 0
    assert law.decide(blank.iloc[0], "CN", "2023-12-01").eccn == "cannot tell"


def test_an_answer_names_the_item_by_its_product_or_as_the_item_and_the_place_in_capitals() -> None:
    assert law.decide("h20", "cn", "2025-05-01").to == "CN"
    assert law.decide("h20", "cn", "2025-05-01").explanation.startswith("H20 96GB, from the United States")
    assert law.decide("", "CN", "2025-05-01", eccn="3A090.a").explanation.startswith("The item, from the")


def test_a_table_names_its_rows_by_chip_else_by_name_else_not_at_all() -> None:
    rows = {"to": ["CN"], "on": ["2023-12-01"], "tpp": [2000.0], "die_area_mm2": [300.0]}
    assert law.decide_table(pd.DataFrame({**rows, "name": ["made up"]}))["chip"][0] == "made up"
    assert law.decide_table(pd.DataFrame(rows))["chip"][0] == ""
    both = pd.DataFrame({"chip": ["h20"], "name": ["x"], "to": ["CN"], "on": ["2023-12-01"]})
    assert law.decide_table(both)["chip"][0] == "h20_96"


@pytest.mark.parametrize("scenario_id", ["actual", "letter-h20"])
def test_every_row_of_a_table_carries_its_own_explanation(scenario_id: str) -> None:
    days = ["2024-06-01", "2025-05-01"]
    found = law.decide_table(pd.DataFrame({"chip": "h20", "to": "CN", "on": days}), scenario_id)[
        "explanation"
    ]
    for day, words in zip(days, found, strict=True):
        verdict = law.decide("h20", "CN", day, scenario=scenario_id).explanation.split(". ")[1]
        assert verdict in words
    assert ("This scenario supposes" in found[0]) == (scenario_id != "actual")


def test_classified_rows_keep_their_columns_and_order_whatever_their_index() -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "tpp": [100.0, 5000.0]}, index=[7, 3])
    found = law.classify(frame, "CN", "2023-12-01")
    assert list(found.columns[:2]) == ["name", "tpp"] and "index" not in found
    assert list(found["eccn"]) == ["not 3A090", "3A090.a"]  # 5,000 >= 4,800; 100 is under every threshold
    assert "A licence is required" in found["note"][1] and "No licence is required" in found["note"][0]


def test_dates_may_come_as_a_column_of_timestamps() -> None:
    frame = pd.DataFrame(
        {"chip": ["h20"] * 2, "to": "CN", "on": pd.to_datetime(["2025-04-08", "2025-04-09"])}
    )
    assert list(law.decide_table(frame)["licence_required"]) == [False, True]


@pytest.mark.parametrize("text", ["2025-04-09T23:00", "2025-04-09 23:00:00+08:00"])
def test_a_date_may_carry_a_time_which_does_not_count(text: str) -> None:
    assert law.decide("h20", "CN", text).on == date(2025, 4, 9)


@pytest.mark.parametrize("text", ["2025-04-091", "2025-04-09-30", "2025-04-09x", " 2025-04-09"])
def test_a_date_with_more_behind_it_is_no_date(text: str) -> None:
    with pytest.raises(InputError, match="is not a date"):
        law.decide("h20", "CN", text)


def test_facts_of_a_chip_are_added_beside_the_rows_own_columns_and_nothing_else() -> None:
    frame = pd.DataFrame({"chip": ["h20"], "to": ["CN"], "on": ["2025-05-01"]}, index=[7])
    held = law.cases.with_chip_facts(frame)
    assert list(held.columns[:3]) == list(frame.columns) and list(held.index) == [0]
    assert {"index", "level_0", "chip_id"}.isdisjoint(held.columns)


def test_a_day_on_which_the_law_changes_counts_from_the_first_day_modelled_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changes = law.breakpoints()
    monkeypatch.setattr(law.api, "FIRST_DAY", changes[3])
    assert law.breakpoints() == changes[3:]


def test_a_case_needs_a_destination() -> None:
    with pytest.raises(InputError, match="has no destination"):
        law.decide("h20", "", "2025-05-01")


def test_the_first_day_modelled_is_in_and_the_day_before_is_out() -> None:
    assert law.decide("h100", "CN", "2018-01-01").on == date(2018, 1, 1)
    with pytest.raises(InputError, match="2017-12-31 is before"):
        law.decide("h100", "CN", date(2017, 12, 31))


# ---- figures


def test_a_density_is_that_of_non_planar_dies_and_zero_counts_only_in_tests() -> None:
    # 2,368 / 814 = 2.909; a planar node counts no area: blank for people, 0 for tests; unknown stays unknown
    column = lambda *values: pd.Series(values, dtype=float)  # noqa: E731
    nonplanar = pd.Series([True, False, pd.NA, True], dtype="boolean")
    shown, tested = performance_density(column(2368, 2368, 2368, 100), column(814, 814, 814, 0), nonplanar)
    assert shown[0] == tested[0] == pytest.approx(2.9091, abs=1e-4)
    assert np.isnan(shown[1]) and tested[1] == 0.0
    assert np.isnan(shown[2]) and np.isnan(tested[2])
    assert np.isnan(shown[3]) and np.isnan(tested[3])  # an area of nothing is no area
    small, _ = performance_density(column(2000), column(0.5), nonplanar[:1])
    assert small[0] == 4000.0


@pytest.mark.parametrize(
    ("stated", "refused"), [(1010.0, False), (1010.1, True), (990.0, False), (989.9, True)]
)
def test_a_stated_tpp_may_be_off_by_one_percent_and_no_more(stated: float, refused: bool) -> None:
    frame = pd.DataFrame({"name": ["x"]})
    args = (frame, pd.Series([stated]), pd.Series([1000.0]), lambda _: False)
    if refused:
        with pytest.raises(InputError, match="x: the stated TPP"):
            check_figures(*args)
    else:
        check_figures(*args)


def test_a_figure_that_a_correction_names_stands_and_the_next_row_is_still_checked() -> None:
    frame = pd.DataFrame({"chip": ["known", "other"]})
    stated, computed = pd.Series([2000.0, 2000.0]), pd.Series([1000.0, 1000.0])
    with pytest.raises(InputError, match=r"^other: "):
        check_figures(frame, stated, computed, lambda name: name == "known")


def test_bandwidths_add_up_and_an_unknown_one_leaves_the_sum_unknown() -> None:
    assert cases(mem_bw_gbps=1100.0, io_bw_gbps=600.0).numbers["total_bw_gbps"][0] == 1700.0
    assert np.isnan(cases(mem_bw_gbps=1100.0).numbers["total_bw_gbps"][0])


@pytest.mark.parametrize(
    ("facts", "is_processor"),
    [
        ({"tpp": 100.0}, 2),
        ({}, 2),  # nothing stated: taken for a processor
        ({"mem_bw_density_gbps_mm2": 3.0}, 0),
        ({"name": "x", "product": "HBM3 stack"}, 0),
        ({"tpp": 100.0, "mem_bw_density_gbps_mm2": 3.0}, 2),  # a TPP is stated: a processor
        ({"tpp": 100.0, "is_processor": False}, 0),  # said outright
        ({"mem_bw_density_gbps_mm2": 3.0, "is_processor": True}, 2),
    ],
)
def test_what_is_a_processor_and_what_is_memory(facts: dict[str, Any], is_processor: int) -> None:
    assert cases(**facts).flags["is_processor"][0] == is_processor


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"tpp": None, "die_area_mm2": 300.0}, "total processing performance: not known"),
        ({"tpp": 2000.0, "die_area_mm2": None}, "the die area, and so the performance density, is not known"),
        ({"tpp": 2000.0, "die_area_mm2": 300.0, "is_nonplanar": None}, "whether the node is planar"),
    ],
)
def test_a_density_that_is_not_known_says_why(facts: dict[str, Any], reason: str) -> None:
    found = law.classify(pd.DataFrame([{"name": "made up", **facts}]), "CN", "2023-12-01").iloc[0]
    assert found["eccn"] == "cannot tell" and pd.isna(found["licence_required"])
    assert f"because {reason}" in found["note"]


@pytest.mark.parametrize(
    ("cell", "nonplanar", "copackaged"),
    [(True, 2, 2), ("TRUE ", 2, 2), ("yes", 2, 2), (False, 0, 0), ("no", 0, 0), (None, 1, 0), ("", 1, 0)],
)
def test_a_flag_is_read_in_words_and_a_blank_is_unknown_but_where_the_default_is_no(
    cell: object, nonplanar: int, copackaged: int
) -> None:
    found = cases(is_nonplanar=cell, is_copackaged=cell).flags  # by default yes, and no
    assert (found["is_nonplanar"][0], found["is_copackaged"][0]) == (nonplanar, copackaged)


def test_a_flag_that_is_not_given_takes_its_default_or_is_unknown() -> None:
    found = cases().flags
    assert (found["is_nonplanar"][0], found["is_copackaged"][0]) == (2, 0)
    assert found["us_available_2026_01_15"][0] == 1


def test_a_blank_word_takes_its_default_and_others_lose_their_spaces() -> None:
    assert cases(origin=None).words["origin"][0] == cases().words["origin"][0] == "US"
    assert cases(origin="abroad").words["origin"][0] == "abroad"
    assert cases(end_user=" Example ").words["end_user"][0] == "Example"


def test_figures_that_come_as_text_are_read_as_numbers_and_spaces_and_blanks_do_no_harm() -> None:
    frame = pd.DataFrame({"tpp": ["5000", " 4800.5 ", "", None]})
    assert numbers(frame, "tpp").tolist()[:2] == [5000.0, 4800.5]
    assert numbers(frame, "tpp").isna().tolist() == [False, False, True, True]
    assert numbers(frame, "die_area_mm2").isna().all()
    assert numbers(pd.DataFrame({"tpp": [0.0]}), "tpp").tolist() == [0.0]
    with pytest.raises(InputError, match="tpp is negative"):
        numbers(pd.DataFrame({"tpp": [-1e-9]}), "tpp")


@pytest.mark.parametrize("text", ["9" * 400, "-" + "9" * 6000])
def test_a_number_of_hundreds_of_digits_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="tpp is too long for a number in 1 row"):
        numbers(pd.DataFrame({"tpp": [text]}), "tpp")


@pytest.mark.parametrize(
    "text", ["nan", "NaN", "inf", "-inf", "+inf", "Infinity", "-infinity", "na", "N/A", "null", "None"]
)
def test_a_number_that_is_spelt_out_as_missing_or_endless_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="tpp spells out a missing number"):
        numbers(pd.DataFrame({"tpp": ["5000", text]}), "tpp")


# ---- the words of an answer


@pytest.mark.parametrize(
    ("chip", "day", "facts", "said"),
    [
        ("h20", "2025-05-01", {}, "interconnect 900 GB/s: outside 3A090 as it stands that day."),
        ("h100", "2023-12-01", {}, "19.45, memory 3,350 GB/s, interconnect 900 GB/s: classified 3A090.a."),
        ("h20", "2023-12-01", {"is_nonplanar": ""}, "its class cannot be told from the figures given."),
        ("h20", "2023-12-01", {"is_nonplanar": ""}, "Cannot tell, because whether the node is planar"),
        ("h100", "2023-12-01", {"end_user": "Example"}, "screen the name. Total processing performance"),
        ("a100", "2026-01-15", {}, "(on sale in the United States on 15 January 2026: not known)"),
        ("hbm3_stack", "2025-01-15", {"mem_bw_density_gbps_mm2": 3.0}, "Memory bandwidth density 3, mem"),
        ("h100", "2023-12-01", {"party_hq": "SG"}, "PRC, 1 December 2023, buyer headquartered in Singapore."),
        ("h100", "2023-12-01", {"origin": "abroad"}, "SXM5 80GB, from abroad to the PRC, 1 December 2023."),
        ("h100", "2023-12-01", {"end_user": "Example"}, "1 December 2023, end user Example."),
        ("rtx4090", "2024-05-01", {}, "an exception or authorisation, if its conditions are: Exception NAC"),
    ],
)  # fmt: skip
def test_an_answer_says_the_case_the_figures_and_the_reasons(
    chip: str, day: str, facts: dict[str, Any], said: str
) -> None:
    assert said in law.decide(chip, "CN", day, **facts).explanation


def test_what_is_not_known_but_decides_nothing_is_said_so() -> None:
    words = law.decide("", "CN", "2025-05-01", eccn="3A090.a").explanation
    assert "Not known, but without effect on the answer: " in words and "Cannot tell, because" not in words


def test_a_scenario_is_named_and_what_it_supposes_is_said_from_its_day_on() -> None:
    before = law.decide("h20", "CN", "2025-02-02", scenario="letter-h20").explanation
    after = law.decide("h20", "CN", "2025-02-03", scenario="letter-h20").explanation
    assert ", scenario letter-h20." in before and "This scenario supposes" not in before
    assert ", scenario letter-h20." in after and "from 3 February 2025" in after
    assert "scenario" not in law.decide("h20", "CN", "2025-02-03").explanation


# ---- parties, places, ownership


def test_an_owner_that_is_not_given_matters_only_for_a_buyer_with_a_name() -> None:
    assert cases().numbers["listed_owner_pct"][0] == 0.0
    assert np.isnan(cases(end_user="Example Trading").numbers["listed_owner_pct"][0])
    assert cases(end_user="Example Trading", listed_owner_pct=60.0).numbers["listed_owner_pct"][0] == 60.0


def test_headquarters_are_at_the_destination_and_the_exporter_is_the_vendor_unless_said() -> None:
    found = cases(vendor="NVIDIA")
    assert (found.words["party_hq"][0], found.words["exporter"][0]) == ("CN", "NVIDIA")
    found = cases(vendor="NVIDIA", party_hq="SG", exporter="Example")
    assert (found.words["party_hq"][0], found.words["exporter"][0]) == ("SG", "Example")


def test_a_designer_written_out_as_china_is_the_prc() -> None:
    assert cases(designer_hq="China").words["designer_hq"][0] == "CN"
    assert cases(designer_hq="US").words["designer_hq"][0] == "US"
    assert cases(designer_hq=None).words["designer_hq"][0] == ""


def test_a_country_group_counts_its_first_day_and_not_its_last() -> None:
    table = pd.DataFrame(
        {
            "country": ["KH", "VE"],
            "group": ["D:5", "D:5"],
            "from": ["2021-12-09", "2021-12-09"],
            "until": ["2026-02-18", None],
        }
    )
    groups = Groups(table)
    for day, inside in (("2021-12-08", 0), ("2021-12-09", 2), ("2026-02-17", 2), ("2026-02-18", 0)):
        days = np.array([date.fromisoformat(day).toordinal()])
        assert groups.within(np.array(["KH"], dtype=object), days, ["D:5"])[0] == inside, day
    assert groups.within(np.array([""], dtype=object), days, ["D:5"])[0] == 1  # a blank country: unknown
    assert groups.changes() == {date(2021, 12, 9), date(2026, 2, 18), date(2020, 12, 23)}


def test_a_country_is_inside_when_any_of_several_places_or_groups_holds_it() -> None:
    table = pd.DataFrame({"country": ["KH"], "group": ["D:5"], "from": ["2021-12-09"], "until": [None]})
    days = np.full(4, date(2024, 1, 1).toordinal())
    codes = np.array(["KH", "MY", "CN", "US"], dtype=object)
    assert list(Groups(table).within(codes, days, ["D:5", "MY", "CN"])) == [2, 2, 2, 0]
    assert list(Groups(table).within(codes, days, ["CN", "worldwide"])) == [2, 2, 2, 2]


def test_hong_kong_becomes_the_prc_on_23_december_2020() -> None:
    groups = Groups(tables.country_groups())
    days = np.array([date(2020, 12, 22).toordinal(), date(2020, 12, 23).toordinal()])
    assert list(groups.canonical(["hk", " HK "], days, "country")) == ["HK", "CN"]
    assert list(groups.canonical(["MO", None], days, "country")) == ["MO", ""]


# ---- order of policies, reforms, groups of cases


def test_policies_rank_from_denial_to_approval_and_unknown_wording_last() -> None:
    order = [
        "policy of denial", "presumption of denial", "case by case", "as the licence of 742.6",
        "presumption of approval", "some other words",
    ]  # fmt: skip
    assert [strictness(policy) for policy in order] == [5, 4, 3, 2, 1, 0]
    assert strictness("Denial order") == 5 and strictness("stop shipment") == 4
    assert strictness("cannot tell: this or that") == 3


def rule(*spans: tuple[str, str | None]) -> Rule:
    citation = {"ref": "1 FR 1", "source": "fr_2023_23055"}
    timeline = [
        {
            "from": start, "until": end, "status": "in_force", "destinations": {"in": ["CN"]},
            "test": {"tpp": {"min": 4800}}, "policy": "presumption of denial", "citation": citation,
        }
        for start, end in spans
    ]  # fmt: skip
    content = {"id": "made_up", "title": "Made up", "kind": "requirement", "issuer": "BIS", "summary": "x"}
    return Rule.model_validate({**content, "timeline": timeline})


def reform(name: str, change: dict[str, Any]) -> Reform:
    content = {"id": name, "title": name, "summary": "For tests."}
    whole = {"rule": "made_up", "from": "adopted_on", "why": "For tests.", **change}
    return Reform.model_validate({**content, "law": [whole]})


def spans(found: Rule) -> list[tuple[str, str, Any]]:
    return [(str(e.from_), str(e.until or ""), e.policy) for e in found.timeline]


def test_a_change_with_an_end_splits_a_value_in_three_and_leaves_what_it_does_not_touch() -> None:
    rules = {"made_up": rule(("2024-01-01", "2025-01-01"), ("2026-01-01", None))}
    change = {"set": {"policy": "case by case"}, "until": "2024-09-01"}
    found = reformed(rules, [(reform("a", change), date(2024, 3, 1))])["made_up"]
    assert spans(found) == [
        ("2024-01-01", "2024-03-01", "presumption of denial"),
        ("2024-03-01", "2024-09-01", "case by case"),
        ("2024-09-01", "2025-01-01", "presumption of denial"),
        ("2026-01-01", "", "presumption of denial"),
    ]


@pytest.mark.parametrize(("day", "first"), [("2024-01-01", "case by case"), ("2023-06-01", "case by case")])
def test_a_change_from_the_first_day_or_before_leaves_no_empty_piece(day: str, first: str) -> None:
    rules = {"made_up": rule(("2024-01-01", "2025-01-01"))}
    adopted = [(reform("a", {"set": {"policy": "case by case"}}), date.fromisoformat(day))]
    assert spans(reformed(rules, adopted)["made_up"]) == [("2024-01-01", "2025-01-01", first)]


def test_a_change_that_ends_with_a_value_leaves_no_empty_piece_behind() -> None:
    rules = {"made_up": rule(("2024-01-01", "2025-01-01"))}
    change = {"set": {"policy": "case by case"}, "until": "2025-01-01"}
    found = reformed(rules, [(reform("a", change), date(2024, 3, 1))])["made_up"]
    assert [start for start, *_ in spans(found)] == ["2024-01-01", "2024-03-01"]


def test_a_change_on_the_day_a_value_ends_does_not_touch_it() -> None:
    rules = {"made_up": rule(("2024-01-01", "2025-01-01"))}
    adopted = [(reform("a", {"set": {"policy": "case by case"}}), date(2025, 1, 1))]
    assert spans(reformed(rules, adopted)["made_up"]) == [
        ("2024-01-01", "2025-01-01", "presumption of denial")
    ]


def test_a_status_set_before_a_rule_says_anything_brings_its_first_text_forward() -> None:
    rules = {"made_up": rule(("2024-01-01", None))}
    change = {"set": {"status": "in_force", "policy": "case by case"}, "until": "2024-06-01"}
    found = reformed(rules, [(reform("a", change), date(2023, 6, 1))])["made_up"]
    assert spans(found) == [
        ("2023-06-01", "2024-01-01", "case by case"),
        ("2024-01-01", "2024-06-01", "case by case"),
        ("2024-06-01", "", "presumption of denial"),
    ]


def test_a_change_has_a_day_of_its_own_or_that_of_its_adoption() -> None:
    rules = {"made_up": rule(("2024-01-01", None))}
    own = {"set": {"policy": "case by case"}, "from": "2024-05-01"}
    assert [
        start for start, *_ in spans(reformed(rules, [(reform("a", own), date(2024, 3, 1))])["made_up"])
    ] == [
        "2024-01-01",
        "2024-05-01",
    ]


def test_a_status_set_on_the_first_day_brings_nothing_forward() -> None:
    rules = {"made_up": rule(("2024-01-01", None))}
    change = {"set": {"status": "in_force", "policy": "case by case"}}
    found = reformed(rules, [(reform("a", change), date(2024, 1, 1))])["made_up"]
    assert spans(found) == [("2024-01-01", "", "case by case")]


def test_a_later_reform_wins_whatever_their_order_and_a_rule_nobody_has_is_named() -> None:
    rules = {"made_up": rule(("2024-01-01", None))}
    early = (reform("early", {"set": {"policy": "case by case"}}), date(2024, 2, 1))
    late = (reform("late", {"set": {"policy": "policy of denial"}}), date(2024, 3, 1))
    for order in ([early, late], [late, early]):
        assert spans(reformed(rules, order)["made_up"])[-1] == ("2024-03-01", "", "policy of denial")
    with pytest.raises(RuleError, match=r"unknown rule 'made_op'.*made_up"):
        reformed(rules, [(reform("slip", {"rule": "made_op", "set": {"policy": "x"}}), date(2024, 2, 1))])


@given(st.lists(st.tuples(st.integers(0, 2**50), st.integers(0, 2**50)), min_size=1, max_size=30))
def test_joined_numbers_are_equal_exactly_where_both_parts_are(pairs: list[tuple[int, int]]) -> None:
    """Numbers beyond the widest are renumbered first: a product that overflowed would mix two cases up."""
    one, two = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    joined = _join(one, two)
    assert len(set(joined.tolist())) == len(set(pairs))
    assert joined.min() >= 0


def test_numbers_as_wide_as_allowed_are_joined_without_overflow() -> None:
    wide = np.array([0, _WIDEST, _WIDEST + 1, 2**62], dtype=np.int64)
    assert len(set(_join(wide, wide[::-1].copy()).tolist())) == 4


def test_a_rule_is_in_force_from_its_first_day_up_to_the_day_it_ends() -> None:
    """Every dated value of a real rule, the day before, on, and at its end: what `find` itself says."""
    letter = load_rules()["letter_nvidia_apr2025"].timeline[0]
    days = [letter.from_ - timedelta(days=1), letter.from_]
    frame = pd.DataFrame({"chip": "h20", "to": "CN", "on": days})
    frame = law.cases.with_chip_facts(frame)
    found = findings_of(frame, scenario("actual")).by_rule["letter_nvidia_apr2025"]
    assert list(found.truth) == [0, 2] and list(found.entries) == [-1, 0]


# ---- the engine on rules of one page


def entry(start: str, tpp: float | None, status: str = "in_force", **more: Any) -> dict[str, Any]:
    test = {} if tpp is None else {"test": {"tpp": {"min": tpp}}}
    citation = {"ref": "1 FR 1", "source": "fr_2023_23055"}
    places = {"destinations": {"in": ["CN"]}}
    return {"from": start, "status": status, **places, **test, "citation": citation, **more}


def made(*timeline: dict[str, Any], name: str = "made_up", kind: str = "requirement", **more: Any) -> Rule:
    content = {"id": name, "title": name, "kind": kind, "issuer": "BIS", "summary": "x", **more}
    return Rule.model_validate({**content, "timeline": list(timeline)})


def found(rules: list[Rule], *rows: dict[str, Any]) -> Any:
    frame = pd.DataFrame([{"to": "CN", "on": "2024-06-01", **row} for row in rows])
    return find({one.id: one for one in rules}, Cases(frame, Groups(tables.country_groups())))


TPPS = [{"tpp": 50.0}, {"tpp": 150.0}, {"tpp": 250.0}, {"tpp": None}]


def test_of_two_values_the_stronger_answers_and_of_two_alike_the_later() -> None:
    # 50 meets neither, 150 the first, 250 both: the later; a TPP not known: both unknown, the later
    one = found([made(entry("2024-01-01", 100), entry("2024-02-01", 200))], *TPPS).by_rule["made_up"]
    assert one.truth.tolist() == [0, 2, 2, 1]
    assert one.entries.tolist() == [-1, 0, 1, 1]
    assert one.entry(0) is None and one.entry(1).test == {"tpp": {"min": 100}}


def test_a_value_that_is_not_known_does_not_hide_one_that_is_met() -> None:
    unknown = entry("2024-02-01", None, cannot_tell="for tests only")
    one = found([made(entry("2024-01-01", 100), unknown)], *TPPS).by_rule["made_up"]
    assert one.truth.tolist() == [1, 2, 2, 1]
    assert one.entries.tolist() == [1, 0, 0, 1]


def test_a_value_without_force_decides_nothing_and_is_remembered_where_it_would_bite() -> None:
    rules = [made(entry("2024-01-01", 100, "not_enforced"), entry("2024-02-01", 200))]
    one = found(rules, *TPPS).by_rule["made_up"]
    assert one.truth.tolist() == [0, 0, 2, 1]
    assert one.dormant.tolist() == [-1, 0, 0, 0]
    assert one.dormant_entry(0) is None and one.dormant_entry(1).status == "not_enforced"


@pytest.mark.parametrize(
    ("day", "truth"), [("2023-12-31", 0), ("2024-01-01", 2), ("2024-06-30", 2), ("2024-07-01", 0)]
)
def test_a_value_holds_from_its_first_day_to_the_day_before_its_last(day: str, truth: int) -> None:
    rules = [made(entry("2024-01-01", 100, until="2024-07-01"))]
    assert found(rules, {"tpp": 150.0, "on": day}).by_rule["made_up"].truth.tolist() == [truth]
    beside = [{"tpp": 150.0, "on": other} for other in (day, "2018-01-01", "2030-01-01")]
    assert found(rules, *beside).by_rule["made_up"].truth.tolist() == [truth, 0, 0]


def test_the_first_class_that_holds_is_the_items_and_a_later_one_needs_the_earlier_to_fail() -> None:
    rules = [
        made(entry("2024-01-01", 100), name="second", kind="classification", eccn="3A090.b", order=2),
        made(entry("2024-01-01", 200), name="first", kind="classification", eccn="3A090.a", order=1),
    ]
    one = found(rules, *TPPS)
    assert one.classes["3A090.a"].tolist() == [0, 0, 2, 1]
    assert one.classes["3A090.b"].tolist() == [0, 2, 0, 1]  # 250 is of the first class alone


def test_a_class_that_cannot_be_told_says_what_each_class_that_may_hold_lacks() -> None:
    speed = {"test": {"mem_bw_gbps": {"min": 1}}}
    rules = [
        made(entry("2024-01-01", 200), name="first", kind="classification", eccn="3A090.a", order=1),
        made(
            entry("2024-01-01", None, **speed), name="second", kind="classification", eccn="3A090.b", order=2
        ),
        made(entry("2024-01-01", None, test={"eccn": {"in": ["3A090.a"]}})),
    ]
    answer = outcome(found(rules, {}), 0)
    assert answer.reasons == [
        "total processing performance: not known (made_up)", "memory bandwidth: not known (made_up)",
    ]  # fmt: skip
    assert [one.rule.id for one, _ in answer.rules()] == ["made_up", "first"]  # the class that may come first


def test_a_listing_marks_its_buyer_and_its_footnote_and_only_in_force() -> None:
    listed = {"test": {"end_user": {"in": ["Example Works"]}}, "footnote": 4}
    rules = [
        made(entry("2024-01-01", None, **listed), name="listing", is_listing=True),
        made(entry("2024-01-01", None, test={"end_user_footnote": {"in": ["4"]}}), name="product"),
        made(entry("2024-01-01", None, test={"is_listed_end_user": {"is": True}}), name="any_listed"),
    ]
    rows = [
        {"end_user": "Example Works"},
        {"end_user": "Other Firm"},
        {},
        {"end_user": "Example Works", "on": "2023-01-01"},
    ]
    one = found(rules, *rows)
    for name in ("listing", "product", "any_listed"):
        assert one.by_rule[name].truth.tolist() == [2, 0, one.by_rule["listing"].truth[2], 0], name
    said = found(rules, {"end_user": "Other Firm", "is_listed_end_user": True, "end_user_footnote": "4"})
    assert [said.by_rule[name].truth.tolist() for name in ("listing", "product", "any_listed")] == [
        [0],
        [2],
        [2],
    ]


@pytest.mark.parametrize(
    "asked", [{"is_listed_end_user": {"is": True}}, {"end_user_footnote": {"in": ["4"]}}]
)
def test_what_was_asked_before_it_was_settled_is_asked_anew(asked: dict[str, Any]) -> None:
    """A listing that asks whether its buyer is listed sees what is not known yet; no later rule may."""
    early = {"test": {"all": [{"tpp": {"min": 9000}}, asked]}}
    listed = {"test": {"end_user": {"in": ["Example Works"]}}, "footnote": 4}
    rules = [
        made(entry("2024-01-01", None, **early), name="early", is_listing=True),
        made(entry("2024-01-01", None, **listed), name="listing", is_listing=True),
        made(entry("2024-01-01", None, test=asked), name="later"),
    ]
    one = found(rules, {"tpp": 1.0, "end_user": "Example Works"}, {"tpp": 1.0, "end_user": "Other Firm"})
    assert one.by_rule["later"].truth.tolist() == [2, 0]


def test_a_code_tells_apart_everything_a_rule_can_say() -> None:
    rule_of_two = made(entry("2024-01-01", 100), entry("2024-02-01", 200))
    every = list(product((-1, 0, 1), (-1, 0, 1), (0, 1, 2), (0, 1, 2), (0, 1, 2)))
    entries, dormant, truth, leg, other = (np.array(column) for column in zip(*every, strict=True))
    one = Finding(rule_of_two, truth.astype(np.int8), entries.astype(np.int16), dormant.astype(np.int16))
    one.legs = {0: [leg.astype(np.int8)], 1: [other.astype(np.int8)]}
    codes = one.codes()
    assert codes.dtype == np.int64 and codes.min() >= 0
    assert len(set(codes.tolist())) == len(every)


def test_cases_are_grouped_by_what_is_said_and_by_what_is_missing_only_where_something_is_not_known() -> None:
    rules = [made(entry("2024-01-01", 100))]
    known = [
        {"tpp": 50.0},
        {"tpp": 60.0, "mem_bw_gbps": 1.0},
        {"tpp": 150.0},
        {"tpp": 150.0, "mem_bw_gbps": 1.0},
    ]
    examples, group = same_outcome(found(rules, *known))
    assert group.tolist() == [0, 0, 1, 1] and examples.tolist() == [0, 2]
    unknown = [{"tpp": None}, {"tpp": None, "mem_bw_gbps": 1.0}, {"tpp": None}, {"tpp": 50.0}]
    _, group = same_outcome(found(rules, *unknown))
    assert group[0] == group[2] and len(set(group.tolist())) == 3
    _, group = same_outcome(found(rules, {"tpp": 50.0, "eccn": "3A090.a"}, {"tpp": 50.0, "eccn": "3A090.b"}))
    assert group.tolist() == [0, 1]  # the class that a case states is part of the answer


def test_cases_are_told_apart_by_what_is_missing_whichever_rule_cannot_tell() -> None:
    # The first rule cannot tell of the first two rows, which lack different facts, and fails for the third;
    # the second, looked at last, is known for all.
    asks = {"any": [{"tpp": {"min": 100}}, {"mem_bw_gbps": {"min": 1000}}]}
    rules = [made(entry("2024-01-01", None, test=asks)), made(entry("2024-01-01", 1), name="other")]
    one = found(rules, {"tpp": 50.0}, {"tpp": 50.0, "die_area_mm2": 1.0}, {"tpp": 60.0, "mem_bw_gbps": 10.0})
    assert one.by_rule["made_up"].truth.tolist() == [1, 1, 0]
    assert one.by_rule["other"].truth.tolist() == [2, 2, 2]
    assert len(set(same_outcome(one)[1].tolist())) == 3


def test_cases_are_told_apart_by_a_value_without_force_alone() -> None:
    rules = [made(entry("2024-01-01", 100, "not_enforced"))]  # 50 is not reached, 150 would be, by entry 0
    assert len(set(same_outcome(found(rules, {"tpp": 50.0}, {"tpp": 150.0}))[1].tolist())) == 2


TWO_LEGS = [
    {"say": "presumption of denial", "test": {"tpp": {"min": 200}}, "when": "at 200 or more"},
    {"say": "case by case", "test": {"tpp": {"min": 100}}},
]


@pytest.mark.parametrize(
    ("tpp", "policy"),
    [
        (250.0, "presumption of denial"), (150.0, "case by case"), (50.0, None),
        (None, "presumption of denial"),  # neither is known: the first is said
    ],
)  # fmt: skip
def test_the_first_leg_that_holds_is_the_policy_and_one_not_known_is_said_beside_it(
    tpp: float | None, policy: str | None
) -> None:
    answer = outcome(found([made(entry("2024-01-01", None, policy=TWO_LEGS))], {"tpp": tpp}), 0)
    assert answer.licence_required is True
    assert answer.review_policy == policy
    legs = [TWO_LEGS[0], {"say": "case by case"}]
    answer = outcome(found([made(entry("2024-01-01", None, policy=legs))], {"tpp": tpp}), 0)
    known = {250.0: "presumption of denial", None: "case by case; presumption of denial at 200 or more"}
    assert answer.review_policy == known.get(tpp, "case by case")


@pytest.mark.parametrize(
    ("change", "policy", "conditions"),
    [
        ({"test": {"tpp": {"min": 200}}, "policy": "case by case"}, "presumption of denial", ["a fee"]),
        ({"test": {"tpp": {"min": 100}}, "policy": "case by case", "conditions": ["a count", "a fee"]},
         "case by case", ["a fee", "a count"]),
        ({"test": {"tpp": {"min": 100}}, "conditions": ["a count"]},
         "presumption of denial", ["a fee", "a count"]),
        ({"test": {"mem_bw_gbps": {"min": 1}}, "policy": "case by case", "conditions": ["a count"]},
         "cannot tell: case by case or presumption of denial (memory bandwidth: not known)", ["a fee"]),
        ({"policy": "case by case", "cannot_tell": "for tests only"},
         "cannot tell: case by case or presumption of denial", ["a fee"]),
        ({"test": {"mem_bw_gbps": {"min": 1}}, "conditions": ["a count"]},
         "presumption of denial", ["a fee"]),
        ({"test": {"tpp": {"min": 100}}, "policy": TWO_LEGS}, "presumption of denial", ["a fee"]),
    ],
)  # fmt: skip
def test_a_policy_that_amends_changes_the_review_where_it_holds_and_says_where_it_may(
    change: dict[str, Any], policy: str, conditions: list[str]
) -> None:
    """Two rules ask for the licence and both are amended: the change is named once."""
    plain = {"policy": "presumption of denial", "conditions": ["a fee"]}
    rules = [made(entry("2024-01-01", 100, **plain), name=name) for name in ("made_up", "other")]
    both = ["made_up", "other"]
    rules.append(made(entry("2024-01-01", None, **change), name="change", kind="policy", amends=both))
    answer = outcome(found(rules, {"tpp": 150.0}), 0)
    assert (answer.review_policy, answer.conditions) == (policy, conditions)
    is_out = change.get("test") == {"tpp": {"min": 200}}
    assert [one.rule.id for one, _ in answer.amended_by] == ([] if is_out else ["change"])


def test_an_exception_covers_the_rules_it_names_or_all_but_listings() -> None:
    spare = made(entry("2024-01-01", None, exceptions=["XYZ"]), name="spare", kind="exception")
    named = made(
        entry("2024-01-01", None, exceptions=["ABC"]), name="named", kind="exception", applies_to=["made_up"]
    )
    plain = made(entry("2024-01-01", 100))
    listing = made(entry("2024-01-01", 200), name="listing", is_listing=True)
    rules = [plain, listing, spare, named]
    assert outcome(found(rules, {"tpp": 150.0}), 0).exceptions == ["XYZ", "ABC"]
    assert outcome(found(rules, {"tpp": 250.0}), 0).exceptions == []  # the listing is covered by neither
    assert outcome(found([listing, spare], {"tpp": 250.0}), 0).exceptions == []
    assert outcome(found([listing, spare], {"tpp": None}), 0).perhaps_exceptions == []
    far = made(entry("2024-01-01", 900, exceptions=["FAR"]), name="far", kind="exception")
    assert outcome(found([plain, far, spare], {"tpp": 150.0}), 0).exceptions == [
        "XYZ"
    ]  # one that fails hides none


def test_every_exception_that_may_be_used_is_named() -> None:
    asks = {"test": {"mem_bw_gbps": {"min": 1}}}
    ways = [
        made(entry("2024-01-01", None, exceptions=[name], **asks), name=name, kind="exception")
        for name in ("one", "two")
    ]
    answer = outcome(found([made(entry("2024-01-01", 100)), *ways], {"tpp": 150.0}), 0)
    assert (answer.exceptions, answer.perhaps_exceptions) == ([], ["one", "two"])


@pytest.mark.parametrize(
    ("name", "listed", "truth"),
    [
        ("Hygon", "Hygon Information Technology", 1),  # five letters tell
        ("Dawn", "Dawn Information Technology", 0),  # four alone do not
        ("Dawn Peak", "Dawn Peak Information Technology", 1),  # two such words do
        ("Dawn 54", "Dawn 54 Technology", 1),  # of a word and a number the word
        ("54 13", "54 13 Technology", 0),  # numbers alone do not, however many
        ("Works Hygon", "Hygon Works", 1),  # the same words in another order
        ("Hygon Holdings", "Hygon Information Technology", 0),  # a word that the longer lacks
        ("Dawn", "Dawn Co., Ltd.", 2),  # the whole name
    ],
)
def test_short_words_and_numbers_resemble_only_in_company(name: str, listed: str, truth: int) -> None:
    assert match(name, [listed]) == truth


def test_the_strictest_policy_is_the_answers_and_its_rule_is_named_first() -> None:
    rules = [
        made(entry("2024-01-01", 100, policy="presumption of approval"), name="mild"),
        made(entry("2024-01-01", 100, policy="policy of denial"), name="strict"),
        made(entry("2024-01-01", 100, policy="case by case"), name="between"),
    ]
    for order in (rules, rules[::-1]):
        answer = outcome(found(order, {"tpp": 150.0}), 0)
        assert answer.review_policy == "policy of denial"
        assert [one.rule.id for one, _ in answer.required_by] == ["strict", "between", "mild"]
    words = explanation(answer)
    assert "The rules are: strict (1 FR 1); between (1 FR 1); mild (1 FR 1)." in words
    assert "The rule is: strict (1 FR 1)." in explanation(outcome(found(rules[1:2], {"tpp": 150.0}), 0))


@pytest.mark.parametrize(
    ("status", "said"), [("in_force", "(1 FR 1)."), ("reported", "(1 FR 1, as reported).")]
)
def test_a_rule_known_from_reports_alone_is_cited_as_such(status: str, said: str) -> None:
    words = explanation(outcome(found([made(entry("2024-01-01", 100, status))], {"tpp": 150.0}), 0))
    assert words == f"A licence is required under the rules modelled. The rule is: made_up {said}"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("not_enforced", "in the Code, but announced as not enforced"), ("suspended", "suspended"),
        ("not_yet_due", "published, but compliance was not yet due"),
    ],
)  # fmt: skip
def test_a_rule_without_force_is_named_as_not_counted_where_it_would_bite(status: str, why: str) -> None:
    nothing = "No licence is required under the rules modelled: no rule reaches it. This is not legal advice."
    rules = [made(entry("2024-01-01", 100, status))]
    assert explanation(outcome(found(rules, {"tpp": 50.0}), 0)) == nothing
    words = explanation(outcome(found(rules, {"tpp": 150.0}), 0))
    assert words == f"{nothing} Not counted: made_up is {why} (1 FR 1)."


def test_a_fact_of_other_law_stands_beside_the_answer() -> None:
    fact = made(entry("2024-01-01", 100), name="beside", kind="fact")
    words = [explanation(outcome(found([fact], {"tpp": tpp}), 0)) for tpp in (50.0, 150.0)]
    assert words[1] == f"{words[0]} Beside US law, as a fact: beside: x (1 FR 1)"
    always = made(entry("2024-01-01", None), name="beside", kind="fact")  # for timelines, not for one case
    assert "Beside" not in explanation(outcome(found([always], {"tpp": 150.0}), 0))


def test_an_answer_says_policy_and_conditions_and_ways_known_and_not_known_side_by_side() -> None:
    asks = {"test": {"mem_bw_gbps": {"min": 1}}}
    rules = [
        made(entry("2024-01-01", 100, policy="case by case", conditions=["a count", "a test"])),
        made(entry("2024-01-01", None, exceptions=["ABC"]), name="open", kind="exception"),
        made(entry("2024-01-01", None, exceptions=["XYZ"], **asks), name="perhaps", kind="exception"),
    ]
    words = explanation(outcome(found(rules, {"tpp": 150.0}), 0))
    assert "How applications are reviewed: case by case. Conditions: a count; a test." in words
    assert (
        "The licence may be met by an exception or authorisation, if its conditions are: open. "
        "Whether XYZ can be used depends on facts not given." in words
    )


def test_a_class_is_among_the_rules_behind_an_answer_only_where_a_licence_may_be_asked_for() -> None:
    classes = made(entry("2024-01-01", 100), name="class", kind="classification", eccn="3A090.a", order=1)
    rules = [classes, made(entry("2024-01-01", 200))]
    ids = [
        [one.rule.id for one, _ in outcome(found(rules, {"tpp": tpp}), 0).rules()] for tpp in (150.0, 250.0)
    ]
    assert ids == [[], ["made_up", "class"]]  # 150 is of the class, and no rule asks for a licence


def test_the_caution_about_names_comes_with_a_name_that_no_listing_has_and_else_not() -> None:
    caution = "No listing modelled names the end user."
    for end_user, cautious in ((None, False), ("Example", True), ("Example", False)):
        listed = True if end_user and not cautious else None
        given = {} if listed is None else {"is_listed_end_user": listed}
        words = law.decide("h100", "CN", "2023-12-01", end_user=end_user, **given).explanation
        assert (caution in words) == cautious


def test_a_density_nobody_can_work_out_is_said_to_be_not_known() -> None:
    words = law.decide("", "CN", "2023-12-01", tpp=100.0).explanation
    assert "Total processing performance 100, performance density not known: " in words


def test_a_class_that_no_rule_gives_is_not_the_items_unless_the_case_states_it() -> None:
    asks = made(entry("2024-01-01", None, test={"eccn": {"in": ["5A002"]}}))
    assert found([asks], {"tpp": 1.0}, {"tpp": 1.0, "eccn": "5a002"}).by_rule["made_up"].truth.tolist() == [
        0,
        2,
    ]


def test_an_item_with_neither_tpp_nor_memory_density_gives_no_figures() -> None:
    words = law.decide("", "CN", "2025-05-01", eccn="3A090.a").explanation
    assert words.endswith("Figures not given: classified 3A090.a.")
    words = law.decide("", "CN", "2025-05-01", tpp=100.0, mem_bw_density_gbps_mm2=3.0).explanation
    assert "memory bandwidth density" not in words  # a processor is told by its TPP


def test_no_cases_give_no_answers() -> None:
    empty = pd.DataFrame({"to": [], "on": [], "tpp": []})
    assert len(law.decide_table(empty)) == 0


def test_what_only_a_value_without_force_says_is_said_too() -> None:
    rules = [made(entry("2024-01-01", 100, "not_enforced"))]
    (one,) = found(rules, {"tpp": 150.0}).of_kind("requirement")
    assert one.rule.id == "made_up"
    assert found(rules, {"tpp": 50.0}).of_kind("requirement") == []


@pytest.mark.parametrize(
    ("day", "start", "state"),
    [
        ("2019-12-31", "2020-01-01", "from 2020-01-01"), ("2020-01-01", "2020-01-01", "in force"),
        ("2020-12-31", "2020-01-01", "in force"), ("2021-01-01", "2022-01-01", "from 2022-01-01"),
        ("2022-01-01", "2022-01-01", "suspended"), ("2023-01-01", "2022-01-01", "ended 2023-01-01"),
    ],
)  # fmt: skip
def test_the_page_of_the_law_shows_what_holds_else_what_comes_else_what_was_last(
    day: str, start: str, state: str
) -> None:
    one = made(
        entry("2020-01-01", 1, until="2021-01-01"), entry("2022-01-01", 2, "suspended", until="2023-01-01")
    )
    on = date.fromisoformat(day)
    assert str(entry_on(one, on).from_) == start
    assert state_on(one, on) == state
    decides = coverage_table([one], on).splitlines()[-3].rsplit("|", 2)[1].strip()
    assert decides == ("decides" if state == "in force" else "no")
