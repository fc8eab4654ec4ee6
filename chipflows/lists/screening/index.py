"""The names of listed firms as an index: which of them share weighty words with a name, and how much.

A word weighs by how rare it is among the listed names; places and generic words weigh less. Words not
in the index stand for the nearest spellings that are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from chipflows.lists.screening.spelling import Spellings
from chipflows.lists.screening.tokens import GENERIC, PLACES, respelt_common, tokens

__all__ = ["Candidate", "NameIndex"]

_PLACE_WEIGHT = 0.45
_GENERIC_WEIGHT = 0.6
_JOINED_SHORTEST = 6  # letters of words written together
_UNSEEN = 0.9  # weight of a word that no listed name has, as a share of the rarest word's
_AT_ONCE = 2048  # names scored in one product
_KEPT = 12  # names of the index looked at closely for each name asked


class Candidate(NamedTuple):
    """A name of the index close to the one asked: its place, the score of shared words, the words matched."""

    place: int
    score: float


class NameIndex:
    """Names to search: ``texts`` and, for each, ``owners``, the place of the firm it belongs to."""

    def __init__(self, texts: Sequence[str], owners: Sequence[int]) -> None:
        self.texts = list(texts)
        self.owners = np.asarray(owners)
        plain = [tokens(text) for text in self.texts]
        self._column = dict.fromkeys((token for found in plain for token in found), 0)
        self._parts: dict[str, tuple[str, ...]] = {}
        self.tokens = [self.canonical(found) for found in plain]
        self._parts = self._joinable()
        self.words = sorted({token for found in self.tokens for token in found})
        self._column = {word: at for at, word in enumerate(self.words)}
        self.weights = self._weigh()
        self._matrix = self._as_matrix(self.tokens)
        self.totals = np.asarray(self._matrix @ self.weights).ravel()
        self._spellings = Spellings(self.words)
        self.spelt_as = lru_cache(maxsize=100_000)(self._spelt_as)

    def weight(self, word: str) -> float:
        """Return what *word* weighs: as the index says, or as a word it has never seen."""
        at = self._column.get(word)
        return float(self.weights[at]) if at is not None else self._unseen * _kind_weight(word)

    def canonical(self, found: tuple[str, ...]) -> tuple[str, ...]:
        """Return tokens as the index writes them: "xin yin bo" as "xinyinbo", or the other way round."""
        out: list[str] = []
        at = 0
        while at < len(found):
            size = next((n for n in (3, 2) if self._is_joined(found[at : at + n], n)), 1)
            word = "".join(found[at : at + size])
            out.extend((word,) if word in self._column else self._parts.get(word) or _mended(word))
            at += size
        return tuple(dict.fromkeys(out))

    def _is_joined(self, parts: tuple[str, ...], size: int) -> bool:
        """Return whether *parts* stand as one word in the index."""
        whole = "".join(parts)
        return len(parts) == size and len(whole) >= _JOINED_SHORTEST and whole in self._column

    def _joinable(self) -> dict[str, tuple[str, ...]]:
        """Return {"xinyinbo": ("xin", "yin", "bo")} for the neighbours in every name."""
        return {
            "".join(found[at : at + n]): found[at : at + n]
            for found in self.tokens for n in (2, 3) for at in range(len(found) - n + 1)
            if sum(map(len, found[at : at + n])) >= _JOINED_SHORTEST
        }  # fmt: skip

    def search(self, names: Sequence[str]) -> list[list[Candidate]]:
        """Return the closest names of the index for each of *names*, best first, at most _KEPT firms each."""
        found: list[list[Candidate]] = []
        for start in range(0, len(names), _AT_ONCE):
            found.extend(
                self._search_block([self.canonical(tokens(name)) for name in names[start : start + _AT_ONCE]])
            )
        return found

    def _search_block(self, asked: Sequence[tuple[str, ...]]) -> list[list[Candidate]]:
        """Score a block of names by shared weight: twice what is shared over what both weigh."""
        query = self._as_query(asked)
        own = np.array([sum(map(self.weight, found)) for found in asked])
        shared = (query @ sparse.diags_array(self.weights) @ self._matrix.T).tocsr()
        rows = []
        for at in range(len(asked)):
            part = slice(shared.indptr[at], shared.indptr[at + 1])
            places, overlap = shared.indices[part], shared.data[part]
            scores = 2 * overlap / (own[at] + self.totals[places] + 1e-9)
            rows.append(self._best(places, np.minimum(scores, 1.0)))
        return rows

    def _best(self, places: NDArray[Any], scores: NDArray[Any]) -> list[Candidate]:
        """Return the best names, one or two for each firm."""
        if len(places) > 4 * _KEPT:
            top = np.argpartition(-scores, 4 * _KEPT)[: 4 * _KEPT]
            places, scores = places[top], scores[top]
        order = np.lexsort((places, -scores))[: 2 * _KEPT]
        return [Candidate(int(places[at]), float(scores[at])) for at in order]

    def _as_query(self, asked: Sequence[tuple[str, ...]]) -> Any:
        """Return the names asked as rows over the words of the index, nearest spellings by likeness."""
        rows, columns, values = [], [], []
        for row, found in enumerate(asked):
            taken: dict[int, float] = {}
            for token in found:
                for word, likeness in self.spelt_as(token):
                    column = self._column[word]
                    taken[column] = max(taken.get(column, 0.0), likeness)
            rows += [row] * len(taken)
            columns += list(taken)
            values += list(taken.values())
        shape = (len(asked), len(self.words))
        return _sparse(values, rows, columns, shape)

    def _spelt_as(self, token: str) -> tuple[tuple[str, float], ...]:
        """Return the words of the index that *token* may stand for, with how alike they are (0 to 1)."""
        if token in self._column:
            return ((token, 1.0),)
        return self._spellings.of(token)

    def _weigh(self) -> NDArray[np.float64]:
        """Return each word's weight: the log of how rare it is among firms, less for places and kinds."""
        pairs = pd.DataFrame(
            [
                (owner, token)
                for owner, found in zip(self.owners, self.tokens, strict=True)
                for token in found
            ],
            columns=["owner", "token"],
        ).drop_duplicates()
        firms = max(1, pairs["owner"].nunique())
        frequency = pairs["token"].value_counts().reindex(self.words, fill_value=1).to_numpy()
        rarity = np.log((firms + 1) / frequency)
        self._unseen = _UNSEEN * float(np.log(firms + 1))
        weights: NDArray[np.float64] = rarity * np.array([_kind_weight(word) for word in self.words])
        return weights

    def _as_matrix(self, found: Sequence[tuple[str, ...]]) -> Any:
        """Return names as rows over the words of the index."""
        rows = [row for row, each in enumerate(found) for _ in each]
        columns = [self._column[token] for each in found for token in each]
        return _sparse([1.0] * len(rows), rows, columns, (len(found), len(self.words)))


def _mended(word: str) -> tuple[str, ...]:
    """Return an unknown word as the common one it misspells, nothing for a legal form, else itself."""
    common = respelt_common(word)
    return (word,) if common is None else (common,) if common else ()


def _kind_weight(word: str) -> float:
    """Return what a word's kind takes off its weight."""
    if word in PLACES:
        return _PLACE_WEIGHT
    return _GENERIC_WEIGHT if word in GENERIC else 1.0


def _sparse(values: list[float], rows: list[int], columns: list[int], shape: tuple[int, int]) -> Any:
    """Return a sparse matrix; scipy's stubs know only other ways to make one."""
    make: Any = sparse.csr_array
    return make((values, (rows, columns)), shape=shape, dtype=float)
