"""The answer in words that can be read aloud: what, because of which rule, what else is known.

"A licence is required under the rules modelled" is all an answer says: never that a sale is legal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from chipflows.law.cases import Cases
from chipflows.law.engine import Finding
from chipflows.law.kleene import FALSE
from chipflows.law.outcome import CANNOT_TELL_CLASS, NO_CLASS, Outcome
from chipflows.law.places import place_name
from chipflows.tables.rules import Entry

__all__ = [
    "KNOWN_THROUGH",
    "case_sentence",
    "explanation",
    "figures_sentence",
    "plain_date",
    "time_note",
    "unlisted_note",
]

KNOWN_THROUGH = date(2026, 10, 9)
_DORMANT_WORDS = {
    "not_yet_due": "published, but compliance was not yet due",
    "not_enforced": "in the Code, but announced as not enforced",
    "suspended": "suspended",
}
Pair = tuple[Finding, Entry]


def plain_date(day: date) -> str:
    """Return a date as it is said: 9 April 2025."""
    return f"{day.day} {day:%B %Y}"


def explanation(answer: Outcome, scenario_note: str = "") -> str:
    """Return the explanation of an answer, without the case's own names and figures."""
    parts = [
        _verdict(answer),
        _review(answer),
        _ways(answer),
        _unsure(answer),
        _dormant(answer),
        _beside(answer),
    ]
    return " ".join(part for part in [*parts, scenario_note] if part)


def _verdict(answer: Outcome) -> str:
    if answer.licence_required is None:
        return "Whether a licence is required cannot be told from the rules modelled."
    if not answer.licence_required:
        return (
            "No licence is required under the rules modelled: no rule reaches it. This is not legal advice."
        )
    return f"A licence is required under the rules modelled. {_because(answer.required_by)}"


def _because(pairs: Sequence[Pair]) -> str:
    said = [f"{found.rule.title} ({_cited(entry)})" for found, entry in pairs]
    opening = "The rule is" if len(said) == 1 else "The rules are"
    return f"{opening}: {'; '.join(said)}."


def _cited(entry: Entry) -> str:
    reported = ", as reported" if entry.status == "reported" else ""
    return f"{entry.citation.ref}{reported}"


def _review(answer: Outcome) -> str:
    if answer.review_policy is None:
        return ""
    policy = f"How applications are reviewed: {answer.review_policy}."
    if answer.amended_by:
        titles = "; ".join(f"{found.rule.title} ({_cited(entry)})" for found, entry in answer.amended_by)
        policy += f" See {titles}."
    if answer.conditions:
        policy += f" Conditions: {'; '.join(answer.conditions)}."
    return policy


def _ways(answer: Outcome) -> str:
    said = ""
    if answer.exceptions:
        titles = "; ".join(found.rule.title for found, _ in answer.excepted_by)
        said = f"The licence may be met by an exception or authorisation, if its conditions are: {titles}."
    if answer.perhaps_exceptions:
        names = ", ".join(dict.fromkeys(answer.perhaps_exceptions))
        said += f" Whether {names} can be used depends on facts not given."
    return said.strip()


def _unsure(answer: Outcome) -> str:
    if not answer.reasons:
        return ""
    opening = (
        "Cannot tell, because"
        if answer.licence_required is None
        else "Not known, but without effect on the answer:"
    )
    return f"{opening} {'; '.join(answer.reasons)}."


def _dormant(answer: Outcome) -> str:
    said = [
        f"{found.rule.title} is {_DORMANT_WORDS[entry.status]} ({_cited(entry)})"
        for found, entry in answer.dormant
    ]
    return f"Not counted: {'; '.join(said)}." if said else ""


def _beside(answer: Outcome) -> str:
    said = [
        f"{found.rule.title}: {found.rule.summary.strip()} ({_cited(entry)})"
        for found, entry in answer.beside
    ]
    return f"Beside US law, as a fact: {' '.join(said)}" if said else ""


def case_sentence(cases: Cases, row: int, name: str, scenario: str) -> str:
    """Return the case in one sentence: what, from where to where, when, to whom, under which scenario."""
    day = date.fromordinal(int(cases.days[row]))
    to, hq = str(cases.words["to"][row]), str(cases.words["party_hq"][row])
    origin = {"US": "from the United States", "abroad": "from abroad", "in-country": "within the country"}
    sentence = (
        f"{name}, {origin.get(str(cases.words['origin'][row]), '')} to {place_name(to)}, {plain_date(day)}"
    )
    if hq != to:
        sentence += f", buyer headquartered in {place_name(hq)}"
    end_user = str(cases.words["end_user"][row])
    sentence += f", end user {end_user}" if end_user else ""
    return f"{sentence}{'' if scenario == 'actual' else f', scenario {scenario}'}."


def unlisted_note(cases: Cases, row: int) -> str:
    """Return the caution for a named end user that no listing modelled names, else nothing."""
    if not cases.words["end_user"][row] or cases.flags["is_listed_end_user"][row] != FALSE:
        return ""
    return "No listing modelled names the end user. They are not the whole Entity List: screen the name."


def figures_sentence(cases: Cases, row: int, eccn: str) -> str:
    """Return the item's legal figures and its class in one sentence."""
    figures = []
    tpp, density = cases.numbers["tpp"][row], cases.density_shown[row]
    if not np.isnan(tpp):
        figures.append(f"total processing performance {tpp:,.10g}")
        figures.append(
            "performance density not known" if np.isnan(density) else f"performance density {density:.4g}"
        )
    memory = cases.numbers["mem_bw_density_gbps_mm2"][row]
    if np.isnan(tpp) and not np.isnan(memory):
        figures.append(f"memory bandwidth density {memory:.4g}")
    for field, wording in (("mem_bw_gbps", "memory"), ("io_bw_gbps", "interconnect")):
        if not np.isnan(cases.numbers[field][row]):
            figures.append(f"{wording} {cases.numbers[field][row]:,.10g} GB/s")
    said = ", ".join(figures) or "figures not given"
    return f"{said[0].upper()}{said[1:]}: {_class_words(eccn)}."


def _class_words(eccn: str) -> str:
    if eccn == CANNOT_TELL_CLASS:
        return "its class cannot be told from the figures given"
    return "outside 3A090 as it stands that day" if eccn == NO_CLASS else f"classified {eccn}"


def time_note(latest: date) -> str:
    """Return the sentence for days after the law is known, else nothing."""
    if latest <= KNOWN_THROUGH:
        return ""
    known = plain_date(KNOWN_THROUGH)
    return f"The law is known here to {known}; after that the published text is taken to go on."
