"""Sentences that take their numbers from results, so that the words cannot drift from them.

    say("The wide ask lowers the stock by {cut:size}, {cut:size_range}.", cut=number(draws, "h100e"))

gives "The wide ask lowers the stock by about 340,000, between 310,000 and 370,000." Numbers are rounded to
two significant figures: inputs that rest half on judgement bear no more. Each number said is kept as a
claim, in the output's metadata, from where the report writes claims.csv.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipflows.errors import InputError, did_you_mean
from chipflows.reports import wording

__all__ = ["Number", "Sentence", "number", "record", "say"]


_NAMES = {name: name.upper() for name in ("prc", "us", "h20", "kyc", "cxmt", "bis", "hbm")}
_UNITS = {"h100e": "H100e", "h100e_bandwidth": "H100e by bandwidth", "usd": "USD"}


@dataclass(frozen=True)
class Number:
    """A quantity to be put in words: median or exact value, unit, p05 and p95, where it comes from."""

    value: float
    unit: str
    p05: float | None = None
    p95: float | None = None
    scenario: str = ""
    sources: tuple[str, ...] = ()

    def __format__(self, spec: str) -> str:
        """Return the number in words as *spec* asks; raises InputError for an unknown spec."""
        spec = spec or ("exact" if self.unit == "count" else "full")
        if spec not in wording.STYLES:
            raise InputError(did_you_mean(spec, wording.STYLES, "way to say a number"))
        return wording.STYLES[spec](self.value, self.p05, self.p95, self.unit)


@dataclass(frozen=True)
class Sentence:
    """A sentence (or, from `record`, a small table) that a notebook shows, with the claims it makes."""

    text: str
    markdown: str
    claims: tuple[Mapping[str, Any], ...]

    def __str__(self) -> str:
        """Return the sentence as plain text."""
        return self.text

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the sentence for a notebook, its claims as metadata of the output."""
        data = {"text/markdown": self.markdown, "text/plain": self.text}
        return data, {"chipflows": {"claims": [dict(claim) for claim in self.claims]}}


def number(
    value: float | NDArray[Any] | Mapping[str, Any] | Any,
    unit: str = "",
    *,
    p05: float | None = None,
    p95: float | None = None,
    scenario: str = "",
    sources: Iterable[str] = (),
) -> Number:
    """Return a Number from one of three things.

    An array of draws, shape (draws,): its median, p05 and p95. A row of a results table (p05, p50, p95, and
    unit and scenario if it has them). A single value, with *p05* and *p95* where it is uncertain.
    Draws, a row of results and what has a scenario rest on the model's sources, unless the row has source_ids
    or *sources* are named. Units: chips, h100e, h100e_bandwidth, usd, share, ratio, or any other word.
    Raises InputError for a value that is not finite, an empty array, or an interval without the value.
    """
    made = _from_row(value) if hasattr(value, "keys") else _from_values(value, p05, p95)
    is_modelled = bool(scenario or made.scenario) or hasattr(value, "__len__")
    return _checked(
        replace(
            made,
            unit=unit or made.unit,
            scenario=scenario or made.scenario,
            sources=tuple(sources) or made.sources or (_model_sources() if is_modelled else ()),
        )
    )


def _model_sources() -> tuple[str, ...]:
    """Return the ids of the sources that the flow model is anchored on."""
    from chipflows.charts.model.rows import MODEL_SOURCES

    return MODEL_SOURCES


def say(template: str, /, **values: Any) -> Sentence:
    """Return *template* with its {name:style} fields put in words, and the claims they make.

    Styles: about, range, full, value, exact, size, size_range, change, fall, falls, change_range (see
    `wording`). Text and dates are inserted as they are; a whole number is said exactly; a bare decimal is
    refused, for it has no unit. Raises InputError for a field that was not given, a value not used, or an
    unknown style.
    """
    numbers = {name: _as_sayable(name, value) for name, value in values.items()}
    fields = [(name, spec or "") for _, name, spec, _ in Formatter().parse(template) if name is not None]
    _check_fields(fields, numbers, template)
    text = template.format(**numbers)
    escaped = {
        k: v if isinstance(v, Number) else html.escape(str(v), quote=False) for k, v in numbers.items()
    }
    claims = [_claim(name, numbers[name], text) for name in dict.fromkeys(name for name, _ in fields)]
    return Sentence(text, _markdown(template.format(**escaped)), tuple(claim for claim in claims if claim))


def record(**values: Number) -> Sentence:
    """Return a small table of headline numbers, kept as claims so that a grid of runs can be compared."""
    lines = ["| number | about | between (90% of draws) |", "|---|---|---|"]
    claims = []
    for name, value in values.items():
        if not isinstance(value, Number):
            raise InputError(f"record({name}=...) needs a number. Write {name}=number(value, unit).")
        label = " ".join(_NAMES.get(word, word) for word in name.split("_"))
        ends = format(value, "interval") if value.p05 is not None else ""
        lines.append(f"| {label} ({_UNITS.get(value.unit, value.unit)}) | {value:value} | {ends} |")
        claims.append(_claim(name, value, f"{label}: {value:full}"))
    text = "\n".join(str(claim["sentence"]) for claim in claims)
    return Sentence(text, _markdown("\n".join(lines)), tuple(claims))


def _from_row(row: Any) -> Number:
    """Return a Number from a row of a tidy results table."""
    missing = [name for name in ("p05", "p50", "p95") if name not in row]
    if missing:
        raise InputError(f"the row has no {', '.join(missing)}. Pass a row of results, or an array of draws.")
    unit, scenario = (str(row[name]) if name in row else "" for name in ("unit", "scenario"))
    named = str(row["source_ids"]) if "source_ids" in row else ""
    sources = tuple(part for part in re.split(r"[;\s]+", named) if part)
    return Number(float(row["p50"]), unit, float(row["p05"]), float(row["p95"]), scenario, sources)


def _from_values(value: Any, p05: float | None, p95: float | None) -> Number:
    """Return a Number from draws or from a single value."""
    values = np.asarray(value, dtype=float)
    if values.size == 0:
        raise InputError("no draws to take a number from: the array is empty.")
    if values.ndim == 0:
        return Number(float(values), "", p05, p95)
    low, middle, high = np.percentile(values, [5, 50, 95])
    return Number(float(middle), "", float(low), float(high))


def _checked(made: Number) -> Number:
    """Return *made* unless it is not a finite number inside its interval."""
    ends = [made.p05, made.value, made.p95]
    if any(end is not None and not math.isfinite(end) for end in ends):
        raise InputError(f"a number to be said must be finite, this is {made.p05}, {made.value}, {made.p95}.")
    if (made.p05 is None) != (made.p95 is None):
        raise InputError("give both p05 and p95, or neither.")
    if made.p05 is not None and made.p95 is not None and not made.p05 <= made.value <= made.p95:
        raise InputError(f"{made.value} is not between its p05 {made.p05} and its p95 {made.p95}.")
    return made


def _as_sayable(name: str, value: Any) -> Any:
    """Return *value* as something a sentence can hold."""
    if isinstance(value, (bool, Number)) or not isinstance(value, (int, float, np.number)):
        return value
    if isinstance(value, (int, np.integer)):
        return Number(float(value), "count")
    raise InputError(f"{name}={value!r} has no unit. Write {name}=number({value!r}, unit).")


def _check_fields(fields: list[tuple[str, str]], numbers: Mapping[str, Any], template: str) -> None:
    """Raise InputError unless the template's fields and the values given are the same names."""
    for name, _ in fields:
        if name not in numbers:
            raise InputError(did_you_mean(name, numbers, "field", repr(template)))
    unused = set(numbers) - {name for name, _ in fields}
    if unused:
        raise InputError(f"{', '.join(sorted(unused))} given but not used in {template!r}. Use or leave out.")


def _claim(name: str, value: Any, sentence: str) -> dict[str, Any]:
    """Return what claims.csv keeps of one number, or {} for text."""
    if not isinstance(value, Number):
        return {}
    return {
        "name": name,
        "sentence": sentence,
        "value": value.value,
        "unit": value.unit,
        "p05": value.p05,
        "p95": value.p95,
        "scenario": value.scenario,
        "source_ids": ";".join(value.sources),
    }


def _markdown(text: str) -> str:
    """Return *text* safe from being read as mathematics: notebooks take $...$ for a formula."""
    return text.replace("$", r"\$")
