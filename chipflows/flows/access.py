"""How open the legal channel is to a chip, date by date, as the law of a scenario has it.

``law`` says on each date whether a licence is required and how applications are reviewed; here that becomes
spans of one category each. A reform's uncertain rule-making lag is applied per draw: before adoption plus
lag the law is that of ``actual``, from then on that of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.typing import NAType

__all__ = ["CATEGORIES", "Access", "Span", "category_of", "spans_from"]

CATEGORIES = ("free", "approval", "case_by_case", "denial")
_FAR = date(2200, 1, 1).toordinal()

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """One category of treatment from a day number to another (the end excluded)."""

    start: int
    end: int
    category: str


def category_of(licence_required: bool | NAType | None, review_policy: str | None) -> str:
    """Return the category of one decision.

    An unknown requirement counts as free here: history is observed, and forward chips are all decided.
    A required licence without a stated policy counts as denial, as the April 2025 letters were applied.
    """
    if licence_required is None or pd.isna(licence_required) or not licence_required:
        return "free"
    policy = (review_policy or "").replace("_", " ")
    if policy.startswith("cannot tell"):
        return "denial"
    if "case by case" in policy or "being issued" in policy:
        return "case_by_case"
    return "approval" if "approval" in policy and "denial" not in policy else "denial"


def spans_from(decisions: pd.DataFrame) -> dict[str, tuple[Span, ...]]:
    """Return spans by chip from a frame of decisions: chip, on, licence_required, review_policy.

    Each decision holds until the chip's next; equal neighbours are merged.
    """
    found: dict[str, tuple[Span, ...]] = {}
    for chip, rows in decisions.sort_values("on").groupby("chip", sort=False):
        days = [pd.Timestamp(day).toordinal() for day in rows["on"]]
        kinds = [
            category_of(*pair) for pair in zip(rows["licence_required"], rows["review_policy"], strict=True)
        ]
        spans: list[Span] = []
        for day, after, kind in zip(days, [*days[1:], _FAR], kinds, strict=True):
            if spans and spans[-1].category == kind:
                spans[-1] = Span(spans[-1].start, after, kind)
            else:
                spans.append(Span(day, after, kind))
        found[str(chip)] = tuple(spans)
    return found


@dataclass(frozen=True)
class Access:
    """A scenario's treatment of each chip, and of the same chip on ``actual``."""

    actual: Mapping[str, tuple[Span, ...]]
    scenario: Mapping[str, tuple[Span, ...]]

    def differs(self, chip: str) -> bool:
        """Return whether the scenario treats *chip* differently on any date."""
        return self.scenario.get(chip) != self.actual.get(chip)

    def changes(self) -> bool:
        """Return whether the scenario treats any chip differently."""
        return dict(self.scenario) != dict(self.actual)

    def shares(self, chip: str, start: Array, end: Array, switch: Array) -> dict[str, Array]:
        """Return the share of each window in each category, shape (windows, draws).

        *start* and *end* are day numbers, shape (windows,); *switch* is the day number per draw, shape
        (draws,), from which the scenario's law applies.
        """
        found = {}
        for category in CATEGORIES:
            before = _overlap(self.actual[chip], category, start, end, latest=switch)
            after = _overlap(self.scenario[chip], category, start, end, earliest=switch)
            found[category] = (before + after) / (end - start)[:, None]
        return found

    def tightened(self, chip: str, start: Array, end: Array, switch: Array) -> Array:
        """Return the share of each window in which the scenario is the stricter law, (windows, draws)."""
        return self._compared(chip, start, end, switch, stricter=True)

    def loosened(self, chip: str, start: Array, end: Array, switch: Array) -> Array:
        """Return the share of each window in which the scenario is the looser law, (windows, draws)."""
        return self._compared(chip, start, end, switch, stricter=False)

    def _compared(self, chip: str, start: Array, end: Array, switch: Array, *, stricter: bool) -> Array:
        total = np.zeros((len(start), len(switch)))
        for ours in self.scenario.get(chip, ()):
            for theirs in self.actual.get(chip, ()):
                step = CATEGORIES.index(ours.category) - CATEGORIES.index(theirs.category)
                both = Span(max(ours.start, theirs.start), min(ours.end, theirs.end), ours.category)
                if both.start < both.end and (step > 0 if stricter else step < 0):
                    total += _overlap([both], both.category, start, end, earliest=switch)
        return total / (end - start)[:, None]


def _overlap(
    spans: Sequence[Span],
    category: str,
    start: Array,
    end: Array,
    earliest: Array | None = None,
    latest: Array | None = None,
) -> Array:
    """Return days of each window inside spans of *category*, cut at a day per draw; (windows, draws)."""
    draws = len(earliest if earliest is not None else latest if latest is not None else ())
    total = np.zeros((len(start), draws))
    for span in spans:
        if span.category != category:
            continue
        low = np.maximum(start, span.start)[:, None]
        high = np.minimum(end, span.end)[:, None]
        if earliest is not None:
            low = np.maximum(low, earliest[None, :])
        if latest is not None:
            high = np.minimum(high, latest[None, :])
        total += np.maximum(high - low, 0.0)
    return total
