"""What law is modelled: every rule with its state on a day, as a table a reader can check. Pure text out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chipflows.tables.rules import Entry, Rule

__all__ = ["coverage_table", "entry_on", "state_on"]

_HEAD = """# What law is modelled

Generated from `data/rules/` by `chipflows.law.coverage` for {day}; a test keeps the two the same. One line a
rule. "Decides" means the rule can ask for a licence, classify a chip or change a review on that day; "cannot
tell" means it answers so where it bites; "fact" means it only stands on timelines. `until` is the first day a
value no longer holds. A rule with several dated values shows the one that holds, or the next, or the last.

| rule | title | kind | state | from | until | citation | in a decision |
|---|---|---|---|---|---|---|---|
"""


def entry_on(rule: Rule, day: date) -> Entry:
    """Return the value of *rule* that holds on *day*; else the next to come; else the last that held."""
    dated = sorted(rule.timeline, key=lambda entry: entry.from_)
    holding = [entry for entry in dated if entry.from_ <= day and (entry.until is None or day < entry.until)]
    if holding:
        return holding[-1]
    coming = [entry for entry in dated if entry.from_ > day]
    return coming[0] if coming else dated[-1]


def state_on(rule: Rule, day: date) -> str:
    """Return the state in words: the status of the value that holds, ``from <date>`` or ``ended <date>``."""
    entry = entry_on(rule, day)
    if entry.from_ > day:
        return f"from {entry.from_}"
    if entry.until is not None and entry.until <= day:
        return f"ended {entry.until}"
    return entry.status.replace("_", " ")


def coverage_table(rules: Iterable[Rule], day: date) -> str:
    """Return docs/law-coverage.md: a Markdown table, rules by kind and then by id."""
    lines = [
        _line(rule, day) for rule in sorted(rules, key=lambda rule: (rule.kind == "fact", rule.kind, rule.id))
    ]
    return _HEAD.format(day=day.isoformat()) + "\n".join(lines) + f"\n\n{len(lines)} rules.\n"


def _line(rule: Rule, day: date) -> str:
    entry = entry_on(rule, day)
    cells = [
        f"`{rule.id}`",
        rule.title,
        rule.kind,
        state_on(rule, day),
        str(entry.from_),
        str(entry.until or ""),
        f"{entry.citation.ref} (`{entry.citation.source}`)",
        _part(rule, day),
    ]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _part(rule: Rule, day: date) -> str:
    """Return what the rule does in a decision on *day*."""
    if rule.kind == "fact":
        return "fact"
    counting = [entry for entry in rule.timeline if _holds(entry, day) and entry.decides]
    if not counting:
        return "no"
    return "cannot tell" if all(entry.cannot_tell for entry in counting) else "decides"


def _holds(entry: Entry, day: date) -> bool:
    return entry.from_ <= day and (entry.until is None or day < entry.until)
