"""`decide`, `decide_table`, `classify`, `breakpoints`: the law of a date, asked in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from chipflows import tables
from chipflows.errors import InputError, did_you_mean
from chipflows.law.cases import FIRST_DAY, Cases, check_names, read_day, with_chip_facts
from chipflows.law.engine import Finding, Findings, find, same_outcome
from chipflows.law.explain import (
    case_sentence,
    explanation,
    figures_sentence,
    plain_date,
    time_note,
    unlisted_note,
)
from chipflows.law.items import DENSE, refuse_sparse
from chipflows.law.outcome import Outcome, outcome
from chipflows.law.places import Groups
from chipflows.law.reforms import reformed
from chipflows.tables.fields import FIELDS
from chipflows.tables.rules import Entry, Rule, load_rules
from chipflows.tables.scenarios import Scenario, adopted, scenarios
from chipflows.tables.scenarios import scenario as load_scenario

__all__ = ["Decision", "breakpoints", "classify", "decide", "decide_table", "law_of"]

_TABLE_COLUMNS = {"name", "on", "chip", "to", *DENSE, *FIELDS}


@dataclass(frozen=True)
class Decision:
    """One licence decision; ``licence_required`` is None where the rules modelled cannot tell."""

    chip: str
    to: str
    on: date
    scenario: str
    licence_required: bool | None
    eccn: str
    review_policy: str | None
    conditions: tuple[str, ...]
    exceptions: tuple[str, ...]
    rules: tuple[dict[str, str | None], ...]
    explanation: str

    def as_dict(self) -> dict[str, Any]:
        """Return the decision as plain values: dates as ISO text, lists for tuples."""
        values = asdict(self)
        lists = {name: list(values[name]) for name in ("conditions", "exceptions", "rules")}
        return {**values, **lists, "on": self.on.isoformat()}


def decide(
    chip: str, to: str, on: date | str, scenario: str | Scenario = "actual", origin: str = "US",
    party_hq: str | None = None, end_user: str | None = None, exporter: str | None = None, **facts: Any,
) -> Decision:  # fmt: skip
    """Return whether a licence is required to send *chip* to *to* on day *on*, why, and by which rules.

    Defaults: exported from the United States by the chip's vendor to an unlisted commercial buyer that is
    headquartered at the destination. *facts* overrides or adds any fact a rule may ask about
    (``chipflows.tables.fields.FIELDS``). Raises InputError for a chip, country, date, scenario or fact that
    is not one we know.
    """
    check_names(facts)
    given = {"party_hq": party_hq, "end_user": end_user, "exporter": exporter, **facts}
    row = {"chip": chip, "to": to, "on": on, "origin": origin} | {
        k: v for k, v in given.items() if v is not None
    }
    read_day(on)
    frame = with_chip_facts(pd.DataFrame({name: [value] for name, value in row.items()}))
    item = _scenario(scenario)
    findings = findings_of(frame, item)
    answer = outcome(findings, 0)
    cases, day = findings.cases, read_day(on)
    name = str(cases.words["product"][0]) or "The item"
    said = [
        case_sentence(cases, 0, name, item.id),
        explanation(answer, _scenario_note(item, day)),
        unlisted_note(cases, 0),
        figures_sentence(cases, 0, answer.eccn),
        time_note(day),
    ]
    return Decision(
        chip=str(frame["chip"][0]), to=str(to).upper(), on=day, scenario=item.id,
        licence_required=answer.licence_required, eccn=answer.eccn, review_policy=answer.review_policy,
        conditions=tuple(answer.conditions), exceptions=tuple(answer.exceptions),
        rules=tuple(_cite(found, entry) for found, entry in answer.rules()),
        explanation=" ".join(text for text in said if text),
    )  # fmt: skip


def decide_table(frame: pd.DataFrame, scenario: str | Scenario = "actual") -> pd.DataFrame:
    """Return one decision per row of *frame*: chip, to, on, scenario, licence_required ... explanation.

    *frame* needs ``to`` and ``on``, and ``chip`` (ids or names) or the item's own columns; any other fact
    that rules ask about may be a column. ``licence_required`` is a nullable boolean; conditions, exceptions
    and rules (ids) are tuples. Raises InputError for an unknown column, chip, country or date.
    """
    for name in frame.columns:
        if name not in _TABLE_COLUMNS:
            raise InputError(did_you_mean(name, _TABLE_COLUMNS, "column"))
    for name in ("to", "on"):
        if name not in frame:
            raise InputError(f"the table lacks the column {name}")
    item = _scenario(scenario)
    facts = with_chip_facts(frame)
    findings = findings_of(facts, item)
    answers, group = _answers(findings)
    blank = pd.Series([""] * len(facts), dtype=object)
    columns = {
        "chip": facts["chip"] if "chip" in facts else facts.get("name", blank),
        "to": facts["to"],
        "on": facts["on"],
        "scenario": item.id,
        **_spread(answers, group, lambda one: explanation(one, _scenario_note(item, None))),
    }
    return pd.DataFrame(columns)


def classify(
    frame: pd.DataFrame, to: str, on: date | str, scenario: str | Scenario = "actual", origin: str = "US",
    party_hq: str | None = None, end_user: str | None = None, exporter: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return *frame* with tpp, performance_density, eccn, licence_required, review_policy, rules and note.

    *frame* needs ``name``, and ``tpp`` or a dense throughput column; die_area_mm2, mem_bw_gbps, io_bw_gbps,
    is_datacenter (default true), is_nonplanar (default true) and any other fact are optional, and missing
    means unknown. A name that our chip table knows lends its vendor and its sale in the United States, and
    nothing else. Raises InputError on a sparse column, a negative or spelt-out missing figure, or a TPP that
    contradicts the throughput.
    """
    refuse_sparse(frame)
    if "name" not in frame:
        raise InputError("the table lacks the column name, what each chip is called")
    if "tpp" not in frame and not any(column in frame for column in DENSE):
        raise InputError(f"the table needs tpp or a dense throughput column: {', '.join(DENSE)}")
    _refuse_near_misses(frame)
    item, day = _scenario(scenario), read_day(on)
    case = {"to": to, "origin": origin, "party_hq": party_hq, "end_user": end_user, "exporter": exporter}
    facts = frame.reset_index(drop=True).assign(on=day)
    for name, value in case.items():
        if value is not None:
            facts[name] = value
    findings = findings_of(_with_known_products(facts), item)
    answers, group = _answers(findings)
    found = _spread(answers, group, lambda one: explanation(one, _scenario_note(item, day)))
    out = frame.reset_index(drop=True).copy()
    out["tpp"] = findings.cases.numbers["tpp"]
    out["performance_density"] = findings.cases.density_shown
    for name in ("eccn", "licence_required", "review_policy"):
        out[name] = found[name]
    out["rules"] = found["rules"].map(";".join)
    out["note"] = found["explanation"]
    return out


def breakpoints(scenario: str | Scenario = "actual") -> list[date]:
    """Return every day from 2018 on which any rule that can decide, or a country group, changes."""
    law = law_of(_scenario(scenario))
    days = {
        day
        for rule in law.values()
        if rule.kind != "fact"
        for entry in rule.timeline
        for day in (entry.from_, entry.until)
        if day is not None
    }
    return sorted(day for day in days | _groups().changes() if day >= FIRST_DAY)


def law_of(scenario: Scenario) -> dict[str, Rule]:
    """Return the rules as they stand in *scenario*, reforms applied."""
    return dict(_law(scenario.id)) if _is_shipped(scenario) else reformed(load_rules(), adopted(scenario))


def _is_shipped(item: Scenario) -> bool:
    return scenarios().get(item.id) == item


@lru_cache(maxsize=64)
def _law(scenario: str) -> Mapping[str, Rule]:
    return reformed(load_rules(), adopted(load_scenario(scenario)))


@lru_cache(maxsize=1)
def _groups() -> Groups:
    return Groups(tables.country_groups())


def _scenario(scenario: str | Scenario) -> Scenario:
    return scenario if isinstance(scenario, Scenario) else load_scenario(scenario)


def findings_of(frame: pd.DataFrame, scenario: Scenario) -> Findings:
    """Return what every rule says about every case of *frame* in *scenario* (three-valued, by rule id)."""
    law = _law(scenario.id) if _is_shipped(scenario) else law_of(scenario)
    if "name" in frame and "product" not in frame:
        frame = frame.assign(product=frame["name"])
    return find(law, Cases(frame, _groups()))


def _answers(findings: Findings) -> tuple[list[Outcome], np.ndarray[Any, np.dtype[np.int64]]]:
    examples, group = same_outcome(findings)
    return [outcome(findings, int(row)) for row in examples], group


def _spread(answers: list[Outcome], group: Any, say: Any) -> dict[str, pd.Series]:
    """Give every case its group's answer."""
    licence = pd.array([one.licence_required for one in answers], dtype="boolean")
    columns: dict[str, list[Any]] = {
        "eccn": [one.eccn for one in answers],
        "review_policy": [one.review_policy for one in answers],
        "conditions": [tuple(one.conditions) for one in answers],
        "exceptions": [tuple(one.exceptions) for one in answers],
        "rules": [tuple(dict.fromkeys(found.rule.id for found, _ in one.rules())) for one in answers],
        "explanation": [say(one) for one in answers],
    }
    spread = {"licence_required": pd.Series(licence).take(group).reset_index(drop=True)}
    for name, values in columns.items():
        column = np.empty(len(values), dtype=object)
        column[:] = values
        spread[name] = pd.Series(column[group], dtype=object)
    return spread


def _cite(found: Finding, entry: Entry) -> dict[str, str | None]:
    url = entry.citation.url or tables.card(entry.citation.source).url
    return {"id": found.rule.id, "citation": entry.citation.ref, "url": url}


def _scenario_note(item: Scenario, day: date | None) -> str:
    steps = [(reform, start) for reform, start in adopted(item) if reform.law]
    if not steps or (day is not None and all(day < start for _, start in steps)):
        return ""
    said = "; ".join(f"{reform.title}, from {plain_date(start)}" for reform, start in steps)
    return (
        f"This scenario supposes: {said}. Here it binds that day; the flow model adds the time a rule takes."
    )


def _refuse_near_misses(frame: pd.DataFrame) -> None:
    """A column that is nearly one of ours is a slip: left alone it would silently count as unknown."""
    from difflib import get_close_matches

    for name in frame.columns:
        if name not in _TABLE_COLUMNS and get_close_matches(str(name), _TABLE_COLUMNS, n=1, cutoff=0.85):
            raise InputError(did_you_mean(name, _TABLE_COLUMNS, "column"))


def _with_known_products(frame: pd.DataFrame) -> pd.DataFrame:
    """Lend a known product its vendor and its sale in the United States where the table lacks them."""
    chips = tables.chips().set_index("chip_id")
    ids = {name: _chip_id_or_blank(str(name)) for name in frame["name"].dropna().unique()}
    known = frame["name"].map(ids)
    out = frame
    for column in ("vendor", "us_available_2026_01_15"):
        lent = chips[column].reindex(known).reset_index(drop=True)
        out = out.assign(**{column: out[column].where(out[column].notna(), lent) if column in out else lent})
    return out


def _chip_id_or_blank(name: str) -> str:
    try:
        return tables.chip_id(name)
    except InputError:
        return ""
