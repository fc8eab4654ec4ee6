"""docs/law-coverage.md is what the rules say, and the words for a rule's state are the right ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chipflows.law.coverage import coverage_table, entry_on, state_on
from chipflows.tables.rules import Rule, load_rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "law-coverage.md"
DAY = date(2026, 11, 24)


def rule(*spans: tuple[str, str | None, str], kind: str = "requirement") -> Rule:
    """A made-up rule with one value a span (from, until, status)."""
    return Rule.model_validate(
        {
            "id": "made_up",
            "title": "A | made-up rule",
            "kind": kind,
            "issuer": "BIS",
            "summary": "For tests.",
            "timeline": [
                {
                    "from": start,
                    "until": end,
                    "status": status,
                    "test": {"tpp": {"min": number}},
                    "citation": {"ref": f"1 FR {number}", "source": "made_up"},
                }
                for number, (start, end, status) in enumerate(spans)
            ],
        }
    )


def test_the_page_is_the_generated_text() -> None:
    generated = coverage_table(load_rules().values(), DAY)
    assert PAGE.read_text("utf-8") == generated, "run tools/law_coverage.py 2026-11-24"


def test_every_rule_has_a_line_with_its_title_and_citation() -> None:
    known = load_rules()
    table = coverage_table(known.values(), DAY)
    for name, found in known.items():
        assert f"| `{name}` | {found.title} |" in table
        assert entry_on(found, DAY).citation.ref in table


@pytest.mark.parametrize(
    ("spans", "state"),
    [
        ([("2020-01-01", None, "in_force")], "in force"),
        ([("2020-01-01", None, "not_enforced")], "not enforced"),
        ([("2030-01-01", None, "in_force")], "from 2030-01-01"),
        ([("2020-01-01", "2021-01-01", "in_force")], "ended 2021-01-01"),
        ([("2020-01-01", "2021-01-01", "in_force"), ("2021-01-01", None, "suspended")], "suspended"),
    ],
)
def test_the_state_is_that_of_the_value_that_holds(
    spans: list[tuple[str, str | None, str]], state: str
) -> None:
    assert state_on(rule(*spans), DAY) == state


def test_the_day_a_value_ends_it_no_longer_holds() -> None:
    two = rule(("2020-01-01", "2026-11-24", "in_force"), ("2026-11-24", None, "withdrawn"))
    assert entry_on(two, date(2026, 11, 23)).status == "in_force"
    assert entry_on(two, DAY).status == "withdrawn"


def test_a_fact_never_counts_in_a_decision() -> None:
    assert coverage_table([rule(("2020-01-01", None, "in_force"), kind="fact")], DAY).endswith(
        "| fact |\n\n1 rules.\n"
    )


def test_a_bar_in_a_title_does_not_break_the_table() -> None:
    line = coverage_table([rule(("2020-01-01", None, "in_force"))], DAY).splitlines()[-3]
    assert line.count("|") == 9
