"""Which rules already reach CXMT, and what a listing adds."""

from datetime import date

import pytest

from chipflows import tables
from chipflows.law.reach import CXMT_FACTS, CXMT_ITEMS, CXMT_RULES, reach_matrix


@pytest.fixture(scope="module")
def matrix():
    frame = reach_matrix(
        CXMT_ITEMS, CXMT_RULES, CXMT_FACTS, date(2025, 6, 1), [("actual", False), ("letter-cxmt", True)]
    )
    return frame.set_index(["item", "rule_id", "with_listing"])["reached"]


def test_without_a_listing_the_entity_list_reaches_nothing(matrix):
    assert set(matrix[:, "ask_cxmt_listing", False]) == {"no"}


def test_a_listing_reaches_items_from_the_us_no_service_and_perhaps_a_tool_made_abroad(matrix):
    # A service is not an item subject to the EAR (734.3). The tool rules leave out exports from Japan, so
    # only over 25% of US content (734.4(d)) would bring the tool in, and the content is not public.
    assert matrix[:, "ask_cxmt_listing", True].to_dict() == {
        "Etch or deposition tool": "yes",
        "Spare part, US-made": "yes",
        "Service by a US person": "no",
        "Tool made in Japan with US chips": "cannot tell",
        "Chip-design software": "yes",
    }


def test_the_reported_die_lies_just_outside_the_limits_of_december_2024(matrix):
    assert matrix["Etch or deposition tool", "fab_end_use_dram", False] == "no"


def test_limits_that_are_only_reported_give_cannot_tell(matrix):
    assert matrix["Etch or deposition tool", "fab_end_use_dram_2025", False] == "cannot tell"


def test_a_denser_die_would_be_reached():
    denser = {**CXMT_FACTS, "fab_dram_density_gb_mm2": 0.30}
    frame = reach_matrix(CXMT_ITEMS, CXMT_RULES, denser, date(2025, 6, 1), [("actual", False)])
    found = frame.set_index(["item", "rule_id"])["reached"]
    assert found["Spare part, US-made", "fab_end_use_dram"] == "yes"


def test_tools_from_japan_stay_outside_the_tool_rule(matrix):
    assert matrix["Tool made in Japan with US chips", "fdp_sme", False] == "no"


def test_the_facts_of_the_die_are_those_of_its_source():
    series = tables.table("cxmt_series").set_index("fact_id")
    assert CXMT_FACTS["fab_dram_density_gb_mm2"] == series["mid"]["cxmt_dieg4"]


@pytest.mark.parametrize("limb", [{"fab_dram_cell_um2": 0.0018}, {"fab_dram_meets_tsv_limb": True}])
def test_any_one_limb_of_the_test_is_enough(limb):
    frame = reach_matrix(
        CXMT_ITEMS, CXMT_RULES, {**CXMT_FACTS, **limb}, date(2025, 6, 1), [("actual", False)]
    )
    found = frame.set_index(["item", "rule_id"])["reached"]
    assert found["Etch or deposition tool", "fab_end_use_dram"] == "yes"
    assert found["Etch or deposition tool", "fab_end_use_unknown_node"] == "no"  # the node is known


def test_what_each_item_is_decides_which_rule_would_reach_it():
    """Each item's own facts, against a fab that the rules do reach, from a place not left out."""
    facts = {**CXMT_FACTS, "fab_dram_density_gb_mm2": 0.30, "exporting_country": "MY"}
    items = {name: {**own, "exporting_country": "MY"} for name, own in CXMT_ITEMS.items()}
    frame = reach_matrix(items, CXMT_RULES, facts, date(2025, 6, 1), [("actual", False)])
    reached = {rule: set(rows["item"]) for rule, rows in frame[frame["reached"] == "yes"].groupby("rule_id")}
    assert reached == {
        "fab_end_use_dram": set(items) - {"Service by a US person"},
        "fdp_sme": {"Tool made in Japan with US chips"},
        "us_persons_support": {"Service by a US person"},
    }
