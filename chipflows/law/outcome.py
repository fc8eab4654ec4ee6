"""From what the rules say about one case to the answer: licence, class, policy, conditions, exceptions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chipflows.law.engine import Finding, Findings
from chipflows.law.evaluate import unknown_parts
from chipflows.law.kleene import TRUE, UNKNOWN
from chipflows.tables.rules import Entry, PolicyLeg

__all__ = ["Outcome", "outcome", "strictness"]

_STRICT_FIRST = (
    ("denial order", "policy of denial"),
    ("presumption of denial", "stop shipment"),
    ("case by case", "cannot tell"),
    ("as ",),
    ("presumption of approval",),
)
CANNOT_TELL_CLASS = "cannot tell"
NO_CLASS = "not 3A090"


@dataclass
class Outcome:
    """The answer for a group of cases, with the findings behind it (the row is an example of the group)."""

    row: int
    licence_required: bool | None
    eccn: str
    review_policy: str | None = None
    conditions: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    perhaps_exceptions: list[str] = field(default_factory=list)
    required_by: list[tuple[Finding, Entry]] = field(default_factory=list)
    unsure_by: list[tuple[Finding, Entry]] = field(default_factory=list)
    amended_by: list[tuple[Finding, Entry]] = field(default_factory=list)
    excepted_by: list[tuple[Finding, Entry]] = field(default_factory=list)
    classified_by: list[tuple[Finding, Entry]] = field(default_factory=list)
    beside: list[tuple[Finding, Entry]] = field(default_factory=list)
    dormant: list[tuple[Finding, Entry]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def rules(self) -> list[tuple[Finding, Entry]]:
        """Return the rules behind the answer, those that made it first."""
        asked = self.required_by + self.unsure_by
        classes = self.classified_by if asked else []
        return asked + self.amended_by + self.excepted_by + classes + self.beside


def outcome(findings: Findings, row: int) -> Outcome:
    """Return the answer for case *row*."""
    eccn, classified_by = _class_of(findings, row)
    required, unsure = _standing(findings, row, TRUE), _standing(findings, row, UNKNOWN)
    licence: bool | None = True if required else (None if unsure else False)
    answer = Outcome(row, licence, eccn, required_by=required, unsure_by=unsure, classified_by=classified_by)
    answer.beside = _entries(findings.of_kind("fact"), row, TRUE, scoped=True)
    answer.dormant = [
        (found, entry)
        for found in findings.of_kind("requirement")
        if (entry := found.dormant_entry(row)) is not None and entry.status not in ("proposed", "withdrawn")
    ]
    if licence is not False:
        _review(findings, answer)
        _exceptions(findings, answer)
    answer.reasons = _reasons(findings, unsure, row)
    return answer


def _standing(findings: Findings, row: int, value: np.int8) -> list[tuple[Finding, Entry]]:
    return _entries(findings.of_kind("requirement"), row, value)


def _entries(
    found: list[Finding], row: int, value: np.int8, *, scoped: bool = False
) -> list[tuple[Finding, Entry]]:
    pairs = [
        (one, entry) for one in found if one.truth[row] == value and (entry := one.entry(row)) is not None
    ]
    if scoped:  # facts without a place or a test are for timelines, not for one case
        pairs = [(one, entry) for one, entry in pairs if entry.test is not None]
    return pairs


def _class_of(findings: Findings, row: int) -> tuple[str, list[tuple[Finding, Entry]]]:
    stated = str(findings.cases.words["eccn"][row])
    if stated:
        return stated, []
    rules = findings.of_kind("classification")
    for value in (TRUE, UNKNOWN):
        pairs = _entries(rules, row, value)
        if pairs:
            name = pairs[0][0].rule.eccn if value == TRUE else CANNOT_TELL_CLASS
            return str(name), pairs[:1]
    return NO_CLASS, []


def strictness(policy: str) -> int:
    """Return a rank: higher is stricter. Unknown wording ranks below a presumption of approval."""
    text = policy.casefold()
    for rank, openings in enumerate(_STRICT_FIRST):
        if any(text.startswith(opening) for opening in openings):
            return len(_STRICT_FIRST) - rank
    return 0


def _review(findings: Findings, answer: Outcome) -> None:
    """Fill in the strictest policy of what applies, after what amends it, and all conditions."""
    policies: dict[str, str] = {}
    amendments = findings.of_kind("policy")
    for found, entry in answer.required_by or answer.unsure_by:
        policy = _policy_text(found, entry, answer.row)
        answer.conditions += [text for text in entry.conditions if text not in answer.conditions]
        for change in amendments:
            if found.rule.id in change.rule.amends:
                policy = _amended(policy, change, answer, findings)
        if policy:
            policies[found.rule.id] = policy
    by_strictness = [answer.required_by, answer.unsure_by]
    for pairs in by_strictness:  # the rule that sets the policy is named first
        pairs.sort(key=lambda pair: -strictness(policies.get(pair[0].rule.id, "")))
    if policies:
        strictest = max(policies.values(), key=strictness)
        answer.review_policy = strictest if answer.licence_required else f"{strictest} if required"


def _policy_text(found: Finding, entry: Entry, row: int) -> str | None:
    if not isinstance(entry.policy, list):
        return entry.policy
    values = found.legs[int(found.entries[row])]
    perhaps: list[PolicyLeg] = []
    for leg, value in zip(entry.policy, values, strict=True):
        if value[row] == TRUE:
            before = "; ".join(f"{one.say} {one.when or 'in some cases'}" for one in perhaps)
            return f"{leg.say}; {before}" if before else leg.say
        if value[row] == UNKNOWN:
            perhaps.append(leg)
    return perhaps[0].say if perhaps else None


def _amended(policy: str | None, change: Finding, answer: Outcome, findings: Findings) -> str | None:
    entry = change.entry(answer.row)
    if entry is None or change.truth[answer.row] < UNKNOWN:
        return policy
    if (change, entry) not in answer.amended_by:
        answer.amended_by.append((change, entry))
    new = entry.policy if isinstance(entry.policy, str) else None
    if change.truth[answer.row] == UNKNOWN:
        reasons = unknown_parts(findings.evaluator, entry.test, answer.row)
        why = f" ({'; '.join(reasons)})" if reasons else ""
        return f"cannot tell: {new} or {policy}{why}" if new else policy
    answer.conditions += [text for text in entry.conditions if text not in answer.conditions]
    return new or policy


def _exceptions(findings: Findings, answer: Outcome) -> None:
    """An exception counts when it covers every requirement that applies; the licence stays required."""
    applying = answer.required_by or answer.unsure_by
    for found in findings.of_kind("exception"):
        entry = found.entry(answer.row)
        if entry is None or found.truth[answer.row] < UNKNOWN:
            continue
        covered = all(_covers(found, one) for one, _ in applying)
        if not covered:
            continue
        if found.truth[answer.row] == TRUE:
            answer.exceptions += [symbol for symbol in entry.exceptions if symbol not in answer.exceptions]
            answer.excepted_by.append((found, entry))
        else:
            answer.perhaps_exceptions += entry.exceptions


def _covers(exception: Finding, requirement: Finding) -> bool:
    if exception.rule.applies_to:
        return requirement.rule.id in exception.rule.applies_to
    return not requirement.rule.is_listing


def _reasons(findings: Findings, unsure: list[tuple[Finding, Entry]], row: int) -> list[str]:
    """Return each reason once, with the rules that it leaves open."""
    left_open: dict[str, list[str]] = {}
    for found, entry in unsure:
        for reason in _why_unknown(findings, entry, row) or ["a fact it asks about is not known"]:
            left_open.setdefault(reason, []).append(found.rule.title)
    return [f"{reason} ({'; '.join(titles)})" for reason, titles in left_open.items()]


def _why_unknown(findings: Findings, entry: Entry, row: int) -> list[str]:
    if entry.cannot_tell:
        return [entry.cannot_tell.strip()]
    scope = findings.evaluator.scope(entry.destinations, entry.or_headquartered_in)[row]
    place = ["whether the rule reaches this destination is not public"] if scope == UNKNOWN else []
    return place + unknown_parts(findings.evaluator, entry.test, row)
