"""Initials: "(CARDC)" after the name it stands for, and firms asked for by their initials alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from chipflows.lists.words import LEGAL_FORMS, words

__all__ = ["bracketed", "by_initials", "without_bracketed"]

_BRACKET = re.compile(r"\(([A-Z][A-Za-z]{2,8})[\s-]?[A-Z0-9]{0,3}\)")
_SMALL = frozenset({"and", "for", "of", "the", "in", "s"})
_SHORTEST = 4  # letters: three fit too many names


def bracketed(name: str) -> str:
    """Return the initials that *name* gives of itself in brackets, or nothing."""
    found = _BRACKET.search(name)
    return found[1] if found and _stands_for(found[1].lower(), name[: found.start()]) else ""


def without_bracketed(name: str) -> str:
    """Return *name* without the initials of itself that it gives in brackets."""
    return _BRACKET.sub(" ", name, count=1) if bracketed(name) else name


def by_initials(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of *names* by their initials, with the legal form's and without."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        telling = [word for word in words(name) if word not in _SMALL]
        bare = [word for word in telling if word not in LEGAL_FORMS]
        for kept in {_firsts(telling), _firsts(bare)}:
            if len(kept) >= _SHORTEST:
                found[kept].append(place)
    return dict(found)


def _firsts(found: Sequence[str]) -> str:
    """Return the first letters of the words."""
    return "".join(word[0] for word in found)


def _stands_for(short: str, long: str) -> bool:
    """Return whether the letters of *short* begin words of *long*, in order, the first word first."""
    firsts = _firsts([word for word in words(long) if word not in _SMALL])
    left = iter(firsts)
    return firsts[:1] == short[0] and all(letter in left for letter in short)
