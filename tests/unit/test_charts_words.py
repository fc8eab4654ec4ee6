"""The figure contract, the source line, colours and numbers: everything about a figure but its drawing."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflows.charts import Figure, source_line
from chipflows.charts.colour import DEFICIENCIES, contrast, darken_for_text, distance, ink_on, mix
from chipflows.charts.numbers import about, compact, percent, thousands
from chipflows.charts.quarters import date_position, position, quarter_name, span_name
from chipflows.charts.source import long_date
from chipflows.charts.style import (
    BASELINE,
    CHANNELS,
    MAX_COLOURS,
    PALETTE,
    chip_colour,
    scenario_style,
    scenario_styles,
)
from chipflows.charts.words import first_that_fits, listed, short_chip_name, source_ids, wrapped
from chipflows.errors import FigureError

GOOD: dict[str, Any] = {
    "id": "a_figure",
    "title": "Flows to the PRC fall after each letter",
    "subtitle": "Chips reaching the PRC, thousand units per quarter, 2024Q1 to 2025Q4",
    "unit": "thousand units",
    "note": "",
    "sources": ("filing",),
    "alt": "A line falls in every quarter shown after the letter.",
    "period": "2024Q1 to 2025Q4",
    "made_by": "tests",
    "data": pd.DataFrame({"quarter": ["2024Q1"], "p50": [1.0]}),
    "draw": lambda stage: None,
}
CARDS = {
    "filing": {"producer": "NVIDIA", "title": "Form 10-Q", "published_on": "2025-08-27"},
    "counts": SimpleNamespace(
        producer="Epoch AI", title="AI chip counts", as_of=date(2026, 4, 22), stale_after_days=90
    ),
    "newest": {"producer": "BIS", "title": "Rule", "as_of": "2026-10-09"},
}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("id", "Bad Id", "id 'Bad Id'"),
        ("id", "", "id is empty"),
        ("title", "x" * 91, "91 characters"),
        ("title", "Chip flows", "not a sentence"),
        ("title", "flows fall after each letter", "not a sentence"),
        ("title", "Flows fall after each letter.", "ends in a stop"),
        ("title", "Flows Fall After Every Single Letter", "title case"),
        ("title", " ", "title is empty"),
        ("subtitle", "Chips in the PRC, 2024Q1 to 2025Q4", "does not name the unit"),
        ("subtitle", "Chips in the PRC, thousand units", "does not name the period"),
        ("subtitle", "Chips, thousand units, 2024Q1 to 2025Q4", "names no place"),
        ("alt", "", "alt is empty"),
        ("alt", "A line chart", "too short"),
        ("unit", "", "unit is empty"),
        ("period", "", "period is empty"),
        ("made_by", "", "made_by is empty"),
        ("sources", (), "no source card"),
        ("sources", "filing", "tuple of source-card ids"),
        ("draw", None, "draw is not a function"),
        ("data", pd.DataFrame(), "data is empty"),
        ("data", pd.DataFrame({"p50": [np.nan, np.nan]}), "'p50' holds no number"),
        ("data", pd.DataFrame({"p50": [1.0, np.inf]}), "'p50' holds an infinite value"),
        ("data", pd.DataFrame([[1, 2]], columns=["a", "a"]), "distinct names"),
    ],
)
def test_each_breach_of_the_contract_is_refused_by_name(field: str, value: Any, says: str) -> None:
    with pytest.raises(FigureError, match="breaks the contract") as caught:
        Figure(**(GOOD | {field: value}))
    assert says in str(caught.value)


def test_all_breaches_are_told_at_once() -> None:
    with pytest.raises(FigureError) as caught:
        Figure(**(GOOD | {"alt": "", "sources": (), "title": "x" * 95}))
    assert all(words in str(caught.value) for words in ("alt is empty", "no source card", "95 characters"))


def test_a_figure_that_says_everything_is_accepted() -> None:
    assert Figure(**GOOD).title == GOOD["title"]


def test_a_missing_source_card_is_refused_with_the_nearest() -> None:
    with pytest.raises(FigureError, match="Did you mean filing"):
        source_line(["fillings"], CARDS)


def test_the_source_line_names_producer_title_and_date_once_per_producer() -> None:
    cards = CARDS | {"year": {"producer": "NVIDIA", "title": "Form 10-K", "published_on": "2025-02"}}
    expected = (
        "Source: NVIDIA, Form 10-Q (27 August 2025), Form 10-K (February 2025); BIS, Rule (9 October 2026)"
    )
    assert source_line(["filing", "year", "newest", "filing"], cards) == expected


def test_a_stale_source_is_marked_against_the_snapshot_not_the_clock() -> None:
    # 22 April to 9 October 2026 (the newest card) is 170 days, the card allows 90.
    assert "22 April 2026, stale" in source_line(["counts"], CARDS)
    assert "stale" not in source_line(["counts"], CARDS, on=date(2026, 5, 1))


def test_an_advocate_is_labelled_and_a_long_title_is_cut_at_a_word() -> None:
    card = {"producer": "A body", "title": "word " * 40, "as_of": "2026", "stance": "for controls"}
    line = source_line(["x"], {"x": card})
    assert line.endswith("word… (2026, advocate: for controls)") and len(line) < 140


@pytest.mark.parametrize(
    ("value", "words"), [("2025-04-09", "9 April 2025"), ("2025-04", "April 2025"), (2025, "2025")]
)
def test_dates_are_written_without_a_locale(value: object, words: str) -> None:
    assert long_date(value) == words


def test_every_colour_has_contrast_three_on_white() -> None:
    # White on black is (1 + .05) / (0 + .05) = 21 by WCAG's formula.
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for colour in [*PALETTE.values(), BASELINE]:
        assert contrast(colour) >= 3, colour


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_stay_apart_for_colour_blind_readers(deficiency: str) -> None:
    # A difference of 2 is just noticeable; 10 is plain for areas and lines.
    for first, second in combinations([*PALETTE.values(), BASELINE], 2):
        assert distance(first, second, deficiency) >= 10, (first, second)


def test_the_simulation_confuses_what_colour_blind_people_confuse() -> None:
    # Red and green of one lightness: far apart normally, close for a deuteranope; grey is left alone.
    assert distance("#b05a5a", "#5a8a5a") > 2 * distance("#b05a5a", "#5a8a5a", "deutan")
    assert distance("#777777", "#777777", "protan") == 0


@given(st.integers(0, 0xFFFFFF))
def test_text_colours_always_reach_their_contrast(number: int) -> None:
    colour = f"#{number:06x}"
    assert contrast(darken_for_text(colour)) >= 4.5
    assert contrast(ink_on(colour), colour) >= 4.5  # white : black is 21, the worse half its root


def test_a_tint_is_the_share_of_the_way_from_white() -> None:
    # Half of black on white: 255 / 2 = 127.5, rounded to 128 = 0x80.
    assert mix("#000000", 0.5) == "#808080"


def test_there_are_six_colours_and_actual_is_grey() -> None:
    assert len(PALETTE) == MAX_COLOURS and scenario_style("actual").colour == BASELINE
    assert set(CHANNELS.values()) <= set(PALETTE.values())


def test_a_scenario_looks_the_same_everywhere_and_then_and_now_share_a_hue() -> None:
    then, now = scenario_style("letter-h20"), scenario_style("now-h20")
    assert then.colour == now.colour and then.line != now.line
    assert scenario_style("my-own") == scenario_style("my-own")


def test_no_two_shipped_scenarios_look_alike() -> None:
    from chipflows.charts.style import _SCENARIOS

    looks = {(style.colour, str(style.line)) for style in map(scenario_style, _SCENARIOS)}
    assert len(looks) == len(_SCENARIOS)


def test_two_scenarios_that_would_be_drawn_alike_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from chipflows.charts import style

    monkeypatch.setitem(style._SCENARIOS, "copy", style._SCENARIOS["letter-h20"])
    with pytest.raises(FigureError, match="drawn alike"):
        scenario_styles(["letter-h20", "copy"])


def test_h200_is_not_coloured_as_h20() -> None:
    assert chip_colour("h200_sxm_141") != chip_colour("h20_96")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (about(342_118), "340,000"),
        (about(0), "0"),
        (about(-1234), "\N{MINUS SIGN}1,200"),
        (compact(342_118), "340k"),
        (compact(4.17e9, "usd"), "$4.2bn"),
        (compact(-4.17e9, "usd"), "\N{MINUS SIGN}$4.2bn"),
        (compact(999_600), "1m"),
        (compact(57.4), "57"),
        (percent(296 / 1979), "15%"),  # 296 / 1979 = .1496
        (thousands(0.30000000000000004), "0.3"),
        (thousands(12_000), "12,000"),
    ],
)
def test_numbers_are_written_to_two_figures_with_units(written: str, words: str) -> None:
    assert written == words


def test_a_quarter_that_is_none_is_refused() -> None:
    with pytest.raises(FigureError, match="2025Q2"):
        position("2025-Q5")


@given(st.integers(1990 * 4, 2060 * 4))
def test_quarters_and_positions_are_inverse(place: int) -> None:
    assert position(quarter_name(place)) == place


def test_a_day_lies_within_the_bar_of_its_quarter() -> None:
    # 1 January is half a quarter left of the bar's middle; 1 April starts the next bar.
    assert date_position(date(2025, 1, 1)) == position("2025Q1") - 0.5
    assert date_position(date(2025, 4, 1)) == position("2025Q2") - 0.5
    assert date_position(date(2025, 12, 31)) < position("2026Q1") - 0.5
    assert span_name(["2025Q2", "2024Q4", "2025Q1"]) == "2024Q4 to 2025Q2"


def test_a_title_too_long_gives_way_to_the_next_wording_and_then_to_an_error() -> None:
    assert first_that_fits("x" * 91, "short") == "short"
    with pytest.raises(FigureError, match="no wording"):
        first_that_fits("x" * 91)


def test_chip_names_lose_form_factor_and_memory() -> None:
    names = [
        "H100 SXM5 80GB",
        "L20 PCIe",
        "Ascend 910B (B2-class)",
        "Instinct MI308 / MI308X",
        "H20 96GB",
        "RTX 4090D",
    ]
    assert [short_chip_name(name) for name in names] == [
        "H100",
        "L20",
        "Ascend 910B",
        "MI308",
        "H20",
        "RTX 4090D",
    ]


def test_source_ids_are_gathered_once_in_order() -> None:
    frame = pd.DataFrame({"source_ids": ["b;a", "a; c", None]})
    assert source_ids(frame, None, more=("a", "z")) == ("b", "a", "c", "z")
    assert listed(["A"]) == "A" and listed(["A", "B", "C"]) == "A, B and C"
    assert wrapped("one two three", 7) == "one two\nthree"


def test_importing_the_package_does_not_load_matplotlib() -> None:
    code = "import sys, chipflows, chipflows.charts; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
