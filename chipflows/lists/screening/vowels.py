"""Names written without their vowels: "Hwi Tchnlgs C., Ltd." is Huawei Technologies Co., Ltd."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from chipflows.lists.screening.spelling import plain_letters
from chipflows.lists.words import LEGAL_FORMS, words

__all__ = ["by_consonants", "consonants"]

_INNER = re.compile(r"(?<=[a-z])[aeiou](?=[a-z])")
_VOWELS = re.compile(r"[aeiou]")
_SHORTEST = 5  # consonants: fewer fit too many names
_MOST_VOWELS = 0.1  # inner vowels of a name without them, as a share of its letters


def consonants(name: str) -> str:
    """Return the consonants and digits of *name*, "" for one that has inner vowels or too few letters."""
    found = words(plain_letters(name))
    letters = sum(map(len, found))
    inner = sum(len(_INNER.findall(word)) for word in found)
    return "" if inner > _MOST_VOWELS * letters else _bare(found)


def by_consonants(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of *names* by their consonants."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        found[_bare(words(name))].append(place)
    return {key: places for key, places in found.items() if key}


def _bare(found: Sequence[str]) -> str:
    """Return the consonants of a name's words without legal forms, "" for fewer than a few."""
    kept = [_VOWELS.sub("", word) for word in found]
    text = "".join(word for word in kept if word not in _FORMS)
    return text if len(text) >= _SHORTEST else ""


_FORMS = frozenset(_VOWELS.sub("", form) for form in LEGAL_FORMS)
