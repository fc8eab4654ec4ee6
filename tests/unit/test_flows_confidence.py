"""Words for how sure an answer is follow from their rule, worked by hand."""

import numpy as np
import pytest

from chipflows.charts.model import rows
from chipflows.flows import confidence
from chipflows.flows.confidence import fold, likelihood, low_evidence_share
from chipflows.tables.assumptions import load_assumptions

LOW = [name for name, item in load_assumptions().uncertain.items() if item.confidence == "low"]
MED = [name for name, item in load_assumptions().uncertain.items() if item.confidence == "med"]
STEPS = np.linspace(0.0, 1.0, 101)


@pytest.mark.parametrize(
    ("share", "word"),
    [
        (0.0, "almost no chance"),
        (0.05, "very unlikely"),
        (0.20, "unlikely"),
        (0.50, "roughly even chance"),
        (0.55, "likely"),
        (0.93, "very likely"),
        (0.95, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_likelihood_words_are_those_of_the_directive(share: float, word: str) -> None:
    assert likelihood(share) == word


def test_fold_compares_the_ends_of_the_range_whatever_the_sign() -> None:
    # 5% of 101 even steps from 1 to 2 is 1.05, 95% is 1.95: 1.95 / 1.05 = 1.857
    assert fold(1 + STEPS) == pytest.approx(1.857, abs=1e-3)
    assert fold(-1 - STEPS) == pytest.approx(1.857, abs=1e-3)
    assert fold(STEPS - 0.5) == fold(np.minimum(STEPS - 0.1, 0)) == np.inf


def test_the_share_on_weak_evidence_is_that_of_squared_rank_correlations() -> None:
    # change = 2a + b over a, b in 0, 1: ranks 1 2 3 4, centred -1.5 -.5 .5 1.5, variance 1.25. With a centred
    # -1 -1 1 1 the covariance is 4 / 4 = 1, so r2 = 1 / 1.25 = .8; with b, 2 / 4 = .5, so .25 / 1.25 = .2.
    a, b = np.tile([0.0, 0, 1, 1], 100), np.tile([0.0, 1, 0, 1], 100)
    unrelated = np.repeat([0.0, 1.0], 200)
    change = 2 * a + b
    assert low_evidence_share(change, {LOW[0]: a, MED[0]: b}) == pytest.approx(0.8)
    assert low_evidence_share(change, {LOW[0]: b, MED[0]: a, LOW[1]: unrelated}) == pytest.approx(0.2)
    assert low_evidence_share(np.zeros(9), {LOW[0]: np.arange(9.0)}) == 0.0


def test_confidence_takes_the_range_and_what_it_rests_on() -> None:
    assert confidence.confidence(1 + STEPS, {MED[0]: STEPS}) == "high"
    assert confidence.confidence(1 + STEPS, {LOW[0]: STEPS}) == "low"  # narrow, all of it on weak evidence
    assert confidence.confidence(1 + 9 * STEPS, {MED[0]: STEPS}) == "moderate"  # 9.55 / 1.45 = 6.6 times
    assert confidence.confidence(STEPS - 0.5, {MED[0]: STEPS}) == "low"  # zero is inside


def test_the_table_says_built_in_signs_apart_from_likely_ones() -> None:
    made = rows.certainty({"one": -1 - STEPS, "two": STEPS - 0.925}, {MED[0]: STEPS})
    assert made.loc["one"].tolist() == ["almost certain (every draw)", "1.9 times apart", "0%", "high"]
    # steps 0 to .92 lie below .925: 93 of 101 = 92%
    assert made.loc["two"].tolist() == ["very likely (92% of draws)", "zero is inside", "0%", "low"]
