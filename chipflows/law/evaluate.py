"""Evaluate a rule's tests over many cases at once; each leaf is worked out once and kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.law.cases import Cases
from chipflows.law.kleene import FALSE, TRUE, UNKNOWN, Logic, all_of, any_of, constant, from_bool, negate
from chipflows.law.parties import match
from chipflows.tables.fields import FIELDS
from chipflows.tables.rules import Destinations

__all__ = ["Evaluator", "unknown_parts"]

_COMPARE: dict[str, Callable[[NDArray[np.float64], float], NDArray[np.bool_]]] = {
    "min": np.greater_equal,
    "above": np.greater,
    "max": np.less_equal,
    "below": np.less,
    "is": np.equal,
}


class Evaluator:
    """Tests over one set of cases. Classes and listings found on the way are set by the engine."""

    def __init__(self, cases: Cases) -> None:
        self.cases = cases
        self.classes: dict[str, Logic] = {}
        self.footnotes: dict[str, Logic] = {}
        self.class_tests: list[tuple[NDArray[np.int16], list[dict[str, Any] | None]]] = []
        self._leaves: dict[tuple[str, str], Logic] = {}
        self._tests: dict[int, Logic] = {}
        self._columns: dict[str, tuple[NDArray[np.intp], NDArray[np.object_]]] = {}

    def forget(self, *fields: str) -> None:
        """Drop what was worked out from *fields*, which have just been settled."""
        self._leaves = {key: value for key, value in self._leaves.items() if key[0] not in fields}
        self._tests = {}

    def test(self, test: dict[str, Any] | None) -> Logic:
        """Return the truth of *test* per case (no test = true); kept, since rules outlive an evaluation."""
        if test is None:
            return constant(TRUE, self.cases.rows)
        if id(test) not in self._tests:
            self._tests[id(test)] = self._work_out(test)
        return self._tests[id(test)]

    def _work_out(self, test: dict[str, Any]) -> Logic:
        ((name, body),) = test.items()
        if name == "all":
            return all_of(self.test(part) for part in body)
        if name == "any":
            return any_of(self.test(part) for part in body)
        if name == "not":
            return negate(self.test(body))
        if name == "unknown":
            return constant(UNKNOWN, self.cases.rows)
        return all_of(self._leaf(name, operator, value) for operator, value in body.items())

    def scope(self, destinations: Destinations | None, headquarters: list[str]) -> Logic:
        """Return whether a case lies in the places named, or its buyer is headquartered where named."""
        if destinations is None and not headquarters:
            return constant(TRUE, self.cases.rows)
        reached = constant(FALSE, self.cases.rows)
        if destinations is not None:
            reached = self._place("to", destinations.in_)
            if destinations.except_:
                reached = all_of([reached, negate(self._place("to", destinations.except_))])
            if destinations.perhaps:
                perhaps = np.minimum(self._place("to", destinations.perhaps), UNKNOWN)
                reached = any_of([reached, perhaps])
        if headquarters:
            reached = any_of([reached, self._place("party_hq", headquarters)])
        return reached

    def _place(self, field: str, places: Iterable[str]) -> Logic:
        return self._leaf(field, "in", list(places)) if places else constant(FALSE, self.cases.rows)

    def _leaf(self, field: str, operator: str, value: Any) -> Logic:
        key = (field, f"{operator} {value}")
        if key not in self._leaves:
            self._leaves[key] = self._compute(field, operator, value)
        return self._leaves[key]

    def _compute(self, field: str, operator: str, value: Any) -> Logic:
        cases, kind = self.cases, FIELDS[field].kind
        if kind == "number":
            column = cases.numbers[field]
            return from_bool(_COMPARE[operator](column, value), ~np.isnan(column))
        if kind == "flag":
            return cases.flags[field] if value else negate(cases.flags[field])
        wanted = value if isinstance(value, list) else [value]
        if kind == "country":
            found = cases.groups.within(cases.words[field], cases.days, wanted)
        elif kind == "product":
            found = self._by_word(field, lambda name: _names_product(name, wanted))
        elif kind == "party":
            found = self._by_word(field, lambda name: match(name, wanted) if name else FALSE)
        elif field == "eccn":
            found = self._class(wanted)
        elif field == "end_user_footnote" and field not in cases.given:
            found = any_of(self.footnotes.get(str(one), constant(FALSE, cases.rows)) for one in wanted)
        else:
            texts = {str(one).casefold() for one in wanted}
            found = self._by_word(field, lambda word: _is_one_of(word, texts))
        return negate(found) if operator == "not_in" else found

    def _by_word(self, field: str, answer: Callable[[str], np.int8]) -> Logic:
        """Answer once per different word of the column, then spread over the cases."""
        if field not in self._columns:
            self._columns[field] = pd.factorize(self.cases.words[field])
        codes, words = self._columns[field]
        answers = np.array([answer(str(word)) for word in words], dtype=np.int8)
        return answers[codes]

    def _class(self, wanted: list[str]) -> Logic:
        """A class that a case states itself stands; otherwise what the classification rules found."""
        texts = {one.casefold() for one in wanted}
        stated = self._by_word("eccn", lambda word: _is_one_of(word, texts) if word else FALSE)
        found = [self.classes[one] for one in wanted if one in self.classes]
        worked_out = any_of(found) if found else constant(FALSE, self.cases.rows)
        return np.where(self.cases.words["eccn"] != "", stated, worked_out).astype(np.int8)


def _is_one_of(word: str, texts: set[str]) -> np.int8:
    if not word:
        return UNKNOWN
    return TRUE if word.casefold() in texts else FALSE


def _names_product(name: str, wanted: list[str]) -> np.int8:
    """True when a wanted name is a whole word of *name* ("A100" in "A100 SXM4 80GB", not in "A1000")."""
    if not name:
        return UNKNOWN
    words = set(re.findall(r"[a-z0-9]+", name.casefold()))
    return TRUE if any(set(re.findall(r"[a-z0-9]+", one.casefold())) <= words for one in wanted) else FALSE


def unknown_parts(evaluator: Evaluator, test: dict[str, Any] | None, row: int) -> list[str]:
    """Return why *test* is unknown for one case: reasons it states, and the facts it lacks, in words."""
    if test is None or evaluator.test(test)[row] != UNKNOWN:
        return []
    ((name, body),) = test.items()
    if name == "unknown":
        return [str(body)]
    if name == "not":
        return unknown_parts(evaluator, body, row)
    if name in ("all", "any"):
        parts = [reason for part in body for reason in unknown_parts(evaluator, part, row)]
        return list(dict.fromkeys(parts))
    if FIELDS[name].kind == "party":
        return [f"the name {evaluator.cases.words[name][row]!r} resembles one that is listed: screen it"]
    if name == "eccn" and evaluator.class_tests:
        return _why_no_class(evaluator, row)
    if name == "performance_density":
        return [_why_no_density(evaluator.cases, row)]
    return [f"{FIELDS[name].wording}: not known"]


def _why_no_class(evaluator: Evaluator, row: int) -> list[str]:
    """Return the reasons of the classification tests that hold on the day of this case."""
    found: list[str] = []
    for entries, tests in evaluator.class_tests:
        if entries[row] >= 0:
            found += unknown_parts(evaluator, tests[entries[row]], row)
    return list(dict.fromkeys(found))


def _why_no_density(cases: Cases, row: int) -> str:
    if np.isnan(cases.numbers["tpp"][row]):
        return FIELDS["tpp"].wording + ": not known"
    if np.isnan(cases.numbers["die_area_mm2"][row]):
        return "the die area, and so the performance density, is not known"
    return "whether the node is planar, and so the performance density, is not known"
