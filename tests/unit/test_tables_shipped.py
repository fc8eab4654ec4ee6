"""The tables as shipped: complete, described, sourced, quick, and safe to change in the caller's hands."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflows import paths, tables
from chipflows.errors import InputError, TableError
from chipflows.tables import load, named

UNSOURCED = {"chip_aliases"}
ISO2 = re.compile(r"[A-Z]{2}")


def test_an_unknown_table_names_the_nearest() -> None:
    with pytest.raises(TableError, match=r"unknown table 'chip'.*chips"):
        tables.table("chip")


@pytest.mark.parametrize("name", ["h21", "h 200 x", "rtx5090e", "", "nvidia"])
def test_an_unknown_chip_is_refused_with_names_it_could_be(name: str) -> None:
    with pytest.raises(InputError, match=r"unknown chip .*(Did you mean|Allowed)"):
        tables.chip_id(name)


@pytest.mark.parametrize(
    ("typed", "chip"),
    [
        ("h20", "h20_96"), ("H20 96GB", "h20_96"), ("h20_96", "h20_96"), ("a100", "a100_sxm_80"),
        ("A100-SXM-80", "a100_sxm_80"), ("H100", "h100_sxm_80"), ("h200", "h200_sxm_141"),
        ("H800", "h800_sxm_80"), ("A800", "a800_sxm_80"), ("MI308X", "mi308"), ("RTX 6000D", "rtx6000d"),
        ("rtx pro 6000d", "rtx6000d"), ("GeForce RTX 5090 D V2", "rtx5090d_v2"), ("b30a", "b30a"),
        ("910B", "asc910b"), ("Ascend 910C", "asc910c"), ("hbm3", "hbm3_stack"), ("L40S", "l40s"),
    ],
)  # fmt: skip
def test_what_people_type_finds_the_chip(typed: str, chip: str) -> None:
    assert tables.chip_id(typed) == chip


@given(st.data())
def test_case_spaces_hyphens_and_underscores_do_not_matter(data: st.DataObject) -> None:
    alias = data.draw(st.sampled_from(sorted(tables.chip_aliases()["alias"])))
    gaps = data.draw(st.lists(st.sampled_from(["", " ", "-", "_"]), min_size=len(alias), max_size=len(alias)))
    typed = "".join(gap + letter for gap, letter in zip(gaps, alias.upper(), strict=True))
    assert tables.chip_id(typed) == tables.chip_id(alias)


def test_no_two_chips_share_a_bare_name() -> None:
    bare = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in tables.chips()["chip_id"]]
    assert len(bare) == len(set(bare))


@pytest.mark.parametrize("name", tables.table_names())
def test_every_table_loads_and_every_row_names_its_sources(name: str) -> None:
    frame = tables.table(name)
    assert len(frame) > 0
    spec = tables.codebook()[name]
    assert list(frame.columns) == list(spec.columns)
    ids = [column for column, meaning in spec.columns.items() if meaning.type == "ids"]
    assert name in UNSOURCED or any(frame[column].notna().all() for column in ids)


def test_every_file_is_in_the_codebook_and_every_entry_has_its_file() -> None:
    files = {path.stem for path in paths.tables().glob("*.csv")}
    assert files == set(tables.table_names())


@pytest.mark.parametrize("name", tables.table_names())
def test_every_column_says_what_it_means_and_every_number_its_unit(name: str) -> None:
    spec = tables.codebook()[name]
    assert len(spec.title) > 15
    for column, meaning in spec.columns.items():
        assert len(meaning.description) >= 10, f"{name}.{column}"
        per_row = {"unit", "chip_id"} & set(spec.columns)  # a unit column, or a plain identifier
        assert meaning.type != "float" or meaning.unit or "unit" in per_row, f"{name}.{column} has no unit"


@pytest.mark.parametrize("name", [name for name in named.__all__ if name != "chip_id"])
def test_each_named_function_returns_the_table_of_its_name(name: str) -> None:
    pd.testing.assert_frame_equal(getattr(tables, name)(), tables.table(name))


def test_a_caller_who_changes_a_frame_changes_only_his_copy() -> None:
    mine = tables.chips()
    mine.loc[:, "tpp"] = 0
    mine.drop(columns="name", inplace=True)  # noqa: PD002 - what a careless caller does
    assert tables.chips()["tpp"].max() > 0
    assert "name" in tables.chips()


def test_chips_loads_in_a_tenth_of_a_second() -> None:
    tables.cards()

    def load_afresh() -> float:
        load._shipped.cache_clear()
        start = time.perf_counter()
        tables.chips()
        return time.perf_counter() - start

    assert min(load_afresh() for _ in range(5)) < 0.1  # the best of five: other work on the machine aside


def test_stated_and_computed_tpp_agree_for_every_chip() -> None:
    chips = tables.chips()
    assert not tables.stated_tpp_off(chips).any()
    assert tables.tpp_from_dense(chips).fillna(chips["tpp"]).notna().sum() >= 66


def test_tpp_is_the_largest_dense_throughput_times_its_bit_length() -> None:
    # A100: 312 x 16 = 4,992 = 624 x 8; H20: 148 x 16 = 2,368; B300: 14,000 x 4 = 56,000 over 2,250 x 16
    computed = tables.chips().set_index("chip_id").pipe(tables.tpp_from_dense)
    assert computed[["a100_sxm_80", "h20_96", "b300"]].tolist() == [4992, 2368, 56000]
    assert np.isnan(computed["mi308"])


def test_the_chips_of_the_worked_decisions_carry_what_their_tests_ask() -> None:
    chips = tables.chips().set_index("chip_id")
    assert chips.loc["a800_sxm_80", "io_bw_gbps"] == 400
    assert chips.loc["h20_96", "mem_bw_gbps"] == 4000
    assert chips.loc["rtx6000d", "mem_bw_gbps"] == 1568
    assert chips.loc["hbm3_stack", "mem_bw_density_gbps_mm2"] == 7.4
    assert not chips.loc["rtx4090d", "is_datacenter"]
    assert chips.loc["mi308", ["tpp", "die_area_mm2", "io_bw_gbps"]].isna().all()


def test_a_china_only_part_was_not_on_sale_in_the_us() -> None:
    variants = tables.chips().query("is_china_variant")
    assert not variants["us_available_2026_01_15"].fillna(False).any()


def test_only_stacks_sold_alone_are_not_copackaged() -> None:
    chips = tables.chips()
    alone = chips[~chips["is_copackaged"]]["chip_id"]
    assert alone.str.endswith("_stack").all() and len(alone) == 2


@pytest.mark.parametrize("name", ["chip_flows_prc", "epoch_flows_prc", "chip_flows_totals"])
def test_flows_name_chips_of_the_table_and_their_percentiles_are_in_order(name: str) -> None:
    flows = tables.table(name)
    assert set(flows["chip_id"]) <= set(tables.chips()["chip_id"])
    assert (flows["units_p05"] <= flows["units_p50"]).all()
    assert (flows["units_p50"] <= flows["units_p95"]).all()


def test_a_totals_interval_is_narrower_than_the_sum_of_its_quarters_and_its_median_agrees() -> None:
    quarters = tables.chip_flows_prc().groupby("chip_id")[["units_p05", "units_p50", "units_p95"]].sum()
    for row in tables.chip_flows_totals().itertuples():
        assert quarters.loc[row.chip_id, "units_p50"] == pytest.approx(row.units_p50, rel=1e-3)


def test_the_two_china_revenue_series_of_nvidia_stand_in_tables_of_their_own() -> None:
    billing, headquarters = tables.nvda_revenue_prc_billing(), tables.nvda_revenue_prc_hq()
    both = billing.merge(headquarters, on="period", suffixes=("_billing", "_hq"))
    # same fiscal quarter, very different figure: 5,522 against 9,660 USD m in FY2026Q1
    assert (both["china_usd_m_hq"] > both["china_usd_m_billing"]).all() and len(both) > 0


def test_national_caps_step_and_are_not_a_straight_line() -> None:
    caps = tables.nveu_caps().set_index("quarter")["cap_tpp"]
    assert caps["2025Q1"] == 633e6 and caps["2025Q4"] == 1582.5e6 and caps["2026Q1"] == 1899e6
    assert caps["2026Q4"] == 4272.75e6 and caps["2027Q1"] == 5064e6
    assert (caps.diff().dropna().round(0) >= 0).all() and caps.diff().dropna().nunique() > 2


def test_country_groups_are_dated_spans_that_do_not_overlap() -> None:
    groups = tables.country_groups()
    assert groups["country"].map(lambda code: bool(ISO2.fullmatch(code))).all()
    ends = groups["until"].fillna(pd.Timestamp.max)
    assert (groups["from"] < ends).all()
    spans = groups.assign(until=ends).sort_values(["country", "group", "from"])
    before = spans.groupby(["country", "group"])["until"].shift()
    assert not (spans["from"] < before).any()


def test_macau_and_hong_kong_are_not_passed_off_as_members_of_d5() -> None:
    in_d5 = set(tables.country_groups().query("group == 'D:5'")["country"])
    assert "CN" in in_d5 and "MO" not in in_d5


def test_cases_name_firms_and_a_stage_and_values_are_never_text() -> None:
    cases = tables.diversion_cases()
    assert cases["stage"].notna().all() and cases["firms"].notna().all()
    assert pd.api.types.is_float_dtype(cases["value_usd"])
    assert not cases["stage"].str.contains("no violation").any()
    assert tables.remote_access_facts()["stage"].str.contains("no violation").all()


def test_a_stage_with_a_charge_says_whether_a_firm_was_charged() -> None:
    for name in ("diversion_cases", "case_parties"):
        stages = tables.table(name)["stage"]
        charged = stages[stages.str.contains("indict|charged|complaint|fraud")]
        assert (
            len(charged) and charged.str.contains("no firm charged in the source|firm pleaded guilty").all()
        )


def test_estimates_and_cases_are_worded_neutrally() -> None:
    loaded = re.compile(r"smuggl|cut-?out|loophole|military company|illegal fee", re.IGNORECASE)
    for name in tables.table_names():
        named = ["case", "aliases"] + ["name"] * (name == "listed_firms")  # names as their source writes them
        text = tables.table(name).select_dtypes("object").drop(columns=named, errors="ignore")
        for column in text:
            bad = text[column].dropna().astype(str).map(lambda cell: bool(loaded.search(cell)))
            assert not bad.any(), f"{name}.{column}: {text[column].dropna()[bad].tolist()[:2]}"


def test_every_card_gives_a_page_not_just_a_publishers_front_door() -> None:
    for card in tables.cards().values():
        if card.kind != "judgement":
            assert card.url and len(card.url.split("/", 3)[-1]) > 1 and "://" in card.url, card.id
            assert card.url.count("/") >= 3, card.id


def test_research_files_without_an_address_are_no_source() -> None:
    for card in tables.cards().values():
        assert "file id" not in f"{card.title} {card.citation} {card.note}".lower(), card.id


def test_sources_overview_counts_age_to_a_given_day_and_never_to_the_clock() -> None:
    # Epoch AI's snapshot of 22 April 2026: 8 + 31 + 30 + 31 + 31 + 30 + 31 + 24 = 216 days to 24 November
    overview = tables.sources_overview(date(2026, 11, 24)).set_index("id").loc["epoch_repo_apr"]
    assert overview["age_days"] == 216 and not overview["stale"]
    assert "chip_flows_prc" in overview["tables"] and overview["rows"] > 20
    assert tables.sources_overview(date(2028, 1, 1)).set_index("id").loc["epoch_repo_apr", "stale"]
    pd.testing.assert_frame_equal(tables.sources_overview(), tables.sources_overview())


def home(folder: Path) -> Path:
    for name, text in (("data/tables/a.csv", "1"), ("data/b.yaml", "2"), ("scenarios/c.yaml", "3")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_data_hash_changes_with_any_content_or_name_and_with_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHIPFLOWS_HOME", str(home(tmp_path)))
    before = tables.data_hash()
    (tmp_path / "data" / ".b.yaml.tmp").write_text("half written", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("elsewhere", encoding="utf-8")
    assert tables.data_hash() == before
    (tmp_path / "scenarios" / "c.yaml").write_text("4", encoding="utf-8")
    changed = tables.data_hash()
    (tmp_path / "scenarios" / "c.yaml").write_text("3", encoding="utf-8")
    assert tables.data_hash() == before != changed
    (tmp_path / "scenarios" / "c.yaml").rename(tmp_path / "scenarios" / "d.yaml")
    assert tables.data_hash() != before
