"""Each chip rule changes the answer on its first day, and each first day of a chip rule has a case here.

The rules on end uses, product rules and listings have theirs in test_rules_dates.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from chipflows import law
from chipflows.tables.rules import load_rules

OTHERS = (
    "entity_list_", "fab_", "fdp_", "foundry", "letter_tsmc", "sme_", "supercomputer", "us_persons", "veu_",
    "zte",
)  # fmt: skip
CN = {"to": "CN"}
HQ = {"to": "SG", "party_hq": "CN"}
VEU = {"to": "SA", "is_data_center_veu": True}
HBM2 = {"chip": "hbm3_stack", "to": "CN", "mem_bw_density_gbps_mm2": 3.0, "exporter_hq": "US",
        "goes_to_packaging_site": True}  # fmt: skip

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("eccn_3a090_2022", "2022-10-21", {"chip": "mi250x", **CN}),
    ("eccn_3a090_a", "2023-11-17", {"chip": "l4", **CN}),
    ("eccn_3a090_b", "2023-11-17", {"chip": "l40", **CN}),
    ("eccn_3a090_c", "2024-12-02", {"chip": "hbm3_stack", **CN}),
    ("letter_nvidia_aug2022", "2022-08-26", {"chip": "a100", **CN}),
    ("letter_nvidia_aug2022", "2022-10-21", {"chip": "a100", **CN}),
    ("letter_amd_aug2022", "2022-08-26", {"chip": "mi250x", **CN}),
    ("letter_nvidia_jul2023", "2023-07-30", {"chip": "h100", "to": "AE"}),
    ("letter_nvidia_oct2023", "2023-10-23", {"chip": "h800", **CN}),
    ("licence_3a090_2022", "2022-10-21", {"chip": "mi250x", **CN}),
    ("licence_3a090_2022", "2023-01-17", {"chip": "mi250x", "to": "MO"}),
    ("licence_3a090_a", "2023-11-17", {"chip": "h100", "to": "VN"}),
    ("licence_3a090_a", "2025-01-13", {"chip": "h100", "to": "VN"}),
    ("licence_3a090_b", "2023-11-17", {"chip": "l40", "to": "VN"}),
    ("licence_3a090_b", "2025-01-13", {"chip": "l40", "to": "VN"}),
    ("licence_3a090_a_uae", "2026-07-23", {"chip": "h100", "to": "AE"}),
    ("licence_3a090_b_uae", "2026-07-23", {"chip": "l40", "to": "AE"}),
    ("licence_3a090_c", "2024-12-31", {"chip": "hbm3_stack", **CN}),
    ("headquarters_3a090_a", "2023-11-17", {"chip": "h100", **HQ}),
    ("headquarters_3a090_a", "2025-05-13", {"chip": "mi250x", **HQ}),
    ("headquarters_3a090_a", "2026-05-31", {"chip": "mi250x", **HQ}),
    ("headquarters_3a090_b", "2023-11-17", {"chip": "l40", **HQ}),
    ("headquarters_3a090_b", "2025-01-13", {"chip": "l40", **HQ}),
    ("headquarters_3a090_c", "2024-12-31", {"chip": "hbm3_stack", **HQ}),
    ("exception_nac", "2023-11-17", {"chip": "rtx4090", **CN}),
    ("exception_nac", "2024-04-04", {"chip": "l40", "to": "VN"}),
    ("exception_aca", "2024-04-04", {"chip": "l40", "to": "VN"}),
    ("exception_hbm", "2024-12-02", HBM2),
    ("authorisation_data_center_veu", "2024-10-02", {"chip": "h100", **VEU}),
    ("letter_nvidia_apr2025", "2025-04-09", {"chip": "h20", **CN}),
    ("letter_amd_apr2025", "2025-04-15", {"chip": "mi308", **CN}),
    ("notice_intel_apr2025", "2025-04-09", {"chip": "h20", "exporter": "Intel", **CN}),
    ("licences_h20_2025", "2025-07-14", {"chip": "h20", **CN}),
    ("licences_h20_2025", "2025-08-08", {"chip": "h20", **CN}),
    ("licences_h20_2025", "2025-08-11", {"chip": "h20", **CN}),
    ("licences_mi308_2025", "2025-07-15", {"chip": "mi308", **CN}),
    ("licences_mi308_2025", "2025-12-04", {"chip": "mi308", **CN}),
    ("review_h200_2026", "2026-01-15", {"chip": "h200", **CN}),
    ("tariff_section_232", "2026-01-15", {"chip": "h200", **CN}),
    ("affiliates_50_percent", "2025-09-29", {"chip": "l2", "to": "TH", "listed_owner_pct": 50.0}),
    ("affiliates_50_percent", "2025-11-10", {"chip": "l2", "to": "TH", "listed_owner_pct": 50.0}),
    ("affiliates_50_percent", "2026-11-10", {"chip": "l2", "to": "TH", "listed_owner_pct": 50.0}),
]  # fmt: skip


def answer(case: dict[str, Any], day: date) -> dict[str, Any]:
    """Everything an answer holds but its day and its words."""
    found = law.decide(on=day, **case).as_dict()
    return {key: value for key, value in found.items() if key not in ("on", "explanation")}


def ours() -> set[tuple[str, str]]:
    """Each chip rule with each first day of an entry that decides."""
    rules = [r for r in load_rules().values() if r.kind != "fact" and not r.id.startswith(OTHERS)]
    return {(rule.id, entry.from_.isoformat()) for rule in rules for entry in rule.timeline if entry.decides}


@pytest.mark.parametrize(("rule", "first", "case"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_a_rule_changes_the_answer_on_its_first_day(rule: str, first: str, case: dict[str, Any]) -> None:
    day = date.fromisoformat(first)
    assert answer(case, day - timedelta(days=1)) != answer(case, day)


def test_every_first_day_of_a_chip_rule_has_a_case() -> None:
    assert ours() - {(rule, first) for rule, first, _ in CASES} == set()


def test_a_suspended_rule_counts_up_to_the_day_before_its_suspension() -> None:
    case = {"chip": "l2", "to": "TH", "listed_owner_pct": 50.0}
    assert law.decide(on="2025-11-09", **case).licence_required is True
    assert law.decide(on="2025-11-10", **case).licence_required is False
    assert law.decide(on="2025-11-09", **{**case, "listed_owner_pct": 49.9}).licence_required is False


def test_the_headquarters_window_is_a_switch_for_a_and_no_window_for_b() -> None:
    for day, a, b in (("2025-05-12", True, True), ("2025-05-13", None, True), ("2026-05-31", True, True)):
        assert law.decide("mi250x", on=day, **HQ).licence_required is a
        assert law.decide("l40", on=day, **HQ).licence_required is b


def test_cambodia_left_its_group_and_the_review_softened() -> None:
    assert law.decide("h100", "KH", "2026-02-03").review_policy == "presumption of denial"
    found = law.decide("h100", "KH", "2026-02-04")
    assert (found.licence_required, found.review_policy) == (True, "presumption of approval")


def test_breakpoints_are_every_day_on_which_something_can_change() -> None:
    days = law.breakpoints()
    assert days == sorted(set(days))
    for _, first, _ in CASES:
        assert date.fromisoformat(first) in days
    assert date(2026, 2, 4) in days, "Cambodia leaves D:5"
    assert date(2025, 2, 3) in law.breakpoints("letter-h20")
