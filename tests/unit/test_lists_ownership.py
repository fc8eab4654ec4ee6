"""The 50% rule: direct, indirect, together; unknown shares stay unknown; the rule's status by date."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows import lists
from chipflows.lists.frame import Entry, to_frame
from chipflows.lists.ownership import affiliate_status, ownership_edges

ON = date(2025, 10, 15)  # the rule was in force
FIRMS = to_frame(
    [Entry(name, country="CN", cited="80 FR 1, 5/1/15") for name in ("Alpha Kiln Ltd.", "Beta Kiln Ltd.")]
)


def edges(*rows: tuple[str, str, float | None], as_of: str = "2024-01-01") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["owner", "owned", "owned_pct"]).astype({"owned_pct": float})
    return frame.assign(as_of=pd.Timestamp(as_of), basis="made up", source_ids="x", note="")


def asked(name: str, *rows: tuple[str, str, float | None], on: date = ON) -> tuple[bool | None, bool | None]:
    found = affiliate_status(name, on, edges(*rows), FIRMS)
    return found.is_half_owned, found.is_treated_as_listed


@pytest.mark.parametrize(
    ("rows", "half"),
    [
        ([], None),
        ([("Alpha Kiln Ltd.", "X Co.", 50)], True),
        ([("Alpha Kiln Ltd.", "X Co.", 49.9)], None),  # who holds the rest is not recorded
        ([("Alpha Kiln Ltd.", "X Co.", 49.9), ("Quiet Fund", "X Co.", 50.1)], False),
        ([("Alpha Kiln Ltd.", "X Co.", 25), ("Beta Kiln Ltd.", "X Co.", 25)], True),  # together
        ([("Alpha Kiln Ltd.", "Mid Co.", 60), ("Mid Co.", "X Co.", 50)], True),  # indirect
        (
            [("Alpha Kiln Ltd.", "Mid Co.", 60), ("Mid Co.", "X Co.", 30), ("Beta Kiln Ltd.", "X Co.", 20)],
            True,
        ),
        ([("Alpha Kiln Ltd.", "Mid Co.", 40), ("Fund", "Mid Co.", 60), ("Mid Co.", "X Co.", 100)], False),
        (
            [("Alpha Kiln Ltd.", "Mid Co.", 40), ("Mid Co.", "X Co.", 100)],
            None,
        ),  # Mid's other holders unknown
        ([("Alpha Kiln Ltd.", "X Co.", None)], None),  # an owner, the share not stated
        ([("Alpha Kiln Ltd.", "X Co.", None), ("Quiet Fund", "X Co.", 51)], False),
        ([("Quiet Fund", "X Co.", 80)], False),
        ([("X Co.", "Y Co.", 100), ("Y Co.", "X Co.", 100)], False),  # a circle ends
        ([("Alpha Kiln Ltd.", "X Co.", 50), ("Y Co.", "X Co.", 50), ("X Co.", "Y Co.", 100)], True),
    ],
)
def test_ownership_is_added_up_and_what_is_not_known_stays_unknown(
    rows: list[tuple[str, str, float | None]], half: bool | None
) -> None:
    assert asked("X", *rows)[0] is half


@pytest.mark.parametrize(
    ("on", "rule", "is_treated"),
    [
        ("2025-09-28", "not yet", False), ("2025-09-29", "in force", True), ("2025-11-09", "in force", True),
        ("2025-11-10", "suspended", False), ("2026-11-09", "suspended", False),
        ("2026-11-10", "cannot tell", None),
    ],
)  # fmt: skip
def test_the_rule_binds_by_date_and_after_its_suspension_it_cannot_be_told(
    on: str, rule: str, is_treated: bool | None
) -> None:
    found = affiliate_status("X", date.fromisoformat(on), edges(("Alpha Kiln Ltd.", "X Co.", 80)), FIRMS)
    assert (found.rule, found.is_half_owned, found.is_treated_as_listed) == (rule, True, is_treated)
    assert found.citation.startswith("90 FR")


def test_a_firm_below_half_is_not_reached_whatever_the_rules_status() -> None:
    rows = [("Alpha Kiln Ltd.", "X Co.", 10.0), ("Quiet Fund", "X Co.", 90.0)]
    assert asked("X", *rows, on=date(2026, 12, 1)) == (False, False)


def test_an_owner_counts_from_the_day_it_was_listed() -> None:
    rows = ("Alpha Kiln Ltd.", "X Co.", 100.0)
    found = affiliate_status("X", date(2014, 1, 1), edges(rows), FIRMS)
    assert found.is_half_owned is False


def test_the_newest_report_up_to_the_day_counts() -> None:
    both = pd.concat(
        [edges(("Alpha Kiln Ltd.", "X Co.", 70)), edges(("Alpha Kiln Ltd.", "X Co.", 30), as_of="2025-12-01")]
    )
    assert affiliate_status("X", ON, both, FIRMS).owned_pct_min == 70
    assert affiliate_status("X", date(2026, 1, 1), both, FIRMS).owned_pct_min == 30


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.floats(0, 100), min_size=1, max_size=5))
def test_the_bounds_hold_and_narrow_as_holders_become_known(shares: list[float]) -> None:
    scaled = [share / max(1.0, sum(shares) / 100) for share in shares]
    rows = [
        (("Alpha Kiln Ltd." if n == 0 else f"Fund {n}"), "X Co.", share) for n, share in enumerate(scaled)
    ]
    bounds = []
    for known in range(1, len(rows) + 1):
        found = affiliate_status("X", ON, edges(*rows[:known]), FIRMS)
        assert 0 <= found.owned_pct_min <= found.owned_pct_max <= 100
        bounds.append((found.owned_pct_min, found.owned_pct_max))
    assert all(low <= more and high >= fewer - 1e-9 for (low, high), (more, fewer) in pairwise(bounds))


@pytest.mark.parametrize(
    ("name", "half", "said"),
    [
        ("Aivres Systems", None, "share unknown"),
        ("Inspur Digital Enterprise Technology", True, "50.88%"),
        ("SMIC Japan Corporation", True, "100%"),
        ("Brite Semiconductor (Shanghai) Corporation", None, "46.6%"),
        ("ChangXin Technology Group", False, "below half"),
        ("Nonesuch Widgets", None, "No holder of this firm is recorded"),
    ],
)
def test_the_shipped_shares_say_what_the_sources_say(name: str, half: bool | None, said: str) -> None:
    found = affiliate_status(name, ON)
    assert found.is_half_owned is half
    assert said in found.reason


def test_units_that_the_list_names_are_edges_without_a_share() -> None:
    found = ownership_edges()
    units = found[found["basis"].str.contains("unit")]
    assert len(units) == (lists.listed_firms()["part_of"] != "").sum()
    assert units["owned_pct"].isna().all() and units["owner"].notna().all()
    assert (found["owned_pct"].dropna() <= 100).all()
