"""Words that a list itself uses for one another: two names of one firm that differ in one word each.

"Piotech Jianke (Haining)" is also "Tuojing Jianke (Haining)", so tuojing may stand for piotech elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from chipflows.lists.screening.chinese import brands_in_pinyin
from chipflows.lists.screening.tokens import is_common, is_number

__all__ = ["synonyms"]

_NAMES = 12  # of a firm that are compared with one another
_SHORTEST = 4  # letters
_MOST = 3  # words that one may stand for


def synonyms(names: Sequence[tuple[str, ...]], owners: Sequence[int]) -> dict[str, tuple[str, ...]]:
    """Return for each word the others that stand in its place in another name of the same firm."""
    firms: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for found, owner in zip(names, owners, strict=True):
        firms[owner].append(found)
    pairs: dict[str, dict[str, None]] = defaultdict(dict)
    for held in firms.values():
        for one, other in combinations(held[:_NAMES], 2):
            left, right = (_only(one, other), _only(other, one))
            if len(left) == len(right) == 1 and len(one) > 1 and _telling(left[0]) and _telling(right[0]):
                pairs[left[0]][right[0]] = None
                pairs[right[0]][left[0]] = None
    for sound, brands in brands_in_pinyin().items():
        for brand in brands:
            pairs[sound][brand] = None
            pairs[brand][sound] = None
    return {word: tuple(others)[:_MOST] for word, others in pairs.items()}


def _only(one: tuple[str, ...], other: tuple[str, ...]) -> list[str]:
    """Return the words of *one* that *other* lacks."""
    return [word for word in one if word not in other]


def _telling(word: str) -> bool:
    """Return whether a word is long and rare enough to stand for another."""
    return len(word) >= _SHORTEST and not is_common(word) and not is_number(word)
