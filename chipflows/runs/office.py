"""`chipflows deck` and `chipflows memo`: notebooks run, then set as an office file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat

from chipflows import paths
from chipflows.errors import InputError, did_you_mean
from chipflows.reports.body import body_of
from chipflows.reports.brief import Brief, brief_of
from chipflows.reports.cells import BARE_VARIABLE, ONLY_VARIABLE
from chipflows.runs import report

__all__ = ["BRIEFING", "FACT_SHEET", "make_deck", "make_fact_sheets", "make_memo"]

BRIEFING = "00-briefing"
FACT_SHEET = "05-fact-sheet"


def make_deck(
    ids: Sequence[str] = (),
    names: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    out: Path | None = None,
    *,
    template: Path | None = None,
    folder: Path | None = None,
    workers: int = 2,
    progress: report.Progress | None = None,
) -> report.Finished:
    """Run the notebooks and write the deck of one of them, or of the figures *ids*, to *out*.

    Without *ids* and *names* it is the briefing's. Raises as `make_report`, and InputError for a figure that
    no notebook shows or a template that cannot be used.
    """
    from chipflows.reports.deck import deck_bytes

    def made(brief: Brief, cards: Mapping[str, Any]) -> bytes:
        return deck_bytes(brief, cards, ids, template)

    return _made(made, ".pptx", "panel", ids, names, given, out, folder, workers, progress)


def make_memo(
    ids: Sequence[str] = (),
    names: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    out: Path | None = None,
    *,
    template: Path | None = None,
    title: str = "",
    is_one_page: bool = False,
    folder: Path | None = None,
    workers: int = 2,
    progress: report.Progress | None = None,
) -> report.Finished:
    """Run the notebooks and write the memo of one of them, or of the figures *ids*; as `make_deck`.

    *title* takes the place of the notebook's; *is_one_page* sets it tightly.
    """
    from chipflows.reports.memo import memo_bytes

    def made(brief: Brief, _cards: Mapping[str, Any]) -> bytes:
        told = replace(brief, title=title) if title else brief
        return memo_bytes(told, ids, template, is_one_page=is_one_page)

    return _made(made, ".docx", "column", ids, names, given, out, folder, workers, progress)


def make_fact_sheets(
    asks: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    out: Path | None = None,
    *,
    template: Path | None = None,
    progress: report.Progress | None = None,
) -> list[Path]:
    """Write a page of facts for each of *asks* (default all four) to *out*/<ask>.docx and return the files.

    Default *out* is runs/fact-sheets. Raises as `make_memo`, and InputError for an unknown ask.
    """
    from chipflows.reports.factsheet import ASKS, spoken

    titles = {ask: f"Fact sheet: {spoken(ask)}" for ask in asks or ASKS}
    target = out or paths.runs() / "fact-sheets"
    return [
        make_memo(
            (),
            (FACT_SHEET,),
            {**(given or {}), "ask": ask},
            target / f"{ask}.docx",
            template=template,
            title=title,
            is_one_page=True,
            progress=progress,
        ).path
        for ask, title in titles.items()
    ]


def _made(
    write: Callable[[Brief, Mapping[str, Any]], bytes],
    suffix: str,
    size: str,
    ids: Sequence[str],
    names: Sequence[str],
    given: Mapping[str, str] | None,
    out: Path | None,
    folder: Path | None,
    workers: int,
    progress: report.Progress | None,
) -> report.Finished:
    """Run what is needed and write one office file, whole or not at all."""
    chosen = report.chosen_notebooks(names or (() if ids else (BRIEFING,)), folder)
    notebooks = report.showing(ids, chosen)
    target = out or paths.runs() / f"{next(iter(notebooks))}{suffix}"
    if target.suffix != suffix:
        raise InputError(f"{target} does not end in {suffix}. Name a {suffix} file with --out.")
    drawing = {BARE_VARIABLE: "1", ONLY_VARIABLE: ",".join(ids)}
    with report.ran(notebooks, given or {}, (size,), workers, progress, drawing) as (work, outcomes):
        from chipflows import tables

        cards = tables.cards()
        briefs = [
            brief_of(
                body_of(name, nbformat.read(outcome.job.output, as_version=4)),
                work / name / "figures",
                cards,
                version("chipflows"),
            )
            for name, outcome in outcomes.items()
        ]
        brief = _joined(briefs)
        for wanted in ids:
            if wanted not in brief.exhibits:
                raise InputError(did_you_mean(wanted, report.figures_shown(outcomes), "figure"))
        content = write(brief, cards)
        with paths.atomic_write(target) as temporary:
            temporary.write_bytes(content)
    shown = {item.name: tuple(figure for figure in item.exhibits) for item in briefs}
    return report.Finished(target, {name: outcome.seconds for name, outcome in outcomes.items()}, shown)


def _joined(briefs: Sequence[Brief]) -> Brief:
    """Return several notebooks' briefs as one; where two show the same figure, the first does."""
    first = briefs[0]
    if len(briefs) == 1:
        return first
    exhibits = {key: item for brief in reversed(briefs) for key, item in brief.exhibits.items()}
    return replace(
        first,
        name=", ".join(brief.name for brief in briefs),
        pieces=tuple(piece for brief in briefs for piece in brief.pieces),
        exhibits=exhibits,
        claims=tuple(claim for brief in briefs for claim in brief.claims),
        newest=max(brief.newest for brief in briefs),
    )
