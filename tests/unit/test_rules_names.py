"""No natural person stands in data/rules: checked against the raw lists where at hand, and on a twin."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

REPO = Path(__file__).resolve().parents[2]
RULES = REPO / "data" / "rules"
SHARED = Path(os.environ.get("CHIPFLOWS_SHARED") or REPO.parent / "shared")
ENTITY_LIST = SHARED / "raw" / "entity" / "entity_list" / "el_2026-07-09_ecfr.json.gz"
SCREENING_LIST = SHARED / "raw" / "entity" / "csl" / "csl_2026-07-31_compact.json.gz"

# The Entity List does not say which entries are people, so an entry counts as one when it is two to four
# plain capitalised words and none of them is a word that firms, bodies or places carry in their names.
FIRM_WORDS = re.compile(
    r"(?i)\b(co|ltd|limited|inc|corp\w*|company|group|institute|universit\w*|tech\w*|electr\w*|semicon\w*|bureau|"
    r"cent(er|re)\w*|s\.?a\.?|gmbh|llc|b\.?v|pte|lab\w*|academy|trad\w*|holding\w*|capital|equipment|micro\w*|"
    r"international|system\w*|integrated|circuit\w*|aviation|sciences?|software|networks?|cloud|memory|global|"
    r"information|industr\w*|research|college|services?|solutions?|engineer\w*|logistics|huawei|cambricon|sophgo|"
    r"korea|japan|taiwan|china|hong kong|sdn|bhd|shipping|enterprise\w*|general|proven|elektronik|zhipu|"
    r"sugon|dahua|threads|inspur|jiuzhou|computing|supercomput\w*|design|intelligen\w*|digital|air)\b"
)
PLAIN_NAME = re.compile(r"^[A-Z][a-z]+([ -][A-Z]?[a-z]*){1,3}$")


def looks_like_a_person(name: str) -> bool:
    """True for 'Jane Roe' and not for 'Roe Electronics' or 'ROE'."""
    return bool(PLAIN_NAME.match(name)) and not FIRM_WORDS.search(name)


def strings(value: Any) -> Iterator[str]:
    """Every string in a YAML value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(key)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def rule_strings() -> set[str]:
    """Every string in every rule file, names of firms included."""
    return {
        s for path in sorted(RULES.glob("*.yaml")) for s in strings(yaml.safe_load(path.read_text("utf-8")))
    }


def named(texts: set[str], people: set[str]) -> list[str]:
    """The people, casefolded, whose whole name is a string in the rules."""
    return sorted(text for text in texts if text.casefold() in people)


def read_gzip(path: Path) -> Any:
    if not path.exists():
        pytest.skip(f"no raw list here: {path.name} (set CHIPFLOWS_SHARED)")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


@pytest.mark.parametrize("name", ["Jane Roe", "Jane Q Roe", "Xin Lu Roe"])
def test_a_plain_capitalised_name_counts_as_a_person(name: str) -> None:
    assert looks_like_a_person(name)


@pytest.mark.parametrize(
    "name", ["Roe Electronics", "ROE", "Roe Technology Co., Ltd.", "Roe Capital", "Roe (Beijing)"]
)
def test_a_firm_name_does_not_count_as_a_person(name: str) -> None:
    assert not looks_like_a_person(name)


def test_a_person_put_into_a_rule_would_be_found() -> None:
    rule = {"timeline": [{"test": {"end_user": {"in": ["Roe Electronics", "JANE ROE"]}}}]}
    assert named(set(strings(rule)), {"jane roe"}) == ["JANE ROE"]


def test_no_rule_names_anyone_typed_as_an_individual_on_the_screening_list() -> None:
    people = {
        alias.casefold()
        for row in read_gzip(SCREENING_LIST)["entries"]
        if row.get("t") == "Individual"
        for alias in [row["n"], *row.get("a", [])]
    }
    assert len(people) > 1000, "the list should hold thousands of individuals: was its layout changed?"
    assert named(rule_strings(), people) == []


def test_no_rule_names_an_entity_list_entry_that_looks_like_a_person() -> None:
    entries = read_gzip(ENTITY_LIST)["entities"]
    people = {entry["name"].casefold() for entry in entries if looks_like_a_person(entry["name"])}
    assert len(people) > 50, "the list should hold many natural persons: was its layout changed?"
    assert named(rule_strings(), people) == []
