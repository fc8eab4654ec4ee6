"""How strongly two names agree, and why: what they share, what was forgiven, what stands in one only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chipflows.lists.screening.tokens import GENERIC, PLACES, is_number

__all__ = ["Verdict", "judge"]

_NUMBERS_DIFFER = 0.35  # the 54th institute is not the 55th
_NUMBER_ON_ONE_SIDE = 0.85
_PLACES_DIFFER = 0.75
_KINDS_DIFFER = 0.85  # a trading firm is not an optics firm of the same word
_SIZES = frozenset({"group", "holding", "enterprise", "global", "international"})  # no line of business
_ONE_WORD = 0.8  # a single word is asked, and the listed name goes on
_NOTHING_TELLING = 0.8  # only places and generic words are shared

Spellings = Callable[[str], tuple[tuple[str, float], ...]]


@dataclass(frozen=True)
class Verdict:
    """The score of two names, 0 to 1, and its grounds as tokens."""

    score: float
    shared: tuple[str, ...]
    respelt: tuple[tuple[str, str], ...]
    only_asked: tuple[str, ...]
    only_listed: tuple[str, ...]
    remarks: tuple[str, ...]

    def reason(self) -> str:
        """Return the grounds as a phrase."""
        parts = [f"shares {' '.join(self.shared)}"] if self.shared else []
        parts += [f"spelt {one} for {other}" for one, other in self.respelt]
        if self.only_asked:
            parts.append(f"only in the name asked: {' '.join(self.only_asked)}")
        if self.only_listed:
            parts.append(f"only in the listed name: {' '.join(self.only_listed)}")
        return "; ".join([*parts, *self.remarks])


def judge(
    asked: tuple[str, ...], listed: tuple[str, ...], base: float, weight: Callable[[str], float],
    spelt_as: Spellings,
) -> Verdict:  # fmt: skip
    """Return the verdict on two tokenised names whose shared weight gives the score *base*.

    Sister firms share words and differ in a telling one on each side: the more these weigh, the less remains.
    """
    shared = tuple(token for token in asked if token in listed)
    respelt = tuple(_respelt(asked, listed, shared, spelt_as))
    found = {*shared, *(one for one, _ in respelt)}, {*shared, *(other for _, other in respelt)}
    only_asked = tuple(token for token in asked if token not in found[0])
    only_listed = tuple(token for token in listed if token not in found[1])
    factor, remarks = _numbers(asked, listed)
    if any(t in PLACES for t in only_asked) and any(t in PLACES for t in only_listed):
        factor *= _PLACES_DIFFER
        remarks.append("places differ")
    if (only_asked or only_listed) and not any(map(_tells, found[0])):
        factor *= _NOTHING_TELLING
        remarks.append("no telling word shared")
    kinds = [[token for token in left if token not in _SIZES] for left in (only_asked, only_listed)]
    if all(kinds) and all(token in GENERIC for token in (*kinds[0], *kinds[1])):
        factor *= _KINDS_DIFFER
        remarks.append("lines of business differ")
    if len(asked) == 1 and only_listed:
        factor *= _ONE_WORD
        remarks.append("one word of a longer name")
    both = [
        sum(weight(token) for token in left if _tells(token)) / (sum(map(weight, whole)) or 1)
        for left, whole in ((only_asked, asked), (only_listed, listed))
    ]
    return Verdict(base * factor * (1 - min(both)), shared, respelt, only_asked, only_listed, tuple(remarks))


def _respelt(
    asked: tuple[str, ...], listed: tuple[str, ...], shared: tuple[str, ...], spelt_as: Spellings
) -> list[tuple[str, str]]:  # fmt: skip
    """Return (as asked, as listed) for words that are spellings of one another."""
    pairs: list[tuple[str, str]] = []
    for token in asked:
        if token not in shared:
            pairs.extend((token, word) for word, _ in spelt_as(token)[:3] if word in listed and word != token)
    return pairs


def _numbers(asked: tuple[str, ...], listed: tuple[str, ...]) -> tuple[float, list[str]]:
    """Return the factor for numbers that differ or stand on one side only, and a remark."""
    one, other = ({token for token in name if is_number(token)} for name in (asked, listed))
    if one == other:
        return 1.0, []
    if one and other:
        return _NUMBERS_DIFFER, ["numbers differ"]
    return _NUMBER_ON_ONE_SIDE, ["a number on one side only"]


def _tells(token: str) -> bool:
    """Return whether a token tells one firm from another."""
    return token not in GENERIC and token not in PLACES and not is_number(token)
