"""Numbers in words: two significant figures, units, intervals; and the claims a sentence makes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflows.errors import InputError
from chipflows.reports import number, record, say
from chipflows.reports.wording import rounded


def test_a_number_without_a_unit_is_refused() -> None:
    with pytest.raises(InputError, match="has no unit"):
        say("It is {x}.", x=3.5)


def test_an_unknown_way_to_say_a_number_names_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean about"):
        say("It is {x:abuot}.", x=number(1.0, "usd"))


def test_a_field_not_given_and_a_value_not_used_are_errors() -> None:
    with pytest.raises(InputError, match="unknown field 'y'"):
        say("It is {y}.", x=number(1.0))
    with pytest.raises(InputError, match="given but not used"):
        say("It is {x}.", x=number(1.0), z=number(1.0))


@pytest.mark.parametrize(
    ("value", "low", "high"), [(np.nan, None, None), (1.0, 2.0, 3.0), (1.0, 0.0, None), (np.inf, None, None)]
)
def test_a_number_outside_its_interval_or_not_finite_is_refused(
    value: float, low: float, high: float
) -> None:
    with pytest.raises(InputError):
        number(value, "chips", p05=low, p95=high)


def test_no_draws_make_no_number() -> None:
    with pytest.raises(InputError, match="no draws"):
        number(np.array([]), "chips")


def test_a_range_needs_an_interval() -> None:
    with pytest.raises(InputError, match="no interval"):
        say("It is {x:range}.", x=number(1.0, "chips"))


def test_a_size_range_over_zero_is_refused_for_it_would_hide_the_sign() -> None:
    with pytest.raises(InputError, match="spans zero"):
        say("{x:size_range}", x=number(-5.0, "chips", p05=-10, p95=2))


@pytest.mark.parametrize(
    ("value", "unit", "style", "words"),
    [
        (342_118, "chips", "about", "about 340,000"),
        (342_118, "chips", "exact", "342,118"),
        (4.17e9, "usd", "about", "about $4.2 billion"),
        (1_790_000, "h100e", "about", "about 1.8 million"),
        (999_900, "h100e", "about", "about 1 million"),
        (0.3149, "share", "about", "about 31%"),
        (0.217, "share", "exact", "21.7%"),
        (7.349, "ratio", "about", "about 7.3"),
        (0.2, "chips", "about", "close to zero"),
        (9.6, "chips", "value", "10"),
        (-12_400, "h100e", "about", "about \N{MINUS SIGN}12,000"),
        (-12_400, "h100e", "size", "about 12,000"),
        (-12_400, "h100e", "change", "a fall of about 12,000"),
        (0.12, "share", "change", "a rise of about 12%"),
        (0.0, "usd", "change", "no change to speak of"),
        (57_692, "count", "exact", "57,692"),
    ],
)
def test_worked_examples_of_single_numbers(value: float, unit: str, style: str, words: str) -> None:
    assert format(number(value, unit), style) == words


@pytest.mark.parametrize(
    ("low", "middle", "high", "unit", "style", "words"),
    [
        (311_000, 342_118, 374_000, "chips", "range", "between 310,000 and 370,000"),
        (3.91e9, 4.17e9, 4.49e9, "usd", "range", "between $3.9 and $4.5 billion"),
        (1.34e6, 1.79e6, 2.63e6, "h100e", "interval", "1.3 to 2.6 million"),
        (0.9e6, 1.79e6, 2.63e6, "h100e", "range", "between 900,000 and 2.6 million"),
        (0.12, 0.2, 0.31, "share", "range", "between 12% and 31%"),
        (4.171e9, 4.174e9, 4.178e9, "usd", "range", "between $4.17 and $4.18 billion"),
        (5.0, 5.0, 5.0, "chips", "range", "very close to 5"),
        (-37_000, -34_000, -31_000, "h100e", "size_range", "between 31,000 and 37,000"),
        (-37_000, -34_000, -31_000, "h100e", "change_range", "31,000 to 37,000"),
        (0.0, 0.0, 0.0, "h100e", "change_range", "no change either way"),
        (-12_000, -4_000, 0.0, "h100e", "change_range", "0 to 12,000"),
        (-12_000, 0.0, 0.0, "h100e", "change_range", "a fall of 0 to 12,000"),
        (-37_000, -34_000, -31_000, "h100e", "fall", "fall by about 34,000"),
        (31_000, 34_000, 37_000, "h100e", "falls", "rises by about 34,000"),
        (-1, 0.0, 1, "h100e", "falls", "does not change to speak of"),
        (None, 0.9976, None, "share", "value", "over 99%"),
        (None, 1.0, None, "share", "value", "100%"),
        (-30_000, -9_000, 2_000, "h100e", "change_range", "a fall of 30,000 to a rise of 2,000"),
        (311_000, 342_118, 374_000, "chips", "full", "about 340,000 (between 310,000 and 370,000)"),
    ],
)
def test_worked_examples_of_intervals(
    low: float, middle: float, high: float, unit: str, style: str, words: str
) -> None:
    assert format(number(middle, unit, p05=low, p95=high), style) == words


@given(st.floats(min_value=1e-9, max_value=1e15))
def test_two_significant_figures_are_within_five_per_cent(value: float) -> None:
    # 1.05 rounds to 1.0 or 1.1: at most 0.05 / 1.05 = 4.8% off
    assert abs(rounded(value) - value) <= 0.05 * value


def test_draws_give_their_median_and_their_5th_and_95th_percentiles() -> None:
    # 0 .. 100: the median is 50, the 5th percentile 5, the 95th 95
    made = number(np.arange(101), "chips")

    assert (made.p05, made.value, made.p95) == (5.0, 50.0, 95.0)


def test_a_row_of_results_brings_its_unit_and_scenario() -> None:
    row = pd.Series({"scenario": "actual", "unit": "usd", "p05": 1e9, "p50": 2e9, "p95": 3e9})
    said = say("It costs {x:about}, {x:range}.", x=number(row, sources=["a", "b"]))

    assert str(said) == "It costs about $2 billion, between $1 and $3 billion."
    assert said.claims == (
        {
            "name": "x",
            "sentence": str(said),
            "value": 2e9,
            "unit": "usd",
            "p05": 1e9,
            "p95": 3e9,
            "scenario": "actual",
            "source_ids": "a;b",
        },
    )


def test_a_sentence_keeps_notebooks_from_reading_dollars_as_mathematics_and_text_as_markup() -> None:
    said = say("{x:about} for {who}", x=number(5e9, "usd"), who="<b>A&B</b>")
    data, metadata = said._repr_mimebundle_()

    assert data["text/markdown"] == r"about \$5 billion for &lt;b&gt;A&amp;B&lt;/b&gt;"
    assert data["text/plain"] == "about $5 billion for <b>A&B</b>"
    assert len(metadata["chipflows"]["claims"]) == 1


def test_whole_numbers_are_counted_and_claimed() -> None:
    said = say("{n} rules, {when}", n=1204, when="2025")

    assert str(said) == "1,204 rules, 2025"
    assert said.claims[0]["unit"] == "count"


def test_recorded_numbers_are_a_table_and_claims() -> None:
    recorded = record(stock_2028=number(1.79e6, "h100e", p05=1.34e6, p95=2.63e6))

    assert recorded.claims[0]["name"] == "stock_2028"
    assert "| stock 2028 (H100e) | 1.8 million | 1.3 to 2.6 million |" in recorded.markdown


def test_only_numbers_are_recorded() -> None:
    with pytest.raises(InputError, match="needs a number"):
        record(x=3)  # type: ignore[arg-type]
