"""The time grid: quarters, shares by date, profiles."""

from datetime import date

import numpy as np
import pytest

from chipflows.errors import InputError
from chipflows.flows.grid import Grid, quarter_bounds, quarter_of, quarters_between
from chipflows.tables.assumptions import Profile


def profile(scale: str, at: dict) -> Profile:
    return Profile(id="p", topic="t", title="p", unit="x", scale=scale, at=at, sources=["s"])


@pytest.mark.parametrize("bad", ["2025", "2025Q5", "2025q1", "Q1 2025", "25Q1", "2025Q1 "])
def test_a_malformed_quarter_is_refused(bad):
    with pytest.raises(InputError, match="2025Q2"):
        quarter_bounds(bad)


def test_a_horizon_before_the_data_is_refused():
    with pytest.raises(InputError, match="2022Q1"):
        Grid(first="2021Q4")


def test_a_reversed_horizon_is_refused():
    with pytest.raises(InputError, match="before the first"):
        quarters_between("2025Q2", "2025Q1")


def test_quarters_run_across_years():
    assert quarters_between("2024Q4", "2025Q2") == ["2024Q4", "2025Q1", "2025Q2"]
    assert quarter_bounds("2024Q4") == (date(2024, 10, 1), date(2025, 1, 1))
    assert quarter_of(date(2025, 4, 9)) == "2025Q2"


def test_the_share_of_a_quarter_after_a_date_is_counted_in_days():
    # 2025Q2 has 91 days; from 9 April, 91 - 8 = 83 of them are left: 83/91. All of Q3, none of Q1.
    grid = Grid(first="2025Q1", last="2025Q3")
    share = grid.share_after(np.array([float(date(2025, 4, 9).toordinal())]))
    assert share[:, 0] == pytest.approx([0.0, 83 / 91, 1.0])


def test_the_share_within_a_window_is_counted_in_days():
    # 13 May to 31 May 2026, the end excluded: 49 of the 91 days of 2025Q2, and 60 of 2026Q2's 91.
    grid = Grid(first="2025Q1", last="2026Q3")
    share = grid.share_within(date(2025, 5, 13), date(2026, 5, 31))
    assert share[1] == pytest.approx(49 / 91)
    assert share[5] == pytest.approx(60 / 91)
    assert share[2:5] == pytest.approx(1.0)


def test_profiles_are_read_at_mid_quarter_and_held_beyond_their_ends():
    grid = Grid(first="2025Q1", last="2025Q4")
    # the middle of 2025Q1 is day 45 of 365: 2025.123
    assert grid.middle[0] == pytest.approx(2025 + 45 / 365)
    assert grid.path(profile("linear", {2025.0: 0.0, 2026.0: 365.0}))[0] == pytest.approx(45.0)
    assert grid.path(profile("log", {2025.0: 1.0, 2026.0: np.e}))[0] == pytest.approx(np.exp(45 / 365))
    assert list(grid.path(profile("step", {2020.0: 1.0, 2025.5: 2.0}))) == [1.0, 1.0, 2.0, 2.0]
    assert list(grid.path(profile("quarterly", {"2025Q2": 7.0}))) == [0.0, 7.0, 0.0, 0.0]
    assert grid.path(profile("linear", {2030.0: 5.0, 2031.0: 6.0}))[0] == 5.0
