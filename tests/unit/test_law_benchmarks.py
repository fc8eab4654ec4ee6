"""Published thresholds at their edges, the chip x vintage table, and the Diffusion Rule's quantities."""

from __future__ import annotations

import pandas as pd
import pytest

from chipflows import law, tables
from chipflows.tables.rules import load_rules

H100_TPP = 15_832.0
# name, TPP, die mm2, I/O GB/s, DRAM GB/s, Oct 2022, Oct 2023, licence Apr 2025, policy Jan 2026 to China
TABLE = [
    ("A100 80GB", 4992, 826, 600, 2039, "3A090", "3A090.a", True, "cannot tell"),
    ("A800", 4992, 826, 400, 2039, "not 3A090", "3A090.a", True, "presumption of denial"),
    ("H100 SXM", 15832, 814, 900, 3350, "3A090", "3A090.a", True, "case by case"),
    ("H800 SXM", 15832, 814, 400, 3350, "not 3A090", "3A090.a", True, "presumption of denial"),
    ("H200 SXM", 15832, 814, 900, 4800, "3A090", "3A090.a", True, "case by case"),
    ("H20", 2368, 814, 900, 4000, "not 3A090", "not 3A090", True, "case by case: licences being issued"),
    ("MI300X", 20919, 1017, 896, 5300, "3A090", "3A090.a", True, "cannot tell"),
    ("MI325X", 20919, 1017, 896, 6000, "3A090", "3A090.a", True, "case by case"),
    ("MI308", 2368, 1017, None, 4000, "not 3A090", "not 3A090", True, "case by case: licences being issued"),
    ("B200", 36000, 1628, 1800, 8000, "3A090", "3A090.a", True, "presumption of denial"),
    ("B300", 56000, 1628, 1800, 8000, "3A090", "3A090.a", True, "presumption of denial"),
    ("B30A", 28000, 814, 900, 4000, "3A090", "3A090.a", True, "presumption of denial"),
]  # fmt: skip
FIELDS = ["name", "tpp", "die_area_mm2", "io_bw_gbps", "mem_bw_gbps"]
CHIPS = pd.DataFrame([row[:5] for row in TABLE], columns=FIELDS)


def classified(on: str, frame: pd.DataFrame = CHIPS, **case: str) -> pd.DataFrame:
    return law.classify(frame, "CN", on, **case)


def one(on: str = "2024-01-15", **figures: object) -> pd.Series:
    """The class of one made-up chip by a maker without a letter."""
    return classified(on, pd.DataFrame([{"name": "made up", **figures}]), exporter="Example").iloc[0]


def test_the_october_2022_vintage() -> None:
    assert list(classified("2022-11-18")["eccn"]) == [row[5] for row in TABLE]


def test_the_october_2023_vintage() -> None:
    assert list(classified("2023-11-17")["eccn"]) == [row[6] for row in TABLE]


def test_the_april_2025_vintage() -> None:
    assert list(classified("2025-04-20")["licence_required"]) == [row[7] for row in TABLE]


@pytest.mark.parametrize(("chip", "row"), [(row[0], number) for number, row in enumerate(TABLE)])
def test_the_january_2026_vintage(chip: str, row: int) -> None:
    policy = classified("2026-01-15")["review_policy"][row]
    assert policy.startswith(TABLE[row][8]), chip


def test_the_january_2026_review_leaves_exports_from_abroad_alone() -> None:
    abroad = classified("2026-01-15", origin="abroad").set_index("name")["review_policy"]
    assert abroad["H200 SXM"] == "presumption of denial"


@pytest.mark.parametrize(
    ("figures", "day", "eccn"),
    [
        ({"tpp": 4799, "io_bw_gbps": 600}, "2022-11-18", "not 3A090"),
        ({"tpp": 4800, "io_bw_gbps": 600}, "2022-11-18", "3A090"),
        ({"tpp": 4800, "io_bw_gbps": 599}, "2022-11-18", "not 3A090"),
        ({"tpp": 4799, "die_area_mm2": 10000}, "2024-01-15", "not 3A090"),
        ({"tpp": 4800, "die_area_mm2": 10000}, "2024-01-15", "3A090.a"),
        # 1,600 / 5.92 = 270.27 mm2: a hair smaller is over 5.92, a hair larger under it
        ({"tpp": 1600, "die_area_mm2": 270.27}, "2024-01-15", "3A090.a"),
        ({"tpp": 1600, "die_area_mm2": 270.3}, "2024-01-15", "3A090.b"),
        ({"tpp": 1599, "die_area_mm2": 100}, "2024-01-15", "not 3A090"),
        ({"tpp": 1600, "die_area_mm2": 500}, "2024-01-15", "3A090.b"),  # exactly 3.2
        ({"tpp": 1600, "die_area_mm2": 500.1}, "2024-01-15", "not 3A090"),
        ({"tpp": 2400, "die_area_mm2": 1500}, "2024-01-15", "3A090.b"),  # exactly 1.6
        ({"tpp": 2400, "die_area_mm2": 1500.1}, "2024-01-15", "not 3A090"),
        ({"tpp": 2399, "die_area_mm2": 1499}, "2024-01-15", "not 3A090"),
        # MI250X meets the text of .b.2 too, which has no upper limit: .a is tested first
        ({"tpp": 6128, "die_area_mm2": 1580}, "2024-01-15", "3A090.a"),
        ({"tpp": 4799, "die_area_mm2": 100, "is_datacenter": False}, "2024-01-15", "not 3A090"),
        ({"tpp": 4800, "die_area_mm2": 100, "is_datacenter": False}, "2024-01-15", "3A090.a"),
    ],
)
def test_a_threshold_bites_exactly_at_its_figure(figures: dict[str, object], day: str, eccn: str) -> None:
    assert one(day, **figures)["eccn"] == eccn


@pytest.mark.parametrize(
    ("tpp", "memory", "policy"),
    [
        (20_999, 6_499, "case by case"),
        (21_000, 6_499, "presumption of denial"),
        (20_999, 6_500, "presumption of denial"),
    ],
)
def test_the_h200_review_ends_below_its_limits(tpp: float, memory: float, policy: str) -> None:
    figures = {"tpp": tpp, "die_area_mm2": 814, "mem_bw_gbps": memory, "us_available_2026_01_15": True}
    assert one("2026-01-15", **figures)["review_policy"] == policy


def test_a_planar_node_has_no_performance_density() -> None:
    chip = one(tpp=3000, die_area_mm2=100, is_nonplanar=False)
    assert pd.isna(chip["performance_density"])
    assert chip["eccn"] == "not 3A090"


def test_a_missing_die_area_gives_cannot_tell_not_no() -> None:
    chip = one(tpp=2000)
    assert chip["eccn"] == "cannot tell"
    assert pd.isna(chip["licence_required"])
    assert "die area" in chip["note"]


def test_a_missing_die_area_does_not_matter_where_compute_decides() -> None:
    assert one(tpp=4800)["eccn"] == "3A090.a"
    assert one(tpp=1599)["eccn"] == "not 3A090"


def test_tpp_is_the_largest_dense_throughput_times_bits() -> None:
    # the H20: max(148 x 16, 296 x 8) = 2,368, over 814 mm2 = 2.909...
    chip = one(fp16_bf16_tflops_dense=148, int8_tops_dense=296, die_area_mm2=814)
    assert chip["tpp"] == 2368
    assert chip["performance_density"] == pytest.approx(2368 / 814)


@pytest.mark.parametrize(
    ("chip", "memory", "io", "answer"),
    [
        ("H20", 4000, 900, True),
        ("made up", 4000, 64, True),
        ("made up", 100, 900, True),
        ("made up", 3999, 899, None),  # above Intel's numbers, below the H20's own
        ("made up", 1399, 64, False),
        ("made up", 1400, 64, None),
        ("made up", 1000, 700, None),  # 1,700 together
        ("made up", 1000, 699, False),
    ],
)
def test_the_two_readings_of_the_april_2025_letter(chip: str, memory: float, io: float, answer: bool) -> None:
    frame = pd.DataFrame([{"name": chip, "tpp": 1000, "mem_bw_gbps": memory, "io_bw_gbps": io}])
    found = law.classify(frame, "CN", "2025-06-01", exporter="NVIDIA")["licence_required"][0]
    assert (None if pd.isna(found) else bool(found)) is answer


@pytest.mark.parametrize(("memory", "io", "answer"), [(1399, 300, False), (1400, 0, True), (0, 1100, True)])
def test_intels_notice_binds_intel_by_its_numbers(memory: float, io: float, answer: bool) -> None:
    frame = pd.DataFrame([{"name": "made up", "tpp": 1000, "mem_bw_gbps": memory, "io_bw_gbps": io}])
    found = law.classify(frame, "CN", "2025-06-01", exporter="Intel")["licence_required"][0]
    assert bool(found) is answer


# ---- the AI Diffusion Rule's quantities (90 FR 4544), as if in force

FREE = {"to": "MY", "on": "2025-06-01", "scenario": "letter-diffusion"}


def numbers_in(rule: str, entry: int = -1) -> str:
    return load_rules()[rule].timeline[entry].model_dump_json()


def test_d1_and_d2_the_country_allocation_is_about_fifty_thousand_h100s_and_can_double() -> None:
    text = numbers_in("diffusion_worldwide")
    assert "790000000" in text
    assert "1580000000" in text
    assert pytest.approx(49_899, rel=1e-4) == 790_000_000 / H100_TPP
    assert pytest.approx(99_798, rel=1e-4) == 1_580_000_000 / H100_TPP


def test_d3_the_low_volume_exception_is_about_seventeen_hundred_h100s_and_exact() -> None:
    assert pytest.approx(1_699, rel=1e-3) == 26_900_000 / H100_TPP
    assert law.decide("b200", **FREE, consignee_year_tpp=26_900_000.0).exceptions == ("LPP",)
    assert law.decide("b200", **FREE, consignee_year_tpp=26_900_001.0).exceptions == ()


def test_d4_and_d6_the_company_caps_step_by_quarter_as_in_the_table() -> None:
    caps = tables.nveu_caps().set_index("quarter")["cap_tpp"]
    assert caps["2027Q4"] / H100_TPP == pytest.approx(319_859, rel=1e-4)
    for quarter, cap in caps.items():
        day = f"{quarter[:4]}-{3 * int(quarter[5]) - 1:02d}-15"
        case = {**FREE, "on": day, "is_data_center_veu": True, "party_hq": "IN"}
        assert "NVEU" in law.decide("b200", **case, nveu_installed_tpp=float(cap)).exceptions
        assert "NVEU" not in law.decide("b200", **case, nveu_installed_tpp=float(cap) + 1).exceptions


@pytest.mark.parametrize(
    ("outside", "largest", "abroad", "available"),
    [(25, 7, 50, True), (25.1, 7, 50, False), (25, 7.1, 50, False), (25, 7, 50.1, False)],
)
def test_d5_a_universal_authorisation_keeps_three_shares(
    outside: float, largest: float, abroad: float, available: bool
) -> None:
    found = law.decide(
        "b200", **FREE, party_hq="US", is_data_center_veu=True, share_outside_supp5a_pct=float(outside),
        largest_country_share_pct=float(largest), share_outside_us_pct=float(abroad),
    )  # fmt: skip
    assert ("UVEU" in found.exceptions) is available


def test_d7_reporting_and_notice_quantities() -> None:
    assert "253,000,000" in numbers_in("exception_aia")
    assert pytest.approx(15_980, rel=1e-3) == 253_000_000 / H100_TPP
    assert "3,200,000" in numbers_in("exception_lpp")
    assert pytest.approx(202, rel=1e-3) == 3_200_000 / H100_TPP


def test_d8_the_allocation_counts_licences_only_and_exceptions_stand_beside_it() -> None:
    full = law.decide("b200", **FREE, country_licensed_tpp=790_000_000.0)
    over = law.decide("b200", **FREE, country_licensed_tpp=790_000_001.0, consignee_year_tpp=1e6)
    assert full.review_policy == "presumption of approval"
    assert over.review_policy == "policy of denial"
    assert over.exceptions == ("LPP",)
    in_country = law.decide("b200", **FREE, origin="in-country", consignee_year_tpp=1e6)
    assert "LPP" not in in_country.exceptions


def test_the_diffusion_rule_decides_nothing_on_actual_and_is_said_to_be_codified() -> None:
    found = law.decide("b200", "MY", "2025-06-01")
    assert found.licence_required is False
    assert "announced as not enforced" in found.explanation


def test_under_the_diffusion_rule_allies_have_an_exception_and_the_licence_stays_required() -> None:
    found = law.decide("b200", "GB", "2025-06-01", scenario="letter-diffusion")
    assert found.licence_required is True
    assert found.exceptions == ("AIA",)
    assert law.decide("b200", "GB", "2025-06-01", scenario="letter-diffusion", party_hq="CN").exceptions == ()
