"""Matchers beside one another: names in, the firms they may be out, best first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import pandas as pd
from rapidfuzz import fuzz, process, utils

from chipflows.lists.screening.institutes import other_names
from chipflows.lists.screening.matching import matches, pair_score
from chipflows.lists.screening.screen import named_index

RANKS = 3  # firms shown for a name
Found = list[tuple[float, int]]  # score and place of each firm, best first


class Engine(Protocol):
    """A matcher over a frame of firms."""

    name: str

    def ranked(self, names: Sequence[str]) -> list[Found]:
        """Return the best firms for each name, at most RANKS."""
        ...

    def pair(self, one: str, other: str) -> float:
        """Return the score of two names."""
        ...


class Ours:
    """The screener's index and verdicts."""

    name = "chipflows"

    def __init__(self, firms: pd.DataFrame, others: Callable[[list[str]], list[str]] = other_names) -> None:
        self.index = named_index(firms.to_dict("records"), others)

    def ranked(self, names: Sequence[str]) -> list[Found]:
        """Return the best firms for each name."""
        owners = self.index.owners
        return [
            _firms((match.verdict.score, int(owners[match.place])) for match in found)
            for found in matches(self.index, names)
        ]

    def pair(self, one: str, other: str) -> float:
        """Return the score of two names."""
        return pair_score(self.index, one, other)


class Rapidfuzz:
    """Token-sort ratio over every name."""

    name = "rapidfuzz token_sort_ratio"

    def __init__(self, firms: pd.DataFrame) -> None:
        pairs = names_of(firms)
        self.texts = [utils.default_process(text) for text, _ in pairs]
        self.owners = [owner for _, owner in pairs]

    def ranked(self, names: Sequence[str]) -> list[Found]:
        """Return the best firms for each name."""
        asked = [utils.default_process(name) for name in names]
        found = (
            process.extract(name, self.texts, scorer=fuzz.token_sort_ratio, limit=3 * RANKS) for name in asked
        )
        return [_firms((score / 100, self.owners[at]) for _, score, at in each) for each in found]

    def pair(self, one: str, other: str) -> float:
        """Return the score of two names."""
        return fuzz.token_sort_ratio(one, other, processor=utils.default_process) / 100


class LogicV2:
    """OpenSanctions' matcher, every firm of the list compared."""

    name = "OpenSanctions logic-v2"

    def __init__(self, firms: pd.DataFrame) -> None:
        from followthemoney import model
        from nomenklatura.matching import get_algorithm

        self._model, self._algorithm = model, get_algorithm("logic-v2")
        self._config = self._algorithm.default_config()
        self.firms = [self._firm([row["name"], *row["aliases"]]) for row in firms.to_dict("records")]

    def _firm(self, names: Sequence[str]) -> object:
        firm = self._model.make_entity("Company")
        firm.id = hashlib.sha256("".join(names).encode()).hexdigest()
        for name in names:
            firm.add("name", name)
        return firm

    def ranked(self, names: Sequence[str]) -> list[Found]:
        """Return the best firms for each name."""
        return [self._ranked(self._firm([name])) for name in names]

    def _ranked(self, asked: object) -> Found:
        scores = [float(self._algorithm.compare(asked, firm, self._config).score) for firm in self.firms]
        return _firms(
            sorted(((score, at) for at, score in enumerate(scores)), key=lambda each: -each[0])[:RANKS]
        )

    def pair(self, one: str, other: str) -> float:
        """Return the score of two names."""
        return float(self._algorithm.compare(self._firm([one]), self._firm([other]), self._config).score)


def names_of(firms: pd.DataFrame) -> list[tuple[str, int]]:
    """Return every name and alias with the place of its firm."""
    return [
        (text, at) for at, (name, aliases) in enumerate(zip(firms["name"], firms["aliases"], strict=True))
        for text in (name, *aliases)
    ]  # fmt: skip


def _firms(scored: Iterable[tuple[float, int]]) -> Found:
    """Return each firm once, with its best score, at most RANKS."""
    best: dict[int, float] = {}
    for score, firm in scored:
        best.setdefault(firm, score)
        if len(best) == RANKS:
            break
    return [(score, firm) for firm, score in best.items()]
