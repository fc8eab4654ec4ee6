"""Replay: the law as known on a past date goes on for good, and nothing else is wound back."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pandas as pd
import pytest

from chipflows import law
from chipflows.errors import InputError
from chipflows.flows.access import Span
from chipflows.flows.replay import FIRST_REPLAY, frozen_law, replay

LETTER = date(2025, 2, 3)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


SPANS = {
    "h20": (
        Span(day("2022-01-01"), day("2025-04-09"), "free"),
        Span(day("2025-04-09"), day("2025-08-08"), "denial"),
        Span(day("2025-08-08"), day("2031-01-01"), "case_by_case"),
    )
}


@pytest.mark.parametrize(
    "known_on", [FIRST_REPLAY - timedelta(days=1), law.KNOWN_THROUGH + timedelta(days=1)]
)
def test_a_date_without_a_chip_rule_or_beyond_the_known_law_is_refused(known_on: date) -> None:
    with pytest.raises(InputError, match="replay runs from 2022-10-21 to"):
        replay(known_on, draws=64)


@pytest.mark.parametrize(
    ("known_on", "kinds"),
    [
        ("2025-02-03", ["free"]),
        ("2025-04-08", ["free"]),
        ("2025-04-09", ["free", "denial"]),  # the day itself counts
        ("2025-08-08", ["free", "denial", "case_by_case"]),
    ],
)
def test_what_held_that_day_goes_on_for_good(known_on: str, kinds: list[str]) -> None:
    found = frozen_law(SPANS, date.fromisoformat(known_on))["h20"]
    assert [span.category for span in found] == kinds
    assert found[0].start == SPANS["h20"][0].start
    assert found[-1].end == SPANS["h20"][-1].end
    assert all(one.end == two.start for one, two in pairwise(found))


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return replay(LETTER, draws=256, last="2025Q4").set_index(["series", "quarter"])


def test_a_replay_begins_in_the_quarter_of_its_date(told: pd.DataFrame) -> None:
    assert set(told.index.get_level_values("series")) == {"as of then", "as known now", "observed"}
    assert min(told.index.get_level_values("quarter")) == "2025Q1"


def test_before_the_law_changes_then_and_now_are_the_same_bits(told: pd.DataFrame) -> None:
    assert told.loc[("as of then", "2025Q1")].tolist() == told.loc[("as known now", "2025Q1")].tolist()


def test_without_the_letters_of_april_the_h20_would_have_gone_on(told: pd.DataFrame) -> None:
    # nine days of April were sold as it happened: the quarter without the letters is far above
    then, now = told.loc[("as of then", "2025Q2")], told.loc[("as known now", "2025Q2")]
    assert then["p05"] > 5 * now["p95"]
    assert told.loc[("as known now", "2025Q3"), "p95"] == 0
    assert told.loc[("as of then", "2025Q3"), "p05"] > 0


def test_what_was_observed_lies_in_what_is_known_now(told: pd.DataFrame) -> None:
    for quarter in told.loc["observed"].index:
        now, seen = told.loc[("as known now", quarter)], told.loc[("observed", quarter)]
        assert now["p05"] <= seen["p50"] <= now["p95"]
        assert seen["p05"] == seen["p95"]


def test_a_quarter_without_sales_is_observed_to_have_none(told: pd.DataFrame) -> None:
    # after 9 April 2025 and before the last quarter nothing was sold: 0, not a gap
    assert told.loc["observed"].index.tolist() == ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    assert told.loc[("observed", "2025Q3"), "p50"] == 0
    assert (told.loc["observed"].drop("2025Q3")["p50"] > 0).all()


def test_known_to_the_last_day_the_replay_is_the_model() -> None:
    told = replay(law.KNOWN_THROUGH, draws=64, last="2027Q2")
    then, now = (told[told["series"] == name] for name in ("as of then", "as known now"))
    assert len(then) > 0
    assert then.drop(columns="series").to_numpy().tolist() == now.drop(columns="series").to_numpy().tolist()


def test_a_replay_is_the_same_bits_again(told: pd.DataFrame) -> None:
    assert replay(LETTER, draws=256, last="2025Q4").set_index(["series", "quarter"]).equals(told)
