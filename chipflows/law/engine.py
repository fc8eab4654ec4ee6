"""From cases to what each rule says about each of them.

The order is the law's own: classification gives a class; listings say who the end user is; requirements ask
for a licence; policies change how applications are reviewed; exceptions offer another way; facts stand
beside. Every rule is worked out once over all cases, its dated entries against each case's own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.law.cases import Cases
from chipflows.law.evaluate import Evaluator
from chipflows.law.kleene import FALSE, UNKNOWN, Logic, all_of, constant, negate
from chipflows.tables.rules import Entry, PolicyLeg, Rule

__all__ = ["Finding", "Findings", "find", "same_outcome"]

_FOREVER = date.max.toordinal()
_WIDEST = 2**40


@dataclass
class Finding:
    """What one rule says: true, unknown or false per case, by which entry, and the legs of its policy.

    ``dormant`` marks cases that an entry without force (not enforced, suspended, not yet due) would reach.
    """

    rule: Rule
    truth: Logic
    entries: NDArray[np.int16]
    dormant: NDArray[np.int16]
    legs: dict[int, list[Logic]] = field(default_factory=dict)

    def entry(self, row: int) -> Entry | None:
        """Return the entry that made the value of this case."""
        number = int(self.entries[row])
        return self.rule.timeline[number] if number >= 0 else None

    def dormant_entry(self, row: int) -> Entry | None:
        """Return the entry without force that would reach this case."""
        number = int(self.dormant[row])
        return self.rule.timeline[number] if number >= 0 else None

    def codes(self) -> NDArray[np.int64]:
        """Return one number per case that tells apart all that this rule can say about it."""
        entries, dormant = self.entries.astype(np.int64) + 1, self.dormant.astype(np.int64) + 1
        code = (entries * (len(self.rule.timeline) + 1) + dormant) * 3 + self.truth
        for legs in self.legs.values():
            for leg in legs:
                code = code * 3 + leg
        return code


@dataclass
class Findings:
    """What all rules say about all cases."""

    cases: Cases
    evaluator: Evaluator
    by_rule: dict[str, Finding]
    classes: dict[str, Logic]

    def of_kind(self, kind: str) -> list[Finding]:
        """Return the findings of one kind that say anything about any case, in the order of the rules."""
        return self._speaking.get(kind, [])

    @cached_property
    def _speaking(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for one in self.by_rule.values():
            if one.truth.any() or (one.dormant >= 0).any():
                found.setdefault(one.rule.kind, []).append(one)
        return found


def find(rules: Mapping[str, Rule], cases: Cases) -> Findings:
    """Return what *rules* say about *cases*."""
    evaluator = Evaluator(cases)
    found: dict[str, Finding] = {}
    _classify(rules.values(), evaluator, found)
    listings = [rule for rule in rules.values() if rule.is_listing and rule.kind == "requirement"]
    for rule in listings:
        found[rule.id] = _finding(rule, evaluator)
    _set_listing_facts(evaluator, [found[rule.id] for rule in listings])
    for rule in rules.values():
        if rule.id not in found:
            found[rule.id] = _finding(rule, evaluator)
    ordered = {name: found[name] for name in rules}
    return Findings(cases, evaluator, ordered, evaluator.classes)


def _classify(rules: Iterable[Rule], evaluator: Evaluator, found: dict[str, Finding]) -> None:
    """The first class in order that holds is the item's; a later one needs all earlier ones to fail."""
    earlier: list[Logic] = []
    for rule in sorted((one for one in rules if one.kind == "classification"), key=lambda one: one.order):
        finding = _finding(rule, evaluator)
        alone = all_of([finding.truth, *(negate(one) for one in earlier)])
        earlier.append(finding.truth)
        finding.truth = alone
        evaluator.class_tests.append((finding.entries, [entry.test for entry in rule.timeline]))
        assert rule.eccn is not None
        evaluator.classes[rule.eccn] = alone
        found[rule.id] = finding
    evaluator.forget("eccn")


def _set_listing_facts(evaluator: Evaluator, listings: list[Finding]) -> None:
    """From the listings in force: is the end user listed, and with which footnote."""
    rows = evaluator.cases.rows
    listed = constant(FALSE, rows)
    for finding in listings:
        listed = np.maximum(listed, finding.truth)
        for number, entry in enumerate(finding.rule.timeline):
            if entry.footnote is not None:
                mark = str(entry.footnote)
                value = np.where(finding.entries == number, finding.truth, FALSE).astype(np.int8)
                before = evaluator.footnotes.get(mark, constant(FALSE, rows))
                evaluator.footnotes[mark] = np.maximum(before, value)
    if "is_listed_end_user" not in evaluator.cases.given:
        evaluator.cases.flags["is_listed_end_user"] = listed
    evaluator.forget("end_user_footnote", "is_listed_end_user")


def _finding(rule: Rule, evaluator: Evaluator) -> Finding:
    rows = evaluator.cases.rows
    finding = Finding(rule, constant(FALSE, rows), np.full(rows, -1, np.int16), np.full(rows, -1, np.int16))
    days = evaluator.cases.days
    first, last = (int(days.min()), int(days.max())) if rows else (0, -1)
    for number, entry in enumerate(rule.timeline):
        start = entry.from_.toordinal()
        end = entry.until.toordinal() if entry.until else _FOREVER
        if start > last or end <= first:
            continue
        holds = (days >= start) & (days < end)
        _add_entry(finding, number, entry, holds, evaluator)
    return finding


def _add_entry(
    finding: Finding, number: int, entry: Entry, holds: NDArray[np.bool_], evaluator: Evaluator
) -> None:
    scope = evaluator.scope(entry.destinations, entry.or_headquartered_in)
    value = np.where(holds, np.minimum(scope, evaluator.test(entry.test)), FALSE).astype(np.int8)
    if not (entry.decides or finding.rule.kind == "fact"):
        finding.dormant = np.where(value > FALSE, number, finding.dormant).astype(np.int16)
        return
    if entry.cannot_tell:
        value = np.minimum(value, UNKNOWN)
    stronger = (value >= finding.truth) & (value > FALSE)  # of two that say the same, the later
    finding.entries = np.where(stronger, number, finding.entries).astype(np.int16)
    finding.truth = np.maximum(finding.truth, value)
    if isinstance(entry.policy, list) and value.any():
        finding.legs[number] = [_leg(leg, holds, evaluator) for leg in entry.policy]


def _leg(leg: PolicyLeg, holds: NDArray[np.bool_], evaluator: Evaluator) -> Logic:
    scope = evaluator.scope(leg.destinations, leg.or_headquartered_in)
    return np.where(holds, np.minimum(scope, evaluator.test(leg.test)), FALSE).astype(np.int8)


def same_outcome(findings: Findings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one example row per group of cases about which every rule says the same, and each row's group.

    Cases that lack different facts are told apart when some rule cannot tell, since their reasons differ.
    """
    groups = np.zeros(findings.cases.rows, dtype=np.int64)
    unsure = np.zeros(findings.cases.rows, dtype=bool)
    for finding in findings.by_rule.values():
        if finding.truth.any() or (finding.dormant >= 0).any():
            groups = _join(groups, finding.codes())
            unsure |= finding.truth == UNKNOWN
    groups = _join(groups, _numbered(findings.cases.words["eccn"]))
    for code in _distinguishing(findings.cases):
        groups = _join(groups, np.where(unsure, code, 0))
    _, examples, group = np.unique(groups, return_index=True, return_inverse=True)
    return examples.astype(np.int64), group.reshape(-1).astype(np.int64)


def _join(groups: NDArray[np.int64], code: NDArray[np.int64]) -> NDArray[np.int64]:
    """Combine two numberings exactly (no hashing: a collision would be a wrong answer)."""
    if int(code.max(initial=0)) > _WIDEST:
        code = np.unique(code, return_inverse=True)[1].reshape(-1).astype(np.int64)
    width = int(code.max(initial=0)) + 1
    if int(groups.max(initial=0)) > _WIDEST // width:
        groups = np.unique(groups, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return groups * width + code


def _distinguishing(cases: Cases) -> Iterable[NDArray[np.int64]]:
    for values in cases.numbers.values():
        yield np.isnan(values).astype(np.int64)
    for flags in cases.flags.values():
        yield (flags == UNKNOWN).astype(np.int64)
    for words in cases.words.values():
        yield (words == "").astype(np.int64)
    yield _numbered(cases.words["end_user"])


def _numbered(words: NDArray[np.object_]) -> NDArray[np.int64]:
    return np.asarray(pd.factorize(words)[0], dtype=np.int64)
