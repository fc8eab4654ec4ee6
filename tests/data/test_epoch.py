"""Epoch AI's figures reproduced as published (BENCHMARKS B8 to B10), and ours beside them."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from chipflows import tables

OWNERS = "epoch/ai_chip_counts/owners_csv_export"
NAMES = {"A100": "a100_sxm_80", "A800": "a800_sxm_80", "H800": "h800_sxm_80", "H20": "h20_96"}


def printed(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["Owner"] == "China"]


@pytest.mark.parametrize(
    ("quarter", "median"),
    [
        ("2022Q4", 31_906), ("2023Q4", 177_662), ("2024Q4", 322_257),
        ("2025Q1", 376_350), ("2025Q2", 399_155), ("2025Q4", 401_698),
    ],
)  # fmt: skip
def test_b8_epochs_cumulative_compute_is_held_as_printed(quarter: str, median: float) -> None:
    assert tables.epoch_cumulative_prc().set_index("quarter").loc[quarter, "h100e_p50"] == median


def test_b8_epochs_intervals_are_held_as_printed() -> None:
    cumulative = tables.epoch_cumulative_prc().set_index("quarter")[["h100e_p05", "h100e_p95"]]
    assert cumulative.loc["2024Q4"].tolist() == [261_821, 395_153]
    assert cumulative.loc["2025Q4"].tolist() == [324_871, 496_849]


def test_b9_quarterly_compute_by_chip_adds_up_to_epochs_quarters_within_one_percent() -> None:
    # medians are not additive: 2023Q2 is 8,320 A800 + 31,916 H800 = 40,236 against 40,322 printed
    quarters = tables.epoch_flows_prc().groupby("quarter")["h100e_p50"].sum()
    expected = [
        9_414, 10_060, 3_447, 8_870, 16_610, 40_322, 65_434, 22_740, 20_748, 33_363, 40_720, 48_517, 54_096,
        22_838, 2_560,
    ]  # fmt: skip
    assert quarters.tolist() == pytest.approx(expected, rel=0.01)
    total = tables.epoch_cumulative_prc().set_index("quarter").loc["2025Q4", "h100e_p50"]
    assert quarters.sum() == pytest.approx(total, rel=0.01)


def test_b10_epochs_h20_units_through_2025_are_reproduced() -> None:
    units = tables.epoch_flows_prc().query("chip_id == 'h20_96'")["units_p50"].sum()
    assert units == pytest.approx(1_489_899, rel=0.03)


def test_b10_our_h20_history_is_lower_by_the_chips_sold_outside_china() -> None:
    # FY2026Q2: 40,574 in 2025Q2 and 17,117 in 2025Q3 = 57,692 (rounding aside)
    ours = tables.chip_flows_prc().query("chip_id == 'h20_96'").set_index("quarter")["units_p50"]
    epoch = tables.epoch_flows_prc().query("chip_id == 'h20_96'").set_index("quarter")["units_p50"]
    assert epoch.sum() - ours.sum() == pytest.approx(57_692, abs=3)
    # 65,529 move from 2025Q2 to 2025Q1: all of FY2026Q1 had shipped by 9 April
    assert ours["2025Q1"] - epoch["2025Q1"] == pytest.approx(65_529, abs=2)
    assert ours["2025Q3"] == 0
    assert (ours.loc[:"2024Q4"] == epoch.loc[:"2024Q4"]).all()


def test_our_h20_first_quarter_of_2025_is_two_fiscal_quarters_cut_by_days() -> None:
    # 335,706 x 26/91 (1 to 26 January) + 377,878 x 64/73 (27 January to 31 March of 73 days to 9 April)
    ours = tables.chip_flows_prc().query("chip_id == 'h20_96'").set_index("quarter")["units_p50"]
    assert ours["2025Q1"] == pytest.approx(335_706 * 26 / 91 + 377_878 * 64 / 73, abs=2)
    assert ours["2025Q2"] == pytest.approx(377_878 * 9 / 73, abs=2)


def test_other_chips_are_epochs_to_the_unit() -> None:
    keys = ["chip_id", "quarter"]
    ours = tables.chip_flows_prc().query("chip_id != 'h20_96' and chip_id != 'mi308'").set_index(keys)
    epoch = tables.epoch_flows_prc().query("chip_id != 'h20_96'").set_index(keys)
    columns = ["units_p05", "units_p50", "units_p95"]
    pd.testing.assert_frame_equal(ours[columns].sort_index(), epoch[columns].sort_index())


def test_the_epoch_tables_say_what_the_files_say(raw: Path) -> None:
    quarters = {
        (row["Name"].split()[1], row["Name"].split()[3] + row["Name"].split()[2]): float(
            row["Number of Units"]
        )
        for row in printed(raw / OWNERS / "nvidia_owners_quarters_by_chip.csv")
        if row["Name"].split()[1] in NAMES
    }
    held = tables.epoch_flows_prc().set_index(["chip_id", "quarter"])["units_p50"].to_dict()
    assert {(NAMES[chip], quarter): units for (chip, quarter), units in quarters.items()} == held


def test_the_cumulative_table_says_what_the_file_says(raw: Path) -> None:
    rows = printed(raw / OWNERS / "nvidia_owners_cumulative_totals.csv")
    medians = [float(row["Compute estimate in H100e (median)"]) for row in rows]
    assert sorted(tables.epoch_cumulative_prc()["h100e_p50"]) == sorted(medians)


def test_the_loophole_window_let_154_thousand_h100_equivalents_pass() -> None:
    # (121,421 A800 x 624 + 115,430 H800 x 1,979) / 1,979 = 38,285 + 115,430 = 153,715 (medians of totals)
    totals = tables.chip_flows_totals().set_index("chip_id")["units_p50"]
    assert totals["a800_sxm_80"] * 624 / 1979 + totals["h800_sxm_80"] == pytest.approx(153_715, abs=1)


def test_what_five_us_cloud_firms_acquired_is_the_sum_of_epochs_medians(raw: Path) -> None:
    # 508,577 in 2024Q3 + 483,253 + 246,048 + 159,450 + 83,399 + 14,653 = 1,495,380; half of it 747,690
    owners = {"Microsoft", "Meta", "Amazon", "Google", "Oracle"}
    units: dict[str, float] = {}
    path = raw / OWNERS / "nvidia_owners_quarters_by_chip.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["Owner"] in owners and "H100" in row["Name"]:
                quarter, year = row["Name"].split()[-2:]
                units[year + quarter] = units.get(year + quarter, 0) + float(row["Number of Units"])
    held = tables.us_supply().set_index("fact_id")
    assert held.loc["cap_h100h200_us5", "mid"] == sum(units.values())
    assert held.loc["cap_h100h200_us5_2024q3", "mid"] == units["2024Q3"]
    late = sum(value for quarter, value in units.items() if quarter >= "2024Q3")
    assert held.loc["cap_h200_ceiling", "high"] == late / 2
