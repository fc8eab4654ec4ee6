"""The names of listed firms as an index: which of them share weighty words with a name, and how much.

A word weighs by how rare it is among the listed names; places and generic words weigh less. Words not
in the index stand for the nearest spellings that are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows.lists.screening.chinese import brands_in_pinyin
from chipflows.lists.screening.initials import by_initials
from chipflows.lists.screening.spelling import Spellings
from chipflows.lists.screening.synonyms import synonyms
from chipflows.lists.screening.tokens import (
    GENERIC,
    PLACES,
    PLAIN,
    grouped,
    is_common,
    is_form,
    respelt_common,
    tokens,
    written_out,
)
from chipflows.lists.screening.vowels import by_consonants

__all__ = ["Candidate", "NameIndex", "same_firms"]

_PLACE_WEIGHT = 0.45
_GENERIC_WEIGHT = 0.55
_LETTER_WEIGHT = 0.3
_PLAIN_WEIGHT = 0.8
_JOINED_SHORTEST = 5  # letters of words written together
_PART_SHORTEST = 4  # letters of a word written with another as one
_BEFORE_TWO = 6  # the same, before a legal form of two letters
_MISSPELT = 0.88  # likeness of a long word with one letter wrong
# Legal forms written on to a word.
_GLUED = (
    "limited", "company", "corporation", "ltd", "llc", "inc", "plc", "gmbh", "jsc", "ojsc", "pjsc", "ooo",
    "ag",
)  # fmt: skip
_STANDS_FOR = 0.9  # likeness of two words that a firm uses for one another
_UNSEEN = 0.97  # weight of a word that no listed name has, as a share of the rarest word's
_KEPT = 12  # names of the index looked at closely for each name asked


class Candidate(NamedTuple):
    """A name of the index close to the one asked: its place, the score of shared words, the words matched."""

    place: int
    score: float


class NameIndex:
    """Names to search: ``texts`` and, for each, ``owners``, the place of the entry it belongs to.

    ``firms`` gives the firm of each owner where one firm is several entries, as `same_firms` finds them.
    """

    def __init__(
        self, texts: Sequence[str], owners: Sequence[int], firms: Mapping[int, int] | None = None
    ) -> None:
        self.texts = list(texts)
        self.owners = np.asarray(owners)
        plain = [tokens(text) for text in self.texts]
        self._column = dict.fromkeys((token for found in plain for token in found), 0)
        self._spellings = Spellings(self._column)
        self._parts: dict[str, tuple[str, ...]] = {}
        self.tokens = [self.canonical(found) for found in plain]
        self._parts = self._joinable()
        self._firm_of = dict(firms or zip(owners, owners, strict=True))
        self.words = sorted({token for found in self.tokens for token in found})
        self._column = {word: at for at, word in enumerate(self.words)}
        self.weights = self._weigh()
        self.totals = np.array([sum(map(self.weight, found)) for found in self.tokens])
        self._named = self._names_with()
        self._words_of = self._words_of_firms()
        self.initials = by_initials(self.texts)
        self.consonants = by_consonants(self.texts)
        self._spellings = Spellings(self.words)
        self._synonyms = synonyms(self.tokens, [self._firm_of[owner] for owner in self.owners.tolist()])
        self.spelt_as = lru_cache(maxsize=100_000)(self._spelt_as)
        self.near = lru_cache(maxsize=100_000)(self._near)

    def weight(self, word: str) -> float:
        """Return what *word* weighs: as the index says, or as a word it has never seen."""
        at = self._column.get(word)
        if at is not None:
            return float(self.weights[at])
        meant = self.spelt_as(word)
        return self.weight(meant[0][0]) if meant else self._unseen * _kind_weight(word)

    def is_first_name(self, place: int) -> bool:
        """Return whether the name at *place* is its firm's first, not an alias."""
        return place == 0 or bool(self.owners[place] != self.owners[place - 1])

    def words_of(self, place: int) -> frozenset[str]:
        """Return the words of all names of the firm that the name at *place* belongs to."""
        return self._words_of[self._firm_of[int(self.owners[place])]]

    def is_of_one_firm(self, word: str) -> bool:
        """Return whether a single firm has *word* in its names."""
        at = self._column.get(word)
        return at is not None and bool(self._firms_with[at] == 1)

    def canonical(self, found: tuple[str, ...]) -> tuple[str, ...]:
        """Return tokens as the index writes them: "xin yin bo" as "xinyinbo", or the other way round."""
        out: list[str] = []
        at = 0
        while at < len(found):
            size = next((n for n in (3, 2) if self._is_joined(found[at : at + n], n)), 1)
            word = "".join(found[at : at + size])
            out.extend(self._known(word))
            at += size
        for end in (-1, 0):
            out = self._without_form(out, end)
        return tuple(dict.fromkeys(grouped(out) or found))

    def _without_form(self, found: list[str], end: int) -> list[str]:
        """Return *found* without a mistyped legal form at one end, unless only common words are left."""
        left = found[:-1] if end else found[1:]
        is_loose = len(found) > 1 and found[end] not in self._column and is_form(found[end])
        return left if is_loose and not all(map(is_common, left)) else found

    def _known(self, word: str) -> tuple[str, ...]:
        """Return *word* as the index writes it: whole, in parts, mended, or apart from a common word."""
        bare = self._without_glued_form(word)
        if bare:
            return self._known(bare)
        if word in self._column:
            return (word,)
        mended = self._parts.get(word) or _mended(word)
        return self._apart(word) if mended is None else mended

    def _without_glued_form(self, word: str) -> str:
        """Return "siemens" for "siemensag", where the rest is known; else nothing."""
        for form in _GLUED if word.endswith(_GLUED) or word.startswith(_GLUED) else ():
            shortest = _PART_SHORTEST if len(form) > 2 else _BEFORE_TWO
            for bare in {word.removesuffix(form), word.removeprefix(form)} - {word}:
                if len(bare) >= shortest and (bare in self._column or is_common(bare)):
                    return bare
        return ""

    def _apart(self, word: str) -> tuple[str, ...]:
        """Return "mediainvest" as ("media", "investment"): one part is common and the other known."""
        for at in range(_PART_SHORTEST, len(word) - _PART_SHORTEST + 1):
            parts = word[:at], word[at:]
            known = [is_common(part) or part in self._column for part in parts]
            if all(known) and any(map(is_common, parts)) and not self._is_misspelt(word):
                return tuple(token for part in parts for token in written_out(part))
        return (word,)

    def _is_misspelt(self, word: str) -> bool:
        """Return whether a long *word* is a slip for one of the index: "citygroup" for "citigroup"."""
        near = self._spellings.near(word)
        return bool(near) and near[0][1] >= _MISSPELT and not is_common(near[0][0])

    def _is_joined(self, parts: tuple[str, ...], size: int) -> bool:
        """Return whether *parts* stand as one word in the index."""
        whole = "".join(parts)
        is_long = len(parts) == size and len(whole) >= _JOINED_SHORTEST
        is_known = whole in self._column or is_common(whole) or whole in brands_in_pinyin()
        return is_long and is_known

    def _joinable(self) -> dict[str, tuple[str, ...]]:
        """Return {"xinyinbo": ("xin", "yin", "bo")} for the neighbours in every name."""
        return {
            "".join(found[at : at + n]): found[at : at + n]
            for found in self.tokens for n in (2, 3) for at in range(len(found) - n + 1)
            if sum(map(len, found[at : at + n])) >= _JOINED_SHORTEST
        }  # fmt: skip

    def search(self, asked: tuple[str, ...]) -> list[Candidate]:
        """Return the names that share most weight with the tokens *asked*, best first, about _KEPT firms.

        The score is twice the weight shared over what both weigh.
        """
        meant: dict[str, float] = {}
        for token in asked:
            for word, likeness in (*self.spelt_as(token), *self.near(token)):
                meant[word] = max(meant.get(word, 0.0), likeness)
        if not meant:
            return []
        shared = np.zeros(len(self.texts))
        for word, likeness in meant.items():
            shared[self._named[word]] += likeness * self.weight(word)
        places = np.flatnonzero(shared)
        own = sum(map(self.weight, asked))
        scores = 2 * shared[places] / (own + self.totals[places] + 1e-9)
        return self._best(places, np.minimum(scores, 1.0))

    def _best(self, places: NDArray[Any], scores: NDArray[Any]) -> list[Candidate]:
        """Return the best names, one or two for each firm."""
        if len(places) > 4 * _KEPT:
            top = np.argpartition(-scores, 4 * _KEPT)[: 4 * _KEPT]
            places, scores = places[top], scores[top]
        order = np.lexsort((places, -scores))[: 2 * _KEPT]
        return [Candidate(int(places[at]), float(scores[at])) for at in order]

    def _names_with(self) -> dict[str, NDArray[np.intp]]:
        """Return for each word the names that have it."""
        places: dict[str, list[int]] = {word: [] for word in self.words}
        for place, found in enumerate(self.tokens):
            for token in found:
                places[token].append(place)
        return {word: np.array(held, dtype=np.intp) for word, held in places.items()}

    def _words_of_firms(self) -> dict[int, frozenset[str]]:
        """Return the words of each firm's names."""
        held: dict[int, set[str]] = defaultdict(set)
        for owner, found in zip(self.owners.tolist(), self.tokens, strict=True):
            held[self._firm_of[owner]].update(found)
        return {firm: frozenset(words) for firm, words in held.items()}

    def _spelt_as(self, token: str) -> tuple[tuple[str, float], ...]:
        """Return the words of the index that *token* may stand for, with how alike they are (0 to 1)."""
        others = tuple((word, _STANDS_FOR) for word in self._synonyms.get(token, ()) if word in self._column)
        if token in self._column:
            return ((token, 1.0), *self._spellings.alike(token), *others)
        return others or self._spellings.of(token)

    def _near(self, token: str) -> tuple[tuple[str, float], ...]:
        """Return the words of the index nearly spelt as *token*, a word of its own there."""
        return self._spellings.near(token) if token in self._column and not is_common(token) else ()

    def _weigh(self) -> NDArray[np.float64]:
        """Return each word's weight: the log of how rare it is among firms, less for places and kinds."""
        pairs = pd.DataFrame(
            [
                (self._firm_of[owner], token)
                for owner, found in zip(self.owners.tolist(), self.tokens, strict=True)
                for token in found
            ],
            columns=["firm", "token"],
        ).drop_duplicates()
        firms = max(1, pairs["firm"].nunique())
        frequency = pairs["token"].value_counts().reindex(self.words, fill_value=1).to_numpy()
        self._firms_with = frequency
        rarity = np.log((firms + 1) / frequency)
        self._unseen = _UNSEEN * float(np.log(firms + 1))
        weights: NDArray[np.float64] = rarity * np.array([_kind_weight(word) for word in self.words])
        return weights


def same_firms(texts: Sequence[str], owners: Sequence[int]) -> dict[int, int]:
    """Return for each owner the first one with a name of the same words: one firm, on several lists."""
    first: dict[frozenset[str], int] = {}
    firm_of = {owner: owner for owner in owners}

    def root(owner: int) -> int:
        while firm_of[owner] != owner:
            owner = firm_of[owner]
        return owner

    for text, owner in zip(texts, owners, strict=True):
        found = tokens(text)
        if not all(map(is_common, found)):
            other = first.setdefault(frozenset(found), owner)
            one, two = sorted((root(owner), root(other)))
            firm_of[two] = one
    return {owner: root(owner) for owner in firm_of}


def _mended(word: str) -> tuple[str, ...] | None:
    """Return an unknown word as the common one it is or misspells, nothing for a legal form, else None."""
    return written_out(word) if is_common(word) else respelt_common(word)


def _kind_weight(word: str) -> float:
    """Return what a word's kind takes off its weight."""
    if len(word) == 1:
        return _LETTER_WEIGHT
    if word in PLACES:
        return _PLACE_WEIGHT
    if word in PLAIN:
        return _PLAIN_WEIGHT
    return _GENERIC_WEIGHT if word in GENERIC else 1.0
