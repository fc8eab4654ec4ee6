"""Every error chipflows raises on purpose.

An error says what was wrong and where, what is allowed or nearest, and what to do next; it fits on one
screen. Anything else that escapes is a bug.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:  # pandas takes a third of a second, which `chipflows --help` need not wait for
    import pandas as pd

__all__ = [
    "AssumptionError",
    "ChipflowsError",
    "FigureError",
    "InputError",
    "LedgerError",
    "NotebookError",
    "RuleError",
    "ScenarioError",
    "SourceError",
    "TableError",
    "brief",
    "did_you_mean",
    "first_rows",
    "printable",
]


class ChipflowsError(Exception):
    """Base of every error a user can cause; the command line prints it without a traceback.

    Its text may quote data from anywhere; what a terminal would act on is taken out.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(printable(text))


class InputError(ChipflowsError):
    """A name, date or number that a person typed is not one we can use."""


class TableError(ChipflowsError):
    """A file under data/ breaks its codebook."""


class RuleError(ChipflowsError):
    """A rule or reform file is malformed, or contradicts another."""


class ScenarioError(ChipflowsError):
    """A scenario file is malformed, names something unknown, or is circular."""


class SourceError(ChipflowsError):
    """A live source answered with something that is not what it documents; nothing was kept of it."""


class AssumptionError(ChipflowsError):
    """An uncertain input is malformed, undeclared or unused."""


class LedgerError(ChipflowsError):
    """Dies, stacks or chips do not balance; the result must not be shown."""


class FigureError(ChipflowsError):
    """A figure breaks the contract and was not written."""


class NotebookError(ChipflowsError):
    """A notebook failed or was given parameters it does not take."""


def printable(text: str) -> str:
    """Return *text* with a � for each character that moves a cursor, turns text around or is none."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" or category(letter) == "Zs" else "�"
        for letter in text
    )


def brief(value: object, limit: int = 80) -> str:
    """Return *value* as Python writes it, cut after *limit* characters: it may come from anywhere."""
    text = repr(value[:limit]) if isinstance(value, str) else repr(value)
    return text if len(text) <= limit + 2 else f"{text[:limit]}…"


def did_you_mean(name: object, options: Iterable[str], what: str, where: str = "") -> str:
    """Return one line: the unknown *name*, its nearest *options*, and how many there are.

    *what* is the singular noun ("scenario"), *where* an optional place ("scenarios/x.yaml").
    """
    known = sorted({str(option) for option in options})
    lowered = {option.lower(): option for option in known}
    near = get_close_matches(str(name).lower()[:80], lowered, n=3, cutoff=0.5)
    place = f" in {where}" if where else ""
    if near:
        hint = "Did you mean " + " or ".join(lowered[match] for match in near) + "?"
    elif len(known) <= 12:
        hint = "Allowed: " + ", ".join(known) + "."
    else:
        hint = f"Allowed: one of {len(known)}, for example " + ", ".join(known[:6]) + "."
    return f"unknown {what} {brief(str(name))}{place}. {hint}"


def first_rows(frame: pd.DataFrame, limit: int = 5) -> str:
    """Return the first *limit* rows of *frame* as text, with a count of those left out."""
    text = frame.head(limit).to_string(max_colwidth=40)
    left = len(frame) - limit
    return text if left <= 0 else f"{text}\n… and {left} more"
