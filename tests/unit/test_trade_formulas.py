"""Mirror gaps, freight, unit values, routes and scores: one small case each, worked by hand."""

from __future__ import annotations

from math import log

import pandas as pd
import pytest

from chipflows import tables, trade
from chipflows.errors import InputError, TableError

FAR_APART = [
    ("2024Q1", 100.0), ("2024Q2", 100.0), ("2024Q3", 100.0), ("2024Q4", 100.0),
    ("2025Q1", 200.0), ("2025Q2", 200.0), ("2025Q3", 200.0), ("2025Q4", 200.0),
]  # fmt: skip


def row(
    reporter: str, partner: str, value: float, flow: str = "export", period: str = "2024", **more: object
) -> dict[str, object]:
    """Return one bilateral row of processors."""
    valuation = "FOB" if flow == "export" else "CIF"
    return {
        "reporter": reporter, "partner": partner, "flow": flow, "hs": "854231", "period": period,
        "value_usd": value, "valuation": valuation, "source": "made_up", **more,
    }  # fmt: skip


def table(*rows: dict[str, object]) -> pd.DataFrame:
    return trade.bilateral(pd.DataFrame(list(rows)))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"partner": "Vietnam"}, "partner is not of the form"),
        ({"period": "2024-13"}, "period is not of the form"),
        ({"hs": "8542.31"}, "hs is not of the form"),
        ({"flow": "transit"}, "flow is not one of export, import, re_export, re_import"),
        ({"valuation": "EXW"}, "valuation is not one of FOB, FAS, CIF, customs"),
        ({"value_usd": -1.0}, "value_usd is below zero"),
        ({"value_usd": float("nan")}, "value_usd is missing"),
        ({"net_weight_kg": -2.0}, "net_weight_kg is below zero"),
    ],
)
def test_a_row_that_breaks_the_table_is_refused_and_shown(change: dict[str, object], problem: str) -> None:
    with pytest.raises(TableError, match=problem):
        table(row("TW", "MY", 1.0) | change)


def test_a_key_twice_a_column_too_few_and_one_too_many_are_refused() -> None:
    with pytest.raises(TableError, match="occurs twice in 2 rows"):
        table(row("TW", "MY", 1.0), row("TW", "MY", 2.0))
    with pytest.raises(TableError, match="no column 'source'"):
        trade.bilateral(pd.DataFrame([row("TW", "MY", 1.0)]).drop(columns="source"))
    with pytest.raises(TableError, match=r"unknown column 'values_usd'.*Did you mean value_usd"):
        trade.bilateral(pd.DataFrame([row("TW", "MY", 1.0, values_usd=1.0)]))


def test_a_quantity_or_weight_nobody_gave_is_unknown_and_never_zero() -> None:
    made = table(row("TW", "MY", 1.0))
    assert made[["quantity", "net_weight_kg", "is_weight_estimated"]].isna().all(axis=None)


def test_codes_sum_to_six_digits_and_a_weight_only_where_every_part_has_one() -> None:
    # 10 + 20 = 30 USD and 2 + 3 = 5 kg to Malaysia; to Singapore 10 + 20 = 30 USD, one weight unknown
    parts = [
        row("TW", "MY", 10.0, net_weight_kg=2.0, quantity=1.0, quantity_unit="u") | {"hs": "8542310001"},
        row("TW", "MY", 20.0, net_weight_kg=3.0, quantity=1.0, quantity_unit="kg") | {"hs": "8542310002"},
        row("TW", "SG", 10.0, net_weight_kg=2.0) | {"hs": "8542310001"},
        row("TW", "SG", 20.0) | {"hs": "8542310002"},
    ]
    summed = trade.aggregate(table(*parts)).set_index("partner")
    assert summed["value_usd"].tolist() == [30.0, 30.0]
    assert summed.loc["MY", "net_weight_kg"] == 5.0
    assert pd.isna(summed.loc["SG", "net_weight_kg"])
    assert pd.isna(summed.loc["MY", "quantity"])  # one piece and one kilogram do not add up


def test_a_code_shorter_than_asked_for_is_refused_lest_it_be_counted_beside_its_parts() -> None:
    with pytest.raises(TableError, match="fewer than 6 digits"):
        trade.aggregate(table(row("TW", "MY", 1.0) | {"hs": "8542"}))


def test_quarters_are_whole_or_left_out_and_a_month_without_a_row_is_no_trade() -> None:
    # held from December 2023 to April 2024: of the quarters only January to March lies inside; 5 + 7 = 12
    months = [("2023-12", 3.0), ("2024-01", 5.0), ("2024-03", 7.0), ("2024-04", 9.0)]
    made = trade.quarters(table(*(row("US", "VN", value, period=month) for month, value in months)))
    assert made[["period", "value_usd"]].to_numpy().tolist() == [["2024Q1", 12.0]]


def test_years_are_those_reported_and_whole_sums_of_months_where_none_is() -> None:
    # Vietnam: 12 months of 1 are 12; the 13th month starts no whole year. Malaysia: 2024 as reported, not 1
    months = [f"2024-{month:02d}" for month in range(1, 13)] + ["2025-01"]
    made = trade.years(
        table(
            *(row("US", "VN", 1.0, period=month) for month in months),
            row("TW", "MY", 50.0),
            row("TW", "MY", 9.0, period="2025", is_preliminary=True),
        )
    )
    assert made[["partner", "period", "value_usd"]].to_numpy().tolist() == [
        ["MY", "2024", 50.0],
        ["VN", "2024", 12.0],
    ]


def test_the_freight_ratio_is_sourced_and_turns_106_dollars_of_imports_into_100_of_exports() -> None:
    # 106 / 1.06 = 100; the bounds: 106 / 1.25 = 84.8 and 106 / 1.00 = 106
    ratio = trade.house_ratio()
    assert ratio.to_fob(106.0) == pytest.approx((84.8, 100.0, 106.0))
    assert "imf_dots_2017" in ratio.sources
    published = tables.table("cif_fob_ratios").set_index("ratio_id")
    assert published.loc["imf_dots", "ratio"] == published.loc["house", "ratio"] == 1.06
    # a cost rate of 0.20 of the import value: FOB = 0.80 CIF, so CIF/FOB = 1 / 0.80 = 1.25
    assert published.loc["growth_lab", "high"] == pytest.approx(1 / (1 - 0.20))


def test_a_ratio_below_one_is_refused() -> None:
    with pytest.raises(InputError, match="at least 1"):
        trade.Ratio(1.06, 0.97, 1.2)


def test_a_mirror_gap_is_the_log_of_imports_over_exports_less_freight_with_both_sides_kept() -> None:
    # exports 100 FOB, imports 150 CIF: ln 1.5 = 0.4055; less ln 1.06 = 0.3472; less ln 1.25 = 0.1823
    gaps = trade.mirror_gaps(table(row("TW", "MY", 100.0), row("MY", "TW", 150.0, "import")))
    found = gaps.iloc[0]
    assert (found["export_usd"], found["import_usd"], found["gap_usd"]) == (100.0, 150.0, 50.0)
    assert found["log_ratio"] == pytest.approx(log(1.5))
    assert found["log_gap"] == pytest.approx(log(1.5) - log(1.06))
    assert found["log_gap_low"] == pytest.approx(log(1.5) - log(1.25))
    assert found["log_gap_high"] == pytest.approx(log(1.5))
    assert not found["within_freight"]


def test_freight_alone_can_explain_a_small_gap_and_no_freight_is_taken_off_a_customs_value() -> None:
    # 110 / 100: between ln 1.1 - ln 1.25 < 0 and ln 1.1 > 0, so freight can explain it
    cif = trade.mirror_gaps(table(row("TW", "MY", 100.0), row("MY", "TW", 110.0, "import")))
    assert cif["within_freight"].tolist() == [True]
    bought = row("US", "TW", 110.0, "import") | {"valuation": "customs"}
    customs = trade.mirror_gaps(table(row("TW", "US", 100.0), bought)).iloc[0]
    assert customs["log_gap_low"] == customs["log_gap"] == customs["log_gap_high"] == pytest.approx(log(1.1))
    assert not customs["within_freight"]


def test_a_side_nobody_reports_is_said_and_gives_no_gap() -> None:
    gaps = trade.mirror_gaps(table(row("TW", "MY", 100.0), row("CN", "MY", 9.0, "import")))
    assert gaps["status"].tolist() == ["importer only", "exporter only"]
    assert gaps["log_gap"].isna().all() and gaps["within_freight"].isna().all()


def test_a_unit_value_needs_a_weight_that_was_weighed() -> None:
    # 1,000 USD / 4 kg = 250 USD/kg; the estimated weight, the blank flag and the zero weight give none
    made = table(
        row("TW", "MY", 1000.0, net_weight_kg=4.0, is_weight_estimated=False, quantity=2.0),
        row("TW", "SG", 1000.0, net_weight_kg=4.0, is_weight_estimated=True),
        row("TW", "VN", 1000.0, net_weight_kg=4.0),
        row("TW", "TH", 1000.0, net_weight_kg=0.0, is_weight_estimated=False),
    )
    found = trade.unit_values(made)
    assert found[["partner", "usd_per_kg", "usd_per_unit"]].to_numpy().tolist() == [["MY", 250.0, 500.0]]
    assert found["is_far"].isna().all()  # one row has nothing to be far from
    assert trade.weighed_share(made) == pytest.approx(1000 / 4000)


def test_a_unit_value_far_from_the_others_stands_out_although_it_widens_the_spread() -> None:
    # logs of 100, 110, 121, 133.1, 100,000: median ln 121; distances 2, 1, 0, 1 x ln 1.1 and ln 826.4;
    # median absolute deviation ln 1.1 = 0.0953; z of the last = 6.717 / (1.4826 x 0.0953) = 47.5
    values = [100.0, 110.0, 121.0, 133.1, 100_000.0]
    places = ["MY", "SG", "VN", "TH", "AE"]
    made = table(
        *(
            row("TW", place, value, net_weight_kg=1.0, is_weight_estimated=False)
            for place, value in zip(places, values, strict=True)
        )
    )
    found = trade.unit_values(made).set_index("partner")
    assert found.loc["AE", "log_z"] == pytest.approx(log(100_000 / 121) / (1.4826 * log(1.1)))
    assert found["is_far"].tolist() == [False, False, False, False, True]


def test_legs_say_which_part_of_a_route_is_held() -> None:
    made = table(row("TW", "MY", 1.0), row("MY", "HK", 1.0), row("TW", "SG", 1.0), row("VN", "CN", 1.0))
    found = trade.legs(made, ["854231"], origins=["TW"], hubs=["MY", "SG", "VN", "TH"]).set_index("hub")
    assert found["status"].to_dict() == {
        "MY": "both legs", "SG": "first leg only", "VN": "second leg only", "TH": "neither",
    }  # fmt: skip
    assert found.loc["MY", "second_from"] == "2024" and found.loc["SG", "second_periods"] == 0


def test_a_second_leg_that_repeats_the_first_a_quarter_later_correlates_fully_at_that_lag() -> None:
    # onward(t + 1) = 2 x inward(t): year-on-year log changes are equal one quarter apart, correlation 1
    inward = [4.0, 6.0, 5.0, 9.0, 7.0, 12.0, 6.0, 20.0, 9.0, 11.0, 15.0, 22.0]
    names = [f"{year}Q{quarter}" for year in (2022, 2023, 2024) for quarter in (1, 2, 3, 4)]
    into = [row("TW", "MY", value, period=name) for name, value in zip(names, inward, strict=True)]
    onward = [
        row("MY", "HK", 2 * value, period=name) for name, value in zip(names[1:], inward[:-1], strict=True)
    ]
    found = trade.lagged(table(*into, *onward), "TW", "MY", ["854231"], lags=(0, 1), fewest=5)
    assert found["pairs"].tolist() == [7, 7]
    assert found["correlation"].iloc[1] == pytest.approx(1.0)
    assert found["correlation"].iloc[0] < 0.9


def test_a_route_with_one_leg_or_few_pairs_has_no_correlation() -> None:
    made = table(*(row("TW", "MY", value, period=name) for name, value in FAR_APART))
    found = trade.lagged(made, "TW", "MY", ["854231"])
    assert found["pairs"].eq(0).all() and found["correlation"].isna().all()


def test_legs_of_different_periods_are_refused() -> None:
    made = table(*(row("TW", "MY", value, period=name) for name, value in FAR_APART), row("MY", "HK", 1.0))
    with pytest.raises(InputError, match="different length"):
        trade.lagged(made, "TW", "MY", ["854231"])


def risen(**yearly: list[float]) -> pd.DataFrame:
    """Return rises of US exports over 2021 and 2022, given values of 2021 to 2024 by partner."""
    rows = [
        row("US", partner, value, period=str(2021 + number))
        for partner, values in yearly.items()
        for number, value in enumerate(values)
    ]
    return trade.rises(table(*rows), "US", ["854231"], ("2021", "2022"))


def test_a_rise_is_the_log_of_the_year_over_the_base_and_the_score_is_what_exceeds_the_placebos() -> None:
    # base of VN (100 + 300) / 2 = 200; 2024: 800 / 200 = 4. Placebos x2, x3, x1.5: median x2
    # score ln 4 - ln 2
    made = risen(VN=[100, 300, 200, 800], TR=[50, 50, 50, 100], CH=[10, 10, 10, 30], IE=[20, 20, 20, 30])
    last = trade.scores(made, ["VN"], trade.PLACEBOS).set_index("period").loc["2024"]
    assert last["log_rise"] == pytest.approx(log(4))
    assert last["score"] == pytest.approx(log(4) - log(2))
    assert (last["placebo_low"], last["placebo_high"]) == pytest.approx((log(1.5), log(3)))
    assert (last["rank"], last["out_of"]) == (1, 4)


def test_four_quarters_make_a_year_so_seasons_do_not_count_as_a_rise() -> None:
    # 2024 sums to 400, the base; the year to 2025Q2 is 100 + 100 + 200 + 200 = 600: ln 1.5
    made = table(*(row("US", "VN", value, period=name) for name, value in FAR_APART))
    found = trade.rises(made, "US", ["854231"], ("2024Q1", "2024Q4")).set_index("period")["log_rise"]
    assert found["2024Q4"] == pytest.approx(0)
    assert found["2025Q2"] == pytest.approx(log(1.5))
    assert found["2025Q4"] == pytest.approx(log(2))


def test_three_placebos_allow_no_more_than_one_in_four() -> None:
    # VN rises most of four: rank 1, chance 1/4, and it can never be less
    made = risen(VN=[1, 1, 1, 9], TR=[1, 1, 2, 1], CH=[1, 1, 1, 2], IE=[1, 1, 1, 3])
    found = trade.standing(made, "VN", trade.PLACEBOS, "2023")
    assert (found.rank, found.out_of, found.chance, found.multiple) == (1, 4, 0.25, pytest.approx(9))
    assert (found.periods_first, found.periods) == (1, 2)  # in 2023 Turkey led
    assert found.rise == pytest.approx(log(9))


def test_a_tie_counts_against_the_hub() -> None:
    made = risen(VN=[1, 1, 1, 3], TR=[1, 1, 1, 3])
    assert trade.standing(made, "VN", ["TR"], "2023").rank == 2


def test_a_partner_that_bought_nothing_before_is_left_out_and_not_called_an_infinite_rise() -> None:
    made = risen(VN=[0, 0, 0, 9], TR=[1, 1, 1, 1], CH=[1, 1, 1, 1])
    assert "VN" not in set(made["partner"])
    with pytest.raises(InputError, match="no figure for VN"):
        trade.standing(made, "VN", trade.PLACEBOS, "2023")


def test_a_partner_held_for_part_of_the_base_is_left_out_and_one_that_ends_early_does_not_fall() -> None:
    # the PRC is held to 2023 only: its 2024 is not held, which is not a fall to nothing; Malaysia starts late
    made = risen(VN=[1, 1, 1, 2], CN=[1, 1, 1], TR=[1, 1, 1, 1])
    assert made[made["partner"] == "CN"]["period"].tolist() == ["2021", "2022", "2023"]
    late = table(
        row("US", "MY", 1.0, period="2022"),
        row("US", "VN", 1.0, period="2021"),
        row("US", "VN", 1.0, period="2022"),
    )
    assert set(trade.rises(late, "US", ["854231"], ("2021", "2022"))["partner"]) == {"VN"}


def test_rises_of_months_or_outside_the_base_are_refused() -> None:
    with pytest.raises(InputError, match="not months"):
        trade.rises(table(row("US", "VN", 1.0, period="2024-01")), "US", ["854231"], ("2024", "2024"))
    with pytest.raises(InputError, match="Choose a base inside"):
        trade.rises(table(row("US", "VN", 1.0)), "US", ["854231"], ("2019", "2020"))
    with pytest.raises(InputError, match="no figure for any placebo"):
        trade.scores(risen(VN=[1, 1, 1, 1]), ["VN"], trade.PLACEBOS)
