"""The page of assumptions, docs/assumptions.md, made from data/assumptions and the code that reads them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from chipflows.flows.levers import LEVERS, NOT_MODELLED, Lever
from chipflows.tables.assumptions import Assumption, Assumptions, Profile

__all__ = ["page", "readers"]

_TOPICS = {
    "legal": "Chips sold by their makers",
    "demand": "Demand",
    "diverted": "Diverted chips (estimated)",
    "domestic": "PRC-made chips",
    "cxmt": "HBM from CXMT and others",
    "abroad": "Compute abroad",
    "stock": "Installed compute",
    "asks": "The four asks",
}
_OPENING = (
    "Every uncertain input of the flow model, made by `tools/assumptions_page.py` from `data/assumptions`.\n"
    "Ranges hold 90% of the weight unless said otherwise. "
    "*Judgement* means that no published figure was found."
)


def readers(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Return, by assumption or profile id, the functions that read it; *sources* is code by module name.

    Code outside functions counts as its module's. A function reads ``draws["id"]``, ``inputs.path("id")`` or
    ``profiles["id"]``; an id made in an f-string counts for every id that fits it.
    """
    found: dict[str, list[str]] = {}
    for module, code in sources.items():
        for node in ast.parse(code).body:
            for part in ast.walk(node) if isinstance(node, ast.ClassDef) else [node]:
                where = f"{module}.{part.name}" if isinstance(part, ast.FunctionDef) else module
                if isinstance(part, ast.FunctionDef) or not isinstance(node, ast.ClassDef):
                    for name in _names(part):
                        found.setdefault(name, []).append(where)
    return found


def _names(function: ast.AST) -> Iterable[str]:
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"[a-z0-9_]+", node.value)
        ):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "*" for p in node.values]
            yield "".join(str(part) for part in parts)


def page(everything: Assumptions, read_by: Mapping[str, list[str]]) -> str:
    """Return the page as Markdown."""
    lines = ["# Assumptions", "", _OPENING, ""]
    for topic, heading in _TOPICS.items():
        items = [i for i in everything.uncertain.values() if i.topic == topic]
        lines += [f"## {heading}", ""]
        for item in items:
            lines += _uncertain(item, _readers_of(item.id, read_by))
        for profile in (p for p in everything.profiles.values() if p.topic == topic):
            lines += _profile(profile, _readers_of(profile.id, read_by))
    lines += ["## Correlations", ""]
    for group in everything.groups.values():
        lines += [f"* {group.title}: {', '.join(f'`{m}`' for m in group.members)}."]
    return "\n".join([*lines, *_levers()]).rstrip() + "\n"


def _levers() -> list[str]:
    """Return the section on levers: what a scenario or ``--lever`` may set, and what is not modelled."""
    lines = [
        "",
        "## Levers",
        "",
        "Set under `levers` in a scenario; for a whole run, under `world` or with `--lever NAME=VALUE`.",
        "",
    ]
    for name, lever in LEVERS.items():
        allowed = ", ".join(lever.allowed) or ("true, false" if lever.low is None else _span(lever))
        default = "drawn" if lever.default is None else str(lever.default).lower()
        lines.append(f"* `{name}` ({allowed}; {default} unless set): {lever.meaning}")
    lines += ["", "Not modelled:", ""]
    return [*lines, *(f"* `{name}`: {why}." for name, why in NOT_MODELLED.items())]


def _span(lever: Lever) -> str:
    return f"{_plain(lever.low)} to {_plain(lever.high)}"


def _readers_of(name: str, read_by: Mapping[str, list[str]]) -> list[str]:
    exact = list(read_by.get(name, ()))
    for pattern, functions in read_by.items():
        made_up = re.fullmatch(r"[a-z0-9_]{3,}\*", pattern) is not None
        if made_up and re.fullmatch(pattern.replace("*", "[a-z0-9_]+"), name):
            exact += functions
    return sorted(set(exact))


def _uncertain(item: Assumption, functions: list[str]) -> list[str]:
    lines = [f"**{item.title}** (`{item.id}`, {item.unit}): {_range(item)}. Confidence {item.confidence}."]
    lines.append(f"Sources: {', '.join(item.sources)}. Read by {_said(functions)}.")
    if item.note:
        lines.append(item.note)
    for name, prior in item.alternatives.items():
        low, high = (prior.p05, prior.p95) if prior.p05 is not None else (prior.min, prior.max)
        span = f"{_plain(low)} to {_plain(high)}"
        lines.append(f"Other prior `{name}`: {span} ({', '.join(prior.sources)}). {prior.note}")
    return ["  \n".join(line.strip() for line in lines), ""]


def _profile(profile: Profile, functions: list[str]) -> list[str]:
    points = ", ".join(f"{key} {_plain(value)}" for key, value in profile.at.items())
    lines = [f"**{profile.title}** (`{profile.id}`, path in {profile.unit}, {profile.scale}): {points}."]
    spread = f" Scaled by `{profile.spread}`." if profile.spread else ""
    lines.append(f"Sources: {', '.join(profile.sources)}. Read by {_said(functions)}.{spread}")
    if profile.note:
        lines.append(profile.note)
    return ["  \n".join(lines), ""]


def _range(item: Assumption) -> str:
    if item.dist == "regimes":
        return "; ".join(f"{name} {weight:.0%}" for name, weight in (item.regimes or {}).items())
    low, high = item.range()
    weight = {0.90: "", 0.80: " (80%)", 1.0: " (bounds)"}[item.credibility]
    return f"{_plain(low)} to {_plain(high)}{weight}, {item.dist.replace('_', '-')}"


def _plain(value: float | None) -> str:
    if value is None:
        return "?"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _said(functions: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in functions) or "no function"
