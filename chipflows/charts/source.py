"""The `Source:` line under a figure, built from source cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chipflows.errors import FigureError, did_you_mean

__all__ = ["long_date", "source_line"]

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DATE_FIELDS = ("as_of", "published_on", "accessed_on")
_LONGEST_TITLE = 64


def long_date(value: object) -> str:
    """Return "9 April 2025" for a date or ISO text, "April 2025" for "2025-04", "2025" for "2025"."""
    parts = [int(part) for part in str(value)[:10].split("-")]
    words = [str(parts[0])]
    if len(parts) > 1:
        words.insert(0, _MONTHS[parts[1] - 1])
    if len(parts) > 2:
        words.insert(0, str(parts[2]))
    return " ".join(words)


def _field(card: Any, name: str) -> Any:
    """Return a field of a card, whether an object or a mapping; None if it has none."""
    return card.get(name) if isinstance(card, Mapping) else getattr(card, name, None)


def _card_date(card: Any) -> object | None:
    """Return the date a card's content stands for: as_of, else published_on, else accessed_on."""
    return next((_field(card, name) for name in _DATE_FIELDS if _field(card, name)), None)


def _short_title(card: Any) -> str:
    """Return the card's short title, or its title cut at a word."""
    title = str(_field(card, "short_title") or _field(card, "title"))
    if len(title) <= _LONGEST_TITLE:
        return title
    return title[:_LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _as_date(value: object) -> date | None:
    """Return a date for a date or full ISO text, None for a bare month or year."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _is_stale(card: Any, on: date | None) -> bool:
    """Return whether the card's content was older than its stale_after_days on *on*."""
    limit, held = _field(card, "stale_after_days"), _as_date(_card_date(card))
    return on is not None and limit is not None and held is not None and (on - held).days > int(limit)


def _newest(cards: Mapping[str, Any]) -> date | None:
    """Return the newest date among the cards: when the snapshot was taken."""
    dates = [
        held for card in cards.values() for name in _DATE_FIELDS if (held := _as_date(_field(card, name)))
    ]
    return max(dates, default=None)


def _entry(card: Any, on: date | None) -> str:
    """Return "short title (date, stale)" for one card."""
    held = _card_date(card)
    marks = [long_date(held)] if held else []
    if _is_stale(card, on):
        marks.append("stale")
    if stance := _field(card, "stance"):
        marks.append(f"advocate: {stance}")
    return _short_title(card) + (f" ({', '.join(marks)})" if marks else "")


def source_line(ids: Iterable[str], cards: Mapping[str, Any], on: date | None = None) -> str:
    """Return "Source: producer, short title (as-of date); ...", producers in the order named.

    A card whose content is older than its stale_after_days on *on* is marked "stale"; *on* defaults to the
    newest date in *cards* (the snapshot's), never the clock, so the line does not change by itself. Raises
    FigureError for an id without a card.
    """
    unknown = [source for source in ids if source not in cards]
    if unknown:
        raise FigureError(
            did_you_mean(unknown[0], cards, "source card") + " Add the card under data/sources."
        )
    day = on or _newest(cards)
    by_producer: dict[str, list[str]] = {}
    for source in dict.fromkeys(ids):
        by_producer.setdefault(str(_field(cards[source], "producer")), []).append(_entry(cards[source], day))
    return "Source: " + "; ".join(f"{name}, {', '.join(entries)}" for name, entries in by_producer.items())
