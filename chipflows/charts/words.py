"""Sentences for figures, built from the data they describe."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from chipflows.charts.contract import MAX_TITLE
from chipflows.errors import FigureError

__all__ = ["first_that_fits", "listed", "scenario_name", "short_chip_name", "source_ids", "wrapped"]

_SCENARIOS = {
    "actual": "As things stand",
    "no-controls": "No chip controls",
    "letter-h20": "H20 ask, letter date",
    "letter-h20-narrow": "H20 ask, narrow form",
    "letter-diffusion": "Diffusion ask, letter date",
    "letter-kyc": "KYC ask, letter date",
    "letter-cxmt": "CXMT ask, letter date",
    "letter-all": "All four asks, letter date",
    "now-h20": "H20 ask, from now on",
    "now-h20-narrow": "H20 ask, narrow, from now on",
    "now-diffusion": "Diffusion ask, from now on",
    "now-kyc": "KYC ask, from now on",
    "now-cxmt": "CXMT ask, from now on",
    "now-all": "All four asks, from now on",
    "h20-never-restricted": "H20 never restricted",
    "a800-h800-closed": "A800, H800 restricted",
    "h200-open": "H200 open",
    "h200-closed": "H200 closed",
    "b30a-open": "B30A open",
    "affiliates-rule-on": "Affiliates rule on",
    "affiliates-rule-off": "Affiliates rule off",
}
_WHEN = {"letter": "letter date", "now": "from now on"}
_ASKS = {"h20": "H20", "kyc": "KYC", "diffusion": "Diffusion", "cxmt": "CXMT"}
_CHIP_NOISE = re.compile(r"\s*\([^)]*\)|\s+(SXM\d*|PCIe|OAM|\d+\s?GB|NVL)\b|^Instinct\s+|\s*/.*$")


def scenario_name(scenario: str) -> str:
    """Return the short name a scenario has on figures (its id if it has none).

    A combination of asks, as the factorial names it, is read too: "cxmt+h20" is "CXMT and H20 asks",
    and "letter-cxmt+h20", as a scenario of its own is called, says when.
    """
    when, _, rest = scenario.partition("-")
    if when in _WHEN and "+" in rest and all(ask in _ASKS for ask in rest.split("+")):
        return f"{listed(_ASKS[ask] for ask in rest.split('+'))} asks, {_WHEN[when]}"
    asks = scenario.split("+")
    if scenario == "none" or (len(asks) > 1 and all(ask in _ASKS for ask in asks)):
        return f"{listed(_ASKS[ask] for ask in asks)} asks" if scenario != "none" else "None of the asks"
    return _SCENARIOS.get(scenario, scenario)


def short_chip_name(name: str) -> str:
    """Return a chip's name without form factor and memory: "H100 SXM5 80GB" -> "H100"."""
    return _CHIP_NOISE.sub("", str(name)).strip() or str(name)


def first_that_fits(*titles: str) -> str:
    """Return the first title within the contract's length; raises FigureError if none is."""
    for title in titles:
        if len(title) <= MAX_TITLE:
            return title
    raise FigureError(f"no wording of the title fits {MAX_TITLE} characters: {titles[-1]!r}")


def listed(items: Iterable[str]) -> str:
    """Return "A, B and C"."""
    names = list(items)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""


def wrapped(words: str, width: int) -> str:
    """Return *words* in lines of about *width* characters, broken at spaces."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return "\n".join(lines)


def source_ids(*frames: pd.DataFrame | None, more: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the source-card ids named in the `source_ids` columns (;-separated) of *frames*, then *more*."""
    found: dict[str, None] = {}
    for frame in frames:
        if frame is not None and "source_ids" in frame.columns:
            for cell in frame["source_ids"].dropna():
                found.update(dict.fromkeys(part.strip() for part in str(cell).split(";") if part.strip()))
    return tuple(found | dict.fromkeys(more))
