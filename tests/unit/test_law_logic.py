"""Three-valued logic, one case against many, names of parties, and reforms that change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows import law, tables
from chipflows.errors import RuleError
from chipflows.law.kleene import FALSE, TRUE, UNKNOWN, all_of, any_of, from_bool, negate
from chipflows.law.parties import match, normalise
from chipflows.law.reforms import reformed
from chipflows.tables.rules import load_rules
from chipflows.tables.scenarios import Reform, Scenario

VALUES = st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=8)


def logic(values: Sequence[int]) -> Any:
    return np.array(values, dtype=np.int8)


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.sampled_from([0, 1, 2])), min_size=1))
def test_not_of_and_is_or_of_nots(pairs: list[tuple[int, int]]) -> None:
    one, two = (logic(side) for side in zip(*pairs, strict=True))
    left, right = negate(all_of([one, two])), any_of([negate(one), negate(two)])
    assert left.tolist() == right.tolist()


@given(VALUES)
def test_a_double_negation_changes_nothing(values: list[int]) -> None:
    assert negate(negate(logic(values))).tolist() == values


@given(VALUES)
def test_what_is_unknown_can_turn_out_either_way_and_known_answers_stand(values: list[int]) -> None:
    """Settling unknowns never changes an answer that was already known."""
    parts = [logic([value]) for value in values]
    for together in (all_of, any_of):
        before = int(together(parts)[0])
        for settled in product(*[(0, 2) if value == 1 else (value,) for value in values]):
            after = int(together([logic([value]) for value in settled])[0])
            assert before in (1, after)


def test_the_truth_tables_are_kleenes() -> None:
    assert [int(all_of([logic([a]), logic([b])])[0]) for a, b in ((0, 1), (1, 1), (1, 2), (2, 2))] == [
        0,
        1,
        1,
        2,
    ]
    assert [int(any_of([logic([a]), logic([b])])[0]) for a, b in ((0, 0), (0, 1), (1, 1), (1, 2))] == [
        0,
        1,
        1,
        2,
    ]
    known = from_bool(np.array([True, False, True]), np.array([True, True, False]))
    assert known.tolist() == [TRUE, FALSE, UNKNOWN]


CHIP = st.sampled_from(list(tables.chips()["chip_id"]))
PLACE = st.sampled_from(["CN", "HK", "MO", "VN", "SG", "AE", "SA", "CH", "MY", "RU", "US", "KH"])
DAY = st.dates(date(2018, 1, 1), date(2027, 12, 31))
CASE = st.fixed_dictionaries(
    {"chip": CHIP, "to": PLACE, "on": DAY, "party_hq": PLACE, "origin": st.sampled_from(["US", "abroad"])},
    optional={
        "end_user": st.sampled_from(["", "Inspur Group", "Huawei", "Plain Example Trading"]),
        "listed_owner_pct": st.sampled_from([0.0, 60.0]),
    },
)


@settings(max_examples=25, deadline=None)
@given(st.lists(CASE, min_size=1, max_size=6), st.sampled_from(["actual", "letter-all", "no-controls"]))
def test_many_cases_at_once_are_decided_as_one_by_one(cases: list[dict[str, Any]], scenario: str) -> None:
    frame = pd.DataFrame(cases).assign(end_user=lambda f: f.get("end_user", ""))
    if "listed_owner_pct" in frame:
        frame = frame.drop(columns="listed_owner_pct")
    together = law.decide_table(frame, scenario)
    for number, row in frame.iterrows():
        given_facts = {
            key: value for key, value in row.items() if not (isinstance(value, float) or value == "")
        }
        alone = law.decide(scenario=scenario, **given_facts)
        found = together.loc[number]
        licence = None if pd.isna(found["licence_required"]) else bool(found["licence_required"])
        assert (licence, found["eccn"], found["review_policy"]) == (
            alone.licence_required,
            alone.eccn,
            alone.review_policy,
        )
        assert (found["conditions"], found["exceptions"]) == (alone.conditions, alone.exceptions)
        assert list(found["rules"]) == list(dict.fromkeys(rule["id"] for rule in alone.rules))


# ---- parties


@pytest.mark.parametrize("name", ["Example Group", "EXAMPLE GROUP Co., Ltd.", "Éxample group limited"])
def test_a_listed_name_is_found_whatever_its_case_accents_and_legal_form(name: str) -> None:
    assert match(name, ["Example Group Co., Ltd."]) == TRUE


@pytest.mark.parametrize("name", ["Example", "Example Group Hong Kong", "Example Group Cloud Services"])
def test_a_name_like_a_listed_one_cannot_be_told(name: str) -> None:
    assert match(name, ["Example Group Co., Ltd."]) == UNKNOWN


@pytest.mark.parametrize("name", ["", "Beijing Technology", "Sample Group", "Best Buy", "Exampleton Group"])
def test_a_name_that_shares_only_common_words_is_another_firm(name: str) -> None:
    assert match(name, ["Example Group Co., Ltd.", "Beijing Example Technology", "BEST"]) == FALSE


@given(st.text(max_size=40))
def test_a_name_is_always_itself_and_never_raises(name: str) -> None:
    assert match(name, [name]) == (TRUE if normalise(name) else FALSE)


# ---- reforms


def reform(name: str, rule: str, values: dict[str, Any], day: str = "adopted_on") -> Reform:
    return Reform.model_validate(
        {"id": name, "title": name, "summary": "made up",
         "law": [{"rule": rule, "set": values, "from": day, "why": "for a test"}]}
    )  # fmt: skip


@pytest.mark.parametrize("rule", sorted(load_rules()))
def test_a_reform_that_sets_what_is_already_said_changes_nothing(rule: str) -> None:
    """Null identity: each entry is cut in two, and both halves say what it said."""
    known = load_rules()
    for entry in known[rule].timeline:
        same = {"status": entry.status, "policy": entry.model_dump(by_alias=True)["policy"]}
        only = reform("same", rule, same)
        change = only.law[0].model_copy(update={"until": entry.until})
        changed = reformed(known, [(only.model_copy(update={"law": [change]}), entry.from_)])
        days = {entry.from_, entry.until or date(2027, 6, 1)}
        before = [known[rule].on(day) for day in sorted(days)]
        after = [changed[rule].on(day) for day in sorted(days)]
        for one, two in zip(before, after, strict=True):
            assert (one and one.model_dump(exclude={"from_", "until"})) == (
                two and two.model_dump(exclude={"from_", "until"})
            )


def test_a_null_reform_gives_the_same_decisions_row_by_row() -> None:
    chips = ["h20", "h100", "l40", "rtx4090", "mi308"]
    days = [f"{year}-{month:02d}-10" for year in (2022, 2023, 2024, 2025, 2026) for month in (2, 5, 9, 12)]
    frame = pd.DataFrame([{"chip": c, "to": "CN", "on": d} for c in chips for d in days])
    same = Scenario(id="null", title="null", summary="nothing changes", base="actual")
    one, two = law.decide_table(frame), law.decide_table(frame, same)
    pd.testing.assert_frame_equal(one.drop(columns="scenario"), two.drop(columns="scenario"))


def test_a_reform_bites_on_its_day_and_not_before() -> None:
    changed = reformed(
        load_rules(), [(reform("r", "licence_3a090_a", {"policy": "policy of denial"}), date(2024, 5, 1))]
    )["licence_3a090_a"]
    assert changed.on(date(2024, 4, 30)).policy != "policy of denial"
    assert changed.on(date(2024, 5, 1)).policy == "policy of denial"
    assert changed.on(date(2026, 1, 1)).policy == "policy of denial"


def test_a_rule_is_brought_forward_when_a_reform_gives_it_a_status() -> None:
    changed = reformed(
        load_rules(), [(reform("r", "letter_nvidia_apr2025", {"status": "in_force"}), date(2025, 2, 3))]
    )["letter_nvidia_apr2025"]
    assert changed.on(date(2025, 2, 2)) is None
    assert changed.on(date(2025, 2, 3)).status == "in_force"


def test_the_later_of_two_reforms_wins() -> None:
    one = reform("one", "licence_3a090_a", {"policy": "case by case"})
    two = reform("two", "licence_3a090_a", {"policy": "policy of denial"})
    changed = reformed(load_rules(), [(two, date(2024, 6, 1)), (one, date(2024, 5, 1))])["licence_3a090_a"]
    assert changed.on(date(2024, 5, 15)).policy == "case by case"
    assert changed.on(date(2024, 6, 1)).policy == "policy of denial"


def test_two_reforms_that_contradict_each_other_on_one_day_are_refused() -> None:
    one = reform("one", "licence_3a090_a", {"policy": "case by case"})
    two = reform("two", "licence_3a090_a", {"policy": "policy of denial"})
    with pytest.raises(RuleError, match="one and two both set policy of licence_3a090_a"):
        reformed(load_rules(), [(one, date(2024, 5, 1)), (two, date(2024, 5, 1))])


def test_a_reform_that_sets_nonsense_names_itself_and_the_key() -> None:
    with pytest.raises(RuleError, match="reform r, licence_3a090_a"):
        reformed(load_rules(), [(reform("r", "licence_3a090_a", {"status": "inforce"}), date(2024, 5, 1))])
