"""How sure an answer is, in words that a rule made: likelihood of its sign, and confidence in its size.

Likelihood words are those of US intelligence analysis (ICD 203, 2015). It keeps likelihood apart from
confidence, and so do we: the first says in how many draws of the model an effect has its sign, the second
how wide its range is and what the range rests on.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.tables.assumptions import load_assumptions

__all__ = ["RULE", "confidence", "fold", "likelihood", "low_evidence_share"]

Array = NDArray[np.float64]
_SCALE = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (1.00, "almost certain"),
)
_HIGH, _MODERATE = (3.0, 1 / 3), (10.0, 2 / 3)  # ends at most so many times apart, so much on weak evidence
_NOISE = 3.0  # standard errors under which a rank correlation counts as none

RULE = (
    "The likelihood is the share of draws in the words of ICD 203, within the model. Confidence in the size "
    "is high where the ends of the 90% range lie at most 3 times apart and at most a third of the spread "
    "rests on inputs rated low; moderate up to 10 times and two thirds; low beyond, or where the range holds "
    "zero. A sign that every draw shares follows from how the model is built and is no evidence of its own."
)


def likelihood(share: float) -> str:
    """Return the word of ICD 203 for a share of draws: 0.93 "very likely", 0.95 and more "almost certain"."""
    return next((word for below, word in _SCALE if share < below), _SCALE[-1][1])


def confidence(change: Array, inputs: Mapping[str, Array]) -> str:
    """Return "high", "moderate" or "low" for the size of a change, by `RULE`; arrays of shape (draws,)."""
    apart, weak = fold(change), low_evidence_share(change, inputs)
    for word, (most_apart, most_weak) in (("high", _HIGH), ("moderate", _MODERATE)):
        if apart <= most_apart and weak <= most_weak:
            return word
    return "low"


def fold(change: Array) -> float:
    """Return how many times the far end of the 5-95% range is the near end; infinite where it holds zero."""
    low, high = np.quantile(change, [0.05, 0.95])
    if low * high <= 0:
        return float("inf")
    near, far = sorted((abs(low), abs(high)))
    return float(far / near)


def low_evidence_share(change: Array, inputs: Mapping[str, Array]) -> float:
    """Return the share of a change's spread that rests on inputs whose evidence is rated low, 0 to 1.

    By squared Spearman correlation of each input with the change over the draws, those within three standard
    errors of none left out: correlations of .6 (low), .3 (low) and .3 (med) give (.36 + .09) / .54 = .83. A
    change that nothing correlates with rests on none (0).
    """
    known = load_assumptions().uncertain
    ranked = _ranks(change)
    least = _NOISE**2 / len(change)
    squared = {name: float(np.mean(ranked * _ranks(values))) ** 2 for name, values in inputs.items()}
    kept = {name: value for name, value in squared.items() if value > least}
    low = sum(value for name, value in kept.items() if known[name].confidence == "low")
    return low / sum(kept.values()) if kept else 0.0


def _ranks(values: Array) -> Array:
    """Return ranks of *values*, ties at their mean, scaled to mean 0 and variance 1 (0 where all equal)."""
    ranks = pd.Series(values).rank().to_numpy()
    spread = ranks.std()
    return np.asarray((ranks - ranks.mean()) / spread if spread else np.zeros_like(ranks))
