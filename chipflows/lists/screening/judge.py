"""How strongly two names agree, and why: what they share, what was forgiven, what stands in one only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from rapidfuzz.distance import OSA

from chipflows.lists.screening.tokens import GENERIC, GROUPS, PLACES, PLAIN, is_number

__all__ = ["Verdict", "judge"]

_ALIKE = 0.5  # likeness from which a word is called a spelling
_NUMBERS_DIFFER = 0.35  # the 54th institute is not the 55th
_NUMBER_ON_ONE_SIDE = 0.81
_PLACES_DIFFER = 0.75
_KINDS_DIFFER = 0.85  # a trading firm is not an optics firm of the same word
_SIZES = frozenset({"group", "holding", "enterprise", "global", "international"})  # no line of business
_FORGIVEN = 0.6  # of the weight of other places and kinds, when the names share a word of one firm only
_FORGIVEN_SHORT = 0.3  # the same, where no such word is long
_NOT_SHORT = 6  # letters
_ONE_WORD = 0.84  # a single word is asked, and the listed name goes on
_LONG_WORD = 0.95  # the same, but the word is long and only places and generic words follow
_LONG = 7  # letters
_ONLY_RESPELT = 0.9  # every telling word shared is a short one, spelt otherwise
_PLACE_ON_ONE_SIDE = 0.8  # branches of one firm differ in no more
_SLIP = 0.9  # of the likeness of two words left over, a letter or two apart
_SLIP_SHORTEST = 3  # letters
_SLIP_LONG = 8  # letters
_ONLY_PLAIN = 0.87  # the words shared are such as firms everywhere use
_BESIDE_NUMBER = GENERIC | {"china"}  # words of no account beside an institute's number
_BY_NUMBER = 0.8  # an institute by its number alone
_NOTHING_TELLING = 0.8  # only places and generic words are shared


_Sides = tuple[tuple[str, ...], tuple[str, ...]]  # words of the name asked, and of the listed one
_Ground = tuple[float, str]  # what a score is multiplied by, and why; no words where it goes without saying


class Vocabulary(Protocol):
    """What an index knows of words."""

    def weight(self, word: str, /) -> float:
        """Return what a word weighs."""
        ...

    def spelt_as(self, word: str, /) -> tuple[tuple[str, float], ...]:
        """Return the words of the index that a word may stand for, with how alike they are."""
        ...

    def is_of_one_firm(self, word: str, /) -> bool:
        """Return whether a single listed firm has the word in its names."""
        ...


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
        parts += [_as_one(one, other) for one, other in self.respelt]
        if self.only_asked:
            parts.append(f"only in the name asked: {' '.join(self.only_asked)}")
        if self.only_listed:
            parts.append(f"only in the listed name: {' '.join(self.only_listed)}")
        return "; ".join([*parts, *self.remarks])


def _as_one(one: str, other: str) -> str:
    """Return how two words stand for one another: spelt otherwise, or another name that the lists use."""
    if OSA.normalized_similarity(one, other) >= _ALIKE or one[0] == other[0]:
        return f"spelt {one} for {other}"
    return f"{one} is {other} in other names of listed firms"


def judge(
    asked: tuple[str, ...], listed: tuple[str, ...], vocabulary: Vocabulary
) -> Verdict:  # fmt: skip
    """Return the verdict on two tokenised names.

    The score begins as twice the weight of the words shared over what both names weigh. Sister firms share
    words and differ in a telling one on each side: the more these weigh, the less remains.
    """
    stands_for = _stands_for(asked, listed, vocabulary)
    found = set(stands_for), {word for word, _ in stands_for.values()}
    shared = tuple(token for token in asked if token in listed)
    respelt = tuple((token, word) for token, (word, _) in stands_for.items() if word != token)
    only = (
        tuple(token for token in asked if token not in found[0]),
        tuple(token for token in listed if token not in found[1]),
    )
    of_one_firm = any(
        _tells(token) and token not in PLAIN and vocabulary.is_of_one_firm(token) for token in found[1]
    )
    score = _shared_weight(asked, listed, stands_for, vocabulary)
    if of_one_firm:
        share = _FORGIVEN if max(map(len, filter(_tells, found[1]))) >= _NOT_SHORT else _FORGIVEN_SHORT
        score = _forgiven(score, share, (asked, listed), only, vocabulary)
    telling = {token for token in found[0] if _tells(token)}
    grounds = [
        _numbers(asked, listed), _places(only, of_one_firm=of_one_firm), _telling_words(telling, only),
        _respelling(telling - set(shared), telling, asked), _kinds(only), _one_of_more(asked, only),
    ]  # fmt: skip
    remarks = [remark for _, remark in grounds if remark]
    score *= math.prod(factor for factor, _ in grounds) * (
        1
        - min(
            _telling_share(left, whole, vocabulary) for left, whole in zip(only, (asked, listed), strict=True)
        )
    )
    if _is_numbered_institute(shared, *only) and score < _BY_NUMBER:
        score, remarks = _BY_NUMBER, ["an institute of this number"]
    return Verdict(score, shared, respelt, *only, tuple(remarks))


def _places(only: _Sides, *, of_one_firm: bool) -> _Ground:
    """Return the factor for places that stand in one name only, and a remark."""
    places = [any(token in PLACES for token in left) for left in only]
    if all(places):
        return _PLACES_DIFFER, "places differ"
    return (_PLACE_ON_ONE_SIDE if any(places) and not of_one_firm else 1.0), ""


def _telling_words(telling: set[str], only: _Sides) -> _Ground:
    """Return the factor for names that differ and share no telling word, or only plain ones, and a remark."""
    left = {token for side in only for token in side}
    if left and not telling:
        return _NOTHING_TELLING, "no telling word shared"
    if telling and telling <= PLAIN and not left <= PLACES:
        return _ONLY_PLAIN, "only plain words shared"
    return 1.0, ""


def _respelling(respelt: set[str], telling: set[str], asked: tuple[str, ...]) -> _Ground:
    """Return the factor for names whose telling words are all short and spelt otherwise."""
    if not telling or respelt != telling or max(map(len, telling)) >= _LONG:
        return 1.0, ""
    return (_ONLY_RESPELT if len(asked) > 1 else _ONE_WORD), ""


def _kinds(only: _Sides) -> _Ground:
    """Return the factor for names that differ in their lines of business alone, and a remark."""
    kinds = [[token for token in left if token not in _SIZES] for left in only]
    if all(kinds) and all(token in GENERIC for token in (*kinds[0], *kinds[1])):
        return _KINDS_DIFFER, "lines of business differ"
    return 1.0, ""


def _one_of_more(asked: tuple[str, ...], only: _Sides) -> _Ground:
    """Return the factor for a single word asked where the listed name goes on, and a remark."""
    if len(asked) > 1 or not only[1]:
        return 1.0, ""
    is_long = len(asked[0]) >= _LONG and not any(map(_tells, only[1]))
    return (_LONG_WORD if is_long else _ONE_WORD), "one word of a longer name"


def _telling_share(left: tuple[str, ...], whole: tuple[str, ...], vocabulary: Vocabulary) -> float:
    """Return what the telling words *left* over weigh, as a share of the *whole* name."""
    told = sum(vocabulary.weight(token) for token in left if _tells(token))
    return told / (sum(map(vocabulary.weight, whole)) or 1)


def _is_numbered_institute(
    shared: tuple[str, ...], only_asked: tuple[str, ...], only_listed: tuple[str, ...]
) -> bool:  # fmt: skip
    """Return whether two names are one institute's by its number, its state group in one name only.

    "811th Institute" is "China Aerospace Science and Technology Corporation (CASC) 8th Academy 811 Research
    Institute"; the 54th institute of another group or place is not.
    """
    number = next((token for token in shared if is_number(token) and len(token) > 1), None)
    if number is None or "institute" not in shared:
        return False
    sides = [[token for token in left if token not in _BESIDE_NUMBER] for left in (only_asked, only_listed)]
    return not all(sides) and all(
        token in GROUPS or token in PLACES or (is_number(token) and len(token) < len(number))
        for left in sides
        for token in left
    )


def _forgiven(
    base: float, share: float, names: tuple[tuple[str, ...], tuple[str, ...]],
    only: tuple[tuple[str, ...], tuple[str, ...]], vocabulary: Vocabulary,
) -> float:  # fmt: skip
    """Return *base* with the places and generic words that stand in one name only weighing less."""
    total = sum(vocabulary.weight(token) for name in names for token in name)
    loose = sum(vocabulary.weight(token) for left in only for token in left if not _tells(token))
    return min(1.0, base * total / (total - share * loose)) if total else base


def _stands_for(
    asked: tuple[str, ...], listed: tuple[str, ...], vocabulary: Vocabulary
) -> dict[str, tuple[str, float]]:  # fmt: skip
    """Return for words asked the listed word that each is, or is a spelling of, with how alike they are.

    What is left on both sides may be a slip of the pen, though each is a word of its own elsewhere.
    """
    found = {token: (token, 1.0) for token in asked if token in listed}
    for token in asked:
        taken = {word for word, _ in found.values()}
        known = [each for each in vocabulary.spelt_as(token) if each[0] in listed and each[0] not in taken]
        if token not in found and known:
            found[token] = max(known, key=lambda each: each[1])
    left = [word for word in listed if word not in {word for word, _ in found.values()}]
    for token in asked:
        slips = [(word, like) for word in left if token not in found and (like := _slip(token, word))]
        if slips:
            found[token] = max(slips, key=lambda each: each[1])
            left.remove(found[token][0])
    return found


def _slip(token: str, word: str) -> float:
    """Return how alike two words are that differ by a letter, or by two in a long word; else 0."""
    longest = max(len(token), len(word))
    if min(len(token), len(word)) < _SLIP_SHORTEST or is_number(token) or is_number(word):
        return 0.0
    wrong = OSA.distance(token, word, score_cutoff=2)
    return _SLIP * (1 - wrong / longest) if wrong <= (1 if longest < _SLIP_LONG else 2) else 0.0


def _shared_weight(
    asked: tuple[str, ...], listed: tuple[str, ...], stands_for: dict[str, tuple[str, float]],
    vocabulary: Vocabulary,
) -> float:  # fmt: skip
    """Return twice the weight shared over what both names weigh; a spelling weighs what its word does."""
    weight = vocabulary.weight
    shared = sum(like * weight(word) for word, like in stands_for.values())
    whole = sum(weight(stands_for[token][0] if token in stands_for else token) for token in asked)
    return min(1.0, 2 * shared / (whole + sum(map(weight, listed)) + 1e-9))


def _numbers(asked: tuple[str, ...], listed: tuple[str, ...]) -> _Ground:
    """Return the factor for numbers that differ or stand on one side only, and a remark."""
    one, other = ({token for token in name if is_number(token)} for name in (asked, listed))
    if one == other:
        return 1.0, ""
    if one and other and not (one < other or other < one):
        return _NUMBERS_DIFFER, "numbers differ"
    return _NUMBER_ON_ONE_SIDE, "a number on one side only"


def _tells(token: str) -> bool:
    """Return whether a token tells one firm from another."""
    return len(token) > 1 and token not in GENERIC and token not in PLACES and not is_number(token)
