"""What a person can get wrong: each is a short error that says what, where, the nearest, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from chipflows import law
from chipflows.errors import ChipflowsError, InputError, RuleError, ScenarioError
from chipflows.tables.rules import Rule, load_rules
from chipflows.tables.scenarios import Scenario, reforms, scenarios

SCREEN = 24


def chips(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"name": ["made up"], **{name: [value] for name, value in columns.items()}})


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: law.decide("h2o", "CN", "2025-05-01"), "unknown chip 'h2o'. Did you mean h20"),
        (lambda: law.decide("h20", "XX", "2025-05-01"), "unknown country"),
        (lambda: law.decide("h20", "CN", "2017-12-31"), "before 2018-01-01"),
        (lambda: law.decide("h20", "CN", "1 May 2025"), "not a date. Write it as 2025-05-01"),
        (lambda: law.decide("h20", "CN", "2025-02-30"), "not a date"),
        (lambda: law.decide("h20", "CN", "2025-05-01", origin="usa"), "unknown origin 'usa'"),
        (lambda: law.decide("h20", "CN", "2025-05-01", party_hq="China"), "ISO codes"),
        (lambda: law.decide("h20", "CN", "2025-05-01", tpq=1.0), "unknown fact 'tpq'. Did you mean tpp"),
        (lambda: law.decide("h20", "CN", "2025-05-01", mem_bw_gbps=-1.0), "mem_bw_gbps is negative"),
        (lambda: law.decide("h20", "CN", "2025-05-01", is_datacenter="maybe"), "is not true, false or blank"),
        (lambda: law.decide("h20", "CN", "2025-05-01", tpp=9999.0), "1% off the 2,368"),
        (lambda: law.decide_table(pd.DataFrame({"chip": ["h20"], "to": ["CN"]})), "lacks the column on"),
        (
            lambda: law.decide_table(pd.DataFrame({"chip": ["h20"], "too": ["CN"], "on": ["2025-05-01"]})),
            "unknown column 'too'. Did you mean to",
        ),
        (lambda: law.classify(chips(fp8_tflops_sparse=1), "CN", "2025-05-01"), "sparse"),
        (lambda: law.classify(chips(tpp=1.0, int8_sparse_tops=1), "CN", "2025-05-01"), "sparse"),
        (lambda: law.classify(chips(tpp="nan"), "CN", "2025-05-01"), "spells out a missing number"),
        (lambda: law.classify(chips(tpp="inf"), "CN", "2025-05-01"), "spells out a missing number"),
        (lambda: law.classify(chips(tpp=float("inf")), "CN", "2025-05-01"), "tpp is infinite"),
        (lambda: law.classify(chips(tpp="many"), "CN", "2025-05-01"), "tpp is not a number"),
        (lambda: law.classify(chips(tpp=-1.0), "CN", "2025-05-01"), "tpp is negative"),
        (
            lambda: law.classify(chips(die_area_mm2=1.0), "CN", "2025-05-01"),
            "needs tpp or a dense throughput",
        ),
        (lambda: law.classify(pd.DataFrame({"tpp": [1.0]}), "CN", "2025-05-01"), "lacks the column name"),
        (
            lambda: law.classify(chips(tpp=1.0, die_area_mm=2), "CN", "2025-05-01"),
            "Did you mean die_area_mm2",
        ),
        (
            lambda: law.classify(chips(tpp=3000.0, fp8_tflops_dense=296), "CN", "2025-05-01"),
            "made up: the stated TPP 3,000 is over 1% off the 2,368",
        ),
    ],
)
def test_a_slip_is_a_short_error_that_helps(call: Callable[[], object], said: str) -> None:
    with pytest.raises(InputError) as problem:
        call()
    assert said in str(problem.value)
    assert len(str(problem.value).splitlines()) <= SCREEN


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="Did you mean letter-h20"):
        law.decide("h20", "CN", "2025-05-01", scenario="leter-h20")


def test_a_stated_tpp_within_one_percent_stands_unrounded() -> None:
    frame = chips(tpp=2385.0, fp8_tflops_dense=296)  # 2,368 computed: 0.7% off
    assert law.classify(frame, "CN", "2025-05-01")["tpp"][0] == 2385.0


def test_a_blank_cell_is_unknown_and_an_absent_column_takes_its_default() -> None:
    figures = {"tpp": 2000.0, "die_area_mm2": 300.0}
    assert law.classify(chips(**figures), "CN", "2024-05-01")["eccn"][0] == "3A090.a"
    assert law.classify(chips(**figures, is_datacenter=None), "CN", "2024-05-01")["eccn"][0] == "cannot tell"


# ---- rule and scenario files

RULE = """
id: made_up
title: A made-up rule
kind: requirement
issuer: BIS
summary: For tests.
timeline:
  - from: 2024-01-01
    status: in_force
    destinations: {in: [CN]}
    test: {tpp: {min: 4800}}
    policy: presumption of denial
    citation: {ref: 1 FR 1, source: fr_2023_23055}
"""
SCENARIO = "id: s\ntitle: t\nsummary: u\nbase: null\n"


def rule_file(folder: Path, *changes: tuple[str, str], name: str = "made_up") -> Path:
    text = RULE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_well_formed_rule_is_read(tmp_path: Path) -> None:
    assert load_rules(rule_file(tmp_path))["made_up"].kind == "requirement"


SECOND = """
  - from: 2024-06-01
    status: in_force
    destinations: {in: [CN]}
    citation: {ref: 1 FR 2, source: fr_2023_23055}
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("tpp:", "tppp:"), "unknown field 'tppp'. Did you mean tpp"),
        (("min:", "mim:"), "unknown operator for the number tpp 'mim'"),
        (("min: 4800", "min: many"), "min needs a number"),
        (("policy:", "polcy:"), "unknown key 'polcy'"),
        (("issuer:", "isuer:"), "unknown key 'isuer'"),
        (("source: fr", "sorce: fr"), "unknown key 'sorce'"),
        (("fr_2023_23055", "fr_2023_23056"), "unknown source card 'fr_2023_23056'"),
        (("    citation: {ref: 1 FR 1, source: fr_2023_23055}\n", ""), "citation is missing"),
        (("status: in_force", "status: inforce"), "status"),
        (("[CN]", "[China]"), "'China' is not a place"),
        (("from: 2024-01-01", "from: 2024-01-01\n    until: 2024-01-01"), "is not after from"),
        (("source: fr_2023_23055}\n", "source: fr_2023_23055}" + SECOND), "starts before"),
        (("    destinations: {in: [CN]}\n", ""), "says no destinations"),
        (("kind: requirement", "kind: policy"), "needs amends"),
        (("kind: requirement", "kind: classification"), "needs eccn"),
        (("kind: requirement", "kind: exception\napplies_to: [nothing]"), "unknown rule 'nothing'"),
        (("id: made_up", "id: other"), "make the two the same"),
        (("timeline:", "timeline: ["), "not readable YAML"),
    ],
)
def test_a_slip_in_a_rule_file_names_the_file_and_the_nearest(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(RuleError) as problem:
        load_rules(rule_file(tmp_path, change))
    assert said in str(problem.value)
    assert "made_up.yaml" in str(problem.value)
    assert len(str(problem.value).splitlines()) <= SCREEN


def test_facts_and_additions_to_a_list_may_overlap(tmp_path: Path) -> None:
    more = ("source: fr_2023_23055}\n", "source: fr_2023_23055}" + SECOND)
    rule_file(tmp_path, more, ("kind: requirement", "kind: requirement\nis_listing: true"))
    assert len(load_rules(tmp_path)["made_up"].timeline) == 2


def scenario_files(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SCENARIO + "reforma: []\n", "unknown key 'reforma'"),
        (SCENARIO.replace("null", "actuel"), "unknown base scenario 'actuel'"),
        (SCENARIO.replace("null", "s"), "runs in a circle: s -> s"),
        (SCENARIO + "reforms: [h21]\n", "unknown reform 'h21'"),
        (SCENARIO + "adopted_on: soon\n", "adopted_on"),
        (SCENARIO.replace("title: t\n", ""), "title"),
        (SCENARIO.replace("id: s", "id: x"), "make the two the same"),
        ("- a\n- b\n", "is empty"),
    ],
)
def test_a_slip_in_a_scenario_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as problem:
        scenarios(scenario_files(tmp_path, s=text))
    assert said in str(problem.value)
    assert "s.yaml" in str(problem.value)


def test_a_scenario_with_reforms_needs_the_day_they_are_adopted(tmp_path: Path) -> None:
    (tmp_path / "reforms").mkdir()
    (tmp_path / "reforms" / "r.yaml").write_text("id: r\ntitle: t\nsummary: u\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="adopted_on"):
        scenarios(scenario_files(tmp_path, s=SCENARIO + "reforms: [r]\n"))


def test_a_circle_of_two_scenarios_is_found(tmp_path: Path) -> None:
    one, two = SCENARIO.replace("null", "t"), SCENARIO.replace("id: s", "id: t").replace("null", "s")
    with pytest.raises(ScenarioError, match="s -> t -> s"):
        scenarios(scenario_files(tmp_path, s=one, t=two))


@pytest.mark.parametrize(
    ("law_text", "said"),
    [
        ("{rule: licence_3a09, set: {policy: x}, why: a reason}", "unknown rule 'licence_3a09'"),
        ("{rule: licence_3a090_a, set: {polcy: x}, why: a reason}", "unknown key to set 'polcy'"),
        ("{rule: licence_3a090_a, set: {from: 2024-01-01}, why: a reason}", "unknown key to set 'from'"),
    ],
)
def test_a_slip_in_a_reform_names_the_rule_or_key(tmp_path: Path, law_text: str, said: str) -> None:
    (tmp_path / "reforms").mkdir()
    text = f"id: r\ntitle: t\nsummary: u\nlaw:\n  - {law_text}\n"
    (tmp_path / "reforms" / "r.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ChipflowsError) as problem:
        reforms(tmp_path)
    assert said in str(problem.value)
    assert "r.yaml" in str(problem.value)


def test_a_reform_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reforms").mkdir()
    text = "id: r\ntitle: t\nsummary: u\nlaw:\n  - {rule: licence_3a090_a, set: {policy: x}}\n"
    (tmp_path / "reforms" / "r.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match="why"):
        reforms(tmp_path)


# ---- what is shipped

SHIPPED = {
    "actual", "no-controls", "letter-diffusion", "letter-h20", "letter-h20-narrow", "letter-kyc",
    "letter-cxmt",
    "letter-all", "now-diffusion", "now-h20", "now-h20-narrow", "now-kyc", "now-cxmt", "now-all",
    "h20-never-restricted", "a800-h800-closed", "h200-open", "h200-closed", "b30a-open", "affiliates-rule-on",
    "affiliates-rule-off",
}  # fmt: skip


def test_every_scenario_of_the_design_is_shipped_and_actual_comes_first() -> None:
    assert set(scenarios()) >= SHIPPED
    assert next(iter(scenarios())) == "actual"


def test_then_and_now_differ_only_in_the_day() -> None:
    known = scenarios()
    for name in ("diffusion", "h20", "h20-narrow", "kyc", "cxmt", "all"):
        then, now = known[f"letter-{name}"], known[f"now-{name}"]
        assert then.reforms == now.reforms
        assert (str(then.adopted_on), str(now.adopted_on)) == ("2025-02-03", "2027-01-01")


@pytest.mark.parametrize(
    ("scenario", "case", "actual", "changed"),
    [
        ("letter-h20", {"chip": "h20", "to": "CN", "on": "2025-03-01"}, False, True),
        ("letter-h20-narrow", {"chip": "h20", "to": "CN", "on": "2025-03-01"}, False, True),
        ("letter-h20-narrow", {"chip": "a800", "to": "CN", "on": "2025-03-01"}, True, True),
        ("letter-h20", {"chip": "h20", "to": "CN", "on": "2025-02-02"}, False, False),
        ("letter-diffusion", {"chip": "b200", "to": "MY", "on": "2025-06-01"}, False, True),
        ("now-diffusion", {"chip": "b200", "to": "MY", "on": "2026-12-31"}, False, False),
        ("now-diffusion", {"chip": "b200", "to": "MY", "on": "2027-01-01"}, False, True),
        ("letter-cxmt", {"chip": "l2", "to": "CN", "on": "2025-03-01", "end_user": "CXMT"}, False, True),
        ("letter-kyc", {"chip": "h20", "to": "CN", "on": "2025-03-01"}, False, False),
        ("no-controls", {"chip": "h100", "to": "CN", "on": "2024-01-01"}, True, False),
        ("no-controls", {"chip": "h20", "to": "CN", "on": "2024-01-01", "end_user": "Huawei"}, True, True),
        ("h20-never-restricted", {"chip": "h20", "to": "CN", "on": "2025-06-01"}, True, False),
        ("a800-h800-closed", {"chip": "a800", "to": "CN", "on": "2022-11-18"}, False, True),
        ("a800-h800-closed", {"chip": "a800", "to": "CN", "on": "2022-11-17"}, False, False),
    ],
)
def test_a_scenario_changes_what_it_says_it_changes(
    scenario: str, case: dict[str, Any], actual: bool, changed: bool
) -> None:
    assert law.decide(**case).licence_required is actual
    assert law.decide(**case, scenario=scenario).licence_required is changed


@pytest.mark.parametrize(
    ("scenario", "chip", "policy"),
    [
        ("actual", "h200", "case by case"),
        ("h200-open", "h200", "presumption of approval"),
        ("h200-closed", "h200", "presumption of denial"),
        ("actual", "b30a", "presumption of denial"),
        ("b30a-open", "b30a", "case by case"),
        ("now-h20", "h200", "presumption of denial"),
    ],
)
def test_review_policies_of_2027_follow_the_scenario(scenario: str, chip: str, policy: str) -> None:
    found = law.decide(chip, "CN", "2027-02-01", scenario=scenario)
    assert (found.licence_required, found.review_policy) == (True, policy)


def test_every_rule_file_reads_aloud_and_is_short_in_the_title() -> None:
    for rule in load_rules().values():
        assert isinstance(rule, Rule)
        assert rule.summary.strip().endswith((".", '".'))
        assert len(rule.title) <= 90


def test_scenario_files_hold_nothing_but_the_schema() -> None:
    folder = Path(__file__).resolve().parents[2] / "scenarios"
    for path in folder.glob("*.yaml"):
        assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) <= set(Scenario.model_fields)
