"""Names against an index: candidates by shared words, initials or the head of a name, each judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from chipflows.lists.screening.index import NameIndex
from chipflows.lists.screening.judge import Verdict, judge
from chipflows.lists.screening.tokens import is_common, is_form, tokens
from chipflows.lists.screening.vowels import consonants

__all__ = ["Match", "matches", "pair_score"]

_WORTH_A_LOOK = 0.4  # shared weight below which no verdict reaches the threshold
_LOOKED_AT = 12  # candidate names judged for each name asked
_INITIALS = 0.75  # a word that is the initials of a listed name, and no more
_MOST_INITIALS = 3  # firms: initials that more share say nothing
_WITHOUT_VOWELS = 0.85  # the consonants of a listed name, in order
_OTHER_NAMES = 0.3  # of what a verdict lacks, where the firm's other names have every word
_WHOLE = 0.95  # score from which the head of a name is a listed name
_UNIT = 0.8  # a unit of a listed firm, by its own name


class Match(NamedTuple):
    """A name of the index, by its place, and how it agrees with the name asked."""

    place: int
    verdict: Verdict


def matches(index: NameIndex, names: Sequence[str]) -> Iterator[list[Match]]:
    """Yield for each of *names* the names of the index worth a look, the best verdict first."""
    for name in names:
        asked = index.canonical(tokens(name))
        found = [*_judged(index, asked), *_of_initials(index, asked), *_of_head(index, name)]
        found += _of_consonants(index, name)
        yield sorted(found, key=lambda match: (-match.verdict.score, not index.is_first_name(match.place)))


def pair_score(index: NameIndex, one: str, other: str) -> float:
    """Return the score of two names by the words of *index*, whether or not they stand in it."""
    asked, listed = (index.canonical(tokens(each)) for each in (one, other))
    return judge(asked, listed, index).score


def _judged(index: NameIndex, asked: tuple[str, ...]) -> list[Match]:
    """Return the names that share weight with *asked*, judged."""
    places = [place for place, score in index.search(asked)[:_LOOKED_AT] if score >= _WORTH_A_LOOK]
    found = [Match(place, judge(asked, index.tokens[place], index)) for place in places]
    return [_with_other_names(index, asked, match) for match in found]


def _with_other_names(index: NameIndex, asked: tuple[str, ...], match: Match) -> Match:
    """Return *match* nearer to 1 if the firm has every word asked in some name, one of them alone."""
    verdict, held = match.verdict, index.words_of(match.place)
    if not verdict.only_asked or len(asked) < 2 or not all(token in held for token in asked):
        return match
    if not any(index.is_of_one_firm(token) and not is_common(token) for token in verdict.shared):
        return match
    remark = "the rest stands in its other names"
    score = verdict.score + _OTHER_NAMES * (1 - verdict.score)
    return Match(match.place, replace(verdict, score=score, remarks=(*verdict.remarks, remark)))


def _of_initials(index: NameIndex, asked: tuple[str, ...]) -> list[Match]:
    """Return the names that a single word may be the initials of: weak evidence, and said to be."""
    places = index.initials.get(asked[0], []) if len(asked) == 1 else []
    if len({int(index.owners[place]) for place in places}) > _MOST_INITIALS:
        return []
    remark = f"{asked[0]} may be its initials, which is weak evidence" if places else ""
    return [Match(place, Verdict(_INITIALS, (), (), (), (), (remark,))) for place in places]


def _of_consonants(index: NameIndex, name: str) -> list[Match]:
    """Return the names that a name without vowels has the consonants of."""
    places = index.consonants.get(consonants(name), [])
    verdict = Verdict(_WITHOUT_VOWELS, (), (), (), (), ("written without vowels",))
    return [Match(place, verdict) for place in places]


def _of_head(index: NameIndex, name: str) -> list[Match]:
    """Return the names that "Tianjin University, Institute of Robots" gives as its head."""
    head, _, tail = name.partition(",")
    if not head.strip() or all(map(is_form, tokens(tail))):
        return []
    found = [each for each in _judged(index, index.canonical(tokens(head))) if each.verdict.score >= _WHOLE]
    remark = f"names itself a part of it: {tail.strip()}"
    return [
        Match(place, replace(verdict, score=_UNIT, remarks=(*verdict.remarks, remark)))
        for place, verdict in found
    ]
