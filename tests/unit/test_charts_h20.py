"""The figures of notebook 20-h20 on made-up frames of the documented shape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from chipflows import charts
from chipflows.charts import Figure, h20
from chipflows.charts.h20.thresholds import _region
from chipflows.errors import FigureError

CARDS = {
    "hardware": {"producer": "A data project", "title": "Hardware table", "as_of": "2026-04-22"},
    "filing": {"producer": "A chip firm", "title": "Quarterly report", "published_on": "2025-08-27"},
}
QUANTILES = ["p05", "p25", "p50", "p75", "p95"]


def chips() -> pd.DataFrame:
    """Return a few chips: name, tpp, die area, dense 8-bit TOPS, bandwidth, China-only, group."""
    rows = [
        ("H100 SXM5 80GB", 15832, 814, 1979, 3350, False, "US"),
        ("H800 SXM5 80GB", 15832, 814, 1979, 3350, True, "US"),
        ("H200 SXM 141GB", 15832, 814, 1979, 4800, False, "US"),
        ("A100 SXM4 80GB", 4992, 826, 624, 2039, False, "US"),
        ("A800 SXM 80GB", 4992, 826, 624, 2000, True, "US"),
        ("H20 96GB", 2368, 814, 296, 4000, True, "US"),
        ("L40S", 5864, 608, 733, 864, False, "US"),
        ("L20 PCIe", 1912, 609, 239, 864, True, "US"),
        ("Ascend 910C", 12800, 1330, 1504, 3200, False, "PRC-designed"),
        ("Planar part", 900, np.nan, 100, 300, False, "US"),
    ]
    frame = pd.DataFrame(
        rows, columns=["name", "tpp", "die", "dense_8bit_tops", "mem_bw_gbps", "is_china_variant", "group"]
    )
    frame["performance_density"] = frame["tpp"] / frame["die"]
    return frame.assign(
        caught_by_letter=frame["name"].str.startswith("H20 "), released_on="2023-05", source_ids="hardware"
    )


def thresholds() -> pd.DataFrame:
    """Return the rectangles of the 2023 rule and the 2022 test."""
    a, b = ("3A090.a", "October 2023"), ("3A090.b", "October 2023")
    rows = [
        (*a, 4800, None, None, None, ""),
        (*a, 1600, None, 5.92, None, ""),
        (*b, 2400, 4800, 1.6, 5.92, ""),
        (*b, 1600, None, 3.2, 5.92, ""),
        ("3A090", "October 2022", 4800, None, None, None, "I/O bandwidth of 600 GB/s or more"),
    ]
    return pd.DataFrame(rows, columns=["rule", "vintage", "tpp_min", "tpp_max", "pd_min", "pd_max", "needs"])


def results() -> pd.DataFrame:
    """Return tidy results of three scenarios, two of them alike but for one quarter."""
    rows = []
    for scenario, factor in (("actual", 1.0), ("letter-h20", 0.4), ("h20-never-restricted", 3.0)):
        for number in range(12):
            quarter = f"{2024 + number // 4}Q{number % 4 + 1}"
            scale = factor if number == 4 or (scenario == "h20-never-restricted" and number > 4) else 1.0
            for unit, level in (("chips", 300_000.0), ("h100e", 45_000.0)):
                middle = level * scale * (0.02 if number > 5 and scenario != "h20-never-restricted" else 1)
                spread = [middle * share for share in (0.7, 0.85, 1.0, 1.2, 1.4)]
                rows.append((scenario, quarter, "legal", "acquired", unit, *spread, middle))
    return pd.DataFrame(
        rows, columns=["scenario", "quarter", "channel", "variable", "unit", *QUANTILES, "mean"]
    )


def history(last: float = 0.0) -> pd.DataFrame:
    """Return observed units by chip and quarter, *last* in the last quarter."""
    rows = [
        ("a800_sxm_80", "2023Q2", 26_000), ("h800_sxm_80", "2023Q2", 32_000),
        ("a800_sxm_80", "2023Q3", 28_000),
        ("h800_sxm_80", "2023Q3", 56_000), ("h20_96", "2024Q1", 139_000), ("h20_96", "2024Q2", 223_000),
        ("h20_96", "2025Q1", 427_000), ("h20_96", "2025Q2", 47_000), ("h20_96", "2025Q3", last),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["chip_id", "quarter", "units_p50"])
    return frame.assign(
        units_p05=frame["units_p50"] * 0.77, units_p95=frame["units_p50"] * 1.3, source_ids="hardware"
    )


def events() -> pd.DataFrame:
    """Return four events, one of them without an end."""
    rows = [
        ("October 2023 rule", "2023-11-17", "2026-12-31", "rule"),
        ("Senators' letter", "2025-02-03", None, "letter"),
        ("H20 needs a licence", "2025-04-09", "2026-12-31", "letter"),
        ("PRC tells firms to avoid the H20", "2025-07-31", "2026-12-31", "prc"),
    ]
    return pd.DataFrame(rows, columns=["label", "on", "until", "kind"])


def window() -> pd.DataFrame:
    """Return the four measures of the window between the letters."""
    rows = [
        ("units", 265e3, 342e3, 445e3),
        ("h100e", 40e3, 51e3, 67e3),
        ("h100e_bandwidth", 320e3, 408e3, 530e3),
        ("revenue_usd", 4.2e9, 4.2e9, 4.2e9),
    ]
    return pd.DataFrame(rows, columns=["metric", "p05", "p50", "p95"]).assign(source_ids="filing")


def cost() -> Figure:
    """Return the cost figure on two scenarios and two reported facts."""
    forgone = pd.DataFrame(
        [("actual", 9e9, 14e9, 19e9, 25e9, 36e9), ("letter-h20", 12e9, 18e9, 23e9, 30e9, 41e9)],
        columns=["scenario", *QUANTILES],
    )
    filings = pd.DataFrame(
        {"label": ["Inventory charge, FY2026Q1", "Sales that could not ship"], "value_usd": [4.5e9, 2.5e9]}
    )
    return h20.h20_cost(forgone, filings, period="2025Q1 to 2027Q4", sources=("filing",))


def our_h20() -> pd.DataFrame:
    """Return only the H20's rows."""
    frame = history()
    return frame[frame["chip_id"] == "h20_96"]


def epoch_h20() -> pd.DataFrame:
    """Return another source's H20 rows: 65,000 fewer, then 106,000 and 17,000 more."""
    frame = our_h20().reset_index(drop=True)
    frame.loc[frame["quarter"] == "2025Q1", "units_p50"] -= 65_000
    frame.loc[frame["quarter"] == "2025Q2", "units_p50"] += 106_000
    frame.loc[frame["quarter"] == "2025Q3", "units_p50"] += 17_000
    return frame


FIGURES: dict[str, Callable[[], Figure]] = {
    "chip_thresholds": lambda: h20.chip_thresholds(chips(), thresholds()),
    "h20_two_metrics": lambda: h20.h20_two_metrics(chips()),
    "h20_flows": lambda: h20.h20_flows(results(), sources=("hardware",)),
    "letter_window": lambda: h20.letter_window(window(), start=date(2025, 2, 3), end=date(2025, 4, 9)),
    "h20_cost": cost,
    "rules_over_flows": lambda: h20.rules_over_flows(history(), events()),
    "h20_history_vs_epoch": lambda: h20.h20_history_vs_epoch(our_h20(), epoch_h20()),
}

TITLES = {
    # H20: 2,368 TPP on 814 mm2 is 2.91 a mm2, under 3.2; L20: 1,912 TPP and 3.14. A800 and H800 are .a.
    "chip_thresholds": "2 of 4 China-only chips shown lie outside the October 2023 rule, the H20 among them",
    # 296 / 1,979 = .1496; 4,000 / 3,350 = 1.194
    "h20_two_metrics": "The H20 has 15% of an H100's 8-bit throughput, 119% of its bandwidth",
    # 45,000 x .4 = 18,000 in the fifth quarter
    "h20_flows": "H20 ask, letter date: legal flows in 2025Q1 have a median of 18,000 H100e, not 45,000",
    # 3 February to 9 April is 25 + 31 + 9 = 65 days
    "letter_window": "340,000 H20s passed in 65 days: 51k H100e by throughput, 410k by bandwidth",
    "h20_cost": "Against no rule on the chip, vendors forgo about $19bn as things stand, $23bn with the ask",
    "rules_over_flows": "Observed legal sales moved through 3 chips, and none is seen after 2025Q2",
    # -65,000 + 106,000 + 17,000 = 58,000
    "h20_history_vs_epoch": "Our count, which follows filings, has 58,000 fewer H20s in the PRC "
    "than Epoch AI's",
}


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_states_its_computed_finding_and_fits_every_size(name: str) -> None:
    figure = FIGURES[name]()
    assert figure.id == name and figure.title == TITLES[name] and figure.title in figure.alt
    for size in charts.SIZES:
        charts.render(figure, size, cards=CARDS)
    charts.render(figure, "column", cards=CARDS, bare=True)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: h20.chip_thresholds(chips().drop(columns="tpp"), thresholds()), "chips: no column tpp"),
        (lambda: h20.chip_thresholds(chips().assign(tpp=np.nan), thresholds()), "no rows to draw"),
        (
            lambda: h20.chip_thresholds(chips(), thresholds().drop(columns="needs")),
            "thresholds: no column needs",
        ),
        (lambda: h20.h20_two_metrics(chips().iloc[6:]), "no row labelled 'H100'"),
        (lambda: h20.h20_flows(results().drop(columns="p25")), "results: no column p25"),
        (
            lambda: h20.h20_flows(results(), scenarios=["actual", "letter-kyc"]),
            "results of letter-kyc, legal, chips",
        ),
        (
            lambda: h20.letter_window(window().iloc[:3], start=date(2025, 2, 3), end=date(2025, 4, 9)),
            "no row for revenue_usd",
        ),
        (lambda: h20.letter_window(window(), start=date(2025, 4, 9), end=date(2025, 2, 3)), "swap the dates"),
        (
            lambda: h20.rules_over_flows(history().assign(quarter="Q1 2024"), events()),
            "not a calendar quarter",
        ),
        (lambda: h20.rules_over_flows(history(), events().iloc[:0]), "events: no rows"),
        (lambda: h20.h20_flows(results()), "no source card"),
    ],
)
def test_a_frame_of_the_wrong_shape_is_refused_in_words(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(FigureError) as caught:
        make()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("tpp", "density", "rule"),
    [
        (4800, 0.1, "3A090.a"), (4799, 1.59, "none"),
        (1600, 5.92, "3A090.a"), (1599, 9.0, "none"), (1600, 5.91, "3A090.b"),
        (2400, 1.6, "3A090.b"), (2399, 1.6, "none"), (1600, 3.2, "3A090.b"), (2368, 2.909, "none"),
    ],
)  # fmt: skip
def test_minima_are_included_and_maxima_are_not(tpp: float, density: float, rule: str) -> None:
    frame = thresholds()
    assert _region(tpp, density, frame[frame["needs"] == ""]) == rule


def test_titles_follow_the_data_when_there_is_nothing_to_find() -> None:
    same = results()[lambda rows: rows["scenario"] == "actual"]
    twin = pd.concat([same, same.assign(scenario="letter-h20")])
    assert "equal those that happened" in h20.h20_flows(twin, sources=("hardware",)).title
    assert h20.h20_flows(same, sources=("hardware",)).title.startswith(
        "Legal flows peak at a median of 45,000"
    )
    assert "agree" in h20.h20_history_vs_epoch(our_h20(), our_h20()).title
    assert "most in 2025Q1" in h20.rules_over_flows(history(last=5_000), events()).title
    caught = chips()[lambda rows: ~rows["name"].str.contains("H20 |L20")]
    assert h20.chip_thresholds(caught, thresholds()).title.startswith("No China-only chip")


def test_data_beside_the_figure_is_what_is_drawn() -> None:
    data = FIGURES["h20_flows"]().data
    assert list(data["unit"].unique()) == ["chips", "h100e"] and len(data) == 3 * 12 * 2
    shown = FIGURES["chip_thresholds"]()
    assert len(shown.data) == len(chips()) - 1 and "public die area or TPP: 1." in shown.note


def test_a_chip_that_the_law_leaves_out_is_outside_though_drawn_inside() -> None:
    told = chips()
    first = h20.chip_thresholds(told, thresholds())
    inside = first.data[(first.data["region"] != "none") & first.data["is_china_variant"]]["label"].iloc[0]
    told["region"] = "none"
    made = h20.chip_thresholds(told, thresholds())
    assert "Outside for not being made for data centres (Note 2): " in made.note and inside in made.note
    assert made.title.startswith("4 of 4 China-only chips")
