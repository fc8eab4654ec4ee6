"""What every figure must say about itself, checked before anything is drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflows.errors import FigureError

if TYPE_CHECKING:
    from chipflows.charts.page import Stage

__all__ = ["MAX_TITLE", "Figure"]

MAX_TITLE = 90
_ID = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*\Z")
_PLACES = re.compile(
    r"\b(PRC|China|Chinese|US|United States|world|worldwide|global|Tier|allied|abroad|[A-Z][a-z]+ia)\b"
)
_NEEDED = ("id", "title", "subtitle", "unit", "alt", "period", "made_by")


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure: what it says, the numbers behind it, and how it is drawn.

    title: the finding, a sentence of at most 90 characters without a full stop; subtitle: measure, unit,
    place and period (it must contain `unit` and `period`); note: how to read it, limits ("" if none);
    sources: ids of source cards; alt: the finding in words for people who cannot see it; made_by: the
    function or notebook that made it; data: exactly what is drawn, one row per mark; draw: puts the marks
    on a Stage. Raises FigureError naming every breach at once.
    """

    id: str
    title: str
    subtitle: str
    unit: str
    note: str
    sources: tuple[str, ...]
    alt: str
    period: str
    made_by: str
    data: pd.DataFrame
    draw: Callable[[Stage], None]

    def __post_init__(self) -> None:
        """Refuse a figure that breaks the contract."""
        problems = [*_field_problems(self), *_title_problems(self.title), *_subtitle_problems(self)]
        problems += [*_source_problems(self), *_data_problems(self.data)]
        if problems:
            listed = "\n".join(f"  - {problem}" for problem in problems)
            raise FigureError(f"figure {self.id!r} breaks the contract:\n{listed}")


def _field_problems(figure: Figure) -> list[str]:
    """Return what is missing or malformed among the plain fields."""
    problems = [f"{name} is empty: fill it in" for name in _NEEDED if not str(getattr(figure, name)).strip()]
    if figure.id and not _ID.match(figure.id):
        problems.append(f"id {figure.id!r} is not lower-case words joined by _ or - (it names a folder)")
    if figure.alt.strip() and len(figure.alt.split()) < 6:
        problems.append(f"alt text {figure.alt!r} is too short to state the finding: write a sentence")
    if not callable(figure.draw):
        problems.append("draw is not a function: pass one that takes a Stage")
    return problems


def _title_problems(title: str) -> list[str]:
    """Return how *title* fails to be a sentence that states a finding."""
    words = title.split()
    if not words:
        return []
    problems = []
    if len(title) > MAX_TITLE:
        problems.append(f"title has {len(title)} characters, at most {MAX_TITLE}: {title!r}")
    if len(words) < 4 or not (title[0].isupper() or title[0].isdigit() or title[0] == "$"):
        problems.append(f"title is not a sentence that states the finding: {title!r}")
    if title.rstrip().endswith((".", ":")) or "\n" in title:
        problems.append(f"title ends in a stop or spans lines: {title!r}")
    long_words = [word for word in words[1:] if len(word) > 3 and word.isalpha()]
    if len(long_words) > 2 and all(word[0].isupper() for word in long_words):
        problems.append(f"title is in title case, use sentence case: {title!r}")
    return problems


def _subtitle_problems(figure: Figure) -> list[str]:
    """Return what the subtitle fails to mention."""
    subtitle = figure.subtitle
    if not subtitle.strip():
        return []
    problems = []
    if figure.unit.lower() not in subtitle.lower():
        problems.append(f"subtitle does not name the unit {figure.unit!r}: {subtitle!r}")
    if figure.period not in subtitle:
        problems.append(f"subtitle does not name the period {figure.period!r}: {subtitle!r}")
    if not _PLACES.search(subtitle):
        problems.append(f"subtitle names no place (PRC, US, worldwide ...): {subtitle!r}")
    return problems


def _source_problems(figure: Figure) -> list[str]:
    """Return whether source cards are named."""
    if isinstance(figure.sources, str) or not all(isinstance(item, str) for item in figure.sources):
        return ["sources must be a tuple of source-card ids"]
    return [] if figure.sources else ["no source card: name at least one in sources"]


def _data_problems(data: pd.DataFrame) -> list[str]:
    """Return what makes *data* unfit to stand beside the picture."""
    if not isinstance(data, pd.DataFrame) or data.empty:
        return ["data is empty: pass the frame that is drawn"]
    if not data.columns.is_unique or not all(isinstance(column, str) and column for column in data.columns):
        return [f"data columns must be distinct names: {list(data.columns)}"]
    numbers = data.select_dtypes("number")
    problems = [
        f"data column {name!r} holds no number, only blanks" for name in numbers if numbers[name].isna().all()
    ]
    infinite = [
        str(name) for name in numbers if np.isinf(numbers[name].to_numpy(dtype=float, na_value=0.0)).any()
    ]
    return problems + [f"data column {name!r} holds an infinite value" for name in infinite]
